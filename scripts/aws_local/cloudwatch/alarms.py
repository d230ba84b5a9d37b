"""Metric alarms: validation, all settings kept, a state that survives changes, history, actions that reach their topic,
and tags that only the first PutMetricAlarm sets.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html
"""

import datetime
import json
import re

from moto.cloudwatch.exceptions import (
    InvalidFormat,
    InvalidParameterCombination,
    InvalidParameterValue,
    ResourceNotFound,
    ResourceNotFoundException,
    ValidationError,
)
from moto.cloudwatch.responses import CloudWatchResponse
from moto.cloudwatch.utils import make_arn_for_alarm
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, EmptyResult
from moto.sns.exceptions import SNSException
from moto.sns.models import sns_backends

OPERATORS = {
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "GreaterThanUpperThreshold",
}
STATISTICS = {"SampleCount", "Average", "Sum", "Minimum", "Maximum"}
STATES = ["INSUFFICIENT_DATA", "ALARM", "OK"]
MISSING = {"breaching", "notBreaching", "ignore", "missing"}
QUERY_ID = re.compile("[a-z][A-Za-z0-9_]*")
# Names that begin with a small letter are those of other queries; functions are written in capitals.
NAME_IN_EXPRESSION = re.compile(r"\b[a-z][A-Za-z0-9_]*\b")
NOT_WITH_METRICS = (
    "MetricName",
    "Namespace",
    "Dimensions",
    "Period",
    "Statistic",
    "ExtendedStatistic",
    "Unit",
)
DAY, WEEK, HOUR = 86400, 604800, 3600
# The member with the actions of each state.
MOST_ACTIONS = 5
ACTIONS = {"OK": "OKActions", "ALARM": "AlarmActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}


class InvalidNextToken(ServiceException):
    code = "InvalidNextToken"
    message = "The next token is not valid"


def _now():
    return datetime.datetime.now(datetime.timezone.utc)


class Alarm:
    """A metric alarm. moto's other operations use its attributes in snake_case."""

    rule = None

    def __init__(self, region, account, name):
        self.name, self.region = name, region
        self.alarm_arn = make_arn_for_alarm(region, account, name)
        self.settings, self.updated = {}, None
        self.state_value = "INSUFFICIENT_DATA"
        self.state_reason, self.state_data = "Unchecked: Initial alarm creation", None
        self.state_updated = self.state_transitioned = _now()

    @property
    def namespace(self):
        return self.settings.get("Namespace")

    @property
    def metric_name(self):
        return self.settings.get("MetricName")

    @property
    def alarm_actions(self):
        return self.settings.get("AlarmActions", [])

    def described(self):
        return {
            "ActionsEnabled": True,
            "OKActions": [],
            "AlarmActions": [],
            "InsufficientDataActions": [],
            "Dimensions": [],
            **self.settings,
            "AlarmArn": self.alarm_arn,
            "AlarmConfigurationUpdatedTimestamp": self.updated,
            "StateValue": self.state_value,
            "StateReason": self.state_reason,
            "StateReasonData": self.state_data,
            "StateUpdatedTimestamp": self.state_updated,
            "StateTransitionedTimestamp": self.state_transitioned,
        }


def _check_queries(queries):
    """One query returns data; each is a metric with a period and a statistic, or an expression over the others.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html
    """
    ids = [one.get("Id") or "" for one in queries]
    if len(set(ids)) < len(ids) or not all(QUERY_ID.fullmatch(one) for one in ids):
        raise ValidationError("The values for parameter id in MetricDataQueries are not unique or not valid.")
    for one in queries:
        if bool(one.get("Expression")) == bool(one.get("MetricStat")):
            raise ValidationError("Exactly one of Expression and MetricStat must be specified for each query.")
        stat = one.get("MetricStat")
        if stat:
            period = int(stat.get("Period") or 0)
            if period not in (1, 5, 10, 20, 30) and (period <= 0 or period % 60):
                raise ValidationError("Period must be 1, 5, 10, 20, 30 or a multiple of 60")
            if not stat.get("Stat") or not (stat.get("Metric") or {}).get("MetricName"):
                raise ValidationError("A query needs a metric and a statistic.")
        else:
            unknown = set(NAME_IN_EXPRESSION.findall(one["Expression"])) - set(ids)
            if unknown:
                raise ValidationError(f"Error in expression '{one['Id']}': Unknown identifier: {unknown.pop()}")
    returned = [one for one in queries if str(one.get("ReturnData", True)).lower() == "true"]
    if len(returned) != 1:
        raise ValidationError("Exactly one element of the metrics list should return data.")


def _check(given):
    def one_of(name, allowed):
        value = given.get(name)
        if value is not None and value not in allowed:
            first = name[0].lower() + name[1:]
            raise ValidationError(
                f"1 validation error detected: Value '{value}' at '{first}' failed to satisfy constraint: Member must "
                f"satisfy enum value set: [{', '.join(sorted(allowed))}]"
            )

    for name in ("AlarmName", "ComparisonOperator", "EvaluationPeriods"):
        if given.get(name) in (None, ""):
            raise ValidationError(
                f"1 validation error detected: Value null at '{name[0].lower() + name[1:]}' failed to satisfy "
                "constraint: Member must not be null"
            )
    one_of("ComparisonOperator", OPERATORS)
    one_of("Statistic", STATISTICS)
    periods = given["EvaluationPeriods"]
    if given.get("TreatMissingData") not in (None, *MISSING):
        raise ValidationError(
            f"Option {given['TreatMissingData']} is not supported. Supported options for parameter TreatMissingData "
            "are breaching, notBreaching, ignore, and missing."
        )
    low = given.get("EvaluateLowSampleCountPercentile")
    if low not in (None, "evaluate", "ignore"):
        raise ValidationError(
            f"Option {low} is not supported. Supported options for parameter EvaluateLowSampleCountPercentile are "
            "evaluate and ignore."
        )
    if given.get("DatapointsToAlarm") is not None and not 1 <= given["DatapointsToAlarm"] <= periods:
        raise ValidationError("Parameters DatapointsToAlarm must be less than or equal to EvaluationPeriods")
    if given.get("Metrics"):
        if any(given.get(name) for name in NOT_WITH_METRICS):
            raise InvalidParameterCombination(
                "Metrics list cannot be combined with MetricName, Dimensions, Period, Namespace, Statistic, "
                "ExtendedStatistic or Unit."
            )
        _check_queries(given["Metrics"])
        if given.get("Threshold") is None and not given.get("ThresholdMetricId"):
            raise InvalidParameterCombination("Threshold must be specified")
        return
    for name in ("MetricName", "Namespace", "Period"):
        if not given.get(name):
            raise InvalidParameterCombination(f"{name} must be specified")
    if bool(given.get("Statistic")) == bool(given.get("ExtendedStatistic")):
        raise InvalidParameterCombination("Exactly one of Statistic and ExtendedStatistic must be specified")
    if given.get("Threshold") is None:
        raise InvalidParameterCombination("Threshold must be specified")
    period = given["Period"]
    if period not in (10, 20, 30) and (period <= 0 or period % 60):
        raise ValidationError("Period must be 10, 20, 30 or a multiple of 60")
    limit = WEEK if period >= HOUR else DAY
    if period * periods > limit:
        raise ValidationError(f"Metrics cannot be checked across more than {'a week' if limit == WEEK else 'a day'}")


def _check_actions(given, region):
    for member in ACTIONS.values():
        if len(given.get(member) or []) > MOST_ACTIONS:
            raise ValidationError(f"Member must have length less than or equal to {MOST_ACTIONS}: {member}")
        for arn in given.get(member) or []:
            parts = arn.split(":")
            if parts[0] != "arn" or len(parts) < 6:
                raise InvalidParameterValue(f"Invalid arn syntax: {arn}")
            if parts[2] == "sns" and parts[3] != region:
                raise InvalidParameterValue(f"Invalid region {parts[3]} specified. Only {region} is supported.")


def _note(backend, alarm, kind, summary, data):
    item = {
        "AlarmName": alarm.name,
        "AlarmType": "MetricAlarm",
        "Timestamp": _now(),
        "HistoryItemType": kind,
        "HistorySummary": summary,
        "HistoryData": json.dumps(data, default=str),
    }
    backend.__dict__.setdefault("alarm_history", []).append(item)


def put_metric_alarm(self):
    given = {name: value for name, value in self._get_params().items() if value is not None}
    _check(given)
    _check_actions(given, self.region)
    put(self.cloudwatch_backend, given, given.pop("Tags", None))
    return EmptyResult()


def put(backend, given, tags=None):
    """Creates or updates an alarm. Other services call it for their alarms."""
    name = given["AlarmName"]
    alarm = backend.alarms.get(name)
    created = alarm is None
    if created:
        alarm = backend.alarms[name] = Alarm(backend.region_name, backend.account_id, name)
        # An update ignores tags.
        if tags:
            backend.tagger.tag_resource(alarm.alarm_arn, tags)
    alarm.settings, alarm.updated = given, _now()
    word = "created" if created else "updated"
    data = {"version": "1.0", "type": "Create" if created else "Update", "createdAlarm": given}
    _note(backend, alarm, "ConfigurationUpdate", f'Alarm "{name}" {word}', data)
    return alarm


def _paged(items, token, size):
    try:
        start = int(token or 0)
    except ValueError as error:
        raise InvalidNextToken() from error
    end = start + size
    return items[start:end], str(end) if end < len(items) else None


def describe_alarms(self):
    names, prefix = self._get_param("AlarmNames", []), self._get_param("AlarmNamePrefix")
    if names and prefix:
        raise InvalidParameterCombination("AlarmNamePrefix and AlarmNames are mutually exclusive")
    state, action = self._get_param("StateValue"), self._get_param("ActionPrefix")
    found = [
        alarm
        for name, alarm in sorted(self.cloudwatch_backend.alarms.items())
        if (not names or name in names)
        and name.startswith(prefix or "")
        and state in (None, alarm.state_value)
        and (not action or any(one.startswith(action) for one in alarm.alarm_actions))
    ]
    types = self._get_param("AlarmTypes", ["MetricAlarm"])
    found = found if "MetricAlarm" in types else []
    size = self._get_int_param("MaxRecords") or 50
    if not 1 <= size <= 100:
        raise ValidationError(
            f"1 validation error detected: Value '{size}' at 'maxRecords' failed to satisfy constraint"
        )
    page, token = _paged(found, self._get_param("NextToken"), size)
    return ActionResult({"MetricAlarms": [one.described() for one in page], "CompositeAlarms": [], "NextToken": token})


def describe_alarm_history(self):
    name, kind = self._get_param("AlarmName"), self._get_param("HistoryItemType")
    start, end = self._get_param("StartDate"), self._get_param("EndDate")

    def aware(time):
        return time.replace(tzinfo=time.tzinfo or datetime.timezone.utc)

    items = [
        item
        for item in self.cloudwatch_backend.__dict__.get("alarm_history", [])
        if name in (None, item["AlarmName"])
        and kind in (None, item["HistoryItemType"])
        and (start is None or item["Timestamp"] >= aware(start))
        and (end is None or item["Timestamp"] <= aware(end))
    ]
    if self._get_param("ScanBy") != "TimestampAscending":
        items.reverse()
    page, token = _paged(items, self._get_param("NextToken"), self._get_int_param("MaxRecords") or 100)
    return ActionResult({"AlarmHistoryItems": page, "NextToken": token})


def _send(backend, alarm, before, account):
    """Publishes the state change to the topics among the actions of the new state."""
    message = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.settings.get("AlarmDescription"),
        "AWSAccountId": account,
        "AlarmArn": alarm.alarm_arn,
        "NewStateValue": alarm.state_value,
        "OldStateValue": before,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": alarm.state_updated.isoformat(),
    }
    for arn in alarm.settings.get(ACTIONS[alarm.state_value]) or []:
        if ":sns:" not in arn:
            continue
        word = "Successfully executed"
        try:
            subject = f'{alarm.state_value}: "{alarm.name}" in {alarm.region}'[:100]
            sns_backends[arn.split(":")[4]][alarm.region].publish(json.dumps(message), arn=arn, subject=subject)
        except SNSException:
            word = "Failed to execute"
        _note(
            backend,
            alarm,
            "Action",
            f"{word} action {arn}",
            {"actionState": word.split()[0], "notificationResource": arn},
        )


