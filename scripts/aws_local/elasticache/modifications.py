"""ModifyReplicationGroup: which changes are applied at once and which are pending; AUTH tokens; the number of replicas;
reboots.

https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyReplicationGroup.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_IncreaseReplicaCount.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DecreaseReplicaCount.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_RebootCacheCluster.html
"""

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.elasticache.exceptions import (
    CacheClusterNotFound,
    ElastiCacheException,
    InvalidParameterCombinationException,
    InvalidParameterValueException,
)
from moto.elasticache.responses import ElastiCacheResponse

from aws_local.elasticache import (
    engine_versions,
    events,
    notifications,
    parameter_groups,
    replication_groups,
    validation,
)
from aws_local.elasticache.subnet_groups import find as find_subnet_group

# Changes that are always applied at once: the parameter and the attribute.
AT_ONCE = {
    "ReplicationGroupDescription": "description",
    "SecurityGroupIds": "security_group_ids",
    "PreferredMaintenanceWindow": "preferred_maintenance_window",
    "NotificationTopicArn": "notification_topic_arn",
    "NotificationTopicStatus": "notification_topic_status",
    "AutoMinorVersionUpgrade": "auto_minor_version_upgrade",
    "SnapshotRetentionLimit": "snapshot_retention_limit",
    "SnapshotWindow": "snapshot_window",
    "SnapshottingClusterId": "snapshotting_cluster_id",
}
# Changes that are pending until the maintenance window, unless applied immediately.
WAITING = {
    "CacheNodeType": "cache_node_type",
    "Engine": "engine",
    "EngineVersion": "engine_version",
    "AutomaticFailoverEnabled": "automatic_failover_enabled",
    "MultiAZEnabled": "multi_az_enabled",
    "TransitEncryptionEnabled": "transit_encryption_enabled",
    "TransitEncryptionMode": "transit_encryption_mode",
}
STRATEGIES = {"ROTATE": "ROTATING", "SET": "SETTING"}


def _versions(group, params):
    """The engine and version after the change."""
    engine = (params.get("Engine") or group.engine).lower()
    if not params.get("EngineVersion") and engine == group.engine:
        return group.engine, group.engine_version
    version = engine_versions.resolved(engine, params.get("EngineVersion"))
    engine_versions.check_upgrade(group.engine, group.engine_version, engine, version)
    return engine, version


def _parameter_group(backend, group, params, engine, version):
    """The parameter group after the change."""
    requested = params.get("CacheParameterGroupName")
    used = parameter_groups.find(backend, requested or group.cache_parameter_group_name)
    if not requested and used.cache_parameter_group_name.startswith(parameter_groups.DEFAULT):
        return validation.default_parameter_group(engine, version, group.cluster_enabled)
    validation.check_parameter_group(used, engine, version)
    if (used.value("cluster-enabled") == "yes") != group.cluster_enabled:
        raise InvalidParameterCombinationException("The parameter group does not have the group's cluster mode.")
    return used.cache_parameter_group_name


def _check_encryption(group, params):
    enabled, mode = params.get("TransitEncryptionEnabled"), params.get("TransitEncryptionMode")
    if mode not in (None, "preferred", "required"):
        raise InvalidParameterValueException(f"Invalid transit encryption mode: {mode}")
    if enabled and not group.transit_encryption_enabled and mode != "preferred":
        raise InvalidParameterCombinationException(
            "To enable in-transit encryption for an existing replication group, set TransitEncryptionMode to preferred."
        )
    if enabled is False and group.transit_encryption_enabled:
        if group.transit_encryption_mode != "preferred":
            raise InvalidParameterCombinationException(
                "To disable in-transit encryption, first set TransitEncryptionMode to preferred."
            )
        if group.auth_tokens:
            raise InvalidParameterCombinationException("In-transit encryption is needed for the AUTH token.")
    on = group.transit_encryption_enabled if enabled is None else enabled
    if mode and not on:
        raise InvalidParameterCombinationException("TransitEncryptionMode needs TransitEncryptionEnabled.")


