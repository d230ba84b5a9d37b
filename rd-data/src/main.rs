//! `rd-data`: the PostgreSQL database of a stack. The program is in the library, so that the example `rd-data-planted`
//! can be the same program.

use std::process::ExitCode;

fn main() -> ExitCode {
    rd_data::main()
}
