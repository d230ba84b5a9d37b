//! What a program's exit code means. The numbers are a contract: scripts and CI branch on them.

/// The exit codes of every rd program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done. For `plan`: no changes, or changes shown.
    Done = 0,
    /// Something failed; the diagnostics say what.
    Failed = 1,
    /// Wrong usage or configuration; nothing was touched.
    Usage = 2,
    /// `plan --exit-code` found changes.
    Changes = 3,
    /// Another run holds the lock.
    Locked = 4,
    /// A program upstream in the pipe failed.
    Upstream = 5,
    /// Refused: protected, a stale plan, or not confirmed.
    Refused = 6,
    /// Interrupted by SIGINT or SIGTERM, cleanly.
    Interrupted = 130,
}

impl Exit {
    /// Every code with the line that `--help` and the README show for it.
    pub const ALL: [(Exit, &'static str); 8] = [
        (Exit::Done, "done (plan: no changes, or changes shown)"),
        (Exit::Failed, "failed"),
        (Exit::Usage, "wrong usage or configuration"),
        (Exit::Changes, "plan --exit-code found changes"),
        (Exit::Locked, "locked by another run"),
        (Exit::Upstream, "a program upstream in the pipe failed"),
        (
            Exit::Refused,
            "refused (protected, stale plan, not confirmed)",
        ),
        (Exit::Interrupted, "interrupted"),
    ];

    /// The number the process exits with.
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
