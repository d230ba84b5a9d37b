"""A replication group and its members, and how both are described.

moto's state manager (`elasticache::replicationgroup`) decides when a group becomes available, by default with the next
request.

https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReplicationGroup.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CacheCluster.html
"""

import re

from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random
from moto.moto_api._internal.managed_state_model import ManagedState

from aws_local.elasticache import engine_versions

MODEL = "elasticache::replicationgroup"
TRANSITIONS = [
    ("creating", "available"),
    ("modifying", "available"),
    ("snapshotting", "available"),
    ("deleting", "deleted"),
]
SLOTS = 16384


def short_region(region):
    """The Region as in the names of endpoints: use1 for us-east-1."""
    first, middle, number = region.rsplit("-", 2)
    words = re.findall("north|south|east|west|central", middle)
    return f"{first.replace('-', '')}{''.join(word[0] for word in words)}{number}"


class Member:
    """A node of a replication group, which is a cluster of its own."""

    def __init__(self, group, name, shard, zone):
        self.group, self.name, self.shard, self.zone = group, name, shard, zone
        self.created = utcnow()
        # A node that is added is still being created when the group is available again.
        self.creating = False

    @property
    def arn(self):
        return self.group.arn_of("cluster", self.name)

    @property
    def is_primary(self):
        return self.group.primaries[self.shard] is self

    @property
    def endpoint(self):
        group = self.group
        if group.transit_encryption_enabled:
            address = f"{self.name}.{group.domain}"
        else:
            address = f"{self.name}.{group.unique}.{self.shard}.{group.place}.cache.amazonaws.com"
        return {"Address": address, "Port": group.port}

    def in_group(self):
        shown = {
            "CacheClusterId": self.name,
            "CacheNodeId": "0001",
            "PreferredAvailabilityZone": self.zone,
        }
        if not self.group.cluster_enabled:
            shown["ReadEndpoint"] = self.endpoint
            shown["CurrentRole"] = "primary" if self.is_primary else "replica"
        return shown

    def describe(self, with_nodes=False):
        group = self.group
        status, self.creating = "creating" if self.creating else group.status, False
        waiting = group.parameter_apply_status == "pending-reboot" and self.name not in group.rebooted
        shown = {
            "CacheClusterId": self.name,
            "ClientDownloadLandingPage": "https://console.aws.amazon.com/elasticache/home#client-download:",
            "CacheNodeType": group.cache_node_type,
            "Engine": group.engine,
            "EngineVersion": engine_versions.reported(group.engine, group.engine_version),
            "CacheClusterStatus": status,
            "NumCacheNodes": 1,
            "PreferredAvailabilityZone": self.zone,
            "CacheClusterCreateTime": self.created,
            "PreferredMaintenanceWindow": group.preferred_maintenance_window,
            "PendingModifiedValues": group.pending_of_clusters(),
            "CacheSecurityGroups": [],
            "CacheParameterGroup": {
                "CacheParameterGroupName": group.cache_parameter_group_name,
                "ParameterApplyStatus": "pending-reboot" if waiting else "in-sync",
                "CacheNodeIdsToReboot": ["0001"] if waiting else [],
            },
            "CacheSubnetGroupName": group.cache_subnet_group_name,
            "AutoMinorVersionUpgrade": group.auto_minor_version_upgrade,
            "SecurityGroups": [{"SecurityGroupId": one, "Status": "active"} for one in group.security_group_ids],
            "ReplicationGroupId": group.replication_group_id,
            "SnapshotRetentionLimit": group.snapshot_retention_limit if group.snapshots_from(self) else 0,
            "SnapshotWindow": group.snapshot_window,
            "AuthTokenEnabled": bool(group.auth_tokens),
            "AuthTokenLastModifiedDate": group.auth_token_changed,
            "TransitEncryptionEnabled": group.transit_encryption_enabled,
            "TransitEncryptionMode": group.transit_encryption_mode,
            "AtRestEncryptionEnabled": group.at_rest_encryption_enabled,
            "ARN": self.arn,
            "ReplicationGroupLogDeliveryEnabled": bool(group.log_delivery),
            "LogDeliveryConfigurations": group.log_delivery,
            "NetworkType": "ipv4",
            "IpDiscovery": "ipv4",
        }
        if group.notification_topic_arn:
            shown["NotificationConfiguration"] = {
                "TopicArn": group.notification_topic_arn,
                "TopicStatus": group.notification_topic_status,
            }
        if with_nodes:
            shown["CacheNodes"] = [
                {
                    "CacheNodeId": "0001",
                    "CacheNodeStatus": group.status,
                    "CacheNodeCreateTime": self.created,
                    "Endpoint": self.endpoint,
                    "ParameterGroupStatus": shown["CacheParameterGroup"]["ParameterApplyStatus"],
                    "CustomerAvailabilityZone": self.zone,
                }
            ]
        return shown


