//! CloudWatch Live Tail: AWS sends events as it receives them. Above 500 events a second it sends a sample, and reports
//! that. A session ends after three hours; then the next one is started.
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html>

use super::event::Event;
use super::live_queue::LiveQueue;
use super::output::EventOutput;
use super::read::source::Source;
use crate::time::zone::local_time;
use aws_sdk_cloudwatchlogs::types::error::StartLiveTailResponseStreamError;
use aws_sdk_cloudwatchlogs::types::{
    LiveTailSessionMetadata, LiveTailSessionUpdate, StartLiveTailResponseStream,
};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::display::DisplayErrorContext;
use jiff::tz::TimeZone;
use rd_common::aws::Explain;
use rd_common::resource::wait::backoff;
use rd_common::{Error, Exit, Result, Retry};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::Instant;

/// The most log groups of a session.
const MAX_GROUPS: usize = 10;
/// The shortest time between two warnings about sampling, or about a slow reader.
const WARN_EVERY: Duration = Duration::from_secs(30);
/// The number of failed starts in a row after which the command fails.
const MAX_FAILURES: u32 = 5;

/// Prints the events of Live Tail sessions.
pub struct LiveTail {
    source: Rc<Source>,
    /// Taken by the printer.
    output: Option<EventOutput>,
    queue: Rc<LiveQueue>,
    filter: Option<String>,
    stream: Option<String>,
    zone: TimeZone,
    idle_exit: Option<Duration>,
    /// The ARNs of the groups.
    identifiers: Vec<String>,
    last_event: Rc<Cell<Instant>>,
    /// The time of the last update, in milliseconds since 1970. No event before it is missing.
    last_update: i64,
    last_sampling_warning: Option<Instant>,
    /// The number of sampled updates since that warning.
    sampled_updates: u64,
    last_slow_warning: Option<Instant>,
    /// The number of events that were dropped since that warning.
    dropped: u64,
}

impl LiveTail {
    /// Checks AWS's limits. `filter` is a filter pattern and `stream` a prefix of stream names, both applied by AWS.
    pub fn new(
        source: Rc<Source>,
        output: EventOutput,
        filter: Option<&str>,
        stream: Option<&str>,
        zone: TimeZone,
        idle_exit: Option<Duration>,
    ) -> Result<Self> {
        let groups = source.groups.len();
        if groups > MAX_GROUPS {
            return Err(Error::usage(format!(
                "--live follows at most {MAX_GROUPS} log groups, but {groups} are selected"
            ))
            .hint("name fewer groups, or leave out --live"));
        }
        if stream.is_some() && groups > 1 {
            return Err(
                Error::usage("--live accepts --stream only with a single log group")
                    .hint("name one group, or leave out --live"),
            );
        }
        let last_update = source.now();
        Ok(Self {
            source,
            output: Some(output),
            queue: Rc::default(),
            filter: filter.map(str::to_owned),
            stream: stream.map(str::to_owned),
            zone,
            idle_exit,
            identifiers: Vec::new(),
            last_event: Rc::new(Cell::new(Instant::now())),
            last_update,
            last_sampling_warning: None,
            sampled_updates: 0,
            last_slow_warning: None,
            dropped: 0,
        })
    }

    /// Prints events until the user interrupts it, the reader of stdout ends, or no event arrives for `idle_exit`.
    pub async fn run(mut self, cancelled: impl Future<Output = ()>) -> Result<Exit> {
        let Some(output) = self.output.take() else {
            return Ok(Exit::Done);
        };
        let closed = output.stream.closed();
        let queue = self.queue.clone();
        let printed = print(queue.clone(), output, self.last_event.clone());
        let sessions = async {
            let done = self.run_sessions().await;
            queue.end();
            done
        };
        let end = tokio::select! {
            biased;
            () = closed => return Ok(Exit::Done),
            () = cancelled => Ok(Exit::Interrupted),
            (done, ()) = async { tokio::join!(sessions, printed) } => done.map(|()| Exit::Done),
        };
        self.warn_slow(true);
        end
    }

