//! A live tail: CloudWatch sends events as it takes them in. At more than 500 events a second it sends a sample, and
//! says so; a session ends after three hours, and another is begun.
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html>

use super::event::Event;
use super::output::Sink;
use super::read::source::Source;
use crate::time::zone;
use aws_sdk_cloudwatchlogs::types::{
    LiveTailSessionMetadata, LiveTailSessionUpdate, StartLiveTailResponseStream,
};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use jiff::tz::TimeZone;
use rd_common::aws::Explain;
use rd_common::resource::wait::backoff;
use rd_common::{Error, Exit, Result, Retry};
use std::rc::Rc;
use std::time::Duration;
use tokio::time::Instant;

/// The most groups of a session.
const MOST_GROUPS: usize = 10;
/// How often sampling is told.
const TELL_EVERY: Duration = Duration::from_secs(30);

/// A live tail.
pub struct Live {
    source: Rc<Source>,
    sink: Sink,
    filter: Option<String>,
    stream: Option<String>,
    zone: TimeZone,
    idle_exit: Option<Duration>,
    /// By number, what AWS calls the groups.
    identifiers: Vec<String>,
    last_event: Instant,
    /// Up to when it heard of everything, in milliseconds.
    heard: i64,
    sampled: Option<Instant>,
    quiet: u64,
}

impl Live {
    /// Sets it up.
    pub fn new(
        source: Rc<Source>,
        sink: Sink,
        filter: Option<&str>,
        stream: Option<&str>,
        zone: TimeZone,
        idle_exit: Option<Duration>,
    ) -> Result<Self> {
        let groups = source.groups.len();
        if groups > MOST_GROUPS {
            return Err(Error::usage(format!(
                "--live follows at most {MOST_GROUPS} log groups, and these are {groups}"
            ))
            .hint("name fewer, or leave out --live"));
        }
        if stream.is_some() && groups > 1 {
            return Err(
                Error::usage("--live takes --stream with one log group only")
                    .hint("name one group, or leave out --live"),
            );
        }
        let heard = source.skew.now();
        Ok(Self {
            source,
            sink,
            filter: filter.map(str::to_owned),
            stream: stream.map(str::to_owned),
            zone,
            idle_exit,
            identifiers: Vec::new(),
            last_event: Instant::now(),
            heard,
            sampled: None,
            quiet: 0,
        })
    }

    /// Runs until the reader goes or the user stops it.
    pub async fn run(mut self, cancelled: impl Future<Output = ()>) -> Result<Exit> {
        let closed = self.sink.stream.closed();
        tokio::select! {
            biased;
            closed = closed => closed.map(|()| Exit::Done),
            () = cancelled => Ok(Exit::Interrupted),
            done = self.sessions() => {
                done?;
                self.sink.stream.flush().await;
                Ok(Exit::Done)
            }
        }
    }

    async fn sessions(&mut self) -> Result<()> {
        self.identifiers = self.arns().await?;
        let mut failures = 0;
        loop {
            let begun = Instant::now();
            match self.session().await {
                Ok(over) if over => return Ok(()),
                Ok(_) => failures = 0,
                Err(error) if error.retry == Retry::Never => return Err(error),
                Err(error) => {
                    failures = if begun.elapsed() > TELL_EVERY {
                        0
                    } else {
                        failures + 1
                    };
                    if failures > 5 {
                        return Err(error);
                    }
                    self.source.clock.sleep(backoff(failures)).await;
                }
            }
            let (from, to) = (self.heard, self.source.skew.now());
            self.source.tell(
                &format!(
                    "the live tail begins anew: what came from {} to {} may be missing",
                    zone::shown(from, &self.zone),
                    zone::shown(to, &self.zone)
                ),
                "rd-logs search reads it; rd-logs tail --follow without --live has no such gaps",
            );
        }
    }

