"""What is added to ElastiCache."""

from moto.moto_api import state_manager

from aws_local.elasticache_replication_groups import MODEL, short_region
from aws_local.tests.case import Case, client

TOKEN = "a-token-of-sixteen"
TAGS = [{"Key": "a", "Value": "b"}]


class Cache(Case):
    @classmethod
    def setUpClass(cls):
        cls.cache = client("elasticache")

    def setUp(self):
        super().setUp()
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [self.subnet(self.vpc, f"10.0.{at}.0/24", zone) for at, zone in enumerate("ab")]
        self.subnet_group("data", self.subnets)
        self.sg = self.group(self.vpc, "cache")

    def subnet(self, vpc, block, zone):
        made = self.ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=f"us-east-1{zone}")
        return made["Subnet"]["SubnetId"]

    def subnet_group(self, name, subnets, **more):
        return self.cache.create_cache_subnet_group(
            CacheSubnetGroupName=name, CacheSubnetGroupDescription=name, SubnetIds=subnets, **more
        )["CacheSubnetGroup"]

    def create(self, name="redis", **more):
        asked = {
            "Engine": "redis",
            "EngineVersion": "7.1",
            "CacheNodeType": "cache.t4g.micro",
            "NumCacheClusters": 2,
            "CacheSubnetGroupName": "data",
            "SecurityGroupIds": [self.sg],
            **more,
        }
        asked = {key: value for key, value in asked.items() if value is not None}
        return self.cache.create_replication_group(
            ReplicationGroupId=name, ReplicationGroupDescription=name, **asked
        )["ReplicationGroup"]

    def describe(self, name="redis"):
        return self.cache.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"][0]

    def cluster(self, name="redis-001"):
        return self.cache.describe_cache_clusters(CacheClusterId=name, ShowCacheNodeInfo=True)["CacheClusters"][0]

    def modify(self, now=False, name="redis", **changes):
        return self.cache.modify_replication_group(ReplicationGroupId=name, ApplyImmediately=now, **changes)[
            "ReplicationGroup"
        ]

    def parameter_group(self, name="own", family="redis7", **more):
        return self.cache.create_cache_parameter_group(
            CacheParameterGroupName=name, CacheParameterGroupFamily=family, Description=name, **more
        )["CacheParameterGroup"]

    def set(self, parameter, value, group="own"):
        self.cache.modify_cache_parameter_group(
            CacheParameterGroupName=group,
            ParameterNameValues=[{"ParameterName": parameter, "ParameterValue": value}],
        )


class EngineVersions(Cache):
    def names(self, **asked):
        found = self.cache.describe_cache_engine_versions(**asked)["CacheEngineVersions"]
        return [(one["Engine"], one["EngineVersion"], one["CacheParameterGroupFamily"]) for one in found]

    def test_versions(self):
        self.assertIn(("redis", "7.1", "redis7"), self.names())
        self.assertEqual(self.names(Engine="valkey", DefaultOnly=True), [("valkey", "8.1", "valkey8")])
        self.assertEqual(self.names(CacheParameterGroupFamily="valkey7"), [("valkey", "7.2", "valkey7")])
        self.assertEqual(self.cache.describe_service_updates()["ServiceUpdates"], [])
        self.assertEqual(self.cache.describe_update_actions()["UpdateActions"], [])


