//! `metrics`: shows the dashboard's metrics in the terminal.

use crate::clients::Clients;
use crate::dashboard::plot::{short_number, sparkline};
use crate::dashboard::widget::{Content, Limit, Line, Unit, Widget, in_grid_order};
use crate::kinds::dashboard::Spec;
use crate::names::DASHBOARD_ADDRESS;
use crate::slice::Logs;
use crate::time::args::ZoneArgs;
use crate::time::zone::local_time;
use aws_sdk_cloudwatch::types::{Metric, MetricDataQuery, MetricStat, ScanBy};
use aws_smithy_types::DateTime;
use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rd_common::aws::Explain;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::style::{BOLD, DIM, ERROR, INFO, paint, width};
use rd_common::output::wrap::hanging;
use rd_common::{Ctx, Error, Exit, Result};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Flags of the command `rd-logs metrics`.
#[derive(Args)]
pub struct MetricsArgs {
    /// Show only metrics whose graph, label or name contains this text
    filter: Option<String>,
    /// Start of the range: 90s, 2h30m, 3d (back from now), 2026-11-23T14:00:00Z, "2026-11-23 14:00", 14:00
    #[arg(long, value_name = "TIME", default_value = "3h")]
    since: String,
    /// End of the range, in the same forms as --since [default: now]
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    #[command(flatten)]
    tz: ZoneArgs,
}

/// The most metrics that one call returns.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>
const MAX_QUERIES: usize = 500;
/// The minimum and maximum width of a plot, in columns.
const COLUMNS: (usize, usize) = (12, 60);
/// The most values per metric: more than a plot has columns, so that peaks are visible.
const MAX_POINTS: i64 = 180;
/// The periods for which CloudWatch keeps values, and how long it keeps them, both in seconds.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#metrics-retention>
const RETENTION: [(i64, i64); 3] = [(60, 15 * 86_400), (300, 63 * 86_400), (3600, 455 * 86_400)];

/// A metric with its values, as JSON output has it.
#[derive(Serialize)]
struct Series<'a> {
    title: &'a str,
    label: &'a str,
    namespace: &'a str,
    metric: &'a str,
    stat: &'a str,
    dimensions: BTreeMap<&'a str, &'a str>,
    unit: Unit,
    alarm: Option<&'a Limit>,
    period_seconds: i64,
    min: Option<f64>,
    avg: Option<f64>,
    max: Option<f64>,
    last: Option<f64>,
    /// The start of each period and its value, oldest first.
    points: Vec<(String, f64)>,
    /// The same, in seconds since 1970.
    #[serde(skip)]
    seconds: Vec<(i64, f64)>,
}

/// A line of a graph that is shown.
struct Selected<'a> {
    title: &'a str,
    line: &'a Line,
    unit: Unit,
    limit: Option<&'a Limit>,
}

/// The shortest period, in seconds, for which CloudWatch still has values, and which gives at most [`MAX_POINTS`]
/// values.
fn period(from: i64, to: i64, now: i64) -> i64 {
    let span = (to - from).max(1);
    let age = now - from;
    let shortest = RETENTION
        .into_iter()
        .find(|(_, kept)| age < *kept)
        .map_or(3600, |(period, _)| period);
    let wanted = (span + MAX_POINTS - 1) / MAX_POINTS;
    ((wanted + shortest - 1) / shortest * shortest).max(shortest)
}

fn query(number: usize, selected: &Selected<'_>, period: i64) -> MetricDataQuery {
    let metric = &selected.line.metric;
    let sdk_metric = Metric::builder()
        .namespace(&metric.namespace)
        .metric_name(&metric.metric_name)
        .set_dimensions(Some(metric.dimensions()))
        .build();
    let stat = MetricStat::builder()
        .metric(sdk_metric)
        .period(i32::try_from(period).unwrap_or(3600))
        .stat(&metric.stat)
        .build();
    MetricDataQuery::builder()
        .id(format!("m{number}"))
        .metric_stat(stat)
        .return_data(true)
        .build()
}

