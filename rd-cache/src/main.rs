//! `rd-cache`: the Redis or Valkey cache of a stack. The program is in the library, so that the example
//! `rd-cache-planted` can be the same program.

use std::process::ExitCode;

fn main() -> ExitCode {
    rd_cache::main()
}
