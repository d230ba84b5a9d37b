//! `reboot`: static parameters take effect with it.

use super::until_available;
use crate::rds;
use crate::slice::{Data, INSTANCE};
use rd_common::aws::Explain;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::prompt;
use rd_common::{Error, Exit, Result};

/// Flags of `reboot`.
#[derive(clap::Args, Clone, Debug)]
pub struct RebootArgs {
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// Runs it, and waits until the instance is back.
pub async fn run(context: &Context, args: &RebootArgs) -> Result<Exit> {
    let slice_context = SliceContext::<Data>::open(context).await?;
    let (_, id) = slice_context.resource(INSTANCE)?;
    if !args.yes {
        let question = format!("{id} is away for about a minute. Only `yes` is taken as yes:");
        if !prompt::can_ask() || !prompt::ask(&question, &["yes"])? {
            return Err(Error::refused("not confirmed: nothing was rebooted")
                .hint("give -y to reboot without a question"));
        }
    }
    let call = slice_context.ctx.clients.rds.reboot_db_instance();
    call.db_instance_identifier(id)
        .send()
        .await
        .doing("reboot the instance")
        .map_err(rds::for_now)?;
    let live = until_available(&slice_context.ctx, id, |live| {
        live.parameters_status != "applying"
    })
    .await?;
    let text = if context.printer.is_json() {
        serde_json::json!({"instance": id, "status": live.status, "parameters": live.parameters_status})
            .to_string()
    } else {
        format!(
            "{id} is {}, its parameters {}",
            live.status, live.parameters_status
        )
    };
    context.printer.text(&format!("{text}\n"));
    Ok(Exit::Done)
}
