"""Scaling activities. Nothing scales here by itself: there are only the activities set with `POST
/aws-local/scaling-activity` and {"account", "resource", "description", "cause"}. Optional fields, with their defaults:
"namespace" (ecs), "dimension" (ecs:service:DesiredCount), "status" (Successful), "message", "start" and "end" (seconds
since 1970). `DELETE` with the account and the resource removes them.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalingActivities.html
https://docs.aws.amazon.com/autoscaling/application/APIReference/API_ScalingActivity.html
"""

import time
import uuid
from types import SimpleNamespace

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.base_backend import BackendDict

from aws_local import controls
from aws_local.application_autoscaling.requests import answer, given, selected

STATUSES = ("Pending", "InProgress", "Successful", "Overridden", "Unfulfilled", "Failed")

# By account, newest first.
activities = {}


def _control(method, body):
    account, resource = body["account"], body["resource"]
    if method == "DELETE":
        activities[account] = [one for one in activities.get(account, []) if one.resource_id != resource]
        return
    status, now = body.get("status", "Successful"), time.time()
    if status not in STATUSES:
        raise ValueError(f"valid statuses are {', '.join(STATUSES)}")
    one = SimpleNamespace(
        activity_id=str(uuid.uuid4()),
        service_namespace=body.get("namespace", "ecs"),
        resource_id=resource,
        scalable_dimension=body.get("dimension", "ecs:service:DesiredCount"),
        description=body["description"],
        cause=body["cause"],
        start_time=float(body.get("start", now)),
        end_time=None if status in ("Pending", "InProgress") else float(body.get("end", now)),
        status_code=status,
        status_message=body.get("message"),
    )
    activities[account] = sorted([one, *activities.get(account, [])], key=lambda other: other.start_time, reverse=True)


def _described(one):
    return given(
        ActivityId=one.activity_id,
        ServiceNamespace=one.service_namespace,
        ResourceId=one.resource_id,
        ScalableDimension=one.scalable_dimension,
        Description=one.description,
        Cause=one.cause,
        StartTime=one.start_time,
        EndTime=one.end_time,
        StatusCode=one.status_code,
        StatusMessage=one.status_message,
    )


def describe_scaling_activities(self):
    return answer(self, "ScalingActivities", selected(self, activities.get(self.current_account, [])), _described)


def install():
    plain = BackendDict.reset

    def reset(_cls):
        activities.clear()
        plain()

    BackendDict.reset = classmethod(reset)
    ApplicationAutoScalingResponse.describe_scaling_activities = describe_scaling_activities
    controls.PATHS["/aws-local/scaling-activity"] = _control
