"""Scaling activities: nothing scales here by itself, so there are none but those told to `POST
/aws-local/scaling-activity` with {"account", "resource", "description", "cause"} and, where they differ, "namespace"
(ecs), "dimension" (ecs:service:DesiredCount), "status" (Successful), "message", "start" and "end" (seconds since 1970).
`DELETE` with the account and the resource takes them away.

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
told = {}


def _control(method, body):
    account, resource = body["account"], body["resource"]
    if method == "DELETE":
        told[account] = [one for one in told.get(account, []) if one.resource_id != resource]
        return
    status, now = body.get("status", "Successful"), time.time()
    if status not in STATUSES:
        raise ValueError(f"statuses are {', '.join(STATUSES)}")
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
    told[account] = sorted([one, *told.get(account, [])], key=lambda other: other.start_time, reverse=True)


def _told(one):
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
    return answer(self, "ScalingActivities", selected(self, told.get(self.current_account, [])), _told)


def install():
    plain = BackendDict.reset

    def reset(_cls):
        told.clear()
        plain()

    BackendDict.reset = classmethod(reset)
    ApplicationAutoScalingResponse.describe_scaling_activities = describe_scaling_activities
    controls.PATHS["/aws-local/scaling-activity"] = _control
