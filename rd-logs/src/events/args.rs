//! The flags of `tail` and `search` that select events and a format.

use super::filter::local_filter::LocalFilter;
use super::filter::pattern;
use super::format::{Format, Formatter, Screen};
use super::log_groups::{LogGroup, named_or_own};
use super::output::EventOutput;
use super::read::source::Source;
use crate::time::args::ZoneArgs;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rd_common::context::Context;
use rd_common::{Error, Result};
use std::collections::BTreeMap;
use std::io::IsTerminal;

/// The value of `--since` by default.
const DEFAULT_SINCE: &str = "10m";

/// Flags that `tail` and `search` share.
#[derive(clap::Args, Clone, Debug)]
pub struct EventArgs {
    /// Log groups, by name, pattern ('/ecs/*') or ARN [default: the stack's own: service, flow logs, database]
    #[arg(value_name = "GROUP")]
    pub groups: Vec<String>,
    /// Start of the range: 90s, 2h30m, 3d (back from now), 2026-11-23T14:00:00Z, "2026-11-23 14:00", 14:00, now [default: 10m]
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// End of the range, in the same forms as --since
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// CloudWatch filter pattern, which AWS applies: ERROR, '"GET /health"', '?WARN ?ERROR', '{ $.level = "error" }'
    #[arg(long, value_name = "PATTERN", allow_hyphen_values = true)]
    pub filter: Option<String>,
    /// Regular expression that the message must match, in addition to --filter; rd-logs applies it
    #[arg(long, value_name = "REGEX", allow_hyphen_values = true)]
    pub grep: Option<String>,
    /// Print the events whose message does not match --grep
    #[arg(long, short = 'v', requires = "grep")]
    pub invert_match: bool,
    /// Only streams whose names begin with this text
    #[arg(long, value_name = "PREFIX")]
    pub stream: Option<String>,
    /// Only streams of this ECS task: its id, the beginning of its id, or its ARN
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
    /// Output format [default: text on a terminal, otherwise json]
    #[arg(long, short, value_enum, value_name = "FORMAT")]
    pub output: Option<Format>,
    #[command(flatten)]
    tz: ZoneArgs,
}

/// The flags after they were checked.
pub struct Selection {
    /// The log groups that are read.
    pub groups: Vec<LogGroup>,
    /// Whether the user named the groups; otherwise they are the stack's own, some of which may not exist yet.
    pub named: bool,
    /// The start of the range, in milliseconds since 1970.
    pub since: i64,
    /// The end of the range, in milliseconds since 1970; none for a range without an end.
    pub until: Option<i64>,
    /// The zone in which times are shown.
    pub zone: TimeZone,
    /// The output format, from `--output` or `--format`.
    pub format: Format,
    /// The filters that rd-logs applies itself.
    pub filter: LocalFilter,
    args: EventArgs,
}

impl EventArgs {
    /// Checks the flags, and finds the stack's groups if none is named. Calls AWS only after all flags are checked.
    pub async fn resolve(&self, context: &Context) -> Result<Selection> {
        let zone = self.tz.zone()?;
        let now = Timestamp::now();
        let since = self.since.as_deref().unwrap_or(DEFAULT_SINCE);
        let (since, until) = self.tz.range(since, self.until.as_deref(), now)?;
        if let Some(filter) = &self.filter {
            pattern::check(filter)?;
        }
        let filter = LocalFilter::new(
            self.grep.as_deref(),
            self.invert_match,
            self.task.as_deref(),
        )?;
        let groups = named_or_own(context, &self.groups).await?;
        if self.stream.as_ref().is_some_and(|s| s.contains([':', '*'])) {
            return Err(Error::usage(
                "--stream is the beginning of a stream's name, which has no : and no *",
            )
            .hint("to select the streams of an ECS task, pass --task"));
        }
        let global = match context.flags.format {
            Some(rd_common::output::printer::Format::Json) => Some(Format::Json),
            Some(_) => Some(Format::Text),
            None => None,
        };
        let terminal = std::io::stdout().is_terminal();
        let default = if terminal { Format::Text } else { Format::Json };
        Ok(Selection {
            groups,
            named: !self.groups.is_empty(),
            since,
            until,
            zone,
            format: self.output.or(global).unwrap_or(default),
            filter,
            args: self.clone(),
        })
    }
}

impl Selection {
    /// Connects to CloudWatch Logs, to read the selected groups.
    pub async fn source(&self, context: &Context) -> Result<Source> {
        let args = &self.args;
        Source::connect(
            context,
            self.groups.clone(),
            args.filter.clone().filter(|text| !text.trim().is_empty()),
            args.stream.clone(),
            self.filter.task.clone(),
        )
        .await
    }

    /// The output to stdout of events from these groups. Nothing else may write there from then on.
    pub fn output(&self, groups: &[LogGroup]) -> EventOutput {
        let screen = Screen::of_stdout();
        let names: Vec<String> = groups.iter().map(|group| group.name.clone()).collect();
        let formatter = Formatter::new(self.format, &names, screen, self.zone.clone());
        EventOutput::new(self.filter.clone(), formatter)
    }

    /// The flags that decide which events are selected, by name, for a checkpoint.
    pub fn filters(&self) -> BTreeMap<String, String> {
        let args = &self.args;
        let inverted = args.invert_match.then(|| "true".to_owned());
        [
            ("filter", &args.filter),
            ("grep", &args.grep),
            ("invert-match", &inverted),
            ("stream", &args.stream),
            ("task", &args.task),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)))
        .collect()
    }

    /// The filter pattern of `--filter`.
    pub fn pattern(&self) -> Option<&str> {
        self.args.filter.as_deref()
    }

    /// The prefix of stream names of `--stream`.
    pub fn stream(&self) -> Option<&str> {
        self.args.stream.as_deref()
    }
}
