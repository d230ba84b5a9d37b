"""The services that VPC endpoints reach: found by filters, and with the names of China, where some begin with `cn.`. An
endpoint of an unknown service is refused.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpointServices.html
https://github.com/aws/aws-cdk/issues/25329 (names in China)
https://github.com/eksctl-io/eksctl/issues/2568 (the refusal)
"""

import functools

from moto.ec2.exceptions import InvalidServiceName
from moto.ec2.models.vpcs import VPCBackend

# Those of rd's presets and tests, and some more.
CHINA = (
    "application-autoscaling",
    "athena",
    "autoscaling",
    "ec2",
    "ecr.api",
    "ecr.dkr",
    "eks",
    "elasticache",
    "lambda",
    "sqs",
)


def install():
    collect = VPCBackend._collect_default_endpoint_services
    matching = VPCBackend._filter_endpoint_services
    create = VPCBackend.create_vpc_endpoint

    @functools.cache
    def named(account_id, region):
        services = [dict(service) for service in collect(account_id, region)]
        for service in services:
            if region.startswith("cn-") and service["ServiceName"].split(f".{region}.", 1)[-1] in CHINA:
                service["ServiceName"] = "cn." + service["ServiceName"]
        return services

    def filtered(names, filters, services):
        for one in filters or []:
            values = one.get("Values") or one.get("Value") or []
            if one["Name"] == "service-name":
                services = [service for service in services if service["ServiceName"] in values]
        rest = [one for one in filters or [] if one["Name"] != "service-name"]
        return matching(names, rest, services)

    def create_vpc_endpoint(self, vpc_id, service_name, *args, **kwargs):
        known = {service["ServiceName"] for service in named(self.account_id, self.region_name)}
        if service_name not in known and not service_name.startswith("com.amazonaws.vpce."):
            raise InvalidServiceName(service_name)
        return create(self, vpc_id, service_name, *args, **kwargs)

    VPCBackend._collect_default_endpoint_services = staticmethod(named)
    VPCBackend._filter_endpoint_services = staticmethod(filtered)
    VPCBackend.create_vpc_endpoint = create_vpc_endpoint
