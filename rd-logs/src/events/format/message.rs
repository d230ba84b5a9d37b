//! The level of a message, and its fields if it is a JSON object.

use crate::events::json_text::escape::unescaped;
use crate::events::json_text::parser::Parser;
use crate::events::json_text::portable::portable;
use rd_common::output::clean::without_sequences;
use serde_json::Value;
use std::str::from_utf8;

/// The level of a message, from the least to the most severe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Named `trace` in messages.
    Trace,
    /// Named `debug` in messages.
    Debug,
    /// Named `info`, `notice`, or `LOG` by PostgreSQL.
    Info,
    /// Named `warn` or `warning` in messages.
    Warn,
    /// Named `error`, `err`, `severe` or `exception`.
    Error,
    /// Named `fatal`, `critical`, `alert`, `emergency` or `panic`.
    Fatal,
}

impl Level {
    /// The name in the column of levels, at most five characters.
    pub fn name(self) -> &'static str {
        match self {
            Level::Trace => "TRACE",
            Level::Debug => "DEBUG",
            Level::Info => "INFO",
            Level::Warn => "WARN",
            Level::Error => "ERROR",
            Level::Fatal => "FATAL",
        }
    }

    /// The level with this name, in lower or upper case.
    fn named(name: &str) -> Option<Self> {
        const NAMES: [(&str, Level); 18] = [
            ("trace", Level::Trace),
            ("debug", Level::Debug),
            ("info", Level::Info),
            ("information", Level::Info),
            ("notice", Level::Info),
            ("log", Level::Info),
            ("warn", Level::Warn),
            ("warning", Level::Warn),
            ("error", Level::Error),
            ("err", Level::Error),
            ("severe", Level::Error),
            ("exception", Level::Error),
            ("fatal", Level::Fatal),
            ("critical", Level::Fatal),
            ("crit", Level::Fatal),
            ("alert", Level::Fatal),
            ("emergency", Level::Fatal),
            ("panic", Level::Fatal),
        ];
        NAMES
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, level)| *level)
    }

    /// The level with this number, from 10 to 60, as pino and bunyan write it.
    fn numbered(number: i64) -> Option<Self> {
        Some(match number {
            10..20 => Level::Trace,
            20..30 => Level::Debug,
            30..40 => Level::Info,
            40..50 => Level::Warn,
            50..60 => Level::Error,
            60..70 => Level::Fatal,
            _ => return None,
        })
    }

    /// The level of a message that is plain text: that of `level=…`, or the first level that its first hundred bytes
    /// name in capitals, as in `2026-11-23 14:00:00 [ERROR] …` or PostgreSQL's `… LOG: …`.
    pub fn of_text(text: &str) -> Option<Self> {
        let mut end = text.len().min(100);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let head = &text[..end];
        // The Go runtime prints this.
        if head.starts_with("panic: ") {
            return Some(Level::Fatal);
        }
        if let Some(at) = head.find("level=") {
            let word = head[at + 6..].trim_start_matches('"');
            let length = word.find(|l: char| !l.is_ascii_alphabetic());
            return Level::named(&word[..length.unwrap_or(word.len())]);
        }
        head.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
            .filter(|word| word.len() >= 3 && word.bytes().all(|b| b.is_ascii_uppercase()))
            .filter(|word| *word != "EXCEPTION" && *word != "ALERT")
            .find_map(Level::named)
    }
}

/// The names that loggers give to the member with the level.
const LEVELS: [&str; 5] = ["level", "severity", "lvl", "levelname", "log.level"];
/// The names that loggers give to the member with the text.
const TEXTS: [&str; 3] = ["msg", "message", "event"];
/// The names that loggers give to the member with the time.
const TIMES: [&str; 5] = ["time", "timestamp", "ts", "@timestamp", "datetime"];

/// The members of a message that is a JSON object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    /// The level, by name or number.
    pub level: Option<Level>,
    /// The text for people; empty if there is none.
    pub text: String,
    /// The other members that fit on one line, in their order, without the time, since the event's time is shown. Numbers
    /// are as they were sent.
    pub rest: Vec<(String, String)>,
    /// Texts of several lines, such as stack traces, also those within other members: their path, such as `err.stack`,
    /// and the text.
    pub blocks: Vec<(String, String)>,
}

