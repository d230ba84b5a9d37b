//! `rd-state`: shows and edits the stored states of a stack.

mod adoption;
mod bootstrap;
mod commands;
mod escape;
mod export;
mod formats;
mod graph;
mod permissions;
mod scan;
mod settings_file;
mod slice_programs;
mod stack_states;
mod terraform;
mod trust;

use commands::Command;
use rd_common::cli::{About, main_without_slice};
use std::process::ExitCode;

fn main() -> ExitCode {
    main_without_slice::<Command>(About {
        name: "rd-state",
        about: "The states of a stack: outputs, resources, history, locks, dependencies and recovery",
        examples: "  rd-state init --project shop         write an rd.toml\n  \
                   rd-state outputs                     print the outputs of all slices\n  \
                   rd-state list                        list the resources\n  \
                   rd-state show net.vpc.main           show one resource in full\n  \
                   rd-state graph                       show dependencies as a tree\n  \
                   rd-state graph --format svg > g.svg  draw them",
        samples: &[],
    })
}
