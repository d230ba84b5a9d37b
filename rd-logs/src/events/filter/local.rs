//! What is filtered here, after AWS's own filter: `--grep` and `--task`.

use crate::events::event::Event;
use rd_common::{Error, Result};
use regex::Regex;

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

    pub fn has(&self, event: &Event) -> bool {
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
