//! One error type for everything: what happened, where, and what to do about it. Rendered in one place
//! ([`crate::ui`]); libraries only fill it in.

use crate::exit::Exit;
use std::fmt;

/// A result with this crate's error.
pub type Result<T> = std::result::Result<T, Error>;

/// Whether doing the same call again is safe, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// It would fail again.
    Never,
    /// It was certainly not done (throttled, never sent): repeat after a pause.
    NotDone,
    /// The answer was lost: it may have been done. Look before repeating a create.
    Unknown,
    /// It is refused for now by something that goes away by itself (a dependency that is being deleted).
    Later,
}

/// What went wrong, in the words of whoever must act on it.
#[derive(Clone)]
pub struct Error(Box<Details>);

/// The parts of an [`Error`]; the wire's `diagnostic` record has the same.
#[derive(Clone, Debug)]
pub struct Details {
    /// The exit code that the program ends with when this error ends it.
    pub exit: Exit,
    /// One sentence: what failed.
    pub summary: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The address of the resource that it is about.
    pub address: Option<String>,
    /// AWS's error code, such as `DependencyViolation`.
    pub code: Option<String>,
    /// AWS's request id, for a support case.
    pub request_id: Option<String>,
    /// Whether the call may be repeated.
    pub retry: Retry,
}

impl Error {
    /// An error that ends the program with `exit`.
    pub fn new(exit: Exit, summary: impl Into<String>) -> Self {
        Error(Box::new(Details {
            exit,
            summary: summary.into(),
            hint: None,
            address: None,
            code: None,
            request_id: None,
            retry: Retry::Never,
        }))
    }

    /// Something failed (exit 1).
    pub fn failed(summary: impl Into<String>) -> Self {
        Self::new(Exit::Failed, summary)
    }

    /// Wrong usage or configuration (exit 2).
    pub fn usage(summary: impl Into<String>) -> Self {
        Self::new(Exit::Usage, summary)
    }

    /// Refused for safety (exit 6).
    pub fn refused(summary: impl Into<String>) -> Self {
        Self::new(Exit::Refused, summary)
    }

    /// A program upstream failed (exit 5).
    pub fn upstream(summary: impl Into<String>) -> Self {
        Self::new(Exit::Upstream, summary)
    }

    /// Stopped by a signal (exit 130).
    pub fn interrupted() -> Self {
        Self::new(Exit::Interrupted, "interrupted").hint("run the same command again to go on")
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Names the resource that it is about, unless one is named already.
    #[must_use]
    pub fn at(mut self, address: &str) -> Self {
        self.0.address.get_or_insert_with(|| address.to_owned());
        self
    }

    /// Sets AWS's code and request id.
    #[must_use]
    pub fn with_code(mut self, code: Option<String>, request_id: Option<String>) -> Self {
        self.0.code = code;
        self.0.request_id = request_id;
        self
    }

    /// Says whether the call may be repeated.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.0.retry = retry;
        self
    }

    /// Whether AWS answered with one of these codes.
    pub fn is(&self, codes: &[&str]) -> bool {
        self.0.code.as_deref().is_some_and(|c| codes.contains(&c))
    }
}

impl std::ops::Deref for Error {
    type Target = Details;
    fn deref(&self) -> &Details {
        &self.0
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.summary)
    }
}

impl std::error::Error for Error {}
