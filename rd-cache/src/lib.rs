//! The cache of a stack: the ElastiCache replication group, its subnet and parameter group and its secret, and the
//! commands for the daily work on them.

mod clients;
mod commands;
mod config;
mod elasticache;
mod engine;
mod kinds;
mod log_groups;
mod permissions;
#[cfg(test)]
mod recorded;
mod scan;
mod slice;

use rd_common::cli::{About, main as run};
use std::process::ExitCode;

/// Runs `rd-cache` with the arguments of the process.
pub fn main() -> ExitCode {
    run::<slice::Cache, commands::Command>(About {
        name: "rd-cache",
        about: "The Redis or Valkey cache of a stack: nodes, parameters, secret, snapshots",
        examples: "  rd-net apply -y | rd-cache apply -y    create the network, and the cache in it\n  \
                   rd-cache status                        nodes, roles, endpoint, memory\n  \
                   rd-cache apply --set cache.nodes=2 -y  add a second node, with failover\n  \
                   rd-cache rotate                        set a new token, in ElastiCache and in the secret\n  \
                   rd-cache check                         show why the service cannot reach the cache\n  \
                   rd-cache connect                       open redis-cli, through a task of the service",
        samples: &[
            ("{address}", "cache.replication_group.redis"),
            ("{id}", "shop-production-redis"),
            ("{output}", "host"),
        ],
    })
}
