"""NAT gateways: `pending` before they are available, `deleting` before they are deleted. Then the address and the interface
are free, and routes through it are blackholes. Until then the address cannot be released, and the first attempt after it
fails as well.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteNatGateway.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html
"""

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.ec2.models.route_tables import Route

from aws_local.ec2.states import passes, shown


class NatGatewayNotFound(EC2ClientError):
    def __init__(self, nat_gateway_id):
        super().__init__("NatGatewayNotFound", f"The Nat Gateway {nat_gateway_id} was not found")


def _delete(self, nat_gateway_id):
    gateway = self.nat_gateways.get(nat_gateway_id)
    if gateway is None:
        raise NatGatewayNotFound(nat_gateway_id)

    def gone():
        for address in self.addresses:
            if address.eni is gateway._eni:
                self.disassociate_address(address=address.public_ip)
                # https://github.com/hashicorp/terraform-provider-aws/issues/49299
                address._left = gateway._eni.id
        self.enis.pop(gateway._eni.id, None)

    if gateway.state not in ("deleting", "deleted"):
        passes(gateway, "deleting", "deleted", then=gone)
    return gateway


def _state(route):
    backend = route.route_table.ec2_backend
    nat_gone = route.nat_gateway is not None and route.nat_gateway.state == "deleted"
    gateway = route.gateway_id or ""
    igw_gone = gateway.startswith("igw-") and (
        gateway not in backend.internet_gateways or backend.internet_gateways[gateway].vpc is None
    )
    return "blackhole" if nat_gone or igw_gone else "active"


def install():
    plain_create = NatGatewayBackend.create_nat_gateway
    plain_describe = NatGatewayBackend.describe_nat_gateways

    def create(self, *args, connectivity_type=None, **kwargs):
        # The default, which AWS returns like any other value.
        gateway = plain_create(self, *args, connectivity_type=connectivity_type or "public", **kwargs)
        passes(gateway, "pending", "available")
        return gateway

    def describe(self, *args, **kwargs):
        return shown(plain_describe(self, *args, **kwargs))

    NatGatewayBackend.create_nat_gateway = create
    NatGatewayBackend.describe_nat_gateways = describe
    NatGatewayBackend.delete_nat_gateway = _delete
    Route.state = property(_state)
