"""The additions to S3."""

import datetime
import json

from aws_local.tests.case import Case, client


def policy(condition):
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"],
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **condition}]})


class Policies(Case):
    def setUp(self):
        super().setUp()
        self.s3.create_bucket(Bucket="bucket")

    def test_a_deny_with_a_false_condition_does_not_apply(self):
        insecure = policy({"Condition": {"Bool": {"aws:SecureTransport": "false"}}})
        self.s3.put_bucket_policy(Bucket="bucket", Policy=insecure)
        self.s3.put_object(Bucket="bucket", Key="a", Body=b"1")
        self.s3.put_bucket_policy(Bucket="bucket", Policy=policy({}))
        with self.refused("AccessDenied"):
            self.s3.put_object(Bucket="bucket", Key="b", Body=b"1")

    def test_a_malformed_policy_is_refused(self):
        for text in ("{", "{}", '{"Statement": [{"Effect": "Maybe"}]}'):
            with self.refused("MalformedPolicy"):
                self.s3.put_bucket_policy(Bucket="bucket", Policy=text)


class Versioning(Case):
    def test_get_bucket_versioning(self):
        self.s3.create_bucket(Bucket="bucket")
        self.assertNotIn("Status", self.s3.get_bucket_versioning(Bucket="bucket"))
        self.s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
        self.assertEqual(self.s3.get_bucket_versioning(Bucket="bucket")["Status"], "Enabled")


class Abac(Case):
    def test_tags_are_changed_with_s3_control_while_it_is_on(self):
        self.s3.create_bucket(Bucket="bucket")
        self.assertEqual(self.s3.get_bucket_abac(Bucket="bucket")["AbacStatus"]["Status"], "Disabled")
        self.s3.put_bucket_abac(Bucket="bucket", AbacStatus={"Status": "Enabled"})
        self.assertEqual(self.s3.get_bucket_abac(Bucket="bucket")["AbacStatus"]["Status"], "Enabled")
        with self.refused("InvalidRequest"):
            self.s3.put_bucket_tagging(Bucket="bucket", Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
        with self.refused("InvalidRequest"):
            self.s3.delete_bucket_tagging(Bucket="bucket")
        control = client("s3control")
        arn = {"AccountId": "123456789012", "ResourceArn": "arn:aws:s3:::bucket"}
        control.tag_resource(**arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
        control.untag_resource(**arn, TagKeys=["b"])
        self.assertEqual(self.s3.get_bucket_tagging(Bucket="bucket")["TagSet"], [{"Key": "a", "Value": "1"}])


class Encryption(Case):
    def test_new_buckets_have_a_default_and_block_sse_c_until_it_is_replaced(self):
        self.s3.create_bucket(Bucket="bucket")
        rule = self.rule()
        self.assertEqual(rule["ApplyServerSideEncryptionByDefault"], {"SSEAlgorithm": "AES256"})
        self.assertEqual(rule["BlockedEncryptionTypes"], {"EncryptionType": ["SSE-C"]})
        default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}
        self.s3.put_bucket_encryption(Bucket="bucket", ServerSideEncryptionConfiguration={"Rules": [default]})
        self.assertEqual(self.rule(), default)
        self.s3.delete_bucket_encryption(Bucket="bucket")
        self.assertEqual(self.rule()["ApplyServerSideEncryptionByDefault"], {"SSEAlgorithm": "AES256"})

    def rule(self):
        answer = self.s3.get_bucket_encryption(Bucket="bucket")
        return answer["ServerSideEncryptionConfiguration"]["Rules"][0]


class Lifecycle(Case):
    def test_rules_that_do_nothing_or_contradict_themselves_are_refused(self):
        self.s3.create_bucket(Bucket="bucket")
        with self.refused("InvalidRequest"):
            self.put({})
        early = {"Transitions": [{"Days": 29, "StorageClass": "STANDARD_IA"}]}
        with self.refused("InvalidArgument"):
            self.put(early)
        with self.refused("InvalidArgument"):
            self.put({"Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}], "Expiration": {"Days": 30}})
        self.put({"Transitions": [{"Days": 0, "StorageClass": "GLACIER_IR"}], "Expiration": {"Days": 30}})

    def put(self, actions):
        rule = {"ID": "x", "Status": "Enabled", "Filter": {"Prefix": ""}, **actions}
        self.s3.put_bucket_lifecycle_configuration(Bucket="bucket", LifecycleConfiguration={"Rules": [rule]})


class EncodingType(Case):
    def test_keys_are_encoded_where_it_is_asked_for(self):
        self.s3.create_bucket(Bucket="bucket")
        for key in ("a b", "a+b", "\x01", "\u2713/<x>"):
            self.s3.put_object(Bucket="bucket", Key=key, Body=b"")
        # botocore asks for it, and decodes.
        versions = self.s3.list_object_versions(Bucket="bucket")["Versions"]
        self.assertEqual(sorted(version["Key"] for version in versions), ["\x01", "a b", "a+b", "\u2713/<x>"])
        # ... but not if the caller asks.
        versions = self.s3.list_object_versions(Bucket="bucket", EncodingType="url")["Versions"]
        self.assertEqual(sorted(version["Key"] for version in versions), ["%01", "%E2%9C%93/%3Cx%3E", "a%2Bb", "a+b"])
        self.s3.create_multipart_upload(Bucket="bucket", Key="a b")
        uploads = self.s3.list_multipart_uploads(Bucket="bucket", EncodingType="url")["Uploads"]
        self.assertEqual([upload["Key"] for upload in uploads], ["a+b"])
        age = datetime.datetime.now(datetime.timezone.utc) - uploads[0]["Initiated"]
        self.assertLess(abs(age.total_seconds()), 60)
