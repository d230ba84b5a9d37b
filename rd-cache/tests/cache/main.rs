//! rd-cache against the local AWS API.

mod aws_behaviour;
mod bad_day;
mod changes;
mod commands;
mod drift;
mod events;
mod faults;
