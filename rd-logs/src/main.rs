//! `rd-logs`: the alarms, the dashboard and the logs of a stack.

mod alarm_rules;
mod alarm_state;
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
mod slice;
mod time;

use rd_common::cli::{About, main as run};
use std::process::ExitCode;

fn main() -> ExitCode {
    run::<slice::Logs, commands::Command>(About {
        name: "rd-logs",
        about: "What a stack says of itself: alarms, their topic, the dashboard, and its logs",
        examples: "  rd-logs alarms                                  the alarms, since when, and why\n  \
                   rd-logs dashboard                               the dashboard's URL\n  \
                   rd-logs tail --follow --filter ERROR | jq .message",
    })
}
