//! `service`: the ECS service. <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html>
//!
//! Autoscaling and `rd-ecs scale` change the desired number of tasks; an apply changes it only if the setting changed.

pub mod deployments;
pub mod model;
mod requests;

use crate::clients::Clients;
use crate::kinds::repository::revision_tags::keep_image;
use crate::names::last;
use crate::read::retag;
use crate::time::timestamp;
use aws_sdk_ecs::types::{
    DeploymentController, DeploymentControllerType, PropagateTags, SchedulingStrategy, Tag,
};
use model::{Live, Spec, live};
use rd_common::aws::Explain;
use rd_common::{
    Attribute, Change, Condition, CreateRequest, Ctx, Deletion, Details, Diff, Error, Found, Kind,
    Readiness, Result, Retry, Tags, Timeouts, Wanted, attribute, sdk_tags, tags_from_sdk, touches,
};
use rd_iam::{propagation, service_linked_role};
use std::time::Duration;

/// The kind `service`; its id is the service's ARN.
pub struct Service;

impl Service {
    /// The service's name, unique within its cluster.
    pub const NAME_IN_CLUSTER: Attribute<String> = attribute!(Live, name);
}

/// AWS's codes for a service that does not exist.
const NOT_FOUND: [&str; 3] = [
    "ServiceNotFoundException",
    "ServiceNotActiveException",
    "ClusterNotFoundException",
];

/// The name of the cluster in a service's ARN: `…:service/<cluster>/<service>`.
pub fn cluster_of(arn: &str) -> &str {
    arn.rsplit('/').nth(1).unwrap_or_default()
}

/// Marks the create of a service to be repeated that does not find its cluster: the cluster was created a moment ago.
fn cluster_not_visible_yet(error: Error) -> Error {
    if error.is(&["ClusterNotFoundException"]) {
        error.retry(Retry::Later)
    } else {
        error
    }
}

