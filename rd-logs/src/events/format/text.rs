//! Events in columns for people: time, group, stream, level, message. A message that is a JSON object is shown as its
//! text and `key=value`. The lines of a message are aligned. Control sequences for the terminal are removed.

use super::Screen;
use super::message::{Fields, Level};
use super::short_names::{fit, labels, stream};
use crate::events::event::Event;
use crate::time::timestamp_writer::TimestampWriter;
use anstyle::Style;
use jiff::tz::TimeZone;
use rd_common::output::clean::{add_log_line, without_sequences};
use rd_common::output::style::{BOLD, DIM, ERROR, INFO, OK, WARN};
use std::collections::HashMap;

/// The width, in columns, from which the date is shown and the column of streams is wide.
const WIDE_SCREEN: usize = 100;
/// The maximum number of stream labels in memory.
const MAX_LABELS: usize = 4096;

/// Formats events in columns.
pub struct Text {
    timestamps: TimestampWriter,
    color: bool,
    /// The width of the column of streams.
    stream_width: usize,
    /// The column at which messages begin.
    indent: usize,
    /// The padded short names of the groups; empty if there is only one.
    groups: Vec<String>,
    /// The text of the group and stream columns, by group and stream.
    labels: HashMap<(usize, String), String>,
}

impl Text {
    /// A formatter for events of these groups, with times in `zone`.
    pub fn new(groups: &[String], screen: Screen, zone: TimeZone) -> Self {
        let wide = screen.width >= WIDE_SCREEN;
        let stream_width = if wide { 28 } else { 16 };
        let time = if wide { 23 } else { 12 };
        // The name of a single group need not be shown.
        let mut names = if groups.len() > 1 {
            labels(groups)
        } else {
            Vec::new()
        };
        let longest = names.iter().map(|name| name.chars().count()).max();
        let longest = longest.unwrap_or(0).min(stream_width * 3 / 4);
        for name in &mut names {
            *name = format!("{:longest$} ", fit(name, longest));
        }
        let before = names.first().map_or(0, |_| longest + 1);
        Self {
            timestamps: TimestampWriter::local(zone, wide),
            color: screen.color,
            stream_width,
            indent: time + 1 + before + stream_width + 1 + 5 + 1,
            groups: names,
            labels: HashMap::new(),
        }
    }

    /// Appends an event and a line end.
    pub fn add(&mut self, out: &mut Vec<u8>, event: &Event) {
        let message = event.message();
        let message = message.trim_end_matches(['\n', '\r']);
        let fields = Fields::parse(message);
        let level = match &fields {
            Some(fields) => fields.level,
            None => Level::of_text(message),
        };
        let style = level.map_or(Style::new(), level_style);
        // INFO is colored in the column of levels, but its message is not.
        let is_info = level == Some(Level::Info);
        let message_style = if is_info { Style::new() } else { style };
        self.open(out, DIM);
        self.timestamps.add(out, event.timestamp);
        self.close(out, DIM);
        out.push(b' ');
        let label = self.label(event);
        self.open(out, INFO);
        out.extend_from_slice(label.as_bytes());
        self.close(out, INFO);
        out.push(b' ');
        self.open(out, style);
        out.extend_from_slice(format!("{:5}", level.map_or("", Level::name)).as_bytes());
        self.close(out, style);
        out.push(b' ');
        match fields {
            Some(fields) => self.add_fields(out, &fields, style),
            None => self.add_message(out, message, message_style),
        }
        while out.last() == Some(&b' ') {
            out.pop();
        }
        out.push(b'\n');
    }

    fn label(&mut self, event: &Event) -> String {
        let key = (event.group, event.json_stream().to_owned());
        if let Some(label) = self.labels.get(&key) {
            return label.clone();
        }
        let stream = stream(&without_controls(&event.stream()));
        let width = self.stream_width;
        let group = self.groups.get(event.group).map_or("", String::as_str);
        let label = format!("{group}{:width$}", fit(&stream, width));
        if self.labels.len() >= MAX_LABELS {
            self.labels.clear();
        }
        self.labels.insert(key, label.clone());
        label
    }

