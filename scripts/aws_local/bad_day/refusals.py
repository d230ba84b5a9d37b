"""Refusals for now: the first calls of an operation in a day are refused, and the same call is accepted later.

Sources are threads of https://github.com/hashicorp/terraform-provider-aws (numbers) and what that provider repeats.
"""

from typing import NamedTuple

from aws_local.bad_day.call import refusal


class Row(NamedTuple):
    service: str
    operations: tuple
    status: int
    code: str
    message: str
    # Refused so often at most, in a day.
    most: int = 1


VIOLATION = "DependencyViolation"
LINKED = "Unable to assume the service linked role. Please verify that the ECS service linked role exists."
ABORTED = "A conflicting conditional operation is currently in progress against this resource. Please try again."
CONFLICT = "A conflicting operation is currently in progress against this resource. Please try again."
TAKEN = "The specified resource is being changed by another process."

ROWS = [
    # 36338, vpc_security_group.go, vpc_subnet.go, vpc_.go, vpc_internet_gateway.go
    Row("ec2", ("DeleteSecurityGroup",), 400, VIOLATION, "resource has a dependent object", 2),
    Row("ec2", ("DeleteSecurityGroup",), 400, "InvalidGroup.InUse", "There are active instances using security group"),
    Row("ec2", ("DeleteSubnet",), 400, VIOLATION, "The subnet has dependencies and cannot be deleted.", 2),
    Row("ec2", ("DeleteVpc",), 400, VIOLATION, "The vpc has dependencies and cannot be deleted.", 2),
    Row("ec2", ("DetachInternetGateway",), 400, VIOLATION, "Network has some mapped public address(es).", 2),
    Row("ec2", ("DeleteInternetGateway",), 400, VIOLATION, "The internetGateway has dependencies.", 2),
    # 2968, kops 1604; 49299
    Row("ec2", ("ReleaseAddress",), 400, "AuthFailure", "You do not have permission to access the specified resource.", 2),
    Row("ec2", ("ReleaseAddress",), 400, "InvalidNetworkInterfaceID.NotFound", "The networkInterface ID does not exist"),
    # resourceRouteCreate; giantswarm/aws-operator 611, 634
    Row("ec2", ("CreateRoute", "DeleteRoute"), 400, "InvalidParameterException", "The request could not be carried out."),
    Row(
        "ec2",
        ("CreateRoute",),
        400,
        "InvalidParameterValue",
        "route table and network gateway belong to different networks",
    ),
    # resourceLogFlowCreate
    Row("ec2", ("CreateFlowLogs",), 400, "InvalidParameter", "Unable to assume given IAM role", 2),
    # retryClusterCreate, retryServiceCreate, artillery 2079
    Row("ecs", ("CreateCluster", "CreateService"), 400, "InvalidParameterException", LINKED),
    Row(
        "ecs",
        ("CreateService", "UpdateService"),
        400,
        "InvalidParameterException",
        "The target group does not have an associated load balancer.",
    ),
    # 9777, terraform-aws-ecs 414
    Row(
        "ecs",
        ("RegisterTaskDefinition",),
        400,
        "ClientException",
        "Too many concurrent attempts to create a new revision of the specified family.",
    ),
    Row(
        "ecs",
        ("RegisterTaskDefinition", "CreateService"),
        400,
        "AccessDeniedException",
        "User: arn:aws:sts::123456789012:assumed-role/x/y is not authorized to perform: iam:PassRole on resource: a role "
        "because no identity-based policy allows the iam:PassRole action",
    ),
    # retryClusterCapacityProvidersPut, resourceClusterDelete
    Row(
        "ecs",
        ("PutClusterCapacityProviders", "DeleteCluster"),
        400,
        "UpdateInProgressException",
        "There's already a current Amazon ECS container agent update in progress.",
    ),
    # resourceServiceDelete
    Row(
        "ecs",
        ("DeleteService",),
        400,
        "InvalidParameterException",
        "The service cannot be stopped while deployments are active.",
    ),
    # registerScalableTarget
    Row("application-autoscaling", ("RegisterScalableTarget",), 400, "ValidationException", "Unable to assume IAM role"),
    Row(
        "application-autoscaling",
        ("RegisterScalableTarget",),
        400,
        "ValidationException",
        "ECS service doesn't exist: service",
    ),
    # resourcePolicyCreate, 920; 17915; resourcePolicyDelete
    Row(
        "application-autoscaling",
        ("PutScalingPolicy", "DeleteScalingPolicy"),
        400,
        "FailedResourceAccessException",
        "The security token included in the request is invalid",
    ),
    Row("application-autoscaling", ("PutScalingPolicy",), 400, "ConcurrentUpdateException", "You already have a pending "
        "update to an Auto Scaling resource.", 2),
    # 1428
    Row("application-autoscaling", ("DescribeScalingPolicies",), 400, "FailedResourceAccessException", "Unable to "
        "retrieve alarms: Rate exceeded"),
    # attachPolicyToRole, detachPolicyFromRole; deleteRole
    Row("iam", ("AttachRolePolicy", "DetachRolePolicy"), 409, "ConcurrentModification", TAKEN),
    Row("iam", ("DeleteRole",), 409, "DeleteConflict", "Cannot delete entity, must detach all policies first.", 2),
    # service_package.go of s3, 33478, 26805, 7628
    Row(
        "s3",
        (
            "PUT bucket",
            "PUT ?tagging",
            "PUT ?policy",
            "PUT ?versioning",
            "PUT ?encryption",
            "PUT ?lifecycle",
            "PUT ?cors",
            "PUT ?publicAccessBlock",
            "PUT ?ownershipControls",
        ),
        409,
        "OperationAborted",
        ABORTED,
        3,
    ),
    # resourceBucketDelete
    Row("s3", ("DELETE bucket",), 409, "BucketNotEmpty", "The bucket you tried to delete is not empty"),
    # aws-cdk 15709, 17546, PR 17688; resourceGroupDelete
    Row(
        "logs",
        ("CreateLogGroup", "PutRetentionPolicy", "DeleteLogGroup"),
        400,
        "OperationAbortedException",
        CONFLICT,
        2,
    ),
    # 27028
    Row(
        "logs",
        ("PutRetentionPolicy",),
        400,
        "AccessDeniedException",
        "User: x is not authorized to perform: logs:PutRetentionPolicy on resource: y because no identity-based policy "
        "allows the logs:PutRetentionPolicy action",
    ),
    # 16889, 636; 3866
    Row("elasticloadbalancing", ("DeleteTargetGroup",), 400, "ResourceInUse", "Target group is currently in use"),
    Row("acm", ("DeleteCertificate",), 400, "ResourceInUseException", "Certificate is in use."),
    # terraform 1194, 1543
    Row("route53", ("ChangeResourceRecordSets",), 400, "PriorRequestNotComplete", "The request was rejected because Route "
        "53 was still processing a prior request."),
    # resourceInstanceCreate, dbInstanceModify
    Row(
        "rds",
        ("ModifyDBInstance", "DeleteDBInstance"),
        400,
        "InvalidDBInstanceState",
        "We're currently configuring Enhanced Monitoring or Performance Insights for the instance. Submit your request "
        "later",
    ),
    # 6448; resourceSubnetGroupDelete
    Row("rds", ("DeleteDBParameterGroup",), 400, "InvalidDBParameterGroupState", "One or more database instances are "
        "still members of this parameter group"),
    # terraform-aws-rds 364
    Row("rds", ("CreateDBSubnetGroup",), 400, "InvalidParameterValue", "Missing necessary credentials"),
    # deleteParameterGroup, resourceResetParameterGroup, resourceSubnetGroupDelete
    Row("elasticache", ("DeleteCacheParameterGroup",), 400, "InvalidCacheParameterGroupState", "The group is in use"),
    Row("elasticache", ("ResetCacheParameterGroup", "ModifyCacheParameterGroup"), 400, "InvalidCacheParameterGroupState",
        "The group has pending changes"),
    Row("elasticache", ("DeleteCacheSubnetGroup",), 400, VIOLATION, "Subnets are in use"),
    # 45018, 26041
    Row("sns", ("SetTopicAttributes",), 403, "AuthorizationError", "User is not authorized to perform "
        "this operation because no identity-based policy allows it"),
]


class Refusals:
    def __init__(self, day):
        self.day = day
        self.left = [row.most - day.upto(row.most - 1, "refusal", at) for at, row in enumerate(ROWS)]

    def refuse(self, call):
        for at, row in enumerate(ROWS):
            if row.service == call.service and call.operation in row.operations and self.left[at]:
                self.left[at] -= 1
                return refusal(call, row.status, row.code, row.message)
        return None
