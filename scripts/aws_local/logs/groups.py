"""Log groups: class, retention, the KMS key, which CloudWatch Logs must be allowed to use, and tags, which are deleted with
the group.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_AssociateKmsKey.html
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/logs/encrypt-log-data-kms.html
"""

import json
import re

from moto.kms.models import kms_backends
from moto.logs.exceptions import InvalidParameterException, LogsClientError, ResourceNotFoundException
from moto.logs.models import LogGroup, LogsBackend, logs_backends
from moto.logs.responses import LogsResponse

from aws_local.iam import conditions, policies

NAME = re.compile(r"[.\-_/#A-Za-z0-9]+")
CLASSES = ["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"]
# Days.
RETENTIONS = [
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
]
MAX_TAGS = 50
MAX_PAGE = 50


def refused(code, message):
    return LogsClientError(code, message)


def _found(backend, name):
    if name not in backend.groups:
        raise ResourceNotFoundException()
    return backend.groups[name]


def _by_identifier(backend, identifier):
    """The log group with this name or ARN."""
    name = identifier.split(":log-group:")[-1].removesuffix(":*")
    return _found(backend, name)


def _check_tags(tags, existing=()):
    for key in tags:
        if key.lower().startswith("aws:"):
            raise InvalidParameterException(f"Tag key {key} is reserved: it must not begin with aws:")
    if len(set(tags) | set(existing)) > MAX_TAGS:
        raise refused("TooManyTagsException", f"A resource can have no more than {MAX_TAGS} tags.")


def _is_for_logs(statement, region):
    principal = statement.get("Principal")
    services = conditions.as_list(principal.get("Service", [])) if isinstance(principal, dict) else [principal]
    return "*" in services or f"logs.{region}.amazonaws.com" in services


def _check_key(backend, arn, group_arn):
    """Refuses a key that does not exist, or whose policy does not allow CloudWatch Logs to use it for this group."""
    key = kms_backends[backend.account_id][backend.region_name].keys.get(arn.split(":key/")[-1])
    if arn.startswith("arn:") and key is not None and key.enabled:
        those = [one for one in policies.statements(key.policy) if _is_for_logs(one, backend.region_name)]
        context = {"kms:EncryptionContext:aws:logs:arn": group_arn, "aws:SourceArn": group_arn}
        context["aws:SourceAccount"] = backend.account_id
        if policies.evaluate([("", those)], "kms:GenerateDataKey", key.arn, context)[0] == policies.ALLOWED:
            return
    raise InvalidParameterException(
        f"The specified KMS key does not exist or is not allowed to be used with LogGroup '{group_arn}'"
    )


def create_log_group(self):
    backend, name = self.logs_backend, self._get_param("logGroupName")
    tags, key = self._get_param("tags") or {}, self._get_param("kmsKeyId")
    kind = self._get_param("logGroupClass") or "STANDARD"
    if not NAME.fullmatch(name):
        raise InvalidParameterException(
            constraint=r"Member must satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+",
            parameter="logGroupName",
            value=name,
        )
    if name.startswith("aws/"):
        raise InvalidParameterException("Log groups starting with AWS/ are reserved for AWS.")
    if kind not in CLASSES:
        constraint = f"Member must satisfy enum value set: [{', '.join(CLASSES)}]"
        raise InvalidParameterException(constraint=constraint, parameter="logGroupClass", value=kind)
    _check_tags(tags)
    if key and name not in backend.groups:
        _check_key(backend, key, LogGroup(backend.account_id, backend.region_name, name).arn)
    group = backend.create_log_group(name, tags, kmsKeyId=key)
    group.log_group_class = kind
    return ""


def put_retention_policy(self):
    group, days = _found(self.logs_backend, self._get_param("logGroupName")), self._get_param("retentionInDays")
    if days not in RETENTIONS:
        constraint = f"Member must satisfy enum value set: {RETENTIONS}"
        raise InvalidParameterException(constraint=constraint, parameter="retentionInDays", value=days)
    group.set_retention_policy(days)
    return ""


def _keyed(response):
    name, identifier = response._get_param("logGroupName"), response._get_param("resourceIdentifier")
    if bool(name) == bool(identifier):
        raise InvalidParameterException("Exactly one of logGroupName and resourceIdentifier must be specified.")
    return _found(response.logs_backend, name) if name else _by_identifier(response.logs_backend, identifier)


