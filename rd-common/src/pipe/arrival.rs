//! Waits until every program upstream has begun, and decides what it means where none does.

use crate::error::{Error, Result};
use crate::pipe::intake::PlanSource;
use crate::pipe::seen::same_stack;
use crate::pipe::stdin::HOW_TO_SAY_NOTHING;
use crate::pipe::upstream::Upstream;
use std::time::Duration;

/// How long to wait for the first `begin`. Every program writes it at once, so a stdin without it is not an rd program.
const BEGIN_TIMEOUT: Duration = Duration::from_secs(5);

/// Why no program is upstream, although stdin could have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// Nothing came within 5 s.
    Silent,
    /// stdin ended before the first record.
    Ended,
}

impl Absent {
    /// What happened, as a sentence without a full stop.
    pub fn summary(self) -> &'static str {
        match self {
            Absent::Silent => "no records on stdin within 5 s",
            Absent::Ended => "stdin ended before the first record",
        }
    }

    /// The error for a command that changes AWS and reads from `source`.
    fn error(self, source: &str) -> Error {
        match self {
            Absent::Silent => Error::usage(self.summary()).hint(format!(
                "if nothing is meant to come, {HOW_TO_SAY_NOTHING}; a saved plan that takes longer needs --plan -"
            )),
            Absent::Ended => ended(source),
        }
    }
}

/// The error for an input that ends before the first record.
pub(super) fn ended(source: &str) -> Error {
    Error::upstream(format!(
        "{source} ended before the first record: the program that writes it has failed"
    ))
    .hint(format!(
        "see its messages; if nothing is meant to come on stdin, {HOW_TO_SAY_NOTHING}"
    ))
}

impl Upstream {
    /// Waits until every program upstream has begun. Fails where one works in another account than `account`, which is
    /// empty in an offline plan. Where none begins, a command that changes AWS fails, and another one gets the reason
    /// and works without upstream from then on.
    pub async fn all_begun(&self, account: &str) -> Result<Option<Absent>> {
        self.check()?;
        if !self.is_attached() {
            return Ok(None);
        }
        let in_time = self.first_begin().await;
        self.check()?;
        if !self.seen.borrow().any_begun() {
            let absent = if in_time {
                Absent::Ended
            } else {
                Absent::Silent
            };
            self.give_up();
            if self.intake.changes_aws {
                return Err(absent.error(&self.source.borrow()));
            }
            return Ok(Some(absent));
        }
        // A program upstream waits as long for those before it, so this one need not measure the time again.
        self.until(|seen| {
            let all = seen.closed || seen.head_seen || seen.broken.is_some();
            (all || seen.plan_begun(self.own)).then_some(())
        })
        .await;
        self.check()?;
        if !account.is_empty() {
            let _ = self.stack.account.set(account.to_owned());
        }
        let begins = std::mem::take(&mut self.seen.borrow_mut().unchecked);
        for (begin, place) in begins {
            same_stack(&begin, &self.stack, &place)?;
        }
        if self.intake.named_plan == Some(PlanSource::Stdin) && !self.carries_plans() {
            return Err(Error::usage("--plan -: stdin has no saved plan")
                .hint("write it to stdin: rd-net apply --plan - < plan.jsonl"));
        }
        Ok(None)
    }

    /// Waits until a program or a saved plan has begun or the input has ended, and returns true; false where nothing
    /// happens in time.
    pub(super) async fn first_begin(&self) -> bool {
        let first = self.until(|seen| {
            let over = seen.closed || seen.broken.is_some();
            (over || seen.any_begun()).then_some(())
        });
        if self.intake.named_plan == Some(PlanSource::Stdin) {
            first.await;
            return true;
        }
        tokio::time::timeout(BEGIN_TIMEOUT, first).await.is_ok()
    }

    /// From now on nothing waits for stdin.
    fn give_up(&self) {
        let mut seen = self.seen.borrow_mut();
        seen.given_up = true;
        seen.closed = true;
        seen.head_seen = true;
    }

    /// Waits for the end of stdin, unless nothing comes from it: then there is nothing to pass on, either.
    pub(super) async fn closed(&self) {
        if !self.first_begin().await {
            self.give_up();
        }
        self.until(|seen| seen.closed.then_some(())).await;
    }

    /// Waits until it is certain that this program must fail because of stdin, and returns the error. Waits for ever
    /// where stdin is good.
    pub async fn failed(&self) -> Error {
        self.until(|seen| {
            let nothing_came = seen.closed && !seen.any_begun();
            let absent = nothing_came && self.is_attached() && self.intake.changes_aws;
            seen.broken
                .clone()
                .or_else(|| absent.then(|| ended(&self.source.borrow())))
        })
        .await
    }

    /// Fails where the first record came after this program had given up waiting for one.
    pub(super) fn came_in_time(&self) -> Result<()> {
        let seen = self.seen.borrow();
        match &seen.broken {
            Some(error) if seen.given_up => Err(error.clone()),
            _ => Ok(()),
        }
    }
}
