//! `wait`: waits until the certificate is issued. It changes nothing, so it can be stopped and run again.

use super::desired_certificate::read_desired_certificate;
use crate::kinds::certificate::model::failure_reason;
use crate::slice::Edge;
use rd_common::commands::limits::duration;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::resource::wait::{Poll, wait_until};
use rd_common::{Error, Exit, Result};
use std::time::Duration;

/// The flags of `rd-edge wait`.
#[derive(clap::Args, Clone, Debug)]
pub struct WaitArgs {
    /// How long to wait, such as 30m; ACM gives up after 72h
    #[arg(long, default_value = "1h", value_parser = duration, value_name = "TIME")]
    timeout: Duration,
}

/// Waits; fails if there is no certificate, if ACM has given up, or after the timeout.
pub async fn run(context: &Context, args: &WaitArgs) -> Result<Exit> {
    let edge = SliceContext::<Edge>::open(context).await?;
    let none = || {
        Error::usage("there is no certificate to wait for")
            .hint("set `domain` in rd.toml; then rd-edge apply requests one")
    };
    let first = read_desired_certificate(&edge).await?.ok_or_else(none)?;
    let names = first.names.join(", ");
    let issued = wait_until(&edge.ctx, &names, args.timeout, async || {
        let certificate = read_desired_certificate(&edge).await?.ok_or_else(none)?;
        if let Some(reason) = failure_reason(&certificate.status, certificate.failure.as_ref()) {
            return Err(
                Error::failed(format!("the certificate for {names}: {reason}"))
                    .hint("fix the cause; the next rd-edge apply requests another one"),
            );
        }
        if certificate.status == "ISSUED" {
            return Ok(Poll::Ready(certificate));
        }
        let unseen: Vec<&str> = certificate.unseen().collect();
        Ok(Poll::Pending(match unseen[..] {
            [] => certificate.status,
            _ => format!(
                "ACM has not found {}; rd-edge records shows the records to create",
                unseen.join(", ")
            ),
        }))
    })
    .await?;
    let text = if context.printer.is_json() {
        serde_json::json!({"certificate_arn": issued.arn, "status": issued.status, "names": issued.names})
            .to_string()
    } else {
        format!("the certificate for {names} is issued; rd-edge apply attaches it")
    };
    context.printer.text(&format!("{text}\n"));
    Ok(Exit::Done)
}
