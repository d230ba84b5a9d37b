"""Replication groups as they are created, tagged and described; their events."""

from aws_local.elasticache.replication_group import short_region
from aws_local.tests.elasticache.case import TAGS, TOKEN, Cache


class Create(Cache):
    def test_all_settings_are_described(self):
        self.parameter_group()
        created = self.create(
            NumCacheClusters=3,
            AutomaticFailoverEnabled=True,
            MultiAZEnabled=True,
            CacheParameterGroupName="own",
            AtRestEncryptionEnabled=True,
            TransitEncryptionEnabled=True,
            AuthToken=TOKEN,
            SnapshotRetentionLimit=5,
            SnapshotWindow="03:00-04:00",
            PreferredMaintenanceWindow="Mon:05:00-Mon:06:00",
            AutoMinorVersionUpgrade=False,
            Port=6380,
            Tags=TAGS,
        )
        self.assertEqual((created["Status"], "NodeGroups" in created), ("creating", False))
        one = self.describe()
        expected = {
            "Status": "available",
            "MemberClusters": ["redis-001", "redis-002", "redis-003"],
            "SnapshottingClusterId": "redis-002",
            "AutomaticFailover": "enabled",
            "MultiAZ": "enabled",
            "AtRestEncryptionEnabled": True,
            "TransitEncryptionEnabled": True,
            "TransitEncryptionMode": "required",
            "AuthTokenEnabled": True,
            "SnapshotRetentionLimit": 5,
            "SnapshotWindow": "03:00-04:00",
            "AutoMinorVersionUpgrade": False,
            "ClusterEnabled": False,
            "ClusterMode": "disabled",
            "CacheNodeType": "cache.t4g.micro",
            "Engine": "redis",
            "PendingModifiedValues": {},
        }
        self.assertEqual({name: one.get(name) for name in expected}, expected)
        self.assertIn("AuthTokenLastModifiedDate", one)
        self.assertNotIn("Tags", one)
        self.assertEqual(self.cache.list_tags_for_resource(ResourceName=one["ARN"])["TagList"], TAGS)
        (shard,) = one["NodeGroups"]
        self.assertRegex(shard["PrimaryEndpoint"]["Address"], r"^master\.redis\.\w{6}\.use1\.cache\.amazonaws\.com$")
        self.assertRegex(shard["ReaderEndpoint"]["Address"], r"^replica\.redis\.")
        self.assertEqual(shard["PrimaryEndpoint"]["Port"], 6380)
        self.assertEqual(
            [
                (node["CacheClusterId"], node["CurrentRole"], node["PreferredAvailabilityZone"])
                for node in shard["NodeGroupMembers"]
            ],
            [
                ("redis-001", "primary", "us-east-1a"),
                ("redis-002", "replica", "us-east-1b"),
                ("redis-003", "replica", "us-east-1a"),
            ],
        )
        cluster = self.cluster("redis-002")
        expected = {
            "CacheClusterStatus": "available",
            "ReplicationGroupId": "redis",
            "EngineVersion": "7.1.0",
            "CacheSubnetGroupName": "data",
            "PreferredMaintenanceWindow": "mon:05:00-mon:06:00",
            "SnapshotRetentionLimit": 5,
            "AuthTokenEnabled": True,
            "TransitEncryptionEnabled": True,
            "AtRestEncryptionEnabled": True,
            "AutoMinorVersionUpgrade": False,
            "SecurityGroups": [{"SecurityGroupId": self.sg, "Status": "active"}],
            "PendingModifiedValues": {},
            "CacheParameterGroup": {
                "CacheParameterGroupName": "own",
                "ParameterApplyStatus": "in-sync",
                "CacheNodeIdsToReboot": [],
            },
        }
        self.assertEqual({name: cluster.get(name) for name in expected}, expected)
        self.assertEqual(cluster["CacheNodes"][0]["Endpoint"]["Port"], 6380)
        self.assertEqual(len(self.cache.describe_cache_clusters()["CacheClusters"]), 3)
        alone = self.cache.describe_cache_clusters(ShowCacheClustersNotInReplicationGroups=True)
        self.assertEqual(alone["CacheClusters"], [])

    def test_defaults(self):
        self.create(EngineVersion=None, NumCacheClusters=None, Engine="valkey")
        one = self.describe()
        self.assertEqual((one["Engine"], one["AutomaticFailover"], one["MultiAZ"]), ("valkey", "disabled", "disabled"))
        self.assertEqual(one["MemberClusters"], ["redis-001"])
        self.assertRegex(one["NodeGroups"][0]["PrimaryEndpoint"]["Address"], r"^redis\.\w{6}\.ng\.0001\.use1\.")
        cluster = self.cluster()
        self.assertEqual(cluster["EngineVersion"], "8.1.0")
        self.assertEqual(cluster["CacheParameterGroup"]["CacheParameterGroupName"], "default.valkey8")
        self.assertEqual(short_region("ap-southeast-2"), "apse2")

    def test_cluster_mode(self):
        self.create(
            NumCacheClusters=None,
            NumNodeGroups=2,
            ReplicasPerNodeGroup=1,
            AutomaticFailoverEnabled=True,
            CacheParameterGroupName="default.redis7.cluster.on",
        )
        one = self.describe()
        self.assertTrue(one["ClusterEnabled"])
        self.assertEqual([shard["Slots"] for shard in one["NodeGroups"]], ["0-8191", "8192-16383"])
        self.assertEqual(one["MemberClusters"][0], "redis-0001-001")
        self.assertIn("ConfigurationEndpoint", one)

    def test_invalid_requests_are_refused(self):
        self.parameter_group("old", "redis6.x")
        other = self.group(self.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"], "other")
        tls = {"TransitEncryptionEnabled": True}
        for code, requested in [
            ("InvalidParameterValue", {"CacheNodeType": "cache.huge"}),
            ("InvalidParameterValue", {"CacheNodeType": "db.t4g.micro"}),
            ("InvalidParameterValue", {"CacheNodeType": None}),
            ("InvalidParameterCombination", {"EngineVersion": "7.9"}),
            ("InvalidParameterCombination", {"Engine": "valkey", "EngineVersion": "7.1"}),
            ("InvalidParameterValue", {"EngineVersion": "7.1.0"}),
            ("InvalidParameterValue", {"Engine": "mongo"}),
            ("InvalidParameterValue", {"NumCacheClusters": 7}),
            ("InvalidParameterValue", {"NumCacheClusters": 1, "AutomaticFailoverEnabled": True}),
            ("InvalidParameterCombination", {"MultiAZEnabled": True}),
            ("InvalidParameterCombination", {"AuthToken": TOKEN}),
            ("InvalidParameterValue", {"AuthToken": "short", **tls}),
            ("InvalidParameterValue", {"AuthToken": "x" * 129, **tls}),
            ("InvalidParameterValue", {"AuthToken": "a-token@of-sixteen", **tls}),
            ("InvalidParameterValue", {"AuthToken": "a token of sixteen", **tls}),
            ("InvalidParameterCombination", {"TransitEncryptionMode": "preferred"}),
            ("InvalidParameterCombination", {"KmsKeyId": "some"}),
            ("CacheSubnetGroupNotFoundFault", {"CacheSubnetGroupName": "none"}),
            ("CacheParameterGroupNotFound", {"CacheParameterGroupName": "none"}),
            ("InvalidParameterCombination", {"CacheParameterGroupName": "old"}),
            ("InvalidParameterValue", {"SecurityGroupIds": ["sg-0123456789abcdef0"]}),
            ("InvalidParameterCombination", {"SecurityGroupIds": [other]}),
            ("InvalidParameterValue", {"SnapshotWindow": "03:00-03:30"}),
            ("InvalidParameterValue", {"PreferredMaintenanceWindow": "someday"}),
            ("InvalidParameterValue", {"SnapshotRetentionLimit": 36}),
            ("SnapshotNotFoundFault", {"SnapshotName": "none"}),
            ("InvalidParameterValue", {"name": "two--hyphens"}),
        ]:
            with self.subTest(requested), self.refused(code):
                self.create(**requested)
        self.assertEqual(self.cache.describe_replication_groups()["ReplicationGroups"], [])
        self.create()
        with self.refused("ReplicationGroupAlreadyExists"):
            self.create()
        with self.refused("ReplicationGroupNotFoundFault"):
            self.describe("none")


class TagsAndEvents(Cache):
    def test_tags(self):
        self.create()
        self.cache.create_snapshot(SnapshotName="snap", CacheClusterId="redis-001")
        (subnets,) = self.cache.describe_cache_subnet_groups()["CacheSubnetGroups"]
        (snapshot,) = self.cache.describe_snapshots()["Snapshots"]
        for arn in (
            self.describe()["ARN"],
            self.cluster()["ARN"],
            snapshot["ARN"],
            subnets["ARN"],
            self.parameter_group()["ARN"],
        ):
            with self.subTest(arn):
                other = [{"Key": "c", "Value": "d"}]
                found = self.cache.add_tags_to_resource(ResourceName=arn, Tags=TAGS + other)["TagList"]
                self.assertEqual(found, TAGS + other)
                self.assertEqual(
                    self.cache.remove_tags_from_resource(ResourceName=arn, TagKeys=["a"])["TagList"], other
                )
                self.assertEqual(self.cache.list_tags_for_resource(ResourceName=arn)["TagList"], other)
                with self.refused("TagNotFound"):
                    self.cache.remove_tags_from_resource(ResourceName=arn, TagKeys=["a"])
        with self.refused("ReplicationGroupNotFoundFault"):
            self.cache.list_tags_for_resource(
                ResourceName="arn:aws:elasticache:us-east-1:123456789012:replicationgroup:none"
            )
        with self.refused("InvalidARN"):
            self.cache.list_tags_for_resource(ResourceName="none")

    def test_interfaces_keep_security_groups_and_subnets_in_use(self):
        self.create()
        found = self.ec2.describe_network_interfaces(Filters=[{"Name": "group-id", "Values": [self.sg]}])
        self.assertEqual(
            sorted(one["Description"] for one in found["NetworkInterfaces"]),
            ["ElastiCache redis-001", "ElastiCache redis-002"],
        )
        for call in (
            lambda: self.ec2.delete_security_group(GroupId=self.sg),
            lambda: self.ec2.delete_subnet(SubnetId=self.subnets[0]),
        ):
            with self.refused("DependencyViolation"):
                call()
        self.cache.delete_replication_group(ReplicationGroupId="redis")
        self.ec2.delete_security_group(GroupId=self.sg)
        self.ec2.delete_subnet(SubnetId=self.subnets[0])

    def test_events(self):
        self.create()
        found = self.cache.describe_events(SourceType="replication-group", SourceIdentifier="redis")["Events"]
        self.assertEqual([one["Message"] for one in found], ["Replication group created"])
