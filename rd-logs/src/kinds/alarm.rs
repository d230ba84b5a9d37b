//! `alarm`: an alarm on a CloudWatch metric.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>
//!
//! Its name is its id. One call creates it, or replaces all of its settings. DescribeAlarms returns no tags, and
//! another call returns those of a single alarm, so tags are read only for alarms that the state does not have.

use crate::alarm_state::AlarmState;
use crate::clients::Clients;
use crate::cloudwatch_tags::{NOT_FOUND, read_tags, retag};
use crate::kinds::least_samples::{self, Counted};
use crate::metric;
use aws_sdk_cloudwatch::operation::put_metric_alarm::builders::PutMetricAlarmFluentBuilder;
use aws_sdk_cloudwatch::types::{ComparisonOperator, Metric, MetricAlarm, Statistic, Tag};
use rd_common::arn::Arn;
use rd_common::aws::Explain;
use rd_common::stack::ADDRESS_TAG;
use rd_common::{
    Attribute, Change, Condition, CreateRequest, Ctx, Deletion, Details, Diff, Found, Input, Kind,
    Result, Stack, Tags, Wanted, attribute, sdk_tags, touches,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The kind `alarm`, of which only the name cannot change.
pub struct Alarm;

impl Alarm {
    /// The ARN, which the dashboard refers to.
    pub const ARN: Attribute<String> = attribute!(Live, arn);
}

/// The desired alarm, on a single metric.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The name in AWS, which is the id.
    pub name: String,
    /// What the alarm means and what to do, for the mail.
    pub description: String,
    /// The metric, whose fields are stored next to the others.
    #[serde(flatten)]
    pub metric: metric::Metric,
    /// Either `GreaterThanThreshold` or `LessThanThreshold`.
    pub comparison: String,
    /// The value with which the metric is compared, in the unit of the metric.
    pub threshold: f64,
    /// The length of a period in seconds.
    pub period_seconds: i32,
    /// The number of latest periods that are evaluated.
    pub evaluation_periods: i32,
    /// In how many of these the threshold must be crossed.
    pub datapoints_to_alarm: i32,
    /// How a period without data is treated: `missing`, `notBreaching`, `breaching`, `ignore`.
    pub missing_data: String,
    /// Whether a percentile of few samples is evaluated: `evaluate` or `ignore`; none for other statistics.
    pub low_samples: Option<String>,
    /// The least number of samples in a period: with fewer, the value counts as 0. Without it, any number counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least_samples: Option<u32>,
    /// The topic that is notified when the alarm goes off, and when it is over.
    pub topic_arn: Input,
    /// Whether it is also notified when the alarm has insufficient data after it had enough.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub notify_no_data: bool,
}

/// The alarm as AWS describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The name, which is the id.
    pub name: String,
    /// The ARN of the alarm.
    pub arn: String,
    /// The description for the mail.
    pub description: String,
    /// The namespace of the metric; none for an alarm on an expression.
    pub namespace: Option<String>,
    /// The name of the metric; none for an alarm on an expression.
    pub metric_name: Option<String>,
    /// The statistic or percentile; none for an alarm on an expression.
    pub stat: Option<String>,
    /// The dimensions of the metric.
    pub dimensions: BTreeMap<String, String>,
    /// The unit to which the alarm is limited; none for all units.
    pub unit: Option<String>,
    /// Whether it is an alarm on another expression than that of `least_samples`, or on an anomaly detection band.
    pub expression: bool,
    /// The least number of samples in a period; none if any number counts.
    #[serde(default)]
    pub least_samples: Option<u32>,
    /// How metric and threshold are compared, such as `GreaterThanThreshold`.
    pub comparison: String,
    /// The value with which the metric is compared.
    pub threshold: Option<f64>,
    /// The length of a period in seconds.
    pub period_seconds: Option<i32>,
    /// The number of latest periods that are evaluated.
    pub evaluation_periods: i32,
    /// In how many of these the threshold must be crossed.
    pub datapoints_to_alarm: i32,
    /// How a period without data is treated.
    pub missing_data: String,
    /// Whether a percentile of few samples is evaluated.
    pub low_samples: Option<String>,
    /// Whether the actions below are enabled.
    pub actions_enabled: bool,
    /// The ARNs that are notified when it goes off.
    pub alarm_actions: Vec<String>,
    /// The ARNs that are notified when its state is `OK` again.
    pub ok_actions: Vec<String>,
    /// The ARNs that are notified when it has insufficient data.
    pub insufficient_data_actions: Vec<String>,
}

