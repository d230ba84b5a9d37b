"""The additions to log groups."""

import json

from aws_local.tests.case import Case, client

ARN = "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/shop"


class Groups(Case):
    @classmethod
    def setUpClass(cls):
        cls.logs = client("logs")

    def create(self, name="/ecs/shop", **more):
        self.logs.create_log_group(logGroupName=name, **more)

    def described(self, **requested):
        return self.logs.describe_log_groups(**requested)["logGroups"]

    def names(self, **requested):
        return [one["logGroupName"] for one in self.described(**requested)]

    def key(self, *principals):
        groups = "arn:aws:logs:*:123456789012:log-group:/ecs/*"
        allowed = {
            "Effect": "Allow",
            "Principal": {"Service": list(principals)},
            "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
            "Resource": "*",
            "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
        }
        root = {"AWS": "arn:aws:iam::123456789012:root"}
        own = {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [own, allowed] if principals else [own]})
        return client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]

    def test_a_group_is_described_in_full(self):
        self.create(logGroupClass="INFREQUENT_ACCESS", tags={"a": "1"})
        (found,) = self.described()
        self.assertGreater(found.pop("creationTime"), 1_600_000_000_000)
        wanted = {
            "logGroupName": "/ecs/shop",
            "arn": f"{ARN}:*",
            "logGroupArn": ARN,
            "logGroupClass": "INFREQUENT_ACCESS",
            "metricFilterCount": 0,
            "storedBytes": 0,
            "deletionProtectionEnabled": False,
        }
        self.assertEqual(found, wanted)
        with self.refused("ResourceAlreadyExistsException"):
            self.create()
        transformation = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
        self.logs.put_metric_filter(
            logGroupName="/ecs/shop", filterName="f", filterPattern="x", metricTransformations=[transformation]
        )
        self.assertEqual(self.described()[0]["metricFilterCount"], 1)

    def test_invalid_groups_are_refused(self):
        for more in ({"name": "a b"}, {"name": "aws/x"}, {"logGroupClass": "no"}, {"tags": {"aws:a": "1"}}):
            with self.refused("InvalidParameterException"):
                self.create(**more)
        with self.refused("InvalidParameterException"):
            self.create(kmsKeyId="arn:aws:kms:us-east-1:123456789012:key/no")
        self.assertEqual(self.described(), [])

    def test_groups_are_found(self):
        for name in ("/ecs/shop", "/ecs/shop-two", "/rds/shop"):
            self.create(name)
        self.create("rare", logGroupClass="INFREQUENT_ACCESS")
        self.assertEqual(self.names(logGroupNamePrefix="/ecs/shop"), ["/ecs/shop", "/ecs/shop-two"])
        self.assertEqual(self.names(logGroupNamePattern="shop"), ["/ecs/shop", "/ecs/shop-two", "/rds/shop"])
        self.assertEqual(self.names(logGroupIdentifiers=[ARN, "/rds/shop", "no"]), ["/ecs/shop", "/rds/shop"])
        self.assertEqual(self.names(logGroupClass="INFREQUENT_ACCESS"), ["rare"])
        with self.refused("InvalidParameterException"):
            self.names(logGroupNamePrefix="a", logGroupNamePattern="bcd")
        pages = self.logs.get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 3})
        self.assertEqual([len(page["logGroups"]) for page in pages], [3, 1])

    def test_retention_must_be_an_allowed_value(self):
        self.create()
        self.logs.put_retention_policy(logGroupName="/ecs/shop", retentionInDays=30)
        self.assertEqual(self.described()[0]["retentionInDays"], 30)
        with self.refused("InvalidParameterException"):
            self.logs.put_retention_policy(logGroupName="/ecs/shop", retentionInDays=31)
        self.logs.delete_retention_policy(logGroupName="/ecs/shop")
        self.assertNotIn("retentionInDays", self.described()[0])
        with self.refused("ResourceNotFoundException"):
            self.logs.put_retention_policy(logGroupName="no", retentionInDays=30)
        with self.refused("ResourceNotFoundException"):
            self.logs.delete_retention_policy(logGroupName="no")

    def test_a_key_policy_must_allow_cloudwatch_logs(self):
        key = self.key("logs.us-east-1.amazonaws.com")
        self.create(kmsKeyId=key)
        self.assertEqual(self.described()[0]["kmsKeyId"], key)
        self.logs.disassociate_kms_key(logGroupName="/ecs/shop")
        self.assertNotIn("kmsKeyId", self.described()[0])
        self.logs.associate_kms_key(resourceIdentifier=ARN, kmsKeyId=key)
        self.assertEqual(self.described()[0]["kmsKeyId"], key)
        for other in (self.key(), self.key("logs.eu-west-1.amazonaws.com")):
            with self.refused("InvalidParameterException"):
                self.logs.associate_kms_key(logGroupName="/ecs/shop", kmsKeyId=other)
        with self.refused("InvalidParameterException"):
            # The key may be used only for groups below /ecs.
            self.create("/rds/shop", kmsKeyId=key)
        with self.refused("ResourceNotFoundException"):
            self.logs.associate_kms_key(logGroupName="no", kmsKeyId=key)

    def test_tags_are_deleted_with_their_group(self):
        self.create(tags={"a": "1"})
        self.logs.tag_resource(resourceArn=ARN, tags={"a": "2", "b": "3"})
        self.logs.untag_resource(resourceArn=ARN, tagKeys=["b"])
        self.assertEqual(self.logs.list_tags_for_resource(resourceArn=ARN)["tags"], {"a": "2"})
        with self.refused("InvalidParameterException"):
            self.logs.list_tags_for_resource(resourceArn=f"{ARN}:*")
        with self.refused("TooManyTagsException"):
            self.logs.tag_resource(resourceArn=ARN, tags={str(number): "" for number in range(50)})
        self.logs.delete_log_group(logGroupName="/ecs/shop")
        with self.refused("ResourceNotFoundException"):
            self.logs.tag_resource(resourceArn=ARN, tags={"a": "2"})
        self.create()
        self.assertEqual(self.logs.list_tags_for_resource(resourceArn=ARN)["tags"], {})
