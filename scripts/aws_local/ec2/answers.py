"""Members of answers that AWS has and moto lacks, with the values of what rd creates.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Address.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AvailabilityZone.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_FlowLog.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RouteTable.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Subnet.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html
"""

from moto.ec2.models.availability_zones_and_regions import Zone
from moto.ec2.models.elastic_ip_addresses import ElasticAddress
from moto.ec2.models.flow_logs import FlowLogs, FlowLogsBackend
from moto.ec2.models.route_tables import RouteTable
from moto.ec2.models.subnets import Subnet
from moto.ec2.models.vpcs import VPCEndPoint
from moto.logs.models import logs_backends


def _group_of_log(log):
    if log.__dict__.get("log_group_name"):
        return log.__dict__["log_group_name"]
    found = (log.log_destination or "").split(":log-group:")
    return found[1].removesuffix(":*") if len(found) == 2 else None


def _has_group(backend, name):
    return name in logs_backends[backend.account_id][backend.region_name].groups


def _is_interface(endpoint):
    return (endpoint.vpc_endpoint_type or "").lower() == "interface"


def install():
    ElasticAddress.network_border_group = property(lambda address: address.ec2_backend.region_name)
    ElasticAddress.public_ipv4_pool = "amazon"
    Zone.group_name = property(lambda zone: f"{zone.region_name}-zg-1")
    Zone.group_long_name = property(lambda zone: f"{zone.region_name} 1")
    Zone.network_border_group = property(lambda zone: zone.region_name)
    Zone.opt_in_status = "opt-in-not-required"
    FlowLogs.log_group_name = property(_group_of_log, lambda log, name: log.__dict__.update(log_group_name=name))
    create_flow_logs = FlowLogsBackend.create_flow_logs

    def create(self, *args, **kwargs):
        created = create_flow_logs(self, *args, **kwargs)
        for log in self.flow_logs.values():
            # moto finds a log group by its name alone.
            if log.deliver_logs_status == "FAILED" and _has_group(self, log.log_group_name):
                log.deliver_logs_status, log.deliver_logs_error_message = "SUCCESS", None
        return created

    FlowLogsBackend.create_flow_logs = create
    RouteTable.propagating_vgws = ()
    Subnet.block_public_access_states = property(lambda _: {"InternetGatewayBlockMode": "off"})
    Subnet.enable_dns64 = False
    Subnet.map_customer_owned_ip_on_launch = False
    VPCEndPoint.ip_address_type = "ipv4"
    VPCEndPoint.requester_managed = False
    VPCEndPoint.service_region = property(lambda endpoint: endpoint.ec2_backend.region_name)
    VPCEndPoint.dns_options = property(
        lambda endpoint: {"DnsRecordIpType": "ipv4" if _is_interface(endpoint) else "service-defined"}
    )