def _token(group, params):
    """The new token and its status during the change; None if the token does not change."""
    token, strategy = params.get("AuthToken"), params.get("AuthTokenUpdateStrategy")
    if token is None and strategy is None:
        return None
    if strategy == "DELETE":
        if not params.get("UserGroupIdsToAdd") and not group.user_group_ids:
            raise InvalidParameterCombinationException(
                "The AUTH token can only be deleted when a user group takes its place."
            )
        return None, "SETTING"
    strategy = strategy or "ROTATE"
    if strategy not in STRATEGIES:
        raise InvalidParameterValueException(f"Invalid AUTH token update strategy: {strategy}")
    if token is None:
        raise InvalidParameterCombinationException("AuthTokenUpdateStrategy must be given together with AuthToken.")
    if not group.transit_encryption_enabled:
        raise InvalidParameterCombinationException("The AUTH token needs in-transit encryption.")
    validation.check_token(token)
    return token, STRATEGIES[strategy]


def _check_members(group, params):
    names = [one.name for one in group.members]
    for name in ("SnapshottingClusterId", "PrimaryClusterId"):
        if params.get(name) and params[name] not in names:
            raise CacheClusterNotFound(params[name])
    if params.get("PrimaryClusterId") and group.automatic_failover_enabled:
        raise InvalidParameterCombinationException(
            "A primary cluster cannot be chosen while automatic failover is enabled."
        )


def _checked(backend, group, params):
    if params.get("CacheNodeType"):
        engine_versions.check_node_type(params["CacheNodeType"])
    validation.check_windows(params.get("SnapshotWindow"), params.get("PreferredMaintenanceWindow"))
    validation.check_retention(params.get("SnapshotRetentionLimit"))
    turned_on = params.get("SnapshotRetentionLimit") and not group.snapshot_retention_limit
    if turned_on and not group.cluster_enabled and not params.get("SnapshottingClusterId"):
        # https://github.com/aws/aws-cdk/issues/6256
        raise InvalidParameterCombinationException(
            "Must specify both SnapshotRetentionLimit and SnapshottingClusterId to turn on snapshots"
        )
    vpc_id = find_subnet_group(backend, group.cache_subnet_group_name).vpc_id
    validation.check_security_groups(backend, params.get("SecurityGroupIds") or [], vpc_id)
    wanted = [
        params[name] if params.get(name) is not None else group.pending.get(name, getattr(group, WAITING[name]))
        for name in ("AutomaticFailoverEnabled", "MultiAZEnabled")
    ]
    if group.cluster_enabled:
        if not wanted[0]:
            raise InvalidParameterCombinationException("Automatic failover is always on in cluster mode.")
    else:
        validation.check_failover(*wanted, len(group.members))
    if params.get("LogDeliveryConfigurations") and not params.get("ApplyImmediately"):
        # https://github.com/hashicorp/terraform-provider-aws/issues/49842
        raise InvalidParameterValueException(
            "To modify the log delivery configuration, set the apply-immediately parameter to true."
        )
    _check_encryption(group, params)
    _check_members(group, params)


def _now(group, params, parameter_group):
    for name, attribute in AT_ONCE.items():
        if params.get(name) is not None:
            setattr(group, attribute, params[name])
    group.preferred_maintenance_window = group.preferred_maintenance_window.lower()
    if params.get("SnapshotRetentionLimit") is not None:
        group.settle_snapshots()
    if params.get("PrimaryClusterId"):
        group.primaries[group.shards[0]] = next(one for one in group.members if one.name == params["PrimaryClusterId"])
    if params.get("LogDeliveryConfigurations"):
        changed = params["LogDeliveryConfigurations"]
        kept = [one for one in group.log_delivery if one["LogType"] not in [new.get("LogType") for new in changed]]
        group.log_delivery = kept + replication_groups.log_delivery(group.backend, changed)
    if params.get("RemoveUserGroups"):
        group.user_group_ids = []
    removed = params.get("UserGroupIdsToRemove") or []
    added = params.get("UserGroupIdsToAdd") or []
    group.user_group_ids = [one for one in group.user_group_ids if one not in removed] + added
    if parameter_group:
        _associate(group, parameter_group)


