//! The tunnel: `rd-ecs forward`, a program of its own, since it alone has what opens sessions.

use crate::child_process;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::other_program;
use crate::outputs::ecs;
use crate::resource::signal::Cancel;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::time::Duration;
use tokio::sync::oneshot;

/// How long the tunnel may take to end its session.
const END_WITHIN: Duration = Duration::from_secs(10);

/// An open tunnel. It ends where this is dropped, and also where this process is killed: its stdin ends then.
pub struct Tunnel {
    program: Child,
    /// The port on this machine.
    pub local_port: u16,
}

impl Tunnel {
    /// Opens a tunnel from a free local port. The exit code of `rd-ecs` where that fails: it has printed why.
    pub async fn open(
        context: &Context,
        host: &str,
        port: u16,
    ) -> Result<std::result::Result<Self, Exit>> {
        let forwarding = format!("{host}:{port}");
        let arguments = ["forward", "--until-eof", "--format", "json", &forwarding];
        let mut command = other_program::command(context, ecs::SLICE, &arguments)?;
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Ctrl-C is the client's alone: in psql it cancels a query.
            .process_group(0);
        let program = command.spawn();
        let mut program = program.map_err(|e| other_program::cannot_run(&e))?;
        let stdout = program.stdout.take();
        let mut tunnel = Self {
            program,
            local_port: 0,
        };
        let (sender, line) = oneshot::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            if let Some(stdout) = stdout {
                // Without a line it has ended.
                let _ = BufReader::new(stdout).read_line(&mut line);
            }
            let _ = sender.send(line);
        });
        let cancelled = async {
            match Cancel::watched() {
                Some(cancel) => cancel.cancelled().await,
                None => std::future::pending().await,
            }
        };
        let line = tokio::select! {
            line = line => line.unwrap_or_default(),
            () = cancelled => return Err(Error::interrupted()),
        };
        let document: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
        let port = document["local_port"].as_u64();
        match port.and_then(|port| u16::try_from(port).ok()) {
            Some(port) => {
                tunnel.local_port = port;
                Ok(Ok(tunnel))
            }
            None => Ok(Err(tunnel.exit())),
        }
    }

    /// The exit code of a program that has opened no tunnel.
    fn exit(&mut self) -> Exit {
        let status = child_process::ended(&mut self.program, END_WITHIN);
        match status.map(other_program::exit) {
            None | Some(Exit::Done) => Exit::Failed,
            Some(exit) => exit,
        }
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        // Its stdin ends, which ends the tunnel.
        drop(self.program.stdin.take());
        if child_process::ended(&mut self.program, END_WITHIN).is_none() {
            child_process::end(&mut self.program, END_WITHIN);
        }
    }
}
