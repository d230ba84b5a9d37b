//! Tests of rd-state with states that the slices' programs wrote against the local AWS API.

mod adopt;
mod adopt_backend;
mod adopt_database;
mod adopt_edge;
mod adopt_faults;
mod adopt_scan;
mod commands;
mod imports;
mod lost_lock;
mod recipes;
mod recovery;
mod views;
