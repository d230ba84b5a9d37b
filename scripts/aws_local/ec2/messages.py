"""What EC2 says of what does not exist, exists already or is in use, as recorded.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
"""

from moto.ec2 import exceptions
from moto.ec2.exceptions import DependencyViolationError, EC2ClientError, InvalidPermissionDuplicateError
from moto.ec2.models import EC2Backend
from moto.ec2.models.internet_gateways import InternetGatewayBackend

# The exception of moto, its code and message; `{}` is the id.
MISSING = {
    "InvalidAllocationIdError": ("InvalidAllocationID.NotFound", "The allocation ID '{}' does not exist"),
    "InvalidInternetGatewayIdError": ("InvalidInternetGatewayID.NotFound", "The internetGateway ID '{}' does not exist"),
    "InvalidSecurityGroupNotFoundError": ("InvalidGroup.NotFound", "The security group '{}' does not exist"),
}


def _one(ident):
    """An id; moto has sets and lists of them."""
    if isinstance(ident, (set, list, tuple, frozenset)):
        return next(iter(sorted(ident)), "")
    return ident


def _peers(ranges, groups, lists):
    """The sources of a rule as EC2 names them."""
    blocks = [one.get("CidrIp") or one.get("CidrIpv6") if isinstance(one, dict) else one for one in ranges or []]
    return [*blocks, *(one.get("GroupId") for one in groups or []), *(one.get("PrefixListId") for one in lists or [])]


def _explained(authorize):
    def authorized(self, group_name_or_id, ip_protocol, from_port, to_port, ip_ranges, *args, **kwargs):
        try:
            return authorize(self, group_name_or_id, ip_protocol, from_port, to_port, ip_ranges, *args, **kwargs)
        except InvalidPermissionDuplicateError as error:
            peer = next(iter(_peers(ip_ranges, kwargs.get("source_groups"), kwargs.get("prefix_list_ids"))), "")
            every = ip_protocol == "-1"
            ports = "" if every else f"from port: {from_port}, to port: {to_port}, "
            rule = f"peer: {peer}, {'ALL' if every else ip_protocol.upper()}, {ports}ALLOW"
            text = f'the specified rule "{rule}" already exists'
            raise EC2ClientError("InvalidPermission.Duplicate", text) from error

    return authorized


def install():
    for name, (code, message) in MISSING.items():

        def init(self, ident, code=code, message=message):
            EC2ClientError.__init__(self, code, message.format(_one(ident)))

        getattr(exceptions, name).__init__ = init

    for name in ("authorize_security_group_ingress", "authorize_security_group_egress"):
        setattr(EC2Backend, name, _explained(getattr(EC2Backend, name)))

    delete = InternetGatewayBackend.delete_internet_gateway

    def delete_internet_gateway(self, internet_gateway_id):
        if self.get_internet_gateway(internet_gateway_id).vpc:
            raise DependencyViolationError(
                f"The internetGateway '{internet_gateway_id}' has dependencies and cannot be deleted."
            )
        return delete(self, internet_gateway_id)

    InternetGatewayBackend.delete_internet_gateway = delete_internet_gateway
