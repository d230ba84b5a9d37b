//! ECS Exec, a session in a running task: which task and container, why a session cannot be opened, and the Session
//! Manager plugin.
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html>

mod causes;
mod choose;
mod command_line;
mod plugin;

pub use causes::{agent_is_running, check_before_call, explain_refusal};
pub use choose::{Container, choose_container, choose_task};
pub use command_line::command_line;
pub use plugin::{Plugin, Session};
