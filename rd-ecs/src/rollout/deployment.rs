//! One service deployment: requested once, followed to its end, and on Ctrl-C rolled back if the user wants that.

use super::follow::{Ending, Follow};
use super::{Rollout, RolloutArgs};
use crate::diagnose;
use crate::kinds::service::deployments::{self, Deployment, MAX_READ, roll_back};
use crate::names::{last, revision};
use crate::service_context::ServiceContext;
use crate::time::timestamp;
use aws_sdk_ecs::types::{DeploymentRolloutState, Service};
use jiff::{SignedDuration, Timestamp};
use rd_common::aws::Explain;
use rd_common::context::Context;
use rd_common::output::prompt;
use rd_common::resource::patience::MAX_ATTEMPTS;
use rd_common::resource::signal::Cancel;
use rd_common::resource::wait::{Poll, backoff, wait_until};
use rd_common::{Error, Exit, Result, Retry};
use serde_json::json;
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
    let live = service.read().await?;
    let listed = deployments::newest(service.ctx(), &service.arn, MAX_READ).await?;
    let same_tasks = !rollout.force && rollout.desired.is_none();
    let is_named = live.task_definition() == Some(rollout.revision);
    let state = rollout_state(&live);
    // A deployment in progress is not requested again: AWS would start none.
    let continued = listed
        .first()
        .filter(|one| same_tasks && !one.is_over() && one.task_definition == rollout.revision);
    let deployment = match continued {
        Some(one) => one.clone(),
        None if same_tasks && is_named && state == Some(&DeploymentRolloutState::Completed) => {
            print_already_live(context, rollout.revision);
            return Ok(Exit::Done);
        }
        None => {
            // One in progress that the list does not show yet is not forced, or there would be two.
            let rolls_back = listed.first().is_some_and(|one| !one.is_over());
            let is_ours = state == Some(&DeploymentRolloutState::InProgress) && !rolls_back;
            let before = Before {
                current: live.current_service_deployment().map(str::to_owned),
                listed: listed.into_iter().map(|one| one.arn).collect(),
            };
            // AWS starts a deployment of the revision that the service names only if it is forced to.
            let forced = Rollout {
                force: rollout.force || (is_named && !is_ours),
                ..*rollout
            };
            match request(service, &forced, &before).await? {
                Request::NotNeeded => {
                    print_already_live(context, rollout.revision);
                    return Ok(Exit::Done);
                }
                Request::Accepted { arn, under_way } => {
                    let named = arn.as_deref();
                    let revision = rollout.revision;
                    wait_until_visible(service, revision, &before, named, under_way).await?
                }
            }
        }
    };
    let mut follow = Follow::new(context, service, deployment.created_at);
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

/// How far the deployment of the revision that the service names has come.
fn rollout_state(live: &Service) -> Option<&DeploymentRolloutState> {
    deployments::primary(live).and_then(aws_sdk_ecs::types::Deployment::rollout_state)
}

fn print_already_live(context: &Context, arn: &str) {
    let text = match context.printer.is_json() {
        true => {
            json!({"type": "deployment", "revision": revision(arn), "ok": true, "unchanged": true})
                .to_string()
        }
        false => format!(
            "{} is already live; rd-ecs restart deploys it again",
            last(arn)
        ),
    };
    context.printer.text(&format!("{text}\n"));
}

/// The deployments that AWS knew before one was requested.
struct Before {
    /// The ARN of the service's current deployment.
    current: Option<String>,
    /// The ARNs of the newest deployments.
    listed: Vec<String>,
}

/// AWS's answer to the request of a deployment.
enum Request {
    /// The service had already been brought to the revision, so that AWS has started nothing.
    NotNeeded,
    /// AWS has started a deployment, or goes on with the one of the revision that was under way.
    Accepted {
        /// The ARN of the new one, where the answer has it.
        arn: Option<String>,
        /// When the one that was under way may have begun; none where AWS was forced to start another one.
        under_way: Option<Timestamp>,
    },
}

impl Request {
    /// From the service as it is after a request.
    fn of(service: Option<&Service>, rollout: &Rollout<'_>, before: &Before) -> Self {
        let primary = service.and_then(deployments::primary);
        let ours = primary.filter(|one| one.task_definition() == Some(rollout.revision));
        let unforced = ours.filter(|_| !rollout.force && rollout.desired.is_none());
        let is_live = unforced
            .is_some_and(|one| one.rollout_state() == Some(&DeploymentRolloutState::Completed));
        if is_live {
            return Request::NotNeeded;
        }
        let current = service.and_then(|service| service.current_service_deployment.clone());
        Request::Accepted {
            arn: current.filter(|arn| Some(arn) != before.current.as_ref()),
            under_way: unforced.and_then(|one| timestamp(one.created_at())),
        }
    }
}

/// The requested deployment: `named`, once it is visible, or else the one of `revision` that was not there before.
async fn requested(
    service: &ServiceContext,
    revision: &str,
    before: &Before,
    named: Option<&str>,
    under_way: Option<Timestamp>,
) -> Result<Option<Deployment>> {
    let ctx = service.ctx();
    if let Some(arn) = named {
        let read = deployments::read(ctx, vec![arn.to_owned()]).await?.pop();
        if let Some(one) = read.filter(|one| one.task_definition == revision) {
            return Ok(Some(one));
        }
    }
    let listed = deployments::newest(ctx, &service.arn, MAX_READ).await?;
    let goes_on = listed
        .iter()
        .find(|one| is_under_way(one, revision, under_way));
    let goes_on = goes_on.cloned();
    Ok(only_new(listed, revision, before)?.or(goes_on))
}

