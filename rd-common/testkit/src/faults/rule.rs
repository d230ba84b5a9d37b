//! The rules of the proxy: which fault occurs at which calls.

use super::call::Call;
use std::time::Duration;

/// The calls that a rule applies to.
#[derive(Clone, Debug)]
pub enum Calls {
    /// All calls, whatever they do.
    All,
    /// All calls that change something.
    Changes,
    /// The calls of this operation.
    Of(&'static str),
    /// The calls for which this is true.
    Matching(fn(&Call) -> bool),
}

impl Calls {
    /// Whether the rule applies to a call.
    pub fn has(&self, call: &Call) -> bool {
        // The account is read before anything can go wrong: that call counts only where its operation is named.
        match self {
            Calls::All => call.operation != "GetCallerIdentity",
            Calls::Changes => call.mutates && call.operation != "GetCallerIdentity",
            Calls::Matching(is) => is(call),
            Calls::Of(operation) => call.operation == *operation,
        }
    }

    /// How many of these calls it applies to.
    pub fn count(&self, calls: &[Call]) -> usize {
        calls.iter().filter(|call| self.has(call)).count()
    }
}

/// What happens to a call that a rule applies to.
#[derive(Clone, Debug)]
pub enum Fault {
    /// AWS carries it out, but the response is lost.
    LoseAnswer,
    /// It never reaches AWS.
    LoseRequest,
    /// The program is killed with -9 just before it reaches AWS.
    KillBefore,
    /// The program is killed with -9 when AWS has done it, before the answer.
    KillAfter,
    /// AWS throttles the call.
    Throttle,
    /// AWS responds with 500 and does nothing.
    InternalError,
    /// AWS responds with 503 and does nothing.
    Unavailable,
    /// AWS refuses it, also when it is retried.
    Refuse {
        /// The HTTP status of the response.
        status: u16,
        /// The error code of the response.
        code: &'static str,
    },
    /// As [`Fault::Refuse`], where the code has several causes and the message says which.
    RefuseSaying {
        /// The HTTP status of the response.
        status: u16,
        /// The error code of the response.
        code: &'static str,
        /// The message of the response.
        message: &'static str,
    },
    /// AWS's clock is not the program's: AWS refuses what was signed more than five minutes from its own time, and says
    /// what that is. The times that ECS reports are those of this clock.
    Clock {
        /// How far AWS's clock is ahead, in seconds; negative where it is behind.
        ahead: i32,
    },
    /// The response is late by this time.
    Delay(Duration),
    /// A text in the response is replaced: `<state>available</state>` by `<state>pending</state>`.
    Rewrite {
        /// The text in AWS's response.
        from: &'static str,
        /// The text that the program gets.
        to: &'static str,
    },
}

/// A fault, with the calls at which it occurs.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The calls that are counted.
    pub calls: Calls,
    /// The number of the first call with the fault, counted from 0.
    pub first: usize,
    /// The number of calls in a row with the fault.
    pub times: usize,
    /// What happens to these calls.
    pub fault: Fault,
}

impl Rule {
    /// The fault occurs only at the `nth` call, counted from 0.
    pub fn once(calls: Calls, nth: usize, fault: Fault) -> Self {
        Self {
            calls,
            first: nth,
            times: 1,
            fault,
        }
    }

    /// The fault occurs at the first `times` calls.
    pub fn at_first(calls: Calls, times: usize, fault: Fault) -> Self {
        Self {
            calls,
            first: 0,
            times,
            fault,
        }
    }
}