/// The most alarms that one call returns.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html>
const MAX_RECORDS: i32 = 100;

fn texts(list: &[String]) -> Vec<String> {
    list.to_vec()
}

fn live(alarm: &MetricAlarm) -> Live {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let counted = Counted::of(alarm.metrics());
    let counted = counted.as_ref();
    let metric = counted.map(|counted| &counted.metric);
    let dimensions = metric.map_or(alarm.dimensions(), Metric::dimensions).iter();
    let statistic = alarm.statistic().map(Statistic::as_str);
    let statistic = statistic.or(alarm.extended_statistic());
    let periods = alarm.evaluation_periods().unwrap_or_default();
    Live {
        name: text(alarm.alarm_name()),
        arn: text(alarm.alarm_arn()),
        description: text(alarm.alarm_description()),
        namespace: metric
            .map_or(alarm.namespace(), Metric::namespace)
            .map(str::to_owned),
        metric_name: metric
            .map_or(alarm.metric_name(), Metric::metric_name)
            .map(str::to_owned),
        stat: counted
            .map_or(statistic, |counted| Some(&counted.stat))
            .map(str::to_owned),
        dimensions: dimensions
            .filter_map(|one| Some((one.name()?.to_owned(), one.value()?.to_owned())))
            .collect(),
        unit: alarm.unit().map(|unit| unit.as_str().to_owned()),
        expression: counted.is_none() && !alarm.metrics().is_empty()
            || alarm.threshold_metric_id().is_some(),
        least_samples: counted.map(|counted| counted.least),
        comparison: alarm
            .comparison_operator()
            .map(|operator| operator.as_str().to_owned())
            .unwrap_or_default(),
        threshold: alarm.threshold(),
        period_seconds: counted.map_or(alarm.period(), |counted| Some(counted.period_seconds)),
        evaluation_periods: periods,
        // Without a number, it is all of the periods.
        datapoints_to_alarm: alarm.datapoints_to_alarm().unwrap_or(periods),
        missing_data: alarm.treat_missing_data().unwrap_or("missing").to_owned(),
        low_samples: alarm
            .evaluate_low_sample_count_percentile()
            .map(str::to_owned),
        actions_enabled: alarm.actions_enabled().unwrap_or(true),
        alarm_actions: texts(alarm.alarm_actions()),
        ok_actions: texts(alarm.ok_actions()),
        insufficient_data_actions: texts(alarm.insufficient_data_actions()),
    }
}

/// The alarms with these names, sorted by name. Without names, all alarms whose names begin with the stack's name.
pub async fn describe(ctx: &Ctx<Clients>, names: &[String]) -> Result<Vec<MetricAlarm>> {
    let prefix = names.is_empty().then(|| ctx.stack.name_of(""));
    let chunks: Vec<Option<Vec<String>>> = match &prefix {
        Some(_) => vec![None],
        None => names.chunks(100).map(|some| Some(some.to_vec())).collect(),
    };
    let mut all = Vec::new();
    for names in chunks {
        let call = ctx.clients.cloudwatch.describe_alarms();
        let mut pages = call
            .max_records(MAX_RECORDS)
            .set_alarm_names(names)
            .set_alarm_name_prefix(prefix.clone())
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.doing("read the alarms")?;
            all.extend(page.metric_alarms.unwrap_or_default());
        }
    }
    all.sort_by(|a, b| a.alarm_name().cmp(&b.alarm_name()));
    Ok(all)
}

