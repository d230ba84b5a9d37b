"""CreateReplicationGroup, DescribeReplicationGroups and DescribeCacheClusters.

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
from moto.logs.models import logs_backends
from moto.moto_api import state_manager

from aws_local.elasticache import engine_versions, events, notifications, parameter_groups, subnet_groups, validation
from aws_local.elasticache.replication_group import MODEL, Group
from aws_local.pages import paged

MOST_REPLICAS = 5
IDENTIFIER = re.compile(r"(?!.*--)[a-z][a-z0-9-]{0,39}(?<!-)")


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


def log_delivery(backend, configurations):
    """How logs are delivered: not at all where the log group does not exist."""
    groups = logs_backends[backend.account_id][backend.region_name].groups
    shown = []
    for one in configurations or []:
        if not one.get("Enabled", True):
            continue
        details = (one.get("DestinationDetails") or {}).get("CloudWatchLogsDetails") or {}
        name = details.get("LogGroup")
        missing = one.get("DestinationType") == "cloudwatch-logs" and name not in groups
        state = {"Status": "error", "Message": f"The log group {name} does not exist."} if missing else {"Status": "active"}
        shown.append({key: value for key, value in one.items() if key != "Enabled"} | state)
    return shown


def _shape(params):
    """The number of shards and of nodes per shard, and whether cluster mode is enabled."""
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
        validation.check_token(params["AuthToken"])
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
    validation.check_security_groups(backend, group.security_group_ids, subnets.vpc_id)
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
    requested = params.get("CacheParameterGroupName")
    cluster_mode = shards > 1 or params.get("ClusterMode") == "enabled"
    parameters = parameter_groups.find(
        backend, requested or validation.default_parameter_group(group.engine, group.engine_version, cluster_mode)
    )
    validation.check_parameter_group(parameters, group.engine, group.engine_version)
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
        validation.check_failover(group.automatic_failover_enabled, group.multi_az_enabled, nodes)
    _encryption(group, params)
    zones = _network(backend, group, params)
    validation.check_windows(params.get("SnapshotWindow"), params.get("PreferredMaintenanceWindow"))
    validation.check_retention(params.get("SnapshotRetentionLimit"))
    group.snapshot_retention_limit = params.get("SnapshotRetentionLimit") or 0
    group.snapshot_window = params.get("SnapshotWindow") or "05:00-06:00"
    group.preferred_maintenance_window = (params.get("PreferredMaintenanceWindow") or "sun:07:00-sun:08:00").lower()
    upgrade = params.get("AutoMinorVersionUpgrade")
    group.auto_minor_version_upgrade = True if upgrade is None else upgrade
    group.port = params.get("Port") or 6379
    notifications.check(backend, params)
    group.notification_topic_arn, group.notification_topic_status = params.get("NotificationTopicArn"), "active"
    group.log_delivery = log_delivery(backend, params.get("LogDeliveryConfigurations"))
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
