//! What a task has printed: one stream of the log group, read forward.

use crate::clients::Clients;
use aws_sdk_ecs::types::TaskDefinition;
use jiff::Timestamp;
use rd_common::aws::Explain;
use rd_common::{Ctx, Result};
use serde::Serialize;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// When it was printed.
    pub at: Timestamp,
    /// It.
    pub message: String,
}

/// A stream, and how far it was read.
#[derive(Clone, Debug)]
pub struct Stream {
    group: String,
    stream: String,
    token: Option<String>,
}

/// The stream of a container of a task; none where its output does not go to CloudWatch Logs.
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
    /// What was not read yet, in order. A stream that is not there (yet) has nothing.
    pub async fn more(&mut self, ctx: &Ctx<Clients>) -> Result<Vec<Line>> {
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
            // At the end AWS gives back the token that it was given.
            let next = answer.next_forward_token;
            if next == self.token || next.is_none() {
                return Ok(lines);
            }
            self.token = next;
        }
    }

    /// The last lines, at most `most`.
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
