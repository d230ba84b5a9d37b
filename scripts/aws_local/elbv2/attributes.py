"""The attributes of load balancers, target groups and listeners, with AWS's defaults and validation.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ListenerAttribute.html
"""

from moto.core.responses import ActionResult
from moto.elbv2.exceptions import TargetGroupNotFoundError
from moto.elbv2.models import FakeLoadBalancer, FakeTargetGroup
from moto.elbv2.responses import ELBV2Response

from aws_local.elbv2 import access_logs, lag
from aws_local.elbv2.load_balancers import find
from aws_local.elbv2.requests import find_listeners, invalid, refused


class Words:
    """One of several words."""

    def __init__(self, *words):
        self.words = words

    def check(self, key, value):
        if value not in self.words:
            raise invalid(f"'{key}' value '{value}' must be one of [{', '.join(self.words)}]")


class Number:
    """An integer in a range, or one of several words."""

    def __init__(self, least, most, *words):
        self.least, self.most, self.words = least, most, words

    def check(self, key, value):
        if value in self.words:
            return
        if not value.isascii() or not value.isdigit() or not self.least <= int(value) <= self.most:
            raise invalid(f"'{key}' value '{value}' must be between '{self.least}-{self.most}' inclusive")


class Text:
    def check(self, key, value):
        if len(value) > 1024:
            raise invalid(f"'{key}' value cannot be longer than '1024' characters")


FLAG = Words("true", "false")
TEXT = Text()


def _logs(kind):
    return {
        f"{kind}.s3.enabled": ("false", FLAG),
        f"{kind}.s3.bucket": ("", TEXT),
        f"{kind}.s3.prefix": ("", TEXT),
    }


# The default and the type of each attribute. One with the default None is not returned until it is set.
BALANCERS = {
    "application": {
        **_logs("access_logs"),
        "idle_timeout.timeout_seconds": ("60", Number(1, 4000)),
        "deletion_protection.enabled": ("false", FLAG),
        "routing.http2.enabled": ("true", FLAG),
        "routing.http.drop_invalid_header_fields.enabled": ("false", FLAG),
        "routing.http.xff_client_port.enabled": ("false", FLAG),
        "routing.http.preserve_host_header.enabled": ("false", FLAG),
        "routing.http.xff_header_processing.mode": ("append", Words("append", "preserve", "remove")),
        "load_balancing.cross_zone.enabled": ("true", FLAG),
        "routing.http.desync_mitigation_mode": ("defensive", Words("monitor", "defensive", "strictest")),
        "client_keep_alive.seconds": ("3600", Number(60, 604800)),
        "waf.fail_open.enabled": ("false", FLAG),
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": ("false", FLAG),
        "routing.http.x_amzn_tls_kx.enabled": ("false", FLAG),
        "zonal_shift.config.enabled": ("false", FLAG),
        "ipv6.deny_all_igw_traffic": (None, FLAG),
        **_logs("connection_logs"),
        **_logs("health_check_logs"),
    },
    "network": {
        **_logs("access_logs"),
        "deletion_protection.enabled": ("false", FLAG),
        "load_balancing.cross_zone.enabled": ("false", FLAG),
        "ipv6.deny_all_igw_traffic": (None, FLAG),
        "zonal_shift.config.enabled": ("false", FLAG),
        "secondary_ips.auto_assigned.per_subnet": ("0", Number(0, 7)),
        "dns_record.client_routing_policy": (
            "any_availability_zone",
            Words("availability_zone_affinity", "partial_availability_zone_affinity", "any_availability_zone"),
        ),
    },
    "gateway": {
        "deletion_protection.enabled": ("false", FLAG),
        "load_balancing.cross_zone.enabled": ("false", FLAG),
    },
}

_HEALTH = {
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": ("1", Number(1, 1000)),
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": ("off", Number(1, 100, "off")),
    "target_group_health.dns_failover.minimum_healthy_targets.count": ("1", Number(1, 1000, "off")),
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": ("off", Number(1, 100, "off")),
}
_CROSS_ZONE = {
    "load_balancing.cross_zone.enabled": (
        "use_load_balancer_configuration",
        Words("true", "false", "use_load_balancer_configuration"),
    )
}
_DELAY = {"deregistration_delay.timeout_seconds": ("300", Number(0, 3600))}
_COOKIE = Number(1, 604800)

# Of groups with the protocol version HTTP2; those with GRPC have the second one alone.
_HTTP2 = {
    "waf.http2.traffic_inspection_behavior": (
        "inspect_immediately",
        Words("inspect_immediately", "inspect_after_sufficient_data"),
    ),
    "routing.http2.rst_stream_error_forwarding.enabled": ("false", FLAG),
}

