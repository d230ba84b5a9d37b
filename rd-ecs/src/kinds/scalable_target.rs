//! `scalable_target`: the service at Application Auto Scaling, with its range of tasks.
//! <https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html>

use super::scaling::deleted;
use crate::clients::Clients;
use aws_sdk_applicationautoscaling::types::{
    ScalableDimension, ScalableTarget as AwsTarget, ServiceNamespace, SuspendedState,
};
use rd_common::aws::Explain;
use rd_common::{
    Change, CreateRequest, Ctx, Deletion, Diff, Error, Found, Input, Kind, Result, Tags, Wanted,
};
use rd_iam::service_linked_role;
use serde::{Deserialize, Serialize};

/// The kind `scalable_target`; its id is the resource id `service/<cluster>/<service>`.
pub struct ScalableTarget;

/// What autoscaling changes: the service's desired number of tasks.
pub const DIMENSION: ScalableDimension = ScalableDimension::EcsServiceDesiredCount;

/// The settings of the scalable target.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The resource id: `service/<cluster>/<service>`.
    pub resource_id: String,
    /// The ARN of the service, which must exist first.
    pub service_arn: Input,
    /// The lower limit of the desired number of tasks.
    pub min: i32,
    /// The upper limit of the desired number of tasks.
    pub max: i32,
    /// Whether scheduled actions change the limits.
    pub scheduled: bool,
}

/// The scalable target as Application Auto Scaling describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The resource id: `service/<cluster>/<service>`.
    pub resource_id: String,
    /// The scalable target's ARN.
    pub arn: Option<String>,
    /// The lower limit of the desired number of tasks.
    pub min: i32,
    /// The upper limit of the desired number of tasks.
    pub max: i32,
    /// Whether policies may not scale in.
    pub scale_in_suspended: bool,
    /// Whether policies may not scale out.
    pub scale_out_suspended: bool,
    /// Whether scheduled actions are suspended.
    pub schedules_suspended: bool,
}

fn live(target: &AwsTarget) -> Live {
    let suspended = target.suspended_state();
    let is = |of: fn(&SuspendedState) -> Option<bool>| suspended.and_then(of).unwrap_or(false);
    Live {
        resource_id: target.resource_id().to_owned(),
        arn: target.scalable_target_arn().map(str::to_owned),
        min: target.min_capacity(),
        max: target.max_capacity(),
        scale_in_suspended: is(SuspendedState::dynamic_scaling_in_suspended),
        scale_out_suspended: is(SuspendedState::dynamic_scaling_out_suspended),
        schedules_suspended: is(SuspendedState::scheduled_scaling_suspended),
    }
}

/// Reads the scalable target of a service; none where it has none.
pub async fn read(ctx: &Ctx<Clients>, resource_id: &str) -> Result<Option<Live>> {
    let call = ctx.clients.autoscaling.describe_scalable_targets();
    let call = call
        .service_namespace(ServiceNamespace::Ecs)
        .resource_ids(resource_id)
        .scalable_dimension(DIMENSION);
    let mut targets = call.into_paginator().items().send();
    while let Some(target) = targets.next().await {
        let target = target.doing("read the scalable target")?;
        // The answer may have other dimensions of the resource.
        if target.resource_id() == resource_id && *target.scalable_dimension() == DIMENSION {
            return Ok(Some(live(&target)));
        }
    }
    Ok(None)
}

/// Resumes scale-in by policies, and leaves everything else as it is: AWS does not document what becomes of members that a
/// request leaves out.
pub async fn resume_scale_in(ctx: &Ctx<Clients>, resource_id: &str) -> Result<()> {
    let Some(now) = read(ctx, resource_id).await? else {
        return Ok(());
    };
    let state = SuspendedState::builder()
        .dynamic_scaling_in_suspended(false)
        .dynamic_scaling_out_suspended(now.scale_out_suspended)
        .scheduled_scaling_suspended(now.schedules_suspended);
    let call = ctx.clients.autoscaling.register_scalable_target();
    let call = call
        .service_namespace(ServiceNamespace::Ecs)
        .resource_id(resource_id)
        .scalable_dimension(DIMENSION)
        .suspended_state(state.build());
    let set = async || call.clone().send().await.doing("resume scale-in");
    ctx.retrying(set).await.map(|_| ())
}