    /// The groups' ARNs, which alone a session takes.
    async fn arns(&self) -> Result<Vec<String>> {
        let mut arns = Vec::new();
        for group in &self.source.groups {
            let call = self.source.client.describe_log_groups();
            let answer = call.log_group_name_prefix(group).send().await;
            let answer = answer.doing(&format!("find the log group {group}"))?;
            let found = answer
                .log_groups()
                .iter()
                .find(|one| one.log_group_name() == Some(group));
            let arn = found.and_then(|one| one.log_group_arn().or(one.arn()));
            let arn = arn.ok_or_else(|| {
                Error::failed(format!("the log group {group} is not there"))
                    .hint("rd-logs groups lists those of the stack")
            })?;
            arns.push(arn.trim_end_matches(":*").to_owned());
        }
        Ok(arns)
    }

    /// One session; whether the tail is over.
    async fn session(&mut self) -> Result<bool> {
        let call = self
            .source
            .client
            .start_live_tail()
            .set_log_group_identifiers(Some(self.identifiers.clone()))
            .set_log_event_filter_pattern(self.filter.clone())
            .set_log_stream_name_prefixes(self.stream.clone().map(|prefix| vec![prefix]));
        let answer = call.customize().interceptor(NoPrefixOfAddress).send().await;
        let mut stream = answer.doing("start a live tail")?.response_stream;
        loop {
            let idle = self.idle_exit.map(|idle| self.source.clock.scaled(idle));
            if idle.is_some_and(|idle| self.last_event.elapsed() >= idle) {
                return Ok(true);
            }
            match stream.recv().await {
                Ok(Some(StartLiveTailResponseStream::SessionUpdate(update))) => {
                    self.update(update).await;
                }
                Ok(Some(_)) => {}
                Ok(None) => return Ok(false),
                Err(error) => {
                    let text =
                        aws_smithy_types::error::display::DisplayErrorContext(&error).to_string();
                    if text.contains("SessionTimeout") {
                        return Ok(false);
                    }
                    return Err(Error::failed(format!("the live tail broke off: {text}"))
                        .retry(Retry::Unknown));
                }
            }
        }
    }

    async fn update(&mut self, update: LiveTailSessionUpdate) {
        self.heard = self.source.skew.now();
        let sampled = update
            .session_metadata()
            .is_some_and(LiveTailSessionMetadata::sampled);
        let results = update.session_results.unwrap_or_default();
        if sampled {
            self.tell_sampled(results.len());
        }
        let before = self.sink.written;
        for one in results {
            let identifier = one.log_group_identifier().unwrap_or_default();
            let name = identifier.rsplit(':').next().unwrap_or_default();
            let group = self.source.groups.iter().position(|group| group == name);
            self.sink.put(&Event::new(
                (
                    one.timestamp.unwrap_or_default(),
                    one.ingestion_time.unwrap_or_default(),
                ),
                group.unwrap_or(usize::MAX),
                "",
                one.log_stream_name().unwrap_or_default(),
                one.message().unwrap_or_default(),
            ));
        }
        if self.sink.written > before {
            self.last_event = Instant::now();
        }
        self.sink.send().await;
    }

    fn tell_sampled(&mut self, sent: usize) {
        if self.sampled.is_some_and(|told| told.elapsed() < TELL_EVERY) {
            self.quiet += 1;
            return;
        }
        let more = match std::mem::take(&mut self.quiet) {
            0 => String::new(),
            updates => format!("; so were {updates} updates since this was last said"),
        };
        self.sampled = Some(Instant::now());
        self.source.tell(
            &format!(
                "AWS sends a sample, {sent} of more events: more than 500 come a second{more}"
            ),
            "rd-logs tail --follow without --live reads all of them; --filter makes them fewer",
        );
    }
}

/// The SDK puts `stream-` before the name of the endpoint's host. An endpoint that was set may be an address or
/// `localhost`; these have no names below them, so they stay as they were set.
#[derive(Debug)]
struct NoPrefixOfAddress;

/// Prefixes of operations that stream.
const PREFIXES: [&str; 2] = ["stream-", "streaming-"];

fn without_prefix(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once("://")?;
    let rest = PREFIXES
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
impl Intercept for NoPrefixOfAddress {
    fn name(&self) -> &'static str {
        "NoPrefixOfAddress"
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
    fn only_names_have_names_below_them() {
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
