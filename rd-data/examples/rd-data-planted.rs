//! `rd-data` with a password that is known beforehand: the tests look for it in all that is written.

use rd_secret::generate::{Generated, plant};
use std::process::ExitCode;

fn main() -> ExitCode {
    plant(|| Ok(Generated::known("PlantedPassword0123456789abcdefgh")));
    rd_data::main()
}
