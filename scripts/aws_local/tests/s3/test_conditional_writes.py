"""Conditional writes and the policies that ask for them.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
"""

import json

from botocore.exceptions import ClientError

from aws_local import controls
from aws_local.tests.case import Case

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::bucket/rd/*",
            "Condition": {"Null": {"s3:if-match": "true", "s3:if-none-match": "true"}},
        },
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
            "Resource": "arn:aws:s3:::bucket/rd/*",
        },
    ],
}


class ConditionalWrites(Case):
    def setUp(self):
        super().setUp()
        self.s3.create_bucket(Bucket="bucket")
        self.s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})

    def put(self, key="rd/a", body=b"1", **condition):
        return self.s3.put_object(Bucket="bucket", Key=key, Body=body, **condition)

    def test_a_condition_that_does_not_hold_is_412(self):
        etag = self.put(IfNoneMatch="*")["ETag"]
        with self.refused("PreconditionFailed"):
            self.put(IfNoneMatch="*")
        self.put(body=b"2", IfMatch=etag)
        with self.refused("PreconditionFailed"):
            self.put(body=b"3", IfMatch=etag)

    def test_if_match_without_an_object_is_404(self):
        with self.refused("NoSuchKey"):
            self.put(IfMatch='"0"')
        etag = self.put(IfNoneMatch="*")["ETag"]
        self.s3.delete_object(Bucket="bucket", Key="rd/a")
        with self.refused("NoSuchKey"):
            self.put(IfMatch=etag)
        self.put(IfNoneMatch="*")

    def test_a_write_beside_another_one_is_409(self):
        controls._s3_conflict("POST", {"bucket": "bucket", "key": "rd/a", "times": 1})
        with self.assertRaises(ClientError) as conflict:
            self.put(IfNoneMatch="*")
        response = conflict.exception.response
        self.assertEqual(response["Error"]["Code"], "ConditionalRequestConflict")
        self.assertEqual(response["ResponseMetadata"]["HTTPStatusCode"], 409)
        self.put(key="rd/b", IfNoneMatch="*")
        self.put(IfNoneMatch="*")

    def test_a_policy_refuses_writes_without_a_condition(self):
        self.s3.put_bucket_policy(Bucket="bucket", Policy=json.dumps(POLICY))
        with self.refused("AccessDenied"):
            self.put()
        etag = self.put(IfNoneMatch="*")["ETag"]
        self.put(body=b"2", IfMatch=etag)
        self.put(key="elsewhere")
        with self.refused("AccessDenied"):
            self.s3.copy_object(Bucket="bucket", Key="rd/a", CopySource="bucket/elsewhere")
        with self.refused("AccessDenied"):
            self.s3.create_multipart_upload(Bucket="bucket", Key="rd/a")
        with self.refused("AccessDenied"):
            self.s3.delete_object(Bucket="bucket", Key="rd/a")
        version = self.s3.list_object_versions(Bucket="bucket", Prefix="rd/a")["Versions"][0]["VersionId"]
        with self.refused("AccessDenied"):
            self.s3.delete_object(Bucket="bucket", Key="rd/a", VersionId=version)
        self.s3.delete_object(Bucket="bucket", Key="elsewhere")

    def test_a_deleted_object_has_a_marker(self):
        self.put()
        self.s3.delete_object(Bucket="bucket", Key="rd/a")
        for key, marker in (("rd/a", "true"), ("rd/never", None)):
            with self.assertRaises(ClientError) as missing:
                self.s3.get_object(Bucket="bucket", Key=key)
            self.assertEqual(missing.exception.response["Error"]["Code"], "NoSuchKey")
            headers = missing.exception.response["ResponseMetadata"]["HTTPHeaders"]
            self.assertEqual(headers.get("x-amz-delete-marker"), marker)


class Lifecycle(Case):
    def test_an_expiration_keeps_its_number_of_newer_versions(self):
        self.s3.create_bucket(Bucket="bucket")
        rules = [
            {
                "ID": f"r{kept}",
                "Status": "Enabled",
                "Filter": {"Prefix": f"{kept}/"},
                "NoncurrentVersionExpiration": {"NoncurrentDays": 90, "NewerNoncurrentVersions": kept},
            }
            for kept in (50, 5)
        ]
        rules.append({**rules[0], "ID": "all", "NoncurrentVersionExpiration": {"NoncurrentDays": 1}})
        self.s3.put_bucket_lifecycle_configuration(Bucket="bucket", LifecycleConfiguration={"Rules": rules})
        found = self.s3.get_bucket_lifecycle_configuration(Bucket="bucket")["Rules"]
        self.assertEqual(
            [rule["NoncurrentVersionExpiration"] for rule in found],
            [rule["NoncurrentVersionExpiration"] for rule in rules],
        )
