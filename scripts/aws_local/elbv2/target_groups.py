"""Target groups: CreateTargetGroup is idempotent and validated; a group knows the load balancers that use it.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyTargetGroup.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteTargetGroup.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroup.html
"""

import re

from moto.core.responses import ActionResult
from moto.elbv2.exceptions import ResourceInUseError, TargetGroupNotFoundError
from moto.elbv2.models import ELBv2Backend, FakeTargetGroup, elbv2_backends
from moto.elbv2.responses import ELBV2Response

from aws_local.elbv2 import lag
from aws_local.elbv2.load_balancers import check_name, check_one_of
from aws_local.elbv2.requests import check_tags, invalid, listeners, refused

HTTP = ("HTTP", "HTTPS")
VERSIONS = ["HTTP1", "HTTP2", "GRPC"]
TYPES = ["instance", "ip", "lambda", "alb"]
HEALTH_PROTOCOLS = ["HTTP", "HTTPS", "TCP"]

# Settings that must be equal for a request to be the same.
SETTINGS = (
    "protocol",
    "protocol_version",
    "port",
    "vpc_id",
    "target_type",
    "ip_address_type",
    "health_check_protocol",
    "health_check_port",
    "health_check_path",
    "health_check_enabled",
    "health_check_interval_seconds",
    "health_check_timeout_seconds",
    "healthy_threshold_count",
    "unhealthy_threshold_count",
    "matcher",
)


def users(group):
    """The listeners that forward to the group."""
    backend = elbv2_backends[group.account_id][group.region_name]
    for listener in listeners(backend):
        for rule in listener.rules.values():
            if any(group.arn in backend._get_target_group_arns_from(action.data) for action in rule.actions):
                yield listener
                break


def _load_balancer_arns(group):
    return list(dict.fromkeys(listener.load_balancer_arn for listener in users(group)))


def _check_range(what, value, least, most, unit=""):
    if value is not None and not least <= int(value) <= most:
        raise invalid(f"{what} '{value}' must be between '{least}' and '{most}'{unit} inclusive")


def _check_codes(codes, least, most):
    for part in codes.split(","):
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", part)
        if not match:
            raise invalid(f"Health check matcher HTTP code '{codes}' is not valid")
        first, last = int(match[1]), int(match[2] or match[1])
        if not least <= first <= last <= most:
            raise invalid(f"Health check matcher HTTP code '{codes}' must be within '{least}-{most}' inclusive")