impl Fields {
    /// Parses a message; none if it is not a JSON object.
    pub fn parse(message: &str) -> Option<Self> {
        let message = message.trim();
        if !(message.starts_with('{') && message.ends_with('}')) {
            return None;
        }
        let message = portable(message)?;
        let mut members = members(&message)?;
        let mut take = |names: &[&str], wanted: fn(&str) -> bool| {
            let found = names.iter().find_map(|name| {
                members
                    .iter()
                    .position(|(member, value)| member == name && wanted(value))
            });
            found.map(|at| members.remove(at).1)
        };
        let found = take(&LEVELS, |value| level(value).is_some()).and_then(level);
        let text = take(&TEXTS, |value| value.starts_with('"')).and_then(text_of);
        take(&TIMES, is_time);
        let (mut rest, mut blocks) = (Vec::new(), Vec::new());
        for (name, value) in members {
            if let Some(value) = on_one_line(value, &name, &mut blocks)? {
                rest.push((name, value));
            }
        }
        Some(Self {
            level: found,
            text: text.unwrap_or_default(),
            rest,
            blocks,
        })
    }
}

/// The names of an object's members, and their values as they were sent. Of members with the same name, the last one
/// counts.
fn members(object: &str) -> Option<Vec<(String, &str)>> {
    let mut members: Vec<(String, &str)> = Vec::new();
    let mut parser = Parser::new(object.as_bytes());
    parser.object(|parser, name| {
        let name = unescaped(from_utf8(name).ok()?)?;
        let start = parser.at;
        parser.skip_value()?;
        let value = object.get(start..parser.at)?;
        match members.iter_mut().find(|(other, _)| *other == name) {
            Some(member) => member.1 = value,
            None => members.push((name, value)),
        }
        Some(())
    })?;
    Some(members)
}

/// The text of a JSON string; none for another value.
fn text_of(value: &str) -> Option<String> {
    unescaped(value.strip_prefix('"')?.strip_suffix('"')?)
}

/// A value on one line: a text without quotes, unless it is empty or has blanks or quotes; anything else as it was sent,
/// without the blanks between values. Texts of several lines go to `blocks`; none if nothing else is left.
fn on_one_line(
    value: &str,
    path: &str,
    blocks: &mut Vec<(String, String)>,
) -> Option<Option<String>> {
    if let Some(text) = text_of(value) {
        if text.trim_end().contains('\n') {
            blocks.push((path.to_owned(), text));
            return Some(None);
        }
        let text = without_sequences(&text);
        let quoted = text.is_empty() || text.contains(|l: char| l.is_whitespace() || l == '"');
        return Some(Some(match quoted {
            true => Value::from(text).to_string(),
            false => text,
        }));
    }
    nested(value, path, blocks)
}

/// As [`on_one_line`], with quotes around texts.
fn nested(value: &str, path: &str, blocks: &mut Vec<(String, String)>) -> Option<Option<String>> {
    if let Some(text) = text_of(value) {
        if text.trim_end().contains('\n') {
            blocks.push((path.to_owned(), text));
            return Some(None);
        }
        return Some(Some(Value::from(without_sequences(&text)).to_string()));
    }
    if value.starts_with('{') {
        let members = members(value)?;
        let (count, mut kept) = (members.len(), Vec::new());
        for (name, value) in members {
            if let Some(value) = nested(value, &format!("{path}.{name}"), blocks)? {
                kept.push(format!("{}:{value}", Value::from(name)));
            }
        }
        let shown = count == 0 || !kept.is_empty();
        return Some(shown.then(|| format!("{{{}}}", kept.join(","))));
    }
    if value.starts_with('[') {
        let mut items = Vec::new();
        let mut parser = Parser::new(value.as_bytes());
        parser.array(|parser| {
            parser.skip_blanks();
            let start = parser.at;
            parser.skip_value()?;
            items.push(value.get(start..parser.at)?);
            Some(())
        })?;
        // An item has no name of its own, so its texts stay where they are.
        let items: Option<Vec<String>> = items.into_iter().map(in_array).collect();
        return Some(Some(format!("[{}]", items?.join(","))));
    }
    Some(Some(value.to_owned()))
}

