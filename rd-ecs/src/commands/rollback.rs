//! `rollback`: deploys an earlier revision unchanged. While a deployment is in progress, it makes AWS roll that one back,
//! without the lock of the state and without a change of it.

use crate::completion;
use crate::kinds::service::deployments::{self, Deployment, roll_back};
use crate::kinds::task_definition::revisions;
use crate::names::{last, revision};
use crate::rollout::follow::{Ending, Follow};
use crate::rollout::revision::is_placeholder;
use crate::rollout::{Rollout, RolloutArgs, carry_out, finish_interrupted};
use crate::service_context::ServiceContext;
use crate::slice::Ecs;
use crate::verify;
use aws_sdk_ecs::types::TaskDefinitionStatus;
use rd_common::context::Context;
use rd_common::state::locked_state::LockedState;
use rd_common::{Error, Exit, Result, Slice};

/// The flags of `rd-ecs rollback`.
#[derive(clap::Args, Clone, Debug)]
pub struct RollbackArgs {
    /// The number of the revision to deploy [default: the last other one that was deployed successfully]
    #[arg(long, value_name = "REVISION", add = completion::revisions())]
    to: Option<String>,
    #[command(flatten)]
    rollout: RolloutArgs,
}

/// Rolls back and waits for the result.
pub async fn run(context: &Context, args: &RollbackArgs) -> Result<Exit> {
    // Whoever deploys holds the lock of the state until the deployment ends, and records how it ended.
    if args.to.is_none() {
        let service = ServiceContext::open(context).await?;
        if let Some(deployment) = in_progress(&service).await? {
            return stop_deployment(context, &service, &deployment, args).await;
        }
    }
    let work = async |state: LockedState| rollback(context, &state, args).await;
    context.with_locked_state(Ecs::NAME, "rollback", work).await
}

/// The deployment in progress, if there is one. Fails if AWS has nothing to restore in its place.
async fn in_progress(service: &ServiceContext) -> Result<Option<Deployment>> {
    let ctx = service.ctx();
    let newest = deployments::newest(ctx, &service.arn, 1).await?.pop();
    let Some(deployment) = newest.filter(|one| !one.is_over()) else {
        return Ok(None);
    };
    if deployments::deployed_revisions(ctx, &service.arn)
        .await?
        .is_empty()
    {
        return Err(Error::failed(format!(
            "nothing was deployed before {}, which is being deployed",
            last(&deployment.task_definition)
        ))
        .hint("rd-ecs deploy deploys another image in its place; rd-ecs scale 0 stops its tasks"));
    }
    Ok(Some(deployment))
}

async fn rollback(context: &Context, state: &LockedState, args: &RollbackArgs) -> Result<Exit> {
    let service = ServiceContext::open(context).await?;
    finish_interrupted(state, &service).await?;
    let target = match &args.to {
        Some(number) => revision_named(&service, number).await?,
        None => previous_revision(&service).await?,
    };
    let next = service.revision(&target).await?;
    verify::require_image(&service, &next.definition).await?;
    let rollout = Rollout {
        revision: &target,
        force: false,
        desired: None,
    };
    carry_out(context, state, &service, &rollout, &args.rollout).await
}

/// What to do where the previous revision is not known.
const NAME_IT: &str =
    "rd-ecs revisions lists the revisions; rd-ecs rollback --to REVISION deploys one";

/// Stops the deployment in progress; AWS then restores the previous revision.
async fn stop_deployment(
    context: &Context,
    service: &ServiceContext,
    deployment: &Deployment,
    args: &RollbackArgs,
) -> Result<Exit> {
    roll_back(service.ctx(), &deployment.arn).await?;
    let mut follow = Follow::new(context, service, deployment.created_at);
    let limit = args.rollout.timeout();
    match follow.until_over(&deployment.arn, limit, false).await? {
        Ending::Over(deployment) => {
            follow.print_end(&deployment);
            if deployment.status == "ROLLBACK_SUCCESSFUL" {
                return Ok(Exit::Done);
            }
            if deployment.succeeded() {
                return Err(Error::failed(format!(
                    "the deployment of {} was complete before it could be stopped",
                    last(&deployment.task_definition)
                ))
                .hint("rd-ecs rollback deploys the previous revision"));
            }
            Err(Error::failed(format!(
                "rolling back the deployment failed: {}",
                deployment.why()
            ))
            .hint("rd-ecs status shows the running revision; rd-ecs rollback --to REVISION deploys an earlier one"))
        }
        Ending::TimedOut(_) => Err(Error::failed("the deployment is still being rolled back")
            .hint("rd-ecs wait follows it")),
        Ending::Interrupted(_) => {
            Err(Error::interrupted().hint("AWS continues to roll it back; rd-ecs wait follows it"))
        }
    }
}

/// The ARN of the revision that the user names: `7`, `family:7` or an ARN.
async fn revision_named(service: &ServiceContext, name: &str) -> Result<String> {
    let active = revisions::active(service.ctx(), &service.family).await?;
    let wanted = name.rsplit(':').next().unwrap_or(name);
    let found = active
        .iter()
        .find(|arn| revision(arn).is_some_and(|number| number.to_string() == wanted));
    found.cloned().ok_or_else(|| {
        let numbers: Vec<String> = active
            .iter()
            .filter_map(|arn| revision(arn).map(|number| number.to_string()))
            .collect();
        Error::usage(format!("no active revision {wanted}")).hint(format!(
            "active revisions: {}; keep_revisions in [ecs] sets how many are kept",
            numbers.join(", ")
        ))
    })
}

/// The previous revision: the last other one that was deployed successfully. Fails where AWS has rolled back already, or
/// has no record of such a revision: its number proves nothing, and the placeholder is no application.
async fn previous_revision(service: &ServiceContext) -> Result<String> {
    let ctx = service.ctx();
    let live = service.read().await?;
    let now = live.task_definition().unwrap_or_default();
    let newest = deployments::newest(ctx, &service.arn, 1).await?.pop();
    if newest.is_some_and(|one| one.status == "ROLLBACK_SUCCESSFUL") {
        return Err(Error::failed(format!(
            "AWS has already rolled back the last deployment: the service is back on {}",
            last(now)
        ))
        .hint(NAME_IT));
    }
    let deployed = deployments::deployed_revisions(ctx, &service.arn).await?;
    let mut seen = vec![now.to_owned()];
    for some in deployed.chunks(deployments::MAX_READ) {
        for arn in deployments::task_definitions(ctx, some).await? {
            if seen.contains(&arn) {
                continue;
            }
            let read = ctx.clients.reads.definition(&arn).await?;
            let usable = read.is_some_and(|one| {
                one.definition.status() == Some(&TaskDefinitionStatus::Active)
                    && !is_placeholder(&ctx.clients.names, &one)
            });
            if usable {
                return Ok(arn);
            }
            seen.push(arn);
        }
    }
    Err(Error::failed(format!(
        "AWS has no record of an application's revision that ran before {}",
        last(now)
    ))
    .hint(NAME_IT))
}