def _associate(group, name):
    if name == group.cache_parameter_group_name:
        return
    before = parameter_groups.find(group.backend, group.cache_parameter_group_name)
    after = parameter_groups.find(group.backend, name)
    group.cache_parameter_group_name = name
    rebooting = [parameter for parameter, one in after.known.items() if one["ChangeType"] == "requires-reboot"]
    if any(one in before.known and before.value(one) != after.value(one) for one in rebooting):
        group.parameter_apply_status, group.rebooted = "pending-reboot", set()


def _apply(group):
    waiting, group.pending = group.pending, {}
    for name, attribute in WAITING.items():
        if name in waiting:
            setattr(group, attribute, waiting[name])
    if not group.transit_encryption_enabled:
        group.transit_encryption_mode = None
    if "CacheParameterGroupName" in waiting:
        _associate(group, waiting["CacheParameterGroupName"])
    if "AuthToken" in waiting:
        token, state = waiting["AuthToken"]
        # ROTATE keeps the previous token; SET leaves only the new one.
        kept = group.auth_tokens[-1:] if state == STRATEGIES["ROTATE"] else []
        group.auth_tokens = [*kept, token] if token else []
        group.auth_token_changed = utcnow()


def _changes_nothing(group, params):
    """Whether a request has only values that the group has, or none at all. A pending change is one that it can undo."""
    now = {**AT_ONCE, **WAITING, "CacheParameterGroupName": "cache_parameter_group_name"}
    same = {name for name, attribute in now.items() if params.get(name) == getattr(group, attribute, None)}
    if params.get("SecurityGroupIds") and set(params["SecurityGroupIds"]) == set(group.security_group_ids):
        same.add("SecurityGroupIds")
    token = params.get("AuthToken")
    strategy = params.get("AuthTokenUpdateStrategy") or "ROTATE"
    if token and (group.auth_tokens == [token] or strategy == "ROTATE" and token in group.auth_tokens[-1:]):
        same |= {"AuthToken", "AuthTokenUpdateStrategy"}
    given = {name for name, value in params.items() if value is not None}
    return not group.pending and given <= same | {"ReplicationGroupId", "ApplyImmediately", "Action", "Version"}


def modify_replication_group(self):
    backend, params = self.elasticache_backend, self.params
    group = replication_groups.find_available(backend, params.get("ReplicationGroupId"))
    if _changes_nothing(group, params):
        # https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/elasticache/replication_group.go
        raise InvalidParameterCombinationException("No modifications were requested")
    _checked(backend, group, params)
    notifications.check(backend, params)
    engine, version = _versions(group, params)
    parameter_group = _parameter_group(backend, group, params, engine, version)
    token = _token(group, params)
    requested = {name: params[name] for name in WAITING if params.get(name) is not None}
    upgraded = (engine, version) != (group.engine, group.engine_version)
    if upgraded:
        requested.update(Engine=engine, EngineVersion=version)
    elif params.get("EngineVersion"):
        requested["EngineVersion"] = version
    _now(group, params, None if upgraded else parameter_group)
    for name, value in requested.items():
        # A change back to the current value removes the pending change.
        if value == getattr(group, WAITING[name]):
            group.pending.pop(name, None)
        else:
            group.pending[name] = value
    if "EngineVersion" not in group.pending:
        group.pending.pop("CacheParameterGroupName", None)
    elif upgraded:
        # The new version's parameter group is pending together with it.
        group.pending["CacheParameterGroupName"] = parameter_group
    if token:
        group.pending["AuthToken"] = token
    if not params.get("ApplyImmediately") or not group.pending:
        return ActionResult({"ReplicationGroup": group.describe()})
    shown = group.describe("modifying")
    _apply(group)
    group.status = "modifying"
    events.add(backend, group.replication_group_id, "replication-group", "Replication group modified")
    return ActionResult({"ReplicationGroup": shown})


def _count(self, group):
    if not self.params.get("ApplyImmediately"):
        raise InvalidParameterValueException("ApplyImmediately must be true.")
    count = self.params.get("NewReplicaCount")
    if count is None and not self.params.get("ReplicaConfiguration") and not self.params.get("ReplicasToRemove"):
        raise InvalidParameterCombinationException("NewReplicaCount or ReplicaConfiguration must be given.")
    wanted = {shard: count for shard in group.shards} if count is not None else {}
    for one in self.params.get("ReplicaConfiguration") or []:
        if one["NodeGroupId"] not in group.shards:
            raise InvalidParameterValueException(f"There is no node group {one['NodeGroupId']}.")
        wanted[one["NodeGroupId"]] = one["NewReplicaCount"]
    return wanted


