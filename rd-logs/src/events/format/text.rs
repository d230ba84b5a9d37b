//! For people: time, where it is from, level, message, in columns. A message that is a JSON object is shown as its text
//! and `key=value`; further lines stand under the first. What could command the terminal is taken out.

use super::Screen;
use super::message::{Fields, Level};
use super::short_names::{fit, labels, stream};
use crate::events::event::Event;
use crate::time::clock_text::ClockText;
use anstyle::Style;
use jiff::tz::TimeZone;
use rd_common::output::style::{BOLD, DIM, ERROR, INFO, OK, WARN};
use serde_json::Value;
use std::collections::HashMap;

/// From this width on, the date is shown, and the column of names is wide.
const WIDE: usize = 100;
/// How many streams' labels are kept.
const MOST_LABELS: usize = 4096;

/// Writes events for people.
pub struct Text {
    clock: ClockText,
    colour: bool,
    column: usize,
    indent: usize,
    groups: Vec<String>,
    labels: HashMap<(usize, String), String>,
}

impl Text {
    /// A writer for events of these groups.
    pub fn new(groups: &[String], screen: Screen, zone: TimeZone) -> Self {
        let wide = screen.width >= WIDE;
        let column = if wide { 28 } else { 16 };
        let time = if wide { 23 } else { 12 };
        // Of one group, the name says nothing.
        let mut names = if groups.len() > 1 {
            labels(groups)
        } else {
            Vec::new()
        };
        let longest = names.iter().map(|name| name.chars().count()).max();
        let longest = longest.unwrap_or(0).min(column * 3 / 4);
        for name in &mut names {
            *name = format!("{:longest$} ", fit(name, longest));
        }
        let before = names.first().map_or(0, |_| longest + 1);
        Self {
            clock: ClockText::local(zone, wide),
            colour: screen.colour,
            column,
            indent: time + 1 + before + column + 1 + 5 + 1,
            groups: names,
            labels: HashMap::new(),
        }
    }

    /// Adds an event.
    pub fn add(&mut self, out: &mut Vec<u8>, event: &Event) {
        let message = event.message();
        let message = message.trim_end_matches(['\n', '\r']);
        let fields = Fields::of(message);
        let level = match &fields {
            Some(fields) => fields.level,
            None => Level::of_text(message),
        };
        let style = level.map_or(Style::new(), style);
        // What is as usual has no colour of its own but in the column of levels.
        let usual = level == Some(Level::Info);
        let told = if usual { Style::new() } else { style };
        self.open(out, DIM);
        self.clock.add(out, event.timestamp);
        self.close(out, DIM);
        out.push(b' ');
        let label = self.label(event);
        self.open(out, INFO);
        out.extend_from_slice(label.as_bytes());
        self.close(out, INFO);
        out.push(b' ');
        self.open(out, style);
        out.extend_from_slice(format!("{:5}", level.map_or("", Level::word)).as_bytes());
        self.close(out, style);
        out.push(b' ');
        match fields {
            Some(fields) => self.fields(out, &fields, style),
            None => self.message(out, message, told),
        }
        while out.last() == Some(&b' ') {
            out.pop();
        }
        out.push(b'\n');
    }

    fn label(&mut self, event: &Event) -> String {
        let key = (event.group, event.written_stream().to_owned());
        if let Some(label) = self.labels.get(&key) {
            return label.clone();
        }
        let stream = stream(&plain(&event.stream()));
        let column = self.column;
        let group = self.groups.get(event.group).map_or("", String::as_str);
        let label = format!("{group}{:column$}", fit(&stream, column));
        if self.labels.len() >= MOST_LABELS {
            self.labels.clear();
        }
        self.labels.insert(key, label.clone());
        label
    }

    fn fields(&self, out: &mut Vec<u8>, fields: &Fields, style: Style) {
        let strong = fields.level.is_some_and(|level| level >= Level::Error);
        let style = if strong { style } else { BOLD };
        if !fields.text.is_empty() {
            self.message(out, &fields.text, style);
        }
        let mut stack = None;
        for (key, value) in &fields.rest {
            // A stack trace is read in lines of its own.
            if let Value::String(text) = value
                && text.contains('\n')
            {
                stack = Some((key, text));
                continue;
            }
            if out.last() != Some(&b' ') {
                out.push(b' ');
            }
            self.open(out, DIM);
            out.extend_from_slice(plain(key).as_bytes());
            out.push(b'=');
            self.close(out, DIM);
            out.extend_from_slice(plain(&shown(value)).as_bytes());
        }
        if let Some((key, text)) = stack {
            self.further(out);
            self.open(out, DIM);
            out.extend_from_slice(plain(key).as_bytes());
            out.push(b':');
            self.close(out, DIM);
            self.further(out);
            self.message(out, text.trim_end(), Style::new());
        }
    }

