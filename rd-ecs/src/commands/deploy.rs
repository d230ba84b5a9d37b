//! `deploy`: another image. Nothing else of the service changes: a new revision is as the one that runs, but for the
//! image, which is named by its digest.

use crate::config::Bootstrap;
use crate::image_ref;
use crate::kinds::task_definition::revisions::prune;
use crate::names::last;
use crate::revision::{ahead, with_image};
use crate::rollout::{Rollout, RolloutArgs, carry_out, finish_what_was_begun};
use crate::site::Site;
use crate::verify;
use rd_common::cli::Program;
use rd_common::verbs::edit;
use rd_common::{Error, Exit, Result};

/// Flags of `deploy`.
#[derive(clap::Args, Clone, Debug)]
pub struct DeployArgs {
    /// The image: a reference, or a digest in the stack's repository
    #[arg(long, value_name = "REF", conflicts_with = "tag")]
    image: Option<String>,
    /// A tag in the stack's repository
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Do not look first whether tasks could start
    #[arg(long)]
    no_verify: bool,
    #[command(flatten)]
    rollout: RolloutArgs,
}

/// Runs it, under the state's lock: an apply that came between would bring its own image.
pub async fn run(program: &Program, args: &DeployArgs) -> Result<Exit> {
    let key = program.key("ecs");
    edit::locked(program, &key, "rd-ecs deploy", || deploy(program, args)).await
}

async fn deploy(program: &Program, args: &DeployArgs) -> Result<Exit> {
    let site = Site::open(program).await?;
    finish_what_was_begun(program, &site).await?;
    let service = site.read().await?;
    let runs = site.runs(&service).await?;
    let image = match (&args.image, &args.tag) {
        // Whoever names a digest and wants nothing looked at gets just that.
        (Some(image), _) if args.no_verify && image.contains("@sha256:") => image.clone(),
        (Some(image), _) => image_ref::resolve(&site, image).await?,
        (None, Some(tag)) => image_ref::tagged(&site, tag).await?,
        (None, None) => {
            return Err(Error::usage("no image was named").hint(
                "give --tag or --image: rd-ecs images lists those that are there; rd-ecs restart deploys the same one again",
            ));
        }
    };
    if !args.no_verify {
        let next = ahead(program, &site, &runs, &image).await?;
        let steps = verify::verify(program, &site, &next, &image).await?;
        verify::must_be_right(program, &steps)?;
    }
    let revision = with_image(program, &site, &runs, &image).await?;
    let bootstrapped =
        site.desk.config.bootstrap == Bootstrap::None && service.desired_count() == 0;
    let desired = bootstrapped.then(|| site.desk.config.desired(&site.cx().stack));
    let unchanged = service.task_definition() == Some(revision.as_str()) && desired.is_none();
    if unchanged && is_live(&site, &revision).await? {
        let text = match program.printer.is_json() {
            true => serde_json::json!({"type": "deployment", "revision": crate::names::revision(&revision), "ok": true, "unchanged": true}).to_string(),
            false => format!("{} runs this image already; rd-ecs restart deploys it again", last(&revision)),
        };
        program.printer.text(&format!("{text}\n"));
        return Ok(Exit::Done);
    }
    let rollout = Rollout {
        revision: &revision,
        force: false,
        desired,
    };
    let exit = carry_out(program, &site, &rollout, &args.rollout).await?;
    let keep = site.desk.config.keep_revisions;
    prune(site.cx(), &site.cluster, &site.family, keep).await?;
    Ok(exit)
}

/// Whether a revision that the service names was brought into service to the end.
async fn is_live(site: &Site, revision: &str) -> Result<bool> {
    let newest = crate::deployments::newest(site.cx(), &site.service, 1).await?;
    Ok(newest
        .first()
        .is_none_or(|one| one.task_definition == revision && one.succeeded()))
}
