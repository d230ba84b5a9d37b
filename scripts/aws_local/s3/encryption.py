"""Default encryption: every bucket has one, S3's own keys, and new buckets block SSE-C. A PutBucketEncryption replaces both.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_BlockedEncryptionTypes.html
https://github.com/hashicorp/terraform-provider-aws/issues/47320
"""

from moto.core.responses import ActionResult
from moto.s3.models import FakeBucket, S3Backend
from moto.s3.responses import S3Response

DEFAULT = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": "false"}


def install():
    initialize = FakeBucket.__init__

    def __init__(self, *args, **kwargs):
        initialize(self, *args, **kwargs)
        self.encryption = {"Rule": {**DEFAULT, "BlockedEncryptionTypes": {"EncryptionType": "SSE-C"}}}

    def delete_bucket_encryption(self, bucket_name):
        self.get_bucket(bucket_name).encryption = {"Rule": dict(DEFAULT)}

    def get_bucket_encryption(self):
        rule = self.backend.get_bucket_encryption(self.bucket_name)["Rule"]
        answer = {
            "ApplyServerSideEncryptionByDefault": rule["ApplyServerSideEncryptionByDefault"],
            "BucketKeyEnabled": rule.get("BucketKeyEnabled") == "true",
        }
        blocked = (rule.get("BlockedEncryptionTypes") or {}).get("EncryptionType")
        if blocked:
            answer["BlockedEncryptionTypes"] = {"EncryptionType": [blocked] if isinstance(blocked, str) else blocked}
        self.data["Action"] = "GetBucketEncryption"
        return self.serialized(ActionResult({"ServerSideEncryptionConfiguration": {"Rules": [answer]}}))

    FakeBucket.__init__ = __init__
    S3Backend.delete_bucket_encryption = delete_bucket_encryption
    S3Response.get_bucket_encryption = get_bucket_encryption
