"""Bucket policies: conditions are evaluated with what a request for an object says, and malformed policies are refused.
The local endpoint counts as HTTPS, since it stands for AWS's HTTPS endpoint. An object that a policy denies is refused
with AccessDenied; a delete of a version needs s3:DeleteObjectVersion, an upload in parts s3:PutObject.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
"""

import json
import threading
from urllib.parse import parse_qs, urlparse

from moto.iam.access_control import IAMPolicyStatement, PermissionResult
from moto.s3.exceptions import S3AccessDeniedError, S3ClientError
from moto.s3.models import S3Backend
from moto.s3.responses import S3Response

from aws_local.iam import conditions

SECURE_TRANSPORT = "aws:SecureTransport"
# The condition keys that are headers of a request.
HEADERS = {"s3:if-match": "If-Match", "s3:if-none-match": "If-None-Match"}

# What the current request says, by condition key.
_request = threading.local()


class MalformedPolicy(S3ClientError):
    code = 400

    def __init__(self, message):
        super().__init__("MalformedPolicy", message)


def _applies(statement):
    context = getattr(_request, "context", None) or {SECURE_TRANSPORT: "true"}
    return conditions.hold(statement.get("Condition"), conditions.normalised(context))


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


ACCESS_DENIED = (
    403,
    {"Content-Type": "application/xml"},
    '<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>',
)


def _denied(self, request, full_url):
    """Whether the policy denies what moto asks it about under another name, or not at all."""
    query = parse_qs(urlparse(full_url).query, keep_blank_values=True)
    action = None
    if request.method == "DELETE" and "versionId" in query:
        action = "s3:DeleteObjectVersion"
    elif request.method == "GET" and "versionId" in query:
        action = "s3:GetObjectVersion"
    elif request.method == "POST" and ("uploads" in query or "uploadId" in query):
        action = "s3:PutObject"
    if action is None:
        return False
    name, key = self.parse_bucket_name_from_url(request, full_url), self.parse_key_name()
    try:
        bucket = self.backend.get_bucket(name)
    except S3ClientError:
        return False
    resource = f"arn:{bucket.partition}:s3:::{name}/{key}"
    return bucket.get_permission(action, resource) == PermissionResult.DENIED


def _is_public(statement):
    """Whether anyone at all gets something. A condition is taken to name who."""
    principal = statement.get("Principal")
    named = principal.get("AWS") if isinstance(principal, dict) else principal
    everyone = "*" in (named if isinstance(named, list) else [named])
    return statement["Effect"] == "Allow" and everyone and not statement.get("Condition")


def _check_public(bucket, policy):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"""
    block = bucket.public_access_block
    statements = json.loads(policy)["Statement"]
    statements = statements if isinstance(statements, list) else [statements]
    if block and block.block_public_policy and any(map(_is_public, statements)):
        raise S3AccessDeniedError()


def install():
    permitted = IAMPolicyStatement.is_action_permitted
    put = S3Backend.put_bucket_policy
    respond = S3Response._key_response

    def is_action_permitted(self, *args, **kwargs):
        if not _applies(self._statement):
            return PermissionResult.NEUTRAL
        return permitted(self, *args, **kwargs)

    def key_response(self, request, full_url):
        context = {SECURE_TRANSPORT: "true"}
        for key, header in HEADERS.items():
            if request.headers.get(header) is not None:
                context[key] = request.headers[header]
        _request.context = context
        try:
            if _denied(self, request, full_url):
                return ACCESS_DENIED
            answer = respond(self, request, full_url)
        finally:
            _request.context = None
        return ACCESS_DENIED if answer == (403, {}, "") else answer

    def put_bucket_policy(self, bucket_name, policy):
        _check(policy)
        _check_public(self.get_bucket(bucket_name), policy)
        return put(self, bucket_name, policy)

    IAMPolicyStatement.is_action_permitted = is_action_permitted
    S3Backend.put_bucket_policy = put_bucket_policy
    S3Response._key_response = key_response
