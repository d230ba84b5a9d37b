//! ECS tasks: what AWS reports about them, their output, and how to stop them.

pub mod logs;
pub mod stop_tasks;
mod task;

pub use task::{Task, TaskScope, ids, list, named, read};
