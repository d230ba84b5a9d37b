//! One service deployment: requested once, followed to its end, and on Ctrl-C rolled back if the user wants that.

use super::follow::{Ending, Follow};
use super::{Rollout, RolloutArgs};
use crate::diagnose;
use crate::kinds::service::deployments::{self, Deployment, roll_back};
use crate::names::last;
use crate::service_context::ServiceContext;
use jiff::{SignedDuration, Timestamp};
use rd_common::aws::Explain;
use rd_common::context::Context;
use rd_common::output::prompt;
use rd_common::resource::patience::MAX_ATTEMPTS;
use rd_common::resource::signal::Cancel;
use rd_common::resource::wait::{Poll, backoff, wait_until};
use rd_common::{Error, Exit, Result, Retry};
use std::time::Duration;

/// How long a requested deployment may stay invisible to reads.
const VISIBLE_WITHIN: Duration = Duration::from_secs(120);

/// How long a rollback that the user asked for with Ctrl-C is followed.
const ROLLBACK_TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// Deploys a revision, or continues its deployment if one is in progress, and waits for the result.
pub async fn deploy(
    context: &Context,
    service: &ServiceContext,
    rollout: &Rollout<'_>,
    args: &RolloutArgs,
) -> Result<Exit> {
    let ctx = service.ctx();
    let requested_at = Timestamp::now();
    let previous = deployments::newest(ctx, &service.arn, 1).await?.pop();
    // A deployment in progress, or one that an interrupted run completed, is not requested again: AWS would start none.
    let continues = |one: &Deployment| {
        let useful = !one.is_over() || one.succeeded();
        !rollout.force
            && rollout.desired.is_none()
            && useful
            && one.task_definition == rollout.revision
    };
    let (since, deployment) = match previous {
        Some(one) if continues(&one) => (one.created_at, one),
        previous => {
            let previous = previous.map(|one| one.arn);
            request(service, rollout, previous.as_deref()).await?;
            (
                requested_at,
                wait_until_visible(service, rollout.revision, previous.as_deref()).await?,
            )
        }
    };
    let mut follow = Follow::new(context, service, since);
    if args.no_wait {
        follow.print_started(&deployment);
        return Ok(Exit::Done);
    }
    let ending = follow
        .until_over(&deployment.arn, args.timeout, false)
        .await?;
    match ending {
        Ending::Over(deployment) => {
            report_end(context, service, &follow, &deployment).await
        }
        Ending::TimedOut(deployment) => Err(Error::failed(format!(
            "{} is still being deployed after {:#}: {}",
            last(rollout.revision),
            SignedDuration::try_from(args.timeout).unwrap_or_default(),
            deployment.why()
        ))
        .hint(
            "it continues at AWS: rd-ecs wait follows it, rd-ecs rollback stops it, rd-ecs diagnose shows what is wrong",
        )),
        Ending::Interrupted(deployment) => {
            offer_rollback(service, &mut follow, &deployment).await
        }
    }
}

/// The newest deployment, if it deploys `revision` and is not `previous`. Compared by ARN and not by time: this machine's
/// clock is not AWS's.
async fn newer_than(
    service: &ServiceContext,
    revision: &str,
    previous: Option<&str>,
) -> Result<Option<Deployment>> {
    let newest = deployments::newest(service.ctx(), &service.arn, 1)
        .await?
        .pop();
    Ok(newest.filter(|one| one.task_definition == revision && Some(one.arn.as_str()) != previous))
}

/// Requests the deployment exactly once: after a lost answer it checks for a new deployment before it retries.
async fn request(
    service: &ServiceContext,
    rollout: &Rollout<'_>,
    previous: Option<&str>,
) -> Result<()> {
    let ctx = service.ctx();
    for attempt in 0..MAX_ATTEMPTS {
        let call = ctx.clients.ecs.update_service().cluster(&service.cluster);
        let call = call
            .service(&service.arn)
            .task_definition(rollout.revision)
            .force_new_deployment(rollout.force)
            .set_desired_count(rollout.desired);
        let error = match call.send().await.doing("start the deployment") {
            Ok(_) => return Ok(()),
            Err(error) if error.retry == Retry::Never || attempt + 1 == MAX_ATTEMPTS => {
                return Err(error);
            }
            Err(error) => error,
        };
        ctx.pause(backoff(attempt)).await?;
        if error.retry == Retry::Unknown
            && newer_than(service, rollout.revision, previous)
                .await?
                .is_some()
        {
            return Ok(());
        }
    }
    Ok(())
}

/// Waits until reads return the requested deployment, which they may not do at once.
async fn wait_until_visible(
    service: &ServiceContext,
    revision: &str,
    previous: Option<&str>,
) -> Result<Deployment> {
    wait_until(service.ctx(), last(revision), VISIBLE_WITHIN, async || {
        Ok(match newer_than(service, revision, previous).await? {
            Some(one) => Poll::Ready(one),
            None => Poll::Pending("the deployment is not visible yet".to_owned()),
        })
    })
    .await
}

/// Prints how the deployment ended; after a failure also the findings about its tasks.
async fn report_end(
    context: &Context,
    service: &ServiceContext,
    follow: &Follow<'_>,
    deployment: &Deployment,
) -> Result<Exit> {
    follow.print_end(deployment);
    if deployment.succeeded() {
        return Ok(Exit::Done);
    }
    diagnose::print_findings(context, service, &follow.failed).await?;
    Err(Error::failed(format!(
        "deployment of {} failed: {}",
        last(&deployment.task_definition),
        deployment.why()
    ))
    .hint("see the findings above; rd-ecs diagnose --save FILE keeps the evidence, which AWS deletes after an hour"))
}

/// After Ctrl-C: asks whether to roll the deployment back or to let it continue at AWS.
async fn offer_rollback(
    service: &ServiceContext,
    follow: &mut Follow<'_>,
    deployment: &Deployment,
) -> Result<Exit> {
    let name = last(&deployment.task_definition);
    let question = format!(
        "{name} is being deployed. Type `y` to roll it back; with any other answer it continues:"
    );
    // The first Ctrl-C led here, and a second one ends the program. Without an answer, the deployment continues.
    let not_yet = Cancel::default();
    let roll_it_back = prompt::can_ask()
        && prompt::ask(&question, &["y", "yes"], &not_yet)
            .await
            .unwrap_or(false);
    if !roll_it_back {
        return Err(Error::interrupted().hint(format!(
            "the deployment of {name} continues at AWS: rd-ecs wait follows it, rd-ecs rollback stops it"
        )));
    }
    roll_back(service.ctx(), &deployment.arn).await?;
    if let Ending::Over(deployment) = follow
        .until_over(&deployment.arn, ROLLBACK_TIMEOUT, true)
        .await?
    {
        follow.print_end(&deployment);
    }
    Err(Error::interrupted().hint(format!("{name} was rolled back, as you asked")))
}
