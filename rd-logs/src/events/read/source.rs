//! Calls FilterLogEvents for one page at a time. Waits while AWS throttles, and retries what fails for the moment.

use super::rate_limit::RateLimit;
use super::raw_body::RawBody;
use super::response;
use super::task_streams::TaskStreams;
use crate::events::body::PAGE_BYTES;
use crate::events::event::{Event, sort};
use crate::events::log_groups::{LogGroup, of_account};
use aws_sdk_cloudwatchlogs as logs;
use aws_sdk_cloudwatchlogs::config::retry::RetryConfig;
use rd_common::aws::clock::AwsClock;
use rd_common::aws::{Aws, Explain};
use rd_common::context::Context;
use rd_common::output::printer::print_warning;
use rd_common::resource::progress::Progress;
use rd_common::resource::wait::{Clock, backoff};
use rd_common::{Error, Result, Retry};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::Instant;

/// The shortest time between two warnings about retries.
const WARN_EVERY: Duration = Duration::from_secs(30);
/// The number of failures in a row that are retried without a warning.
const QUIET_FAILURES: u32 = 3;

/// The most events of a page.
const MOST_EVENTS: f64 = 10_000.0;

/// The log groups of a command, and how they are read.
pub struct Source {
    /// A client that makes each call once: this module decides about retries.
    pub client: logs::Client,
    /// The log groups. An event refers to its group by the index in this list.
    pub groups: Vec<LogGroup>,
    /// The limit that all reads share.
    pub rate_limit: RateLimit,
    /// Scales all waits, for tests.
    pub clock: Clock,
    /// The difference to AWS's clock.
    aws_clock: AwsClock,
    /// The progress lines on stderr, which warnings must not break.
    pub progress: Progress,
    filter: Option<String>,
    stream: Option<String>,
    task: Option<TaskStreams>,
    last_warning: Cell<Option<Instant>>,
}

/// A range of time in one log group. Times are in milliseconds since 1970. [`Source::range`] makes one.
#[derive(Clone, Debug)]
pub struct Range {
    /// The index of the log group.
    pub group: usize,
    /// The first millisecond to read.
    pub start: i64,
    /// The last millisecond to read; none for a range without an end.
    pub end: Option<i64>,
    /// The token of the page to read; none for the first page.
    pub token: Option<String>,
    /// The streams to read, if they are few and known; otherwise all of the group.
    streams: Option<Rc<Vec<String>>>,
    /// Whether the newest events come first.
    backwards: bool,
}

impl Range {
    /// The range, read from its end.
    pub fn backwards(self) -> Self {
        Self {
            backwards: true,
            ..self
        }
    }
}

/// One page of a range.
#[derive(Debug)]
pub struct Page {
    /// The events, sorted by [`Event::order`].
    pub events: Vec<Event>,
    /// The token of the next page; none on the last one.
    pub token: Option<String>,
    /// How much of a page AWS has filled: about 1 for a full one, 0 for one without events.
    pub filled: f64,
}

impl Source {
    /// Connects to CloudWatch Logs. AWS applies the filter pattern and the prefix of stream names, and reads the streams of
    /// the ECS task alone where they are known.
    pub async fn connect(
        context: &Context,
        groups: Vec<LogGroup>,
        filter: Option<String>,
        stream: Option<String>,
        task: Option<String>,
    ) -> Result<Self> {
        let aws = Aws::connect(&context.access, &context.stack.region).await?;
        aws.check_credentials().await?;
        let groups = of_account(groups, &aws).await?;
        // `page` repeats the reads itself.
        let config = logs::config::Builder::from(&aws.config)
            .retry_config(RetryConfig::disabled())
            .interceptor(aws.interceptor());
        let clock = Clock::from_env();
        Ok(Self {
            client: logs::Client::from_conf(config.build()),
            groups,
            rate_limit: RateLimit::new(clock, &context.stack.region),
            clock,
            aws_clock: aws.clock(),
            progress: context.progress.clone(),
            filter,
            // The streams of a task have their own names.
            task: task.filter(|_| stream.is_none()).map(TaskStreams::new),
            stream,
            last_warning: Cell::new(None),
        })
    }

    /// The current time of AWS's clock, in milliseconds since 1970.
    pub fn now(&self) -> i64 {
        self.aws_clock.now().as_millisecond()
    }

    /// A range of a group, from its first to its last millisecond since 1970.
    pub async fn range(&self, group: usize, start: i64, end: Option<i64>) -> Range {
        let streams = match &self.task {
            Some(task) => task.streams(self, group, start).await,
            None => None,
        };
        Range {
            group,
            start,
            end,
            token: None,
            streams,
            backwards: false,
        }
    }

