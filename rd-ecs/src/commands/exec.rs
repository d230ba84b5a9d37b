//! `exec`: a shell, or another program, in a running task.

use crate::exec::{
    Container, Plugin, Session, agent, beforehand, choose, container, further, line,
};
use crate::names::last;
use crate::site::Site;
use crate::tasks::Task;
use rd_common::aws::Explain;
use rd_common::cli::Program;
use rd_common::ui::printer::tell_note;
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
pub async fn run(program: &Program, args: &ExecArgs) -> Result<Exit> {
    let plugin = Plugin::find()?;
    let site = Site::open(program).await?;
    let (service, task) = tokio::try_join!(site.read(), choose(&site, args.task.as_deref()))?;
    beforehand(&task, &service)?;
    let container = container(&site, &task, args.container.as_deref()).await?;
    if !agent(&container) {
        return Err(further(program, &site, &task, &container, None).await?);
    }
    let session = match open(program, &site, &task, &container, &args.command).await {
        Err(error) if is_refusal(&error) => {
            return Err(further(program, &site, &task, &container, Some(&error)).await?);
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
    program: &Program,
    site: &Site,
    task: &Task,
    container: &Container,
    command: &[String],
) -> Result<Session> {
    let call = site.cx().clients.ecs.execute_command();
    let call = call
        .cluster(&site.cluster)
        .task(&task.arn)
        .container(&container.name)
        .command(line(command))
        .interactive(true);
    let answer = call.send().await.doing("open a session")?;
    let incomplete = || Error::failed("AWS's answer has no session in it");
    let session = answer.session().ok_or_else(incomplete)?;
    let runtime_id = container.runtime_id.as_deref().ok_or_else(incomplete)?;
    let stack = &site.cx().stack;
    let profile = program.access.profile.clone();
    Ok(Session {
        id: session.session_id().unwrap_or_default().to_owned(),
        url: session.stream_url().unwrap_or_default().to_owned(),
        token: session.token_value().unwrap_or_default().to_owned(),
        target: format!("ecs:{}_{}_{runtime_id}", last(&site.cluster), task.id),
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
        tell_note(
            &format!(
                "session-manager-plugin {version} is old: others on this machine can see the session's token among its arguments"
            ),
            "update it: versions after 1.2.497.0 take the token where nobody else sees it",
        );
    }
    if !std::io::stdin().is_terminal() {
        tell_note(
            "stdin is no terminal: the session ends when stdin does, and perhaps before the command does",
            "Session Manager tells no exit code either: rd-ecs run has both, in a task of its own",
        );
    }
}
