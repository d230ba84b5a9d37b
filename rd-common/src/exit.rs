//! The exit codes of all programs. They are a contract: scripts and CI branch on them.

/// What a program's exit code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Success. For `plan`, with or without changes.
    Done,
    /// Something failed; the errors on stderr say what.
    Failed,
    /// Wrong flags or settings; nothing was changed.
    Usage,
    /// `plan --exit-code` found changes.
    Changes,
    /// Another run holds the lock of the state.
    Locked,
    /// A program upstream in the pipe failed.
    Upstream,
    /// Refused for safety: protected, a stale plan, not confirmed, or not owned by this stack.
    Refused,
    /// `rd-cost estimate` found that the plan adds more than `--fail-over` allows.
    OverLimit,
    /// The command of `rd-ecs run` timed out; the number is that of `timeout` in the GNU coreutils.
    TimedOut,
    /// The command of `rd-ecs run` has ended, but nobody knows how; the number is that of `timeout` and `docker run` for a
    /// failure of their own.
    ResultUnknown,
    /// Stopped by SIGINT or SIGTERM; the state is complete.
    Interrupted,
    /// The exit code of a command that ran in a task for the user, passed on.
    Code(u8),
}

impl Exit {
    /// Every code with its line in `--help`, which is also its line in the README.
    pub const ALL: [(Exit, &'static str); 11] = [
        (Exit::Done, "done; for plan, with or without changes"),
        (Exit::Failed, "failed"),
        (Exit::Usage, "wrong usage or configuration"),
        (Exit::Changes, "plan --exit-code found changes"),
        (Exit::Locked, "the state is locked by another run"),
        (Exit::Upstream, "a program upstream failed"),
        (
            Exit::Refused,
            "refused: protected, a stale plan, not confirmed, or not owned by this stack",
        ),
        (
            Exit::OverLimit,
            "over the limit of rd-cost: estimate --fail-over, --strict, or waste --fail",
        ),
        (Exit::TimedOut, "the command of rd-ecs run timed out"),
        (
            Exit::ResultUnknown,
            "the exit code of the command of rd-ecs run is lost",
        ),
        (
            Exit::Interrupted,
            "interrupted; the state is complete, and the same command continues",
        ),
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
            Exit::OverLimit => 7,
            Exit::TimedOut => 124,
            Exit::ResultUnknown => 125,
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_readme_has_the_same_lines() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
        let readme = std::fs::read_to_string(file).unwrap().replace('`', "");
        for (exit, text) in Exit::ALL {
            let line = format!("| {} | {text} |", exit.code());
            assert!(readme.contains(&line), "{line}");
        }
    }
}
