//! The cache of a stack: ElastiCache replication group, its groups, its secret, and what is done to them every day.

mod clients;
mod commands;
mod config;
mod elasticache;
mod engine;
mod kinds;
mod slice;

use rd_common::cli::{About, main as run};
use std::process::ExitCode;

/// The program.
pub fn main() -> ExitCode {
    run::<slice::Cache, commands::Command>(About {
        name: "rd-cache",
        about: "The Redis or Valkey cache of a stack: nodes, parameters, secret, snapshots",
        examples: "  rd-net apply -y | rd-cache apply -y    the network, and the cache in it\n  \
                   rd-cache status                        nodes, roles, endpoint, memory\n  \
                   rd-cache apply --set cache.nodes=2 -y  a second node, with failover\n  \
                   rd-cache rotate                        a new token, in ElastiCache and in the secret\n  \
                   rd-cache check                         why can the service not reach it?",
    })
}
