"""The states that a network resource passes through. Each Describe call shows the next one, and each delete that is refused
because of a resource brings its own deletion forward, so that the speed of a test does not matter: `pending`, `associating` and `attaching` before a resource can be used; `deleting`, `disassociating` and
`detaching` before it is gone.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Vpc.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Subnet.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InternetGatewayAttachment.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RouteTableAssociationState.html
https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/wait.go
"""

from moto.ec2.exceptions import DependencyViolationError, GatewayNotAttachedError
from moto.ec2.models.internet_gateways import InternetGateway, InternetGatewayBackend
from moto.ec2.models.route_tables import RouteBackend, RouteTable
from moto.ec2.models.subnets import SubnetBackend
from moto.ec2.models.vpcs import VPCBackend


def passes(resource, *states, then=None):
    """The resource has the first state now, and the next Describe calls show it and then the others. `then` is called with
    the last one."""
    resource.state = states[0]
    resource._ahead = list(states)
    resource._then = then


def shown(resources):
    """Moves each resource to the state that this Describe call shows."""
    for resource in resources:
        ahead = getattr(resource, "_ahead", None)
        if ahead:
            resource.state = ahead.pop(0)
            if not ahead and resource._then:
                resource._then()
    return resources


def deletion_goes_on(resources):
    """Time passes for what is being deleted."""
    shown([resource for resource in list(resources) if resource.state == "deleting"])


class Stage:
    """A part of a resource that has states of its own: an attachment or an association."""

    def __init__(self, *states, then=None):
        passes(self, *states, then=then)


def _vpcs_and_subnets():
    create_vpc, create_subnet = VPCBackend.create_vpc, SubnetBackend.create_subnet
    describe_vpcs, describe_subnets = VPCBackend.describe_vpcs, SubnetBackend.describe_subnets

    def created(create):
        def call(self, *args, **kwargs):
            resource = create(self, *args, **kwargs)
            default = getattr(resource, "is_default", False) or getattr(resource, "default_for_az", False)
            if str(default).lower() != "true":
                passes(resource, "pending", "available")
            return resource

        return call

    VPCBackend.create_vpc, SubnetBackend.create_subnet = created(create_vpc), created(create_subnet)
    VPCBackend.describe_vpcs = lambda self, *args, **kwargs: shown(describe_vpcs(self, *args, **kwargs))
    SubnetBackend.describe_subnets = lambda self, *args, **kwargs: shown(describe_subnets(self, *args, **kwargs))


def _internet_gateways():
    attach, detach = InternetGatewayBackend.attach_internet_gateway, InternetGatewayBackend.detach_internet_gateway
    delete, describe = InternetGatewayBackend.delete_internet_gateway, InternetGatewayBackend.describe_internet_gateways

    def attach_internet_gateway(self, internet_gateway_id, vpc_id):
        answer = attach(self, internet_gateway_id, vpc_id)
        self.get_internet_gateway(internet_gateway_id)._stage = Stage("attaching", "available")
        return answer

    def detach_internet_gateway(self, internet_gateway_id, vpc_id):
        gateway = self.get_internet_gateway(internet_gateway_id)
        stage = getattr(gateway, "_stage", None)
        if stage and stage.state == "detaching":
            raise GatewayNotAttachedError(internet_gateway_id, vpc_id)
        vpc = gateway.vpc
        detach(self, internet_gateway_id, vpc_id)
        gateway.vpc = vpc

        def detached():
            gateway.vpc = gateway._stage = None

        gateway._stage = Stage("detaching", "detached", then=detached)

    def delete_internet_gateway(self, internet_gateway_id):
        if self.get_internet_gateway(internet_gateway_id).vpc:
            message = f"The internetGateway '{internet_gateway_id}' has dependencies and cannot be deleted."
            raise DependencyViolationError(message)
        return delete(self, internet_gateway_id)

    def describe_internet_gateways(self, *args, **kwargs):
        gateways = describe(self, *args, **kwargs)
        shown([gateway._stage for gateway in gateways if getattr(gateway, "_stage", None)])
        return gateways

    def attachments(self):
        stage = getattr(self, "_stage", None)
        return [{"State": stage.state if stage else "available", "VpcId": self.vpc.id}] if self.vpc else []

    InternetGatewayBackend.attach_internet_gateway = attach_internet_gateway
    InternetGatewayBackend.detach_internet_gateway = detach_internet_gateway
    InternetGatewayBackend.delete_internet_gateway = delete_internet_gateway
    InternetGatewayBackend.describe_internet_gateways = describe_internet_gateways
    InternetGateway.attachments = property(attachments)


def _route_table_associations():
    associate, disassociate = RouteBackend.associate_route_table, RouteBackend.disassociate_route_table
    describe = RouteBackend.describe_route_tables
    plain = RouteTable.associations.fget

    def stages(table):
        return table.__dict__.setdefault("_stages", {})

    def associate_route_table(self, *args, **kwargs):
        association = associate(self, *args, **kwargs)
        for table in self.route_tables.values():
            if association in table._associations and association not in stages(table):
                stages(table)[association] = Stage("associating", "associated")
        return association

    def disassociate_route_table(self, association_id):
        for table in self.route_tables.values():
            if association_id in table._associations:
                target = table._associations[association_id]
                answer = disassociate(self, association_id)
                # Shown once more, but without effect: the subnet can be associated again at once.
                stages(table)[association_id] = Stage("disassociating", "disassociated")
                table.__dict__.setdefault("_leaving", {})[association_id] = target
                return answer
        return disassociate(self, association_id)

    def describe_route_tables(self, *args, **kwargs):
        tables = describe(self, *args, **kwargs)
        for table in tables:
            shown(list(stages(table).values()))
            leaving = table.__dict__.get("_leaving", {})
            for association in [one for one in leaving if stages(table)[one].state == "disassociated"]:
                del leaving[association], stages(table)[association]
        return tables

    def associations(self):
        found = plain(self)
        for one in found:
            stage = stages(self).get(one["RouteTableAssociationId"])
            if stage:
                one["AssociationState"] = {"State": stage.state}
        for association, subnet in self.__dict__.get("_leaving", {}).items():
            found.append(
                {
                    "RouteTableAssociationId": association,
                    "RouteTableId": self.id,
                    "SubnetId": subnet,
                    "Main": False,
                    "AssociationState": {"State": stages(self)[association].state},
                }
            )
        return found

    RouteBackend.associate_route_table = associate_route_table
    RouteBackend.disassociate_route_table = disassociate_route_table
    RouteBackend.describe_route_tables = describe_route_tables
    RouteTable.associations = property(associations)


def install():
    _vpcs_and_subnets()
    _internet_gateways()
    _route_table_associations()
