"""The network of tasks in awsvpc mode: validation of the configuration, and each task's network interface.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AwsVpcConfiguration.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html
"""

import ipaddress
import itertools

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import ec2_backends
from moto.ec2.models.elastic_network_interfaces import NetworkInterface, NetworkInterfaceBackend
from moto.ec2.utils import random_public_ip

from aws_local.ecs.requests import invalid

MOST_SUBNETS, MOST_GROUPS = 16, 5
# AWS reserves the first four addresses of a subnet, and the last.
RESERVED = 4


class TaskInterface(NetworkInterface):
    """Created by ECS, which alone may delete it."""

    @property
    def attachment(self):
        return {
            "AttachmentId": self.id.replace("eni-", "eni-attach-"),
            "DeleteOnTermination": False,
            "DeviceIndex": 1,
            "InstanceOwnerId": self.ec2_backend.account_id,
            "Status": "attached",
        }


def ec2_of(backend):
    return ec2_backends[backend.account_id][backend.region_name]


def _subnet(ec2, subnet_id):
    for subnets in ec2.subnets.values():
        if subnet_id in subnets:
            return subnets[subnet_id]
    return None


def checked(backend, given, definition):
    """The configuration with its defaults; None for a task in its host's network."""
    config = (given or {}).get("awsvpcConfiguration")
    if definition.network_mode != "awsvpc":
        if config:
            raise invalid("Network Configuration is not valid for the given networkMode of this task definition.")
        return None
    if not config:
        raise invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
    subnets, groups = config.get("subnets") or [], config.get("securityGroups") or []
    if not subnets:
        raise invalid("subnets can not be empty.")
    if len(subnets) > MOST_SUBNETS:
        raise invalid(f"subnets can have at most {MOST_SUBNETS} items.")
    if len(groups) > MOST_GROUPS:
        raise invalid(f"securityGroups can have at most {MOST_GROUPS} items.")
    if config.get("assignPublicIp") not in (None, "ENABLED", "DISABLED"):
        raise invalid("assignPublicIp should be one of [ENABLED,DISABLED]")
    ec2, vpcs = ec2_of(backend), set()
    for subnet_id in subnets:
        subnet = _subnet(ec2, subnet_id)
        if subnet is None:
            raise invalid(
                f"Error retrieving subnet information for [{subnet_id}]: The subnet ID '{subnet_id}' does not exist "
                "(ErrorCode: InvalidSubnetID.NotFound)"
            )
        vpcs.add(subnet.vpc_id)
    if len(vpcs) > 1:
        raise invalid("Subnets should all be in the same VPC.")
    for group_id in groups:
        group = ec2.get_security_group_from_id(group_id)
        if group is None:
            raise invalid(
                f"Error retrieving security group information for [{group_id}]: The security group '{group_id}' does "
                "not exist (ErrorCode: InvalidGroup.NotFound)"
            )
        if group.vpc_id not in vpcs:
            raise invalid(f"Security Group {group_id} does not appear to belong to the same VPC as the input subnets.")
    created = {
        "subnets": list(subnets),
        "securityGroups": list(groups),
        "assignPublicIp": config.get("assignPublicIp") or "DISABLED",
    }
    return {"awsvpcConfiguration": created}


def choose_subnet(backend, network, taken):
    """The subnet of the next task: the one with the fewest tasks. `taken` are the subnets of the other tasks."""
    subnets = network["awsvpcConfiguration"]["subnets"]
    return min(subnets, key=taken.count)


def zone_of(backend, subnet_id):
    subnet = _subnet(ec2_of(backend), subnet_id)
    return subnet.availability_zone if subnet else None


def attach(backend, subnet_id, config, attachment_id):
    """Creates the interface of a task. None if the subnet was deleted or has no free address."""
    ec2 = ec2_of(backend)
    subnet = _subnet(ec2, subnet_id)
    if subnet is None:
        return None
    used = {eni.private_ip_address for eni in list(ec2.enis.values())}
    hosts = itertools.islice(ipaddress.ip_network(subnet.cidr_block).hosts(), RESERVED - 1, None)
    address = next((text for text in map(str, hosts) if text not in used), None)
    if address is None:
        return None
    description = f"arn:{backend.partition}:ecs:{backend.region_name}:{backend.account_id}:attachment/{attachment_id}"
    interface = TaskInterface(ec2, subnet, address, description=description)
    interface.status, interface.requester_managed = "in-use", True
    groups = config["securityGroups"] or [ec2.get_default_security_group(subnet.vpc_id).id]
    interface._group_set = [one for one in map(ec2.get_security_group_from_id, groups) if one]
    if config["assignPublicIp"] == "ENABLED":
        interface.public_ip = random_public_ip()
    ec2.enis[interface.id] = interface
    return interface


def detach(backend, interface):
    ec2_of(backend).enis.pop(interface.id, None)


def install():
    delete = NetworkInterfaceBackend.delete_network_interface

    def delete_network_interface(self, eni_id):
        if isinstance(self.enis.get(eni_id), TaskInterface):
            message = f"Network interface '{eni_id}' is currently in use."
            raise EC2ClientError("InvalidNetworkInterface.InUse", message)
        return delete(self, eni_id)

    NetworkInterfaceBackend.delete_network_interface = delete_network_interface
