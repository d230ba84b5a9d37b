//! Selects events: AWS applies the filter pattern, which is checked before the first call; rd-logs applies the rest.

pub mod local_filter;
pub mod pattern;
