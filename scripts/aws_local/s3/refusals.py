"""Refusals of S3 that moto lacks, or words otherwise, and what lists always have: markers, and when an upload began. Codes and texts are recorded ones.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
"""

import datetime
import functools
import re

import botocore.session
from moto.s3.exceptions import BucketNotEmpty, InvalidArgumentError, MalformedXML, S3ClientError
from moto.s3.models import FakeMultipart
from moto.s3.responses import S3Response

OWNERSHIP = ("BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced")
NOT_EMPTY = "The bucket you tried to delete is not empty. You must delete all versions in the bucket."


@functools.cache
def _regions():
    return {"EU", *botocore.session.Session().get_available_regions("s3")}


def _value(text, tag):
    found = re.search(f"<{tag}>([^<]*)</{tag}>", text)
    return found and found[1]


def _check_versioning(text):
    status = _value(text, "Status")
    if status is None:
        raise S3ClientError("IllegalVersioningConfigurationException", "The Versioning element must be specified")
    if status not in ("Enabled", "Suspended"):
        raise MalformedXML()


def _check_ownership(text):
    if _value(text, "ObjectOwnership") not in OWNERSHIP:
        raise MalformedXML()


def _check_encryption(text):
    if _value(text, "KMSMasterKeyID") and not (_value(text, "SSEAlgorithm") or "").startswith("aws:kms"):
        raise InvalidArgumentError(
            "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
            "ApplyServerSideEncryptionByDefault",
            "",
        )


def _begun(text, upload):
    """The list with the time at which the upload began; moto has one time for all."""
    time = upload.initiated.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    entry = re.compile(f"<Upload>(?:(?!</Upload>).)*<UploadId>{re.escape(upload.id)}</UploadId>.*?</Upload>", re.DOTALL)
    return entry.sub(lambda found: re.sub("<Initiated>[^<]*", f"<Initiated>{time}", found[0]), text)


CHECKS = {"versioning": _check_versioning, "ownershipControls": _check_ownership, "encryption": _check_encryption}


def install():
    put, versions = S3Response._bucket_response_put, S3Response.list_object_versions
    uploads, not_empty = S3Response.list_multipart_uploads, BucketNotEmpty.__init__
    begin = FakeMultipart.__init__

    def _bucket_response_put(self, request, bucket_name, querystring):
        text = self.body.decode() if isinstance(self.body, bytes) else self.body or ""
        for name, check in CHECKS.items():
            if name in querystring:
                self.backend.get_bucket(bucket_name)
                check(text)
        place = _value(text, "LocationConstraint")
        if place and not set(querystring) - {"x-id"} and place not in _regions():
            raise S3ClientError("InvalidLocationConstraint", "The specified location-constraint is not valid")
        return put(self, request, bucket_name, querystring)

    def list_object_versions(self):
        asked = {name: values[0] for name, values in self.querystring.items()}
        if asked.get("version-id-marker") and not asked.get("key-marker"):
            raise InvalidArgumentError(
                "A version-id marker cannot be specified without a key marker.",
                "version-id-marker",
                asked["version-id-marker"],
            )
        return versions(self)

    def list_multipart_uploads(self):
        status, headers, body = uploads(self)
        text = body.decode() if isinstance(body, bytes) else body
        if "<NextKeyMarker" not in text:
            markers = "<NextKeyMarker></NextKeyMarker><NextUploadIdMarker></NextUploadIdMarker>"
            text = text.replace("<MaxUploads>", f"{markers}<MaxUploads>", 1)
        for upload in self.backend.list_multipart_uploads(self.bucket_name).values():
            text = _begun(text, upload)
        return status, headers, text

    def initiate(self, *args, **kwargs):
        begin(self, *args, **kwargs)
        self.initiated = datetime.datetime.now(datetime.timezone.utc)

    def init(self, bucket_name):
        not_empty(self, bucket_name)
        self.message = NOT_EMPTY

    S3Response._bucket_response_put = _bucket_response_put
    S3Response.list_object_versions = list_object_versions
    S3Response.list_multipart_uploads = list_multipart_uploads
    BucketNotEmpty.__init__ = init
    FakeMultipart.__init__ = initiate