impl Kind for Service {
    const NAME: &'static str = "service";
    const WHILE_GONE: Option<&'static str> = Some("no task of it runs");
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    const TIMEOUTS: Timeouts = Timeouts {
        first: Duration::ZERO,
        pause: Duration::from_secs(2),
        limit: Duration::from_secs(20 * 60),
    };

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let mut found = Vec::new();
        for one in wanted {
            let named = one
                .spec
                .as_ref()
                .map(|spec| (spec.cluster.text(), spec.name.as_str()));
            let known = one.id.as_deref().map(|arn| (cluster_of(arn), last(arn)));
            let Some((cluster, name)) = known.or(named) else {
                continue;
            };
            if cluster.is_empty() {
                continue;
            }
            let Some(service) = ctx.clients.reads.service(cluster, name).await? else {
                continue;
            };
            found.push(Found {
                address: one.address.clone(),
                id: service.service_arn().unwrap_or_default().to_owned(),
                live: live(&service, &ctx.clients.names),
                tags: Some(tags_from_sdk!(service.tags())),
            });
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let spec = request.spec;
        keep_image(ctx, spec.task_definition.text()).await?;
        // The cluster may be older than the loss of the role.
        service_linked_role::ensure(&ctx.clients.iam, service_linked_role::ECS).await?;
        let answer = propagation::retry_while_refused(ctx, async || {
            ctx.clients
                .ecs
                .create_service()
                .cluster(spec.cluster.text())
                .service_name(&spec.name)
                .client_token(request.token)
                .task_definition(spec.task_definition.text())
                .desired_count(spec.desired_count)
                .set_capacity_provider_strategy(Some(requests::capacity(spec)?))
                .network_configuration(requests::network(spec, None, true)?)
                .set_load_balancers(Some(requests::load_balancers(ctx, spec, None)))
                .deployment_configuration(requests::deployment(spec, None, true))
                .deployment_controller(
                    DeploymentController::builder()
                        .r#type(DeploymentControllerType::Ecs)
                        .build()
                        .map_err(requests::incomplete)?,
                )
                .scheduling_strategy(SchedulingStrategy::Replica)
                .health_check_grace_period_seconds(spec.grace_seconds)
                .enable_execute_command(spec.exec)
                .enable_ecs_managed_tags(true)
                .propagate_tags(PropagateTags::Service)
                .set_availability_zone_rebalancing(requests::rebalancing(spec))
                .set_tags(Some(sdk_tags!(Tag, request.tags)))
                .send()
                .await
                .doing("create the service")
        });
        let answer = answer
            .await
            .map_err(cluster_not_visible_yet)
            .map_err(|error| service_linked_role::explained(service_linked_role::ECS, error))?;
        answer
            .service
            .and_then(|service| service.service_arn)
            .ok_or_else(|| Error::failed("AWS created a service, but did not return its ARN"))
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        _live: &Live,
        spec: &Spec,
        changes: &[Change],
    ) -> Result<()> {
        let revision = touches(changes, "task_definition").then(|| spec.task_definition.text());
        if let Some(revision) = revision {
            refuse_rolled_back_revision(ctx, id, revision).await?;
            keep_image(ctx, revision).await?;
        }
        let any = |paths: &[&str]| paths.iter().any(|path| touches(changes, path));
        // What rd does not manage in these blocks stays as it is.
        let blocks = [
            "subnet_ids",
            "security_group_ids",
            "target_group_arn",
            "container_port",
            "minimum_healthy_percent",
            "maximum_percent",
        ];
        let now = match any(&blocks) {
            true => ctx.clients.reads.service(cluster_of(id), last(id)).await?,
            false => None,
        };
        let mut call = ctx
            .clients
            .ecs
            .update_service()
            .cluster(cluster_of(id))
            .service(id)
            .set_task_definition(revision.map(str::to_owned));
        if touches(changes, "desired_count") {
            call = call.desired_count(spec.desired_count);
        }
        if touches(changes, "capacity") {
            // AWS changes it only together with a deployment.
            call = call
                .set_capacity_provider_strategy(Some(requests::capacity(spec)?))
                .force_new_deployment(true);
        }
        if any(&["subnet_ids", "security_group_ids", "assign_public_ip"]) {
            let private = touches(changes, "assign_public_ip");
            call = call.network_configuration(requests::network(spec, now.as_ref(), private)?);
        }
        if any(&["target_group_arn", "container_port"]) {
            let all = requests::load_balancers(ctx, spec, now.as_ref());
            call = call.set_load_balancers(Some(all));
        }
        if any(&[
            "minimum_healthy_percent",
            "maximum_percent",
            "circuit_breaker",
            "rollback",
        ]) {
            let breaker = any(&["circuit_breaker", "rollback"]);
            let next = requests::deployment(spec, now.as_ref(), breaker);
            call = call.deployment_configuration(next);
        }
        if touches(changes, "grace_seconds") {
            call = call.health_check_grace_period_seconds(spec.grace_seconds);
        }
        if touches(changes, "zone_rebalancing") {
            // AWS starts no deployment for it.
            call = call.set_availability_zone_rebalancing(requests::rebalancing(spec));
        }
        if touches(changes, "exec") {
            call = call.enable_execute_command(spec.exec);
        }
        if any(&["managed_tags", "propagate_tags"]) {
            call = call
                .enable_ecs_managed_tags(true)
                .propagate_tags(PropagateTags::Service);
        }
        let answer = call.send().await.doing("change the service")?;
        if let Some(revision) = revision {
            // AWS's time, not this machine's: it is compared with AWS's.
            let primary = answer.service().and_then(deployments::primary);
            let requested_at = primary.and_then(|primary| timestamp(primary.created_at()));
            let requested_at = requested_at.unwrap_or_else(|| ctx.clients.aws_clock.now());
            *ctx.clients.requested.borrow_mut() = Some((revision.to_owned(), requested_at));
        }
        Ok(())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let call = ctx.clients.ecs.delete_service().cluster(cluster_of(id));
        let answer = call.service(id).force(true).send().await;
        Deletion::of(answer.doing("delete the service"), &NOT_FOUND)
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        retag(&ctx.clients.ecs, id, set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, last: Option<&Spec>) -> Vec<Change> {
        let mut diff = Diff::new();
        diff.fixed("name", &live.name, &spec.name)
            .fixed("cluster", &live.cluster, &spec.cluster)
            .field(
                "task_definition",
                &live.task_definition,
                &spec.task_definition,
            )
            .set("capacity", &live.capacity, &spec.capacity)
            .set_once_known("subnet_ids", &live.subnet_ids, &spec.subnet_ids)
            .set(
                "security_group_ids",
                &live.security_group_ids,
                &spec.security_group_ids,
            )
            .field("assign_public_ip", live.assign_public_ip, false)
            .field(
                "target_group_arn",
                &live.target_group_arn,
                &spec.target_group_arn,
            )
            .field("container_port", live.container_port, &spec.container_port)
            .field(
                "minimum_healthy_percent",
                live.minimum_healthy_percent,
                spec.minimum_healthy_percent,
            )
            .field(
                "maximum_percent",
                live.maximum_percent,
                spec.maximum_percent,
            )
            .field(
                "circuit_breaker",
                live.circuit_breaker,
                spec.circuit_breaker,
            )
            .field("rollback", live.rollback, spec.circuit_breaker)
            .field("grace_seconds", live.grace_seconds, spec.grace_seconds)
            .field("exec", live.exec, spec.exec)
            .field("managed_tags", live.managed_tags, true)
            .field("propagate_tags", &live.propagate_tags, "SERVICE");
        if last.is_some_and(|last| last.desired_count != spec.desired_count) {
            diff.field("desired_count", live.desired_count, spec.desired_count);
        }
        if let Some(wanted) = spec.zone_rebalancing {
            diff.field("zone_rebalancing", live.zone_rebalancing, wanted);
        }
        diff.finish()
    }

    fn not_managed(live: &Live) -> Vec<String> {
        live.others.clone()
    }

    fn downtime(live: &Live, changes: &[Change]) -> Option<String> {
        downtime(live, changes)
    }

    fn ready(live: &Live) -> Readiness {
        if live.status == "DRAINING" {
            return Readiness::Leaving(format!(
                "draining: {} tasks still running",
                live.running_count
            ));
        }
        match live.rollout.as_str() {
            "FAILED" => Readiness::Impaired(
                live.rollout_reason.clone(),
                "rd-ecs diagnose shows why; deploy an image that works, or fix the settings",
            ),
            "IN_PROGRESS" => Readiness::Pending(format!(
                "desired {}, running {}{}",
                live.desired_count,
                live.running_count,
                match &live.last_event {
                    Some(event) => format!("; {event}"),
                    None => String::new(),
                }
            )),
            _ => Readiness::Ready,
        }
    }

    fn condition(_: &Ctx<Clients>, _: &str, live: &Live) -> Condition {
        if live.running_count >= live.desired_count {
            return Condition::Healthy;
        }
        let running = format!(
            "{} of {} tasks are running",
            live.running_count, live.desired_count
        );
        match live.pending_count {
            0 => Condition::Unhealthy(format!("{running}; rd-ecs diagnose shows why")),
            pending => Condition::Waiting(format!("{running}, {pending} pending")),
        }
    }

    async fn details(_: &Ctx<Clients>, _: &str, live: &Live) -> Result<Details> {
        let mut details = Details::new();
        details.insert(
            "tasks".to_owned(),
            format!(
                "desired {}, running {}, pending {}",
                live.desired_count, live.running_count, live.pending_count
            )
            .into(),
        );
        details.insert("revision".to_owned(), last(&live.task_definition).into());
        let rollout = match live.rollout_reason.as_str() {
            "" => live.rollout.to_lowercase(),
            reason => format!("{}: {reason}", live.rollout.to_lowercase()),
        };
        details.insert("deployment".to_owned(), rollout.into());
        if let Some(event) = &live.last_event {
            details.insert("last_event".to_owned(), event.clone().into());
        }
        Ok(details)
    }
}

/// The changes that start a deployment.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html>
const DEPLOYS: [&str; 5] = [
    "task_definition",
    "subnet_ids",
    "security_group_ids",
    "target_group_arn",
    "container_port",
];

/// What does not work during a deployment: ECS keeps the desired number of tasks times `minimum_healthy_percent`, rounded up,
/// which is none at 0.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html>
fn downtime(live: &Live, changes: &[Change]) -> Option<String> {
    let changed = changes.iter().find(|change| change.path == "desired_count");
    if changed.is_some_and(|change| change.after == 0) && live.desired_count > 0 {
        return Some("desired_count is 0: no task runs".to_owned());
    }
    let percent = changes
        .iter()
        .find(|change| change.path == "minimum_healthy_percent");
    let percent = percent.and_then(|change| change.after.as_i64());
    let percent = percent.unwrap_or_else(|| i64::from(live.minimum_healthy_percent));
    let deploys: Vec<&str> = DEPLOYS
        .into_iter()
        .filter(|path| touches(changes, path))
        .collect();
    let stops_all = percent == 0 && live.running_count > 0 && !deploys.is_empty();
    stops_all.then(|| {
        format!(
            "{}: with minimum_healthy_percent = 0, ECS may stop all tasks before new ones run",
            deploys.join(", ")
        )
    })
}

/// Fails if this run has already requested this revision and AWS rolled it back: it would only fail again.
async fn refuse_rolled_back_revision(ctx: &Ctx<Clients>, id: &str, revision: &str) -> Result<()> {
    let requested = ctx.clients.requested.borrow().clone();
    let Some((_, since)) = requested.filter(|(requested, _)| requested == revision) else {
        return Ok(());
    };
    let latest = deployments::latest(ctx, id, since).await?;
    match latest.filter(|one| one.task_definition == revision && one.is_over() && !one.succeeded())
    {
        Some(one) => Err(Error::failed(format!(
            "deployment of {} failed: {}",
            last(revision),
            one.why()
        ))
        .hint("the previous revision is still serving; rd-ecs diagnose shows what is wrong")),
        None => Ok(()),
    }
}
