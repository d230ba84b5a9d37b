//! Where events end: what `--grep` and `--task` leave, written to stdout in large pieces.

use super::event::Event;
use super::format::Writer;
use rd_common::output::stream::Stream;
use rd_common::{Error, Result};
use regex::Regex;

/// How much is gathered before it is handed to the writing thread, in bytes.
const PIECE: usize = 512 * 1024;

/// What is left out here, after AWS's own filter.
#[derive(Clone, Debug, Default)]
pub struct Picks {
    /// Messages that it matches.
    pub grep: Option<Regex>,
    /// Streams of this ECS task: their last part is its id, or begins with it.
    pub task: Option<String>,
}

impl Picks {
    /// From the flags.
    pub fn new(grep: Option<&str>, task: Option<&str>) -> Result<Self> {
        let grep = grep.map(Regex::new).transpose().map_err(|e| {
            let reason = e.to_string();
            let reason = reason.lines().last().unwrap_or_default().to_owned();
            Error::usage(format!("--grep is no regular expression: {reason}"))
                .hint("the syntax is that of https://docs.rs/regex; a backslash before a special character takes it as it is")
        })?;
        Ok(Self {
            grep,
            task: task.map(task_id),
        })
    }

    fn has(&self, event: &Event) -> bool {
        let task = self.task.as_ref().is_none_or(|task| {
            let stream = event.stream();
            let last = stream.rsplit('/').next();
            last.is_some_and(|last| last.starts_with(task.as_str()))
        });
        task && self
            .grep
            .as_ref()
            .is_none_or(|grep| grep.is_match(&event.message()))
    }
}

/// The id of a task, also from its ARN.
pub fn task_id(task: &str) -> String {
    task.rsplit('/').next().unwrap_or(task).to_owned()
}

/// Writes events.
pub struct Sink {
    picks: Picks,
    writer: Writer,
    /// stdout.
    pub stream: Stream,
    buffer: Vec<u8>,
    /// How many were written.
    pub written: u64,
}

impl Sink {
    /// A sink. From here on stdout is its own.
    pub fn new(picks: Picks, writer: Writer) -> Self {
        Self {
            picks,
            writer,
            stream: Stream::start(),
            buffer: Vec::new(),
            written: 0,
        }
    }

    /// Takes an event.
    pub fn put(&mut self, event: &Event) {
        if self.picks.has(event) {
            self.writer.add(&mut self.buffer, event);
            self.written += 1;
        }
    }

    /// Whether enough is gathered to be handed over.
    pub fn is_full(&self) -> bool {
        self.buffer.len() >= PIECE
    }

    /// Hands over what is gathered; waits while the reader is slow.
    pub async fn send(&mut self) {
        self.stream.send(&mut self.buffer).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_known_by_the_end_of_the_stream() {
        let event = |stream: &str| Event::new((0, 0), 0, "", stream, "GET /health 200");
        let arn = "arn:aws:ecs:us-east-1:123456789012:task/shop/0f1e2d";
        let picks = Picks::new(Some("2[0-9]{2}$"), Some(arn)).unwrap();
        assert!(picks.has(&event("api/api/0f1e2d3c")));
        assert!(!picks.has(&event("api/0f1e2d/other")));
        assert!(!Picks::new(Some("^5"), None).unwrap().has(&event("x")));
        let error = Picks::new(Some("("), None).unwrap_err();
        assert!(error.summary.contains("--grep"), "{error}");
    }
}
