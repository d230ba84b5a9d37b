"""Scaling policies: one per metric of a registered target, with the alarms that AWS creates for them, which stay when a
policy changes.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html
https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TargetTrackingScalingPolicyConfiguration.html
https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PredefinedMetricSpecification.html
https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking.html
https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-limits.html
https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalingPolicies.html
"""

import json

from moto.applicationautoscaling.models import FakeApplicationAutoscalingPolicy as Policy
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.cloudwatch.models import cloudwatch_backends
from moto.moto_api._internal import mock_random

from aws_local.application_autoscaling.requests import answer, found_target, given, invalid, refused, selected, subject
from aws_local.cloudwatch import alarms

MAX_POLICIES = 50
MAX_PAGE = 10
TRACKING, STEPS = "TargetTrackingScaling", "StepScaling"
# The metric of a service for each predefined type.
ECS_METRICS = {
    "ECSServiceAverageCPUUtilization": ("AWS/ECS", "CPUUtilization", "Percent"),
    "ECSServiceAverageMemoryUtilization": ("AWS/ECS", "MemoryUtilization", "Percent"),
    "ALBRequestCountPerTarget": ("AWS/ApplicationELB", "RequestCountPerTarget", None),
}


def _check_tracking(about, configuration):
    metric, own = configuration.get("PredefinedMetricSpecification"), configuration.get("CustomizedMetricSpecification")
    if (metric is None) == (own is None):
        raise invalid(
            "Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified for a "
            "target tracking scaling policy"
        )
    if configuration.get("TargetValue") is None or configuration["TargetValue"] <= 0:
        raise invalid("TargetValue must be greater than 0")
    for name in ("ScaleInCooldown", "ScaleOutCooldown"):
        if configuration.get(name, 0) < 0:
            raise invalid(f"{name} must not be negative")
    if metric is None or about.namespace != "ecs":
        return
    kind, label = metric.get("PredefinedMetricType"), metric.get("ResourceLabel")
    if kind not in ECS_METRICS:
        raise invalid(f"Unsupported predefined metric type {kind} for service namespace ecs")
    if (kind == "ALBRequestCountPerTarget") != bool(label):
        wanted = "required" if not label else "not allowed"
        raise invalid(f"ResourceLabel is {wanted} for predefined metric type {kind}")


def _of(backend, about):
    return [
        one
        for one in backend.policies.values()
        if (one.service_namespace, one.resource_id, one.scalable_dimension) == about
    ]


def _check_others(backend, about, name, configuration):
    """There can be only one policy per metric."""
    metric = [configuration.get(one) for one in ("PredefinedMetricSpecification", "CustomizedMetricSpecification")]
    for other in _of(backend, about):
        existing = other.target_tracking_scaling_policy_configuration or {}
        names = ("PredefinedMetricSpecification", "CustomizedMetricSpecification")
        if other.policy_name != name and existing and [existing.get(one) for one in names] == metric:
            raise invalid("Only one TargetTrackingScaling policy for a given metric specification is allowed.")


def put_scaling_policy(self):
    backend = self.applicationautoscaling_backend
    _, about = found_target(self)
    name, kind = self._get_param("PolicyName"), self._get_param("PolicyType")
    key = Policy.formulate_key(about.namespace, about.resource, about.dimension, name)
    before = backend.policies.get(key)
    if before is not None and kind not in (None, before.policy_type):
        raise invalid(f"The type of the scaling policy {name} cannot be changed")
    kind = kind or (before.policy_type if before else None)
    field = f"{kind}PolicyConfiguration" if kind in (TRACKING, STEPS) else None
    configuration = self._get_param(field) if field else None
    if configuration is None and before is not None:
        configuration = before._policy_body
    if field and configuration is None:
        raise invalid(f"{field} is required for policies of type {kind}")
    if kind == TRACKING:
        _check_tracking(about, configuration)
        _check_others(backend, about, name, configuration)
    if before is None and len(_of(backend, about)) >= MAX_POLICIES:
        message = f"The scalable target has {MAX_POLICIES} scaling policies, which is the maximum: {about}"
        raise refused("LimitExceededException", message)
    policy = Policy(
        backend.account_id,
        backend.region_name,
        name,
        about.namespace,
        about.resource,
        about.dimension,
        kind,
        configuration,
    )
    if before is not None:
        policy.policy_arn, policy.creation_time = before.policy_arn, before.creation_time
    policy.alarms = _alarms(backend, policy, before)
    backend.policies[key] = policy
    return json.dumps({"PolicyARN": policy.policy_arn, "Alarms": _described_alarms(policy)})


