//! `verify`: whether the service's revision can run, before anything is touched.

use crate::names::last;
use crate::rollout::revision::ahead;
use crate::service_context::ServiceContext;
use crate::verify::{image_of, verify};
use rd_common::context::Context;
use rd_common::output::check_report::CheckReport;
use rd_common::{Exit, Result};
use serde_json::json;

/// Flags of `verify`.
#[derive(clap::Args, Clone, Debug)]
pub struct VerifyArgs {
    /// With this image in the place of the revision's own
    #[arg(long, value_name = "REF")]
    image: Option<String>,
}

/// Runs it: exit 0 where every step is right.
pub async fn run(context: &Context, args: &VerifyArgs) -> Result<Exit> {
    let service_context = ServiceContext::open(context).await?;
    let service = service_context.read().await?;
    let revision = service_context.runs(&service).await?;
    let own = image_of(&revision.definition);
    let image = args.image.as_deref().unwrap_or(own);
    // What stands in until the first image has nothing of what is to follow it.
    let next = ahead(context, &service_context, &revision, image).await?;
    let steps = verify(context, &service_context, &next, image).await?;
    let arn = revision.definition.task_definition_arn();
    let name = last(arn.unwrap_or_default());
    let report = CheckReport {
        subject: name,
        head: json!({"task_definition": arn})
            .as_object()
            .cloned()
            .unwrap_or_default(),
        verdict_key: "ok",
        passed: "can run",
        failed: "cannot run",
    };
    Ok(report.show(&context.printer, &steps))
}
