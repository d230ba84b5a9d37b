//! `rollback`: an earlier revision, as it was. While a deployment is under way, that one is rolled back.

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

/// Flags of `rollback`.
#[derive(clap::Args, Clone, Debug)]
pub struct RollbackArgs {
    /// The revision to go back to: its number; else the one that ran before
    #[arg(long, value_name = "REVISION")]
    to: Option<String>,
    #[command(flatten)]
    rollout: RolloutArgs,
}

/// How many deployments are looked through for the one before.
const LOOK_BACK: i32 = 20;

/// Runs it.
pub async fn run(context: &Context, args: &RollbackArgs) -> Result<Exit> {
    let work = async |state: LockedState| rollback(context, &state, args).await;
    context.with_locked_state(Ecs::NAME, "rollback", work).await
}

async fn rollback(context: &Context, state: &LockedState, args: &RollbackArgs) -> Result<Exit> {
    let service_context = ServiceContext::open(context).await?;
    finish_interrupted(state, &service_context).await?;
    let service = service_context.read().await?;
    let newest =
        deployments::newest(service_context.ctx(), &service_context.service, LOOK_BACK).await?;
    if args.to.is_none()
        && let Some(under_way) = newest.first().filter(|one| !one.is_over())
        && newest.iter().any(deployments::Deployment::succeeded)
    {
        return end_it(context, &service_context, &under_way.arn, args).await;
    }
    let target = match &args.to {
        Some(number) => named(&service_context, number).await?,
        None => before(&service_context, &service, &newest).await?,
    };
    let rollout = Rollout {
        revision: &target,
        force: false,
        desired: None,
    };
    carry_out(context, state, &service_context, &rollout, &args.rollout).await
}

/// Ends what is under way: AWS brings back what ran before.
async fn end_it(
    context: &Context,
    service_context: &ServiceContext,
    arn: &str,
    args: &RollbackArgs,
) -> Result<Exit> {
    roll_back(service_context.ctx(), arn).await?;
    let mut follow = Follow::new(context, service_context, Timestamp::now());
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
                "the deployment was not rolled back: {}",
                deployment.why()
            ))
            .hint("rd-ecs status shows what runs; rd-ecs rollback --to REVISION brings a revision back"))
        }
        Ending::TimedOut(_) => Err(Error::failed("the deployment is still being rolled back")
            .hint("rd-ecs wait follows it")),
        Ending::Interrupted(_) => {
            Err(Error::interrupted().hint("it is being rolled back; rd-ecs wait follows it"))
        }
    }
}

/// A revision that the user names: `7`, `family:7` or its ARN.
async fn named(service_context: &ServiceContext, name: &str) -> Result<String> {
    let active = revisions::active(service_context.ctx(), &service_context.family).await?;
    let wanted = name.rsplit(':').next().unwrap_or(name);
    let found = active
        .iter()
        .find(|arn| revision(arn).is_some_and(|number| number.to_string() == wanted));
    found.cloned().ok_or_else(|| {
        let there: Vec<String> = active
            .iter()
            .filter_map(|arn| revision(arn).map(|number| number.to_string()))
            .collect();
        Error::usage(format!("there is no active revision {wanted}")).hint(format!(
            "there are {}; keep_revisions in [ecs] says how many stay",
            there.join(", ")
        ))
    })
}

/// What ran before: the last other revision that was deployed well; where AWS remembers none, the active one with the
/// next lower number.
async fn before(
    service_context: &ServiceContext,
    service: &Service,
    newest: &[deployments::Deployment],
) -> Result<String> {
    let now = service.task_definition().unwrap_or_default();
    let is_active = async |arn: &str| -> Result<bool> {
        let read = service_context.ctx().clients.reads.definition(arn).await?;
        Ok(read.is_some_and(|one| one.definition.status() == Some(&TaskDefinitionStatus::Active)))
    };
    for one in newest {
        if one.succeeded() && one.task_definition != now && is_active(&one.task_definition).await? {
            return Ok(one.task_definition.clone());
        }
    }
    let number = revision(now).unwrap_or(0);
    let active = revisions::active(service_context.ctx(), &service_context.family).await?;
    let lower = active
        .into_iter()
        .find(|arn| revision(arn).is_some_and(|other| other < number));
    lower.ok_or_else(|| {
        Error::failed(format!("there is no revision before {}", last(now)))
            .hint("rd-ecs revisions lists them; rd-ecs deploy brings an image")
    })
}