def set_alarm_state(self):
    backend, name, state = self.cloudwatch_backend, self._get_param("AlarmName"), self._get_param("StateValue")
    reason, data = self._get_param("StateReason"), self._get_param("StateReasonData")
    if state not in STATES:
        raise ValidationError(
            f"1 validation error detected: Value '{state}' at 'stateValue' failed to satisfy constraint: Member must "
            f"satisfy enum value set: [{', '.join(STATES)}]"
        )
    try:
        json.loads(data or "{}")
    except ValueError as error:
        raise InvalidFormat("StateReasonData is not valid JSON") from error
    alarm = backend.alarms.get(name)
    if alarm is None:
        raise ResourceNotFound(f"Alarm {name} does not exist")
    before = alarm.state_value
    alarm.state_value, alarm.state_reason, alarm.state_data, alarm.state_updated = state, reason, data, _now()
    if before != state:
        alarm.state_transitioned = alarm.state_updated
        data = {
            "version": "1.0",
            "oldState": {"stateValue": before},
            "newState": {"stateValue": state, "stateReason": reason},
        }
        _note(backend, alarm, "StateUpdate", f"Alarm updated from {before} to {state}", data)
        if alarm.settings.get("ActionsEnabled", True):
            _send(backend, alarm, before, self.current_account)
    return EmptyResult()


