//! `exec`: a shell, or another program, in a running task.

use crate::exec::{
    Container, Plugin, Session, agent, beforehand, choose, container, further, line,
};
use crate::names::last;
use crate::service_context::ServiceContext;
use crate::tasks::Task;
use rd_common::aws::Explain;
use rd_common::context::Context;
use rd_common::output::printer::print_warning;
use rd_common::{Error, Exit, Result};
use std::io::IsTerminal;

/// Flags of `exec`.
#[derive(clap::Args, Clone, Debug)]
pub struct ExecArgs {
    /// The task, by its id or the beginning of it; else the newest of the service that is well
    #[arg(long, value_name = "ID")]
    task: Option<String>,
    /// The container; else the application's
    #[arg(long, value_name = "NAME")]
    container: Option<String>,
    /// What to run; no shell is between, so `| > $` need `sh -c`
    #[arg(last = true, value_name = "CMD", default_value = "/bin/sh")]
    command: Vec<String>,
}

/// Runs it. On success this process has become the plugin, whose exit code is its own.
pub async fn run(context: &Context, args: &ExecArgs) -> Result<Exit> {
    let plugin = Plugin::find()?;
    let service_context = ServiceContext::open(context).await?;
    let (service, task) = tokio::try_join!(
        service_context.read(),
        choose(&service_context, args.task.as_deref())
    )?;
    beforehand(&task, &service)?;
    let container = container(&service_context, &task, args.container.as_deref()).await?;
    if !agent(&container) {
        return Err(further(context, &service_context, &task, &container, None).await?);
    }
    let session = match open(context, &service_context, &task, &container, &args.command).await {
        Err(error) if is_refusal(&error) => {
            return Err(further(context, &service_context, &task, &container, Some(&error)).await?);
        }
        other => other?,
    };
    warn(&plugin);
    Err(plugin.become_it(&session))
}

/// Whether AWS does not reach the agent, rather than refuses the call.
fn is_refusal(error: &Error) -> bool {
    error.is(&["TargetNotConnectedException", "InvalidParameterException"])
}

async fn open(
    context: &Context,
    service_context: &ServiceContext,
    task: &Task,
    container: &Container,
    command: &[String],
) -> Result<Session> {
    let call = service_context.ctx().clients.ecs.execute_command();
    let call = call
        .cluster(&service_context.cluster)
        .task(&task.arn)
        .container(&container.name)
        .command(line(command))
        .interactive(true);
    let answer = call.send().await.doing("open a session")?;
    let incomplete = || Error::failed("AWS's answer has no session in it");
    let session = answer.session().ok_or_else(incomplete)?;
    let runtime_id = container.runtime_id.as_deref().ok_or_else(incomplete)?;
    let stack = &service_context.ctx().stack;
    let profile = context.access.profile.clone();
    Ok(Session {
        id: session.session_id().unwrap_or_default().to_owned(),
        url: session.stream_url().unwrap_or_default().to_owned(),
        token: session.token_value().unwrap_or_default().to_owned(),
        target: format!(
            "ecs:{}_{}_{runtime_id}",
            last(&service_context.cluster),
            task.id
        ),
        region: stack.region.clone(),
        profile: profile
            .or_else(|| std::env::var("AWS_PROFILE").ok())
            .unwrap_or_default(),
        endpoint: std::env::var("AWS_ENDPOINT_URL_SSM")
            .or_else(|_| std::env::var("AWS_ENDPOINT_URL"))
            .unwrap_or_else(|_| format!("https://ssm.{}.{}", stack.region, stack.dns_suffix())),
    })
}

fn warn(plugin: &Plugin) {
    if !plugin.keeps_token() {
        let version = plugin.version.as_deref().unwrap_or("of an unknown version");
        print_warning(
            &format!(
                "session-manager-plugin {version} is old: others on this machine can see the session's token among its arguments"
            ),
            "update it: versions after 1.2.497.0 take the token where nobody else sees it",
        );
    }
    if !std::io::stdin().is_terminal() {
        print_warning(
            "stdin is no terminal: the session ends when stdin does, and perhaps before the command does",
            "Session Manager tells no exit code either: rd-ecs run has both, in a task of its own",
        );
    }
}
