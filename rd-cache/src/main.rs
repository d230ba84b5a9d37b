//! `rd-cache`: the Redis or Valkey cache of a stack.

use std::process::ExitCode;

fn main() -> ExitCode {
    rd_cache::main()
}