    async fn run_sessions(&mut self) -> Result<()> {
        self.identifiers = self.group_arns().await?;
        let mut failures = 0;
        loop {
            let started = Instant::now();
            match self.run_session().await {
                Ok(idle) if idle => return Ok(()),
                Ok(_) => failures = 0,
                Err(error) if error.retry == Retry::Never => return Err(error),
                Err(error) => {
                    failures = if started.elapsed() > WARN_EVERY {
                        0
                    } else {
                        failures + 1
                    };
                    if failures > MAX_FAILURES {
                        return Err(error);
                    }
                    self.source.clock.sleep(backoff(failures)).await;
                }
            }
            let (from, to) = (self.last_update, self.source.now());
            self.source.warn(
                &format!(
                    "the Live Tail session ended and is started again: events from {} to {} may be missing",
                    local_time(from, &self.zone),
                    local_time(to, &self.zone)
                ),
                "rd-logs search reads them; rd-logs tail --follow without --live has no such gaps",
            );
        }
    }

    /// The ARNs of the groups: StartLiveTail accepts no names.
    async fn group_arns(&self) -> Result<Vec<String>> {
        let mut arns = Vec::new();
        for group in &self.source.groups {
            if let Some(arn) = &group.arn {
                arns.push(arn.clone());
                continue;
            }
            let call = self.source.client.describe_log_groups();
            let page = call.log_group_name_prefix(&group.name).send().await;
            let page = page.doing(&format!("find the log group {group}"))?;
            let found = page
                .log_groups()
                .iter()
                .find(|one| one.log_group_name() == Some(&group.name));
            let arn = found.and_then(|one| one.log_group_arn().or(one.arn()));
            let arn = arn.ok_or_else(|| {
                Error::failed(format!("the log group {group} does not exist"))
                    .hint("rd-logs groups lists the log groups of the stack")
            })?;
            arns.push(arn.trim_end_matches(":*").to_owned());
        }
        Ok(arns)
    }

    /// Runs one session to its end. Returns true if no event arrived for `idle_exit`.
    async fn run_session(&mut self) -> Result<bool> {
        let call = self
            .source
            .client
            .start_live_tail()
            .set_log_group_identifiers(Some(self.identifiers.clone()))
            .set_log_event_filter_pattern(self.filter.clone())
            .set_log_stream_name_prefixes(self.stream.clone().map(|prefix| vec![prefix]));
        let response = call.customize().interceptor(NoHostPrefix).send().await;
        let mut stream = response.doing("start a Live Tail session")?.response_stream;
        loop {
            let idle = self.idle_exit.map(|idle| self.source.clock.scaled(idle));
            if idle.is_some_and(|idle| self.last_event.get().elapsed() >= idle) {
                return Ok(true);
            }
            match stream.recv().await {
                Ok(Some(StartLiveTailResponseStream::SessionUpdate(update))) => {
                    self.take_update(update);
                }
                Ok(Some(_)) => {}
                Ok(None) => return Ok(false),
                // The three hours of a session are over.
                Err(error)
                    if error.as_service_error().is_some_and(
                        StartLiveTailResponseStreamError::is_session_timeout_exception,
                    ) =>
                {
                    return Ok(false);
                }
                Err(error) => {
                    let text = DisplayErrorContext(&error).to_string();
                    return Err(
                        Error::failed(format!("the Live Tail session failed: {text}"))
                            .retry(Retry::Unknown),
                    );
                }
            }
        }
    }

    fn take_update(&mut self, update: LiveTailSessionUpdate) {
        self.last_update = self.source.now();
        let sampled = update
            .session_metadata()
            .is_some_and(LiveTailSessionMetadata::sampled);
        let results = update.session_results.unwrap_or_default();
        if sampled {
            self.warn_sampled(results.len());
        }
        let groups = &self.source.groups;
        self.queue.add(results.iter().map(|one| {
            let identifier = one.log_group_identifier().unwrap_or_default();
            let group = groups.iter().position(|group| group.is_named(identifier));
            let times = (one.timestamp, one.ingestion_time);
            Event::new(
                (times.0.unwrap_or_default(), times.1.unwrap_or_default()),
                group.unwrap_or(usize::MAX),
                "",
                one.log_stream_name().unwrap_or_default(),
                one.message().unwrap_or_default(),
            )
        }));
        self.warn_slow(false);
    }

