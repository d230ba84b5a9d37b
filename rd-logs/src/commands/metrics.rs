//! `metrics`: the figures of the dashboard, in the terminal.

use crate::clients::Clients;
use crate::dashboard::plot::{number, sparkline};
use crate::dashboard::widget::{Content, Limit, Line, Unit, in_order};
use crate::kinds::dashboard::Spec;
use crate::names::DASHBOARD;
use crate::slice::Logs;
use crate::time::parse;
use crate::time::zone;
use aws_sdk_cloudwatch::types::{Metric, MetricDataQuery, MetricStat, ScanBy};
use aws_smithy_types::DateTime;
use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rd_common::aws::Explain;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::style::{BOLD, DIM, ERROR, INFO, paint, width};
use rd_common::{Ctx, Error, Exit, Result};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Flags of `metrics`.
#[derive(Args)]
pub struct MetricsArgs {
    /// Only figures with this in their title or name
    filter: Option<String>,
    /// From when on: a span back from now such as 2h30m, or a time
    #[arg(long, value_name = "TIME", default_value = "3h")]
    since: String,
    /// Up to when; else now
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

/// How many metrics one call asks for.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>
const MOST_QUERIES: usize = 500;
/// The least and the most columns that a plot has.
const COLUMNS: (usize, usize) = (12, 60);
/// How many points are asked for, at most: more than columns, so that peaks are seen.
const POINTS: i64 = 180;
/// The periods that CloudWatch has, in seconds, and for how long it keeps them, in seconds.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#metrics-retention>
const KEPT: [(i64, i64); 3] = [(60, 15 * 86_400), (300, 63 * 86_400), (3600, 455 * 86_400)];

/// A line with its values.
#[derive(Serialize)]
struct Figure<'a> {
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
    /// When a period began, and its value, oldest first.
    points: Vec<(String, f64)>,
    #[serde(skip)]
    seconds: Vec<(i64, f64)>,
}

/// A line that is asked for.
struct Asked<'a> {
    title: &'a str,
    line: &'a Line,
    unit: Unit,
    limit: Option<&'a Limit>,
}

/// The period that fits the range: the finest that gives no more than so many points and is kept for so long.
fn period(from: i64, to: i64, now: i64) -> i64 {
    let span = (to - from).max(1);
    let age = now - from;
    let least = KEPT
        .into_iter()
        .find(|(_, kept)| age < *kept)
        .map_or(3600, |(period, _)| period);
    let wanted = (span + POINTS - 1) / POINTS;
    ((wanted + least - 1) / least * least).max(least)
}

fn query(number: usize, asked: &Asked<'_>, period: i64) -> MetricDataQuery {
    let metric = &asked.line.metric;
    let of = Metric::builder()
        .namespace(&metric.namespace)
        .metric_name(&metric.metric_name)
        .set_dimensions(Some(metric.dimensions()))
        .build();
    let stat = MetricStat::builder()
        .metric(of)
        .period(i32::try_from(period).unwrap_or(3600))
        .stat(&metric.stat)
        .build();
    MetricDataQuery::builder()
        .id(format!("m{number}"))
        .metric_stat(stat)
        .return_data(true)
        .build()
}

