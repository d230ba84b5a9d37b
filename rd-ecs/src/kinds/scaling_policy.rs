//! `scaling_policy`: target tracking, which scales the service to keep its CPU or memory use at a target.
//! <https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html>

use super::scalable_target::DIMENSION;
use super::scaling::{deleted, id, matching, split_id, with_ids};
use crate::clients::Clients;
use aws_sdk_applicationautoscaling::types::{
    MetricType, PolicyType, PredefinedMetricSpecification, ScalingPolicy as AwsPolicy,
    ServiceNamespace, TargetTrackingScalingPolicyConfiguration,
};
use rd_common::aws::Explain;
use rd_common::{
    Change, CreateRequest, Ctx, Deletion, Diff, Error, Found, Input, Kind, Result, Wanted,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The kind `scaling_policy`; its id is `<resource>:<name>`.
pub struct ScalingPolicy;

/// The settings of the policy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The resource id of the service: `service/<cluster>/<service>`.
    pub resource_id: Input,
    /// The name of the policy.
    pub name: String,
    /// AWS's name of the metric, such as `ECSServiceAverageCPUUtilization`.
    pub metric: String,
    /// The target value of the metric, in percent.
    pub target: f64,
    /// The time between two scale-ins, in seconds.
    pub scale_in_cooldown: i32,
    /// The time between two scale-outs, in seconds.
    pub scale_out_cooldown: i32,
}

/// The policy as Application Auto Scaling describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The resource id of the service.
    pub resource_id: String,
    /// The name of the policy.
    pub name: String,
    /// AWS's name of the metric.
    pub metric: String,
    /// The target value of the metric, in percent.
    pub target: f64,
    /// The time between two scale-ins, in seconds.
    pub scale_in_cooldown: Option<i32>,
    /// The time between two scale-outs, in seconds.
    pub scale_out_cooldown: Option<i32>,
    /// Whether the policy only scales out.
    pub scale_in_disabled: bool,
}

fn live(policy: &AwsPolicy) -> Live {
    let tracking = policy.target_tracking_scaling_policy_configuration();
    Live {
        resource_id: policy.resource_id().to_owned(),
        name: policy.policy_name().to_owned(),
        metric: tracking
            .and_then(|one| one.predefined_metric_specification())
            .map(|one| one.predefined_metric_type().as_str().to_owned())
            .unwrap_or_default(),
        target: tracking.map_or(0.0, TargetTrackingScalingPolicyConfiguration::target_value),
        scale_in_cooldown: tracking.and_then(aws_sdk_applicationautoscaling::types::TargetTrackingScalingPolicyConfiguration::scale_in_cooldown),
        scale_out_cooldown: tracking.and_then(aws_sdk_applicationautoscaling::types::TargetTrackingScalingPolicyConfiguration::scale_out_cooldown),
        scale_in_disabled: tracking
            .and_then(aws_sdk_applicationautoscaling::types::TargetTrackingScalingPolicyConfiguration::disable_scale_in)
            .unwrap_or(false),
    }
}

async fn put(ctx: &Ctx<Clients>, spec: &Spec) -> Result<()> {
    let incomplete = |e| Error::failed(format!("the policy is incomplete: {e}"));
    let metric = PredefinedMetricSpecification::builder()
        .predefined_metric_type(MetricType::from(spec.metric.as_str()))
        .build()
        .map_err(incomplete)?;
    let tracking = TargetTrackingScalingPolicyConfiguration::builder()
        .predefined_metric_specification(metric)
        .target_value(spec.target)
        .scale_in_cooldown(spec.scale_in_cooldown)
        .scale_out_cooldown(spec.scale_out_cooldown)
        .disable_scale_in(false)
        .build()
        .map_err(incomplete)?;
    let call = ctx.clients.autoscaling.put_scaling_policy();
    let call = call
        .policy_name(&spec.name)
        .service_namespace(ServiceNamespace::Ecs)
        .resource_id(spec.resource_id.text())
        .scalable_dimension(DIMENSION)
        .policy_type(PolicyType::TargetTrackingScaling)
        .target_tracking_scaling_policy_configuration(tracking);
    call.send()
        .await
        .doing("set the scaling policy")
        .map(|_| ())
}

