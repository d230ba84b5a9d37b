//! The PostgreSQL database of a stack: RDS instance, its groups, its secret, and what is done to them every day.

mod clients;
mod commands;
mod config;
mod instance_classes;
mod kinds;
mod log_groups;
mod rds;
mod slice;
mod version;

use rd_common::cli::{About, main as run};
use std::process::ExitCode;

/// The program.
pub fn main() -> ExitCode {
    run::<slice::Data, commands::Command>(About {
        name: "rd-data",
        about: "The PostgreSQL database of a stack: instance, parameters, secret, snapshots, restore",
        examples: "  rd-net apply -y | rd-data apply -y     the network, and the database in it\n  \
                   rd-data status                         class, storage, backups, what waits for the window\n  \
                   rd-data snapshot --wait                before something risky\n  \
                   rd-data restore --to-time 2026-03-01T02:10:00Z --switch\n  \
                   rd-data rotate                         a new password, in RDS and in the secret\n  \
                   rd-data check                          why can the service not reach it?",
    })
}
