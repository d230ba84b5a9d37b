"""Targets: an address in the VPC or a private one, and a port; and their health.

The health of a target in use is `initial` when it is first read and `healthy` from then on, unless
/aws-local/target-health sets it. A deregistered target drains for the target group's deregistration delay.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RegisterTargets.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeregisterTargets.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetHealth.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
"""

import ipaddress
import time

from moto.core.responses import ActionResult
from moto.elbv2.exceptions import TargetGroupNotFoundError, TargetNotRunning
from moto.elbv2.models import FakeTargetGroup
from moto.elbv2.responses import ELBV2Response

from aws_local import controls
from aws_local.elbv2.requests import invalid, refused
from aws_local.elbv2.target_groups import users

# Allowed outside of the VPC: RFC 1918 and RFC 6598.
PRIVATE = [ipaddress.ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")]

NOT_REGISTERED = ("unused", "Target.NotRegistered", "Target is not registered to the target group")
NOT_IN_USE = ("unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer")
ZONE_NOT_ENABLED = (
    "unused",
    "Target.NotInUse",
    "Target is in an Availability Zone that is not enabled for the load balancer",
)
INITIAL = ("initial", "Elb.RegistrationInProgress", "Target registration is in progress")
DRAINING = ("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")


def _key(group, target):
    if group.target_type == "lambda":
        return target["Id"], None
    return target["Id"], int(target.get("Port") or group.port)


def _check_address(group, target):
    text, zone = target["Id"], target.get("AvailabilityZone")
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise invalid(f"The IP address '{text}' is not a valid IPv4 address") from None
    vpc = group.ec2_backend.get_vpc(group.vpc_id)
    blocks = [one["cidr_block"] for one in vpc.get_cidr_block_association_set(ipv6=address.version == 6)]
    if any(address in ipaddress.ip_network(block) for block in blocks):
        if zone == "all":
            raise invalid(f"You cannot specify the Availability Zone 'all' for the target '{text}' inside the VPC")
        return
    if address.version != 4 or not any(address in block for block in PRIVATE):
        raise refused("InvalidTarget", f"The IP address '{text}' is not within the VPC '{group.vpc_id}' nor private")
    if not zone:
        message = f"The target '{text}' is outside the VPC '{group.vpc_id}': you must specify an Availability Zone"
        raise refused("InvalidTarget", message)


def _register(self, targets):
    for target in targets:
        port = target.get("Port")
        if port is not None and not 1 <= int(port) <= 65535:
            raise invalid(f"1 validation error detected: Value '{port}' at 'port' must be between 1 and 65535")
        if self.target_type == "ip":
            _check_address(self, target)
        if self.target_type == "instance":
            instance = self.ec2_backend.get_instance_by_id(target["Id"])
            if instance is None:
                raise refused("InvalidTarget", f"The following targets do not exist: '{target['Id']}'")
            if instance.state != "running":
                raise TargetNotRunning(instance_id=target["Id"])
    for target in targets:
        key = _key(self, target)
        self.deregistered_targets.pop(key, None)
        if key not in self.targets:
            described = {"Id": key[0]} if key[1] is None else {"Id": key[0], "Port": key[1]}
            if target.get("AvailabilityZone"):
                described["AvailabilityZone"] = target["AvailabilityZone"]
            self.targets[key] = described


def _deregister(self, targets):
    for target in targets:
        # Without a port, all ports of the target.
        keys = [key for key in self.targets if key[0] == target["Id"]]
        if target.get("Port"):
            keys = [key for key in keys if key == _key(self, target)]
        in_use = next(users(self), None) is not None
        delay = int(self.attributes.get("deregistration_delay.timeout_seconds", 0))
        for key in keys:
            described = self.targets.pop(key)
            # A target that was not in use need not drain.
            if in_use:
                self.deregistered_targets[key] = {**described, "_until": time.monotonic() + delay}


def _terminated(self, instance_ids):
    _deregister(self, [{"Id": key[0]} for key in list(self.targets) if key[0] in instance_ids])


def _zone(group, text):
    """The Availability Zone of the subnet with this address."""
    address = ipaddress.ip_address(text)
    for subnets in group.ec2_backend.subnets.values():
        for subnet in subnets.values():
            if subnet.vpc_id == group.vpc_id and address in ipaddress.ip_network(subnet.cidr_block):
                return subnet.availability_zone
    return None


def _state(backend, group, listeners, target):
    if not listeners:
        return NOT_IN_USE
    if group.target_type == "instance":
        instance = group.ec2_backend.get_instance_by_id(target["Id"])
        if instance is not None and instance.state == "stopped":
            return "unused", "Target.InvalidState", "Target is in the stopped state"
    zone = _zone(group, target["Id"]) if group.target_type == "ip" else None
    if zone:
        balancers = [backend.load_balancers[listener.load_balancer_arn] for listener in listeners]
        if not any(zone in [subnet.availability_zone for subnet in one.subnets] for one in balancers):
            return ZONE_NOT_ENABLED
    # The health of an ECS task's target may be set, too.
    health = controls.healths.get(target["Id"]) or target.get("_health")
    if health:
        target["_seen"] = True
        return health["State"], health["Reason"], health["Description"]
    if not target.get("_seen"):
        target["_seen"] = True
        return INITIAL
    return "healthy", None, None


def _describe(self):
    backend = self.elbv2_backend
    group = backend.target_groups.get(self._get_param("TargetGroupArn"))
    if group is None:
        raise TargetGroupNotFoundError()
    now = time.monotonic()
    for key, target in list(group.deregistered_targets.items()):
        if target["_until"] <= now:
            del group.deregistered_targets[key]
    requested = self._get_param("Targets", [])
    known = {**group.targets, **group.deregistered_targets}
    keys = [_key(group, target) for target in requested] if requested else list(known)
    using = list(users(group))
    described = []
    for key in keys:
        if key in group.targets:
            target = group.targets[key]
            state, reason, text = _state(backend, group, using, target)
        else:
            target = known.get(key) or {"Id": key[0], "Port": key[1]}
            state, reason, text = DRAINING if key in known else NOT_REGISTERED
        port = group.health_check_port
        if port == "traffic-port":
            port = None if key[1] is None else str(key[1])
        described.append(
            {
                "Target": {name: value for name, value in target.items() if not name.startswith("_")},
                "HealthCheckPort": port,
                "TargetHealth": {"State": state, "Reason": reason, "Description": text},
            }
        )
    return ActionResult({"TargetHealthDescriptions": described})


def install():
    FakeTargetGroup.register = _register
    FakeTargetGroup.deregister = _deregister
    FakeTargetGroup.deregister_terminated_instances = _terminated
    ELBV2Response.describe_target_health = _describe
