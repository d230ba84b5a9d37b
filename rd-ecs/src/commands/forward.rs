//! `forward`: forwards a local port through a running task to a host in the VPC, such as the database. Nothing but the
//! task's outgoing connection to Session Manager is needed: no bastion, no VPN, no open port.

use crate::names::FORWARDING_DOCUMENT;
use crate::service_context::ServiceContext;
use crate::session::{Forwarding, OpenedTask, Plugin, Session, Tunnel, is_refusal, ready_task};
use rd_common::aws::Explain;
use rd_common::context::Context;
use rd_common::{Error, Exit, Result};
use serde_json::json;
use std::io::Read;
use tokio::sync::oneshot;

/// The flags of `rd-ecs forward`.
#[derive(clap::Args, Clone, Debug)]
pub struct ForwardArgs {
    /// The task, by its id or the beginning of it [default: the service's newest healthy task]
    #[arg(long, value_name = "ID")]
    task: Option<String>,
    /// The container [default: the application's]
    #[arg(long, value_name = "NAME")]
    container: Option<String>,
    /// End when stdin ends, for a program that starts this one
    #[arg(long)]
    until_eof: bool,
    /// The local port (left out or 0: a free one), and the host and port as the task reaches them
    #[arg(value_name = "LOCAL:HOST:PORT")]
    forwarding: Forwarding,
}

/// Forwards the port until the user interrupts, stdin ends (with `--until-eof`), or the session does.
pub async fn run(context: &Context, args: &ForwardArgs) -> Result<Exit> {
    let plugin = Plugin::find()?;
    let forwarding = &args.forwarding;
    let local = forwarding.free_local_port()?;
    let service = ServiceContext::open(context).await?;
    let (task, container) = (args.task.as_deref(), args.container.as_deref());
    let opened = ready_task(context, &service, task, container).await?;
    let session = match open(&service, &opened, forwarding, local).await {
        Err(error) if is_refusal(&error) => return Err(opened.explain(Some(&error)).await?),
        other => other?,
    };
    plugin.warn_if_outdated();
    let mut tunnel = Tunnel::start(&plugin, &session)?;
    let cancelled = service.ctx().cancel.cancelled();
    let ended = stdin_ended(args.until_eof);
    tokio::pin!(cancelled, ended);
    let local = tokio::select! {
        local = tunnel.opened() => local?,
        () = &mut cancelled => return Err(Error::interrupted()),
        () = &mut ended => return Ok(Exit::Done),
    };
    print_opened(context, forwarding, &opened, &session, local);
    let host = format!("{}:{}", forwarding.host, forwarding.port);
    tokio::select! {
        why = tunnel.closed(&host) => Err(why),
        // To interrupt is how a person ends it.
        () = &mut cancelled => Ok(Exit::Interrupted),
        () = &mut ended => Ok(Exit::Done),
    }
}

async fn open(
    service: &ServiceContext,
    opened: &OpenedTask<'_>,
    forwarding: &Forwarding,
    local: u16,
) -> Result<Session> {
    let (target, parameters) = (opened.target()?, forwarding.parameters(local));
    let call = service.ctx().clients.ssm.start_session();
    let call = call
        .target(&target)
        .document_name(FORWARDING_DOCUMENT)
        .set_parameters(Some(parameters.clone()));
    let open = async || call.clone().send().await.doing("open a session");
    let answer = service.ctx().retrying_if_not_done(open).await?;
    let request =
        json!({"Target": target, "DocumentName": FORWARDING_DOCUMENT, "Parameters": parameters});
    let values = [
        answer.session_id(),
        answer.stream_url(),
        answer.token_value(),
    ];
    opened.session(values, request)
}

fn print_opened(
    context: &Context,
    forwarding: &Forwarding,
    opened: &OpenedTask<'_>,
    session: &Session,
    local: u16,
) {
    let Forwarding { host, port, .. } = forwarding;
    let task = &opened.task.id;
    let text = match context.printer.is_json() {
        true => json!({
            "local_port": local, "host": host, "port": port, "task": task, "session": session.id,
        })
        .to_string(),
        false => format!(
            "127.0.0.1:{local} is forwarded to {host}:{port} through task {task}. Ctrl-C ends it."
        ),
    };
    context.printer.text(&format!("{text}\n"));
}

/// Returns when stdin has ended, where that counts.
async fn stdin_ended(counts: bool) {
    if !counts {
        return std::future::pending().await;
    }
    let (sender, ended) = oneshot::channel();
    std::thread::spawn(move || {
        let mut stdin = std::io::stdin().lock();
        let mut unused = [0; 512];
        while matches!(stdin.read(&mut unused), Ok(read) if read > 0) {}
        let _ = sender.send(());
    });
    let _ = ended.await;
}
