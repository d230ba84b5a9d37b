//! Connects a client program of this machine, such as `psql`, with a host in the private subnets: `rd-ecs forward` opens a
//! tunnel through a task, the client runs in the foreground, and the tunnel ends with it.

mod client;
mod tunnel;

pub use client::Client;

use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::other_program;
use crate::outputs::net;
use std::process::Command;
use tunnel::Tunnel;

/// A host in the private subnets, and what it is called elsewhere.
pub struct Host<'a> {
    /// Its name in the VPC's DNS.
    pub name: &'a str,
    /// The TCP port on which it listens.
    pub port: u16,
    /// What `rd-net check` calls it: `db` or `redis`.
    pub group: &'a str,
    /// The command that checks it, for hints.
    pub check: &'a str,
}

/// Opens the tunnel, runs the client with what `configure` sets for the local port, and ends the tunnel. Returns the
/// client's exit code; that of `rd-ecs` where it cannot open the tunnel, since it has printed why.
pub async fn connect(
    context: &Context,
    to: &Host<'_>,
    client: &Client,
    configure: impl FnOnce(&mut Command, u16),
) -> Result<Exit> {
    let port = to.port.to_string();
    let arguments = ["check", "api", to.group, &port];
    let (tunnel, path) = tokio::join!(
        Tunnel::open(context, to.name, to.port),
        other_program::checked(context, net::SLICE, &arguments),
    );
    let tunnel = match tunnel? {
        Ok(tunnel) => tunnel,
        Err(exit) => return Ok(exit),
    };
    // Who may connect need not be allowed to read the network.
    let blocked: Vec<String> = path
        .unwrap_or_default()
        .into_iter()
        .filter(|step| !step.ok)
        .map(|step| format!("{}: {}", step.step, step.reason))
        .collect();
    if !blocked.is_empty() {
        let (name, blocked) = (to.name, blocked.join("; "));
        return Err(
            Error::failed(format!("the tasks cannot reach {name}:{port}: {blocked}")).hint(
                format!("run rd-net apply; {} shows the whole path", to.check),
            ),
        );
    }
    let mut command = client.command();
    configure(&mut command, tunnel.local_port);
    client.run(command).await
}
