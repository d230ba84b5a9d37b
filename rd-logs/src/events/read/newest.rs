//! The newest events of some groups, read backwards, so that a quiet group is not read from the start of a long range.

use super::source::{Source, is_missing, is_stale_token};
use crate::events::event::{Event, sort};
use crate::events::filter::local_filter::LocalFilter;
use rd_common::Result;
use std::time::Duration;

/// The first time from which AWS reads backwards, in milliseconds since 1970: the beginning of 2024.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>
const FIRST: i64 = 1_704_067_200_000;
/// How long a failing page is retried.
const RETRY_FOR: Duration = Duration::from_secs(300);

/// The newest events that the filter selects, at most `most`, in order. `since` and `until` are the first and the last
/// millisecond since 1970. If the groups are not `named`, some may not exist.
pub async fn newest(
    source: &Source,
    (since, until): (i64, Option<i64>),
    most: usize,
    filter: &LocalFilter,
    named: bool,
) -> Result<Vec<Event>> {
    let mut all = Vec::new();
    for group in 0..source.groups.len() {
        let mut range = source
            .range(group, since.max(FIRST), until)
            .await
            .backwards();
        let mut found: Vec<Event> = Vec::new();
        loop {
            let page = match source.page(&range, Some(RETRY_FOR)).await {
                Err(error) if is_missing(&error) && !named => break,
                Err(error) if is_stale_token(&error, &range) => {
                    range.token = None;
                    found.clear();
                    continue;
                }
                page => page?,
            };
            let events = page.events.iter().filter(|event| filter.matches(event));
            found.extend(events.map(Event::detached));
            range.token = page.token;
            if found.len() >= most || range.token.is_none() {
                break;
            }
        }
        all.extend(found);
    }
    sort(&mut all);
    Ok(all.split_off(all.len().saturating_sub(most)))
}
