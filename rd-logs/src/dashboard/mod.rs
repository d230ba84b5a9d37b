//! The dashboard: which graphs it has, how AWS wants them written, and how they are drawn on a terminal.

pub mod graphs;
pub mod plot;
pub mod widget;
