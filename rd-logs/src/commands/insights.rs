//! `insights`: a Logs Insights query, waited for; rows as a table, or as JSON lines.

use crate::clients::Clients;
use crate::commands::groups::human;
use crate::events::log_groups::{named_or_own, those_there};
use crate::time::parse;
use crate::time::zone;
use aws_sdk_cloudwatchlogs as logs;
use aws_sdk_cloudwatchlogs::operation::get_query_results::GetQueryResultsOutput;
use aws_sdk_cloudwatchlogs::types::{QueryStatistics, QueryStatus};
use jiff::Timestamp;
use rd_common::aws::{Aws, Explain};
use rd_common::context::Context;
use rd_common::output::stream::Stream;
use rd_common::output::table::table;
use rd_common::resource::signal::Cancel;
use rd_common::resource::wait::Clock;
use rd_common::{Error, Exit, Result};
use serde_json::{Map, Value};
use std::time::Duration;

/// The pause before results are asked for again: short at first, as most queries take a second or two.
const PAUSES: [u64; 4] = [300, 500, 700, 1000];
/// The most groups of a query.
const MOST_GROUPS: usize = 50;
/// The widest cell of a table, in characters.
const WIDEST: usize = 100;

/// Flags of `insights`.
#[derive(clap::Args, Clone, Debug)]
pub struct InsightsArgs {
    /// The query: 'filter @message like /timeout/ | stats count(*) by bin(5m)'
    #[arg(value_name = "QUERY")]
    query: String,
    /// The log groups, by name or ARN; those of the stack without one
    #[arg(value_name = "GROUP")]
    groups: Vec<String>,
    /// From when: 90s, 2h30m, 3d (back from now), 2026-11-23T14:00:00Z, "2026-11-23 14:00" in --tz, 14:00, now
    #[arg(long, value_name = "TIME", default_value = "1h")]
    since: String,
    /// Until when, written as --since
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// The most rows, at most 10,000; a `limit` in the query counts too
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=10_000))]
    limit: Option<i32>,
    /// The time zone in which times are meant, such as Europe/Berlin or UTC; AWS gives @timestamp in UTC
    #[arg(long, value_name = "ZONE", env = "RD_TZ")]
    tz: Option<String>,
}

/// Runs it.
pub async fn run(context: &Context, args: &InsightsArgs) -> Result<Exit> {
    let zone = zone::zone(args.tz.as_deref())?;
    let now = Timestamp::now();
    let (since, until) = parse::range(&args.since, args.until.as_deref(), now, &zone)?;
    let groups = named_or_own(context, &args.groups).await?;
    if groups.len() > MOST_GROUPS {
        return Err(Error::usage(format!(
            "a query takes at most {MOST_GROUPS} log groups, and these are {}",
            groups.len()
        )));
    }
    let aws = Aws::connect(&context.access, &context.stack.region).await?;
    aws.check_credentials().await?;
    let client = Clients::new(&aws).logs;
    let groups = match args.groups.is_empty() {
        true => those_there(&client, groups).await?,
        false => groups,
    };
    let cancel = Cancel::on_signals()
        .map_err(|e| Error::failed(format!("signals cannot be watched: {e}")))?;
    // Seconds: the whole of the first and of the last.
    let until = until.unwrap_or_else(|| now.as_millisecond());
    let call = client
        .start_query()
        .set_log_group_names(Some(groups))
        .start_time(since.div_euclid(1000))
        .end_time((until + 999).div_euclid(1000))
        .query_string(&args.query)
        .set_limit(args.limit);
    let started = call.send().await.doing("start the query").map_err(|error| {
        if error.is(&["MalformedQueryException"]) {
            return Error::usage(error.summary.clone()).hint(
                "the language is that of https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html",
            );
        }
        error
    })?;
    let id = started
        .query_id
        .ok_or_else(|| Error::failed("AWS gave the query no id"))?;
    // A reader that goes ends the query too.
    let stdout = Stream::start();
    let found = tokio::select! {
        biased;
        closed = stdout.closed() => {
            closed?;
            stop(&client, &id).await;
            return Ok(Exit::Done);
        }
        () = cancel.cancelled() => {
            stop(&client, &id).await;
            return Ok(Exit::Interrupted);
        }
        found = results(context, &client, &id) => found?,
    };
    let rows = rows(&found);
    let mut text = if context.printer.is_json() {
        lines(&rows)
    } else {
        columns(&rows)
    }
    .into_bytes();
    stdout.send(&mut text).await;
    stdout.flush().await;
    stdout.failure()?;
    tell(context, &found, rows.len());
    Ok(Exit::Done)
}

