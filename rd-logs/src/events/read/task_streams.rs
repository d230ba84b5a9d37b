//! The log streams of an ECS task, so that AWS reads these alone. In a group with thousands of streams, AWS otherwise
//! returns many pages without events.
//!
//! A stream is named `prefix/container/task`. AWS selects streams by the beginning of their names, or by whole names, so
//! these are listed, the latest first.
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html>

use super::source::Source;
use crate::events::filter::local_filter::is_of_task;
use aws_sdk_cloudwatchlogs::types::{LogStream, OrderBy};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::Instant;

/// How long a list is used, since another container of the task may begin to log.
const LISTED_FOR: Duration = Duration::from_secs(30);
/// How much later than AWS says a stream may have events, in milliseconds. AWS updates the time of a stream's last event
/// typically within an hour.
const LATE: i64 = 6 * 3_600_000;
/// The most pages of a list: 5,000 streams.
const MOST_PAGES: usize = 100;
/// The most streams that FilterLogEvents accepts by name.
const MOST_STREAMS: usize = 100;

/// The streams of a group, if they can be named, and when they were listed.
type Listed = (Instant, Option<Rc<Vec<String>>>);

/// The streams of one task, by the index of the group.
pub struct TaskStreams {
    task: String,
    listed: RefCell<HashMap<usize, Listed>>,
}

impl TaskStreams {
    /// For a task, by its id or the beginning of it.
    pub fn new(task: String) -> Self {
        Self {
            task,
            listed: RefCell::default(),
        }
    }

    /// The streams of the task in a group with events since `start`, in milliseconds since 1970. None if they are not
    /// known, because there are none yet or too many, or because they cannot be listed: then all must be read.
    pub async fn streams(
        &self,
        source: &Source,
        group: usize,
        start: i64,
    ) -> Option<Rc<Vec<String>>> {
        let known = self.listed.borrow().get(&group).cloned();
        if let Some((at, streams)) = known
            && at.elapsed() < source.clock.scaled(LISTED_FOR)
        {
            return streams;
        }
        let streams = self.list(source, group, start - LATE).await.map(Rc::new);
        let mut listed = self.listed.borrow_mut();
        listed.insert(group, (Instant::now(), streams.clone()));
        streams
    }

    async fn list(&self, source: &Source, group: usize, since: i64) -> Option<Vec<String>> {
        let (mut streams, mut token) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let group = &source.groups[group];
            let call = source
                .client
                .describe_log_streams()
                .set_log_group_name(group.arn.is_none().then(|| group.name.clone()))
                .set_log_group_identifier(group.arn.clone())
                .order_by(OrderBy::LastEventTime)
                .descending(true)
                .set_next_token(token);
            let page = call.send().await.ok()?;
            let names = page
                .log_streams()
                .iter()
                .filter_map(LogStream::log_stream_name);
            let of_task = names.filter(|name| is_of_task(name, &self.task));
            streams.extend(of_task.map(str::to_owned));
            let last = page.log_streams().last();
            let last = last.and_then(LogStream::last_event_timestamp);
            token = page.next_token;
            if token.is_none() || last.is_some_and(|last| last < since) {
                let usable = !streams.is_empty() && streams.len() <= MOST_STREAMS;
                return usable.then_some(streams);
            }
        }
        None
    }
}
