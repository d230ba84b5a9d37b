//! One error type for all programs: what failed, where, why, and what to do about it. [`crate::output::printer`] is the
//! only place that prints it.

use crate::exit::Exit;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// A result whose error is this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// Whether it is safe to send the same call again, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// A retry would fail in the same way.
    Never,
    /// AWS did not carry it out (throttled, or never sent): retry after a pause.
    NotDone,
    /// The response was lost, so AWS may have carried it out. Before a create is sent again, read whether it succeeded.
    Unknown,
    /// AWS refuses it for as long as something else takes, such as a dependency that is being deleted: retry later.
    Later,
}

/// What failed, in the words of the person who has to act on it. Cheap to move; a clone shares the source.
#[derive(Clone)]
pub struct Error(Box<Details>);

/// The parts of an [`Error`]. A `diagnostic` record carries those that help a reader.
#[derive(Clone)]
pub struct Details {
    /// The exit code of a program that ends with this error.
    pub exit: Exit,
    /// One sentence that says what failed, with the value, in lower case and without a full stop.
    pub summary: String,
    /// What the user can do about it.
    pub hint: Option<String>,
    /// The address of the resource that failed, such as `net.vpc.main`.
    pub address: Option<String>,
    /// AWS's error code, such as `DependencyViolation`.
    pub code: Option<String>,
    /// AWS's request id, which AWS Support asks for.
    pub request_id: Option<String>,
    /// Whether the call may be sent again.
    pub retry: Retry,
    /// The error that caused this one. `-v` prints it with its own causes, so it must not hold a secret or a request.
    pub source: Option<Arc<dyn StdError + Send + Sync>>,
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
            source: None,
        }))
    }

    /// An error that ends the program with exit code 1.
    pub fn failed(summary: impl Into<String>) -> Self {
        Self::new(Exit::Failed, summary)
    }

    /// Wrong usage or configuration: ends the program with exit code 2.
    pub fn usage(summary: impl Into<String>) -> Self {
        Self::new(Exit::Usage, summary)
    }

    /// Refused for safety: ends the program with exit code 6.
    pub fn refused(summary: impl Into<String>) -> Self {
        Self::new(Exit::Refused, summary)
    }

    /// A program upstream in the pipe failed: ends this one with exit code 5.
    pub fn upstream(summary: impl Into<String>) -> Self {
        Self::new(Exit::Upstream, summary)
    }

    /// Another run has taken the lock of this run's state: ends the program with exit code 4.
    pub fn lock_lost() -> Self {
        Self::new(
            Exit::Locked,
            "another run took this run's state lock; stopping",
        )
        .hint("that run, or the next one, finds the resources that this run created")
    }

    /// Stopped by SIGINT or SIGTERM: ends the program with exit code 130.
    pub fn interrupted() -> Self {
        Self::new(Exit::Interrupted, "interrupted").hint("run the same command again to continue")
    }

    /// Sets the hint: what the user can do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Sets the address of the resource that failed, unless it has one already.
    #[must_use]
    pub fn at(mut self, address: &str) -> Self {
        self.0.address.get_or_insert_with(|| address.to_owned());
        self
    }

    /// Sets AWS's error code and request id.
    #[must_use]
    pub fn with_code(mut self, code: Option<String>, request_id: Option<String>) -> Self {
        self.0.code = code;
        self.0.request_id = request_id;
        self
    }

    /// Sets whether the call may be sent again.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.0.retry = retry;
        self
    }

    /// Sets the error that caused this one; see [`Details::source`].
    #[must_use]
    pub fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// Whether AWS returned one of these error codes.
    pub fn is(&self, codes: &[&str]) -> bool {
        self.0.code.as_deref().is_some_and(|c| codes.contains(&c))
    }

    /// The texts of the causes, nearest first. Leaves out those that the summary or a nearer cause already contains.
    pub fn causes(&self) -> Vec<String> {
        let mut causes: Vec<String> = Vec::new();
        for text in texts(self.source()) {
            let said = |earlier: &str| earlier.contains(&text);
            if !said(&self.0.summary) && !causes.iter().any(|cause| said(cause)) {
                causes.push(text);
            }
        }
        causes
    }
}

/// The texts of an error and of its sources, nearest first.
pub(crate) fn texts<'a>(
    error: Option<&'a (dyn StdError + 'static)>,
) -> impl Iterator<Item = String> + 'a {
    std::iter::successors(error, |&error| error.source()).map(ToString::to_string)
}

impl std::ops::Deref for Error {
    type Target = Details;
    fn deref(&self) -> &Details {
        &self.0
    }
}

impl fmt::Debug for Error {
    /// Prints the source's texts only: `Debug` of a source may show a whole response.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let details = &self.0;
        f.debug_struct("Error")
            .field("exit", &details.exit)
            .field("summary", &details.summary)
            .field("hint", &details.hint)
            .field("address", &details.address)
            .field("code", &details.code)
            .field("request_id", &details.request_id)
            .field("retry", &details.retry)
            .field("causes", &self.causes())
            .finish()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.summary)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source = self.0.source.as_deref()?;
        Some(source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[derive(Debug)]
    struct Outer(io::Error);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("tcp connect error")
        }
    }

    impl StdError for Outer {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn an_error_keeps_its_source() {
        let cause = Outer(io::Error::other("connection refused"));
        let error = Error::failed("cannot read the VPC").caused_by(cause);
        let copy = error.clone().at("net.vpc.main");
        let source = StdError::source(&copy).unwrap();
        assert!(source.is::<Outer>() && source.source().unwrap().is::<io::Error>());
        assert_eq!(copy.causes(), ["tcp connect error", "connection refused"]);
    }

    #[test]
    fn a_cause_that_adds_nothing_is_left_out() {
        let cause = Outer(io::Error::other("connection refused"));
        let error = Error::failed("cannot read the VPC: connection refused").caused_by(cause);
        assert_eq!(error.causes(), ["tcp connect error"]);
        assert!(Error::failed("not confirmed").causes().is_empty());
    }
}
