//! The PostgreSQL database of a stack: the RDS instance, its subnet and parameter group, its secret and its log groups,
//! and the commands for the daily work on them.

mod clients;
mod commands;
mod config;
mod engine_version;
mod kinds;
mod log_groups;
mod monitoring_role;
mod permissions;
mod rds;
#[cfg(test)]
mod recorded;
mod scan;
mod slice;

use rd_common::cli::{About, main as run};
use std::process::ExitCode;

/// Runs `rd-data` with the arguments of the process.
pub fn main() -> ExitCode {
    run::<slice::Data, commands::Command>(About {
        name: "rd-data",
        about: "The PostgreSQL database of a stack: instance, parameters, secret, snapshots, restore",
        examples: "  rd-net apply -y | rd-data apply -y     create the network, and the database in it\n  \
                   rd-data status                         class, storage, backups, pending changes\n  \
                   rd-data snapshot --wait                take a snapshot before something risky\n  \
                   rd-data restore --to-time 2026-03-01T02:10:00Z --switch\n  \
                   rd-data rotate                         set a new password, in RDS and in the secret\n  \
                   rd-data check                          show why the service cannot reach the database\n  \
                   rd-data connect                        open psql, through a task of the service",
        samples: &[
            ("{address}", "data.db_instance.postgres"),
            ("{id}", "shop-production-postgres"),
            ("{output}", "host"),
        ],
    })
}