    fn message(&self, out: &mut Vec<u8>, text: &str, style: Style) {
        for (number, line) in text.lines().enumerate() {
            if number > 0 {
                self.further(out);
            }
            self.open(out, style);
            self.safe(out, line);
            self.close(out, style);
        }
    }

    /// Begins another line under the message.
    fn further(&self, out: &mut Vec<u8>) {
        out.push(b'\n');
        out.resize(out.len() + self.indent, b' ');
    }

    /// Adds a line without what a terminal would take for a command; colours of the program that wrote it stay where
    /// colours are shown.
    fn safe(&self, out: &mut Vec<u8>, line: &str) {
        if !line.chars().any(char::is_control) {
            out.extend_from_slice(line.as_bytes());
            return;
        }
        let mut rest = line;
        let mut coloured = false;
        while let Some(at) = rest.find(char::is_control) {
            out.extend_from_slice(&rest.as_bytes()[..at]);
            rest = &rest[at..];
            if let Some(length) = colour_length(rest) {
                if self.colour {
                    out.extend_from_slice(&rest.as_bytes()[..length]);
                    coloured = true;
                }
                rest = &rest[length..];
                continue;
            }
            let control = rest.chars().next().unwrap_or_default();
            match control {
                '\t' => out.extend_from_slice(b"\t"),
                '\r' => {}
                _ => out.extend_from_slice("\u{fffd}".as_bytes()),
            }
            rest = &rest[control.len_utf8()..];
        }
        out.extend_from_slice(rest.as_bytes());
        if coloured {
            out.extend_from_slice(b"\x1b[0m");
        }
    }

    fn open(&self, out: &mut Vec<u8>, style: Style) {
        if self.colour {
            out.extend_from_slice(style.render().to_string().as_bytes());
        }
    }

    fn close(&self, out: &mut Vec<u8>, style: Style) {
        if self.colour {
            out.extend_from_slice(style.render_reset().to_string().as_bytes());
        }
    }
}

fn style(level: Level) -> Style {
    match level {
        Level::Trace | Level::Debug => DIM,
        Level::Info => OK,
        Level::Warn => WARN,
        Level::Error => ERROR,
        Level::Fatal => ERROR.bold(),
    }
}

/// The length of a colour command (SGR) at the beginning.
fn colour_length(text: &str) -> Option<usize> {
    let parameters = text.strip_prefix("\x1b[")?;
    let length = parameters.find(|l: char| !l.is_ascii_digit() && l != ';')?;
    parameters[length..]
        .starts_with('m')
        .then_some(2 + length + 1)
}

/// A name without control characters.
fn plain(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

/// A value as `key=value` shows it: a text without quotes unless it has spaces or is empty.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text)
            if !text.is_empty() && !text.contains(|l: char| l.is_whitespace() || l == '"') =>
        {
            text.clone()
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(message: &str, colour: bool) -> String {
        let screen = Screen { width: 80, colour };
        let mut text = Text::new(&["g".to_owned()], screen, TimeZone::UTC);
        let stream = "api/api/3f2a91bc0d7e4a55b1c2d3e4f5a6b7c8";
        let event = Event::new((1_763_900_000_007, 0), 0, "", stream, message);
        let mut out = Vec::new();
        text.add(&mut out, &event);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns() {
        assert_eq!(
            written("[WARN] a\n  b\n", false),
            "12:13:20.007 api/3f2a91bc     WARN  [WARN] a\n                                      b\n"
        );
        assert_eq!(
            written(
                r#"{"level":"error","msg":"it broke","ms":5,"why":"no disk"}"#,
                false
            ),
            "12:13:20.007 api/3f2a91bc     ERROR it broke ms=5 why=\"no disk\"\n"
        );
        assert_eq!(written("", false), "12:13:20.007 api/3f2a91bc\n");
    }

    #[test]
    fn a_message_cannot_command_the_terminal() {
        let evil = "a\x1b]0;title\x07b\x1b[31mred\x1b[0m\x1b[2Jc";
        let text = written(evil, false);
        assert!(!text.contains('\x1b') && !text.contains('\x07'), "{text:?}");
        assert!(text.contains("red"), "{text:?}");
        let text = written(evil, true);
        assert!(text.contains("\x1b[31mred"), "{text:?}");
        assert!(
            !text.contains("\x1b]") && !text.contains("[2J\x1b"),
            "{text:?}"
        );
    }
}
