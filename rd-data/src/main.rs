//! `rd-data`: the PostgreSQL database of a stack.

use std::process::ExitCode;

fn main() -> ExitCode {
    rd_data::main()
}