class ParameterGroups(Cache):
    def parameters(self, group="own", **asked):
        pages = self.cache.get_paginator("describe_cache_parameters").paginate(CacheParameterGroupName=group, **asked)
        return {one["ParameterName"]: one for page in pages for one in page["Parameters"]}

    def test_setting_and_resetting(self):
        made = self.parameter_group(Tags=TAGS)
        self.assertEqual(made["CacheParameterGroupFamily"], "redis7")
        self.set("maxmemory-policy", "allkeys-lru")
        self.set("notify-keyspace-events", "KEA")
        self.set("timeout", "30")
        found = self.parameters(Source="user")
        self.assertEqual(sorted(found), ["maxmemory-policy", "notify-keyspace-events", "timeout"])
        one = found["maxmemory-policy"]
        self.assertEqual((one["ParameterValue"], one["ChangeType"]), ("allkeys-lru", "immediate"))
        self.assertIn("noeviction", one["AllowedValues"])
        self.assertGreater(len(self.parameters()), 50)
        self.cache.reset_cache_parameter_group(
            CacheParameterGroupName="own", ParameterNameValues=[{"ParameterName": "timeout"}]
        )
        self.assertEqual(self.parameters()["timeout"]["Source"], "system")
        self.cache.reset_cache_parameter_group(CacheParameterGroupName="own", ResetAllParameters=True)
        self.assertEqual(self.parameters(Source="user"), {})
        self.assertEqual(self.cache.list_tags_for_resource(ResourceName=made["ARN"])["TagList"], TAGS)

    def test_what_is_refused(self):
        self.parameter_group()
        for asked in [
            ("nonsense", "1"),
            ("maxmemory-policy", "some"),
            ("timeout", "10"),
            ("timeout", "soon"),
            ("notify-keyspace-events", "?"),
            ("appendonly", "yes"),
            ("timeout", "30", "default.redis7"),
        ]:
            with self.subTest(asked), self.refused("InvalidParameterValue"):
                self.set(*asked)
        with self.refused("CacheParameterGroupNotFound"):
            self.set("timeout", "30", "none")
        with self.refused("CacheParameterGroupAlreadyExists"):
            self.parameter_group()
        with self.refused("InvalidParameterValue"):
            self.parameter_group("other", "redis99")
        with self.refused("CacheParameterGroupNotFound"):
            self.cache.describe_cache_parameter_groups(CacheParameterGroupName="none")

    def test_default_ones_are_there(self):
        for name in ("default.redis7", "default.valkey8", "default.redis7.cluster.on"):
            (group,) = self.cache.describe_cache_parameter_groups(CacheParameterGroupName=name)["CacheParameterGroups"]
            self.assertTrue(name.startswith(f"default.{group['CacheParameterGroupFamily']}"))
        self.assertEqual(self.parameters("default.redis7.cluster.on")["cluster-enabled"]["ParameterValue"], "yes")
        self.assertIn("hash-max-ziplist-entries", self.parameters("default.redis6.x"))

    def test_one_in_use_stays(self):
        self.parameter_group()
        self.create(CacheParameterGroupName="own")
        with self.refused("InvalidCacheParameterGroupState"):
            self.cache.delete_cache_parameter_group(CacheParameterGroupName="own")
        self.cache.delete_replication_group(ReplicationGroupId="redis")
        self.cache.delete_cache_parameter_group(CacheParameterGroupName="own")

    def test_what_needs_a_reboot(self):
        self.parameter_group()
        self.create(CacheParameterGroupName="own")
        self.set("timeout", "30")
        self.assertEqual(self.cluster()["CacheParameterGroup"]["ParameterApplyStatus"], "in-sync")
        self.set("databases", "32")
        found = self.cluster()["CacheParameterGroup"]
        self.assertEqual((found["ParameterApplyStatus"], found["CacheNodeIdsToReboot"]), ("pending-reboot", ["0001"]))
        self.cache.reboot_cache_cluster(CacheClusterId="redis-001", CacheNodeIdsToReboot=["0001"])
        self.assertEqual(self.cluster()["CacheParameterGroup"]["ParameterApplyStatus"], "in-sync")
        self.assertEqual(self.cluster("redis-002")["CacheParameterGroup"]["ParameterApplyStatus"], "pending-reboot")


class SubnetGroups(Cache):
    def test_changed_and_deleted(self):
        third = self.subnet(self.vpc, "10.0.9.0/24", "c")
        self.cache.modify_cache_subnet_group(
            CacheSubnetGroupName="data", SubnetIds=[*self.subnets, third], CacheSubnetGroupDescription="more"
        )
        (group,) = self.cache.describe_cache_subnet_groups(CacheSubnetGroupName="data")["CacheSubnetGroups"]
        self.assertEqual([one["SubnetIdentifier"] for one in group["Subnets"]], [*self.subnets, third])
        self.assertEqual(group["Subnets"][0]["SubnetAvailabilityZone"], {"Name": "us-east-1a"})
        self.assertEqual((group["VpcId"], group["CacheSubnetGroupDescription"]), (self.vpc, "more"))
        self.create()
        with self.refused("CacheSubnetGroupInUse"):
            self.cache.delete_cache_subnet_group(CacheSubnetGroupName="data")
        with self.refused("SubnetInUse"):
            self.cache.modify_cache_subnet_group(CacheSubnetGroupName="data", SubnetIds=[third])
        self.cache.delete_replication_group(ReplicationGroupId="redis")
        self.cache.delete_cache_subnet_group(CacheSubnetGroupName="data")
        with self.refused("CacheSubnetGroupNotFoundFault"):
            self.cache.delete_cache_subnet_group(CacheSubnetGroupName="data")

    def test_what_is_refused(self):
        with self.refused("InvalidSubnet"):
            self.subnet_group("other", ["subnet-0123456789abcdef0"])
        with self.refused("CacheSubnetGroupAlreadyExists"):
            self.subnet_group("data", self.subnets)


