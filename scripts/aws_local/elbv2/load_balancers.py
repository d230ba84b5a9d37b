"""Load balancers: subnets and security groups are checked, names are unique, and deletion protection works.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteLoadBalancer.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetSubnets.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetSecurityGroups.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetIpAddressType.html
"""

import re

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.elbv2.models import AvailabilityZone, ELBv2Backend, FakeLoadBalancer
from moto.elbv2.responses import ELBV2Response
from moto.elbv2.utils import make_arn_for_load_balancer
from moto.moto_api._internal import mock_random

from aws_local.elbv2 import lag, network_interfaces
from aws_local.elbv2.hosted_zones import ZONES
from aws_local.elbv2.requests import check_tags, invalid, refused

SCHEMES = ["internet-facing", "internal"]
TYPES = {"application": "app", "network": "net", "gateway": "gwy"}
ADDRESS_TYPES = ["ipv4", "dualstack", "dualstack-without-public-ipv4"]


def check_one_of(name, value, allowed):
    if value not in allowed:
        raise invalid(
            f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{', '.join(allowed)}]"
        )


def check_name(what, name):
    if not name:
        raise invalid(f"{what} name must be specified")
    if len(name) > 32:
        raise invalid(f"{what} name '{name}' cannot be longer than '32' characters")
    if not re.fullmatch(r"[A-Za-z0-9-]+", name):
        allowed = "alphanumeric characters and hyphens(-)"
        raise invalid(f"{what} name '{name}' can only contain characters that are {allowed}")
    if name.startswith("-") or name.endswith("-"):
        raise invalid(f"{what} name '{name}' cannot begin or end with '-'")


def find(backend, arn):
    balancer = backend.load_balancers.get(arn)
    if balancer is None or lag.unseen(balancer):
        raise refused("LoadBalancerNotFound", f"Load balancer '{arn}' not found")
    return balancer


def _subnets(backend, kind, subnet_ids, mappings):
    if subnet_ids and mappings:
        raise invalid("You can specify either subnets or subnet mappings, not both")
    subnets = []
    for subnet_id in [*(subnet_ids or []), *(mapping["SubnetId"] for mapping in mappings or [])]:
        try:
            subnets.append(backend.ec2_backend.get_subnet(subnet_id))
        except EC2ClientError:
            raise refused("SubnetNotFound", f"The subnet ID '{subnet_id}' is not valid") from None
    if len({subnet.vpc_id for subnet in subnets}) > 1:
        raise refused("InvalidConfigurationRequest", "All subnets must belong to the same VPC")
    zones = [subnet.availability_zone for subnet in subnets]
    least = 2 if kind == "application" else 1
    if len(subnets) < least:
        if least == 2:
            raise invalid("At least two subnets in two different Availability Zones must be specified")
        raise invalid("At least one subnet must be specified")
    if len(set(zones)) < len(zones):
        message = "A load balancer cannot be attached to multiple subnets in the same Availability Zone"
        raise refused("InvalidConfigurationRequest", message)
    return subnets


def _groups(backend, vpc_id, group_ids):
    groups = [backend.ec2_backend.get_security_group_from_id(group_id) for group_id in group_ids]
    if any(group is None or group.vpc_id != vpc_id for group in groups):
        raise refused("InvalidConfigurationRequest", "One or more security groups are invalid")
    return list(dict.fromkeys(group_ids))


def _check_addresses(kind, subnets):
    if kind != "ipv4" and not all(subnet.ipv6_cidr_block_associations for subnet in subnets):
        message = "You must specify subnets with an associated IPv6 CIDR block."
        raise refused("InvalidConfigurationRequest", message)


def _check_reachable(ec2, vpc_id):
    # AWS's default VPC has an internet gateway, moto's has none.
    if ec2.get_vpc(vpc_id).is_default:
        return
    if not any(gateway.vpc and gateway.vpc.id == vpc_id for gateway in ec2.internet_gateways.values()):
        raise refused("InvalidSubnet", f"VPC {vpc_id} has no internet gateway")


def _settings(balancer):
    return (
        balancer.type,
        balancer.scheme,
        balancer.ip_address_type,
        {subnet.id for subnet in balancer.subnets},
        set(balancer.security_groups),
    )


def _dns_name(name, identifier, kind, scheme, region):
    if kind != "application":
        return f"{name}-{identifier}.elb.{region}.amazonaws.com"
    prefix = "internal-" if scheme == "internal" else ""
    return f"{prefix}{name}-{int(identifier, 16) % 10**10}.{region}.elb.amazonaws.com"


