//! Service deployments, the only reliable record of whether a deployment succeeded: a running count that equals the desired
//! count may be made of old tasks.
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeployment.html>

use super::cluster_of;
use crate::clients::Clients;
use crate::time::timestamp;
use aws_sdk_ecs::types::{
    self, ServiceDeployment, ServiceDeploymentBrief, ServiceDeploymentStatus,
};
use jiff::{SignedDuration, Timestamp};
use rd_common::aws::Explain;
use rd_common::{Ctx, Result};
use serde::Serialize;

/// The largest difference expected between this machine's clock and AWS's.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

/// The most deployments in one page of a list.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListServiceDeployments.html>
const PAGE: i32 = 100;

/// The most deployments, or service revisions, that one call reads.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServiceDeployments.html>
pub const MAX_READ: usize = 20;

/// One deployment of the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deployment {
    /// The ARN of the service deployment.
    pub arn: String,
    /// AWS's status: `IN_PROGRESS`, `SUCCESSFUL`, `ROLLBACK_SUCCESSFUL`, …
    pub status: String,
    /// AWS's reason for the status.
    pub reason: Option<String>,
    /// The ARN of the task definition's revision that it deploys.
    pub task_definition: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it ended; none while it is in progress.
    pub finished_at: Option<Timestamp>,
    /// AWS's reason for the rollback.
    pub rollback_reason: Option<String>,
    /// The desired number of tasks of the new revision.
    pub requested: i32,
    /// The number of running tasks of the new revision.
    pub running: i32,
    /// The number of tasks of the new revision that are starting.
    pub pending: i32,
    /// The number of failed tasks that the circuit breaker counts.
    pub failed: i32,
    /// The number of failed tasks at which AWS rolls back; 0 without a circuit breaker.
    pub threshold: i32,
}

impl Deployment {
    /// Whether it has ended, successfully or not.
    pub fn is_over(&self) -> bool {
        matches!(
            self.status.as_str(),
            "SUCCESSFUL" | "STOPPED" | "ROLLBACK_SUCCESSFUL" | "ROLLBACK_FAILED"
        )
    }

    /// Whether it ended successfully.
    pub fn succeeded(&self) -> bool {
        self.status == "SUCCESSFUL"
    }

    /// Whether AWS is rolling it back, or has done so.
    pub fn is_rolled_back(&self) -> bool {
        self.status.starts_with("ROLLBACK")
    }

    /// Its status and AWS's reason, in AWS's words.
    pub fn why(&self) -> String {
        let status = self.status.to_lowercase().replace('_', " ");
        let reason = self.rollback_reason.as_deref().or(self.reason.as_deref());
        match reason {
            Some(reason) => format!("{status}: {reason}"),
            None => status,
        }
    }
}

/// The deployment of the task definition that the service names, as the service itself shows it.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html>
pub fn primary(service: &types::Service) -> Option<&types::Deployment> {
    let mut all = service.deployments().iter();
    all.find(|one| one.status() == Some("PRIMARY"))
}

/// The last deployments of a service, the newest first, at most `most`, of which there may be 20.
pub async fn newest(ctx: &Ctx<Clients>, service: &str, most: usize) -> Result<Vec<Deployment>> {
    let (mut briefs, _) = page(ctx, service, None, None).await?;
    sort(&mut briefs);
    let arns: Vec<String> = briefs
        .into_iter()
        .take(most.min(MAX_READ))
        .filter_map(|one| one.service_deployment_arn)
        .collect();
    let mut all = read(ctx, arns).await?;
    all.sort_by_key(|one| std::cmp::Reverse(one.created_at));
    Ok(all)
}

/// The service revisions that were deployed successfully in the last 90 days, the last deployed first, each once.
pub async fn deployed_revisions(ctx: &Ctx<Clients>, service: &str) -> Result<Vec<String>> {
    let (mut all, mut token) = (Vec::new(), None);
    loop {
        let status = Some(ServiceDeploymentStatus::Successful);
        let (briefs, next) = page(ctx, service, status, token).await?;
        all.extend(briefs);
        token = next;
        if token.is_none() {
            break;
        }
    }
    sort(&mut all);
    let mut revisions: Vec<String> = Vec::new();
    for revision in all
        .into_iter()
        .filter_map(|one| one.target_service_revision_arn)
    {
        if !revisions.contains(&revision) {
            revisions.push(revision);
        }
    }
    Ok(revisions)
}

/// One page of a service's deployments, and the token of the next page. AWS promises no order.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListServiceDeployments.html>
async fn page(
    ctx: &Ctx<Clients>,
    service: &str,
    status: Option<ServiceDeploymentStatus>,
    token: Option<String>,
) -> Result<(Vec<ServiceDeploymentBrief>, Option<String>)> {
    let call = ctx.clients.ecs.list_service_deployments();
    let call = call
        .cluster(cluster_of(service))
        .service(service)
        .set_status(status.map(|status| vec![status]))
        .set_next_token(token)
        .max_results(PAGE);
    match call.send().await.doing("list the service's deployments") {
        Err(error) if error.is(&["ServiceNotFoundException"]) => Ok((Vec::new(), None)),
        other => {
            let answer = other?;
            let next = answer.next_token.filter(|token| !token.is_empty());
            Ok((answer.service_deployments.unwrap_or_default(), next))
        }
    }
}

