//! What stdin is: nothing can come from a terminal, from `/dev/null`, or from a stdin that was closed.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};

/// How to say that nothing is meant to come on stdin; the end of a sentence.
pub const HOW_TO_SAY_NOTHING: &str =
    "pass --no-stdin, set RD_NO_STDIN=1 or add `</dev/null` to this program";

/// Whether no records can come on stdin. The standard library opens `/dev/null` where stdin was closed.
pub fn is_nothing() -> bool {
    let stdin = io::stdin();
    stdin.is_terminal() || is_null(&stdin).unwrap_or(true)
}

fn is_null(stdin: &io::Stdin) -> io::Result<bool> {
    let own = File::from(stdin.as_fd().try_clone_to_owned()?).metadata()?;
    if !own.file_type().is_char_device() {
        return Ok(false);
    }
    Ok(std::fs::metadata("/dev/null").is_ok_and(|null| null.rdev() == own.rdev()))
}