GROUPS = {
    "application": {
        "stickiness.enabled": ("false", FLAG),
        **_DELAY,
        "stickiness.type": ("lb_cookie", Words("lb_cookie", "app_cookie")),
        "stickiness.lb_cookie.duration_seconds": ("86400", _COOKIE),
        "stickiness.app_cookie.cookie_name": ("", TEXT),
        "stickiness.app_cookie.duration_seconds": ("86400", _COOKIE),
        "slow_start.duration_seconds": ("0", Number(30, 900, "0")),
        "load_balancing.algorithm.type": (
            "round_robin",
            Words("round_robin", "least_outstanding_requests", "weighted_random"),
        ),
        "load_balancing.algorithm.anomaly_mitigation": ("off", Words("on", "off")),
        **{key: (None, kind) for key, (_, kind) in _HTTP2.items()},
        **_CROSS_ZONE,
        **_HEALTH,
    },
    "network": {
        "stickiness.enabled": ("false", FLAG),
        **_DELAY,
        "deregistration_delay.connection_termination.enabled": ("false", FLAG),
        "stickiness.type": ("source_ip", Words("source_ip")),
        "proxy_protocol_v2.enabled": ("false", FLAG),
        "preserve_client_ip.enabled": ("true", FLAG),
        "target_health_state.unhealthy.connection_termination.enabled": ("true", FLAG),
        "target_health_state.unhealthy.draining_interval_seconds": ("0", Number(0, 360000)),
        **_CROSS_ZONE,
        **_HEALTH,
    },
    "gateway": {
        "stickiness.enabled": ("false", FLAG),
        **_DELAY,
        "stickiness.type": ("source_ip_dest_ip_proto", Words("source_ip_dest_ip", "source_ip_dest_ip_proto")),
        "target_failover.on_deregistration": ("no_rebalance", Words("rebalance", "no_rebalance")),
        "target_failover.on_unhealthy": ("no_rebalance", Words("rebalance", "no_rebalance")),
        "send_tcp_reset.on_deregistration.enabled": ("false", FLAG),
        "send_tcp_reset.on_unhealthy.enabled": ("false", FLAG),
    },
    "lambda": {"lambda.multi_value_headers.enabled": ("false", FLAG)},
}

_MTLS = ("serial_number", "issuer", "subject", "validity", "leaf")
_RESPONSE = (
    "strict_transport_security",
    "access_control_allow_origin",
    "access_control_allow_methods",
    "access_control_allow_headers",
    "access_control_allow_credentials",
    "access_control_expose_headers",
    "access_control_max_age",
    "content_security_policy",
    "x_content_type_options",
    "x_frame_options",
)
_HTTP = {
    "routing.http.response.server.enabled": ("true", FLAG),
    **{f"routing.http.response.{name}.header_value": ("", TEXT) for name in _RESPONSE},
}
_IDLE = {"tcp.idle_timeout.seconds": ("350", Number(60, 6000))}

LISTENERS = {
    "HTTP": _HTTP,
    "HTTPS": {
        **_HTTP,
        **{f"routing.http.request.x_amzn_mtls_clientcert_{name}.header_name": ("", TEXT) for name in _MTLS},
        "routing.http.request.x_amzn_mtls_clientcert.header_name": ("", TEXT),
        "routing.http.request.x_amzn_tls_version.header_name": ("", TEXT),
        "routing.http.request.x_amzn_tls_cipher_suite.header_name": ("", TEXT),
    },
    "TCP": _IDLE,
    "": {**_IDLE, "send_tcp_reset.on_idle_timeout.enabled": ("false", FLAG)},
}


def defaults(table):
    return {key: default for key, (default, _) in table.items() if default is not None}


def _check(what, kind, table, everywhere, given):
    keys = [attribute["Key"] for attribute in given]
    for attribute in given:
        key, value = attribute["Key"], attribute.get("Value", "")
        if keys.count(key) > 1:
            raise invalid(f"{what} attribute key '{key}' was specified more than once")
        if key not in table:
            if any(key in other for other in everywhere.values()):
                message = f"{what} attribute key '{key}' is not supported on {kind}"
                raise refused("InvalidConfigurationRequest", message)
            raise invalid(f"{what} attribute key '{key}' is not recognized")
        table[key][1].check(key, value)
    return {attribute["Key"]: attribute.get("Value", "") for attribute in given}


