//! `rd-logs`: the alarms, the dashboard and the logs of a stack.

mod alarm_rules;
mod alarm_state;
mod chat;
mod clients;
mod cloudwatch_tags;
mod commands;
mod config;
mod dashboard;
mod discover;
mod events;
mod kinds;
mod metric;
mod names;
mod permissions;
mod scan;
mod slice;
mod time;

use rd_common::cli::{About, main as run};
use std::process::ExitCode;

fn main() -> ExitCode {
    run::<slice::Logs, commands::Command>(About {
        name: "rd-logs",
        about: "The monitoring of a stack: alarms and their subscriptions, dashboard, metrics and logs",
        examples: "  rd-logs alarms                                  list the alarms with state and reason\n  \
                   rd-logs dashboard                               print the URL of the dashboard\n  \
                   rd-logs tail --follow --filter ERROR | jq .message",
        samples: &[
            ("{address}", "logs.topic.alarms"),
            (
                "{id}",
                "arn:aws:sns:us-east-1:123456789012:shop-production-alarms",
            ),
            ("{output}", "topic_arn"),
        ],
    })
}
