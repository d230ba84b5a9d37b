//! `scheduled_action`: other numbers of tasks at times, such as at night.
//! <https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html>

use super::scalable_target::DIMENSION;
use super::scaling_policy::{id, parts};
use crate::clients::Clients;
use aws_sdk_applicationautoscaling::types::{
    ScalableTargetAction, ScheduledAction as AwsAction, ServiceNamespace,
};
use rd_common::aws::Explain;
use rd_common::{Change, Cx, Diff, Found, Input, Kind, Order, Repeat, Result, Wanted};
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

async fn put(cx: &Cx<Clients>, spec: &Spec) -> Result<()> {
    let target = ScalableTargetAction::builder()
        .min_capacity(spec.min)
        .max_capacity(spec.max);
    let call = cx.clients.autoscaling.put_scheduled_action();
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

    async fn find(cx: &Cx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let named: Vec<(&Wanted<Spec>, String)> = wanted
            .iter()
            .filter_map(|one| {
                let spec = one.spec.as_ref();
                let named = || Some(id(spec?.resource_id.known()?, &spec?.name));
                Some((one, one.id.clone().or_else(named)?))
            })
            .collect();
        let Some((_, first)) = named.first() else {
            return Ok(Vec::new());
        };
        let (resource, _) = parts(first)?;
        let call = cx.clients.autoscaling.describe_scheduled_actions();
        let call = call
            .service_namespace(ServiceNamespace::Ecs)
            .resource_id(resource)
            .scalable_dimension(DIMENSION);
        let answer = call.send().await.doing("read the schedules")?;
        let found = named.into_iter().filter_map(|(one, name)| {
            let mut all = answer.scheduled_actions().iter().map(live);
            let live = all.find(|live| id(&live.resource_id, &live.name) == name)?;
            Some(Found {
                address: one.address.clone(),
                id: name,
                live,
                tags: None,
            })
        });
        Ok(found.collect())
    }

    async fn create(cx: &Cx<Clients>, order: Order<'_, Spec>) -> Result<String> {
        put(cx, order.spec).await?;
        Ok(id(order.spec.resource_id.text(), &order.spec.name))
    }

    async fn update(
        cx: &Cx<Clients>,
        _id: &str,
        _live: &Live,
        spec: &Spec,
        _changes: &[Change],
    ) -> Result<()> {
        put(cx, spec).await
    }

    async fn delete(cx: &Cx<Clients>, id: &str) -> Result<()> {
        let (resource, name) = parts(id)?;
        let call = cx.clients.autoscaling.delete_scheduled_action();
        let call = call
            .service_namespace(ServiceNamespace::Ecs)
            .scheduled_action_name(name)
            .resource_id(resource)
            .scalable_dimension(DIMENSION);
        match call.send().await.doing("delete the schedule") {
            Err(error) if error.is(&["ObjectNotFoundException"]) => Ok(()),
            Err(error) if error.is(&["ConcurrentUpdateException"]) => {
                Err(error.repeat(Repeat::Later))
            }
            other => other.map(|_| ()),
        }
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