def delete_alarms(self):
    backend = self.cloudwatch_backend
    for name in self._get_param("AlarmNames", []):
        alarm = backend.alarms.pop(name, None)
        if alarm:
            backend.tagger.delete_all_tags_for_resource(alarm.alarm_arn)
            _note(backend, alarm, "ConfigurationUpdate", f'Alarm "{name}" deleted', {"type": "Delete"})
    return EmptyResult()


def _enable(enabled):
    def change(self):
        for name in self._get_param("AlarmNames", []):
            if name in self.cloudwatch_backend.alarms:
                self.cloudwatch_backend.alarms[name].settings["ActionsEnabled"] = enabled
        return EmptyResult()

    return change


def _tagged(response):
    """The ARN of the tagged resource, which must exist, and the tagging service."""
    backend, arn = response.cloudwatch_backend, response._get_param("ResourceARN")
    arns = [one.alarm_arn for one in backend.alarms.values()]
    arns += [one.arn for one in backend.dashboards.values()]
    arns += [one.rule_arn for one in backend.insight_rules.values()]
    if arn not in arns:
        raise ResourceNotFoundException("The specified resource does not exist.")
    return arn, backend.tagger


def list_tags_for_resource(self):
    arn, tagger = _tagged(self)
    return ActionResult({"Tags": tagger.list_tags_for_resource(arn)["Tags"]})


def tag_resource(self):
    arn, tagger = _tagged(self)
    tagger.tag_resource(arn, self._get_param("Tags", []))
    return EmptyResult()


def untag_resource(self):
    arn, tagger = _tagged(self)
    tagger.untag_resource_using_names(arn, self._get_param("TagKeys", []))
    return EmptyResult()


def install():
    response = CloudWatchResponse
    response.put_metric_alarm = put_metric_alarm
    response.describe_alarms = describe_alarms
    response.describe_alarm_history = describe_alarm_history
    response.set_alarm_state = set_alarm_state
    response.delete_alarms = delete_alarms
    response.enable_alarm_actions = _enable(True)
    response.disable_alarm_actions = _enable(False)
    response.list_tags_for_resource = list_tags_for_resource
    response.tag_resource = tag_resource
    response.untag_resource = untag_resource