    /// Reads a page. Waits out throttling without limit. Retries other temporary failures for the time `retry_for`, or
    /// without limit.
    pub async fn page(&self, range: &Range, retry_for: Option<Duration>) -> Result<Page> {
        let start = Instant::now();
        let mut failures = 0;
        loop {
            self.rate_limit.acquire().await;
            let error = match self.call(range).await {
                Ok(page) => {
                    self.rate_limit.succeeded();
                    return Ok(page);
                }
                Err(error) => error,
            };
            if is_throttled(&error) {
                self.rate_limit.throttled();
                self.clock.sleep(backoff(failures)).await;
                failures = (failures + 1).min(4);
                continue;
            }
            if is_missing(&error) {
                return Err(
                    error.hint("rd-logs groups --prefix / lists the log groups of the account")
                );
            }
            if error.retry == Retry::Never {
                return Err(error);
            }
            let limit = retry_for.map(|limit| self.clock.scaled(limit));
            if limit.is_some_and(|limit| start.elapsed() >= limit) {
                return Err(error);
            }
            failures += 1;
            if failures > QUIET_FAILURES {
                self.warn_sometimes(&error.summary, "rd-logs keeps retrying; no events are lost");
            }
            self.clock.sleep(backoff(failures - 1)).await;
        }
    }

    async fn call(&self, range: &Range) -> Result<Page> {
        let group = &self.groups[range.group];
        let call = self
            .client
            .filter_log_events()
            .set_log_group_name(group.arn.is_none().then(|| group.name.clone()))
            .set_log_group_identifier(group.arn.clone())
            .set_log_stream_names(range.streams.as_deref().cloned())
            .set_start_from_head(range.backwards.then_some(false))
            .start_time(range.start)
            .set_end_time(range.end)
            .set_filter_pattern(self.filter.clone())
            .set_log_stream_name_prefix(self.stream.clone())
            .set_next_token(range.token.clone());
        let doing = format!("read the log group {group}");
        let body = RawBody::default();
        let call = call.customize().interceptor(body.clone());
        call.send().await.doing(&doing)?;
        let bytes = body.bytes().await.map_err(|why| unreadable(&doing, &why))?;
        let size = bytes.len();
        let response = response::parse(bytes, range.group);
        let mut response =
            response.ok_or_else(|| unreadable(&doing, "it is not a list of events"))?;
        sort(&mut response.events);
        let filled = match response.events.len() {
            0 => 0.0,
            count => (count as f64 / MOST_EVENTS).max(size as f64 / PAGE_BYTES as f64),
        };
        Ok(Page {
            filled,
            events: response.events,
            // The same token would return the same page again.
            token: response
                .token
                .filter(|token| Some(token) != range.token.as_ref()),
        })
    }

    /// Prints a warning on stderr, without breaking progress lines.
    pub fn warn(&self, summary: &str, hint: &str) {
        self.progress.suspend(|| print_warning(summary, hint));
    }

    fn warn_sometimes(&self, summary: &str, hint: &str) {
        let due = self
            .last_warning
            .get()
            .is_none_or(|last| last.elapsed() >= WARN_EVERY);
        if due {
            self.last_warning.set(Some(Instant::now()));
            self.warn(summary, hint);
        }
    }
}

/// The error for a response that is incomplete or not as expected. The call is retried, since nothing was changed.
fn unreadable(doing: &str, why: &str) -> Error {
    Error::failed(format!("cannot {doing}: cannot read the response: {why}")).retry(Retry::Unknown)
}

/// Whether AWS rejected a call because there were too many.
fn is_throttled(error: &Error) -> bool {
    error.retry == Retry::NotDone
        && error.code.as_deref().is_some_and(|code| {
            code.contains("Throttl")
                || code.contains("TooManyRequests")
                || code.contains("LimitExceeded")
        })
}

/// Whether AWS rejected the token of a page, which expires after 24 hours. No code of its own tells that: AWS reports
/// an invalid parameter, and names the token in the text. <https://github.com/boto/boto3/issues/1467>
pub fn is_stale_token(error: &Error, range: &Range) -> bool {
    range.token.is_some()
        && error.is(&["InvalidParameterException"])
        && error.summary.to_ascii_lowercase().contains("token")
}

/// Whether the log group does not exist.
pub fn is_missing(error: &Error) -> bool {
    error.is(&["ResourceNotFoundException"])
}
