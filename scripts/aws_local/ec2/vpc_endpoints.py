"""VPC endpoints: filters by id, private DNS changed in place, interfaces in the endpoint's security groups, and routes in
the route tables of gateway endpoints. Interface endpoints are `pending` after a create and a change, during which another
change is refused, and `deleting` before they are deleted.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpoints.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcEndpoint.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpcEndpoints.html
"""

import functools

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.vpcs import VPCBackend, VPCEndPoint
from moto.ec2.responses.vpcs import VPCs
from moto.ec2.utils import random_private_ip

from aws_local.ec2.states import passes, shown


class OperationInProgress(EC2ClientError):
    """https://github.com/hashicorp/terraform-provider-aws/issues/42875"""

    def __init__(self):
        super().__init__("OperationInProgress", "VpcEndpoint modify operation in progress")


def _interfaces(backend, endpoint):
    """Creates one interface in each subnet, in the endpoint's security groups."""
    by_subnet = {
        backend.enis[eni_id].subnet.id: eni_id for eni_id in endpoint.network_interface_ids if eni_id in backend.enis
    }
    for subnet_id, eni_id in list(by_subnet.items()):
        if subnet_id not in endpoint.subnet_ids:
            backend.enis.pop(eni_id, None)
            del by_subnet[subnet_id]
    for subnet_id in endpoint.subnet_ids or []:
        if subnet_id not in by_subnet:
            by_subnet[subnet_id] = backend.create_network_interface(subnet_id, random_private_ip()).id
        eni = backend.enis[by_subnet[subnet_id]]
        eni.interface_type = "vpc_endpoint"
        eni.requester_managed = True
        eni.status = "in-use"
        eni.description = f"VPC Endpoint Interface {endpoint.id}"
        groups = (backend.get_security_group_from_id(group_id) for group_id in endpoint.security_group_ids)
        eni._group_set = [group for group in groups if group]
    endpoint.network_interface_ids = list(by_subnet.values())


def _routes(backend, endpoint, before):
    """Adds a gateway endpoint's route to each of its route tables."""
    prefix_list = endpoint.destination_prefix_list_id
    if not prefix_list:
        return
    for table_id in set(endpoint.route_table_ids) - set(before):
        backend.create_route(table_id, None, gateway_id=endpoint.id, destination_prefix_list_id=prefix_list)
    for table_id in set(before) - set(endpoint.route_table_ids):
        _drop_route(backend, table_id, prefix_list)


def _drop_route(backend, table_id, prefix_list):
    table = backend.route_tables.get(table_id)
    for route_id, route in list(table._routes.items() if table else []):
        if route.destination_prefix_list_id == prefix_list:
            table._routes.pop(route_id)


def _gone(backend, endpoint):
    for eni_id in endpoint.network_interface_ids or []:
        backend.enis.pop(eni_id, None)
    backend.vpc_end_points.pop(endpoint.id, None)


def _is_interface(endpoint):
    return (endpoint.vpc_endpoint_type or "").lower() == "interface"


def install():
    plain_filter = VPCEndPoint.get_filter_value
    plain_create = VPCBackend.create_vpc_endpoint
    plain_describe = VPCBackend.describe_vpc_endpoints

    def get_filter_value(self, filter_name, method_name=None):
        if filter_name == "vpc-endpoint-id":
            return self.id
        return plain_filter(self, filter_name, method_name)

    def create_vpc_endpoint(self, *args, **kwargs):
        if (kwargs.get("endpoint_type") or "Gateway").lower() == "gateway":
            # Only interface endpoints have private DNS names.
            kwargs["private_dns_enabled"] = False
        endpoint = plain_create(self, *args, **kwargs)
        if _is_interface(endpoint):
            _interfaces(self, endpoint)
            passes(endpoint, "pending", "available")
        return endpoint

    def describe_vpc_endpoints(self, *args, **kwargs):
        return shown(plain_describe(self, *args, **kwargs))

    def modify_vpc_endpoint(self):
        backend, endpoint_id = self.ec2_backend, self._get_param("VpcEndpointId")
        endpoint = plain_describe(backend, [endpoint_id])[0]
        if endpoint.state == "pending":
            raise OperationInProgress
        before = list(endpoint.route_table_ids or [])
        endpoint.modify(
            self._get_param("PolicyDocument"),
            self._get_param("AddSubnetIds", []),
            self._get_param("RemoveSubnetIds", []),
            self._get_param("AddRouteTableIds", []),
            self._get_param("RemoveRouteTableIds", []),
            self._get_param("AddSecurityGroupIds", []),
            self._get_param("RemoveSecurityGroupIds", []),
        )
        private_dns = self._get_param("PrivateDnsEnabled")
        if private_dns is not None:
            endpoint.private_dns_enabled = str(private_dns).lower() == "true"
        if _is_interface(endpoint):
            _interfaces(backend, endpoint)
            passes(endpoint, "pending", "available")
        else:
            _routes(backend, endpoint, before)
        return ActionResult({"Return": True})

    def delete_vpc_endpoints(self):
        unsuccessful = []
        backend = self.ec2_backend
        for endpoint_id in self._get_param("VpcEndpointIds", []):
            endpoint = backend.vpc_end_points.get(endpoint_id)
            if endpoint is None or endpoint.state in ("deleting", "deleted"):
                message = f"The Vpc Endpoint Id '{endpoint_id}' does not exist"
                error = {"Code": "InvalidVpcEndpoint.NotFound", "Message": message}
                unsuccessful.append({"ResourceId": endpoint_id, "Error": error})
                continue
            for table_id in endpoint.route_table_ids or []:
                _drop_route(backend, table_id, endpoint.destination_prefix_list_id)
            if _is_interface(endpoint):
                passes(endpoint, "deleting", "deleted", then=functools.partial(_gone, backend, endpoint))
            else:
                _gone(backend, endpoint)
        return ActionResult({"Unsuccessful": unsuccessful})

    VPCEndPoint.get_filter_value = get_filter_value
    VPCBackend.create_vpc_endpoint = create_vpc_endpoint
    VPCBackend.describe_vpc_endpoints = describe_vpc_endpoints
    VPCs.modify_vpc_endpoint = modify_vpc_endpoint
    VPCs.delete_vpc_endpoints = delete_vpc_endpoints
