//! rd-edge against the local AWS API, and against web servers on loopback.

mod aws_behaviour;
mod bad_day;
mod changes;
mod check;
mod drift;
mod faults;
mod lifecycle;
mod rules;
mod servers;
