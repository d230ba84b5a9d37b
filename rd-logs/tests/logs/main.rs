//! rd-logs against the local AWS API.

mod bad_day;
mod changes;
mod commands;
mod database_events;
mod drift;
mod faults;
mod formats;
mod lifecycle;
mod search;
mod tail;
mod tail_ends;
mod unordered;
