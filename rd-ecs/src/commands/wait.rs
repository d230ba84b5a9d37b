//! `wait`: until the deployment that is under way has ended. It changes nothing, so it can be stopped and run again.

use crate::kinds::service::deployments::{self, Deployment};
use crate::names::last;
use crate::rollout::follow::{Ending, Follow};
use crate::service_context::ServiceContext;
use crate::time::timestamp;
use aws_sdk_ecs::types::DeploymentRolloutState;
use jiff::Timestamp;
use rd_common::commands::limits::duration;
use rd_common::context::Context;
use rd_common::{Error, Exit, Result};
use std::time::Duration;

/// Flags of `wait`.
#[derive(clap::Args, Clone, Debug)]
pub struct WaitArgs {
    /// How long to wait
    #[arg(long, default_value = "30m", value_parser = duration, value_name = "TIME")]
    timeout: Duration,
}

/// Runs it. Exit 0 where what was deployed last runs.
pub async fn run(context: &Context, args: &WaitArgs) -> Result<Exit> {
    let service_context = ServiceContext::open(context).await?;
    let newest = deployments::newest(service_context.ctx(), &service_context.service, 1).await?;
    let Some(deployment) = newest.into_iter().next() else {
        return forgotten(context, &service_context).await;
    };
    let mut follow = Follow::new(context, &service_context, deployment.created_at);
    match follow
        .until_over(&deployment.arn, args.timeout, false)
        .await?
    {
        Ending::Over(deployment) => {
            follow.print_end(&deployment);
            if deployment.succeeded() {
                return Ok(Exit::Done);
            }
            Err(Error::failed(format!(
                "{} was not deployed: {}",
                last(&deployment.task_definition),
                deployment.why()
            ))
            .hint("rd-ecs diagnose says why"))
        }
        Ending::TimedOut(deployment) => Err(Error::failed(format!(
            "{} is still being deployed: {}",
            last(&deployment.task_definition),
            deployment.why()
        ))
        .hint("run rd-ecs wait again to go on waiting; rd-ecs diagnose looks at it")),
        Ending::Interrupted(_) => Err(Error::interrupted()),
    }
}

/// AWS tells the deployments of the last 90 days. Of an older one the service alone tells that it is over.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/view-service-deployment.html>
async fn forgotten(context: &Context, service_context: &ServiceContext) -> Result<Exit> {
    let service = service_context.read().await?;
    let primary = service
        .deployments()
        .iter()
        .find(|one| one.status() == Some("PRIMARY"));
    let Some(primary) =
        primary.filter(|one| one.rollout_state() == Some(&DeploymentRolloutState::Completed))
    else {
        return Err(Error::failed("no deployment is to be seen yet")
            .hint("run rd-ecs wait again; rd-ecs status shows what runs"));
    };
    let begun = timestamp(primary.created_at()).unwrap_or(Timestamp::UNIX_EPOCH);
    Follow::new(context, service_context, begun).print_end(&Deployment {
        arn: String::new(),
        status: "SUCCESSFUL".to_owned(),
        reason: primary.rollout_state_reason().map(str::to_owned),
        task_definition: primary.task_definition().unwrap_or_default().to_owned(),
        created_at: begun,
        finished_at: timestamp(primary.updated_at()),
        rollback_reason: None,
        requested: primary.desired_count(),
        running: primary.running_count(),
        pending: primary.pending_count(),
        failed: primary.failed_tasks(),
        threshold: 0,
    });
    Ok(Exit::Done)
}
