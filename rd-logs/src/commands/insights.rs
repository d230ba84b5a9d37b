//! `insights`: runs a Logs Insights query, and prints its rows as a table or as JSON lines.

use crate::clients::Clients;
use crate::commands::groups::bytes_text;
use crate::events::log_groups::{LogGroup, existing, named_or_own, of_account};
use crate::time::args::ZoneArgs;
use aws_sdk_cloudwatchlogs as logs;
use aws_sdk_cloudwatchlogs::operation::get_query_results::GetQueryResultsOutput;
use aws_sdk_cloudwatchlogs::types::{QueryStatistics, QueryStatus, ResultField};
use jiff::Timestamp;
use rd_common::aws::{Aws, Explain};
use rd_common::context::Context;
use rd_common::output::printer::print_warning;
use rd_common::output::stream::stdout;
use rd_common::output::table::table;
use rd_common::resource::signal::Cancel;
use rd_common::resource::wait::Clock;
use rd_common::{Error, Exit, Result};
use serde_json::{Map, Value};
use std::time::Duration;

/// The pauses between two reads of the results, in milliseconds; the last one repeats. Most queries take a second or
/// two.
const PAUSES: [u64; 4] = [300, 500, 700, 1000];
/// The most log groups of a query.
const MAX_GROUPS: usize = 50;
/// The most rows of a query, and how many AWS returns by default.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html>
const MOST_ROWS: i64 = 100_000;
const DEFAULT_ROWS: i32 = 10_000;
/// The maximum width of a cell, in characters, except in the last column.
const MAX_CELL: usize = 100;

/// Flags of the command `rd-logs insights`.
#[derive(clap::Args, Clone, Debug)]
pub struct InsightsArgs {
    /// Query, such as 'filter @message like /timeout/ | stats count(*) by bin(5m)'
    #[arg(value_name = "QUERY")]
    query: String,
    /// Log groups, by name or ARN [default: the stack's own]
    #[arg(value_name = "GROUP")]
    groups: Vec<String>,
    /// Start of the range: 90s, 2h30m, 3d (back from now), 2026-11-23T14:00:00Z, "2026-11-23 14:00", 14:00, now
    #[arg(long, value_name = "TIME", default_value = "1h")]
    since: String,
    /// End of the range, in the same forms as --since [default: now]
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Maximum number of rows, up to 100,000 [default: 10,000]; a `limit` in the query applies as well
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=MOST_ROWS))]
    limit: Option<i32>,
    #[command(flatten)]
    tz: ZoneArgs,
}

/// Runs the query and prints its rows. If it is interrupted, the query is stopped in AWS, too.
pub async fn run(context: &Context, args: &InsightsArgs) -> Result<Exit> {
    let now = Timestamp::now();
    let (since, until) = args.tz.range(&args.since, args.until.as_deref(), now)?;
    let groups = named_or_own(context, &args.groups).await?;
    let aws = Aws::connect(&context.access, &context.stack.region).await?;
    aws.check_credentials().await?;
    let client = Clients::new(&aws).logs;
    let groups = match args.groups.is_empty() {
        true => existing(&client, groups).await?,
        false => of_account(groups, &aws).await?,
    };
    if groups.len() > MAX_GROUPS {
        return Err(Error::usage(format!(
            "a query reads at most {MAX_GROUPS} log groups, but {} are selected",
            groups.len()
        ))
        .hint("name fewer groups"));
    }
    let cancel =
        Cancel::on_signals().map_err(|e| Error::failed(format!("cannot handle signals: {e}")))?;
    // StartQuery takes seconds. The first and the last one are included.
    let until = until.unwrap_or_else(|| now.as_millisecond());
    let call = client.start_query();
    let call = match groups.iter().any(|group| group.arn.is_some()) {
        true => call.set_log_group_identifiers(Some(identifiers(&groups))),
        false => call.set_log_group_names(Some(identifiers(&groups))),
    };
    let call = call
        .start_time(since.div_euclid(1000))
        .end_time((until + 999).div_euclid(1000))
        .query_string(&args.query)
        .set_limit(args.limit);
    let started = call.send().await.doing("start the query").map_err(|error| {
        // The range, not the query, is what AWS refuses with the same code.
        if error.is(&["MalformedQueryException"]) && error.summary.contains("retention") {
            return Error::failed(error.summary.clone()).hint(
                "a log group has no events that are older than its retention, or than itself: rd-logs groups shows both; choose a later --since and --until",
            );
        }
        if error.is(&["MalformedQueryException"]) {
            return Error::usage(error.summary.clone()).hint(
                "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html has the syntax",
            );
        }
        error
    })?;
    let id = started
        .query_id
        .ok_or_else(|| Error::failed("AWS returned no id for the query"))?;
    // The query is also stopped if the reader of stdout ends.
    let stdout = stdout();
    let found = tokio::select! {
        biased;
        () = stdout.closed() => {
            stop(&client, &id).await;
            return Ok(Exit::Done);
        }
        () = cancel.cancelled() => {
            stop(&client, &id).await;
            return Ok(Exit::Interrupted);
        }
        found = wait_for_results(context, &client, &id) => found?,
    };
    let rows = rows(&found.results);
    let text = if context.printer.is_json() {
        json_lines(&rows)
    } else {
        table_text(&rows)
    };
    context.printer.text(&text);
    stdout.flush().await;
    print_statistics(context, &found, rows.len());
    let limit = args.limit.unwrap_or(DEFAULT_ROWS);
    if i32::try_from(rows.len()).is_ok_and(|count| count == limit) {
        let most = match i64::from(limit) < MOST_ROWS {
            true => "pass --limit for more rows, up to 100,000, or narrow the query",
            false => "AWS returns no more rows: narrow --since and --until, or the query",
        };
        let text = format!("the query may have more than {limit} rows, which is the limit");
        context.progress.suspend(|| print_warning(&text, most));
    }
    Ok(Exit::Done)
}

