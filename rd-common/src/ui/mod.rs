//! What people and programs see. The only place that writes to stdout and stderr.

pub mod printer;
pub mod progress;
pub mod prompt;
pub mod stream;
pub mod style;
pub mod table;
mod value;
mod view;
