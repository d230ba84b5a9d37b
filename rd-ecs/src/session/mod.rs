//! Sessions in a running task, by Session Manager: a terminal (ECS Exec), or a forwarded port. Which task and container,
//! why a session cannot be opened, and the Session Manager plugin.
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html>

mod causes;
mod choose;
mod command_line;
mod forwarding;
mod open;
mod plugin;
mod tunnel;

pub use command_line::command_line;
pub use forwarding::Forwarding;
pub use open::{OpenedTask, is_refusal, ready_task};
pub use plugin::{Plugin, Session};
pub use tunnel::Tunnel;
