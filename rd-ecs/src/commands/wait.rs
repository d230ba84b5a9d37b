//! `wait`: waits for the deployment in progress. Read-only, so it can be stopped and run again.

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

/// The flags of `rd-ecs wait`.
#[derive(clap::Args, Clone, Debug)]
pub struct WaitArgs {
    /// How long to wait
    #[arg(long, default_value = "30m", value_parser = duration, value_name = "TIME")]
    timeout: Duration,
}

/// Waits for the newest deployment; fails if it was not successful.
pub async fn run(context: &Context, args: &WaitArgs) -> Result<Exit> {
    let service = ServiceContext::open(context).await?;
    let newest = deployments::newest(service.ctx(), &service.arn, 1).await?;
    let Some(deployment) = newest.into_iter().next() else {
        return without_record(context, &service).await;
    };
    let mut follow = Follow::new(context, &service, deployment.created_at);
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
                "deployment of {} failed: {}",
                last(&deployment.task_definition),
                deployment.why()
            ))
            .hint("rd-ecs diagnose shows why"))
        }
        Ending::TimedOut(deployment) => Err(Error::failed(format!(
            "{} is still being deployed: {}",
            last(&deployment.task_definition),
            deployment.why()
        ))
        .hint("run rd-ecs wait again to keep waiting; rd-ecs diagnose shows what is wrong")),
        Ending::Interrupted(_) => Err(Error::interrupted()),
    }
}

/// AWS lists the deployments of the last 90 days. For an older one, only the service shows that it is complete.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/view-service-deployment.html>
async fn without_record(context: &Context, service: &ServiceContext) -> Result<Exit> {
    let live = service.read().await?;
    let primary = deployments::primary(&live);
    let Some(primary) =
        primary.filter(|one| one.rollout_state() == Some(&DeploymentRolloutState::Completed))
    else {
        return Err(Error::failed("no deployment is visible yet")
            .hint("run rd-ecs wait again; rd-ecs status shows the running revision"));
    };
    let started_at = timestamp(primary.created_at()).unwrap_or(Timestamp::UNIX_EPOCH);
    Follow::new(context, service, started_at).print_end(&Deployment {
        arn: String::new(),
        status: "SUCCESSFUL".to_owned(),
        reason: primary.rollout_state_reason().map(str::to_owned),
        task_definition: primary.task_definition().unwrap_or_default().to_owned(),
        created_at: started_at,
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
