"""The states that resources pass through, and what they refuse meanwhile. Seconds are those of AWS, at the short end.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReplicationGroup.html
https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Cluster.html
"""

import json
import re
from typing import NamedTuple

from aws_local.bad_day.call import refusal
from aws_local.bad_day.texts import changed, changed_json, value

READY = None


class Type(NamedTuple):
    """A type of resource whose states are shown."""

    service: str
    describe: str
    # The element (XML) and the member with the id.
    item: str
    own: str
    # The member with the state, and the state of one that is ready.
    member: str
    ready: str
    # Operation: states with their seconds. READY is a while in which it looks as if all were done.
    begins: dict
    # What a busy resource refuses: operations, code, message.
    refused: tuple = ((), "", "")
    # What is before its id in its ARN, by which calls for its tags name it.
    arn: str = ""


def _modified(call):
    """The states of a database after ModifyDBInstance: it stays `available` for some seconds, and is so in between."""
    states = [(READY, 3), ("modifying", 20)]
    for name, state, seconds in (
        ("NewDBInstanceIdentifier", "renaming", 15),
        ("MasterUserPassword", "resetting-master-credentials", 10),
        ("EngineVersion", "upgrading", 30),
        ("MonitoringInterval", "configuring-enhanced-monitoring", 10),
        ("EnableIAMDatabaseAuthentication", "configuring-iam-database-auth", 10),
        ("AllocatedStorage", "storage-optimization", 20),
    ):
        if call.value(name):
            states += [(READY, 2), (state, seconds)]
    if any(name.startswith("CloudwatchLogsExportConfiguration") for name, _ in call.values):
        states += [(READY, 2), ("configuring-log-exports", 10)]
    return states


CREATED = [
    ("creating", 40),
    ("backing-up", 10),
    ("modifying", 5),
    (READY, 3),
    ("configuring-enhanced-monitoring", 10),
    ("rebooting", 5),
]

TYPES = [
    # waitDBInstanceAvailable: it flips between `available` and further work.
    Type(
        "rds",
        "DescribeDBInstances",
        "DBInstance",
        "DBInstanceIdentifier",
        "DBInstanceStatus",
        "available",
        {
            "CreateDBInstance": CREATED,
            "RestoreDBInstanceFromDBSnapshot": CREATED,
            "RestoreDBInstanceToPointInTime": CREATED,
            "ModifyDBInstance": _modified,
            "RebootDBInstance": [("rebooting", 15)],
            "CreateDBSnapshot": [("backing-up", 15)],
        },
        (
            ("ModifyDBInstance", "RebootDBInstance", "CreateDBSnapshot", "DeleteDBInstance"),
            "InvalidDBInstanceState",
            "Instance {} is not in available state.",
        ),
    ),
    # 23219, 30444, 33859, 44811: tags are refused, and a tag call makes it busy.
    Type(
        "elasticache",
        "DescribeReplicationGroups",
        "ReplicationGroup",
        "ReplicationGroupId",
        "Status",
        "available",
        {
            "CreateReplicationGroup": [("creating", 60), (READY, 3), ("modifying", 10)],
            "ModifyReplicationGroup": [(READY, 2), ("modifying", 20)],
            "IncreaseReplicaCount": [("modifying", 30)],
            "DecreaseReplicaCount": [("modifying", 30)],
            "CreateSnapshot": [("snapshotting", 15)],
            "AddTagsToResource": [("modifying", 5)],
            "RemoveTagsFromResource": [("modifying", 5)],
        },
        (
            (
                "ModifyReplicationGroup",
                "IncreaseReplicaCount",
                "DecreaseReplicaCount",
                "CreateSnapshot",
                "DeleteReplicationGroup",
                "AddTagsToResource",
                "RemoveTagsFromResource",
                "ListTagsForResource",
            ),
            "InvalidReplicationGroupState",
            "Replication group {} is not in available state to perform tagging operations or changes.",
        ),
        ":replicationgroup:",
    ),
    # WaitNATGatewayCreated
    Type(
        "ec2",
        "DescribeNatGateways",
        "item",
        "natGatewayId",
        "state",
        "available",
        {"CreateNatGateway": [("pending", 60)]},
    ),
    # waitVPCEndpointAvailable; 42875, 42884
    Type(
        "ec2",
        "DescribeVpcEndpoints",
        "item",
        "vpcEndpointId",
        "state",
        "available",
        {"CreateVpcEndpoint": [("pending", 30)], "ModifyVpcEndpoint": [("pending", 15)]},
        (("ModifyVpcEndpoint",), "OperationInProgress", "VpcEndpoint modify operation in progress"),
    ),
    # vpcCreatedTimeout, WaitSubnetAvailable, WaitInternetGatewayAttached, WaitRouteTableAssociationCreated
    Type("ec2", "DescribeVpcs", "item", "vpcId", "state", "available", {"CreateVpc": [("pending", 5)]}),
    Type("ec2", "DescribeSubnets", "item", "subnetId", "state", "available", {"CreateSubnet": [("pending", 5)]}),
    Type(
        "ec2",
        "DescribeInternetGateways",
        "item",
        "internetGatewayId",
        "state",
        "available",
        {"AttachInternetGateway": [("attaching", 5)]},
    ),
    # waitLoadBalancerActive
    Type(
        "elasticloadbalancing",
        "DescribeLoadBalancers",
        "member",
        "LoadBalancerArn",
        "Code",
        "active",
        {"CreateLoadBalancer": [("provisioning", 90)]},
    ),
    # waitClusterAvailable, retryClusterCapacityProvidersPut
    Type(
        "ecs",
        "DescribeClusters",
        "",
        "clusterName",
        "status",
        "ACTIVE",
        {"CreateCluster": [("PROVISIONING", 10)]},
        (("PutClusterCapacityProviders",), "ClientException", "Cluster was not ACTIVE."),
    ),
]

