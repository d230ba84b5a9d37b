//! `verify`: whether the service's revision can run, before anything is touched.

use crate::names::last;
use crate::revision::ahead;
use crate::site::Site;
use crate::verify::{image_of, verify};
use rd_common::check::Report;
use rd_common::cli::Program;
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
pub async fn run(program: &Program, args: &VerifyArgs) -> Result<Exit> {
    let site = Site::open(program).await?;
    let service = site.read().await?;
    let revision = site.runs(&service).await?;
    let own = image_of(&revision.definition);
    let image = args.image.as_deref().unwrap_or(own);
    // What stands in until the first image has nothing of what is to follow it.
    let next = ahead(program, &site, &revision, image).await?;
    let steps = verify(program, &site, &next, image).await?;
    let arn = revision.definition.task_definition_arn();
    let name = last(arn.unwrap_or_default());
    let report = Report {
        what: name,
        head: json!({"task_definition": arn})
            .as_object()
            .cloned()
            .unwrap_or_default(),
        verdict: "ok",
        well: "can run",
        ill: "cannot run as it is",
    };
    Ok(report.show(&program.printer, &steps))
}