    /// Warns about events that were dropped because the reader of stdout is slow: at most every half minute, except for
    /// the last time.
    fn warn_slow(&mut self, last: bool) {
        self.dropped += self.queue.take_dropped();
        let due = self
            .last_slow_warning
            .is_none_or(|last| last.elapsed() >= WARN_EVERY);
        if self.dropped == 0 || !(due || last) {
            return;
        }
        self.last_slow_warning = Some(Instant::now());
        let dropped = std::mem::take(&mut self.dropped);
        self.source.warn(
            &format!("the reader of stdout is too slow: the oldest {dropped} events were not printed"),
            "rd-logs tail --follow without --live waits for its reader, and prints all events; --filter reduces their number",
        );
    }

    fn warn_sampled(&mut self, sent: usize) {
        let last = self.last_sampling_warning;
        if last.is_some_and(|last| last.elapsed() < WARN_EVERY) {
            self.sampled_updates += 1;
            return;
        }
        let more = match std::mem::take(&mut self.sampled_updates) {
            0 => String::new(),
            updates => format!("; {updates} more updates were sampled since the last warning"),
        };
        self.last_sampling_warning = Some(Instant::now());
        self.source.warn(
            &format!(
                "more than 500 events arrive in a second, so AWS sent a sample of {sent} events{more}"
            ),
            "rd-logs tail --follow without --live reads all of them; --filter reduces their number",
        );
    }
}

/// Prints the events that wait. Waits while the reader of stdout is slow.
async fn print(queue: Rc<LiveQueue>, mut output: EventOutput, last_event: Rc<Cell<Instant>>) {
    while let Some(first) = queue.next().await {
        let before = output.written;
        let mut next = Some(first);
        while let Some(event) = next {
            output.add(&event);
            next = match output.is_full() {
                true => None,
                false => queue.try_next(),
            };
        }
        if output.written > before {
            last_event.set(Instant::now());
        }
        output.send().await;
    }
    output.stream.flush().await;
}

/// An interceptor that removes the prefix `stream-`, which the SDK puts before the host of this operation, if the host
/// of the endpoint is an IP address or `localhost`. Such hosts have no subdomains.
#[derive(Debug)]
struct NoHostPrefix;

/// The host prefixes of streaming operations.
const HOST_PREFIXES: [&str; 2] = ["stream-", "streaming-"];

/// The URI without the prefix; none where the prefix must stay or there is none.
fn without_prefix(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once("://")?;
    let rest = HOST_PREFIXES
        .iter()
        .find_map(|prefix| rest.strip_prefix(prefix))?;
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_address = bare.parse::<std::net::IpAddr>().is_ok() || host == "localhost";
    is_address.then(|| format!("{scheme}://{rest}"))
}

#[dyn_dispatch_hint]
impl Intercept for NoHostPrefix {
    fn name(&self) -> &'static str {
        "NoHostPrefix"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _runtime: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> std::result::Result<(), BoxError> {
        if let Some(uri) = without_prefix(context.request().uri()) {
            context.request_mut().set_uri(uri)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::without_prefix;

    #[test]
    fn only_addresses_and_localhost_lose_the_prefix() {
        let plain = |uri| without_prefix(uri);
        assert_eq!(
            plain("http://stream-127.0.0.1:4566/"),
            Some("http://127.0.0.1:4566/".to_owned())
        );
        assert_eq!(
            plain("http://stream-localhost:4566/"),
            Some("http://localhost:4566/".to_owned())
        );
        assert_eq!(
            plain("http://stream-[::1]:80/x"),
            Some("http://[::1]:80/x".to_owned())
        );
        assert_eq!(plain("https://stream-logs.us-east-1.amazonaws.com/"), None);
        assert_eq!(plain("https://logs.us-east-1.amazonaws.com/"), None);
    }
}