/// An item of an array on one line, with the line ends of its texts escaped.
fn in_array(value: &str) -> Option<String> {
    let mut blocks = Vec::new();
    match nested(value, "", &mut blocks)? {
        Some(text) if blocks.is_empty() => Some(text),
        _ => {
            let value: Value = serde_json::from_str(value).ok()?;
            Some(value.to_string())
        }
    }
}

fn level(value: &str) -> Option<Level> {
    match text_of(value) {
        Some(name) => Level::named(&name),
        None => Level::numbered(value.parse().ok()?),
    }
}

/// Whether a value is a time: a text that begins with a date, or a number of seconds or milliseconds since 1970.
fn is_time(value: &str) -> bool {
    match text_of(value) {
        Some(text) => {
            let bytes = text.as_bytes();
            bytes.len() >= 10
                && bytes[..4].iter().all(u8::is_ascii_digit)
                && bytes[4] == b'-'
                && bytes[7] == b'-'
        }
        None => value.parse::<f64>().is_ok_and(|number| number > 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_plain_text() {
        for (text, expected) in [
            ("2026-11-23 14:00:00 [ERROR] it broke", Some(Level::Error)),
            (
                "2026-11-23 UTC:10.0.1.2(5):app@app:[7]:LOG:  duration: 3 ms",
                Some(Level::Info),
            ),
            (
                "UTC:[7]:FATAL:  password authentication failed",
                Some(Level::Fatal),
            ),
            ("time=\"…\" level=warning msg=x", Some(Level::Warn)),
            ("level=\"error\" x", Some(Level::Error)),
            ("WARN  disk", Some(Level::Warn)),
            ("an error in words", None),
            ("ERRORS", None),
            ("panic: runtime error", Some(Level::Fatal)),
            ("GET /INFO", Some(Level::Info)),
            ("", None),
        ] {
            assert_eq!(Level::of_text(text), expected, "{text}");
        }
        let long = format!("{}é ERROR", "x".repeat(98));
        assert_eq!(Level::of_text(&long), None);
    }

    #[test]
    fn level_text_and_other_fields_of_json_messages() {
        let fields = Fields::parse(
            r#"{"level":30,"time":1763900000123,"pid":7,"msg":"listening","req":{"id":"a"}}"#,
        )
        .unwrap();
        assert_eq!(
            (fields.level, fields.text.as_str()),
            (Some(Level::Info), "listening")
        );
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            fields.rest,
            [pair("pid", "7"), pair("req", r#"{"id":"a"}"#)]
        );
        let fields =
            Fields::parse(r#" {"severity":"ERROR","message":"x","time":"soon"} "#).unwrap();
        assert_eq!(fields.level, Some(Level::Error));
        assert_eq!(fields.rest.len(), 1);
        assert_eq!(Fields::parse("{not json}"), None);
        assert_eq!(Fields::parse("[1]"), None);
        assert_eq!(Fields::parse(r#"{"level":"odd"}"#).unwrap().level, None);
    }
    #[test]
    fn numbers_are_not_rounded_and_texts_of_several_lines_have_a_path() {
        let fields = Fields::parse(
            r#"{"id":12345678901234567890123, "ms":1.50, "color":"\u001b[31mred\u001b[0m", "note":"a\nb",
                "err":{"type":"Error", "stack":"Error: no\n  at a", "cause":{"stack":"x\ny"}}, "list":[ 1, "a\nb" ]}"#,
        )
        .unwrap();
        let shown: Vec<String> = fields
            .rest
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(
            shown,
            [
                "id=12345678901234567890123",
                "ms=1.50",
                "color=red",
                r#"err={"type":"Error"}"#,
                r#"list=[1,"a\nb"]"#,
            ]
        );
        let paths: Vec<&str> = fields
            .blocks
            .iter()
            .map(|(path, _)| path.as_str())
            .collect();
        assert_eq!(paths, ["note", "err.stack", "err.cause.stack"]);
    }
}
