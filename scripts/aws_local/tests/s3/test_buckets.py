"""The additions to S3."""

import json

from aws_local.tests.case import Case


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
        with self.refused("403"):
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