/// Reads the policies of a service.
async fn read(ctx: &Ctx<Clients>, resource: &str) -> Result<Vec<Live>> {
    let call = ctx.clients.autoscaling.describe_scaling_policies();
    let call = call
        .service_namespace(ServiceNamespace::Ecs)
        .resource_id(resource)
        .scalable_dimension(DIMENSION);
    let mut policies = call.into_paginator().items().send();
    let mut existing: Vec<Live> = Vec::new();
    while let Some(policy) = policies.next().await {
        existing.push(live(&policy.doing("read the scaling policies")?));
    }
    Ok(existing)
}

impl Kind for ScalingPolicy {
    const NAME: &'static str = "scaling_policy";
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let wanted = with_ids(wanted, |spec| (&spec.resource_id, &spec.name));
        let Some((_, first)) = wanted.first() else {
            return Ok(Vec::new());
        };
        let (resource, _) = split_id(first)?;
        // CloudWatch throttles what Application Auto Scaling asks it, which the SDK does not recognize.
        // <https://github.com/hashicorp/terraform-provider-aws/issues/1428>
        let throttled = |error: &Error| error.summary.contains("Rate exceeded");
        let existing = ctx
            .retrying_for(Duration::ZERO, |_| {}, throttled, || read(ctx, resource))
            .await?;
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
        let call = ctx.clients.autoscaling.delete_scaling_policy();
        let call = call
            .policy_name(name)
            .service_namespace(ServiceNamespace::Ecs)
            .resource_id(resource)
            .scalable_dimension(DIMENSION);
        deleted(call.send().await.doing("delete the scaling policy"))
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        Diff::new()
            .fixed("resource_id", &live.resource_id, &spec.resource_id)
            .fixed("name", &live.name, &spec.name)
            .field("metric", &live.metric, &spec.metric)
            .field("target", live.target, spec.target)
            .field(
                "scale_in_cooldown",
                live.scale_in_cooldown,
                spec.scale_in_cooldown,
            )
            .field(
                "scale_out_cooldown",
                live.scale_out_cooldown,
                spec.scale_out_cooldown,
            )
            .field("scale_in_disabled", live.scale_in_disabled, false)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rd_testkit::canned::{answering, sdk_config};
    use serde_json::{Value, json};

    async fn read(policy: &Value) -> Live {
        let body = json!({"ScalingPolicies": [policy]}).to_string();
        let client = aws_sdk_applicationautoscaling::Client::new(&sdk_config(answering(&body)));
        let call = client
            .describe_scaling_policies()
            .service_namespace(ServiceNamespace::Ecs);
        live(&call.send().await.unwrap().scaling_policies()[0])
    }

    #[tokio::test]
    async fn policies_as_aws_describes_them() {
        let mut policy = json!({
            "PolicyName": "cpu", "ScalableDimension": "ecs:service:DesiredCount", "ServiceNamespace": "ecs",
            "ResourceId": "service/shop-test-cluster/shop-test-api", "CreationTime": 1_462_561_899.23,
            "PolicyARN": "arn:aws:autoscaling:us-west-2:123456789012:scalingPolicy:6d8972f3:resource/ecs/x:policyName/cpu",
            "PolicyType": "TargetTrackingScaling",
            "Alarms": [{"AlarmName": "TargetTracking-x", "AlarmARN": "arn:aws:cloudwatch:us-west-2:123456789012:alarm:x"}],
            "TargetTrackingScalingPolicyConfiguration": {
                "TargetValue": 70.0, "ScaleInCooldown": 300, "ScaleOutCooldown": 60, "DisableScaleIn": false,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
            },
        });
        let tracking = read(&policy).await;
        assert_eq!(tracking.metric, "ECSServiceAverageCPUUtilization");
        assert!((tracking.target - 70.0).abs() < f64::EPSILON);
        assert_eq!(
            (tracking.scale_in_cooldown, tracking.scale_out_cooldown),
            (Some(300), Some(60))
        );
        // A policy of the same name that steps, from somebody else, is another one in every respect.
        policy["PolicyType"] = json!("StepScaling");
        policy["StepScalingPolicyConfiguration"] = json!({
            "Cooldown": 60, "AdjustmentType": "PercentChangeInCapacity",
            "StepAdjustments": [{"ScalingAdjustment": 200, "MetricIntervalLowerBound": 0.0}],
        });
        policy
            .as_object_mut()
            .unwrap()
            .remove("TargetTrackingScalingPolicyConfiguration");
        let stepping = read(&policy).await;
        assert_eq!(
            (stepping.metric.as_str(), stepping.scale_in_cooldown),
            ("", None)
        );
    }
}
