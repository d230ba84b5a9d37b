"""A network and a replication group, for the tests of ElastiCache."""

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
        created = self.ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=f"us-east-1{zone}")
        return created["Subnet"]["SubnetId"]

    def subnet_group(self, name, subnets, **more):
        return self.cache.create_cache_subnet_group(
            CacheSubnetGroupName=name, CacheSubnetGroupDescription=name, SubnetIds=subnets, **more
        )["CacheSubnetGroup"]

    def create(self, name="redis", **more):
        requested = {
            "Engine": "redis",
            "EngineVersion": "7.1",
            "CacheNodeType": "cache.t4g.micro",
            "NumCacheClusters": 2,
            "CacheSubnetGroupName": "data",
            "SecurityGroupIds": [self.sg],
            **more,
        }
        requested = {key: value for key, value in requested.items() if value is not None}
        return self.cache.create_replication_group(
            ReplicationGroupId=name, ReplicationGroupDescription=name, **requested
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
