//! `exec`: opens a shell, or runs another program, in a running task.

use crate::service_context::ServiceContext;
use crate::session::{OpenedTask, Plugin, Session, command_line, is_refusal, ready_task};
use rd_common::aws::Explain;
use rd_common::context::Context;
use rd_common::output::printer::print_warning;
use rd_common::{Exit, Result};
use serde_json::json;
use std::io::IsTerminal;

/// The flags of `rd-ecs exec`.
#[derive(clap::Args, Clone, Debug)]
pub struct ExecArgs {
    /// The task, by its id or the beginning of it [default: the service's newest healthy task]
    #[arg(long, value_name = "ID")]
    task: Option<String>,
    /// The container [default: the application's]
    #[arg(long, value_name = "NAME")]
    container: Option<String>,
    /// The program to run, without a shell: `| > $` need `sh -c`
    #[arg(last = true, value_name = "CMD", default_value = "/bin/sh")]
    command: Vec<String>,
}

/// Opens the session. On success it does not return: the plugin replaces this process.
pub async fn run(context: &Context, args: &ExecArgs) -> Result<Exit> {
    let plugin = Plugin::find()?;
    let service = ServiceContext::open(context).await?;
    let (task, container) = (args.task.as_deref(), args.container.as_deref());
    let opened = ready_task(context, &service, task, container).await?;
    let session = match open(&service, &opened, &args.command).await {
        Err(error) if is_refusal(&error) => return Err(opened.explain(Some(&error)).await?),
        other => other?,
    };
    plugin.warn_if_outdated();
    print_warnings();
    Err(plugin.replace_process(&session))
}

async fn open(
    service: &ServiceContext,
    opened: &OpenedTask<'_>,
    command: &[String],
) -> Result<Session> {
    let call = service.ctx().clients.ecs.execute_command();
    let call = call
        .cluster(&service.cluster)
        .task(&opened.task.arn)
        .container(&opened.container.name)
        .command(command_line(command))
        .interactive(true);
    let target = json!({"Target": opened.target()?});
    let open = async || call.clone().send().await.doing("open a session");
    let answer = service.ctx().retrying_if_not_done(open).await?;
    let session = answer.session();
    let values = [
        session.and_then(|session| session.session_id()),
        session.and_then(|session| session.stream_url()),
        session.and_then(|session| session.token_value()),
    ];
    opened.session(values, target)
}

/// Warns of what Session Manager lacks for a script.
/// <https://github.com/aws/session-manager-plugin/issues/59>
fn print_warnings() {
    if !std::io::stdin().is_terminal() {
        print_warning(
            "stdin is not a terminal: the session ends when stdin ends, perhaps before the command does, and the exit code is 0 whatever the command's is",
            "rd-ecs run has neither limit: it starts a task of its own and exits with the command's exit code",
        );
    }
}
