"""What IAM checks for a request to EC2: each resource that the request names, and what it creates, by its tags.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html
"""

import re

from moto.ec2.models import ec2_backends

# The type in an ARN, by the beginning of an id.
TYPES = {
    "vpc": "vpc",
    "subnet": "subnet",
    "igw": "internet-gateway",
    "eipalloc": "elastic-ip",
    "nat": "natgateway",
    "rtb": "route-table",
    "vpce": "vpc-endpoint",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "fl": "vpc-flow-log",
}
ID = re.compile(f"({'|'.join(TYPES)})-[0-9a-f]+$")

# The types of an action: what it creates, and what it uses. An action that is not here uses all that it names.
CREATES = {
    "AllocateAddress": ("elastic-ip", ()),
    "AuthorizeSecurityGroupEgress": ("security-group-rule", ("security-group",)),
    "AuthorizeSecurityGroupIngress": ("security-group-rule", ("security-group",)),
    "CreateFlowLogs": ("vpc-flow-log", ("vpc",)),
    "CreateInternetGateway": ("internet-gateway", ()),
    "CreateNatGateway": ("natgateway", ("subnet", "elastic-ip")),
    "CreateRouteTable": ("route-table", ("vpc",)),
    "CreateSecurityGroup": ("security-group", ("vpc",)),
    "CreateSubnet": ("subnet", ("vpc",)),
    "CreateVpc": ("vpc", ()),
    "CreateVpcEndpoint": ("vpc-endpoint", ("vpc", "subnet", "route-table", "security-group")),
}
USES = {
    "CreateRoute": ("route-table",),
    "ReplaceRoute": ("route-table",),
    "DeleteRoute": ("route-table",),
    "RevokeSecurityGroupIngress": ("security-group",),
    "RevokeSecurityGroupEgress": ("security-group",),
    "UpdateSecurityGroupRuleDescriptionsIngress": ("security-group",),
    "UpdateSecurityGroupRuleDescriptionsEgress": ("security-group",),
}


def _requested_tags(call):
    keys = {name[:-4]: value for name, value in call.values if re.search(r"Tag\.\d+\.Key$", name)}
    values = dict(call.values)
    return {f"aws:RequestTag/{key}": values.get(f"{name}.Value", "") for name, key in keys.items()}


def _associated(backend, association):
    """The route table and the subnet of an association."""
    for table in backend.route_tables.values():
        if association in table._associations:
            return [table.id, table._associations[association]]
    return []


def required(call, account, region):
    """The action, resource and context of each check."""
    action = f"ec2:{call.operation}"
    if call.operation.startswith("Describe") and call.operation != "DescribeVpcAttribute":
        return [(action, "*", {})]
    backend = ec2_backends[account][region]

    def arn(kind, name="*"):
        return f"arn:aws:ec2:{region}:{account}:{kind}/{name}"

    requested = _requested_tags(call)
    created, used = CREATES.get(call.operation, (None, USES.get(call.operation)))
    ids = [value for name, value in call.values if not name.startswith("Filter") and ID.match(value)]
    association = call.value("AssociationId")
    if association:
        both = _associated(backend, association)
        if not both:
            # EC2 answers that it does not exist.
            return []
        ids += both
    checks = []
    for one in dict.fromkeys(ids):
        kind = TYPES[ID.match(one)[1]]
        if used is None or kind in used:
            tags = {f"aws:ResourceTag/{key}": value for key, value in backend.tags.get(one, {}).items()}
            context = tags | (requested if call.operation in ("CreateTags", "DeleteTags") else {})
            checks.append((action, arn(kind, one), context))
    if created:
        checks.append((action, arn(created), requested))
        if requested:
            checks.append(("ec2:CreateTags", arn(created), requested | {"ec2:CreateAction": call.operation}))
    role = call.value("DeliverLogsPermissionArn")
    if role:
        checks.append(("iam:PassRole", role, {"iam:PassedToService": "vpc-flow-logs.amazonaws.com"}))
    if call.operation == "CreateVpcEndpoint" and call.value("PrivateDnsEnabled") == "true":
        checks.append(("route53:AssociateVPCWithHostedZone", "arn:aws:route53:::hostedzone/Z1", {}))
    return checks or [(action, "*", {})]