    fn add_fields(&self, out: &mut Vec<u8>, fields: &Fields, style: Style) {
        let is_error = fields.level.is_some_and(|level| level >= Level::Error);
        let style = if is_error { style } else { BOLD };
        if !fields.text.is_empty() {
            self.add_message(out, &fields.text, style);
        }
        for (key, value) in &fields.rest {
            if out.last() != Some(&b' ') {
                out.push(b' ');
            }
            self.open(out, DIM);
            out.extend_from_slice(without_controls(key).as_bytes());
            out.push(b'=');
            self.close(out, DIM);
            out.extend_from_slice(without_controls(value).as_bytes());
        }
        // A stack trace gets lines of its own, after the other members.
        for (path, text) in &fields.blocks {
            self.continue_line(out);
            self.open(out, DIM);
            out.extend_from_slice(without_controls(path).as_bytes());
            out.push(b':');
            self.close(out, DIM);
            self.continue_line(out);
            self.add_message(out, text.trim_end(), Style::new());
        }
    }

    fn add_message(&self, out: &mut Vec<u8>, text: &str, style: Style) {
        for (number, line) in text.lines().enumerate() {
            if number > 0 {
                self.continue_line(out);
            }
            self.open(out, style);
            add_log_line(out, line, self.color);
            self.close(out, style);
        }
    }

    /// Starts another line of the message, below its first.
    fn continue_line(&self, out: &mut Vec<u8>) {
        out.push(b'\n');
        out.resize(out.len() + self.indent, b' ');
    }

    fn open(&self, out: &mut Vec<u8>, style: Style) {
        if self.color {
            out.extend_from_slice(style.render().to_string().as_bytes());
        }
    }

    fn close(&self, out: &mut Vec<u8>, style: Style) {
        if self.color {
            out.extend_from_slice(style.render_reset().to_string().as_bytes());
        }
    }
}

fn level_style(level: Level) -> Style {
    match level {
        Level::Trace | Level::Debug => DIM,
        Level::Info => OK,
        Level::Warn => WARN,
        Level::Error => ERROR,
        Level::Fatal => ERROR.bold(),
    }
}

/// A name without escape sequences, in which other control characters are replaced.
fn without_controls(text: &str) -> String {
    without_sequences(text).replace(char::is_control, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(message: &str, color: bool) -> String {
        let screen = Screen { width: 80, color };
        let mut text = Text::new(&["g".to_owned()], screen, TimeZone::UTC);
        let stream = "api/api/3f2a91bc0d7e4a55b1c2d3e4f5a6b7c8";
        let event = Event::new((1_763_900_000_007, 0), 0, "", stream, message);
        let mut out = Vec::new();
        text.add(&mut out, &event);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn events_are_aligned_in_columns() {
        assert_eq!(
            formatted("[WARN] a\n  b\n", false),
            "12:13:20.007 api/3f2a91bc     WARN  [WARN] a\n                                      b\n"
        );
        assert_eq!(
            formatted(
                r#"{"level":"error","msg":"it broke","ms":5,"why":"no disk"}"#,
                false
            ),
            "12:13:20.007 api/3f2a91bc     ERROR it broke ms=5 why=\"no disk\"\n"
        );
        assert_eq!(formatted("", false), "12:13:20.007 api/3f2a91bc\n");
    }

    #[test]
    fn each_text_of_several_lines_gets_lines_of_its_own() {
        let message = r#"{"level":50,"msg":"no","err":{"type":"E","stack":"E: no\n    at a"},"sql":"select\n1"}"#;
        let below = "\n                                    ";
        let expected = [
            "12:13:20.007 api/3f2a91bc     ERROR no err={\"type\":\"E\"}",
            "err.stack:",
            "E: no",
            "    at a",
            "sql:",
            "select",
            "1\n",
        ];
        let expected = expected.join(below);
        assert_eq!(formatted(message, false), expected);
    }

    #[test]
    fn control_sequences_are_removed() {
        let evil = "a\x1b]0;title\x07b\x1b[31mred\x1b[0m\x1b[2Jc";
        let text = formatted(evil, false);
        assert!(!text.contains('\x1b') && !text.contains('\x07'), "{text:?}");
        assert!(text.ends_with(" abredc\n"), "{text:?}");
        let text = formatted(evil, true);
        assert!(text.contains("\x1b[31mred"), "{text:?}");
        assert!(
            !text.contains("\x1b]") && !text.contains("[2J\x1b"),
            "{text:?}"
        );
    }
}
