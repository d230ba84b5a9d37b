//! What the tests share: a local AWS API, an account for each test, and the real programs, run as users run them.
//!
//! A test creates a [`World`]: a folder with an `rd.toml`, credentials of an account of its own, and programs that call
//! the local AWS API. This crate is only for tests: it panics where a test fails.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a helper of tests fails the test that calls it, and says there what it did"
)]

pub mod archive;
mod bad_day;
pub mod canned;
mod domain;
pub mod drift;
pub mod faults;
mod http;
mod inventory;
pub mod kinds;
pub mod log_events;
mod metric;
pub mod network;
mod restricted;
pub mod rounds;
mod run;
mod schema;
mod screen;
mod secrecy;
mod server;
mod service;
mod stand_ins;
mod terminal;
mod watched;
mod world;

pub use bad_day::bad_days;
pub use http::{Answer, request};
pub use run::{Done, Rd, finish};
pub use schema::{assert_fits, fits, schema_of};
pub use screen::screen;
pub use secrecy::carriers;
pub use server::endpoint;
pub use terminal::Terminal;
pub use world::{Api, CLOUDWATCH, ELASTICACHE, ELB, RDS, SNS, World};
