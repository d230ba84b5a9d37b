"""A load balancer's network interfaces: one in each of its subnets, with its security groups. With them, EC2 shows the
subnets, security groups and internet gateway as in use.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#subnets-load-balancer
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html
"""

import time

from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
from moto.ec2.models.elastic_network_interfaces import NetworkInterface, NetworkInterfaceBackend
from moto.ec2.models.internet_gateways import InternetGatewayBackend
from moto.ec2.models.security_groups import SecurityGroupBackend
from moto.ec2.models.subnets import SubnetBackend
from moto.ec2.utils import random_public_ip

OWNER = "amazon-elb"
# How long the interfaces outlive their load balancer, in seconds; minutes at AWS.
LINGER = 0.3


class LoadBalancerInterface(NetworkInterface):
    """Created by Elastic Load Balancing, which alone may delete it."""

    @property
    def attachment(self):
        return {
            "AttachmentId": self.id.replace("eni-", "ela-attach-"),
            "DeleteOnTermination": False,
            "DeviceIndex": 1,
            "InstanceOwnerId": OWNER,
            "Status": "attached",
        }

    @property
    def association(self):
        if not self.public_ip:
            return {}
        return {**super().association, "ipOwnerId": OWNER}

    def get_filter_value(self, filter_name, method_name=None):
        if filter_name == "attachment.instance-owner-id":
            return OWNER
        return super().get_filter_value(filter_name, method_name)


def description(balancer):
    return "ELB " + balancer.arn.split(":loadbalancer/")[1]


def _of(ec2, balancer):
    wanted = description(balancer)
    return [eni for eni in ec2.enis.values() if isinstance(eni, LoadBalancerInterface) and eni.description == wanted]


def update(ec2, balancer):
    """Creates, deletes and changes the interfaces to match the load balancer's subnets and security groups."""
    by_subnet = {eni.subnet.id: eni for eni in _of(ec2, balancer)}
    wanted = {subnet.id for subnet in balancer.subnets}
    for subnet_id, eni in by_subnet.items():
        if subnet_id not in wanted:
            ec2.enis.pop(eni.id, None)
    groups = [ec2.get_security_group_from_id(group_id) for group_id in balancer.security_groups]
    for subnet in balancer.subnets:
        eni = by_subnet.get(subnet.id)
        if eni is None:
            eni = LoadBalancerInterface(ec2, subnet, None, description=description(balancer))
            eni.requester_managed, eni.requester_id, eni.status = True, OWNER, "in-use"
            eni.interface_type = "interface" if balancer.type == "application" else f"{balancer.type}_load_balancer"
            if balancer.scheme == "internet-facing":
                eni.public_ip = random_public_ip()
            ec2.enis[eni.id] = eni
        eni._group_set = [group for group in groups if group]


def remove(ec2, balancer):
    for eni in _of(ec2, balancer):
        eni._gone_at = time.monotonic() + LINGER


def _forget(ec2):
    """Removes the interfaces that have outlived their load balancers for long enough."""
    now = time.monotonic()
    for eni in list(ec2.enis.values()):
        if getattr(eni, "_gone_at", now + 1) <= now:
            ec2.enis.pop(eni.id, None)


def _forgetting(plain):
    def call(self, *args, **kwargs):
        _forget(self)
        return plain(self, *args, **kwargs)

    return call


def install():
    delete = NetworkInterfaceBackend.delete_network_interface
    detach = InternetGatewayBackend.detach_internet_gateway

    def delete_network_interface(self, eni_id):
        if isinstance(self.enis.get(eni_id), LoadBalancerInterface):
            message = f"Network interface '{eni_id}' is currently in use."
            raise EC2ClientError("InvalidNetworkInterface.InUse", message)
        return delete(self, eni_id)

    def detach_internet_gateway(self, internet_gateway_id, vpc_id):
        for eni in self.enis.values():
            if isinstance(eni, LoadBalancerInterface) and eni.public_ip and eni.vpc_id == vpc_id:
                message = f"Network {vpc_id} has some mapped public address(es). Please unmap those before detaching."
                raise DependencyViolationError(message)
        return detach(self, internet_gateway_id, vpc_id)

    NetworkInterfaceBackend.delete_network_interface = delete_network_interface
    NetworkInterfaceBackend.get_all_network_interfaces = _forgetting(NetworkInterfaceBackend.get_all_network_interfaces)
    InternetGatewayBackend.detach_internet_gateway = _forgetting(detach_internet_gateway)
    SecurityGroupBackend.delete_security_group = _forgetting(SecurityGroupBackend.delete_security_group)
    SubnetBackend.delete_subnet = _forgetting(SubnetBackend.delete_subnet)
