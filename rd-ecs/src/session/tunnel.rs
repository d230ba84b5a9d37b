//! The plugin while it forwards a port: whether the port is open, what the plugin says, and its end.

use super::plugin::{Plugin, Session, cannot_run};
use rd_common::child_process;
use rd_common::output::printer::print_warning;
use rd_common::{Error, Result};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How long the plugin may take to open the port. It connects at once, or tries five times within some seconds.
const OPEN_WITHIN: Duration = Duration::from_secs(60);

/// How long the plugin may take to end its session.
const END_WITHIN: Duration = Duration::from_secs(3);

/// How many lines of the plugin an error shows.
const LINES_IN_ERROR: usize = 3;

/// A plugin that forwards a port. It ends where this is dropped.
pub struct Tunnel {
    plugin: Child,
    lines: UnboundedReceiver<String>,
    last: VecDeque<String>,
}

impl Tunnel {
    /// Starts the plugin for a session.
    pub fn start(plugin: &Plugin, session: &Session) -> Result<Self> {
        let mut command = child_process::with_parent(plugin.command(session));
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut plugin = command.spawn().map_err(cannot_run)?;
        let (sender, lines) = unbounded_channel();
        let (stdout, stderr) = (plugin.stdout.take(), plugin.stderr.take());
        let tunnel = Self {
            plugin,
            lines,
            last: VecDeque::new(),
        };
        if let (Some(stdout), Some(stderr)) = (stdout, stderr) {
            read_lines(stdout, sender.clone());
            read_lines(stderr, sender);
        }
        Ok(tunnel)
    }

    /// Waits until the port is open, and returns its number.
    pub async fn opened(&mut self) -> Result<u16> {
        let opened = async {
            while let Some(line) = self.next_line().await {
                if let Some(port) = opened_port(&line) {
                    return Ok(port);
                }
            }
            Err(self.ended("could not open the port"))
        };
        let opened = tokio::time::timeout(OPEN_WITHIN, opened).await;
        opened.unwrap_or_else(|_| {
            let seconds = OPEN_WITHIN.as_secs();
            Err(
                Error::failed(format!("the port was not open after {seconds} s"))
                    .hint("is a proxy or firewall in the way of wss://ssmmessages on port 443?"),
            )
        })
    }

    /// Returns when the plugin has ended by itself, with the reason. Warns where the task cannot connect to `host`.
    pub async fn closed(&mut self, host: &str) -> Error {
        let mut warned = false;
        while let Some(line) = self.next_line().await {
            // <https://github.com/aws/session-manager-plugin/blob/mainline/src/sessionmanagerplugin/session/portsession/muxportforwarding.go>
            if line.starts_with("Connection to destination port failed") && !warned {
                warned = true;
                print_warning(
                    &format!("the task cannot connect to {host}"),
                    "rd-data check and rd-cache check show whether its security group allows it; does the host have this port?",
                );
            }
        }
        self.ended("the session has ended")
    }

    async fn next_line(&mut self) -> Option<String> {
        let line = self.lines.recv().await?;
        if self.last.len() == LINES_IN_ERROR {
            self.last.pop_front();
        }
        self.last.push_back(line.clone());
        Some(line)
    }

    fn ended(&mut self, what: &str) -> Error {
        let status = child_process::end(&mut self.plugin, END_WITHIN);
        let lines: Vec<String> = self.last.drain(..).collect();
        let said = match (lines.is_empty(), status) {
            (false, _) => lines.join("; "),
            (true, Some(status)) => format!("the plugin ended without a word ({status})"),
            (true, None) => "the plugin ended without a word".to_owned(),
        };
        Error::failed(format!("{what}: {said}")).hint(
            "run it again; AWS ends a session with its task, and after 20 minutes without traffic unless Session Manager's preferences say otherwise",
        )
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        child_process::end(&mut self.plugin, END_WITHIN);
    }
}

/// Sends the lines of a stream that are not empty, from a thread of its own.
fn read_lines(stream: impl Read + Send + 'static, to: UnboundedSender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n') {
            let Ok(line) = line else { return };
            let line = String::from_utf8_lossy(&line).trim().to_owned();
            if !line.is_empty() && to.send(line).is_err() {
                return;
            }
        }
    });
}

/// The port in the plugin's line `Port 15432 opened for sessionId ….`.
fn opened_port(line: &str) -> Option<u16> {
    let rest = line.strip_prefix("Port ")?;
    let (port, rest) = rest.split_once(' ')?;
    rest.starts_with("opened").then(|| port.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::opened_port;

    #[test]
    fn the_port_is_in_the_plugins_line() {
        assert_eq!(
            opened_port("Port 56789 opened for sessionId ann-0ac9."),
            Some(56789)
        );
        for other in [
            "Waiting for connections...",
            "Port x opened",
            "Port 1 closed",
        ] {
            assert_eq!(opened_port(other), None);
        }
    }
}
