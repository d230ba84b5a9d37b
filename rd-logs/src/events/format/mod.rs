//! The output formats of events: JSON for programs, columns for people, or the messages alone.

mod json;
mod message;
mod short_names;
mod text;

use super::event::Event;
use crate::time::timestamp_writer::TimestampWriter;
use jiff::tz::TimeZone;
use text::Text;

/// The formats of `--output`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Columns for people: time, stream, level and message, in color on a terminal
    Text,
    /// Only the message, as it was sent
    Raw,
    /// One JSON object per line
    Json,
    /// The time, then the message
    Short,
}

/// The width of the output and whether it has colors, for [`Format::Text`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// The width in columns, at least 40.
    pub width: usize,
    /// Whether to write color sequences.
    pub color: bool,
}

impl Screen {
    /// The screen of stdout. The width is that of `COLUMNS`, otherwise of the terminal, otherwise 100. Colors follow
    /// `NO_COLOR` and `CLICOLOR_FORCE`; by default a terminal gets them.
    pub fn of_stdout() -> Self {
        let columns = std::env::var("COLUMNS").ok();
        let set = columns.and_then(|text| text.parse().ok());
        let width = set.unwrap_or_else(rd_common::output::style::width);
        let choice = anstream::AutoStream::choice(&std::io::stdout());
        Self {
            width: width.max(40),
            color: choice != anstream::ColorChoice::Never,
        }
    }
}

/// Formats events as lines.
pub enum Formatter {
    /// Formats one JSON object per event.
    Json(json::Json),
    /// Formats columns for people.
    Text(Box<Text>),
    /// Copies only the messages.
    Raw,
    /// Formats times and copies the messages.
    Short(TimestampWriter),
}

impl Formatter {
    /// A formatter for events of these groups, with times in `zone`.
    pub fn new(format: Format, groups: &[String], screen: Screen, zone: TimeZone) -> Self {
        match format {
            Format::Json => Formatter::Json(json::Json::new(groups)),
            Format::Text => Formatter::Text(Box::new(Text::new(groups, screen, zone))),
            Format::Raw => Formatter::Raw,
            Format::Short => Formatter::Short(TimestampWriter::local(zone, true)),
        }
    }

    /// Appends an event and a line end.
    pub fn add(&mut self, out: &mut Vec<u8>, event: &Event) {
        match self {
            Formatter::Json(json) => json.add(out, event),
            Formatter::Text(text) => text.add(out, event),
            Formatter::Raw => line(out, &event.message()),
            Formatter::Short(timestamps) => {
                timestamps.add(out, event.timestamp);
                out.push(b' ');
                line(out, &event.message());
            }
        }
    }
}

fn line(out: &mut Vec<u8>, message: &str) {
    out.extend_from_slice(message.trim_end_matches(['\n', '\r']).as_bytes());
    out.push(b'\n');
}
