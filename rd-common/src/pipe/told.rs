//! One cause is reported once in a pipe: where programs fail with the same error, such as an endpoint that cannot be
//! reached, only the first of them prints it.

use crate::error::Error;
use crate::pipe::seen::Seen;
use crate::pipe::upstream::Upstream;
use crate::records::Diagnostic;
use std::time::Duration;

/// How long to wait for the same error of a program upstream: they run into it at about the same time.
const SOON: Duration = Duration::from_secs(2);
/// How long to wait where a program upstream does not know its account yet: it is about to fail as well, or the network
/// is slow.
const CONNECTING: Duration = Duration::from_secs(20);

/// Whether an error of another slice is the same as `own`.
pub(super) fn is_same(theirs: &Diagnostic, own: &Diagnostic) -> bool {
    theirs.slice != own.slice
        && theirs.summary == own.summary
        && theirs.hint == own.hint
        && theirs.code == own.code
        && theirs.address == own.address
}

impl Upstream {
    /// Whether a program upstream reports the same error. Waits for those that may be about to.
    pub async fn tells(&self, error: &Error) -> bool {
        if !self.is_attached() || !self.first_begin().await || self.seen.borrow().begins.is_empty()
        {
            return false;
        }
        let own = Diagnostic::error(self.own, error);
        let same = |seen: &Seen| seen.errors.iter().any(|theirs| is_same(theirs, &own));
        let over = |seen: &Seen| seen.closed || seen.broken.is_some() || seen.all_ended();
        let connecting = {
            let seen = self.seen.borrow();
            let mut begins = seen.begins.values();
            begins.any(|begin| begin.account.is_none() && !begin.offline)
        };
        let within = if connecting { CONNECTING } else { SOON };
        let told = self.until(|seen| (same(seen) || over(seen)).then(|| same(seen)));
        tokio::time::timeout(within, told).await.unwrap_or(false)
    }
}
