//! What to read and how to write it: the flags that `tail` and `search` share.

use super::filter::local::Picks;
use super::filter::pattern;
use super::format::{Format, Screen, Writer};
use super::log_groups::named_or_own;
use super::output::Sink;
use super::read::source::Source;
use crate::time::parse;
use crate::time::zone;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rd_common::context::Context;
use rd_common::{Error, Result};
use std::collections::BTreeMap;
use std::io::IsTerminal;

/// The flags.
#[derive(clap::Args, Clone, Debug)]
pub struct Which {
    /// The log groups, by name or ARN; without one, those of the stack: of its service, its flow logs, its database
    #[arg(value_name = "GROUP")]
    pub groups: Vec<String>,
    /// From when: 90s, 2h30m, 3d (back from now), 2026-11-23T14:00:00Z, "2026-11-23 14:00" in --tz, 14:00, now
    #[arg(long, value_name = "TIME", default_value = "10m")]
    pub since: String,
    /// Until when, written as --since
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// CloudWatch's filter pattern, matched by AWS: ERROR, '"GET /health"', '?WARN ?ERROR', '{ $.level = "error" }'
    #[arg(long, value_name = "PATTERN")]
    pub filter: Option<String>,
    /// A regular expression that the message must match, after --filter, here
    #[arg(long, value_name = "REGEX")]
    pub grep: Option<String>,
    /// Streams whose names begin so
    #[arg(long, value_name = "PREFIX")]
    pub stream: Option<String>,
    /// Streams of this ECS task: its id, the beginning of it, or its ARN
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
    /// How to write; text on a terminal and json elsewhere
    #[arg(long, short, value_enum, value_name = "FORMAT")]
    pub output: Option<Format>,
    /// The time zone in which times are meant and shown, such as Europe/Berlin or UTC; the machine's own without
    #[arg(long, value_name = "ZONE", env = "RD_TZ")]
    pub tz: Option<String>,
}

/// What the flags say.
pub struct Chosen {
    /// The groups.
    pub groups: Vec<String>,
    /// Whether they were named: else they are the stack's own.
    pub named: bool,
    /// From when, in milliseconds.
    pub since: i64,
    /// Until when, in milliseconds.
    pub until: Option<i64>,
    /// The zone.
    pub zone: TimeZone,
    /// How to write.
    pub format: Format,
    picks: Picks,
    which: Which,
}

impl Which {
    /// Reads the flags; what is wrong with them is said before any call.
    pub async fn choose(&self, context: &Context) -> Result<Chosen> {
        let zone = zone::zone(self.tz.as_deref())?;
        let now = Timestamp::now();
        let (since, until) = parse::range(&self.since, self.until.as_deref(), now, &zone)?;
        if let Some(filter) = &self.filter {
            pattern::check(filter)?;
        }
        let picks = Picks::new(self.grep.as_deref(), self.task.as_deref())?;
        let groups = named_or_own(context, &self.groups).await?;
        if self.stream.is_some() && self.stream.as_ref().is_some_and(|s| s.contains([':', '*'])) {
            return Err(
                Error::usage("--stream is the beginning of a name, without : and *")
                    .hint("a stream's name has neither; --task finds those of an ECS task"),
            );
        }
        let asked = match context.flags.format {
            Some(rd_common::output::printer::Format::Json) => Some(Format::Json),
            Some(_) => Some(Format::Text),
            None => None,
        };
        let terminal = std::io::stdout().is_terminal();
        let usual = if terminal { Format::Text } else { Format::Json };
        Ok(Chosen {
            groups,
            named: !self.groups.is_empty(),
            since,
            until,
            zone,
            format: self.output.or(asked).unwrap_or(usual),
            picks,
            which: self.clone(),
        })
    }
}

impl Chosen {
    /// Connects to where the events are.
    pub async fn source(&self, context: &Context) -> Result<Source> {
        let which = &self.which;
        Source::connect(
            context,
            self.groups.clone(),
            which.filter.clone().filter(|text| !text.trim().is_empty()),
            which.stream.clone(),
        )
        .await
    }

    /// Takes stdout.
    pub fn sink(&self) -> Sink {
        let screen = Screen::of_stdout();
        let writer = Writer::new(self.format, &self.groups, screen, self.zone.clone());
        Sink::new(self.picks.clone(), writer)
    }

    /// What decides which events there are, for a checkpoint.
    pub fn selection(&self) -> BTreeMap<String, String> {
        let which = &self.which;
        [
            ("filter", &which.filter),
            ("grep", &which.grep),
            ("stream", &which.stream),
            ("task", &which.task),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)))
        .collect()
    }

    /// The filter pattern.
    pub fn filter(&self) -> Option<&str> {
        self.which.filter.as_deref()
    }

    /// The beginning of streams' names.
    pub fn stream(&self) -> Option<&str> {
        self.which.stream.as_deref()
    }
}