def _create(
    self,
    name,
    security_groups,
    subnet_ids,
    subnet_mappings=None,
    scheme=None,
    loadbalancer_type=None,
    ip_address_type=None,
    tags=None,
):
    kind, scheme = loadbalancer_type or "application", scheme or "internet-facing"
    ip_address_type = ip_address_type or "ipv4"
    check_name("Load balancer", name)
    if name.startswith("internal-"):
        raise invalid(f"Load balancer name '{name}' cannot begin with 'internal-'")
    check_one_of("type", kind, list(TYPES))
    check_one_of("scheme", scheme, SCHEMES)
    check_one_of("ipAddressType", ip_address_type, ADDRESS_TYPES)
    check_tags(tags)
    subnets = _subnets(self, kind, subnet_ids, subnet_mappings)
    vpc_id = subnets[0].vpc_id
    groups = _groups(self, vpc_id, security_groups or [])
    if not groups and kind == "application":
        groups = [self.ec2_backend.get_default_security_group(vpc_id).id]
    _check_addresses(ip_address_type, subnets)
    if scheme == "internet-facing" and kind != "gateway":
        _check_reachable(self.ec2_backend, vpc_id)
    identifier = mock_random.get_random_hex(length=16)
    arn = make_arn_for_load_balancer(self.account_id, identifier, name, self.region_name)
    balancer = FakeLoadBalancer(
        name=name,
        security_groups=groups,
        arn=arn.replace("/app/", f"/{TYPES[kind]}/", 1),
        scheme=scheme,
        subnets=subnets,
        vpc_id=vpc_id,
        dns_name=_dns_name(name, identifier, kind, scheme, self.region_name),
        state="provisioning",
        loadbalancer_type=kind,
        ip_address_type=ip_address_type,
    )
    balancer.canonical_hosted_zone_id = ZONES.get(self.region_name, balancer.canonical_hosted_zone_id)
    for other in list(self.load_balancers.values()):
        if other.name == name:
            # The same request again returns the existing load balancer.
            tagged = self.tagging_service.get_tag_dict_for_resource(other.arn)
            if _settings(other) == _settings(balancer) and tagged == {tag["Key"]: tag["Value"] for tag in tags or []}:
                return other
            message = f"A load balancer with the same name '{name}' exists, but with different settings"
            raise refused("DuplicateLoadBalancerName", message)
    lag.created("load-balancer", self.account_id, balancer)
    self.load_balancers[balancer.arn] = balancer
    self.tagging_service.tag_resource(balancer.arn, tags)
    network_interfaces.update(self.ec2_backend, balancer)
    return balancer


def _delete(self, arn):
    balancer = self.load_balancers.get(arn)
    # Deleting a missing one succeeds.
    if balancer is None:
        return
    if balancer.attrs.get("deletion_protection.enabled") == "true":
        message = f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
        raise refused("OperationNotPermitted", message)
    del self.load_balancers[arn]
    network_interfaces.remove(self.ec2_backend, balancer)
    for one in [arn, *balancer.listeners]:
        self.tagging_service.delete_all_tags_for_resource(one)


def _set_security_groups(self, arn, sec_groups):
    balancer = find(self, arn)
    if not sec_groups:
        raise invalid("At least one security group must be specified")
    balancer.security_groups = _groups(self, balancer.vpc_id, sec_groups)
    network_interfaces.update(self.ec2_backend, balancer)


def _set_subnets(self, arn, subnets, subnet_mappings):
    balancer = find(self, arn)
    found = _subnets(self, balancer.type, subnets, subnet_mappings)
    if found[0].vpc_id != balancer.vpc_id:
        raise refused("InvalidConfigurationRequest", f"The subnets must be in the VPC '{balancer.vpc_id}'")
    _check_addresses(balancer.ip_address_type, found)
    balancer.subnets = found
    network_interfaces.update(self.ec2_backend, balancer)
    return [AvailabilityZone(subnet) for subnet in found]


def _set_ip_address_type(self, arn, ip_type):
    balancer = find(self, arn)
    check_one_of("ipAddressType", ip_type, ADDRESS_TYPES)
    _check_addresses(ip_type, balancer.subnets)
    balancer.ip_address_type = ip_type


def _answer_set_subnets(self):
    arn, address_type = self._get_param("LoadBalancerArn"), self._get_param("IpAddressType")
    backend = self.elbv2_backend
    zones = backend.set_subnets(arn, self._get_param("Subnets", []), self._get_param("SubnetMappings", []))
    if address_type:
        backend.set_ip_address_type(arn, address_type)
    return ActionResult({"AvailabilityZones": zones, "IpAddressType": find(backend, arn).ip_address_type})


def install():
    # What AWS has added to every description.
    AvailabilityZone.load_balancer_addresses = ()
    FakeLoadBalancer.enable_prefix_for_ipv6_source_nat = "off"
    ELBv2Backend.create_load_balancer = _create
    ELBv2Backend.delete_load_balancer = _delete
    ELBv2Backend.set_security_groups = _set_security_groups
    ELBv2Backend.set_subnets = _set_subnets
    ELBv2Backend.set_ip_address_type = _set_ip_address_type
    ELBV2Response.set_subnets = _answer_set_subnets
