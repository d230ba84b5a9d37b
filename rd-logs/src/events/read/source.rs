//! FilterLogEvents, a page at a time. What is throttled is waited out; what fails for the moment is tried again.

use super::answer;
use super::clock_skew::Skew;
use super::rate_limit::Limiter;
use super::raw_body::KeptBody;
use crate::events::event::{Event, sort};
use aws_sdk_cloudwatchlogs as logs;
use rd_common::aws::{Aws, Explain};
use rd_common::context::Context;
use rd_common::output::printer::print_warning;
use rd_common::resource::progress::Progress;
use rd_common::resource::wait::{Clock, backoff};
use rd_common::{Error, Result, Retry};
use std::cell::Cell;
use std::time::Duration;
use tokio::time::Instant;

/// How often what goes wrong is told.
const TELL_EVERY: Duration = Duration::from_secs(30);
/// How many failures in a row are not worth a word.
const QUIET_FAILURES: u32 = 3;

/// Where events are read from.
pub struct Source {
    /// One attempt a call: what is repeated, and when, is decided here.
    pub client: logs::Client,
    /// The groups, by the number that events carry.
    pub groups: Vec<String>,
    /// How fast.
    pub limiter: Limiter,
    /// Waits.
    pub clock: Clock,
    /// AWS's clock.
    pub skew: Skew,
    /// What is shown meanwhile.
    pub progress: Progress,
    filter: Option<String>,
    stream: Option<String>,
    told: Cell<Option<Instant>>,
}

/// What to read.
#[derive(Clone, Debug)]
pub struct Range {
    /// Of which group.
    pub group: usize,
    /// From when, in milliseconds since 1970, included.
    pub start: i64,
    /// Until when, included; open where there is none.
    pub end: Option<i64>,
    /// Where the page before left off.
    pub token: Option<String>,
}

/// What a call gave.
#[derive(Debug)]
pub struct Page {
    /// The events, sorted.
    pub events: Vec<Event>,
    /// There may be more.
    pub token: Option<String>,
}

impl Source {
    /// Connects. `filter` and `stream` are AWS's to apply.
    pub async fn connect(
        context: &Context,
        groups: Vec<String>,
        filter: Option<String>,
        stream: Option<String>,
    ) -> Result<Self> {
        let aws = Aws::connect(&context.access, &context.stack.region).await?;
        aws.check_credentials().await?;
        let skew = Skew::default();
        let config = logs::config::Builder::from(&aws.once)
            .interceptor(aws.interceptor())
            .interceptor(skew.clone());
        let clock = Clock::from_env();
        Ok(Self {
            client: logs::Client::from_conf(config.build()),
            groups,
            limiter: Limiter::new(clock),
            clock,
            skew,
            progress: context.progress.clone(),
            filter,
            stream,
            told: Cell::new(None),
        })
    }

    /// Reads a page. Waits out throttling without an end; tries again what fails for the moment, for as long as
    /// `patience` says, or without an end.
    pub async fn page(&self, range: &Range, timeouts: Option<Duration>) -> Result<Page> {
        let start = Instant::now();
        let mut failures = 0;
        loop {
            self.limiter.turn().await;
            let error = match self.ask(range).await {
                Ok(page) => {
                    self.limiter.answered();
                    return Ok(page);
                }
                Err(error) => error,
            };
            if is_throttled(&error) {
                self.limiter.throttled();
                self.clock.sleep(backoff(failures)).await;
                failures = (failures + 1).min(4);
                continue;
            }
            if is_missing(&error) {
                return Err(error.hint("rd-logs groups --prefix / lists the groups that there are"));
            }
            if error.retry == Retry::Never {
                return Err(error);
            }
            let timeouts = timeouts.map(|timeouts| self.clock.scaled(timeouts));
            if timeouts.is_some_and(|timeouts| start.elapsed() >= timeouts) {
                return Err(error);
            }
            failures += 1;
            if failures > QUIET_FAILURES {
                self.tell_once_in_a_while(&error.summary, "trying again; nothing is lost by it");
            }
            self.clock.sleep(backoff(failures - 1)).await;
        }
    }

    async fn ask(&self, range: &Range) -> Result<Page> {
        let group = &self.groups[range.group];
        let call = self
            .client
            .filter_log_events()
            .log_group_name(group)
            .start_time(range.start)
            .set_end_time(range.end)
            .set_filter_pattern(self.filter.clone())
            .set_log_stream_name_prefix(self.stream.clone())
            .set_next_token(range.token.clone());
        let doing = format!("read the log group {group}");
        let kept = KeptBody::default();
        let call = call.customize().interceptor(kept.clone());
        call.send().await.doing(&doing)?;
        let bytes = kept.bytes().await.map_err(|why| broken(&doing, &why))?;
        let answer = answer::read(bytes, range.group);
        let mut answer = answer.ok_or_else(|| broken(&doing, "it is no list of events"))?;
        sort(&mut answer.events);
        Ok(Page {
            events: answer.events,
            // The same token again would be the same page again.
            token: answer
                .token
                .filter(|token| Some(token) != range.token.as_ref()),
        })
    }

    /// Tells something on stderr, with live lines out of the way.
    pub fn tell(&self, summary: &str, hint: &str) {
        self.progress.suspend(|| print_warning(summary, hint));
    }

    fn tell_once_in_a_while(&self, summary: &str, hint: &str) {
        let due = self
            .told
            .get()
            .is_none_or(|told| told.elapsed() >= TELL_EVERY);
        if due {
            self.told.set(Some(Instant::now()));
            self.tell(summary, hint);
        }
    }
}

/// An answer that did not come whole: asked again, it may.
fn broken(doing: &str, why: &str) -> Error {
    Error::failed(format!("cannot {doing}: the answer cannot be read: {why}")).retry(Retry::Unknown)
}

/// Whether AWS refused the call for coming too fast.
fn is_throttled(error: &Error) -> bool {
    error.retry == Retry::NotDone
        && error.code.as_deref().is_some_and(|code| {
            code.contains("Throttl")
                || code.contains("TooManyRequests")
                || code.contains("LimitExceeded")
        })
}

/// Whether AWS does not know the token of a page any more: they end after a day.
pub fn is_stale_token(error: &Error, range: &Range) -> bool {
    range.token.is_some()
        && error.is(&["InvalidParameterException"])
        && error.summary.to_ascii_lowercase().contains("token")
}

/// Whether the group is not there.
pub fn is_missing(error: &Error) -> bool {
    error.is(&["ResourceNotFoundException"])
}
