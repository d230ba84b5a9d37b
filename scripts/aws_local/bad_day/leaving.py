"""What was deleted a moment ago: still shown, still holding what it used, its name still taken.

Sources are threads of https://github.com/hashicorp/terraform-provider-aws (numbers) and what that provider waits for.
"""

import re
from typing import NamedTuple

from aws_local.bad_day.call import refusal
from aws_local.bad_day.texts import elements, own, value


class Type(NamedTuple):
    """A type of resource that is shown while it is deleted."""

    service: str
    delete: str
    describe: str
    # The element and the member with the id, in answers; the member in the request to delete.
    item: str
    own: str
    named: str
    member: str
    seconds: int
    # What creates another one of its name, and how that is refused.
    create: str = ""
    taken: tuple = ()
    # How changes of it are refused.
    busy: tuple = ()


TYPES = [
    # waitDBInstanceDeleted
    Type(
        "rds", "DeleteDBInstance", "DescribeDBInstances", "DBInstance", "DBInstanceIdentifier", "DBInstanceIdentifier",
        "DBInstanceStatus", 30, "CreateDBInstance", (400, "DBInstanceAlreadyExists", "DB instance already exists"),
        (400, "InvalidDBInstanceState", "Instance {} is already being deleted."),
    ),
    # waitReplicationGroupDeleted
    Type(
        "elasticache", "DeleteReplicationGroup", "DescribeReplicationGroups", "ReplicationGroup", "ReplicationGroupId",
        "ReplicationGroupId", "Status", 30, "CreateReplicationGroup",
        (400, "ReplicationGroupAlreadyExists", "Replication group {} already exists."),
        (400, "InvalidReplicationGroupState", "Replication group {} has status deleting, which is not in a valid state."),
    ),
    # WaitNATGatewayDeleted: about a minute
    Type(
        "ec2", "DeleteNatGateway", "DescribeNatGateways", "item", "natGatewayId", "NatGatewayId", "state", 40,
    ),
    # waitVPCEndpointDeleted
    Type(
        "ec2", "DeleteVpcEndpoints", "DescribeVpcEndpoints", "item", "vpcEndpointId", "VpcEndpointId.1", "state", 15,
    ),
]

# What a resource that is being deleted still holds: operation, status, code, message.
HELD = {
    "DeleteSecurityGroup": (400, "DependencyViolation", "resource {} has a dependent object"),
    "DeleteSubnet": (400, "DependencyViolation", "The subnet '{}' has dependencies and cannot be deleted."),
    "DeleteVpc": (400, "DependencyViolation", "The vpc '{}' has dependencies and cannot be deleted."),
    "DetachInternetGateway": (400, "DependencyViolation", "Network {} has some mapped public address(es)."),
    "ReleaseAddress": (400, "AuthFailure", "You do not have permission to access the specified resource."),
    "DeleteDBSubnetGroup": (
        400,
        "InvalidDBSubnetGroupStateFault",
        "Cannot delete the subnet group '{}' because at least one database instance is still using it.",
    ),
    "DeleteDBParameterGroup": (
        400,
        "InvalidDBParameterGroupState",
        "One or more database instances are still members of this parameter group {}.",
    ),
    "DeleteCacheSubnetGroup": (400, "CacheSubnetGroupInUse", "Cache subnet group {} is currently in use."),
    "DeleteCacheParameterGroup": (
        400,
        "InvalidCacheParameterGroupState",
        "One or more cache clusters are still members of this parameter group {}.",
    ),
}


class Name(NamedTuple):
    """A name that is taken for a while after its delete."""

    service: str
    delete: str
    deleted: str
    create: str
    created: str
    refused: tuple
    seconds: int


NAMES = [
    # resourceBucketCreate, nebari 2613
    Name("s3", "DELETE bucket", "Bucket", "PUT bucket", "Bucket", (409, "OperationAborted", "A conflicting conditional "
         "operation is currently in progress against this resource. Please try again."), 30),
    # aws-cdk 15709
    Name("logs", "DeleteLogGroup", "logGroupName", "CreateLogGroup", "logGroupName", (400, "OperationAbortedException",
         "A conflicting operation is currently in progress against this resource. Please try again."), 15),
    # 10259, PR 5583
    Name("secretsmanager", "DeleteSecret", "SecretId", "CreateSecret", "Name", (400, "InvalidRequestException", "You can't "
         "create this secret because a secret with this name is already scheduled for deletion."), 30),
    # No source: as other reads of EC2 lag.
    Name("ec2", "DeleteSecurityGroup", "GroupId", "CreateSecurityGroup", "GroupName", (400, "InvalidGroup.Duplicate",
         "The security group '{}' already exists for VPC"), 15),
]


