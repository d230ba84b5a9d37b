//! Alarms whose metrics have had no data: they cost, and notify nobody.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html>

use super::finding::{Candidate, Finding};
use super::look::Look;
use aws_sdk_cloudwatch::types::{MetricAlarm, StateValue};
use rd_common::Result;
use rd_common::aws::Explain;
use rust_decimal::Decimal;

pub(super) async fn candidates(look: &Look<'_>) -> Result<Vec<Candidate>> {
    let call = look.clients.cloudwatch.describe_alarms();
    let call = call.state_value(StateValue::InsufficientData);
    let prefix = (!look.account).then(|| format!("{}-", look.stack.name()));
    let mut pages = call.set_alarm_name_prefix(prefix).into_paginator().send();
    let mut all = Vec::new();
    while let Some(page) = pages.next().await {
        for one in page.doing("list the alarms")?.metric_alarms() {
            let name = one.alarm_name().unwrap_or_default();
            let address = look.address(name);
            if address.is_none() && !look.account && !is_ours(look, one).await? {
                continue;
            }
            let since = one.state_updated_timestamp();
            let metrics = Decimal::from(one.metrics().len().max(1));
            let usd = look.priced("CloudWatch/alarm-standard-metric-month", metrics);
            let why = format!("no data in {} days", look.window.days);
            let command = match &address {
                // Each alarm has a threshold in the settings, which turns it off.
                Some(_) => "rd-logs apply, with its threshold in [logs] set to false".to_owned(),
                None => format!("aws cloudwatch delete-alarms --alarm-names {name}"),
            };
            let found = Finding::wasted(name, usd, why, command).at(address);
            let too_new = look.is_too_new(since);
            all.push(Candidate::known(
                found.too_new_if(too_new, look.window.days),
            ));
        }
    }
    Ok(all)
}

/// Whether an alarm that no state has is this stack's. Names do not say it: those of `shop-test-x` begin like those of
/// `shop-test`. A list of alarms has no tags.
async fn is_ours(look: &Look<'_>, alarm: &MetricAlarm) -> Result<bool> {
    let call = look.clients.cloudwatch.list_tags_for_resource();
    let arn = alarm.alarm_arn().unwrap_or_default();
    let answer = call.resource_arn(arn).send().await;
    let answer = answer.doing("read the tags of an alarm")?;
    let tags = answer.tags().iter();
    let tags = tags.map(|tag| (tag.key(), tag.value()));
    Ok(look.is_tagged(&tags) == Some(true))
}
