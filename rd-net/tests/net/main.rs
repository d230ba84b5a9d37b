//! Tests of rd-net against the local AWS API.

mod aws_behaviour;
mod bad_day;
mod changes;
mod check;
mod drift;
mod faults;
mod in_use;
mod lag;
mod lifecycle;
mod log_groups;
mod rules;
mod stacks;
mod zones;