class Leaving:
    def __init__(self, day):
        self.day = day
        # By describing operation and id: the last text of each resource; those that leave, and until when.
        self.shown, self.until = {}, {}
        # The last name of what has another id; names that are taken, and until when.
        self.names, self.taken = {}, {}

    def _leaves(self, kind, ident):
        return self.day.now() < self.until.get((kind.describe, ident), 0)

    def refuse(self, call):
        for kind in TYPES:
            for describe, ident in self.until:
                if describe != kind.describe or not self._leaves(kind, ident):
                    continue
                found = None
                if call.service == kind.service and ident in _named(kind, call):
                    if call.operation == kind.create:
                        found = kind.taken
                    elif not call.reads:
                        found = kind.busy
                elif call.operation in HELD and self._holds(kind, ident, call):
                    found = HELD[call.operation]
                if found:
                    status, code, message = found
                    return refusal(call, status, code, message.format(ident))
        for one in NAMES:
            if (one.service, one.create) == (call.service, call.operation):
                until = self.taken.get((one.create, call.value(one.created)), 0)
                if self.day.now() < until:
                    status, code, message = one.refused
                    return refusal(call, status, code, message.format(call.value(one.created)))
        return None

    def _holds(self, kind, ident, call):
        text = self.shown.get((kind.describe, ident), "")
        values = [v for name, v in call.values if name not in ("Action", "Version") and v]
        return any(f">{v}<" in text for v in values)

    def answered(self, call, answer):
        if answer.ok and call.operation == "CreateSecret":
            self.names[value_of_json(answer.text, "ARN")] = call.value("Name")
        if answer.ok and call.operation == "CreateSecurityGroup":
            self.names[value(answer.text, "groupId")] = call.value("GroupName")
        for one in NAMES:
            if answer.ok and (one.service, one.delete) == (call.service, call.operation):
                name = call.value(one.deleted)
                self.taken[one.create, self.names.get(name, name)] = self.day.now() + one.seconds
        for kind in TYPES:
            if kind.service != call.service:
                continue
            if call.operation == kind.delete and answer.ok:
                for ident in _named(kind, call):
                    self.until[kind.describe, ident] = self.day.now() + kind.seconds
            if call.operation == kind.describe:
                answer = self._described(kind, call, answer)
        return answer

    def _described(self, kind, call, answer):
        text = answer.text
        present = set()
        if answer.ok:
            for start, end in elements(text, kind.item):
                item = text[start:end]
                ident = own(item, kind.item, kind.own)
                present.add(ident)
                if f"<{kind.member}>deleted<" not in item:
                    self.shown[kind.describe, ident] = item
        leaving = [ident for describe, ident in self.until if describe == kind.describe and self._leaves(kind, ident)]
        for ident in leaving:
            item = self.shown.get((kind.describe, ident))
            if not item:
                continue
            state = re.search(f"<{kind.member}>[^<]*<", item)
            item = item.replace(state[0], f"<{kind.member}>deleting<", 1) if state else item
            if ident in present:
                text = _replaced(text, kind, ident, item)
            elif _asks_for_others(call, ident):
                continue
            else:
                text = _added(text, kind, item) if answer.ok else _alone(kind, item)
                answer = answer if answer.ok else type(answer)(200, [("Content-Type", "text/xml")], b"")
        return answer.with_text(text) if leaving else answer


def _named(kind, call):
    """The ids of this type that a call names."""
    return [value for name, value in call.values if name.split(".")[0] == kind.named.split(".")[0]]


def _asks_for_others(call, ident):
    """Whether a describing call names resources, and not this one. Filters by tags find it."""
    named = [v for name, v in call.values if name not in ("Action", "Version") and not name.endswith("Name")]
    by_tags = any(v.startswith("tag:") for v in (v for _, v in call.values))
    limits = {v for name, v in call.values if name in ("MaxRecords", "MaxResults")}
    return bool(set(named) - limits) and ident not in named and not by_tags


def _replaced(text, kind, ident, item):
    for start, end in elements(text, kind.item):
        if own(text[start:end], kind.item, kind.own) == ident:
            return text[:start] + item + text[end:]
    return text


def _added(text, kind, item):
    """The list with one item more."""
    last = list(elements(text, kind.item))
    if last:
        return text[: last[-1][1]] + item + text[last[-1][1] :]
    for name in LISTS[kind.describe]:
        for empty in (f"<{name}/>", f"<{name}></{name}>", f"<{name} />"):
            if empty in text:
                return text.replace(empty, f"<{name}>{item}</{name}>", 1)
    return text


# The element of each list.
LISTS = {
    "DescribeDBInstances": ("DBInstances",),
    "DescribeReplicationGroups": ("ReplicationGroups",),
    "DescribeNatGateways": ("natGatewaySet",),
    "DescribeVpcEndpoints": ("vpcEndpointSet",),
}


def _alone(kind, item):
    """An answer with this item alone, where the API has answered that there is none."""
    spaces = {
        "rds": "http://rds.amazonaws.com/doc/2014-10-31/",
        "elasticache": "http://elasticache.amazonaws.com/doc/2015-02-02/",
    }
    name, listed = kind.describe, LISTS[kind.describe][0]
    return (
        f'<{name}Response xmlns="{spaces.get(kind.service, "")}"><{name}Result><{listed}>{item}</{listed}></{name}Result>'
        f"<ResponseMetadata><RequestId>bad-day</RequestId></ResponseMetadata></{name}Response>"
    )


def value_of_json(text, name):
    found = re.search(f'"{name}": ?"([^"]*)"', text)
    return found and found[1]
