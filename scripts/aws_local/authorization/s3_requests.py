"""The actions that IAM checks for a request to S3, whose names differ from those of the operations.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

import re
from urllib.parse import unquote

ACTIONS = {
    "PUT bucket": ["CreateBucket"],
    "HEAD bucket": ["ListBucket"],
    "GET bucket": ["ListBucket"],
    "GET ?list-type": ["ListBucket"],
    "DELETE bucket": ["DeleteBucket"],
    "GET ?abac": ["GetBucketAbac"],
    "GET ?tagging": ["GetBucketTagging"],
    "PUT ?tagging": ["PutBucketTagging"],
    "GET ?encryption": ["GetEncryptionConfiguration"],
    "PUT ?encryption": ["PutEncryptionConfiguration"],
    "GET ?lifecycle": ["GetLifecycleConfiguration"],
    "PUT ?lifecycle": ["PutLifecycleConfiguration"],
    "DELETE ?lifecycle": ["PutLifecycleConfiguration"],
    "GET ?ownershipControls": ["GetBucketOwnershipControls"],
    "PUT ?ownershipControls": ["PutBucketOwnershipControls"],
    "GET ?policy": ["GetBucketPolicy"],
    "PUT ?policy": ["PutBucketPolicy"],
    "GET ?versioning": ["GetBucketVersioning"],
    "PUT ?versioning": ["PutBucketVersioning"],
    "GET ?cors": ["GetBucketCORS"],
    "PUT ?cors": ["PutBucketCORS"],
    "DELETE ?cors": ["PutBucketCORS"],
    "GET ?publicAccessBlock": ["GetBucketPublicAccessBlock"],
    "PUT ?publicAccessBlock": ["PutBucketPublicAccessBlock"],
    "GET ?versions": ["ListBucketVersions"],
    "GET ?uploads": ["ListBucketMultipartUploads"],
}


# Of S3 Control, which names a bucket by its ARN.
OF_TAGS = {"GET": "ListTagsForResource", "POST": "TagResource", "DELETE": "UntagResource"}


def required(call, account, region):
    tagged = re.fullmatch(r"/v20180820/tags/(arn:.+)", unquote(call.path))
    if tagged:
        return [(f"s3:{OF_TAGS[call.method]}", tagged[1], {})]
    bucket = call.value("Bucket")
    arn = f"arn:aws:s3:::{bucket}"
    if call.operation == "POST ?delete":
        # One check for each object, with the version's action where a version is named.
        versioned = b"<VersionId>" in call.body
        keys = re.findall(r"<Key>([^<]*)</Key>", call.body.decode("utf-8", "replace"))
        action = "s3:DeleteObjectVersion" if versioned else "s3:DeleteObject"
        return [(action, f"{arn}/{key}", {}) for key in keys]
    of_objects = {
        "GET object": "GetObject",
        "HEAD object": "GetObject",
        "PUT object": "PutObject",
        "GET ?versionId": "GetObjectVersion",
        "HEAD ?versionId": "GetObjectVersion",
        "DELETE ?uploadId": "AbortMultipartUpload",
        "DELETE ?versionId": "DeleteObjectVersion",
        "DELETE object": "DeleteObject",
    }
    if call.operation in of_objects:
        key = unquote(call.path).strip("/").split("/", 1)[1]
        return [(f"s3:{of_objects[call.operation]}", f"{arn}/{key}", {})]
    actions = ACTIONS.get(call.operation, [f"unknown operation {call.operation}"])
    if call.operation == "PUT bucket" and b"<Tag>" in call.body:
        actions = [*actions, "TagResource"]
    return [(f"s3:{action}", arn, {}) for action in actions]