def _unchanged():
    return ElastiCacheException("NoOperationFault", "The operation was not performed because no changes were required.")


def _resized(self, group):
    group.settle_snapshots()
    group.status = "modifying"
    events.add(self.elasticache_backend, group.replication_group_id, "replication-group", "Number of replicas changed")
    return ActionResult({"ReplicationGroup": group.describe("modifying")})


def increase_replica_count(self):
    backend = self.elasticache_backend
    group = replication_groups.find_available(backend, self.params.get("ReplicationGroupId"))
    wanted = _count(self, group)
    for shard, count in wanted.items():
        if count > replication_groups.MOST_REPLICAS:
            raise ElastiCacheException(
                "NodeQuotaForClusterExceeded",
                f"A node group can have {replication_groups.MOST_REPLICAS} replicas at most.",
            )
        if count < len(group.replicas_of(shard)):
            raise InvalidParameterValueException("NewReplicaCount must be greater than the current number of replicas.")
    if all(count == len(group.replicas_of(shard)) for shard, count in wanted.items()):
        raise _unchanged()
    zones = find_subnet_group(backend, group.cache_subnet_group_name).zones
    tags = backend.tagging_service.list_tags_for_resource(group.arn)["Tags"]
    for shard, count in wanted.items():
        while len(group.replicas_of(shard)) < count:
            member = group.add(shard, zones)
            member.creating = True
            backend.tagging_service.tag_resource(member.arn, tags)
    return _resized(self, group)


def decrease_replica_count(self):
    backend = self.elasticache_backend
    group = replication_groups.find_available(backend, self.params.get("ReplicationGroupId"))
    wanted, named = _count(self, group), self.params.get("ReplicasToRemove") or []
    replicas = {one.name: one for shard in group.shards for one in group.replicas_of(shard)}
    for name in named:
        if name not in replicas:
            raise InvalidParameterValueException(f"{name} is not a replica of {group.replication_group_id}.")
    left = {shard: len(group.replicas_of(shard)) for shard in group.shards}
    for name in named:
        left[replicas[name].shard] -= 1
    left.update(wanted)
    for shard, count in left.items():
        if count < 0 or count > len(group.replicas_of(shard)):
            raise InvalidParameterValueException("NewReplicaCount must be less than the current number of replicas.")
        if count == 0 and (group.multi_az_enabled or (group.automatic_failover_enabled and not group.cluster_enabled)):
            raise InvalidParameterCombinationException(
                "With automatic failover or Multi-AZ there must be one replica at least."
            )
    if all(count == len(group.replicas_of(shard)) for shard, count in left.items()):
        raise _unchanged()
    for shard, count in left.items():
        # Those that the request names first, then the newest.
        order = sorted(group.replicas_of(shard), key=lambda one: (one.name in named, one.name))
        for member in order[count:]:
            group.members.remove(member)
            backend.tagging_service.delete_all_tags_for_resource(member.arn)
    return _resized(self, group)


def reboot_cache_cluster(self):
    backend, name = self.elasticache_backend, self.params.get("CacheClusterId")
    member = replication_groups.find_member(backend, name)
    if member is None:
        raise CacheClusterNotFound(name)
    group = member.group
    if group.status != "available":
        raise ElastiCacheException("InvalidCacheClusterState", f"Cache cluster {name} is not in available state.")
    shown = {**member.describe(), "CacheClusterStatus": "rebooting cluster nodes"}
    group.rebooted.add(member.name)
    if all(one.name in group.rebooted for one in group.members):
        group.parameter_apply_status, group.rebooted = "in-sync", set()
    return ActionResult({"CacheCluster": shown})


def install():
    for operation in (
        modify_replication_group,
        increase_replica_count,
        decrease_replica_count,
        reboot_cache_cluster,
    ):
        setattr(ElastiCacheResponse, operation.__name__, operation)