def _metric(policy):
    """Namespace, name, dimensions, statistic and unit of the metric that a policy tracks."""
    configuration = policy.target_tracking_scaling_policy_configuration
    own = configuration.get("CustomizedMetricSpecification")
    if own:
        named = [own.get(one) for one in ("Namespace", "MetricName", "Dimensions", "Statistic", "Unit")]
        return [*named[:2], named[2] or [], *named[3:]]
    metric = configuration["PredefinedMetricSpecification"]
    namespace, name, unit = ECS_METRICS[metric["PredefinedMetricType"]]
    if metric.get("ResourceLabel"):
        # app/name/id/targetgroup/name/id
        parts = metric["ResourceLabel"].split("/")
        dimensions = [
            {"Name": "LoadBalancer", "Value": "/".join(parts[:3])},
            {"Name": "TargetGroup", "Value": "/".join(parts[3:])},
        ]
        return namespace, name, dimensions, "Sum", unit
    _, cluster, service = policy.resource_id.split("/")
    dimensions = [{"Name": "ClusterName", "Value": cluster}, {"Name": "ServiceName", "Value": service}]
    return namespace, name, dimensions, "Average", unit


def _alarms(backend, policy, before):
    """Target tracking scales out after three minutes above the target, and in after fifteen minutes below 90 % of it."""
    if policy.policy_type != TRACKING or policy.service_namespace != "ecs":
        return policy.alarms
    configuration = policy.target_tracking_scaling_policy_configuration
    namespace, metric, dimensions, statistic, unit = _metric(policy)
    target, cloudwatch = configuration["TargetValue"], cloudwatch_backends[backend.account_id][backend.region_name]
    wanted = {"AlarmHigh": ("GreaterThanThreshold", 3, target)}
    if not configuration.get("DisableScaleIn"):
        wanted["AlarmLow"] = ("LessThanThreshold", 15, target * 0.9)
    old = before.alarms if before else []
    existing = {kind: one.name for kind in ("AlarmHigh", "AlarmLow") for one in old if f"-{kind}-" in one.name}
    cloudwatch.delete_alarms([name for kind, name in existing.items() if kind not in wanted])
    created = []
    for kind, (operator, periods, threshold) in wanted.items():
        given = {
            "AlarmName": existing.get(kind) or f"TargetTracking-{policy.resource_id}-{kind}-{mock_random.uuid4()}",
            "AlarmDescription": f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy.policy_arn}.",
            "AlarmActions": [policy.policy_arn],
            "Namespace": namespace,
            "MetricName": metric,
            "Dimensions": dimensions,
            "Statistic": statistic,
            "Unit": unit,
            "Period": 60,
            "EvaluationPeriods": periods,
            "Threshold": threshold,
            "ComparisonOperator": operator,
        }
        given = {name: value for name, value in given.items() if value is not None}
        created.append(alarms.put(cloudwatch, given))
    return created


def delete_scaling_policy(self):
    about, name = subject(self), self._get_param("PolicyName")
    backend = self.applicationautoscaling_backend
    if Policy.formulate_key(about.namespace, about.resource, about.dimension, name) not in backend.policies:
        raise refused("ObjectNotFoundException", f"No scaling policy found for {about}, policy name: {name}")
    backend.delete_scaling_policy(name, *about)
    return "{}"


def _described_alarms(policy):
    return [{"AlarmName": one.name, "AlarmARN": one.alarm_arn} for one in policy.alarms]


def _described(policy):
    return given(
        PolicyARN=policy.policy_arn,
        PolicyName=policy.policy_name,
        ServiceNamespace=policy.service_namespace,
        ResourceId=policy.resource_id,
        ScalableDimension=policy.scalable_dimension,
        PolicyType=policy.policy_type,
        StepScalingPolicyConfiguration=policy.step_scaling_policy_configuration,
        TargetTrackingScalingPolicyConfiguration=policy.target_tracking_scaling_policy_configuration,
        Alarms=_described_alarms(policy),
        CreationTime=policy.creation_time,
    )


def describe_scaling_policies(self):
    names = self._get_param("PolicyNames")
    found = selected(self, self.applicationautoscaling_backend.policies.values())
    found = [one for one in found if not names or one.policy_name in names]
    return answer(self, "ScalingPolicies", found, _described, MAX_PAGE)


def install():
    # The alarms need the policy's ARN.
    Policy._generate_ecs_alarms = lambda self: []
    ApplicationAutoScalingResponse.put_scaling_policy = put_scaling_policy
    ApplicationAutoScalingResponse.delete_scaling_policy = delete_scaling_policy
    ApplicationAutoScalingResponse.describe_scaling_policies = describe_scaling_policies
