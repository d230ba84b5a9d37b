//! `verify`: checks that the service's revision, or the same with another image, can run. Read-only.

use crate::images::image_ref;
use crate::names::last;
use crate::rollout::revision::preview;
use crate::service_context::ServiceContext;
use crate::verify::{image_of, verify};
use rd_common::context::Context;
use rd_common::output::check_report::CheckReport;
use rd_common::{Exit, Result};
use serde_json::json;

/// The flags of `rd-ecs verify`.
#[derive(clap::Args, Clone, Debug)]
pub struct VerifyArgs {
    /// Check with this image instead of the revision's own: a reference, or a digest in the stack's repository
    #[arg(long, value_name = "REF", conflicts_with = "tag")]
    image: Option<String>,
    /// Check with the image of this tag in the stack's repository
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
}

/// Prints each step; [`Exit::Failed`] if one failed.
pub async fn run(context: &Context, args: &VerifyArgs) -> Result<Exit> {
    let service = ServiceContext::open(context).await?;
    let live = service.read().await?;
    let revision = service.running_revision(&live).await?;
    let own = image_of(&service.ctx().clients.names, &revision.definition);
    let image = match (&args.image, &args.tag) {
        (Some(image), _) => image_ref::reference(&service, image)?,
        (None, Some(tag)) => image_ref::of_tag(&service, tag)?,
        (None, None) => own.to_owned(),
    };
    // The placeholder has neither the secrets nor the settings of the first image: check what the deployment would run.
    let next = preview(context, &service, &revision, &image).await?;
    let steps = verify(context, &service, &next, &image).await?;
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
