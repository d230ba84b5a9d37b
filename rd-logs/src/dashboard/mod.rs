//! The dashboard: its graphs, its JSON document for AWS, and its plots for the terminal.

pub mod graphs;
pub mod plot;
pub mod widget;
