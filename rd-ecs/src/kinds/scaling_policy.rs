//! `scaling_policy`: a use that autoscaling keeps by adding and taking away tasks.
//! <https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html>

use super::scalable_target::DIMENSION;
use super::scaling::{deleted, found, id, named, parts};
use crate::clients::Clients;
use aws_sdk_applicationautoscaling::types::{
    MetricType, PolicyType, PredefinedMetricSpecification, ScalingPolicy as AwsPolicy,
    ServiceNamespace, TargetTrackingScalingPolicyConfiguration,
};
use rd_common::aws::Explain;
use rd_common::{Change, CreateRequest, Ctx, Diff, Error, Found, Input, Kind, Result, Wanted};
use serde::{Deserialize, Serialize};

/// The kind.
pub struct ScalingPolicy;

/// What we want.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// What is scaled: `service/<cluster>/<service>`.
    pub resource_id: Input,
    /// Its name.
    pub name: String,
    /// The measure, in AWS's word: `ECSServiceAverageCPUUtilization`.
    pub metric: String,
    /// The use that is kept, in per cent.
    pub target: f64,
    /// How long after taking tasks away it takes more away, in seconds.
    pub scale_in_cooldown: i32,
    /// How long after adding tasks it adds more, in seconds.
    pub scale_out_cooldown: i32,
}

/// What there is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// What is scaled.
    pub resource_id: String,
    /// Its name.
    pub name: String,
    /// The measure.
    pub metric: String,
    /// The use that is kept, in per cent.
    pub target: f64,
    /// How long after taking tasks away it takes more away, in seconds.
    pub scale_in_cooldown: Option<i32>,
    /// How long after adding tasks it adds more, in seconds.
    pub scale_out_cooldown: Option<i32>,
    /// Whether it only adds tasks.
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

impl Kind for ScalingPolicy {
    const NAME: &'static str = "scaling_policy";
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let named = named(wanted, |spec| (&spec.resource_id, &spec.name));
        let Some((_, first)) = named.first() else {
            return Ok(Vec::new());
        };
        let (resource, _) = parts(first)?;
        let call = ctx.clients.autoscaling.describe_scaling_policies();
        let call = call
            .service_namespace(ServiceNamespace::Ecs)
            .resource_id(resource)
            .scalable_dimension(DIMENSION);
        let answer = call.send().await.doing("read the scaling policies")?;
        let there: Vec<Live> = answer.scaling_policies().iter().map(live).collect();
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