def associate_kms_key(self):
    group, key = _keyed(self), self._get_param("kmsKeyId")
    _check_key(self.logs_backend, key, group.arn)
    group.kms_key_id = key
    return ""


def disassociate_kms_key(self):
    _keyed(self).kms_key_id = None
    return ""


def _selected(response):
    backend = response.logs_backend
    prefix, pattern = response._get_param("logGroupNamePrefix"), response._get_param("logGroupNamePattern")
    identifiers, kind = response._get_param("logGroupIdentifiers"), response._get_param("logGroupClass")
    if prefix and pattern:
        raise InvalidParameterException(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
        )
    if identifiers and (prefix or pattern):
        raise InvalidParameterException(
            "LogGroup identifiers cannot be combined with a LogGroup name prefix or LogGroup name pattern."
        )
    if identifiers:
        names = {one.split(":log-group:")[-1].removesuffix(":*") for one in identifiers}
        groups = [backend.groups[name] for name in names if name in backend.groups]
    else:
        groups = [one for name, one in list(backend.groups.items()) if name.startswith(prefix or "")]
    groups = [one for one in groups if (pattern or "") in one.name and kind in (None, _class(one))]
    return sorted(groups, key=lambda one: one.name)


def describe_log_groups(self):
    limit = int(self._get_param("limit") or MAX_PAGE)
    if not 1 <= limit <= MAX_PAGE:
        constraint = f"Member must have value less than or equal to {MAX_PAGE}"
        raise InvalidParameterException(constraint=constraint, parameter="limit", value=limit)
    groups, token = _selected(self), self._get_param("nextToken")
    if token:
        # The token is the last group of the previous page, which may have been deleted.
        groups = [one for one in groups if one.name > token]
    answer = {"logGroups": [one.to_describe_dict() for one in groups[:limit]]}
    if len(groups) > limit:
        answer["nextToken"] = groups[limit - 1].name
    return json.dumps(answer)


def _class(group):
    return getattr(group, "log_group_class", "STANDARD")


def _tagged(response):
    """The ARN of the tagged resource; a log group's has no `:*` at its end."""
    arn = response._get_param("resourceArn")
    if ":log-group:" in arn:
        if arn.endswith(":*"):
            raise InvalidParameterException(f"The resource ARN {arn} is not valid: it must not end with :*")
        if arn.split(":log-group:")[-1] not in response.logs_backend.groups:
            raise ResourceNotFoundException("The specified resource does not exist.")
    return arn


def tag_resource(self):
    arn, tags, backend = _tagged(self), self._get_param("tags"), self.logs_backend
    _check_tags(tags, backend.list_tags_for_resource(arn))
    backend.tag_resource(arn, tags)
    return "{}"


def untag_resource(self):
    self.logs_backend.untag_resource(_tagged(self), self._get_param("tagKeys"))
    return "{}"


def list_tags_for_resource(self):
    return json.dumps({"tags": self.logs_backend.list_tags_for_resource(_tagged(self))})


def install():
    described, delete = LogGroup.to_describe_dict, LogsBackend.delete_log_group

    def to_describe_dict(self):
        filters = logs_backends[self.account_id][self.region].filters.metric_filters
        count = sum(one["logGroupName"] == self.name for one in filters)
        shown = {**described(self), "metricFilterCount": count, "logGroupClass": _class(self)}
        return shown | {"deletionProtectionEnabled": False}

    def delete_log_group(self, log_group_name):
        group = _found(self, log_group_name)
        self.tagger.delete_all_tags_for_resource(group.arn)
        return delete(self, log_group_name)

    LogGroup.to_describe_dict = to_describe_dict
    LogsBackend.delete_log_group = delete_log_group
    LogsResponse.create_log_group = create_log_group
    LogsResponse.describe_log_groups = describe_log_groups
    LogsResponse.put_retention_policy = put_retention_policy
    LogsResponse.associate_kms_key = associate_kms_key
    LogsResponse.disassociate_kms_key = disassociate_kms_key
    LogsResponse.tag_resource = tag_resource
    LogsResponse.untag_resource = untag_resource
    LogsResponse.list_tags_for_resource = list_tags_for_resource