fn arn(stack: &Stack, name: &str) -> String {
    Arn::regional(stack, "cloudwatch", format!("alarm:{name}")).to_string()
}

fn is_percentile(stat: &str) -> bool {
    stat.starts_with('p') && stat[1..].parse::<f64>().is_ok()
}

fn put(client: &aws_sdk_cloudwatch::Client, spec: &Spec) -> PutMetricAlarmFluentBuilder {
    let metric = &spec.metric;
    let call = client
        .put_metric_alarm()
        .alarm_name(&spec.name)
        .alarm_description(&spec.description)
        .comparison_operator(ComparisonOperator::from(spec.comparison.as_str()))
        .threshold(spec.threshold)
        .evaluation_periods(spec.evaluation_periods)
        .datapoints_to_alarm(spec.datapoints_to_alarm)
        .treat_missing_data(&spec.missing_data)
        .set_evaluate_low_sample_count_percentile(spec.low_samples.clone())
        .actions_enabled(true)
        .alarm_actions(spec.topic_arn.text())
        .ok_actions(spec.topic_arn.text());
    let call = match spec.notify_no_data {
        true => call.insufficient_data_actions(spec.topic_arn.text()),
        false => call,
    };
    if let Some(least) = spec.least_samples {
        let counted = Counted {
            metric: least_samples::metric(
                &metric.namespace,
                &metric.metric_name,
                metric.dimensions(),
            ),
            stat: metric.stat.clone(),
            period_seconds: spec.period_seconds,
            least,
        };
        return call.set_metrics(Some(counted.queries()));
    }
    let call = call
        .namespace(&metric.namespace)
        .metric_name(&metric.metric_name)
        .set_dimensions(Some(metric.dimensions()))
        .period(spec.period_seconds);
    if is_percentile(&metric.stat) {
        call.extended_statistic(&metric.stat)
    } else {
        call.statistic(Statistic::from(metric.stat.as_str()))
    }
}

/// The call with those settings of the alarm that have no word in a spec and are not among the changes.
fn keep_unchanged(
    call: PutMetricAlarmFluentBuilder,
    spec: &Spec,
    now: &MetricAlarm,
    changes: &[Change],
) -> PutMetricAlarmFluentBuilder {
    let stays = |path: &str| !touches(changes, path);
    let mut call = call;
    if stays("actions_enabled") {
        call = call.set_actions_enabled(now.actions_enabled);
    }
    if stays("alarm_actions") {
        call = call.set_alarm_actions(Some(texts(now.alarm_actions())));
    }
    if stays("ok_actions") {
        call = call.set_ok_actions(Some(texts(now.ok_actions())));
    }
    if stays("insufficient_data_actions") {
        let actions = texts(now.insufficient_data_actions());
        call = call.set_insufficient_data_actions(Some(actions));
    }
    if stays("unit") && spec.least_samples.is_none() {
        call = call.set_unit(now.unit.clone());
    }
    call
}