/// The values of each selected line, oldest first, with the times at which their periods begin, in seconds since 1970.
async fn read(
    ctx: &Ctx<Clients>,
    selected: &[Selected<'_>],
    (from, to): (i64, i64),
    period: i64,
) -> Result<Vec<Vec<(i64, f64)>>> {
    let mut values: Vec<Vec<(i64, f64)>> = vec![Vec::new(); selected.len()];
    let numbered: Vec<(usize, &Selected<'_>)> = selected.iter().enumerate().collect();
    for some in numbered.chunks(MAX_QUERIES) {
        let queries: Vec<MetricDataQuery> = some
            .iter()
            .map(|(number, selected)| query(*number, selected, period))
            .collect();
        let call = ctx.clients.cloudwatch.get_metric_data();
        let mut pages = call
            .set_metric_data_queries(Some(queries))
            .start_time(DateTime::from_secs(from))
            .end_time(DateTime::from_secs(to))
            .scan_by(ScanBy::TimestampAscending)
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.doing("read the metrics")?;
            for result in page.metric_data_results() {
                let id = result.id().and_then(|id| id[1..].parse::<usize>().ok());
                let Some(into) = id.and_then(|id| values.get_mut(id)) else {
                    continue;
                };
                let times = result.timestamps().iter().map(DateTime::secs);
                into.extend(times.zip(result.values().iter().copied()));
            }
        }
    }
    for one in &mut values {
        one.sort_by_key(|(time, _)| *time);
    }
    Ok(values)
}

fn series<'a>(selected: &Selected<'a>, seconds: Vec<(i64, f64)>, period: i64) -> Series<'a> {
    let metric = &selected.line.metric;
    let values = || seconds.iter().map(|(_, value)| *value);
    let count = seconds.len() as f64;
    let time = |seconds: i64| {
        let time = Timestamp::from_second(seconds);
        time.map_or_else(|_| String::new(), |time| time.to_string())
    };
    let dimensions = metric.dimensions.iter();
    Series {
        title: selected.title,
        label: &selected.line.label,
        namespace: &metric.namespace,
        metric: &metric.metric_name,
        stat: &metric.stat,
        dimensions: dimensions
            .filter_map(|(name, value)| Some((name.as_str(), value.known()?.as_str())))
            .collect(),
        unit: selected.unit,
        alarm: selected.limit,
        period_seconds: period,
        min: values().reduce(f64::min),
        avg: (!seconds.is_empty()).then(|| values().sum::<f64>() / count),
        max: values().reduce(f64::max),
        last: values().next_back(),
        points: seconds
            .iter()
            .map(|(at, value)| (time(*at), *value))
            .collect(),
        seconds,
    }
}

/// Shows the metrics: as plots for people, as JSON lines for programs.
pub async fn run(context: &Context, args: &MetricsArgs) -> Result<Exit> {
    let now = Timestamp::now();
    let zone = args.tz.zone()?;
    let (from, to) = args.tz.range(&args.since, args.until.as_deref(), now)?;
    let (from, to) = (from / 1000, to.map_or(now.as_second(), |to| to / 1000));
    let logs = SliceContext::<Logs>::open(context).await?;
    let spec: Spec = logs.spec(DASHBOARD_ADDRESS).map_err(|error| {
        Error::failed(error.summary.clone()).hint(
            "the metrics are those of other slices' resources: apply these, then run rd-logs apply",
        )
    })?;
    let widgets = in_grid_order(&spec.widgets);
    let all = select(&widgets, args.filter.as_deref());
    if all.is_empty() {
        let titles: Vec<&str> = widgets.iter().map(|(title, _)| title.as_str()).collect();
        let filter = args.filter.as_deref().unwrap_or_default();
        return Err(
            Error::usage(format!("no graph, label or metric contains `{filter}`"))
                .hint(format!("the graphs are {}", titles.join(", "))),
        );
    }
    if to <= from {
        return Err(Error::usage("the range of --since and --until is empty")
            .hint("--since must be before --until, and before now"));
    }
    let period = period(from, to, now.as_second());
    // Whole periods, so that the same command prints the same values a moment later.
    let (from, to) = (from / period * period, (to + period - 1) / period * period);
    let values = read(&logs.ctx, &all, (from, to), period).await?;
    let all_series: Vec<Series<'_>> = all
        .iter()
        .zip(values)
        .map(|(selected, values)| series(selected, values, period))
        .collect();
    if context.printer.is_json() {
        for series in &all_series {
            let line = serde_json::to_string(series).unwrap_or_default();
            context.printer.text(&format!("{line}\n"));
        }
    } else {
        context
            .printer
            .text(&view(&all_series, (from, to), period, width(), &zone));
    }
    Ok(Exit::Done)
}

