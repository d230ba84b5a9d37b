"""Resources that are in use cannot be deleted.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSubnet.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReleaseAddress.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DetachInternetGateway.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpc.html
"""

from moto.ec2.exceptions import DependencyViolationError, EC2ClientError, InvalidNetworkInterfaceIdError
from moto.ec2.models.elastic_ip_addresses import ElasticAddressBackend
from moto.ec2.models.internet_gateways import InternetGatewayBackend
from moto.ec2.models.security_groups import SecurityGroupBackend
from moto.ec2.models.subnets import SubnetBackend
from moto.ec2.models.vpcs import VPCBackend

from aws_local.ec2.states import deletion_goes_on


class AddressInUse(EC2ClientError):
    def __init__(self, allocation_id):
        super().__init__("InvalidIPAddress.InUse", f"Address {allocation_id} is in use.")


class AddressOfNatGateway(EC2ClientError):
    """An address that a NAT gateway has: the code is that of wrong credentials, the message is not.
    https://github.com/hashicorp/terraform-provider-aws/issues/2968"""

    def __init__(self):
        super().__init__("AuthFailure", "You do not have permission to access the specified resource.")


class CannotDelete(EC2ClientError):
    def __init__(self, group_id):
        message = f'the specified group: "{group_id}" name: "default" cannot be deleted by a user'
        super().__init__("CannotDelete", message)


def _groups(backend):
    return [group for by_id in backend.groups.values() for group in by_id.values()]


def _check_group(backend, group_id):
    group = backend.get_security_group_from_id(group_id)
    if group is None:
        return
    if group.name == "default":
        raise CannotDelete(group_id)
    used = any(group in eni._group_set for eni in backend.enis.values())
    referenced = any(
        rule.source_group.get("GroupId") == group_id
        for other in _groups(backend)
        if other.id != group_id
        for rule in [*other.ingress_rules, *other.egress_rules]
    )
    if used or referenced:
        deletion_goes_on(backend.vpc_end_points.values())
        raise DependencyViolationError(f"resource {group_id} has a dependent object")


def install():
    delete_group = SecurityGroupBackend.delete_security_group
    delete_subnet = SubnetBackend.delete_subnet
    release = ElasticAddressBackend.release_address
    detach = InternetGatewayBackend.detach_internet_gateway
    delete_vpc = VPCBackend.delete_vpc
    # Deleting the VPC deletes its default group; nothing else does.
    deleting_vpc = set()

    def delete_security_group(self, name=None, group_id=None):
        group = self.get_security_group_from_id(group_id) if group_id else None
        if not (group and group.vpc_id in deleting_vpc):
            _check_group(self, group_id)
        return delete_group(self, name, group_id)

    def checked_delete_subnet(self, subnet_id):
        if any(eni.subnet.id == subnet_id for eni in self.enis.values()):
            deletion_goes_on([*self.nat_gateways.values(), *self.vpc_end_points.values()])
            raise DependencyViolationError(f"The subnet '{subnet_id}' has dependencies and cannot be deleted.")
        # Its association with a route table is deleted as well.
        for table in self.route_tables.values():
            for association, target in list(table._associations.items()):
                if target == subnet_id:
                    del table._associations[association]
        return delete_subnet(self, subnet_id)

    def release_address(self, address=None, allocation_id=None):
        for one in self.addresses:
            if allocation_id and one.allocation_id == allocation_id:
                if any(one.eni is gateway._eni for gateway in self.nat_gateways.values() if one.eni):
                    deletion_goes_on(self.nat_gateways.values())
                    raise AddressOfNatGateway
                if one.association_id:
                    raise AddressInUse(allocation_id)
                left = one.__dict__.pop("_left", None)
                if left:
                    raise InvalidNetworkInterfaceIdError(left)
        return release(self, address, allocation_id)

    def detach_internet_gateway(self, internet_gateway_id, vpc_id):
        if any(one.eni and one.eni.subnet.vpc_id == vpc_id for one in self.addresses):
            message = f"Network {vpc_id} has some mapped public address(es). Please unmap those before detaching."
            raise DependencyViolationError(message)
        return detach(self, internet_gateway_id, vpc_id)

    def checked_delete_vpc(self, vpc_id):
        gateways = any(gateway.vpc and gateway.vpc.id == vpc_id for gateway in self.internet_gateways.values())
        groups = any(group.vpc_id == vpc_id and group.name != "default" for group in _groups(self))
        endpoints = any(endpoint.vpc_id == vpc_id for endpoint in self.vpc_end_points.values())
        if gateways or groups or endpoints:
            deletion_goes_on(self.vpc_end_points.values())
            raise DependencyViolationError(f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")
        deleting_vpc.add(vpc_id)
        try:
            return delete_vpc(self, vpc_id)
        finally:
            deleting_vpc.discard(vpc_id)

    SecurityGroupBackend.delete_security_group = delete_security_group
    SubnetBackend.delete_subnet = checked_delete_subnet
    ElasticAddressBackend.release_address = release_address
    InternetGatewayBackend.detach_internet_gateway = detach_internet_gateway
    VPCBackend.delete_vpc = checked_delete_vpc
