//! `deploy`: deploys an image. The new revision is a copy of the running one with the image, named by its digest; nothing
//! else changes.

use crate::config::Bootstrap;
use crate::images::{image_ref, registry};
use crate::kinds::task_definition::revisions::prune;
use crate::rollout::revision::{has_image, preview, with_image};
use crate::rollout::{Rollout, RolloutArgs, carry_out, finish_interrupted};
use crate::service_context::ServiceContext;
use crate::slice::Ecs;
use crate::verify;
use rd_common::context::Context;
use rd_common::state::locked_state::LockedState;
use rd_common::{Error, Exit, Result, Slice};

/// The flags of `rd-ecs deploy`.
#[derive(clap::Args, Clone, Debug)]
pub struct DeployArgs {
    /// The image: a reference, or a digest in the stack's repository
    #[arg(long, value_name = "REF", conflicts_with = "tag")]
    image: Option<String>,
    /// The tag of an image in the stack's repository
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Do not check first that tasks can start
    #[arg(long)]
    no_verify: bool,
    #[command(flatten)]
    rollout: RolloutArgs,
}

/// Deploys under the state's lock: an apply in between would deploy its own image.
pub async fn run(context: &Context, args: &DeployArgs) -> Result<Exit> {
    let work = async |state: LockedState| deploy(context, &state, args).await;
    context.with_locked_state(Ecs::NAME, "deploy", work).await
}

async fn deploy(context: &Context, state: &LockedState, args: &DeployArgs) -> Result<Exit> {
    let service = ServiceContext::open(context).await?;
    finish_interrupted(state, &service).await?;
    let live = service.read().await?;
    let running = service.running_revision(&live).await?;
    let image = match (&args.image, &args.tag) {
        // A digest needs no lookup, and --no-verify asks for none.
        (Some(image), _) if args.no_verify && image.contains("@sha256:") => image.clone(),
        (Some(image), _) => image_ref::resolve(&service, image).await?,
        (None, Some(tag)) => image_ref::resolve_tag(&service, tag).await?,
        (None, None) => {
            return Err(Error::usage("no image is named").hint(
                "pass --tag or --image; rd-ecs images lists the images; rd-ecs restart deploys the running one again",
            ));
        }
    };
    if !args.no_verify {
        let next = preview(context, &service, &running, &image).await?;
        let steps = verify::verify(context, &service, &next, &image).await?;
        verify::require_all_passed(context, &steps)?;
    }
    // It only says where the image comes from, and --no-verify reads nothing of the image.
    let commit = match args.no_verify || has_image(&service.ctx().clients.names, &running, &image) {
        true => None,
        false => registry::commit(&service, &image).await,
    };
    let revision = with_image(context, &service, &running, &image, commit.as_deref()).await?;
    let first_image =
        service.slice.config.bootstrap == Bootstrap::None && live.desired_count() == 0;
    let desired = first_image.then(|| service.slice.config.desired(&service.ctx().stack));
    let rollout = Rollout {
        revision: &revision,
        force: false,
        desired,
    };
    let exit = carry_out(context, state, &service, &rollout, &args.rollout).await?;
    let keep = service.slice.config.keep_revisions;
    prune(service.ctx(), &service.cluster, &service.family, keep).await?;
    Ok(exit)
}