def _modify_load_balancer(self):
    backend, arn = self.elbv2_backend, self._get_param("LoadBalancerArn")
    balancer = find(backend, arn)
    kind = f"load balancers with type '{balancer.type}'"
    given = _check("Load balancer", kind, BALANCERS[balancer.type], BALANCERS, self._get_param("Attributes", []))
    if balancer.type == "application" and given.get("load_balancing.cross_zone.enabled") == "false":
        message = "Cross-zone load balancing cannot be turned off for application load balancers"
        raise refused("InvalidConfigurationRequest", message)
    after = {**balancer.attrs, **given}
    for kind in access_logs.TEST_FILES:
        touched = any(key.startswith(f"{kind}.") for key in given)
        if touched and after.get(f"{kind}.s3.enabled") == "true":
            access_logs.check(backend, kind, after[f"{kind}.s3.bucket"], after[f"{kind}.s3.prefix"])
    balancer.attrs = after
    return ActionResult({"Attributes": after})


def _describe_load_balancer(self):
    return ActionResult({"Attributes": find(self.elbv2_backend, self._get_param("LoadBalancerArn")).attrs})


def group_kind(group):
    if group.target_type == "lambda":
        return "lambda"
    return {"HTTP": "application", "HTTPS": "application", "GENEVE": "gateway"}.get(group.protocol, "network")


def _modify_target_group(self):
    group = self.elbv2_backend.target_groups.get(self._get_param("TargetGroupArn"))
    if group is None or lag.unseen(group):
        raise TargetGroupNotFoundError()
    protocol = group.protocol or group.target_type
    kind = f"target groups with the {protocol} protocol"
    given = _check("Target group", kind, GROUPS[group_kind(group)], GROUPS, self._get_param("Attributes", []))
    after = {**group.attributes, **given}
    if after.get("stickiness.type") == "app_cookie" and not after.get("stickiness.app_cookie.cookie_name"):
        message = "You must set an application cookie name to enable stickiness of type 'app_cookie'"
        raise refused("InvalidConfigurationRequest", message)
    algorithm = after.get("load_balancing.algorithm.type")
    if after.get("load_balancing.algorithm.anomaly_mitigation") == "on" and algorithm != "weighted_random":
        message = "Anomaly mitigation is supported only with the weighted_random algorithm"
        raise refused("InvalidConfigurationRequest", message)
    if after.get("slow_start.duration_seconds", "0") != "0" and algorithm != "round_robin":
        message = f"Slow start is not supported with the {algorithm} algorithm"
        raise refused("InvalidConfigurationRequest", message)
    group.attributes = after
    return ActionResult({"Attributes": after})


def _listener_table(listener):
    return LISTENERS.get(listener.protocol, {})


def _described(listener):
    """The attributes that apply to the listener's protocol, which may have changed."""
    table = _listener_table(listener)
    return {**defaults(table), **{key: value for key, value in listener.attributes.items() if key in table}}


def _describe_listener(self):
    listener = find_listeners(self.elbv2_backend, [self._get_param("ListenerArn")])[0]
    return ActionResult({"Attributes": _described(listener)})


def _modify_listener(self):
    listener = find_listeners(self.elbv2_backend, [self._get_param("ListenerArn")])[0]
    kind = f"{listener.protocol} listeners"
    given = _check("Listener", kind, _listener_table(listener), LISTENERS, self._get_param("Attributes", []))
    listener.attributes = {**listener.attributes, **given}
    return ActionResult({"Attributes": _described(listener)})


def install():
    make_balancer = FakeLoadBalancer.__init__
    make_group = FakeTargetGroup.__init__

    def make_load_balancer(self, *args, **kwargs):
        make_balancer(self, *args, **kwargs)
        self.attrs = defaults(BALANCERS[self.type])
        if self.ip_address_type != "ipv4":
            self.attrs["ipv6.deny_all_igw_traffic"] = "true" if self.scheme == "internal" else "false"

    def make_target_group(self, *args, **kwargs):
        make_group(self, *args, **kwargs)
        self.attributes = defaults(GROUPS[group_kind(self)])
        if self.protocol_version == "HTTP2":
            self.attributes |= defaults(_HTTP2)
        if self.protocol_version == "GRPC":
            self.attributes["routing.http2.rst_stream_error_forwarding.enabled"] = "false"
        if self.target_type == "ip" and self.protocol in ("TCP", "TLS"):
            self.attributes["preserve_client_ip.enabled"] = "false"
        if self.protocol in ("UDP", "TCP_UDP"):
            self.attributes["deregistration_delay.connection_termination.enabled"] = "true"

    FakeLoadBalancer.__init__ = make_load_balancer
    FakeTargetGroup.__init__ = make_target_group
    ELBV2Response.describe_load_balancer_attributes = _describe_load_balancer
    ELBV2Response.modify_load_balancer_attributes = _modify_load_balancer
    ELBV2Response.modify_target_group_attributes = _modify_target_group
    ELBV2Response.describe_listener_attributes = _describe_listener
    ELBV2Response.modify_listener_attributes = _modify_listener
