"""Snapshots of replication groups, and deleting a group, with or without a final snapshot.

https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_Snapshot.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateSnapshot.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeSnapshots.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DeleteReplicationGroup.html
"""

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.elasticache.exceptions import (
    InvalidParameterCombinationException,
    InvalidParameterValueException,
    SnapshotAlreadyExists,
    SnapshotNotFound,
)
from moto.elasticache.responses import ElastiCacheResponse

from aws_local.elasticache import engine_versions, events, replication_groups, subnet_groups
from aws_local.pages import paged

SOURCES = {"system": "automated", "user": "manual"}


class Snapshot:
    def __init__(self, backend, name, shown, version):
        place = f"{backend.region_name}:{backend.account_id}"
        self.arn = f"arn:{backend.partition}:elasticache:{place}:snapshot:{name}"
        self.engine, self.version = shown["Engine"], version
        self.shown = {**shown, "SnapshotName": name, "ARN": self.arn}

    def describe(self, status="available", with_nodes=True):
        hidden = set() if with_nodes else {"NodeGroupConfiguration"}
        nodes = [{name: value for name, value in one.items() if name not in hidden} for one in self.shown["NodeSnapshots"]]
        if status == "creating":
            nodes = [{**one, "CacheSize": "", "SnapshotCreateTime": None} for one in nodes]
        return {**self.shown, "SnapshotStatus": status, "NodeSnapshots": nodes}


def _source(group, member):
    """What a snapshot was taken of: a group in cluster mode, otherwise one of its nodes."""
    if group.cluster_enabled:
        return {
            "ReplicationGroupId": group.replication_group_id,
            "ReplicationGroupDescription": group.description,
            "NumNodeGroups": len(group.shards),
            "AutomaticFailover": "enabled" if group.automatic_failover_enabled else "disabled",
        }
    return {
        "CacheClusterId": member.name,
        "NumCacheNodes": 1,
        "PreferredAvailabilityZone": member.zone,
        "CacheClusterCreateTime": member.created,
    }


def _node(group, member, now):
    shown = {"CacheNodeId": "0001", "CacheSize": "1 MB", "CacheNodeCreateTime": member.created, "SnapshotCreateTime": now}
    if group.cluster_enabled:
        replicas = len(group.replicas_of(member.shard))
        shown.update(
            NodeGroupId=member.shard,
            CacheClusterId=member.name,
            NodeGroupConfiguration={"ReplicaCount": replicas},
        )
    return shown


def _content(backend, group, member, key):
    subnets = subnet_groups.find(backend, group.cache_subnet_group_name)
    now = utcnow().replace(microsecond=0)
    members = [group.primaries[shard] for shard in group.shards] if group.cluster_enabled else [member]
    return {
        **_source(group, member),
        "SnapshotSource": "manual",
        "CacheNodeType": group.cache_node_type,
        "Engine": group.engine,
        "EngineVersion": engine_versions.reported(group.engine, group.engine_version),
        "PreferredMaintenanceWindow": group.preferred_maintenance_window,
        "TopicArn": group.notification_topic_arn,
        "Port": group.port,
        "CacheParameterGroupName": group.cache_parameter_group_name,
        "CacheSubnetGroupName": group.cache_subnet_group_name,
        "VpcId": subnets.vpc_id,
        "AutoMinorVersionUpgrade": group.auto_minor_version_upgrade,
        "SnapshotRetentionLimit": group.snapshot_retention_limit,
        "SnapshotWindow": group.snapshot_window,
        "KmsKeyId": key or group.kms_key_id,
        "DataTiering": "disabled",
        "NodeSnapshots": [_node(group, one, now) for one in members],
    }


def _free_name(backend, name):
    name = (name or "").lower()
    if not name[:1].isalpha() or len(name) > 255:
        raise InvalidParameterValueException("The parameter SnapshotName is not a valid identifier.")
    if name in backend.snapshots:
        raise SnapshotAlreadyExists(name)
    return name


