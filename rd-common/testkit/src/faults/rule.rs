//! What goes wrong, and when.

use super::call::Call;
use std::time::Duration;

/// Which calls.
#[derive(Clone, Debug)]
pub enum Calls {
    /// All.
    All,
    /// All that change something.
    Changes,
    /// Those of this operation.
    Of(&'static str),
    /// Those for which it is true.
    Matching(fn(&Call) -> bool),
}

impl Calls {
    /// Whether a call is one of them.
    pub fn has(&self, call: &Call) -> bool {
        // Whose account it is, is asked before anything is at stake; it is left alone unless it is named.
        match self {
            Calls::All => call.operation != "GetCallerIdentity",
            Calls::Changes => call.mutates && call.operation != "GetCallerIdentity",
            Calls::Matching(is) => is(call),
            Calls::Of(operation) => call.operation == *operation,
        }
    }
}

/// What happens to a call.
#[derive(Clone, Debug)]
pub enum Fault {
    /// AWS does it, and the answer never comes.
    LoseAnswer,
    /// It never reaches AWS.
    LoseRequest,
    /// The program is killed with -9 just before it reaches AWS.
    KillBefore,
    /// The program is killed with -9 when AWS has done it, before the answer.
    KillAfter,
    /// It is throttled.
    Throttle,
    /// AWS fails with 500, having done nothing.
    InternalError,
    /// AWS answers 503, having done nothing.
    Unavailable,
    /// AWS refuses it for good.
    Refuse {
        /// The status.
        status: u16,
        /// The code.
        code: &'static str,
    },
    /// AWS's clock is so far ahead of the program's: what is signed more than five minutes from its time it refuses,
    /// and says what time it has.
    Clock {
        /// How far.
        ahead: Duration,
    },
    /// The answer is late.
    Delay(Duration),
    /// A text in the answer is another: `<state>available</state>` becomes `<state>pending</state>`.
    Rewrite {
        /// What AWS says.
        from: &'static str,
        /// What the program hears.
        to: &'static str,
    },
}

/// A fault, and the calls that it happens to.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Which calls count.
    pub calls: Calls,
    /// The first of them, from 0, that it happens to.
    pub first: usize,
    /// How many in a row.
    pub times: usize,
    /// What happens.
    pub fault: Fault,
}

impl Rule {
    /// It happens to the `nth` call, from 0, and to no other.
    pub fn once(calls: Calls, nth: usize, fault: Fault) -> Self {
        Self {
            calls,
            first: nth,
            times: 1,
            fault,
        }
    }

    /// It happens to the first `times` calls.
    pub fn at_first(calls: Calls, times: usize, fault: Fault) -> Self {
        Self {
            calls,
            first: 0,
            times,
            fault,
        }
    }
}
