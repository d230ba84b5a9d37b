//! rd-logs against the local AWS API.

mod arns;
mod bad_day;
mod changes;
mod chat_channels;
mod commands;
mod database_events;
mod drift;
mod faults;
mod formats;
mod lifecycle;
mod many_streams;
mod search;
mod search_progress;
mod selection;
mod tail;
mod tail_ends;
mod unordered;
