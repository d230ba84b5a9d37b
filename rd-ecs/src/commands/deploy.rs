//! `deploy`: another image. Nothing else of the service changes: a new revision is as the one that runs, but for the
//! image, which is named by its digest.

use crate::config::Bootstrap;
use crate::images::image_ref;
use crate::kinds::task_definition::revisions::prune;
use crate::names::last;
use crate::rollout::revision::{ahead, with_image};
use crate::rollout::{Rollout, RolloutArgs, carry_out, finish_interrupted};
use crate::service_context::ServiceContext;
use crate::slice::Ecs;
use crate::verify;
use rd_common::context::Context;
use rd_common::state::locked_state::LockedState;
use rd_common::{Error, Exit, Result, Slice};

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
pub async fn run(context: &Context, args: &DeployArgs) -> Result<Exit> {
    let work = async |state: LockedState| deploy(context, &state, args).await;
    context.with_locked_state(Ecs::NAME, "deploy", work).await
}

async fn deploy(context: &Context, state: &LockedState, args: &DeployArgs) -> Result<Exit> {
    let service_context = ServiceContext::open(context).await?;
    finish_interrupted(state, &service_context).await?;
    let service = service_context.read().await?;
    let runs = service_context.runs(&service).await?;
    let image = match (&args.image, &args.tag) {
        // Whoever names a digest and wants nothing looked at gets just that.
        (Some(image), _) if args.no_verify && image.contains("@sha256:") => image.clone(),
        (Some(image), _) => image_ref::resolve(&service_context, image).await?,
        (None, Some(tag)) => image_ref::tagged(&service_context, tag).await?,
        (None, None) => {
            return Err(Error::usage("no image was named").hint(
                "give --tag or --image: rd-ecs images lists those that are there; rd-ecs restart deploys the same one again",
            ));
        }
    };
    if !args.no_verify {
        let next = ahead(context, &service_context, &runs, &image).await?;
        let steps = verify::verify(context, &service_context, &next, &image).await?;
        verify::must_be_right(context, &steps)?;
    }
    let revision = with_image(context, &service_context, &runs, &image).await?;
    let bootstrapped = service_context.slice_context.config.bootstrap == Bootstrap::None
        && service.desired_count() == 0;
    let desired = bootstrapped.then(|| {
        service_context
            .slice_context
            .config
            .desired(&service_context.ctx().stack)
    });
    let unchanged = service.task_definition() == Some(revision.as_str()) && desired.is_none();
    if unchanged && is_live(&service_context, &revision).await? {
        let text = match context.printer.is_json() {
            true => serde_json::json!({"type": "deployment", "revision": crate::names::revision(&revision), "ok": true, "unchanged": true}).to_string(),
            false => format!("{} runs this image already; rd-ecs restart deploys it again", last(&revision)),
        };
        context.printer.text(&format!("{text}\n"));
        return Ok(Exit::Done);
    }
    let rollout = Rollout {
        revision: &revision,
        force: false,
        desired,
    };
    let exit = carry_out(context, state, &service_context, &rollout, &args.rollout).await?;
    let keep = service_context.slice_context.config.keep_revisions;
    prune(
        service_context.ctx(),
        &service_context.cluster,
        &service_context.family,
        keep,
    )
    .await?;
    Ok(exit)
}

/// Whether a revision that the service names was brought into service to the end.
async fn is_live(service_context: &ServiceContext, revision: &str) -> Result<bool> {
    let newest = crate::kinds::service::deployments::newest(
        service_context.ctx(),
        &service_context.service,
        1,
    )
    .await?;
    Ok(newest
        .first()
        .is_none_or(|one| one.task_definition == revision && one.succeeded()))
}
