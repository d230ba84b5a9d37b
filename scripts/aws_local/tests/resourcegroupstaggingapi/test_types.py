"""GetResources with AWS's names of resource types."""

from aws_local.tests.case import client
from aws_local.tests.ecs.case import EcsCase

TAGS = [{"Key": "Project", "Value": "shop"}]
CACHE = {"Engine": "redis", "EngineVersion": "7.1", "CacheNodeType": "cache.t4g.micro", "NumCacheClusters": 1}


class Types(EcsCase):
    def setUp(self):
        super().setUp()
        self.tagging = client("resourcegroupstaggingapi")

    def resources(self, *types):
        found = self.tagging.get_resources(
            TagFilters=[{"Key": "Project", "Values": ["shop"]}], ResourceTypeFilters=list(types)
        )
        return [one["ResourceARN"] for one in found["ResourceTagMappingList"]]

    def test_each_type_by_the_name_that_aws_has(self):
        self.assertEqual(self.resources("ec2:vpc", "s3:bucket"), [])
        vpc = self.ec2.create_vpc(
            CidrBlock="10.9.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": TAGS}]
        )["Vpc"]["VpcId"]
        self.assertTrue(self.resources("ec2:vpc")[0].endswith(vpc))
        self.register()
        service = self.create(tags=[{"key": "Project", "value": "shop"}])["serviceArn"]
        self.assertEqual(self.resources("ecs:service"), [service])
        cache = client("elasticache")
        cache.create_cache_subnet_group(
            CacheSubnetGroupName="data", CacheSubnetGroupDescription="data", SubnetIds=self.subnets
        )
        group = cache.create_replication_group(
            ReplicationGroupId="redis",
            ReplicationGroupDescription="redis",
            CacheSubnetGroupName="data",
            SecurityGroupIds=[self.sg],
            Tags=TAGS,
            **CACHE,
        )["ReplicationGroup"]["ARN"]
        self.assertEqual(self.resources("elasticache:replicationgroup"), [group])
        self.s3.create_bucket(Bucket="sessions")
        self.s3.put_bucket_tagging(Bucket="sessions", Tagging={"TagSet": TAGS})
        self.assertEqual(self.resources("s3:bucket"), ["arn:aws:s3:::sessions"])

    def test_a_name_that_aws_does_not_have_is_refused(self):
        with self.refused("InvalidParameterException"):
            self.resources("elasticache:replication-group")
        with self.refused("InvalidParameterException"):
            self.resources("EC2 vpc")
