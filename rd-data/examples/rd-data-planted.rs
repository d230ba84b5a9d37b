//! `rd-data` with a known password, so that the tests can search everything that it writes for that password.

use rd_secret::generate::{Generated, use_source};
use std::process::ExitCode;

fn main() -> ExitCode {
    use_source(|| Ok(Generated::known("PlantedPassword0123456789abcdefgh")));
    rd_data::main()
}
