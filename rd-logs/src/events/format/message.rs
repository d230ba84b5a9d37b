//! The level of a message, and its fields if it is a JSON object.

use serde_json::{Map, Value};

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
#[derive(Clone, Debug, PartialEq)]
pub struct Fields {
    /// The level, by name or number.
    pub level: Option<Level>,
    /// The text for people; empty if there is none.
    pub text: String,
    /// The other members, in their order, without the time, since the event's time is shown.
    pub rest: Map<String, Value>,
}

impl Fields {
    /// Parses a message; none if it is not a JSON object.
    pub fn parse(message: &str) -> Option<Self> {
        let message = message.trim();
        if !(message.starts_with('{') && message.ends_with('}')) {
            return None;
        }
        let mut rest: Map<String, Value> = serde_json::from_str(message).ok()?;
        let level_name = LEVELS.iter().find(|name| level(rest.get(**name)).is_some());
        let found = level_name.and_then(|name| level(rest.shift_remove(*name).as_ref()));
        let text_name = TEXTS
            .iter()
            .find(|name| rest.get(**name).is_some_and(Value::is_string));
        let text = match text_name.and_then(|name| rest.shift_remove(*name)) {
            Some(Value::String(text)) => text,
            _ => String::new(),
        };
        if let Some(name) = TIMES.iter().find(|name| is_time(rest.get(**name))) {
            rest.shift_remove(*name);
        }
        Some(Self {
            level: found,
            text,
            rest,
        })
    }
}

fn level(value: Option<&Value>) -> Option<Level> {
    match value? {
        Value::String(name) => Level::named(name),
        Value::Number(number) => Level::numbered(number.as_i64()?),
        _ => None,
    }
}

/// Whether a value is a time: a text that begins with a date, or a number of seconds or milliseconds since 1970.
fn is_time(value: Option<&Value>) -> bool {
    match value {
        Some(Value::String(text)) => {
            let bytes = text.as_bytes();
            bytes.len() >= 10
                && bytes[..4].iter().all(u8::is_ascii_digit)
                && bytes[4] == b'-'
                && bytes[7] == b'-'
        }
        Some(Value::Number(number)) => number.as_f64().is_some_and(|n| n > 1e9),
        _ => false,
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
        let names: Vec<&String> = fields.rest.keys().collect();
        assert_eq!(names, ["pid", "req"]);
        let fields =
            Fields::parse(r#" {"severity":"ERROR","message":"x","time":"soon"} "#).unwrap();
        assert_eq!(fields.level, Some(Level::Error));
        assert_eq!(fields.rest.len(), 1);
        assert_eq!(Fields::parse("{not json}"), None);
        assert_eq!(Fields::parse("[1]"), None);
        assert_eq!(Fields::parse(r#"{"level":"odd"}"#).unwrap().level, None);
    }
}
