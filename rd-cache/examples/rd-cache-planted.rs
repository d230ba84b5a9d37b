//! `rd-cache` with a known token, so that the tests can search everything that it writes for that token.

use rd_secret::generate::{Generated, use_source};
use std::process::ExitCode;

fn main() -> ExitCode {
    use_source(|| Ok(Generated::known("PlantedToken0123456789abcdefghijk")));
    rd_cache::main()
}
