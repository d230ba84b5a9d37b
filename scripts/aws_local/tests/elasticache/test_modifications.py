"""Changes to replication groups, the number of replicas, and the states in between."""

from moto.moto_api import state_manager

from aws_local.elasticache.replication_group import MODEL
from aws_local.tests.elasticache.case import TAGS, TOKEN, Cache


class Modify(Cache):
    def test_some_changes_are_pending(self):
        self.create(EngineVersion="7.0")
        requested = {"CacheNodeType": "cache.t4g.small", "EngineVersion": "7.1"}
        self.modify(**requested)
        self.assertEqual(self.cluster()["PendingModifiedValues"], requested)
        self.assertEqual(self.cluster()["EngineVersion"], "7.0.7")
        self.assertEqual(self.describe()["CacheNodeType"], "cache.t4g.micro")
        created = self.modify(now=True)
        self.assertEqual(created["Status"], "modifying")
        one = self.cluster()
        self.assertEqual((one["EngineVersion"], one["CacheNodeType"]), ("7.1.0", "cache.t4g.small"))
        self.assertEqual((one["PendingModifiedValues"], self.describe()["Status"]), ({}, "available"))

    def test_logs_are_delivered_at_once(self):
        self.create()
        delivery = {
            "LogType": "slow-log",
            "DestinationType": "cloudwatch-logs",
            "DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": "slow"}},
            "LogFormat": "json",
        }
        with self.refused("InvalidParameterValue"):
            self.modify(LogDeliveryConfigurations=[delivery])
        self.modify(now=True, LogDeliveryConfigurations=[delivery])
        (one,) = self.describe()["LogDeliveryConfigurations"]
        self.assertEqual((one["LogType"], one["Status"]), ("slow-log", "error"))
        self.modify(now=True, LogDeliveryConfigurations=[{"LogType": "slow-log", "Enabled": False}])
        self.assertEqual(self.describe()["LogDeliveryConfigurations"], [])

    def test_a_request_that_changes_nothing_is_refused(self):
        self.create()
        for requested in ({}, {"CacheNodeType": "cache.t4g.micro", "ReplicationGroupDescription": "redis"}):
            with self.subTest(requested), self.refused("InvalidParameterCombination"):
                self.modify(now=True, **requested)

    def test_tags_make_the_group_busy_and_new_nodes_are_made_last(self):
        self.create(NumCacheClusters=1)
        state_manager.set_transition(MODEL, {"progression": "manual", "times": 2})
        self.addCleanup(state_manager.unset_transition, MODEL)
        while self.describe()["Status"] != "available":
            pass
        self.cache.add_tags_to_resource(ResourceName=self.describe()["ARN"], Tags=TAGS)
        self.assertEqual(self.describe()["Status"], "modifying")
        while self.describe()["Status"] != "available":
            pass
        self.cache.increase_replica_count(ReplicationGroupId="redis", NewReplicaCount=1, ApplyImmediately=True)
        while self.describe()["Status"] != "available":
            pass
        nodes = self.cache.describe_cache_clusters()["CacheClusters"]
        self.assertEqual([one["CacheClusterStatus"] for one in nodes], ["available", "creating"])

    def test_a_change_back_removes_the_pending_change(self):
        self.create()
        self.modify(CacheNodeType="cache.t4g.small", AutomaticFailoverEnabled=True)
        self.assertEqual(self.describe()["PendingModifiedValues"], {"AutomaticFailoverStatus": "enabled"})
        self.modify(CacheNodeType="cache.t4g.micro", AutomaticFailoverEnabled=False)
        self.assertEqual(self.describe()["PendingModifiedValues"], {})
        self.assertEqual(self.cluster()["PendingModifiedValues"], {})

    def test_other_changes_are_applied_at_once(self):
        self.create()
        with self.refused("InvalidParameterCombination"):
            self.modify(SnapshotRetentionLimit=3)
        self.parameter_group()
        group = self.group(self.vpc, "other")
        created = self.modify(
            ReplicationGroupDescription="new",
            SecurityGroupIds=[group],
            PreferredMaintenanceWindow="tue:01:00-tue:02:00",
            SnapshotWindow="09:00-10:00",
            SnapshotRetentionLimit=3,
            SnapshottingClusterId="redis-002",
            AutoMinorVersionUpgrade=False,
            CacheParameterGroupName="own",
        )
        self.assertEqual((created["Status"], created["PendingModifiedValues"]), ("available", {}))
        one, cluster = self.describe(), self.cluster()
        self.assertEqual((one["Description"], one["SnapshotRetentionLimit"]), ("new", 3))
        self.assertEqual((one["SnapshotWindow"], one["SnapshottingClusterId"]), ("09:00-10:00", "redis-002"))
        self.assertEqual(cluster["SecurityGroups"][0]["SecurityGroupId"], group)
        self.assertEqual(cluster["PreferredMaintenanceWindow"], "tue:01:00-tue:02:00")
        self.assertEqual(cluster["CacheParameterGroup"]["CacheParameterGroupName"], "own")

    def test_an_upgrade_brings_its_parameter_group(self):
        self.create(EngineVersion="6.2")
        self.modify(now=True, EngineVersion="7.1")
        self.assertEqual(self.cluster()["CacheParameterGroup"]["CacheParameterGroupName"], "default.redis7")
        with self.refused("InvalidParameterCombination"):
            self.modify(EngineVersion="7.0")
        self.modify(now=True, Engine="valkey", EngineVersion="8.0")
        self.assertEqual((self.describe()["Engine"], self.cluster()["EngineVersion"]), ("valkey", "8.0.1"))
        with self.refused("InvalidParameterCombination"):
            self.modify(Engine="redis", EngineVersion="7.1")

    def test_a_custom_parameter_group_must_be_replaced(self):
        self.parameter_group("old", "redis6.x")
        self.parameter_group("new", "redis7")
        self.create(EngineVersion="6.2", CacheParameterGroupName="old")
        with self.refused("InvalidParameterCombination"):
            self.modify(EngineVersion="7.1")
        self.modify(EngineVersion="7.1", CacheParameterGroupName="new")
        self.assertEqual(self.cluster()["CacheParameterGroup"]["CacheParameterGroupName"], "old")
        self.modify(now=True)
        self.assertEqual(self.cluster()["CacheParameterGroup"]["CacheParameterGroupName"], "new")

    def test_auth_tokens(self):
        self.create(TransitEncryptionEnabled=True, AuthToken=TOKEN)
        before = self.describe()["AuthTokenLastModifiedDate"]
        other = {"AuthToken": "another-token-of-more", "AuthTokenUpdateStrategy": "ROTATE"}
        created = self.modify(now=True, **other)
        self.assertEqual(created["PendingModifiedValues"], {"AuthTokenStatus": "ROTATING"})
        self.assertEqual(self.describe()["PendingModifiedValues"], {})
        self.assertGreater(self.describe()["AuthTokenLastModifiedDate"], before)
        created = self.modify(now=True, **{**other, "AuthTokenUpdateStrategy": "SET"})
        self.assertEqual(created["PendingModifiedValues"], {"AuthTokenStatus": "SETTING"})
        with self.refused("InvalidParameterCombination"):
            self.modify(now=True, **other)
        self.modify(**{**other, "AuthToken": "a-third-token-of-more"})
        self.assertEqual(self.cluster()["PendingModifiedValues"], {"AuthTokenStatus": "ROTATING"})
        for code, requested in [
            ("InvalidParameterValue", {"AuthToken": "short"}),
            ("InvalidParameterCombination", {"AuthTokenUpdateStrategy": "SET"}),
            ("InvalidParameterCombination", {"AuthTokenUpdateStrategy": "DELETE"}),
            ("InvalidParameterValue", {"AuthToken": TOKEN, "AuthTokenUpdateStrategy": "SWAP"}),
        ]:
            with self.subTest(requested), self.refused(code):
                self.modify(**requested)
        self.create("plain")
        with self.refused("InvalidParameterCombination"):
            self.modify(name="plain", AuthToken=TOKEN)

    def test_transit_encryption_in_two_steps(self):
        self.create()
        with self.refused("InvalidParameterCombination"):
            self.modify(now=True, TransitEncryptionEnabled=True, TransitEncryptionMode="required")
        self.modify(now=True, TransitEncryptionEnabled=True, TransitEncryptionMode="preferred")
        self.assertEqual(self.describe()["TransitEncryptionMode"], "preferred")
        self.modify(now=True, TransitEncryptionMode="required")
        self.assertEqual(self.describe()["TransitEncryptionMode"], "required")
        with self.refused("InvalidParameterCombination"):
            self.modify(now=True, TransitEncryptionEnabled=False)

    def test_invalid_requests_are_refused(self):
        self.create(NumCacheClusters=1)
        for code, requested in [
            ("InvalidParameterValue", {"CacheNodeType": "cache.huge"}),
            ("InvalidParameterValue", {"AutomaticFailoverEnabled": True}),
            ("InvalidParameterCombination", {"MultiAZEnabled": True}),
            ("CacheParameterGroupNotFound", {"CacheParameterGroupName": "none"}),
            ("InvalidParameterCombination", {"CacheParameterGroupName": "default.redis6.x"}),
            ("InvalidParameterValue", {"SnapshotWindow": "never"}),
            ("CacheClusterNotFound", {"SnapshottingClusterId": "none"}),
            ("InvalidParameterValue", {"SecurityGroupIds": ["sg-0123456789abcdef0"]}),
        ]:
            with self.subTest(requested), self.refused(code):
                self.modify(**requested)
        with self.refused("ReplicationGroupNotFoundFault"):
            self.modify(name="none")

    def test_another_primary(self):
        self.create()
        self.modify(PrimaryClusterId="redis-002")
        (shard,) = self.describe()["NodeGroups"]
        roles = {one["CacheClusterId"]: one["CurrentRole"] for one in shard["NodeGroupMembers"]}
        self.assertEqual(roles, {"redis-001": "replica", "redis-002": "primary"})