/// Registers the target or changes it, and returns its ARN.
async fn register(ctx: &Ctx<Clients>, spec: &Spec, tags: Option<&Tags>) -> Result<Option<String>> {
    let not_suspended = SuspendedState::builder()
        .dynamic_scaling_in_suspended(false)
        .dynamic_scaling_out_suspended(false)
        .scheduled_scaling_suspended(false);
    // AWS accepts tags only with the first registration, and refuses a retry with tags.
    let call = ctx.clients.autoscaling.register_scalable_target();
    let call = call
        .service_namespace(ServiceNamespace::Ecs)
        .resource_id(&spec.resource_id)
        .scalable_dimension(DIMENSION)
        .min_capacity(spec.min)
        .max_capacity(spec.max)
        .suspended_state(not_suspended.build())
        .set_tags(tags.map(|tags| tags.clone().into_iter().collect()));
    let answer = call.send().await.doing("register the scalable target")?;
    Ok(answer.scalable_target_arn)
}

/// Sets tags of the target with this ARN, and removes those with these keys.
async fn retag(ctx: &Ctx<Clients>, arn: &str, set: &Tags, remove: &[String]) -> Result<()> {
    let autoscaling = &ctx.clients.autoscaling;
    if !set.is_empty() {
        let call = autoscaling.tag_resource().resource_arn(arn);
        let tags = set.clone().into_iter().collect();
        let call = call.set_tags(Some(tags)).send();
        call.await.doing("set the scalable target's tags")?;
    }
    if !remove.is_empty() {
        let call = autoscaling.untag_resource().resource_arn(arn);
        let call = call.set_tag_keys(Some(remove.to_vec())).send();
        call.await.doing("remove the scalable target's tags")?;
    }
    Ok(())
}

/// Whether AWS refuses the tags of a registration because the target is registered already.
fn is_registered(error: &Error) -> bool {
    error.is(&["ValidationException"]) && error.summary.contains("tried to tag already exists")
}

impl Kind for ScalableTarget {
    const NAME: &'static str = "scalable_target";
    const TAGS_NOT_READ: bool = true;
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let mut found = Vec::new();
        for one in wanted {
            let Some(id) = one.id_or(|spec| &spec.resource_id) else {
                continue;
            };
            let Some(live) = read(ctx, &id).await? else {
                continue;
            };
            let known = one.id.as_ref().is_some_and(|id| ctx.knows(id));
            let tags = match &live.arn {
                Some(arn) if !known => {
                    let call = ctx.clients.autoscaling.list_tags_for_resource();
                    let answer = call.resource_arn(arn).send().await;
                    match answer.doing("read the scalable target's tags") {
                        Err(error) if error.is(&["ResourceNotFoundException"]) => continue,
                        other => Some(other?.tags.unwrap_or_default().into_iter().collect()),
                    }
                }
                _ => None,
            };
            found.push(Found {
                address: one.address.clone(),
                id,
                live,
                tags,
            });
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let role = service_linked_role::ECS_AUTOSCALING;
        service_linked_role::ensure(&ctx.clients.iam, role).await?;
        match register(ctx, request.spec, Some(request.tags)).await {
            // By an earlier attempt, whose answer was lost and which reads do not show yet.
            Err(error) if is_registered(&error) => {
                if let Some(arn) = register(ctx, request.spec, None).await? {
                    retag(ctx, &arn, request.tags, &[]).await?;
                }
            }
            other => {
                other.map_err(|error| service_linked_role::explained(role, error))?;
            }
        }
        Ok(request.spec.resource_id.clone())
    }

    async fn update(
        ctx: &Ctx<Clients>,
        _id: &str,
        _live: &Live,
        spec: &Spec,
        _changes: &[Change],
    ) -> Result<()> {
        register(ctx, spec, None).await.map(|_| ())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let call = ctx.clients.autoscaling.deregister_scalable_target();
        let call = call
            .service_namespace(ServiceNamespace::Ecs)
            .resource_id(id)
            .scalable_dimension(DIMENSION);
        deleted(call.send().await.doing("deregister the scalable target"))
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        let Some(arn) = read(ctx, id).await?.and_then(|live| live.arn) else {
            return Ok(());
        };
        retag(ctx, &arn, set, remove).await
    }

    /// Limits that a scheduled action has set are not drift, unless the settings changed.
    fn diff(spec: &Spec, live: &Live, last: Option<&Spec>) -> Vec<Change> {
        let mut diff = Diff::new();
        diff.fixed("resource_id", &live.resource_id, &spec.resource_id);
        let by_schedule =
            spec.scheduled && last.is_some_and(|last| (last.min, last.max) == (spec.min, spec.max));
        if !by_schedule {
            diff.field("min", live.min, spec.min)
                .field("max", live.max, spec.max);
        }
        diff.field("scale_in_suspended", live.scale_in_suspended, false)
            .field("scale_out_suspended", live.scale_out_suspended, false)
            .field("schedules_suspended", live.schedules_suspended, false)
            .finish()
    }
}
