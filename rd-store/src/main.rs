//! `rd-store`: the bucket of a stack.

mod clients;
mod commands;
mod config;
mod contents;
mod expected_owner;
mod kinds;
mod settings;
mod slice;

use rd_common::cli::{About, main as run};
use std::process::ExitCode;

fn main() -> ExitCode {
    run::<slice::Store, commands::Command>(About {
        name: "rd-store",
        about: "The bucket of a stack: encryption, versions, life cycle, access",
        examples: "  rd-store plan                       what apply would do\n  \
                   rd-store apply -y                   make it so\n  \
                   rd-store usage                      objects and bytes, by storage class\n  \
                   rd-store destroy --delete-objects   delete it with all that is in it",
    })
}
