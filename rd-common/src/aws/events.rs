//! Events, which RDS and ElastiCache keep of what happened to a resource: its status does not say why it failed.

use aws_smithy_types::DateTime;

/// How far back both keep events, in minutes: 14 days.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeEvents.html>,
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeEvents.html>
pub const MINUTES_KEPT: i32 = 14 * 24 * 60;

/// The text of the newest of these events, each with its time and its text.
pub fn newest<'a>(
    events: impl Iterator<Item = (Option<&'a DateTime>, Option<&'a str>)>,
) -> Option<String> {
    let newest = events.max_by_key(|(at, _)| at.map(|at| (at.secs(), at.subsec_nanos())));
    newest.and_then(|(_, text)| text.map(str::to_owned))
}
