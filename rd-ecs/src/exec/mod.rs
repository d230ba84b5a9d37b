//! A shell in a running task: which task, what may keep a session from it, and the program that speaks with it.
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html>

mod causes;
mod choose;
mod plugin;
mod words;

pub use causes::{agent, beforehand, further};
pub use choose::{Container, choose, container};
pub use plugin::{Plugin, Session};
pub use words::line;
