"""Engine versions, parameter groups and subnet groups."""

from aws_local.tests.elasticache.case import TAGS, Cache


class EngineVersions(Cache):
    def names(self, **requested):
        found = self.cache.describe_cache_engine_versions(**requested)["CacheEngineVersions"]
        return [(one["Engine"], one["EngineVersion"], one["CacheParameterGroupFamily"]) for one in found]

    def test_versions_are_listed(self):
        self.assertIn(("redis", "7.1", "redis7"), self.names())
        self.assertEqual(self.names(Engine="valkey", DefaultOnly=True), [("valkey", "8.1", "valkey8")])
        self.assertEqual(self.names(CacheParameterGroupFamily="valkey7"), [("valkey", "7.2", "valkey7")])
        self.assertEqual(self.cache.describe_service_updates()["ServiceUpdates"], [])
        self.assertEqual(self.cache.describe_update_actions()["UpdateActions"], [])


class ParameterGroups(Cache):
    def parameters(self, group="own", **requested):
        pages = self.cache.get_paginator("describe_cache_parameters").paginate(
            CacheParameterGroupName=group, **requested
        )
        return {one["ParameterName"]: one for page in pages for one in page["Parameters"]}

    def test_setting_and_resetting(self):
        created = self.parameter_group(Tags=TAGS)
        self.assertEqual(created["CacheParameterGroupFamily"], "redis7")
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
        self.assertEqual(self.cache.list_tags_for_resource(ResourceName=created["ARN"])["TagList"], TAGS)

    def test_invalid_requests_are_refused(self):
        self.parameter_group()
        for requested in [
            ("nonsense", "1"),
            ("maxmemory-policy", "some"),
            ("timeout", "10"),
            ("timeout", "soon"),
            ("notify-keyspace-events", "?"),
            ("appendonly", "yes"),
            ("timeout", "30", "default.redis7"),
        ]:
            with self.subTest(requested), self.refused("InvalidParameterValue"):
                self.set(*requested)
        with self.refused("CacheParameterGroupNotFound"):
            self.set("timeout", "30", "none")
        with self.refused("CacheParameterGroupAlreadyExists"):
            self.parameter_group()
        with self.refused("InvalidParameterValue"):
            self.parameter_group("other", "redis99")
        with self.refused("CacheParameterGroupNotFound"):
            self.cache.describe_cache_parameter_groups(CacheParameterGroupName="none")

    def test_default_groups_exist(self):
        for name in ("default.redis7", "default.valkey8", "default.redis7.cluster.on"):
            (group,) = self.cache.describe_cache_parameter_groups(CacheParameterGroupName=name)["CacheParameterGroups"]
            self.assertTrue(name.startswith(f"default.{group['CacheParameterGroupFamily']}"))
        self.assertEqual(self.parameters("default.redis7.cluster.on")["cluster-enabled"]["ParameterValue"], "yes")
        self.assertIn("hash-max-ziplist-entries", self.parameters("default.redis6.x"))

    def test_one_in_use_cannot_be_deleted(self):
        self.parameter_group()
        self.create(CacheParameterGroupName="own")
        with self.refused("InvalidCacheParameterGroupState"):
            self.cache.delete_cache_parameter_group(CacheParameterGroupName="own")
        self.cache.delete_replication_group(ReplicationGroupId="redis")
        self.cache.delete_cache_parameter_group(CacheParameterGroupName="own")

    def test_changes_that_need_a_reboot(self):
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

    def test_invalid_requests_are_refused(self):
        with self.refused("InvalidSubnet"):
            self.subnet_group("other", ["subnet-0123456789abcdef0"])
        with self.refused("CacheSubnetGroupAlreadyExists"):
            self.subnet_group("data", self.subnets)
