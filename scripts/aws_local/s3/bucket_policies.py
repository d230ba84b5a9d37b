"""Bucket policies: conditions on aws:SecureTransport are evaluated, and malformed policies are refused. The local endpoint
counts as HTTPS, since it stands for AWS's HTTPS endpoint.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Boolean
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
"""

import json

from moto.iam.access_control import IAMPolicyStatement, PermissionResult
from moto.s3.exceptions import S3ClientError
from moto.s3.models import S3Backend

SECURE_TRANSPORT = "aws:SecureTransport"


class MalformedPolicy(S3ClientError):
    code = 400

    def __init__(self, message):
        super().__init__("MalformedPolicy", message)


def _applies(statement):
    condition = statement.get("Condition") or {}
    for operator, pairs in condition.items():
        if operator == "Bool" and SECURE_TRANSPORT in pairs:
            wanted = pairs[SECURE_TRANSPORT]
            values = wanted if isinstance(wanted, list) else [wanted]
            if "true" not in [str(value).lower() for value in values]:
                return False
    return True


def _check(policy):
    try:
        document = json.loads(policy)
    except ValueError:
        raise MalformedPolicy("Policies must be valid JSON and the first byte must be '{'") from None
    statements = document.get("Statement") if isinstance(document, dict) else None
    if not statements:
        raise MalformedPolicy("Missing required field Statement")
    for statement in statements if isinstance(statements, list) else [statements]:
        for field in ("Effect", "Principal", "Action", "Resource"):
            if field not in statement and f"Not{field}" not in statement:
                raise MalformedPolicy(f"Missing required field {field}")
        if statement["Effect"] not in ("Allow", "Deny"):
            raise MalformedPolicy(f"Invalid effect: {statement['Effect']}")


def install():
    permitted = IAMPolicyStatement.is_action_permitted
    put = S3Backend.put_bucket_policy

    def is_action_permitted(self, *args, **kwargs):
        if not _applies(self._statement):
            return PermissionResult.NEUTRAL
        return permitted(self, *args, **kwargs)

    def put_bucket_policy(self, bucket_name, policy):
        _check(policy)
        return put(self, bucket_name, policy)

    IAMPolicyStatement.is_action_permitted = is_action_permitted
    S3Backend.put_bucket_policy = put_bucket_policy
