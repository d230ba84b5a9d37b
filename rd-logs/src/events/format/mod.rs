//! How events are written: for programs, for people, and as they are.

mod json;
mod message;
mod short_names;
mod text;

use super::event::Event;
use crate::time::clock_text::ClockText;
use jiff::tz::TimeZone;
use text::Text;

/// How.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people: time, stream, level, message in columns; coloured on a terminal
    Text,
    /// The messages alone
    Raw,
    /// One JSON object an event
    Json,
    /// The time and the message
    Short,
}

/// How wide, and whether in colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Columns.
    pub width: usize,
    /// Whether colours are understood.
    pub colour: bool,
}

impl Screen {
    /// That of stdout: the terminal's width, else COLUMNS, else 100; colours as NO_COLOR and CLICOLOR_FORCE say, else
    /// on a terminal.
    pub fn of_stdout() -> Self {
        let columns = std::env::var("COLUMNS").ok();
        let asked = columns.and_then(|text| text.parse().ok());
        let width = asked.unwrap_or_else(rd_common::output::style::width);
        let choice = anstream::AutoStream::choice(&std::io::stdout());
        Self {
            width: width.max(40),
            colour: choice != anstream::ColorChoice::Never,
        }
    }
}

/// Writes events.
pub enum Writer {
    /// As JSON.
    Json(json::Json),
    /// For people.
    Text(Box<Text>),
    /// The messages.
    Raw,
    /// Times and messages.
    Short(ClockText),
}

impl Writer {
    /// A writer of events of these groups.
    pub fn new(format: Format, groups: &[String], screen: Screen, zone: TimeZone) -> Self {
        match format {
            Format::Json => Writer::Json(json::Json::new(groups)),
            Format::Text => Writer::Text(Box::new(Text::new(groups, screen, zone))),
            Format::Raw => Writer::Raw,
            Format::Short => Writer::Short(ClockText::local(zone, true)),
        }
    }

    /// Adds an event, with the line end.
    pub fn add(&mut self, out: &mut Vec<u8>, event: &Event) {
        match self {
            Writer::Json(json) => json.add(out, event),
            Writer::Text(text) => text.add(out, event),
            Writer::Raw => line(out, &event.message()),
            Writer::Short(clock) => {
                clock.add(out, event.timestamp);
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
