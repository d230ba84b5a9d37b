//! Mails of the topic of the alarms.

use super::{Rule, Scale};
use crate::observed::Metric;
use crate::owned::OwnedResources;

/// The mails that the topic of the alarms has sent.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html>
pub(super) fn mails(owned: &OwnedResources) -> Rule<'_> {
    let topics = owned.of_kind("topic").filter(|one| one.slice == "logs");
    let metrics = topics.map(|one| {
        let name = one.id.rsplit(':').next().unwrap_or(&one.id);
        let delivered = "NumberOfNotificationsDelivered";
        (
            one,
            Metric::of("AWS/SNS", delivered, "Sum", "TopicName", name),
        )
    });
    Rule {
        key: "cost.usage.alarm_mails",
        from: "AWS/SNS NumberOfNotificationsDelivered",
        set: |usage| &mut usage.alarm_mails,
        scale: Scale::Count,
        absent_is_zero: true,
        what: "topic",
        metrics: metrics.collect(),
    }
}
