"""Scheduled actions of registered targets: the schedule and the time zone must be valid.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html
https://docs.aws.amazon.com/autoscaling/application/APIReference/API_ScheduledAction.html
https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html
https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-limits.html
"""

import datetime
import re
import zoneinfo

from moto.applicationautoscaling.models import FakeScheduledAction
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.moto_api._internal import mock_random

from aws_local.application_autoscaling.requests import answer, found_target, given, invalid, refused, selected, subject

MAX_ACTIONS = 200
RATE = re.compile(r"rate\((\d+) (minutes?|hours?|days?)\)")


def _check_schedule(schedule):
    problem = invalid(f"Schedule expression {schedule} is not valid")
    if match := re.fullmatch(r"at\((.*)\)", schedule):
        try:
            datetime.datetime.strptime(match[1], "%Y-%m-%dT%H:%M:%S")
        except ValueError:
            raise problem from None
    elif match := RATE.fullmatch(schedule):
        if int(match[1]) == 0 or (int(match[1]) == 1) == match[2].endswith("s"):
            raise problem
    elif match := re.fullmatch(r"cron\((.*)\)", schedule):
        fields = match[1].split()
        # Either the day of the month or the day of the week must be ?.
        if len(fields) != 6 or (fields[2] == "?") == (fields[4] == "?"):
            raise problem
    else:
        raise problem


def _check(schedule, timezone, start, end, action):
    _check_schedule(schedule)
    if timezone is not None and timezone not in zoneinfo.available_timezones():
        raise invalid(f"The time zone {timezone} is not valid")
    if start is not None and end is not None and start >= end:
        raise invalid("The start time must be before the end time")
    if action.get("MinCapacity") is None and action.get("MaxCapacity") is None:
        raise invalid("At least one of MinCapacity and MaxCapacity must be specified")
    low, high = action.get("MinCapacity"), action.get("MaxCapacity")
    if low is not None and high is not None and low > high:
        raise invalid("Maximum capacity cannot be less than minimum capacity")


def _find(backend, about, name):
    for one in backend.scheduled_actions:
        if (one.service_namespace, one.resource_id, one.scalable_dimension) == about:
            if one.scheduled_action_name == name:
                return one
    return None


def put_scheduled_action(self):
    """An update keeps the settings that are not given, except the start and end time."""
    backend, (_, about) = self.applicationautoscaling_backend, found_target(self)
    name = self._get_param("ScheduledActionName")
    before = _find(backend, about, name)
    schedule = self._get_param("Schedule") or (before.schedule if before else None)
    timezone = self._get_param("Timezone") or (before.timezone if before else None)
    action = self._get_param("ScalableTargetAction") or (before.scalable_target_action if before else None)
    start, end = self._get_param("StartTime"), self._get_param("EndTime")
    if schedule is None or action is None:
        raise invalid("Schedule and ScalableTargetAction are required for a new scheduled action")
    _check(schedule, timezone, start, end, action)
    if before is not None:
        before.update(schedule, timezone, name, start, end, action)
        return "{}"
    if len([one for one in backend.scheduled_actions if one.resource_id == about.resource]) >= MAX_ACTIONS:
        message = f"The scalable target has {MAX_ACTIONS} scheduled actions, which is the maximum: {about}"
        raise refused("LimitExceededException", message)
    created = FakeScheduledAction(
        about.namespace,
        schedule,
        timezone,
        name,
        about.resource,
        about.dimension,
        start,
        end,
        action,
        backend.account_id,
        backend.region_name,
    )
    created.arn = (
        f"arn:{backend.partition}:autoscaling:{backend.region_name}:{backend.account_id}:scheduledAction:"
        f"{mock_random.uuid4()}:resource/{about.namespace}/{about.resource}:scheduledActionName/{name}"
    )
    backend.scheduled_actions.append(created)
    return "{}"


def delete_scheduled_action(self):
    backend, about, name = self.applicationautoscaling_backend, subject(self), self._get_param("ScheduledActionName")
    existing = _find(backend, about, name)
    if existing is None:
        message = f"No scheduled action found for {about}, scheduled action name: {name}"
        raise refused("ObjectNotFoundException", message)
    backend.scheduled_actions.remove(existing)
    return "{}"


def _described(action):
    return given(
        ScheduledActionName=action.scheduled_action_name,
        ScheduledActionARN=action.arn,
        ServiceNamespace=action.service_namespace,
        Schedule=action.schedule,
        Timezone=action.timezone,
        ResourceId=action.resource_id,
        ScalableDimension=action.scalable_dimension,
        StartTime=action.start_time,
        EndTime=action.end_time,
        ScalableTargetAction=action.scalable_target_action,
        CreationTime=action.creation_time,
    )


def describe_scheduled_actions(self):
    names = self._get_param("ScheduledActionNames")
    found = selected(self, self.applicationautoscaling_backend.scheduled_actions)
    found = [one for one in found if not names or one.scheduled_action_name in names]
    return answer(self, "ScheduledActions", found, _described)


def install():
    ApplicationAutoScalingResponse.put_scheduled_action = put_scheduled_action
    ApplicationAutoScalingResponse.delete_scheduled_action = delete_scheduled_action
    ApplicationAutoScalingResponse.describe_scheduled_actions = describe_scheduled_actions
