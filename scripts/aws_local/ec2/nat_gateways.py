"""NAT gateways: deleting one releases its address and its interface, and turns routes through it into blackholes.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteNatGateway.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html
"""

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.ec2.models.route_tables import Route


class NatGatewayNotFound(EC2ClientError):
    def __init__(self, nat_gateway_id):
        super().__init__("NatGatewayNotFound", f"The Nat Gateway {nat_gateway_id} was not found")


def _delete(self, nat_gateway_id):
    gateway = self.nat_gateways.get(nat_gateway_id)
    if gateway is None:
        raise NatGatewayNotFound(nat_gateway_id)
    for address in self.addresses:
        if address.eni is gateway._eni:
            self.disassociate_address(address=address.public_ip)
    self.enis.pop(gateway._eni.id, None)
    gateway.state = "deleted"
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

    def create(self, *args, connectivity_type=None, **kwargs):
        # The default, which AWS returns like any other value.
        return plain_create(self, *args, connectivity_type=connectivity_type or "public", **kwargs)

    NatGatewayBackend.create_nat_gateway = create
    NatGatewayBackend.delete_nat_gateway = _delete
    Route.state = property(_state)
