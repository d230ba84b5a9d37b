"""Attribute-based access control: while it is on, PutBucketTagging and DeleteBucketTagging are refused, and S3 Control's
TagResource and UntagResource manage the tags. AWS documents the refusal, but not its code.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAbac.html
"""

import xmltodict
from moto.s3.exceptions import S3ClientError
from moto.s3.responses import S3Response

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def _enabled(response, bucket_name):
    return getattr(response.backend.get_bucket(bucket_name), "abac", "Disabled") == "Enabled"


def install():
    get, put, delete = S3Response._bucket_response_get, S3Response._bucket_response_put, S3Response._bucket_response_delete

    def refuse_tagging(self, bucket_name, querystring):
        if "tagging" in querystring and _enabled(self, bucket_name):
            raise S3ClientError("InvalidRequest", "The bucket has ABAC enabled: use TagResource and UntagResource")

    def _bucket_response_get(self, bucket_name, querystring):
        if "abac" not in querystring:
            return get(self, bucket_name, querystring)
        status = "Enabled" if _enabled(self, bucket_name) else "Disabled"
        return 200, {}, f'<AbacStatus xmlns="{NAMESPACE}"><Status>{status}</Status></AbacStatus>'

    def _bucket_response_put(self, request, bucket_name, querystring):
        refuse_tagging(self, bucket_name, querystring)
        if "abac" not in querystring:
            return put(self, request, bucket_name, querystring)
        status = xmltodict.parse(self.body)["AbacStatus"]["Status"]
        if status not in ("Enabled", "Disabled"):
            raise S3ClientError("MalformedXML", "The XML you provided was not well-formed or did not validate")
        self.backend.get_bucket(bucket_name).abac = status
        return ""

    def _bucket_response_delete(self, bucket_name, querystring):
        refuse_tagging(self, bucket_name, querystring)
        return delete(self, bucket_name, querystring)

    S3Response._bucket_response_get = _bucket_response_get
    S3Response._bucket_response_put = _bucket_response_put
    S3Response._bucket_response_delete = _bucket_response_delete