class Create(Cache):
    def test_what_is_asked_for_is_told(self):
        self.parameter_group()
        made = self.create(
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
        self.assertEqual((made["Status"], made["NodeGroups"]), ("creating", []))
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

    def test_what_is_refused(self):
        self.parameter_group("old", "redis6.x")
        other = self.group(self.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"], "other")
        tls = {"TransitEncryptionEnabled": True}
        for code, asked in [
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
            with self.subTest(asked), self.refused(code):
                self.create(**asked)
        self.assertEqual(self.cache.describe_replication_groups()["ReplicationGroups"], [])
        self.create()
        with self.refused("ReplicationGroupAlreadyExists"):
            self.create()
        with self.refused("ReplicationGroupNotFoundFault"):
            self.describe("none")


class Modify(Cache):
    def test_some_changes_wait(self):
        self.create(EngineVersion="7.0")
        asked = {"CacheNodeType": "cache.t4g.small", "EngineVersion": "7.1"}
        self.modify(**asked)
        self.assertEqual(self.cluster()["PendingModifiedValues"], asked)
        self.assertEqual(self.cluster()["EngineVersion"], "7.0.7")
        self.assertEqual(self.describe()["CacheNodeType"], "cache.t4g.micro")
        made = self.modify(now=True)
        self.assertEqual(made["Status"], "modifying")
        one = self.cluster()
        self.assertEqual((one["EngineVersion"], one["CacheNodeType"]), ("7.1.0", "cache.t4g.small"))
        self.assertEqual((one["PendingModifiedValues"], self.describe()["Status"]), ({}, "available"))

    def test_a_change_back_takes_a_waiting_one_away(self):
        self.create()
        self.modify(CacheNodeType="cache.t4g.small", AutomaticFailoverEnabled=True)
        self.assertEqual(self.describe()["PendingModifiedValues"], {"AutomaticFailoverStatus": "enabled"})
        self.modify(CacheNodeType="cache.t4g.micro", AutomaticFailoverEnabled=False)
        self.assertEqual(self.describe()["PendingModifiedValues"], {})
        self.assertEqual(self.cluster()["PendingModifiedValues"], {})

    def test_others_never_wait(self):
        self.create()
        self.parameter_group()
        group = self.group(self.vpc, "other")
        made = self.modify(
            ReplicationGroupDescription="new",
            SecurityGroupIds=[group],
            PreferredMaintenanceWindow="tue:01:00-tue:02:00",
            SnapshotWindow="09:00-10:00",
            SnapshotRetentionLimit=3,
            AutoMinorVersionUpgrade=False,
            CacheParameterGroupName="own",
        )
        self.assertEqual((made["Status"], made["PendingModifiedValues"]), ("available", {}))
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

    def test_an_own_parameter_group_needs_another(self):
        self.parameter_group("old", "redis6.x")
        self.parameter_group("new", "redis7")
        self.create(EngineVersion="6.2", CacheParameterGroupName="old")
        with self.refused("InvalidParameterCombination"):
            self.modify(EngineVersion="7.1")
        self.modify(EngineVersion="7.1", CacheParameterGroupName="new")
        self.assertEqual(self.cluster()["CacheParameterGroup"]["CacheParameterGroupName"], "old")
        self.modify(now=True)
        self.assertEqual(self.cluster()["CacheParameterGroup"]["CacheParameterGroupName"], "new")

    def test_tokens(self):
        self.create(TransitEncryptionEnabled=True, AuthToken=TOKEN)
        before = self.describe()["AuthTokenLastModifiedDate"]
        other = {"AuthToken": "another-token-of-more", "AuthTokenUpdateStrategy": "ROTATE"}
        made = self.modify(now=True, **other)
        self.assertEqual(made["PendingModifiedValues"], {"AuthTokenStatus": "ROTATING"})
        self.assertEqual(self.describe()["PendingModifiedValues"], {})
        self.assertGreater(self.describe()["AuthTokenLastModifiedDate"], before)
        made = self.modify(now=True, **{**other, "AuthTokenUpdateStrategy": "SET"})
        self.assertEqual(made["PendingModifiedValues"], {"AuthTokenStatus": "SETTING"})
        self.modify(**other)
        self.assertEqual(self.cluster()["PendingModifiedValues"], {"AuthTokenStatus": "ROTATING"})
        for code, asked in [
            ("InvalidParameterValue", {"AuthToken": "short"}),
            ("InvalidParameterCombination", {"AuthTokenUpdateStrategy": "SET"}),
            ("InvalidParameterCombination", {"AuthTokenUpdateStrategy": "DELETE"}),
            ("InvalidParameterValue", {"AuthToken": TOKEN, "AuthTokenUpdateStrategy": "SWAP"}),
        ]:
            with self.subTest(asked), self.refused(code):
                self.modify(**asked)
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

    def test_what_is_refused(self):
        self.create(NumCacheClusters=1)
        for code, asked in [
            ("InvalidParameterValue", {"CacheNodeType": "cache.huge"}),
            ("InvalidParameterValue", {"AutomaticFailoverEnabled": True}),
            ("InvalidParameterCombination", {"MultiAZEnabled": True}),
            ("CacheParameterGroupNotFound", {"CacheParameterGroupName": "none"}),
            ("InvalidParameterCombination", {"CacheParameterGroupName": "default.redis6.x"}),
            ("InvalidParameterValue", {"SnapshotWindow": "never"}),
            ("CacheClusterNotFound", {"SnapshottingClusterId": "none"}),
            ("InvalidParameterValue", {"SecurityGroupIds": ["sg-0123456789abcdef0"]}),
        ]:
            with self.subTest(asked), self.refused(code):
                self.modify(**asked)
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
        asked = {"ReplicationGroupId": "redis", "NewReplicaCount": count, "ApplyImmediately": True, **more}
        return getattr(self.cache, f"{how}_replica_count")(**asked)["ReplicationGroup"]

    def test_more_and_fewer(self):
        self.create(Tags=TAGS, SnapshotRetentionLimit=1)
        made = self.change("increase", 3)
        self.assertEqual(made["Status"], "modifying")
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

    def test_what_is_refused(self):
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


class Snapshots(Cache):
    def names(self, **asked):
        return [one["SnapshotName"] for one in self.cache.describe_snapshots(**asked)["Snapshots"]]

    def test_made_copied_and_deleted(self):
        self.create()
        made = self.cache.create_snapshot(SnapshotName="snap", ReplicationGroupId="redis", Tags=TAGS)["Snapshot"]
        self.assertEqual(made["SnapshotStatus"], "creating")
        (one,) = self.cache.describe_snapshots(SnapshotName="snap")["Snapshots"]
        self.assertEqual((one["SnapshotStatus"], one["SnapshotSource"]), ("available", "manual"))
        self.assertEqual((one["EngineVersion"], one["VpcId"], one["NumNodeGroups"]), ("7.1.0", self.vpc, 1))
        self.assertEqual(len(one["NodeSnapshots"]), 1)
        self.assertEqual(self.cache.list_tags_for_resource(ResourceName=one["ARN"])["TagList"], TAGS)
        self.assertEqual(self.names(ReplicationGroupId="redis"), ["snap"])
        self.assertEqual(self.names(SnapshotSource="user"), ["snap"])
        self.assertEqual(self.names(SnapshotSource="system"), [])
        self.cache.copy_snapshot(SourceSnapshotName="snap", TargetSnapshotName="other")
        with self.refused("SnapshotAlreadyExistsFault"):
            self.cache.create_snapshot(SnapshotName="snap", ReplicationGroupId="redis")
        self.cache.delete_snapshot(SnapshotName="snap")
        self.assertEqual(self.names(), ["other"])
        with self.refused("SnapshotNotFoundFault"):
            self.cache.delete_snapshot(SnapshotName="snap")

    def test_the_last_one(self):
        self.create()
        self.cache.create_snapshot(SnapshotName="snap", ReplicationGroupId="redis")
        with self.refused("SnapshotAlreadyExistsFault"):
            self.cache.delete_replication_group(ReplicationGroupId="redis", FinalSnapshotIdentifier="snap")
        gone = self.cache.delete_replication_group(ReplicationGroupId="redis", FinalSnapshotIdentifier="last")
        self.assertEqual(gone["ReplicationGroup"]["Status"], "deleting")
        with self.refused("ReplicationGroupNotFoundFault"):
            self.describe()
        with self.refused("CacheClusterNotFound"):
            self.cluster()
        self.assertEqual(self.names(ReplicationGroupId="redis"), ["snap", "last"])
        self.create(SnapshotName="last", EngineVersion=None)
        self.assertEqual(self.cluster()["EngineVersion"], "7.1.0")


class TagsAndEvents(Cache):
    def test_tags(self):
        self.create()
        self.cache.create_snapshot(SnapshotName="snap", ReplicationGroupId="redis")
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

    def test_its_interfaces_hold_its_groups_and_subnets(self):
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
