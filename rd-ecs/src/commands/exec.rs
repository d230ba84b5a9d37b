//! `exec`: opens a shell, or runs another program, in a running task.

use crate::exec::{
    Container, Plugin, Session, agent_is_running, check_before_call, choose_container, choose_task,
    command_line, explain_refusal,
};
use crate::names::last;
use crate::service_context::ServiceContext;
use crate::tasks::Task;
use rd_common::aws::Explain;
use rd_common::context::Context;
use rd_common::output::printer::print_warning;
use rd_common::{Error, Exit, Result};
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
    let (live, task) =
        tokio::try_join!(service.read(), choose_task(&service, args.task.as_deref()))?;
    check_before_call(&task, &live)?;
    let container = choose_container(&service, &task, args.container.as_deref()).await?;
    if !agent_is_running(&container) {
        return Err(explain_refusal(context, &service, &task, &container, None).await?);
    }
    let session = match open(context, &service, &task, &container, &args.command).await {
        Err(error) if is_refusal(&error) => {
            return Err(explain_refusal(context, &service, &task, &container, Some(&error)).await?);
        }
        other => other?,
    };
    print_warnings(&plugin);
    Err(plugin.replace_process(&session))
}

/// Whether AWS cannot reach the agent; other errors are about the call itself.
fn is_refusal(error: &Error) -> bool {
    error.is(&["TargetNotConnectedException", "InvalidParameterException"])
}

async fn open(
    context: &Context,
    service: &ServiceContext,
    task: &Task,
    container: &Container,
    command: &[String],
) -> Result<Session> {
    let call = service.ctx().clients.ecs.execute_command();
    let call = call
        .cluster(&service.cluster)
        .task(&task.arn)
        .container(&container.name)
        .command(command_line(command))
        .interactive(true);
    let open = async || call.clone().send().await.doing("open a session");
    let answer = service.ctx().retrying_if_not_done(open).await?;
    let incomplete = || Error::failed("AWS opened a session, but did not return its data");
    let session = answer.session().ok_or_else(incomplete)?;
    let runtime_id = container.runtime_id.as_deref().ok_or_else(incomplete)?;
    let stack = &service.ctx().stack;
    let profile = context.access.profile.clone();
    Ok(Session {
        id: session.session_id().unwrap_or_default().to_owned(),
        url: session.stream_url().unwrap_or_default().to_owned(),
        token: session.token_value().unwrap_or_default().to_owned(),
        target: format!("ecs:{}_{}_{runtime_id}", last(&service.cluster), task.id),
        region: stack.region.clone(),
        profile: profile
            .or_else(|| std::env::var("AWS_PROFILE").ok())
            .unwrap_or_default(),
        endpoint: std::env::var("AWS_ENDPOINT_URL_SSM")
            .or_else(|_| std::env::var("AWS_ENDPOINT_URL"))
            .unwrap_or_else(|_| format!("https://ssm.{}.{}", stack.region, stack.dns_suffix())),
    })
}

fn print_warnings(plugin: &Plugin) {
    if !plugin.hides_token() {
        let version = plugin.version.as_deref().unwrap_or("of an unknown version");
        print_warning(
            &format!(
                "session-manager-plugin {version} is outdated: every user of this machine can see the session's token in its arguments"
            ),
            "update it: versions after 1.2.497.0 take the token from a variable, which other users cannot read",
        );
    }
    if !std::io::stdin().is_terminal() {
        print_warning(
            "stdin is not a terminal: the session ends when stdin ends, perhaps before the command does",
            "Session Manager also returns no exit code; rd-ecs run has neither limit and starts a task of its own",
        );
    }
}