fn select<'a>(widgets: &[(&'a String, &'a Widget)], filter: Option<&str>) -> Vec<Selected<'a>> {
    let filter = filter.unwrap_or_default().to_lowercase();
    let matches = |text: &str| text.to_lowercase().contains(&filter);
    let mut all = Vec::new();
    for (title, widget) in widgets {
        let Content::Graph { lines, unit, limit } = &widget.content else {
            continue;
        };
        for line in lines {
            if matches(title) || matches(&line.label) || matches(&line.metric.metric_name) {
                all.push(Selected {
                    title: title.as_str(),
                    line,
                    unit: *unit,
                    limit: limit.as_ref(),
                });
            }
        }
    }
    all
}

/// The metrics below the titles of their graphs: a plot of each, with its minimum, average, maximum and last value.
fn view(
    all_series: &[Series<'_>],
    (from, to): (i64, i64),
    period: i64,
    width: usize,
    zone: &TimeZone,
) -> String {
    let range = format!(
        "{} to {}, one value every {}",
        local_time(from * 1000, zone),
        local_time(to * 1000, zone),
        period_text(period)
    );
    let mut text = hanging(&[&range], 2, width);
    let labels = all_series.iter().map(|one| one.label.chars().count());
    let label = labels.max().unwrap_or(0);
    // Four numbers of at most nine characters, with their names. Without room for them next to a plot, they are below it.
    let numbers = 4 * (9 + 6);
    let room = width.saturating_sub(label + 4);
    let below = room < COLUMNS.0 + numbers + 2;
    let room = if below { room } else { room - numbers - 2 };
    let columns = room.clamp(COLUMNS.0, COLUMNS.1);
    let between = if below { "\n" } else { "" };
    let mut title = "";
    for one in all_series {
        if one.title != title {
            title = one.title;
            let alarm = one.alarm.map_or(String::new(), |limit| {
                let value = short_number(limit.value, one.unit);
                paint(DIM, format!("{} {value}", limit.label()))
            });
            let _ = write!(
                text,
                "\n{}",
                hanging(&[&paint(BOLD, title), &alarm], 2, width)
            );
        }
        let plot = sparkline(&one.seconds, (from, to), columns);
        let shown = |value: Option<f64>| {
            value.map_or_else(|| "-".to_owned(), |value| short_number(value, one.unit))
        };
        let last = one.alarm.zip(one.last);
        let crossed = last.is_some_and(|(limit, last)| limit.is_crossed_by(last));
        let style = if crossed { ERROR } else { INFO };
        let _ = writeln!(
            text,
            "  {:label$}  {}{between}  min {:9} avg {:9} max {:9} last {}",
            one.label,
            paint(style, plot),
            shown(one.min),
            shown(one.avg),
            shown(one.max),
            shown(one.last),
        );
    }
    text
}

fn period_text(seconds: i64) -> String {
    match seconds {
        60 => "minute".to_owned(),
        3600 => "hour".to_owned(),
        _ if seconds % 3600 == 0 => format!("{} hours", seconds / 3600),
        _ => format!("{} minutes", seconds / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_period_is_kept_and_gives_few_values() {
        let now = 1_800_000_000;
        let hours = 3600;
        for (from, to, wanted) in [
            (now - 3 * hours, now, 60),
            (now - 6 * hours, now, 120),
            (now - 24 * hours, now, 480),
            (now - 24 * hours, now - 23 * hours, 60),
            (now - 20 * 24 * hours, now - 20 * 24 * hours + hours, 300),
            (now - 100 * 24 * hours, now - 99 * 24 * hours, 3600),
            (now - 1, now, 60),
        ] {
            assert_eq!(period(from, to, now), wanted, "{from} to {to}");
        }
    }
}
