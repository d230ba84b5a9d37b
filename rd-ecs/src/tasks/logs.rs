//! The output of a task: one stream of the log group, read forward.

use crate::clients::Clients;
use aws_sdk_ecs::types::TaskDefinition;
use jiff::Timestamp;
use rd_common::aws::Explain;
use rd_common::{Ctx, Error, Result};
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
    /// How many lines were read since the beginning of the stream.
    read: usize,
    /// How many lines to leave out, because they were read before the token expired.
    known: usize,
}

/// What a read has brought: the new lines, and why there may be more that could not be read.
#[derive(Clone, Debug, Default)]
pub struct NewLines {
    /// The lines, in order.
    pub lines: Vec<Line>,
    /// Why the read ended before the end of the stream. The next read continues there.
    pub error: Option<Error>,
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
        read: 0,
        known: 0,
    })
}

impl Stream {
    /// Reads the new lines; none where the stream does not exist (yet). The lines of the pages before one that failed
    /// are not lost.
    pub async fn read_new(&mut self, ctx: &Ctx<Clients>) -> NewLines {
        let mut new = NewLines::default();
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
                Ok(answer) => answer,
                Err(error) if error.is(&["ResourceNotFoundException"]) => return new,
                // A token is valid for 24 hours: from the beginning again, without what was read.
                // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
                Err(error) if self.token.is_some() && error.is(&["InvalidParameterException"]) => {
                    self.token = None;
                    self.known = self.read;
                    self.read = 0;
                    continue;
                }
                Err(error) => {
                    new.error = Some(error);
                    return new;
                }
            };
            let known = self.known.saturating_sub(self.read);
            new.lines
                .extend(answer.events().iter().skip(known).map(line));
            self.read += answer.events().len();
            // At the end of the stream, AWS returns the token that it was given.
            let next = answer.next_forward_token;
            if next == self.token || next.is_none() {
                return new;
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
