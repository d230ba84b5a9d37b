//! `rd-cache` with a token that is known beforehand: the tests look for it in all that is written.

use rd_secret::generate::{Generated, plant};
use std::process::ExitCode;

fn main() -> ExitCode {
    plant(|| Ok(Generated::known("PlantedToken0123456789abcdefghijk")));
    rd_cache::main()
}
