//! `rollback`: deploys an earlier revision unchanged. While a deployment is in progress, it rolls that one back.

use crate::completion;
use crate::kinds::service::deployments::{self, roll_back};
use crate::kinds::task_definition::revisions;
use crate::names::{last, revision};
use crate::rollout::follow::{Ending, Follow};
use crate::rollout::{Rollout, RolloutArgs, carry_out, finish_interrupted};
use crate::service_context::ServiceContext;
use crate::slice::Ecs;
use aws_sdk_ecs::types::{Service, TaskDefinitionStatus};
use jiff::Timestamp;
use rd_common::context::Context;
use rd_common::state::locked_state::LockedState;
use rd_common::{Error, Exit, Result, Slice};

/// The flags of `rd-ecs rollback`.
#[derive(clap::Args, Clone, Debug)]
pub struct RollbackArgs {
    /// The number of the revision to deploy [default: the previous one]
    #[arg(long, value_name = "REVISION", add = completion::revisions())]
    to: Option<String>,
    #[command(flatten)]
    rollout: RolloutArgs,
}

/// How many deployments are searched for the previous revision.
const SEARCHED_DEPLOYMENTS: i32 = 20;

/// Rolls back and waits for the result.
pub async fn run(context: &Context, args: &RollbackArgs) -> Result<Exit> {
    let work = async |state: LockedState| rollback(context, &state, args).await;
    context.with_locked_state(Ecs::NAME, "rollback", work).await
}

async fn rollback(context: &Context, state: &LockedState, args: &RollbackArgs) -> Result<Exit> {
    let service = ServiceContext::open(context).await?;
    finish_interrupted(state, &service).await?;
    let live = service.read().await?;
    let newest = deployments::newest(service.ctx(), &service.arn, SEARCHED_DEPLOYMENTS).await?;
    if args.to.is_none()
        && let Some(in_progress) = newest.first().filter(|one| !one.is_over())
        && newest.iter().any(deployments::Deployment::succeeded)
    {
        return stop_deployment(context, &service, &in_progress.arn, args).await;
    }
    let target = match &args.to {
        Some(number) => revision_named(&service, number).await?,
        None => previous_revision(&service, &live, &newest).await?,
    };
    let rollout = Rollout {
        revision: &target,
        force: false,
        desired: None,
    };
    carry_out(context, state, &service, &rollout, &args.rollout).await
}

/// Stops the deployment in progress; AWS then restores the previous revision.
async fn stop_deployment(
    context: &Context,
    service: &ServiceContext,
    arn: &str,
    args: &RollbackArgs,
) -> Result<Exit> {
    roll_back(service.ctx(), arn).await?;
    let mut follow = Follow::new(context, service, Timestamp::now());
    match follow
        .until_over(arn, args.rollout.timeout(), false)
        .await?
    {
        Ending::Over(deployment) => {
            follow.print_end(&deployment);
            if deployment.status == "ROLLBACK_SUCCESSFUL" {
                return Ok(Exit::Done);
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

/// The previous revision: the last other one that was deployed successfully; if AWS has no record of any, the active one
/// with the next lower number.
async fn previous_revision(
    service: &ServiceContext,
    live: &Service,
    newest: &[deployments::Deployment],
) -> Result<String> {
    let now = live.task_definition().unwrap_or_default();
    let is_active = async |arn: &str| -> Result<bool> {
        let read = service.ctx().clients.reads.definition(arn).await?;
        Ok(read.is_some_and(|one| one.definition.status() == Some(&TaskDefinitionStatus::Active)))
    };
    for one in newest {
        if one.succeeded() && one.task_definition != now && is_active(&one.task_definition).await? {
            return Ok(one.task_definition.clone());
        }
    }
    let number = revision(now).unwrap_or(0);
    let active = revisions::active(service.ctx(), &service.family).await?;
    let lower = active
        .into_iter()
        .find(|arn| revision(arn).is_some_and(|other| other < number));
    lower.ok_or_else(|| {
        Error::failed(format!("no revision before {}", last(now)))
            .hint("rd-ecs revisions lists the revisions; rd-ecs deploy deploys an image")
    })
}