def check_health(group_protocol, target_type, given):
    """Validates the settings of the health check."""
    protocol, port, path = given.get("protocol"), given.get("port"), given.get("path")
    if protocol is not None:
        check_one_of("healthCheckProtocol", protocol, ["HTTPS", "HTTP", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE"])
        if protocol not in HEALTH_PROTOCOLS:
            raise invalid(f"Health check protocol '{protocol}' must be one of '{', '.join(HEALTH_PROTOCOLS)}'")
        if protocol == "TCP" and group_protocol in HTTP:
            kind = f"target groups with the {group_protocol} protocol"
            raise invalid(f"Health check protocol 'TCP' is not supported for {kind}")
    if port is not None and port != "traffic-port" and not (port.isdigit() and 1 <= int(port) <= 65535):
        raise invalid(f"Health check port '{port}' must be 'traffic-port' or a number between '1' and '65535'")
    if path is not None and not (path.startswith("/") and len(path) <= 1024):
        raise invalid(f"Health check path '{path}' must begin with a '/' character and have at most 1024 characters")
    _check_range("Health check interval", given.get("interval"), 5, 300, " seconds")
    _check_range("Health check timeout", given.get("timeout"), 2, 120, " seconds")
    _check_range("Health check healthy threshold", given.get("healthy"), 2, 10)
    _check_range("Health check unhealthy threshold", given.get("unhealthy"), 2, 10)
    if given.get("enabled") is False and target_type != "lambda":
        raise invalid(f"Health checks cannot be disabled for target groups with target type '{target_type}'")
    matcher = given.get("matcher") or {}
    if matcher.get("HttpCode"):
        _check_codes(matcher["HttpCode"], 200, 499 if group_protocol in HTTP else 599)
    if matcher.get("GrpcCode"):
        _check_codes(matcher["GrpcCode"], 0, 99)


def _normal(group):
    """The settings with numbers as integers, and gRPC's defaults."""
    for name in ("healthy_threshold_count", "unhealthy_threshold_count"):
        setattr(group, name, int(getattr(group, name)))
    return group


def _flag(value):
    return value if value is None or isinstance(value, bool) else str(value).lower() == "true"


def _check_create(name, kwargs):
    check_name("Target group", name)
    target_type, protocol = kwargs.get("target_type") or "instance", kwargs.get("protocol")
    check_one_of("targetType", target_type, TYPES)
    version, port = kwargs.get("protocol_version"), kwargs.get("port")
    if version is not None:
        check_one_of("protocolVersion", version, VERSIONS)
        if protocol not in HTTP:
            raise invalid("Protocol version is supported only with the HTTP and HTTPS protocols")
    if port is not None and not 1 <= int(port) <= 65535:
        raise invalid(f"1 validation error detected: Value '{port}' at 'port' must be between 1 and 65535")
    check_health(
        protocol,
        target_type,
        {
            "protocol": kwargs.get("healthcheck_protocol"),
            "port": kwargs.get("healthcheck_port"),
            "path": kwargs.get("healthcheck_path"),
            "interval": kwargs.get("healthcheck_interval_seconds"),
            "timeout": kwargs.get("healthcheck_timeout_seconds"),
            "healthy": kwargs.get("healthy_threshold_count"),
            "unhealthy": kwargs.get("unhealthy_threshold_count"),
            "enabled": _flag(kwargs.get("healthcheck_enabled")),
            "matcher": kwargs.get("matcher"),
        },
    )
    if version == "GRPC":
        kwargs["healthcheck_path"] = kwargs.get("healthcheck_path") or "/AWS.ALB/healthcheck"
        kwargs["matcher"] = kwargs.get("matcher") or {"GrpcCode": "12"}


def _modify(self):
    group = self.elbv2_backend.target_groups.get(self._get_param("TargetGroupArn"))
    if group is None or lag.unseen(group):
        raise TargetGroupNotFoundError()
    given = {
        "protocol": self._get_param("HealthCheckProtocol"),
        "port": self._get_param("HealthCheckPort"),
        "path": self._get_param("HealthCheckPath"),
        "interval": self._get_int_param("HealthCheckIntervalSeconds"),
        "timeout": self._get_int_param("HealthCheckTimeoutSeconds"),
        "healthy": self._get_int_param("HealthyThresholdCount"),
        "unhealthy": self._get_int_param("UnhealthyThresholdCount"),
        "enabled": _flag(self._get_param("HealthCheckEnabled")),
        "matcher": self._get_param("Matcher"),
    }
    check_health(group.protocol, group.target_type, given)
    interval = given["interval"] or group.health_check_interval_seconds
    timeout = given["timeout"] or group.health_check_timeout_seconds
    if timeout > interval or (timeout == interval and group.protocol in HTTP):
        raise invalid(f"Health check timeout '{timeout}' must be smaller than the interval '{interval}'")
    fields = {
        "protocol": "health_check_protocol",
        "port": "health_check_port",
        "path": "health_check_path",
        "interval": "health_check_interval_seconds",
        "timeout": "health_check_timeout_seconds",
        "healthy": "healthy_threshold_count",
        "unhealthy": "unhealthy_threshold_count",
        "enabled": "health_check_enabled",
        "matcher": "matcher",
    }
    for name, value in given.items():
        if value is not None:
            setattr(group, fields[name], value)
    return ActionResult({"TargetGroups": [group]})


def _delete(self, target_group_arn):
    group = self.target_groups.get(target_group_arn)
    # Deleting a missing one succeeds.
    if group is None:
        return
    if next(users(group), None) is not None:
        message = f"Target group '{target_group_arn}' is currently in use by a listener or a rule"
        raise ResourceInUseError(message)
    del self.target_groups[target_group_arn]
    self.tagging_service.delete_all_tags_for_resource(target_group_arn)


def install():
    plain = ELBv2Backend.create_target_group

    def create_target_group(self, name, **kwargs):
        # AWS treats an empty version, which Terraform sends, like a missing one.
        kwargs["protocol_version"] = kwargs.get("protocol_version") or None
        _check_create(name, kwargs)
        tags = kwargs.pop("tags", None) or []
        check_tags(tags)
        others = self.target_groups
        existing = next((group for group in others.values() if group.name == name), None)
        # moto refuses a name that exists; hide the group with the same settings from it.
        self.target_groups = {arn: group for arn, group in others.items() if group is not existing}
        try:
            group = _normal(plain(self, name, **kwargs))
        finally:
            self.target_groups = others
        if existing is not None:
            same = all(getattr(group, field, None) == getattr(existing, field, None) for field in SETTINGS)
            tagged = self.tagging_service.get_tag_dict_for_resource(existing.arn)
            if same and tagged == {tag["Key"]: tag["Value"] for tag in tags}:
                return existing
            message = f"A target group with the same name '{name}' exists, but with different settings"
            raise refused("DuplicateTargetGroupName", message)
        lag.created("target-group", self.account_id, group)
        others[group.arn] = group
        if tags:
            self.tagging_service.tag_resource(group.arn, tags)
        return group

    ELBv2Backend.create_target_group = create_target_group
    ELBv2Backend.delete_target_group = _delete
    ELBV2Response.modify_target_group = _modify
    # Derived from the listeners.
    FakeTargetGroup.load_balancer_arns = property(_load_balancer_arns, lambda *_: None)
