//! `reboot`: reboots the instance, so that static parameters take effect.

use super::wait_for_instance::wait_until_available;
use crate::rds;
use crate::slice::{Data, INSTANCE};
use rd_common::aws::Explain;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::prompt;
use rd_common::{Error, Exit, Result};

/// The flags of `rd-data reboot`.
#[derive(clap::Args, Clone, Debug)]
pub struct RebootArgs {
    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,
}

/// Reboots the instance after a confirmation, and waits until it is available again.
pub async fn run(context: &Context, args: &RebootArgs) -> Result<Exit> {
    let data = SliceContext::<Data>::open(context).await?;
    let (_, id) = data.resource(INSTANCE)?;
    if !args.yes {
        let question =
            format!("{id} will be unavailable for about a minute. Type `yes` to reboot:");
        if !prompt::can_ask() || !prompt::ask(&question, &["yes"], &data.ctx.cancel).await? {
            return Err(
                Error::refused("not confirmed: the instance was not rebooted")
                    .hint("pass -y to reboot without confirmation"),
            );
        }
    }
    let call = data.ctx.clients.rds.reboot_db_instance();
    let call = call.db_instance_identifier(id);
    let reboot = async || call.clone().send().await.doing("reboot the instance");
    let rebooted = data.ctx.retrying(reboot).await;
    rebooted.map_err(rds::retry_if_temporary)?;
    let instance = wait_until_available(&data.ctx, id, |instance| {
        instance.parameters_status != "applying"
    })
    .await?;
    let (status, parameters) = (&instance.status, &instance.parameters_status);
    let text = if context.printer.is_json() {
        serde_json::json!({"instance": id, "status": status, "parameters": parameters}).to_string()
    } else {
        format!("{id} is {status}; its parameters are {parameters}")
    };
    context.printer.text(&format!("{text}\n"));
    Ok(Exit::Done)
}
