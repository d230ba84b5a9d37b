//! Everything that is written to stdout and stderr: records, text for people, errors, questions and progress. No other
//! module writes to them.

pub mod chart;
pub mod check_report;
pub mod clean;
pub mod flow;
pub mod look;
pub mod printer;
pub mod prompt;
pub mod record_file;
pub mod region;
pub mod stderr;
pub mod stream;
pub mod style;
pub mod table;
pub mod terminal_progress;
pub mod value;
pub mod view;
pub mod when;
pub mod wrap;