/// Waits until the query is complete.
async fn results(
    context: &Context,
    client: &logs::Client,
    id: &str,
) -> Result<GetQueryResultsOutput> {
    let step = context.progress.step("insights", false);
    let clock = Clock::from_env();
    let mut pauses = PAUSES.iter();
    loop {
        let last = PAUSES[PAUSES.len() - 1];
        let pause = *pauses.next().unwrap_or(&last);
        clock.sleep(Duration::from_millis(pause)).await;
        let answer = client.get_query_results().query_id(id).send().await;
        let answer = answer.doing("read the query's results")?;
        match answer.status().map(QueryStatus::as_str) {
            Some("Complete") => return Ok(answer),
            Some("Scheduled" | "Running" | "Unknown") | None => {}
            Some(other) => {
                return Err(Error::failed(format!("the query ended as {other}")).hint(
                    "a query may take an hour: narrow it with --since, fewer groups or a filter",
                ));
            }
        }
        let scanned = answer
            .statistics()
            .map_or(0.0, QueryStatistics::bytes_scanned);
        step.say(&format!("{} scanned", human(scanned as i64)));
    }
}

/// Stops the query: what it has not scanned costs nothing then.
async fn stop(client: &logs::Client, id: &str) {
    // It may have ended meanwhile.
    let call = client.stop_query().query_id(id).send();
    let _ = tokio::time::timeout(Duration::from_secs(3), call).await;
}

/// The rows, without the pointer that AWS adds to each.
fn rows(found: &GetQueryResultsOutput) -> Vec<Vec<(&str, &str)>> {
    found
        .results()
        .iter()
        .map(|row| {
            row.iter()
                .filter_map(|cell| Some((cell.field()?, cell.value().unwrap_or_default())))
                .filter(|(field, _)| *field != "@ptr")
                .collect()
        })
        .collect()
}

fn lines(rows: &[Vec<(&str, &str)>]) -> String {
    let mut text = String::new();
    for row in rows {
        let object: Map<String, Value> = row
            .iter()
            .map(|(field, value)| ((*field).to_owned(), Value::from(*value)))
            .collect();
        text.push_str(&Value::Object(object).to_string());
        text.push('\n');
    }
    text
}

fn columns(rows: &[Vec<(&str, &str)>]) -> String {
    let mut heading: Vec<&str> = Vec::new();
    for (field, _) in rows.iter().flatten() {
        if !heading.contains(field) {
            heading.push(field);
        }
    }
    if heading.is_empty() {
        return String::new();
    }
    let last = heading.len() - 1;
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let cell = |(index, field): (usize, &&str)| {
                let value = row.iter().find(|(name, _)| name == field);
                let value = value.map_or("", |(_, value)| value);
                one_line(value, if index == last { usize::MAX } else { WIDEST })
            };
            heading.iter().enumerate().map(cell).collect()
        })
        .collect();
    table(&heading, &cells)
}

/// A value on one line, without what a terminal would take for a command, cut to a width.
fn one_line(value: &str, width: usize) -> String {
    let value = value.trim_end();
    let plain = value.chars().map(|letter| match letter {
        '\n' | '\r' | '\t' => ' ',
        control if control.is_control() => '\u{fffd}',
        other => other,
    });
    if value.chars().count() <= width {
        return plain.collect();
    }
    plain.take(width - 1).chain(['…']).collect()
}

/// What it took: AWS bills the bytes scanned.
fn tell(context: &Context, found: &GetQueryResultsOutput, rows: usize) {
    let Some(told) = found.statistics() else {
        return;
    };
    let text = format!(
        "{rows} rows; {:.0} of {:.0} events matched; {} scanned",
        told.records_matched(),
        told.records_scanned(),
        human(told.bytes_scanned() as i64)
    );
    context
        .progress
        .suspend(|| rd_common::output::printer::print_info(&text));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_a_table_or_lines() {
        let rows = vec![
            vec![("bin(5m)", "2026-11-23 14:00:00.000"), ("n", "3")],
            vec![("n", "1"), ("@message", "a\n\tb\u{7}")],
        ];
        assert_eq!(
            columns(&rows),
            "bin(5m)                  n  @message\n2026-11-23 14:00:00.000  3\n                         1  a  b\u{fffd}\n"
        );
        assert_eq!(
            lines(&rows),
            "{\"bin(5m)\":\"2026-11-23 14:00:00.000\",\"n\":\"3\"}\n{\"n\":\"1\",\"@message\":\"a\\n\\tb\\u0007\"}\n"
        );
        assert_eq!(columns(&[]), "");
        assert_eq!(one_line(&"x".repeat(200), WIDEST).chars().count(), WIDEST);
    }
}