class Group(ManagedState):
    def __init__(self, backend, name):
        ManagedState.__init__(self, MODEL, TRANSITIONS)
        self.backend, self.replication_group_id = backend, name
        self.created = utcnow()
        self.unique = mock_random.get_random_string(length=6, lower_case=True)
        self.place = short_region(backend.region_name)
        self.arn = self.arn_of("replicationgroup", name)
        # Pending changes by parameter.
        self.pending = {}
        self.parameter_apply_status, self.rebooted = "in-sync", set()
        self.members, self.primaries = [], {}
        self.auth_tokens, self.auth_token_changed = [], None
        self.user_group_ids = []

    def arn_of(self, kind, name):
        place = f"{self.backend.region_name}:{self.backend.account_id}"
        return f"arn:{self.backend.partition}:elasticache:{place}:{kind}:{name}"

    @property
    def domain(self):
        return f"{self.replication_group_id}.{self.unique}.{self.place}.cache.amazonaws.com"

    @property
    def shards(self):
        return sorted({one.shard for one in self.members})

    @property
    def zones(self):
        return {one.zone for one in self.members}

    def of_shard(self, shard):
        return [one for one in self.members if one.shard == shard]

    def replicas_of(self, shard):
        return [one for one in self.of_shard(shard) if not one.is_primary]

    def add(self, shard, zones, zone=None):
        """Adds a node, with the lowest free number."""
        prefix = f"{self.replication_group_id}-{shard}" if self.cluster_enabled else self.replication_group_id
        names = {one.name for one in self.members}
        name = next(one for one in (f"{prefix}-{at:03}" for at in range(1, 100)) if one not in names)
        member = Member(self, name, shard, zone or zones[len(self.of_shard(shard)) % len(zones)])
        self.members.append(member)
        self.members.sort(key=lambda one: one.name)
        self.primaries.setdefault(shard, member)
        return member

    def snapshots_from(self, member):
        return bool(self.snapshot_retention_limit) and (
            self.cluster_enabled or member.name == self.snapshotting_cluster_id
        )

    def settle_snapshots(self):
        """Daily snapshots are taken of a replica if there is one."""
        names = [one.name for one in self.members]
        if not self.snapshot_retention_limit or self.cluster_enabled:
            self.snapshotting_cluster_id = None
        elif self.snapshotting_cluster_id not in names:
            replicas = self.replicas_of(self.shards[0])
            self.snapshotting_cluster_id = (replicas or self.members)[0].name

    def pending_of_clusters(self):
        return {
            name: self.pending[name]
            for name in ("CacheNodeType", "EngineVersion", "TransitEncryptionEnabled", "TransitEncryptionMode")
            if name in self.pending
        } | ({"AuthTokenStatus": self.pending["AuthToken"][1]} if "AuthToken" in self.pending else {})

    def pending_of_group(self):
        shown = {
            name: self.pending[name]
            for name in ("TransitEncryptionEnabled", "TransitEncryptionMode")
            if name in self.pending
        }
        if "AutomaticFailoverEnabled" in self.pending:
            shown["AutomaticFailoverStatus"] = "enabled" if self.pending["AutomaticFailoverEnabled"] else "disabled"
        if "AuthToken" in self.pending:
            shown["AuthTokenStatus"] = self.pending["AuthToken"][1]
        return shown

    def _shard(self, shard, at, status):
        shown = {
            "NodeGroupId": shard,
            "Status": status,
            "NodeGroupMembers": [one.in_group() for one in self.of_shard(shard)],
        }
        if self.cluster_enabled:
            count = len(self.shards)
            shown["Slots"] = f"{SLOTS * at // count}-{SLOTS * (at + 1) // count - 1}"
            return shown
        if self.transit_encryption_enabled:
            writing, reading = f"master.{self.domain}", f"replica.{self.domain}"
        else:
            rest = f"{self.unique}.ng.{shard}.{self.place}.cache.amazonaws.com"
            writing, reading = f"{self.replication_group_id}.{rest}", f"{self.replication_group_id}-ro.{rest}"
        shown["PrimaryEndpoint"] = {"Address": writing, "Port": self.port}
        shown["ReaderEndpoint"] = {"Address": reading, "Port": self.port}
        return shown

    def describe(self, status=None):
        status = status or self.status
        shown = {
            "ReplicationGroupId": self.replication_group_id,
            "Description": self.description,
            "GlobalReplicationGroupInfo": {},
            "Status": status,
            "PendingModifiedValues": self.pending_of_group(),
            "MemberClusters": [one.name for one in self.members],
            "NodeGroups": [self._shard(shard, at, status) for at, shard in enumerate(self.shards)],
            "AutomaticFailover": "enabled" if self.automatic_failover_enabled else "disabled",
            "MultiAZ": "enabled" if self.multi_az_enabled else "disabled",
            "SnapshottingClusterId": self.snapshotting_cluster_id,
            "SnapshotRetentionLimit": self.snapshot_retention_limit,
            "SnapshotWindow": self.snapshot_window,
            "ClusterEnabled": self.cluster_enabled,
            "CacheNodeType": self.cache_node_type,
            "AuthTokenEnabled": bool(self.auth_tokens),
            "AuthTokenLastModifiedDate": self.auth_token_changed,
            "TransitEncryptionEnabled": self.transit_encryption_enabled,
            "TransitEncryptionMode": self.transit_encryption_mode,
            "AtRestEncryptionEnabled": self.at_rest_encryption_enabled,
            "KmsKeyId": self.kms_key_id,
            "ARN": self.arn,
            "UserGroupIds": self.user_group_ids,
            "LogDeliveryConfigurations": self.log_delivery,
            "ReplicationGroupCreateTime": self.created,
            "DataTiering": "enabled" if ".r6gd." in self.cache_node_type else "disabled",
            "AutoMinorVersionUpgrade": self.auto_minor_version_upgrade,
            "NetworkType": "ipv4",
            "IpDiscovery": "ipv4",
            "ClusterMode": "enabled" if self.cluster_enabled else "disabled",
            "Engine": self.engine,
        }
        if self.cluster_enabled:
            shown["ConfigurationEndpoint"] = {"Address": f"clustercfg.{self.domain}", "Port": self.port}
        if status == "creating":
            # A group in creation has no nodes.
            shown.pop("NodeGroups")
            shown.pop("ConfigurationEndpoint", None)
        if status == "deleting":
            for name in ("MemberClusters", "NodeGroups", "CacheNodeType", "ClusterEnabled", "ConfigurationEndpoint"):
                shown.pop(name, None)
        return shown
