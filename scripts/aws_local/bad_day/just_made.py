"""What was created a moment ago: calls that name it do not find it, and lists lack it or show it now and then.

Each row has its source: what AWS answered is in threads of https://github.com/hashicorp/terraform-provider-aws (numbers)
and in what that provider waits out.
"""

import json
from typing import NamedTuple

from aws_local.bad_day.call import JSON, refusal
from aws_local.bad_day.texts import changed, changed_json, value


class Kind(NamedTuple):
    service: str
    create: str
    # The member of the answer, or of the request after `<`, that has the id or name.
    ident: str
    # Status, code and message for a call that names it; `{}` is the id.
    missing: tuple
    # The list: operation, element (XML), and the member with the id.
    listed: tuple = ()
    # Other refusals by operation: status, code, message. None: the call finds it.
    others: dict = {}
    # Whether only reads miss it.
    reads_only: bool = False
    # Seconds after which every call finds it.
    seconds: int = 120


def _ec2(create, ident, code, describe, message, **others):
    return Kind(
        "ec2",
        create,
        ident,
        (400, code, message),
        (describe, "item", ident),
        {operation: (400, *rest) for operation, rest in others.items()},
        seconds=300,
    )


NO_SUBNET = ("SubnetNotFound", "The subnet ID '{}' is not valid")
NO_GROUP = ("InvalidSecurityGroup", "One or more security groups are invalid")