/// The values of each query, by its number, oldest first.
async fn read(
    ctx: &Ctx<Clients>,
    asked: &[Asked<'_>],
    (from, to): (i64, i64),
    period: i64,
) -> Result<Vec<Vec<(i64, f64)>>> {
    let mut values: Vec<Vec<(i64, f64)>> = vec![Vec::new(); asked.len()];
    let numbered: Vec<(usize, &Asked<'_>)> = asked.iter().enumerate().collect();
    for some in numbered.chunks(MOST_QUERIES) {
        let queries: Vec<MetricDataQuery> = some
            .iter()
            .map(|(number, asked)| query(*number, asked, period))
            .collect();
        let mut token = None;
        loop {
            let call = ctx.clients.cloudwatch.get_metric_data();
            let call = call
                .set_metric_data_queries(Some(queries.clone()))
                .start_time(DateTime::from_secs(from))
                .end_time(DateTime::from_secs(to))
                .scan_by(ScanBy::TimestampAscending)
                .set_next_token(token);
            let page = call.send().await.doing("read the metrics")?;
            for result in page.metric_data_results() {
                let id = result.id().and_then(|id| id[1..].parse::<usize>().ok());
                let Some(into) = id.and_then(|id| values.get_mut(id)) else {
                    continue;
                };
                let times = result.timestamps().iter().map(DateTime::secs);
                into.extend(times.zip(result.values().iter().copied()));
            }
            token = page.next_token;
            if token.is_none() {
                break;
            }
        }
    }
    for one in &mut values {
        one.sort_by_key(|(time, _)| *time);
    }
    Ok(values)
}

fn figure<'a>(asked: &Asked<'a>, seconds: Vec<(i64, f64)>, period: i64) -> Figure<'a> {
    let metric = &asked.line.metric;
    let values = || seconds.iter().map(|(_, value)| *value);
    let count = seconds.len() as f64;
    let time = |seconds: i64| {
        let time = Timestamp::from_second(seconds);
        time.map_or_else(|_| String::new(), |time| time.to_string())
    };
    let of = metric.dimensions.iter();
    Figure {
        title: asked.title,
        label: &asked.line.label,
        namespace: &metric.namespace,
        metric: &metric.metric_name,
        stat: &metric.stat,
        dimensions: of
            .filter_map(|(name, of)| Some((name.as_str(), of.known()?.as_str())))
            .collect(),
        unit: asked.unit,
        alarm: asked.limit,
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

/// Runs it.
pub async fn run(context: &Context, args: &MetricsArgs) -> Result<Exit> {
    let now = Timestamp::now();
    let (from, to) = parse::range(&args.since, args.until.as_deref(), now, &TimeZone::system())?;
    let (from, to) = (from / 1000, to.map_or(now.as_second(), |to| to / 1000));
    let slice_context = SliceContext::<Logs>::open(context).await?;
    let spec: Spec = slice_context.spec(DASHBOARD).map_err(|error| {
        Error::failed(error.summary.clone())
            .hint("figures are of what other slices have: apply them, then rd-logs apply")
    })?;
    let widgets = in_order(&spec.widgets);
    let all = asked(&widgets, args.filter.as_deref());
    if all.is_empty() {
        let titles: Vec<&str> = widgets.iter().map(|(title, _)| title.as_str()).collect();
        return Err(
            Error::usage("no figure is called so").hint(format!("there is {}", titles.join(", ")))
        );
    }
    if to <= from {
        return Err(Error::usage("there is no time in that range")
            .hint("--since must be before --until, and before now"));
    }
    let period = period(from, to, now.as_second());
    // Whole periods, so that the same question has the same answer a moment later.
    let (from, to) = (from / period * period, (to + period - 1) / period * period);
    let values = read(&slice_context.ctx, &all, (from, to), period).await?;
    let figures: Vec<Figure<'_>> = all
        .iter()
        .zip(values)
        .map(|(asked, values)| figure(asked, values, period))
        .collect();
    if context.printer.is_json() {
        for figure in &figures {
            let line = serde_json::to_string(figure).unwrap_or_default();
            context.printer.text(&format!("{line}\n"));
        }
    } else {
        context
            .printer
            .text(&view(&figures, (from, to), period, width()));
    }
    Ok(Exit::Done)
}

fn asked<'a>(
    widgets: &[(&'a String, &'a crate::dashboard::widget::Widget)],
    filter: Option<&str>,
) -> Vec<Asked<'a>> {
    let filter = filter.unwrap_or_default().to_lowercase();
    let fits = |text: &str| text.to_lowercase().contains(&filter);
    let mut all = Vec::new();
    for (title, widget) in widgets {
        let Content::Graph { lines, unit, limit } = &widget.content else {
            continue;
        };
        for line in lines {
            if fits(title) || fits(&line.label) || fits(&line.metric.metric_name) {
                all.push(Asked {
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

/// The figures under their titles: a plot each, and what is worth knowing of it in numbers.
fn view(figures: &[Figure<'_>], (from, to): (i64, i64), period: i64, width: usize) -> String {
    let zone = TimeZone::system();
    let mut text = format!(
        "{} to {}, a point every {}\n",
        zone::shown(from * 1000, &zone),
        zone::shown(to * 1000, &zone),
        span(period)
    );
    let labels = figures.iter().map(|one| one.label.chars().count());
    let label = labels.max().unwrap_or(0);
    // Four numbers of at most nine, and what stands between them.
    let numbers = 4 * (9 + 6);
    let room = width.saturating_sub(label + numbers + 6);
    let columns = room.clamp(COLUMNS.0, COLUMNS.1);
    let mut title = "";
    for one in figures {
        if one.title != title {
            title = one.title;
            let alarm = one.alarm.map_or(String::new(), |limit| {
                let value = number(limit.value, one.unit);
                format!("  {}", paint(DIM, format!("{} {value}", limit.label())))
            });
            let _ = writeln!(text, "\n{}{alarm}", paint(BOLD, title));
        }
        let plot = sparkline(&one.seconds, (from, to), columns);
        let shown = |value: Option<f64>| {
            value.map_or_else(|| "-".to_owned(), |value| number(value, one.unit))
        };
        let beyond = one.alarm.zip(one.last);
        let beyond = beyond.is_some_and(|(limit, last)| limit.is_passed_by(last));
        let style = if beyond { ERROR } else { INFO };
        let _ = writeln!(
            text,
            "  {:label$}  {}  min {:9} avg {:9} max {:9} last {}",
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

fn span(seconds: i64) -> String {
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
    fn the_period_gives_few_points_and_is_one_that_is_kept() {
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