fn sort(briefs: &mut [ServiceDeploymentBrief]) {
    briefs.sort_by_key(|one| std::cmp::Reverse(timestamp(one.created_at())));
}

/// The task definitions of service revisions, in the same order; those that AWS has forgotten are left out.
pub async fn task_definitions(ctx: &Ctx<Clients>, revisions: &[String]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for some in revisions.chunks(MAX_READ) {
        let call = ctx.clients.ecs.describe_service_revisions();
        let call = call.set_service_revision_arns(Some(some.to_vec())).send();
        let answer = call.await.doing("read the service's revisions")?;
        for arn in some {
            let mut all = answer.service_revisions().iter();
            let one = all.find(|one| one.service_revision_arn() == Some(arn));
            found.extend(one.and_then(|one| one.task_definition().map(str::to_owned)));
        }
    }
    Ok(found)
}

/// The newest deployment of a service, if it was created after `since`.
pub async fn latest(
    ctx: &Ctx<Clients>,
    service: &str,
    since: Timestamp,
) -> Result<Option<Deployment>> {
    let newest = newest(ctx, service, 1).await?.into_iter().next();
    Ok(newest.filter(|one| one.created_at >= since.saturating_sub(SKEW).unwrap_or(since)))
}

/// Reads the deployments with these ARNs.
pub async fn read(ctx: &Ctx<Clients>, arns: Vec<String>) -> Result<Vec<Deployment>> {
    if arns.is_empty() {
        return Ok(Vec::new());
    }
    let call = ctx.clients.ecs.describe_service_deployments();
    let call = call.set_service_deployment_arns(Some(arns)).send();
    let answer = call.await.doing("read the service's deployments")?;
    let deployments = answer.service_deployments.unwrap_or_default();
    if deployments.is_empty() {
        return Ok(Vec::new());
    }
    let target = |one: &ServiceDeployment| {
        one.target_service_revision()
            .and_then(|revision| revision.arn())
            .map(str::to_owned)
    };
    let mut revisions: Vec<String> = deployments.iter().filter_map(target).collect();
    revisions.sort();
    revisions.dedup();
    let call = ctx.clients.ecs.describe_service_revisions();
    let call = call.set_service_revision_arns(Some(revisions)).send();
    let revisions = call.await.doing("read the service's revisions")?;
    let definition = |arn: Option<String>| {
        let mut all = revisions.service_revisions().iter();
        all.find(|one| one.service_revision_arn() == arn.as_deref())
            .and_then(|one| one.task_definition())
            .unwrap_or_default()
            .to_owned()
    };
    Ok(deployments
        .iter()
        .map(|one| deployment(one, definition(target(one))))
        .collect())
}

fn deployment(one: &ServiceDeployment, task_definition: String) -> Deployment {
    let target = one.target_service_revision();
    let breaker = one.deployment_circuit_breaker();
    Deployment {
        arn: one.service_deployment_arn().unwrap_or_default().to_owned(),
        status: one
            .status()
            .map(|status| status.as_str().to_owned())
            .unwrap_or_default(),
        reason: one.status_reason().map(str::to_owned),
        task_definition,
        created_at: timestamp(one.created_at()).unwrap_or(Timestamp::UNIX_EPOCH),
        finished_at: timestamp(one.finished_at()).or(timestamp(one.stopped_at())),
        rollback_reason: one
            .rollback()
            .and_then(|rollback| rollback.reason())
            .map(str::to_owned),
        requested: target.map_or(
            0,
            aws_sdk_ecs::types::ServiceRevisionSummary::requested_task_count,
        ),
        running: target.map_or(
            0,
            aws_sdk_ecs::types::ServiceRevisionSummary::running_task_count,
        ),
        pending: target.map_or(
            0,
            aws_sdk_ecs::types::ServiceRevisionSummary::pending_task_count,
        ),
        failed: breaker.map_or(
            0,
            aws_sdk_ecs::types::ServiceDeploymentCircuitBreaker::failure_count,
        ),
        threshold: breaker.map_or(
            0,
            aws_sdk_ecs::types::ServiceDeploymentCircuitBreaker::threshold,
        ),
    }
}

/// Stops a deployment; AWS then restores the previous revision.
pub async fn roll_back(ctx: &Ctx<Clients>, arn: &str) -> Result<()> {
    use aws_sdk_ecs::types::StopServiceDeploymentStopType::Rollback;
    let call = ctx.clients.ecs.stop_service_deployment();
    let call = call.service_deployment_arn(arn).stop_type(Rollback);
    let stop = async || call.clone().send().await.doing("roll the deployment back");
    match ctx.retrying(stop).await {
        // It has ended, or is being stopped already.
        Err(error) if error.is(&["ConflictException"]) => Ok(()),
        other => other.map(|_| ()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_types::DateTime;

    #[test]
    fn deployments_are_sorted_by_their_creation() {
        let brief = |seconds: i64| {
            let at = DateTime::from_secs(seconds);
            ServiceDeploymentBrief::builder().created_at(at).build()
        };
        let mut briefs = [2, 3, 1].map(brief);
        sort(&mut briefs);
        let order = briefs.map(|one| one.created_at().map(DateTime::secs));
        assert_eq!(order, [Some(3), Some(2), Some(1)]);
    }
}
