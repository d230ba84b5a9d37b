//! `rd-state stack`: prints the name of the stack that the settings and flags select, for scripts.

use rd_common::Exit;
use rd_common::context::Context;

/// Prints the name, whatever `--format` says.
pub fn run(context: &Context) -> Exit {
    context.printer.text(&format!("{}\n", context.stack.name()));
    Exit::Done
}
