//! `rd-state`: the store of a stack's states.

mod commands;
mod slices;
mod stack_states;

use commands::Command;
use rd_common::cli::{About, main_without_slice};
use std::process::ExitCode;

fn main() -> ExitCode {
    main_without_slice::<Command>(About {
        name: "rd-state",
        about: "The states of a stack: settings, outputs, resources, history, and how they hang together",
        examples: "  rd-state init --project shop         write an rd.toml\n  \
                   rd-state outputs                     every output of every slice\n  \
                   rd-state list                        every resource\n  \
                   rd-state show net.vpc.main           one of them, whole\n  \
                   rd-state graph                       what needs what, as a tree\n  \
                   rd-state graph --mermaid > g.mmd     … as a picture",
    })
}
