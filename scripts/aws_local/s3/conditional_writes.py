"""Conditional writes: S3 answers 409 while another write of the object is under way, as `/aws-local/s3-conflict` says, and a
read of a deleted object says that a delete marker is in its place.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html
"""

from moto.s3.exceptions import MissingKey
from moto.s3.models import FakeDeleteMarker
from moto.s3.responses import S3Response

from aws_local import controls


NO_SUCH_KEY = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"
)


CONFLICT = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    "<Error><Code>ConditionalRequestConflict</Code><Message>The conditional request cannot succeed due to a conflicting "
    "operation against this resource.</Message></Error>"
)


def _marker(self, key):
    """The delete marker that is the current version of an object; None if there is none."""
    versions = self.backend.get_bucket(self.bucket_name).keys.getlist(key)
    return versions[-1] if versions and isinstance(versions[-1], FakeDeleteMarker) else None


def install():
    put, get = S3Response.put_object, S3Response.get_object

    def put_object(self):
        conditional = self.headers.get("If-Match") or self.headers.get("If-None-Match")
        if conditional and controls.conflicts(self.bucket_name, self.parse_key_name()):
            return 409, {"Content-Type": "application/xml"}, CONFLICT
        return put(self)

    def get_object(self):
        try:
            return get(self)
        except MissingKey:
            marker = None if "versionId" in self.querystring else _marker(self, self.parse_key_name())
            if marker is None:
                raise
            headers = {"x-amz-delete-marker": "true", "x-amz-version-id": marker.version_id}
            return 404, {**headers, "Content-Type": "application/xml"}, NO_SUCH_KEY

    S3Response.put_object = put_object
    S3Response.get_object = get_object
