//! The output of a task: one stream of the log group, read forward.

use crate::clients::Clients;
use aws_sdk_ecs::types::TaskDefinition;
use jiff::Timestamp;
use rd_common::aws::Explain;
use rd_common::{Ctx, Result};
use serde::Serialize;

/// One line of a task's output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// When the task printed it.
    pub at: Timestamp,
    /// The line, without its line break.
    pub message: String,
}

/// A log stream, and how far it was read.
#[derive(Clone, Debug)]
pub struct Stream {
    group: String,
    stream: String,
    token: Option<String>,
}

/// The log stream of a task's container; none where its output does not go to CloudWatch Logs.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html>
pub fn stream(definition: &TaskDefinition, container: &str, task: &str) -> Option<Stream> {
    let containers = definition.container_definitions();
    let container_definition = containers
        .iter()
        .find(|one| one.name() == Some(container))?;
    let options = container_definition.log_configuration()?.options()?;
    let prefix = options.get("awslogs-stream-prefix")?;
    Some(Stream {
        group: options.get("awslogs-group")?.clone(),
        stream: format!("{prefix}/{container}/{task}"),
        token: None,
    })
}

impl Stream {
    /// Reads the new lines, in order; none where the stream does not exist (yet).
    pub async fn read_new(&mut self, ctx: &Ctx<Clients>) -> Result<Vec<Line>> {
        let mut lines = Vec::new();
        loop {
            let call = ctx
                .clients
                .logs
                .get_log_events()
                .log_group_name(&self.group)
                .log_stream_name(&self.stream)
                .start_from_head(true)
                .set_next_token(self.token.clone());
            let answer = match call.send().await.doing("read the logs") {
                Err(error) if error.is(&["ResourceNotFoundException"]) => return Ok(lines),
                other => other?,
            };
            lines.extend(answer.events().iter().map(line));
            // At the end of the stream, AWS returns the token that it was given.
            let next = answer.next_forward_token;
            if next == self.token || next.is_none() {
                return Ok(lines);
            }
            self.token = next;
        }
    }

    /// Reads the last lines, at most `most`; none where the stream does not exist.
    pub async fn last(&self, ctx: &Ctx<Clients>, most: i32) -> Result<Vec<Line>> {
        let call = ctx
            .clients
            .logs
            .get_log_events()
            .log_group_name(&self.group)
            .log_stream_name(&self.stream)
            .limit(most);
        match call.send().await.doing("read the logs") {
            Err(error) if error.is(&["ResourceNotFoundException"]) => Ok(Vec::new()),
            other => Ok(other?.events().iter().map(line).collect()),
        }
    }
}

fn line(event: &aws_sdk_cloudwatchlogs::types::OutputLogEvent) -> Line {
    let at = Timestamp::from_millisecond(event.timestamp().unwrap_or_default());
    Line {
        at: at.unwrap_or(Timestamp::UNIX_EPOCH),
        message: event.message().unwrap_or_default().to_owned(),
    }
}
