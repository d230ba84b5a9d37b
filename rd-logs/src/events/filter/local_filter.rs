//! The filters that rd-logs applies itself, after AWS's filter pattern: `--grep` and `--task`.

use crate::events::event::Event;
use rd_common::{Error, Result};
use regex::Regex;

/// Selects events by message and ECS task. Without either, it selects all.
#[derive(Clone, Debug, Default)]
pub struct LocalFilter {
    /// The regular expression that the message must match.
    pub grep: Option<Regex>,
    /// Whether the message must not match it instead.
    pub inverted: bool,
    /// The id of an ECS task, or the beginning of it: the last part of the stream's name must begin with it.
    pub task: Option<String>,
}

impl LocalFilter {
    /// The filter for the values of `--grep`, `--invert-match` and `--task`. Fails if the regular expression is invalid.
    pub fn new(grep: Option<&str>, inverted: bool, task: Option<&str>) -> Result<Self> {
        let grep = grep.map(Regex::new).transpose().map_err(|e| {
            let reason = e.to_string();
            let reason = reason.lines().last().unwrap_or_default().to_owned();
            Error::usage(format!("--grep is not a valid regular expression: {reason}"))
                .hint("https://docs.rs/regex has the syntax; put a backslash before a special character to match it literally")
        })?;
        Ok(Self {
            grep,
            inverted,
            task: task.map(task_id),
        })
    }

    /// Whether an event is selected.
    pub fn matches(&self, event: &Event) -> bool {
        let task = self
            .task
            .as_ref()
            .is_none_or(|task| is_of_task(&event.stream(), task));
        task && self
            .grep
            .as_ref()
            .is_none_or(|grep| grep.is_match(&event.message()) != self.inverted)
    }
}

/// Whether a stream is one of an ECS task, which is given by its id or the beginning of it.
pub fn is_of_task(stream: &str, task: &str) -> bool {
    let last = stream.rsplit('/').next();
    last.is_some_and(|last| last.starts_with(task))
}

/// The id of an ECS task, from the id or the ARN.
fn task_id(task: &str) -> String {
    task.rsplit('/').next().unwrap_or(task).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_found_by_the_end_of_its_stream() {
        let event = |stream: &str| Event::new((0, 0), 0, "", stream, "GET /health 200");
        let arn = "arn:aws:ecs:us-east-1:123456789012:task/shop/0f1e2d";
        let filter = LocalFilter::new(Some("2[0-9]{2}$"), false, Some(arn)).unwrap();
        assert!(filter.matches(&event("api/api/0f1e2d3c")));
        assert!(!filter.matches(&event("api/0f1e2d/other")));
        for (inverted, expected) in [(false, false), (true, true)] {
            let other = LocalFilter::new(Some("^5"), inverted, None).unwrap();
            assert_eq!(other.matches(&event("x")), expected);
        }
        let error = LocalFilter::new(Some("("), false, None).unwrap_err();
        assert!(error.summary.contains("--grep"), "{error}");
    }
}
