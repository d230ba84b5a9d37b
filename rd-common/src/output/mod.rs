//! What people and programs see. The only place that writes to stdout and stderr.

pub mod check_report;
pub mod printer;
pub mod prompt;
pub mod stream;
pub mod style;
pub mod table;
pub mod terminal_progress;
mod value;
mod view;
