//! Tests of rd-store against the local AWS API.

mod contents;
mod faults;
mod settings;
