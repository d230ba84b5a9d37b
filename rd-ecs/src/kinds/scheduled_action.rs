//! `scheduled_action`: changes the range of tasks at set times, such as at night.
//! <https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html>

use super::scalable_target::DIMENSION;
use super::scaling::{deleted, id, matching, split_id, with_ids};
use crate::clients::Clients;
use aws_sdk_applicationautoscaling::types::{
    ScalableTargetAction, ScheduledAction as AwsAction, ServiceNamespace,
};
use rd_common::aws::Explain;
use rd_common::{Change, CreateRequest, Ctx, Deletion, Diff, Found, Input, Kind, Result, Wanted};
use serde::{Deserialize, Serialize};

/// The kind `scheduled_action`; its id is `<resource>:<name>`.
pub struct ScheduledAction;

/// The settings of the scheduled action.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The resource id of the service: `service/<cluster>/<service>`.
    pub resource_id: Input,
    /// The name of the scheduled action.
    pub name: String,
    /// When it runs: `cron(…)`, `rate(…)` or `at(…)`.
    pub schedule: String,
    /// The time zone of the schedule.
    pub timezone: String,
    /// The lower limit of tasks from then on.
    pub min: i32,
    /// The upper limit of tasks from then on.
    pub max: i32,
}

/// The scheduled action as Application Auto Scaling describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The resource id of the service.
    pub resource_id: String,
    /// The name of the scheduled action.
    pub name: String,
    /// When it runs: `cron(…)`, `rate(…)` or `at(…)`.
    pub schedule: String,
    /// The time zone of the schedule; AWS returns none for UTC.
    pub timezone: String,
    /// The lower limit of tasks from then on.
    pub min: Option<i32>,
    /// The upper limit of tasks from then on.
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
    call.send()
        .await
        .doing("set the scheduled action")
        .map(|_| ())
}

impl Kind for ScheduledAction {
    const NAME: &'static str = "scheduled_action";
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let wanted = with_ids(wanted, |spec| (&spec.resource_id, &spec.name));
        let Some((_, first)) = wanted.first() else {
            return Ok(Vec::new());
        };
        let (resource, _) = split_id(first)?;
        let call = ctx.clients.autoscaling.describe_scheduled_actions();
        let call = call
            .service_namespace(ServiceNamespace::Ecs)
            .resource_id(resource)
            .scalable_dimension(DIMENSION);
        let mut actions = call.into_paginator().items().send();
        let mut existing: Vec<Live> = Vec::new();
        while let Some(action) = actions.next().await {
            existing.push(live(&action.doing("read the scheduled actions")?));
        }
        Ok(matching(wanted, &existing, |live| {
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

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let (resource, name) = split_id(id)?;
        let call = ctx.clients.autoscaling.delete_scheduled_action();
        let call = call
            .service_namespace(ServiceNamespace::Ecs)
            .scheduled_action_name(name)
            .resource_id(resource)
            .scalable_dimension(DIMENSION);
        deleted(call.send().await.doing("delete the scheduled action"))
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

#[cfg(test)]
mod tests {
    use super::*;
    use rd_testkit::canned::{answering, sdk_config};
    use serde_json::json;

    #[tokio::test]
    async fn scheduled_actions_as_aws_describes_them() {
        let action = json!({
            "ScalableDimension": "ecs:service:DesiredCount", "Schedule": "cron(0 20 ? * MON-FRI *)", "Timezone": "Europe/Berlin",
            "ResourceId": "service/shop-test-cluster/shop-test-api", "CreationTime": 1_561_571_888.361,
            "ScheduledActionARN": "arn:aws:autoscaling:us-west-2:123456789012:scheduledAction:2d36:resource/ecs/x:scheduledActionName/night",
            "ScalableTargetAction": {"MinCapacity": 0, "MaxCapacity": 1}, "ScheduledActionName": "night", "ServiceNamespace": "ecs",
        });
        let mut half = action.clone();
        half.as_object_mut().unwrap().remove("Timezone");
        half["ScalableTargetAction"] = json!({"MaxCapacity": 2});
        let body = json!({"ScheduledActions": [action, half]}).to_string();
        let client = aws_sdk_applicationautoscaling::Client::new(&sdk_config(answering(&body)));
        let call = client
            .describe_scheduled_actions()
            .service_namespace(ServiceNamespace::Ecs);
        let answer = call.send().await.unwrap();
        let read: Vec<Live> = answer.scheduled_actions().iter().map(live).collect();
        assert_eq!(
            (read[0].timezone.as_str(), read[0].min, read[0].max),
            ("Europe/Berlin", Some(0), Some(1))
        );
        assert_eq!(
            (read[1].timezone.as_str(), read[1].min, read[1].max),
            ("UTC", None, Some(2))
        );
    }
}