/// Whether this deployment of `revision` is the one that the service showed as under way. It may have ended since then: the
/// service and the list of its deployments are two reads.
fn is_under_way(one: &Deployment, revision: &str, began: Option<Timestamp>) -> bool {
    let ended_well = |began| one.succeeded() && one.finished_at.is_some_and(|end| end >= began);
    one.task_definition == revision
        && began.is_some_and(|began| !one.is_over() || ended_well(began))
}

/// The one deployment of `revision` that was not there before. Fails where there are several: somebody else deploys, too.
fn only_new(
    listed: Vec<Deployment>,
    revision: &str,
    before: &Before,
) -> Result<Option<Deployment>> {
    let mut new: Vec<Deployment> = listed
        .into_iter()
        .filter(|one| one.task_definition == revision && !before.listed.contains(&one.arn))
        .collect();
    if new.len() > 1 {
        let arns: Vec<&str> = new.iter().map(|one| last(&one.arn)).collect();
        return Err(Error::failed(format!(
            "{} deployments of {} began at the same time: {}",
            new.len(),
            last(revision),
            arns.join(", ")
        ))
        .hint(
            "another program deploys this service, too; rd-ecs wait follows the newest deployment",
        ));
    }
    Ok(new.pop())
}

/// Requests the deployment exactly once. AWS does not promise that its answer has the ARN of the deployment: after a lost
/// answer, rd looks for a new deployment before it retries.
/// <https://github.com/aws/containers-roadmap/issues/2709>
async fn request(
    service: &ServiceContext,
    rollout: &Rollout<'_>,
    before: &Before,
) -> Result<Request> {
    let ctx = service.ctx();
    for attempt in 0..MAX_ATTEMPTS {
        let call = ctx.clients.ecs.update_service().cluster(&service.cluster);
        let call = call
            .service(&service.arn)
            .task_definition(rollout.revision)
            .force_new_deployment(rollout.force)
            .set_desired_count(rollout.desired);
        let error = match call.send().await.doing("start the deployment") {
            Ok(answer) => return Ok(Request::of(answer.service(), rollout, before)),
            Err(error) if error.retry == Retry::Never || attempt + 1 == MAX_ATTEMPTS => {
                return Err(error);
            }
            Err(error) => error,
        };
        ctx.pause(backoff(attempt)).await?;
        if error.retry == Retry::Unknown
            && let Some(one) = requested(service, rollout.revision, before, None, None).await?
        {
            return Ok(Request::Accepted {
                arn: Some(one.arn),
                under_way: None,
            });
        }
    }
    Ok(Request::Accepted {
        arn: None,
        under_way: None,
    })
}

/// Waits until reads return the requested deployment, which they may not do at once.
async fn wait_until_visible(
    service: &ServiceContext,
    revision: &str,
    before: &Before,
    named: Option<&str>,
    under_way: Option<Timestamp>,
) -> Result<Deployment> {
    wait_until(service.ctx(), last(revision), VISIBLE_WITHIN, async || {
        Ok(
            match requested(service, revision, before, named, under_way).await? {
                Some(one) => Poll::Ready(one),
                None => Poll::Pending("the deployment is not visible yet".to_owned()),
            },
        )
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
    .hint("rd-ecs diagnose --save FILE keeps the evidence, which AWS deletes after an hour"))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment(arn: &str, task_definition: &str) -> Deployment {
        Deployment {
            arn: arn.to_owned(),
            status: "PENDING".to_owned(),
            reason: None,
            task_definition: task_definition.to_owned(),
            created_at: Timestamp::UNIX_EPOCH,
            finished_at: None,
            rollback_reason: None,
            requested: 1,
            running: 0,
            pending: 0,
            failed: 0,
            threshold: 3,
        }
    }

    #[test]
    fn the_requested_deployment_is_the_one_that_was_not_there_before() {
        let before = Before {
            current: None,
            listed: vec!["x/1".to_owned()],
        };
        let old = deployment("x/1", "api:2");
        let other = deployment("x/2", "api:3");
        let ours = deployment("x/3", "api:2");
        let none = only_new(vec![old.clone(), other.clone()], "api:2", &before);
        assert_eq!(none.unwrap(), None);
        let found = only_new(vec![old, ours.clone(), other], "api:2", &before);
        assert_eq!(found.unwrap(), Some(ours.clone()));
        let two = only_new(vec![ours, deployment("x/4", "api:2")], "api:2", &before);
        let error = two.unwrap_err().to_string();
        assert!(error.contains("3, 4"), "{error}");
    }

    #[test]
    fn what_was_under_way_may_have_ended_meanwhile() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut one = deployment("x/1", "api:2");
        assert!(is_under_way(&one, "api:2", Some(at(10))));
        assert!(!is_under_way(&one, "api:2", None));
        assert!(!is_under_way(&one, "api:3", Some(at(10))));
        one.status = "SUCCESSFUL".to_owned();
        one.finished_at = Some(at(20));
        assert!(is_under_way(&one, "api:2", Some(at(10))));
        // An earlier deployment of the same revision.
        assert!(!is_under_way(&one, "api:2", Some(at(30))));
        one.status = "STOPPED".to_owned();
        assert!(!is_under_way(&one, "api:2", Some(at(10))));
    }
}