# A certificate is issued some time after its records exist: waitCertificateIssued.
ISSUED_AFTER = 45
NOT_YET = ("IssuedAt", "NotBefore", "NotAfter", "Serial", "Signature", "KeyUsages", "ExtendedKeyUsages", "RenewalSummary")
# A creating database has no endpoint, and a creating cache no nodes.
ABSENT = {"DBInstance": "Endpoint", "ReplicationGroup": "NodeGroups"}


class States:
    def __init__(self, day):
        self.day = day
        # By type and id: when the states began, and the states.
        self.begun = {}

    def state(self, kind, ident):
        """The state that it shows; READY where it has none of its own."""
        since, states = self.begun.get((kind.describe, ident), (0, ()))
        for state, seconds in states:
            since += seconds * (0.75 + self.day.chance("state", kind.describe, state) / 2)
            if self.day.now() < since:
                return state
        return READY

    def refuse(self, call):
        for kind in TYPES:
            operations, code, message = kind.refused
            if kind.service != call.service or call.operation not in operations:
                continue
            for describe, ident in self.begun:
                if describe == kind.describe and _names(kind, call, ident) and self.state(kind, ident):
                    return refusal(call, 400, code, message.format(ident))
        return None

    def answered(self, call, answer):
        if not answer.ok:
            return answer
        for kind in TYPES:
            if kind.service != call.service:
                continue
            if call.operation in kind.begins:
                self._begin(kind, call, answer)
            if call.operation == kind.describe:
                answer = self._shown(kind, answer)
        if call.operation == "RequestCertificate":
            self.begun["acm", json.loads(answer.text)["CertificateArn"]] = self.day.now(), ()
        if call.operation == "DescribeCertificate":
            answer = self._pending(call, answer)
        if call.operation == "DescribeCacheClusters":
            answer = self._members(answer)
        return answer

    def _begin(self, kind, call, answer):
        asked = next((v for name, v in call.values if name.lower() == kind.own.lower()), None)
        ident = value(answer.text, kind.own) or asked
        if call.value("NewDBInstanceIdentifier"):
            ident = call.value("NewDBInstanceIdentifier")
        elif call.value("ResourceName"):
            # Tags, perhaps of something else, such as a subnet group of the same name.
            _, arn, ident = call.value("ResourceName").rpartition(kind.arn or ":")
            if not kind.arn or not arn:
                return
        states = kind.begins[call.operation]
        self.begun[kind.describe, ident] = self.day.now(), states(call) if callable(states) else states

    def _shown(self, kind, answer):
        def change(ident, item):
            state = self.state(kind, ident)
            if not state:
                return item
            if isinstance(item, dict):
                return item | {kind.member: state}
            if state == "creating" and kind.item in ABSENT:
                item = re.sub(f"<{ABSENT[kind.item]}>.*?</{ABSENT[kind.item]}>", "", item, flags=re.DOTALL)
            return item.replace(f"<{kind.member}>{kind.ready}<", f"<{kind.member}>{state}<")

        if kind.item:
            return answer.with_text(changed(answer.text, kind.item, kind.own, change))
        return answer.with_text(changed_json(answer.text, kind.own, change))

    def _members(self, answer):
        """The nodes of a cache are as busy as the cache."""
        cache = next(kind for kind in TYPES if kind.service == "elasticache")

        def change(_ident, item):
            state = self.state(cache, value(item, "ReplicationGroupId"))
            ready = "<CacheClusterStatus>available<"
            return item.replace(ready, ready.replace("available", state)) if state else item

        return answer.with_text(changed(answer.text, "CacheCluster", "CacheClusterId", change))

    def _pending(self, call, answer):
        since, _ = self.begun.get(("acm", call.value("CertificateArn")), (None, ()))
        shown = json.loads(answer.text)
        certificate = shown["Certificate"]
        if since is None or self.day.now() - since > ISSUED_AFTER or certificate["Status"] != "ISSUED":
            return answer
        certificate["Status"] = "PENDING_VALIDATION"
        for name in NOT_YET:
            certificate.pop(name, None)
        for option in certificate["DomainValidationOptions"]:
            option["ValidationStatus"] = "PENDING_VALIDATION"
        return answer.with_text(json.dumps(shown))


def _names(kind, call, ident):
    """Whether a call names the resource by its id or, for its tags, by its ARN."""
    by_id = any(value == ident for name, value in call.values if name.lower() == kind.own.lower())
    by_arn = kind.arn and (call.value("ResourceName") or "").endswith(f"{kind.arn}{ident}")
    return by_id or bool(by_arn)
