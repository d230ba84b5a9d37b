//! Tests of rd-store against the local AWS API.

mod aws_behaviour;
mod bad_day;
mod contents;
mod faults;
mod settings;
