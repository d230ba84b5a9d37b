"""Lifecycle rules that S3 refuses: without an action, and with days that do not fit together. The number of noncurrent
versions that an expiration keeps is kept, too.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_NoncurrentVersionExpiration.html
https://github.com/hashicorp/terraform-provider-aws/issues/6201
"""

import re

from moto.s3.exceptions import S3ClientError
from moto.s3.models import S3Backend
from moto.s3.responses import S3Response

ACTIONS = (
    "Expiration",
    "Transition",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionTransition",
    "AbortIncompleteMultipartUpload",
)
LEAST_DAYS = {"STANDARD_IA": 30, "ONEZONE_IA": 30}


def _check(rule):
    if not any(rule.get(action) for action in ACTIONS):
        raise S3ClientError("InvalidRequest", "At least one action needs to be specified in a rule")
    transitions = rule.get("Transition") or []
    transitions = transitions if isinstance(transitions, list) else [transitions]
    for transition in transitions:
        days, storage_class = transition.get("Days"), transition.get("StorageClass")
        least = LEAST_DAYS.get(storage_class, 0)
        if days is not None and int(days) < least:
            raise S3ClientError(
                "InvalidArgument",
                f"'Days' in Transition action must be greater than or equal to {least} for storageClass '{storage_class}'",
            )
    expiration = (rule.get("Expiration") or {}).get("Days")
    last = max((int(one.get("Days") or 0) for one in transitions), default=0)
    if expiration is not None and int(expiration) <= last:
        raise S3ClientError(
            "InvalidArgument",
            "'Days' in the Expiration action for prefix must be greater than 'Days' in the Transition action",
        )


def _with_newer_versions(body, newer):
    """The answer with the number of versions that each rule keeps, by the id of the rule."""

    def rule(match):
        name = re.search(r"<ID>(.*?)</ID>", match[0])
        kept = newer.get(name[1]) if name else None
        if kept is None:
            return match[0]
        element = f"<NewerNoncurrentVersions>{kept}</NewerNoncurrentVersions>"
        return re.sub(r"</NoncurrentVersionExpiration>", element + r"\g<0>", match[0])

    text = body.decode() if isinstance(body, bytes) else body
    return re.sub(r"<Rule>.*?</Rule>", rule, text, flags=re.DOTALL)


def install():
    put = S3Backend.put_bucket_lifecycle_configuration
    get = S3Response.get_bucket_lifecycle

    def put_bucket_lifecycle_configuration(self, bucket_name, rules):
        for rule in rules:
            _check(rule)
        put(self, bucket_name, rules)
        expirations = {rule.get("ID"): rule.get("NoncurrentVersionExpiration") or {} for rule in rules}
        kept = {name: one.get("NewerNoncurrentVersions") for name, one in expirations.items()}
        self.get_bucket(bucket_name).newer_noncurrent_versions = kept

    def get_bucket_lifecycle(self):
        status, headers, body = get(self)
        newer = getattr(self.backend.get_bucket(self.bucket_name), "newer_noncurrent_versions", {})
        return status, headers, _with_newer_versions(body, newer)

    S3Backend.put_bucket_lifecycle_configuration = put_bucket_lifecycle_configuration
    S3Response.get_bucket_lifecycle = get_bucket_lifecycle