class Replicas(Cache):
    def change(self, how, count, **more):
        requested = {"ReplicationGroupId": "redis", "NewReplicaCount": count, "ApplyImmediately": True, **more}
        return getattr(self.cache, f"{how}_replica_count")(**requested)["ReplicationGroup"]

    def test_replicas_are_added_and_removed(self):
        self.create(Tags=TAGS, SnapshotRetentionLimit=1)
        created = self.change("increase", 3)
        self.assertEqual(created["Status"], "modifying")
        self.assertEqual(self.describe()["MemberClusters"], [f"redis-00{at}" for at in (1, 2, 3, 4)])
        found = self.cache.list_tags_for_resource(ResourceName=self.cluster("redis-004")["ARN"])
        self.assertEqual(found["TagList"], TAGS)
        self.change("decrease", 2, ReplicasToRemove=["redis-002"])
        self.assertEqual(self.describe()["MemberClusters"], ["redis-001", "redis-003", "redis-004"])
        self.assertEqual(self.describe()["SnapshottingClusterId"], "redis-003")
        self.change("increase", 3)
        self.assertIn("redis-002", self.describe()["MemberClusters"])
        self.change("decrease", 0)
        self.assertEqual(self.describe()["MemberClusters"], ["redis-001"])

    def test_invalid_requests_are_refused(self):
        self.create(AutomaticFailoverEnabled=True)
        for code, how, count in [
            ("NoOperationFault", "increase", 1),
            ("NoOperationFault", "decrease", 1),
            ("InvalidParameterValue", "increase", 0),
            ("InvalidParameterValue", "decrease", 2),
            ("NodeQuotaForClusterExceeded", "increase", 6),
            ("InvalidParameterCombination", "decrease", 0),
        ]:
            with self.subTest(how=how, count=count), self.refused(code):
                self.change(how, count)
        with self.refused("InvalidParameterValue"):
            self.change("increase", 2, ApplyImmediately=False)


class States(Cache):
    def test_only_an_available_one_is_changed(self):
        state_manager.set_transition(MODEL, {"progression": "manual", "times": 2})
        self.addCleanup(state_manager.unset_transition, MODEL)
        self.create()
        self.assertEqual(self.describe()["Status"], "creating")
        for call in (
            lambda: self.modify(CacheNodeType="cache.t4g.small"),
            lambda: self.cache.delete_replication_group(ReplicationGroupId="redis"),
            lambda: self.cache.create_snapshot(SnapshotName="snap", ReplicationGroupId="redis"),
        ):
            with self.refused("InvalidReplicationGroupState"):
                call()
        self.assertEqual(self.describe()["Status"], "available")
        self.cache.delete_replication_group(ReplicationGroupId="redis")
        self.assertEqual(self.describe()["Status"], "deleting")
        self.describe()
        with self.refused("ReplicationGroupNotFoundFault"):
            self.describe()
