"""Replication groups and the clusters that are their members.

Their states are moto's managed ones, `elasticache::replicationgroup`: by default the next request finds a group
available.

https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReplicationGroup.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CacheCluster.html
"""

import re

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.elasticache.exceptions import (
    CacheClusterNotFound,
    ElastiCacheException,
    InvalidParameterCombinationException,
    InvalidParameterValueException,
    ReplicationGroupAlreadyExists,
    ReplicationGroupNotFound,
)
from moto.elasticache.responses import ElastiCacheResponse
from moto.moto_api import state_manager
from moto.moto_api._internal import mock_random
from moto.moto_api._internal.managed_state_model import ManagedState

from aws_local.elasticache import engine_versions, events, parameter_groups, subnet_groups
from aws_local.elasticache.parameter_list import CLUSTER_ON
from aws_local.pages import paged

MODEL = "elasticache::replicationgroup"
TRANSITIONS = [
    ("creating", "available"),
    ("modifying", "available"),
    ("snapshotting", "available"),
    ("deleting", "deleted"),
]
MOST_REPLICAS = 5
SLOTS = 16384
TOKEN = re.compile(r"[A-Za-z0-9!&#$^<>-]{16,128}")
IDENTIFIER = re.compile(r"(?!.*--)[a-z][a-z0-9-]{0,39}(?<!-)")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TIME = r"([01]\d|2[0-3]):([0-5]\d)"
WINDOW = re.compile(rf"{TIME}-{TIME}")
WEEKLY = re.compile(rf"({'|'.join(DAYS)}):{TIME}-({'|'.join(DAYS)}):{TIME}")
DAY, WEEK, LEAST_WINDOW = 24 * 60, 7 * 24 * 60, 60


def check_windows(snapshot, maintenance):
    """Both take an hour at least."""
    if snapshot is not None:
        found = WINDOW.fullmatch(snapshot)
        minutes = [int(part) for part in found.groups()] if found else []
        if not found or (minutes[2] * 60 + minutes[3] - minutes[0] * 60 - minutes[1]) % DAY < LEAST_WINDOW:
            raise InvalidParameterValueException(f"Invalid snapshot window: {snapshot}")
    if maintenance is not None:
        found = WEEKLY.fullmatch(maintenance.lower())
        if found:
            first, last = (DAYS.index(found[at]) * DAY + int(found[at + 1]) * 60 + int(found[at + 2]) for at in (1, 4))
        if not found or not LEAST_WINDOW <= (last - first) % WEEK <= DAY:
            raise InvalidParameterValueException(f"Invalid maintenance window: {maintenance}")


def check_retention(days):
    if days is not None and not 0 <= days <= 35:
        raise InvalidParameterValueException(f"Invalid snapshot retention limit: {days}. It must be from 0 to 35.")


def check_token(token):
    if not TOKEN.fullmatch(token):
        raise InvalidParameterValueException(
            "Invalid AuthToken provided. It must have from 16 to 128 printable characters; of the special ones, only "
            "!, &, #, $, ^, <, >, and - are permitted."
        )


def check_failover(failover, multi_az, nodes):
    if failover and nodes < 2:
        raise InvalidParameterValueException(
            "When using automatic failover, there must be at least 2 cache clusters in the replication group."
        )
    if multi_az and not failover:
        raise InvalidParameterCombinationException("Multi-AZ can only be enabled together with automatic failover.")


def check_parameter_group(group, engine, version):
    family = engine_versions.family_of(engine, version)
    if group.cache_parameter_group_family != family:
        raise InvalidParameterCombinationException(
            f"Expected a parameter group of family {family} but found one of family "
            f"{group.cache_parameter_group_family}"
        )


def check_security_groups(backend, ids, vpc_id):
    for one in ids:
        group = subnet_groups.ec2_of(backend).get_security_group_from_id(one)
        if group is None:
            raise InvalidParameterValueException(f"Some security group identifiers are invalid: {one}")
        if group.vpc_id != vpc_id:
            raise InvalidParameterCombinationException(
                f"The security group {one} is not in the VPC {vpc_id} of the cache subnet group."
            )


def default_parameter_group(engine, version, cluster_mode):
    family = engine_versions.family_of(engine, version)
    return f"{parameter_groups.DEFAULT}{family}{CLUSTER_ON if cluster_mode else ''}"


def short_region(region):
    """The Region in the names of endpoints: us-east-1 is use1."""
    first, middle, number = region.rsplit("-", 2)
    words = re.findall("north|south|east|west|central", middle)
    return f"{first.replace('-', '')}{''.join(word[0] for word in words)}{number}"