impl Kind for Alarm {
    const NAME: &'static str = "alarm";
    const TAGS_NOT_READ: bool = true;
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let mut found = Vec::new();
        if wanted.iter().any(Wanted::is_any) {
            for alarm in describe(ctx, &[]).await? {
                let live = live(&alarm);
                let tags = read_tags(ctx, &live.arn).await?.unwrap_or_default();
                let address = tags.get(ADDRESS_TAG).cloned().unwrap_or_default();
                if ctx.stack.owns(ctx.slice, &tags) && address.contains(Self::NAME) {
                    found.push(Found {
                        address,
                        id: live.name.clone(),
                        live,
                        tags: Some(tags),
                    });
                }
            }
        }
        let name = |one: &Wanted<Spec>| one.id_or(|spec| &spec.name);
        let names: Vec<String> = wanted.iter().filter_map(name).collect();
        if names.is_empty() {
            return Ok(found);
        }
        let alarms = describe(ctx, &names).await?;
        for one in wanted {
            let name = name(one);
            let Some(alarm) = alarms
                .iter()
                .find(|alarm| alarm.alarm_name() == name.as_deref())
            else {
                continue;
            };
            let live = live(alarm);
            ctx.clients
                .alarm_states
                .borrow_mut()
                .insert(live.name.clone(), AlarmState::of(alarm));
            let tags = match &one.id {
                Some(id) if ctx.knows(id) => None,
                _ => read_tags(ctx, &live.arn).await?,
            };
            found.push(Found {
                address: one.address.clone(),
                id: live.name.clone(),
                live,
                tags,
            });
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let call = put(&ctx.clients.cloudwatch, request.spec);
        let call = call.set_tags(Some(sdk_tags!(Tag, request.tags)));
        let created = call.send().await.doing("create the alarm");
        created.map(|_| request.spec.name.clone())
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        _live: &Live,
        spec: &Spec,
        changes: &[Change],
    ) -> Result<()> {
        let call = put(&ctx.clients.cloudwatch, spec);
        // The call replaces all settings: what rd does not manage, such as further recipients, is repeated.
        let now = describe(ctx, &[id.to_owned()]).await?;
        let call = match now.first() {
            Some(now) => keep_unchanged(call, spec, now, changes),
            None => call,
        };
        call.send().await.doing("update the alarm").map(|_| ())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let call = ctx.clients.cloudwatch.delete_alarms().alarm_names(id);
        Deletion::of(call.send().await.doing("delete the alarm"), &NOT_FOUND)
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        retag(ctx, &arn(&ctx.stack, id), set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        let topic = [json!(spec.topic_arn)];
        let none: [Value; 0] = [];
        let no_data = if spec.notify_no_data {
            &topic[..]
        } else {
            &none[..]
        };
        let metric = &spec.metric;
        Diff::new()
            .fixed("name", &live.name, &spec.name)
            .field("description", &live.description, &spec.description)
            .field("namespace", &live.namespace, &metric.namespace)
            .field("metric_name", &live.metric_name, &metric.metric_name)
            .field("stat", &live.stat, &metric.stat)
            .field("dimensions", &live.dimensions, metric.dimension_values())
            .field("unit", &live.unit, None::<String>)
            .field("expression", live.expression, false)
            .field("least_samples", live.least_samples, spec.least_samples)
            .field("comparison", &live.comparison, &spec.comparison)
            .field("threshold", live.threshold, spec.threshold)
            .field("period_seconds", live.period_seconds, spec.period_seconds)
            .field(
                "evaluation_periods",
                live.evaluation_periods,
                spec.evaluation_periods,
            )
            .field(
                "datapoints_to_alarm",
                live.datapoints_to_alarm,
                spec.datapoints_to_alarm,
            )
            .field("missing_data", &live.missing_data, &spec.missing_data)
            .field("low_samples", &live.low_samples, &spec.low_samples)
            .field("actions_enabled", live.actions_enabled, true)
            .set("alarm_actions", &live.alarm_actions, &topic)
            .set("ok_actions", &live.ok_actions, &topic)
            .set(
                "insufficient_data_actions",
                &live.insufficient_data_actions,
                no_data,
            )
            .finish()
    }

    fn condition(ctx: &Ctx<Clients>, id: &str, _live: &Live) -> Condition {
        let states = ctx.clients.alarm_states.borrow();
        match states.get(id) {
            Some(now) if now.state == "ALARM" => Condition::Unhealthy(now.text()),
            Some(now) if now.state != "OK" => Condition::Waiting(now.text()),
            _ => Condition::Healthy,
        }
    }

    async fn details(ctx: &Ctx<Clients>, id: &str, _live: &Live) -> Result<Details> {
        let states = ctx.clients.alarm_states.borrow();
        let mut details = Details::new();
        if let Some(now) = states.get(id) {
            details.insert("state".to_owned(), json!(now.state));
            details.insert("since".to_owned(), json!(now.since));
        }
        Ok(details)
    }
}
