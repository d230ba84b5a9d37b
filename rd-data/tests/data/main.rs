//! rd-data against the local AWS API.

mod bad_day;
mod changes;
mod commands;
mod drift;
mod faults;
mod monitoring;
mod offered;
mod one_zone;
mod secrecy;
mod secrets;
mod storage;
