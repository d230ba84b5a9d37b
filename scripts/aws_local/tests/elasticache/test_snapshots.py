"""Snapshots of replication groups, and deleting a group."""

from aws_local.tests.elasticache.case import TAGS, Cache


class Snapshots(Cache):
    def names(self, **requested):
        return [one["SnapshotName"] for one in self.cache.describe_snapshots(**requested)["Snapshots"]]

    def test_created_copied_and_deleted(self):
        self.create()
        created = self.cache.create_snapshot(SnapshotName="snap", CacheClusterId="redis-002", Tags=TAGS)["Snapshot"]
        self.assertEqual((created["SnapshotStatus"], created["NodeSnapshots"][0]["CacheSize"]), ("creating", ""))
        (one,) = self.cache.describe_snapshots(SnapshotName="snap")["Snapshots"]
        self.assertEqual((one["SnapshotStatus"], one["SnapshotSource"]), ("available", "manual"))
        self.assertEqual((one["EngineVersion"], one["VpcId"], one["CacheClusterId"]), ("7.1.0", self.vpc, "redis-002"))
        self.assertEqual(len(one["NodeSnapshots"]), 1)
        self.assertEqual(self.cache.list_tags_for_resource(ResourceName=one["ARN"])["TagList"], TAGS)
        self.assertEqual((self.names(ReplicationGroupId="redis"), self.names(CacheClusterId="redis-002")), ([], ["snap"]))
        self.assertEqual(self.names(SnapshotSource="user"), ["snap"])
        self.assertEqual(self.names(SnapshotSource="system"), [])
        self.cache.copy_snapshot(SourceSnapshotName="snap", TargetSnapshotName="other")
        with self.refused("SnapshotAlreadyExistsFault"):
            self.cache.create_snapshot(SnapshotName="snap", CacheClusterId="redis-001")
        with self.refused("InvalidParameterCombination"):
            self.cache.create_snapshot(SnapshotName="whole", ReplicationGroupId="redis")
        self.cache.delete_snapshot(SnapshotName="snap")
        self.assertEqual(self.names(), ["other"])
        with self.refused("SnapshotNotFoundFault"):
            self.cache.delete_snapshot(SnapshotName="snap")

    def test_a_final_snapshot(self):
        self.create()
        self.cache.create_snapshot(SnapshotName="snap", CacheClusterId="redis-002", ReplicationGroupId="redis")
        with self.refused("SnapshotAlreadyExistsFault"):
            self.cache.delete_replication_group(ReplicationGroupId="redis", FinalSnapshotIdentifier="snap")
        deleted = self.cache.delete_replication_group(ReplicationGroupId="redis", FinalSnapshotIdentifier="last")
        self.assertEqual(deleted["ReplicationGroup"]["Status"], "deleting")
        with self.refused("ReplicationGroupNotFoundFault"):
            self.describe()
        with self.refused("CacheClusterNotFound"):
            self.cluster()
        self.assertEqual(self.names(), ["snap", "last"])
        self.assertEqual(self.names(CacheClusterId="redis-001"), ["last"])
        self.create(SnapshotName="last", EngineVersion=None)
        self.assertEqual(self.cluster()["EngineVersion"], "7.1.0")