# https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
KINDS = [
    # 171, terraform 1533
    _ec2("CreateVpc", "vpcId", "InvalidVpcID.NotFound", "DescribeVpcs", "The vpc ID '{}' does not exist"),
    # terraform 6813, 2443; of Elastic Load Balancing: terraform 1283
    _ec2(
        "CreateSubnet",
        "subnetId",
        "InvalidSubnetID.NotFound",
        "DescribeSubnets",
        "The subnet ID '{}' does not exist",
        CreateNatGateway=("InvalidSubnet", "Subnet {} was not found"),
        CreateLoadBalancer=NO_SUBNET,
    ),
    # attachInternetGateway
    _ec2(
        "CreateInternetGateway",
        "internetGatewayId",
        "InvalidInternetGatewayID.NotFound",
        "DescribeInternetGateways",
        "The internetGateway ID '{}' does not exist",
    ),
    # terraform 7104, 32219
    _ec2(
        "CreateRouteTable",
        "routeTableId",
        "InvalidRouteTableID.NotFound",
        "DescribeRouteTables",
        "The routeTable ID '{}' does not exist",
    ),
    # 141, 17308, 21628, 2284; of Elastic Load Balancing: openshift/installer 1110
    _ec2(
        "CreateSecurityGroup",
        "groupId",
        "InvalidGroup.NotFound",
        "DescribeSecurityGroups",
        "The security group '{}' does not exist",
        CreateLoadBalancer=NO_GROUP,
    ),
    # terraform 6325: over two minutes
    _ec2(
        "AuthorizeSecurityGroupIngress",
        "securityGroupRuleId",
        "InvalidSecurityGroupRuleId.NotFound",
        "DescribeSecurityGroupRules",
        "The security group rule ID '{}' does not exist",
    ),
    _ec2(
        "AuthorizeSecurityGroupEgress",
        "securityGroupRuleId",
        "InvalidSecurityGroupRuleId.NotFound",
        "DescribeSecurityGroupRules",
        "The security group rule ID '{}' does not exist",
    ),
    # 27087, ansible-collections/amazon.aws 1872
    _ec2(
        "AllocateAddress",
        "allocationId",
        "InvalidAllocationID.NotFound",
        "DescribeAddresses",
        "The allocation ID '{}' does not exist",
        CreateNatGateway=("InvalidElasticIpID.NotFound", "The elasticIp ID '{}' does not exist"),
    ),
    # findNATGatewayByID; "NatGatewayNotFound" has no dot
    _ec2(
        "CreateNatGateway",
        "natGatewayId",
        "NatGatewayNotFound",
        "DescribeNatGateways",
        "The Nat Gateway {} was not found",
        CreateRoute=("InvalidNatGatewayID.NotFound", "The natGateway ID '{}' does not exist"),
    ),
    # findVPCEndpointByID
    _ec2(
        "CreateVpcEndpoint",
        "vpcEndpointId",
        "InvalidVpcEndpointId.NotFound",
        "DescribeVpcEndpoints",
        "The Vpc Endpoint Id '{}' does not exist",
    ),
    _ec2(
        "CreateFlowLogs",
        "flowLogId",
        "InvalidFlowLogId.NotFound",
        "DescribeFlowLogs",
        "The flow log ID '{}' does not exist",
    ),
    # terraform 15214, provider 711
    Kind(
        "elasticloadbalancing",
        "CreateLoadBalancer",
        "LoadBalancerArn",
        (400, "LoadBalancerNotFound", "One or more load balancers not found"),
        ("DescribeLoadBalancers", "member", "LoadBalancerArn"),
        seconds=300,
    ),
    # 19920, 16860, 20454
    Kind(
        "elasticloadbalancing",
        "CreateTargetGroup",
        "TargetGroupArn",
        (400, "TargetGroupNotFound", "One or more target groups not found"),
        ("DescribeTargetGroups", "member", "TargetGroupArn"),
        {"CreateService": (400, "InvalidParameterException", "The target group with targetGroupArn {} does not have an "
                           "associated load balancer.")},
        seconds=300,
    ),
    # 711
    Kind(
        "elasticloadbalancing",
        "CreateListener",
        "ListenerArn",
        (400, "ListenerNotFound", "One or more listeners not found"),
        ("DescribeListeners", "member", "ListenerArn"),
        seconds=300,
    ),
    # findCertificate; 10510, 11334 (its use by a listener)
    Kind(
        "acm",
        "RequestCertificate",
        "CertificateArn",
        (400, "ResourceNotFoundException", "Could not find certificate {}."),
        ("ListCertificates", "", "CertificateArn"),
        {"CreateListener": (400, "CertificateNotFound", "Certificate '{}' not found"),
         "ModifyListener": (400, "UnsupportedCertificate", "The certificate '{}' must have a fully-qualified domain "
                            "name, a supported signature, and a supported key size.")},
        seconds=300,
    ),
    # resourceRoleRead, resourceRolePolicyAttachmentRead
    Kind(
        "iam",
        "CreateRole",
        "<RoleName",
        (404, "NoSuchEntity", "The role with name {} cannot be found."),
        reads_only=True,
    ),
    # resourceRolePolicyPut
    Kind(
        "iam",
        "PutRolePolicy",
        "<PolicyName",
        (404, "NoSuchEntity", "The role policy with name {} cannot be found."),
        reads_only=True,
    ),
    # bucket.go: every PUT and every read of a new bucket; 13008
    Kind("s3", "PUT bucket", "<Bucket", (404, "NoSuchBucket", "The specified bucket does not exist"), seconds=60),
    # resourceSecretCreate, resourceSecretVersionCreate
    Kind(
        "secretsmanager",
        "CreateSecret",
        "ARN",
        (400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
        reads_only=True,
    ),
    Kind(
        "secretsmanager",
        "CreateSecret",
        "<Name",
        (400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
        reads_only=True,
    ),
    # resourceRepositoryRead
    Kind(
        "ecr",
        "CreateRepository",
        "<repositoryName",
        (400, "RepositoryNotFoundException", "The repository with name '{}' does not exist in the registry"),
        reads_only=True,
    ),
    # resourceLifecyclePolicyRead
    Kind(
        "ecr",
        "PutLifecyclePolicy",
        "<repositoryName",
        (400, "LifecyclePolicyNotFoundException", "Lifecycle policy does not exist for the repository '{}'"),
        others={"DescribeRepositories": None, "ListTagsForResource": None, "DescribeImages": None, "ListImages": None},
        reads_only=True,
    ),
    # retryServiceCreate; resourceClusterRead
    Kind(
        "ecs",
        "CreateCluster",
        "<clusterName",
        (400, "ClusterNotFoundException", "Cluster not found."),
        ("DescribeClusters", "", "clusterName"),
    ),
    # findServiceByTwoPartKeyWaitForActive
    Kind(
        "ecs",
        "CreateService",
        "<serviceName",
        (400, "ServiceNotFoundException", "Service not found."),
        ("DescribeServices", "", "serviceName"),
        reads_only=True,
    ),
    # resourceTargetRead; terraform 10737 (a policy), resourceScheduledActionPut
    Kind(
        "application-autoscaling",
        "RegisterScalableTarget",
        "<ResourceId",
        (400, "ObjectNotFoundException", "No scalable target registered for service namespace: ecs, resource ID: {}, "
         "scalable dimension: ecs:service:DesiredCount"),
        ("DescribeScalableTargets", "", "ResourceId"),
        {"RegisterScalableTarget": None, "DescribeScalingPolicies": None, "DescribeScheduledActions": None},
    ),
    # resourceTopicSubscriptionRead
    Kind("sns", "Subscribe", "SubscriptionArn", (404, "NotFound", "Subscription does not exist"), reads_only=True),
    # 25548
    Kind(
        "monitoring",
        "PutDashboard",
        "<DashboardName",
        (404, "ResourceNotFound", "Dashboard {} does not exist"),
        reads_only=True,
    ),
]
BY_CREATE = {}
for _kind in KINDS:
    BY_CREATE.setdefault((_kind.service, _kind.create), []).append(_kind)

# How many calls of an operation do not find it, and after how many it is missing once more.
MOST = 2


class Made(NamedTuple):
    kind: Kind
    ident: str
    since: float
    number: int


class JustMade:
    def __init__(self, day):
        self.day = day
        self.made, self.count = {}, 0
        # How often an operation has asked for what was made.
        self.asked = {}

    def _is_missing(self, made, operation):
        """Counts a call that names it, and says whether the call does not find it."""
        if self.day.now() - made.since > made.kind.seconds:
            return False
        key = made.kind.create, made.number, operation
        times = self.asked[key] = self.asked.get(key, -1) + 1
        first = self.day.upto(MOST, "unseen", *key)
        # Found, and then missing once more: reads go to different servers.
        return times < first or (times == first + 1 and self.day.chance("flap", *key) < 0.3)

    def refuse(self, call):
        if call.operation.startswith(("Delete", "DELETE", "Revoke", "Release", "Detach", "Disassociate", "Deregister")):
            return None
        for made in [one for one in self.made.values() if call.names({one.ident})]:
            kind = made.kind
            found = kind.others.get(call.operation, kind.missing)
            foreign = call.service != kind.service and call.operation not in kind.others
            listed = kind.listed and kind.listed[0] == call.operation
            by_list = call.filters_by({made.ident}) or (listed and call.protocol == JSON)
            skip = foreign or by_list or call.operation == kind.create or (kind.reads_only and not call.reads)
            if not skip and found and self._is_missing(made, call.operation):
                status, code, message = found
                return refusal(call, status, code, message.replace("{}", made.ident))
        return None

    def answered(self, call, answer):
        if not answer.ok:
            return answer
        for kind in BY_CREATE.get((call.service, call.operation), ()):
            for ident in _idents(kind, call, answer):
                self.count += 1
                if (kind.create, ident) not in self.made:
                    self.made[kind.create, ident] = Made(kind, ident, self.day.now(), self.count)
        if call.operation == "GetRole":
            answer = self._unique_id(call, answer)
        listing = [one for one in self.made.values() if one.kind.listed and one.kind.listed[0] == call.operation]
        hidden = {one.ident for one in listing if self._is_missing(one, f"{call.operation} list")}
        if not hidden:
            return answer
        _, tag, own = listing[0].kind.listed

        def change(ident, item):
            return None if ident in hidden else item

        if call.service == "ecs":
            return answer.with_text(_missing(changed_json(answer.text, own, change), hidden))
        if call.protocol == JSON:
            return answer.with_text(changed_json(answer.text, own, change))
        return answer.with_text(changed(answer.text, tag, own, change))

    def _unique_id(self, call, answer):
        """IAM may show the unique id of a new role in place of its ARN: waitRoleARNIsNotUniqueID."""
        role = self.made.get(("CreateRole", call.value("RoleName")))
        if role is None or not self._is_missing(role, "the ARN of a role"):
            return answer
        arn, unique = value(answer.text, "Arn"), value(answer.text, "RoleId")
        return answer.with_text(answer.text.replace(f"<Arn>{arn}<", f"<Arn>{unique}<", 1))


def _missing(text, hidden):
    """ECS says of what it does not find that it is missing."""
    shown = json.loads(text)
    shown["failures"] = shown.get("failures", []) + [{"arn": one, "reason": "MISSING"} for one in sorted(hidden)]
    return json.dumps(shown)


def _idents(kind, call, answer):
    if kind.ident.startswith("<"):
        found = call.value(kind.ident[1:])
    elif call.protocol == JSON:
        found = json.loads(answer.text).get(kind.ident)
    else:
        found = value(answer.text, kind.ident)
    return [found] if found else []
