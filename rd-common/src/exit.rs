//! What a program's exit code means. The numbers are a contract: scripts and CI branch on them.

/// The exit codes of every rd program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done. For `plan`: no changes, or changes shown.
    Done,
    /// Something failed; the diagnostics say what.
    Failed,
    /// Wrong usage or configuration; nothing was touched.
    Usage,
    /// `plan --exit-code` found changes.
    Changes,
    /// Another run holds the lock.
    Locked,
    /// A program upstream in the pipe failed.
    Upstream,
    /// Refused: protected, a stale plan, or not confirmed.
    Refused,
    /// What was run did not end in its time, as `timeout` of the coreutils says it.
    TimedOut,
    /// Interrupted by SIGINT or SIGTERM, cleanly.
    Interrupted,
    /// What a program ended with that was run for the user, in a task or in a session: its code is ours.
    Code(u8),
}

impl Exit {
    /// Every code with the line that `--help` and the README show for it.
    pub const ALL: [(Exit, &'static str); 9] = [
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
        (Exit::TimedOut, "what was run did not end in its time (run)"),
        (Exit::Interrupted, "interrupted"),
    ];

    /// The number the process exits with.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Changes => 3,
            Exit::Locked => 4,
            Exit::Upstream => 5,
            Exit::Refused => 6,
            Exit::TimedOut => 124,
            Exit::Interrupted => 130,
            Exit::Code(code) => code,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
