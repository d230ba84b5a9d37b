//! `scheduled_action`: other numbers of tasks at times, such as at night.
//! <https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html>

use super::scalable_target::DIMENSION;
use super::scaling::{deleted, found, id, named, parts};
use crate::clients::Clients;
use aws_sdk_applicationautoscaling::types::{
    ScalableTargetAction, ScheduledAction as AwsAction, ServiceNamespace,
};
use rd_common::aws::Explain;
use rd_common::{Change, CreateRequest, Ctx, Diff, Found, Input, Kind, Result, Wanted};
use serde::{Deserialize, Serialize};

/// The kind.
pub struct ScheduledAction;

/// What we want.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// What is scaled: `service/<cluster>/<service>`.
    pub resource_id: Input,
    /// Its name.
    pub name: String,
    /// When, in AWS's form.
    pub schedule: String,
    /// The time zone of that.
    pub timezone: String,
    /// The fewest tasks from then on.
    pub min: i32,
    /// The most tasks from then on.
    pub max: i32,
}

/// What there is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// What is scaled.
    pub resource_id: String,
    /// Its name.
    pub name: String,
    /// When, in AWS's form.
    pub schedule: String,
    /// The time zone of that; AWS tells none for UTC.
    pub timezone: String,
    /// The fewest tasks from then on.
    pub min: Option<i32>,
    /// The most tasks from then on.
    pub max: Option<i32>,
}

fn live(action: &AwsAction) -> Live {
    let target = action.scalable_target_action();
    Live {
        resource_id: action.resource_id().to_owned(),
        name: action.scheduled_action_name().to_owned(),
        schedule: action.schedule().to_owned(),
        timezone: action.timezone().unwrap_or("UTC").to_owned(),
        min: target.and_then(ScalableTargetAction::min_capacity),
        max: target.and_then(ScalableTargetAction::max_capacity),
    }
}

async fn put(ctx: &Ctx<Clients>, spec: &Spec) -> Result<()> {
    let target = ScalableTargetAction::builder()
        .min_capacity(spec.min)
        .max_capacity(spec.max);
    let call = ctx.clients.autoscaling.put_scheduled_action();
    let call = call
        .service_namespace(ServiceNamespace::Ecs)
        .resource_id(spec.resource_id.text())
        .scalable_dimension(DIMENSION)
        .scheduled_action_name(&spec.name)
        .schedule(&spec.schedule)
        .timezone(&spec.timezone)
        .scalable_target_action(target.build());
    call.send().await.doing("set the schedule").map(|_| ())
}

impl Kind for ScheduledAction {
    const NAME: &'static str = "scheduled_action";
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let named = named(wanted, |spec| (&spec.resource_id, &spec.name));
        let Some((_, first)) = named.first() else {
            return Ok(Vec::new());
        };
        let (resource, _) = parts(first)?;
        let call = ctx.clients.autoscaling.describe_scheduled_actions();
        let call = call
            .service_namespace(ServiceNamespace::Ecs)
            .resource_id(resource)
            .scalable_dimension(DIMENSION);
        let answer = call.send().await.doing("read the schedules")?;
        let there: Vec<Live> = answer.scheduled_actions().iter().map(live).collect();
        Ok(found(named, &there, |live| {
            id(&live.resource_id, &live.name)
        }))
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        put(ctx, request.spec).await?;
        Ok(id(request.spec.resource_id.text(), &request.spec.name))
    }

    async fn update(
        ctx: &Ctx<Clients>,
        _id: &str,
        _live: &Live,
        spec: &Spec,
        _changes: &[Change],
    ) -> Result<()> {
        put(ctx, spec).await
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<()> {
        let (resource, name) = parts(id)?;
        let call = ctx.clients.autoscaling.delete_scheduled_action();
        let call = call
            .service_namespace(ServiceNamespace::Ecs)
            .scheduled_action_name(name)
            .resource_id(resource)
            .scalable_dimension(DIMENSION);
        deleted(call.send().await.doing("delete the schedule"))
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        Diff::new()
            .fixed("resource_id", &live.resource_id, &spec.resource_id)
            .fixed("name", &live.name, &spec.name)
            .field("schedule", &live.schedule, &spec.schedule)
            .field("timezone", &live.timezone, &spec.timezone)
            .field("min", live.min, spec.min)
            .field("max", live.max, spec.max)
            .finish()
    }
}
