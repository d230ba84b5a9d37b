//! The autoscaling of a service: its range of tasks, its policies and its schedules.

use crate::clients::Clients;
use aws_sdk_applicationautoscaling::types::{
    PolicyType, ScalingPolicy, ScheduledAction, ServiceNamespace,
};
use aws_sdk_ecs::types::Service;
use rd_common::aws::Explain;
use rd_common::{Ctx, Result, TerraformResources};
use serde_json::{Value, json};

/// Adds what scales the service.
pub async fn add(
    ctx: &Ctx<Clients>,
    service: &Service,
    all: &mut TerraformResources,
) -> Result<()> {
    let last = |arn: Option<&str>| {
        arn.and_then(|arn| arn.rsplit('/').next())
            .map(str::to_owned)
    };
    let (Some(cluster), Some(name)) = (last(service.cluster_arn()), service.service_name()) else {
        return Ok(());
    };
    let resource = format!("service/{cluster}/{name}");
    let client = &ctx.clients.autoscaling;
    let namespace = ServiceNamespace::Ecs;
    let targets = client.describe_scalable_targets();
    let targets = targets
        .service_namespace(namespace.clone())
        .resource_ids(&resource);
    let policies = client.describe_scaling_policies();
    let policies = policies
        .service_namespace(namespace.clone())
        .resource_id(&resource);
    let schedules = client.describe_scheduled_actions();
    let schedules = schedules
        .service_namespace(namespace)
        .resource_id(&resource);
    let (targets, policies, schedules) = tokio::join!(
        targets.into_paginator().items().send().try_collect(),
        policies.into_paginator().items().send().try_collect(),
        schedules.into_paginator().items().send().try_collect(),
    );
    for one in targets.doing("read the range of tasks")? {
        let values = json!({"resource_id": resource, "min_capacity": one.min_capacity(),
                            "max_capacity": one.max_capacity(), "arn": one.scalable_target_arn()});
        all.add("aws_appautoscaling_target", &resource, values);
    }
    for one in policies.doing("read the scaling policies")? {
        let id = format!("{resource}/{}", one.policy_name());
        all.add("aws_appautoscaling_policy", &id, policy(&resource, &one));
    }
    for one in schedules.doing("read the scheduled actions")? {
        let id = format!("{resource}/{}", one.scheduled_action_name());
        let values = schedule(&resource, &one);
        all.add("aws_appautoscaling_scheduled_action", &id, values);
    }
    Ok(())
}

fn policy(resource: &str, one: &ScalingPolicy) -> Value {
    let tracking = one
        .target_tracking_scaling_policy_configuration()
        .into_iter();
    let tracking = tracking.map(|one| {
        let metric = one.predefined_metric_specification().into_iter();
        let metric = metric
            .map(|one| json!({"predefined_metric_type": one.predefined_metric_type().as_str()}));
        json!({"target_value": one.target_value(), "scale_in_cooldown": one.scale_in_cooldown(),
               "scale_out_cooldown": one.scale_out_cooldown(),
               "predefined_metric_specification": metric.collect::<Vec<_>>()})
    });
    json!({
        "arn": one.policy_arn(),
        "name": one.policy_name(),
        "resource_id": resource,
        "policy_type": PolicyType::as_str(one.policy_type()),
        "target_tracking_scaling_policy_configuration": tracking.collect::<Vec<_>>(),
    })
}

fn schedule(resource: &str, one: &ScheduledAction) -> Value {
    let limits = one.scalable_target_action().into_iter();
    let limits = limits
        .map(|one| json!({"min_capacity": one.min_capacity(), "max_capacity": one.max_capacity()}));
    json!({
        "arn": one.scheduled_action_arn(),
        "name": one.scheduled_action_name(),
        "resource_id": resource,
        "schedule": one.schedule(),
        "timezone": one.timezone(),
        "scalable_target_action": limits.collect::<Vec<_>>(),
    })
}
