"""Scalable targets. Registering one again changes only the given settings; deregistering it also deletes its policies and
scheduled actions. ECS services use AWS's service-linked role.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DeregisterScalableTarget.html
https://docs.aws.amazon.com/autoscaling/application/APIReference/API_ScalableTarget.html
https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-service-linked-roles.html
"""

import json

from moto.applicationautoscaling.models import FakeScalableTarget, applicationautoscaling_backends
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.ecs.models import ecs_backends
from moto.iam.models import iam_backends

from aws_local.application_autoscaling import tags as application_autoscaling_tags
from aws_local.application_autoscaling.requests import Subject, answer, given, invalid, refused, subject
from aws_local.ecs import controls
from aws_local.iam import service_linked_roles

RUNNING = {"DynamicScalingInSuspended": False, "DynamicScalingOutSuspended": False, "ScheduledScalingSuspended": False}
ECS_SERVICE = "ecs.application-autoscaling.amazonaws.com"
ECS_ROLE = "AWSServiceRoleForApplicationAutoScaling_ECSService"


def _check_service(backend, resource):
    parts = resource.split("/")
    services = ecs_backends[backend.account_id][backend.region_name].services
    service = services.get(":".join(parts[1:])) if len(parts) == 3 else None
    if service is None or service.status == "INACTIVE":
        raise invalid(f"ECS service doesn't exist: {resource}")


def _role(backend, namespace, requested):
    """For ECS always the service-linked role, created if the account has none."""
    if namespace != "ecs":
        return requested
    account, partition = backend.account_id, backend.partition
    if not service_linked_roles.exists(account, partition, ECS_ROLE):
        iam_backends[account][partition].create_service_linked_role(ECS_SERVICE, "", "")
    role = service_linked_roles.find(account, partition, ECS_ROLE)
    if controls.role_lags(role, "service"):
        raise invalid(f"Unable to assume IAM role: {role.arn}")
    return role.arn


def _check_capacity(low, high):
    for name, value in (("minCapacity", low), ("maxCapacity", high)):
        if value < 0:
            raise invalid(
                f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: Member must "
                "have value greater than or equal to 0"
            )
    if low > high:
        raise invalid("Maximum capacity cannot be less than minimum capacity")


def register_scalable_target(self):
    backend, about = self.applicationautoscaling_backend, subject(self)
    if about.namespace == "ecs":
        _check_service(backend, about.resource)
    target = backend.targets.get(about.dimension, {}).get(about.resource)
    tags, suspended = self._get_param("Tags"), self._get_param("SuspendedState") or {}
    low, high = self._get_int_param("MinCapacity"), self._get_int_param("MaxCapacity")
    if target is None and (low is None or high is None):
        raise invalid("MinCapacity and MaxCapacity are required to register a new scalable target")
    low = target.min_capacity if low is None else low
    high = target.max_capacity if high is None else high
    _check_capacity(low, high)
    if tags and target is not None:
        raise invalid(
            "The scalable target that you tried to tag already exists. To update tags on an existing scalable target, "
            "use the TagResource API."
        )
    if tags:
        application_autoscaling_tags.check(tags)
    state = {**(RUNNING if target is None else target.suspended_state), **suspended}
    if target is None:
        role = _role(backend, about.namespace, self._get_param("RoleARN"))
        target = FakeScalableTarget(backend, about.namespace, about.resource, about.dimension, low, high, role, state)
        target.tags = dict(tags or {})
        backend._add_scalable_target(target)
    else:
        target.update(low, high, state)
    return json.dumps({"ScalableTargetARN": target.arn})


def drop_service(account_id, region, cluster, service):
    """ECS deletes a service: its scalable target goes with it.

    https://github.com/hashicorp/terraform/issues/10432
    """
    about = Subject("ecs", f"service/{cluster}/{service}", "ecs:service:DesiredCount")
    _drop(applicationautoscaling_backends[account_id][region], about)


def deregister_scalable_target(self):
    backend, about = self.applicationautoscaling_backend, subject(self)
    if not _drop(backend, about):
        raise refused("ObjectNotFoundException", f"No scalable target found for {about}")
    return "{}"


def _drop(backend, about):
    """Deletes a target with its policies and scheduled actions; whether it existed."""
    if backend.targets.get(about.dimension, {}).pop(about.resource, None) is None:
        return False
    for policy in list(backend.policies.values()):
        if (policy.service_namespace, policy.resource_id, policy.scalable_dimension) == about:
            backend.delete_scaling_policy(policy.policy_name, *about)
    backend.scheduled_actions = [
        one
        for one in backend.scheduled_actions
        if (one.service_namespace, one.resource_id, one.scalable_dimension) != about
    ]
    return True


def _described(target):
    return given(
        ServiceNamespace=target.service_namespace,
        ResourceId=target.resource_id,
        ScalableDimension=target.scalable_dimension,
        MinCapacity=target.min_capacity,
        MaxCapacity=target.max_capacity,
        RoleARN=target.role_arn,
        CreationTime=target.creation_time,
        SuspendedState=target.suspended_state,
        ScalableTargetARN=target.arn,
    )


def describe_scalable_targets(self):
    targets = [one for those in self.applicationautoscaling_backend.targets.values() for one in those.values()]
    resources, dimension = self._get_param("ResourceIds"), self._get_param("ScalableDimension")
    if dimension and not resources:
        raise invalid("You must specify a resource ID when a scalable dimension is specified")
    self._validate_params()
    namespace = self._get_param("ServiceNamespace")
    found = [
        one
        for one in targets
        if one.service_namespace == namespace
        and (not resources or one.resource_id in resources)
        and dimension in (None, one.scalable_dimension)
    ]
    return answer(self, "ScalableTargets", found, _described)


def install():
    ApplicationAutoScalingResponse.register_scalable_target = register_scalable_target
    ApplicationAutoScalingResponse.deregister_scalable_target = deregister_scalable_target
    ApplicationAutoScalingResponse.describe_scalable_targets = describe_scalable_targets