fn identifiers(groups: &[LogGroup]) -> Vec<String> {
    let identifiers = groups.iter().map(LogGroup::identifier);
    identifiers.map(str::to_owned).collect()
}

/// What a complete query has found.
struct Found {
    results: Vec<Vec<ResultField>>,
    statistics: Option<QueryStatistics>,
}

/// Waits until the query is complete, and reads all pages of its results. Fails if it ends in any other way.
async fn wait_for_results(context: &Context, client: &logs::Client, id: &str) -> Result<Found> {
    let step = context.progress.step("insights", false);
    let clock = Clock::from_env();
    let mut pauses = PAUSES.iter();
    loop {
        let last = PAUSES[PAUSES.len() - 1];
        let pause = *pauses.next().unwrap_or(&last);
        clock.sleep(Duration::from_millis(pause)).await;
        let results = client.get_query_results().query_id(id).send().await;
        let results = results.doing("read the query's results")?;
        match results.status().map(QueryStatus::as_str) {
            Some("Complete") => return all_pages(client, id, results).await,
            Some("Scheduled" | "Running" | "Unknown") | None => {}
            Some(other) => {
                return Err(Error::failed(format!("the query ended with the status {other}")).hint(
                    "a query may take at most an hour: narrow it with --since, fewer groups or a filter",
                ));
            }
        }
        let scanned = results
            .statistics()
            .map_or(0.0, QueryStatistics::bytes_scanned);
        step.say(&format!("{} scanned", bytes_text(scanned as i64)));
    }
}

/// The results of a complete query from its first page on. A page has at most 10,000 rows.
async fn all_pages(client: &logs::Client, id: &str, first: GetQueryResultsOutput) -> Result<Found> {
    let statistics = first.statistics;
    let (mut results, mut token) = (first.results.unwrap_or_default(), first.next_token);
    while token.is_some() {
        let call = client.get_query_results().query_id(id);
        let page = call.set_next_token(token.clone()).send().await;
        let page = page.doing("read the query's results")?;
        results.extend(page.results.unwrap_or_default());
        token = page.next_token.filter(|next| Some(next) != token.as_ref());
    }
    Ok(Found {
        results,
        statistics,
    })
}

/// Stops the query, so that AWS does not bill what it has not scanned yet.
async fn stop(client: &logs::Client, id: &str) {
    // A failure does not matter: the query may have ended in the meantime.
    let call = client.stop_query().query_id(id).send();
    let _ = tokio::time::timeout(Duration::from_secs(3), call).await;
}

/// The rows as pairs of field and value, without the pointer `@ptr` that AWS adds to each.
fn rows(results: &[Vec<ResultField>]) -> Vec<Vec<(&str, &str)>> {
    results
        .iter()
        .map(|row| {
            row.iter()
                .filter_map(|cell| Some((cell.field()?, cell.value().unwrap_or_default())))
                .filter(|(field, _)| *field != "@ptr")
                .collect()
        })
        .collect()
}

fn json_lines(rows: &[Vec<(&str, &str)>]) -> String {
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

fn table_text(rows: &[Vec<(&str, &str)>]) -> String {
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
                one_line(value, if index == last { usize::MAX } else { MAX_CELL })
            };
            heading.iter().enumerate().map(cell).collect()
        })
        .collect();
    table(&heading, &cells)
}

/// A value on one line, without control characters, cut to a width in characters.
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

/// Prints on stderr what the query scanned, which is what AWS bills.
fn print_statistics(context: &Context, found: &Found, rows: usize) {
    let Some(statistics) = &found.statistics else {
        return;
    };
    let text = format!(
        "{rows} rows; {:.0} of {:.0} events matched; {} scanned",
        statistics.records_matched(),
        statistics.records_scanned(),
        bytes_text(statistics.bytes_scanned() as i64)
    );
    context
        .progress
        .suspend(|| rd_common::output::printer::print_info(&text));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_printed_as_a_table_or_json_lines() {
        let rows = vec![
            vec![("bin(5m)", "2026-11-23 14:00:00.000"), ("n", "3")],
            vec![("n", "1"), ("@message", "a\n\tb\u{7}")],
        ];
        assert_eq!(
            table_text(&rows),
            "bin(5m)                  n  @message\n2026-11-23 14:00:00.000  3\n                         1  a  b\u{fffd}\n"
        );
        assert_eq!(
            json_lines(&rows),
            "{\"bin(5m)\":\"2026-11-23 14:00:00.000\",\"n\":\"3\"}\n{\"n\":\"1\",\"@message\":\"a\\n\\tb\\u0007\"}\n"
        );
        assert_eq!(table_text(&[]), "");
        assert_eq!(
            one_line(&"x".repeat(200), MAX_CELL).chars().count(),
            MAX_CELL
        );
    }
}
