"""The answer to GetBucketVersioning has the root element VersioningConfiguration.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html
"""

from moto.s3.responses import S3Response


def install():
    plain = S3Response.get_bucket_versioning

    def get_bucket_versioning(self):
        status, headers, body = plain(self)
        text = body.decode() if isinstance(body, bytes) else body
        return status, headers, text.replace("GetBucketVersioningResponse", "VersioningConfiguration")

    S3Response.get_bucket_versioning = get_bucket_versioning
