"""Lifecycle rules that S3 refuses: without an action, and with days that do not fit together.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
https://github.com/hashicorp/terraform-provider-aws/issues/6201
"""

from moto.s3.exceptions import S3ClientError
from moto.s3.models import S3Backend

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


def install():
    put = S3Backend.put_bucket_lifecycle_configuration

    def put_bucket_lifecycle_configuration(self, bucket_name, rules):
        for rule in rules:
            _check(rule)
        return put(self, bucket_name, rules)

    S3Backend.put_bucket_lifecycle_configuration = put_bucket_lifecycle_configuration