class Member:
    """A node, which has a cluster of its own."""

    def __init__(self, group, name, shard, zone):
        self.group, self.name, self.shard, self.zone = group, name, shard, zone
        self.created = utcnow()

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
        waiting = group.parameter_apply_status == "pending-reboot" and self.name not in group.rebooted
        shown = {
            "CacheClusterId": self.name,
            "CacheNodeType": group.cache_node_type,
            "Engine": group.engine,
            "EngineVersion": engine_versions.reported(group.engine, group.engine_version),
            "CacheClusterStatus": group.status,
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
        # By the names of a request: what waits to be applied.
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
        """A node more, under the lowest free number."""
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
        """Daily snapshots are taken from a replica if there is one."""
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

    def _shard(self, shard, at):
        shown = {
            "NodeGroupId": shard,
            "Status": self.status,
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
            "NodeGroups": [self._shard(shard, at) for at, shard in enumerate(self.shards)],
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
            # There are no nodes yet.
            shown["NodeGroups"] = []
            shown.pop("ConfigurationEndpoint", None)
        return shown


def groups(backend):
    for name, one in list(backend.replication_groups.items()):
        if one.status == "deleted":
            del backend.replication_groups[name]
            backend.tagging_service.delete_all_tags_for_resource(one.arn)
    return list(backend.replication_groups.values())


def find(backend, name):
    groups(backend)
    group = backend.replication_groups.get((name or "").lower())
    if group is None:
        raise ReplicationGroupNotFound(name)
    return group


def find_available(backend, name):
    group = find(backend, name)
    if group.status != "available":
        raise ElastiCacheException(
            "InvalidReplicationGroupState",
            f"Replication group {group.replication_group_id} is not in available state: it is {group.status}.",
        )
    return group


def find_member(backend, name):
    for group in groups(backend):
        for member in group.members:
            if member.name == (name or "").lower():
                return member
    return None


def log_delivery(configurations):
    return [{**one, "Status": "active"} for one in configurations or [] if one.get("Enabled", True)]


def _shape(params):
    """How many shards of how many nodes; and whether it is in cluster mode."""
    clusters, shards = params.get("NumCacheClusters"), params.get("NumNodeGroups") or 1
    replicas = params.get("ReplicasPerNodeGroup")
    if clusters is not None and not 1 <= clusters <= MOST_REPLICAS + 1:
        raise InvalidParameterValueException(f"NumCacheClusters must be from 1 to {MOST_REPLICAS + 1}: {clusters}")
    if clusters is not None and (replicas is not None or shards > 1):
        raise InvalidParameterCombinationException(
            "NumCacheClusters cannot be given together with NumNodeGroups or ReplicasPerNodeGroup."
        )
    if replicas is not None and not 0 <= replicas <= MOST_REPLICAS:
        raise InvalidParameterValueException(f"ReplicasPerNodeGroup must be from 0 to {MOST_REPLICAS}: {replicas}")
    if not 1 <= shards <= 500:
        raise InvalidParameterValueException(f"NumNodeGroups must be from 1 to 500: {shards}")
    return shards, clusters or (replicas or 0) + 1


def _encryption(group, params):
    group.transit_encryption_enabled = bool(params.get("TransitEncryptionEnabled"))
    mode = params.get("TransitEncryptionMode")
    if mode and not group.transit_encryption_enabled:
        raise InvalidParameterCombinationException("TransitEncryptionMode needs TransitEncryptionEnabled.")
    if mode not in (None, "preferred", "required"):
        raise InvalidParameterValueException(f"Invalid transit encryption mode: {mode}")
    group.transit_encryption_mode = (mode or "required") if group.transit_encryption_enabled else None
    if params.get("AuthToken") is not None:
        if not group.transit_encryption_enabled:
            raise InvalidParameterCombinationException(
                "AuthToken can be specified only when TransitEncryptionEnabled is true."
            )
        check_token(params["AuthToken"])
        group.auth_tokens, group.auth_token_changed = [params["AuthToken"]], utcnow()
    group.at_rest_encryption_enabled = bool(params.get("AtRestEncryptionEnabled"))
    group.kms_key_id = params.get("KmsKeyId")
    if group.kms_key_id and not group.at_rest_encryption_enabled:
        raise InvalidParameterCombinationException("KmsKeyId needs AtRestEncryptionEnabled.")


def _network(backend, group, params):
    name = params.get("CacheSubnetGroupName")
    if name:
        subnets = subnet_groups.find(backend, name)
    else:
        subnets = subnet_groups.default_group(backend)
    group.cache_subnet_group_name = subnets.cache_subnet_group_name
    group.security_group_ids = params.get("SecurityGroupIds") or []
    check_security_groups(backend, group.security_group_ids, subnets.vpc_id)
    if not group.security_group_ids:
        ec2 = subnet_groups.ec2_of(backend)
        group.security_group_ids = [ec2.get_default_security_group(subnets.vpc_id).id]
    return subnets.zones


def _engine(backend, group, params):
    restored = backend.snapshots.get((params.get("SnapshotName") or "").lower())
    if params.get("SnapshotName") and restored is None:
        raise ElastiCacheException("SnapshotNotFoundFault", f"Snapshot {params['SnapshotName']} not found.")
    group.engine = (params.get("Engine") or (restored.engine if restored else "redis")).lower()
    version = params.get("EngineVersion")
    if not version and restored and restored.engine == group.engine:
        version = restored.version
    group.engine_version = engine_versions.resolved(group.engine, version)
    if restored:
        engine_versions.check_upgrade(restored.engine, restored.version, group.engine, group.engine_version)
    engine_versions.check_node_type(params.get("CacheNodeType"))
    group.cache_node_type = params["CacheNodeType"]


def _made(backend, params):
    name = (params.get("ReplicationGroupId") or "").lower()
    if not IDENTIFIER.fullmatch(name):
        raise InvalidParameterValueException("The parameter ReplicationGroupId is not a valid identifier.")
    groups(backend)
    if name in backend.replication_groups:
        raise ReplicationGroupAlreadyExists(name)
    if not params.get("ReplicationGroupDescription"):
        raise InvalidParameterValueException(
            "The parameter ReplicationGroupDescription must be provided and must not be blank."
        )
    group = Group(backend, name)
    group.description = params["ReplicationGroupDescription"]
    _engine(backend, group, params)
    shards, nodes = _shape(params)
    asked = params.get("CacheParameterGroupName")
    cluster_mode = shards > 1 or params.get("ClusterMode") == "enabled"
    parameters = parameter_groups.find(
        backend, asked or default_parameter_group(group.engine, group.engine_version, cluster_mode)
    )
    check_parameter_group(parameters, group.engine, group.engine_version)
    group.cluster_enabled = parameters.value("cluster-enabled") == "yes"
    if cluster_mode and not group.cluster_enabled:
        raise InvalidParameterCombinationException("Several node groups need a parameter group with cluster mode on.")
    group.cache_parameter_group_name = parameters.cache_parameter_group_name
    group.automatic_failover_enabled = bool(params.get("AutomaticFailoverEnabled"))
    group.multi_az_enabled = bool(params.get("MultiAZEnabled"))
    if group.cluster_enabled:
        if not group.automatic_failover_enabled:
            raise InvalidParameterCombinationException(
                "Automatic failover must be enabled for replication groups in cluster mode."
            )
    else:
        check_failover(group.automatic_failover_enabled, group.multi_az_enabled, nodes)
    _encryption(group, params)
    zones = _network(backend, group, params)
    check_windows(params.get("SnapshotWindow"), params.get("PreferredMaintenanceWindow"))
    check_retention(params.get("SnapshotRetentionLimit"))
    group.snapshot_retention_limit = params.get("SnapshotRetentionLimit") or 0
    group.snapshot_window = params.get("SnapshotWindow") or "05:00-06:00"
    group.preferred_maintenance_window = (params.get("PreferredMaintenanceWindow") or "sun:07:00-sun:08:00").lower()
    upgrade = params.get("AutoMinorVersionUpgrade")
    group.auto_minor_version_upgrade = True if upgrade is None else upgrade
    group.port = params.get("Port") or 6379
    group.notification_topic_arn, group.notification_topic_status = params.get("NotificationTopicArn"), "active"
    group.log_delivery = log_delivery(params.get("LogDeliveryConfigurations"))
    group.user_group_ids = params.get("UserGroupIds") or []
    group.snapshotting_cluster_id = None
    given = params.get("PreferredCacheClusterAZs") or []
    if given and (len(given) != nodes or set(given) - set(zones)):
        raise InvalidParameterValueException(
            "PreferredCacheClusterAZs must name a zone of the subnet group for each cache cluster."
        )
    for shard in (f"{at:04}" for at in range(1, shards + 1)):
        for at in range(nodes):
            group.add(shard, zones, given[at] if given else None)
    group.settle_snapshots()
    return group


def create_replication_group(self):
    backend = self.elasticache_backend
    group = _made(backend, self.params)
    backend.replication_groups[group.replication_group_id] = group
    for one in (group, *group.members):
        backend.tagging_service.tag_resource(one.arn, self.params.get("Tags", []))
    events.add(backend, group.replication_group_id, "replication-group", "Replication group created")
    return ActionResult({"ReplicationGroup": group.describe("creating")})


def describe_replication_groups(self):
    backend, name = self.elasticache_backend, self.params.get("ReplicationGroupId")
    found = [find(backend, name)] if name else groups(backend)
    for one in found:
        one.advance()
    return paged(self.params, "ReplicationGroups", [one.describe() for one in found])


def describe_cache_clusters(self):
    backend, name = self.elasticache_backend, self.params.get("CacheClusterId")
    nodes, alone = self.params.get("ShowCacheNodeInfo"), self.params.get("ShowCacheClustersNotInReplicationGroups")
    if name:
        member = find_member(backend, name)
        if member is None and name not in backend.cache_clusters:
            raise CacheClusterNotFound(name)
        found = [member.describe(nodes) if member else backend.cache_clusters[name]]
    else:
        found = list(backend.cache_clusters.values())
        if not alone:
            found += [member.describe(nodes) for group in groups(backend) for member in group.members]
    return paged(self.params, "CacheClusters", found)


def install():
    state_manager.register_default_transition(MODEL, {"progression": "immediate"})
    ElastiCacheResponse.create_replication_group = create_replication_group
    ElastiCacheResponse.describe_replication_groups = describe_replication_groups
    ElastiCacheResponse.describe_cache_clusters = describe_cache_clusters