def take(backend, name, group, member=None, key=None, tags=None):
    """Takes a snapshot of a node, by default the primary, or of all shards."""
    name = _free_name(backend, name)
    member = member or group.primaries[group.shards[0]]
    snapshot = Snapshot(backend, name, _content(backend, group, member, key), group.engine_version)
    backend.snapshots[name] = snapshot
    backend.tagging_service.tag_resource(snapshot.arn, tags or [])
    return snapshot


def _find(backend, name):
    snapshot = backend.snapshots.get((name or "").lower())
    if snapshot is None:
        raise SnapshotNotFound(name)
    return snapshot


def create_snapshot(self):
    backend, params = self.elasticache_backend, self.params
    name, cluster = params.get("ReplicationGroupId"), params.get("CacheClusterId")
    if not name and not cluster:
        raise InvalidParameterCombinationException("CacheClusterId or ReplicationGroupId is needed.")
    member = None
    if cluster:
        member = replication_groups.find_member(backend, cluster)
        if member is None:
            raise InvalidParameterValueException(f"Snapshots of the cluster {cluster} are not supported.")
        name = member.group.replication_group_id
    group = replication_groups.find_available(backend, name)
    if member is None and not group.cluster_enabled:
        # The message of AWS, as tests of aws-controllers-k8s/elasticache-controller against it have it.
        raise InvalidParameterCombinationException(
            "Cannot snapshot a replication group with cluster-mode disabled. Please specify a cache cluster instead."
        )
    snapshot = take(backend, params.get("SnapshotName"), group, member, params.get("KmsKeyId"), params.get("Tags"))
    group.status = "snapshotting"
    return ActionResult({"Snapshot": snapshot.describe("creating")})


def copy_snapshot(self):
    backend, params = self.elasticache_backend, self.params
    source = _find(backend, params.get("SourceSnapshotName"))
    name = _free_name(backend, params.get("TargetSnapshotName"))
    shown = {**source.shown, "SnapshotSource": "manual"}
    if params.get("KmsKeyId"):
        shown["KmsKeyId"] = params["KmsKeyId"]
    snapshot = backend.snapshots[name] = Snapshot(backend, name, shown, source.version)
    backend.tagging_service.copy_tags(source.arn, snapshot.arn)
    backend.tagging_service.tag_resource(snapshot.arn, params.get("Tags", []))
    return ActionResult({"Snapshot": snapshot.describe("creating")})


def describe_snapshots(self):
    backend, params = self.elasticache_backend, self.params
    name, group, cluster = params.get("SnapshotName"), params.get("ReplicationGroupId"), params.get("CacheClusterId")
    source = SOURCES.get(params.get("SnapshotSource"), params.get("SnapshotSource"))
    found = [_find(backend, name)] if name else list(backend.snapshots.values())
    found = [
        one.describe(with_nodes=params.get("ShowNodeGroupConfig"))
        for one in found
        if group in (None, one.shown.get("ReplicationGroupId"))
        and (not cluster or cluster == one.shown.get("CacheClusterId"))
        and source in (None, one.shown["SnapshotSource"])
    ]
    return paged(self.params, "Snapshots", found)


def delete_snapshot(self):
    backend = self.elasticache_backend
    snapshot = _find(backend, self.params.get("SnapshotName"))
    del backend.snapshots[snapshot.shown["SnapshotName"]]
    backend.tagging_service.delete_all_tags_for_resource(snapshot.arn)
    return ActionResult({"Snapshot": snapshot.describe("deleting")})


def delete_replication_group(self):
    backend = self.elasticache_backend
    group = replication_groups.find_available(backend, self.params.get("ReplicationGroupId"))
    if self.params.get("RetainPrimaryCluster"):
        raise InvalidParameterCombinationException("Keeping the primary cluster is not supported here.")
    if self.params.get("FinalSnapshotIdentifier"):
        take(backend, self.params["FinalSnapshotIdentifier"], group)
    shown = group.describe("deleting")
    group.status = "deleting"
    events.add(backend, group.replication_group_id, "replication-group", "Replication group deleted")
    return ActionResult({"ReplicationGroup": shown})


def install():
    for operation in (
        create_snapshot,
        copy_snapshot,
        describe_snapshots,
        delete_snapshot,
        delete_replication_group,
    ):
        setattr(ElastiCacheResponse, operation.__name__, operation)
