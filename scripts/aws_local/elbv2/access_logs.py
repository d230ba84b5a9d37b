"""Logs of load balancers: the bucket's policy must allow them, which is tried with a test file.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-connection-logging.html
"""

import fnmatch
import json

from moto.s3.models import s3_backends

from aws_local.elbv2.requests import refused

SERVICES = {"logdelivery.elasticloadbalancing.amazonaws.com", "delivery.logs.amazonaws.com"}

# The accounts that write the logs in older Regions. Policies may name them instead of the service principal.
ACCOUNTS = {
    "af-south-1": "098369216593",
    "ap-east-1": "754344448648",
    "ap-northeast-1": "582318560864",
    "ap-northeast-2": "600734575887",
    "ap-northeast-3": "383597477331",
    "ap-south-1": "718504428378",
    "ap-southeast-1": "114774131450",
    "ap-southeast-2": "783225319266",
    "ca-central-1": "985666609251",
    "eu-central-1": "054676820928",
    "eu-north-1": "897822967062",
    "eu-south-1": "635631232127",
    "eu-west-1": "156460612806",
    "eu-west-2": "652711504416",
    "eu-west-3": "009996457667",
    "me-south-1": "076674570225",
    "sa-east-1": "507241528517",
    "us-east-1": "127311923021",
    "us-east-2": "033677994240",
    "us-west-1": "027434742980",
    "us-west-2": "797873946194",
}

TEST_FILES = {
    "access_logs": "ELBAccessLogTestFile",
    "connection_logs": "ELBConnectionLogTestFile",
    "health_check_logs": "ELBHealthCheckLogTestFile",
}


def _listed(value):
    return value if isinstance(value, list) else [value]


def _may_write(policy, region, resource):
    if not policy:
        return False
    account = ACCOUNTS.get(region)
    writers = {account, f"arn:aws:iam::{account}:root"} if account else set()
    for statement in _listed(json.loads(policy).get("Statement", [])):
        principal = statement.get("Principal", {})
        if statement.get("Effect") != "Allow":
            continue
        if principal != "*" and not (
            SERVICES & set(_listed(principal.get("Service", []))) or writers & set(_listed(principal.get("AWS", [])))
        ):
            continue
        actions, resources = _listed(statement.get("Action", [])), _listed(statement.get("Resource", []))
        if any(fnmatch.fnmatchcase("s3:putobject", action.lower()) for action in actions) and any(
            fnmatch.fnmatchcase(resource, pattern) for pattern in resources
        ):
            return True
    return False


def check(backend, kind, bucket, prefix):
    """Writes the test file to the bucket, or refuses the bucket."""
    if not bucket:
        raise refused("InvalidConfigurationRequest", f"The value of '{kind}.s3.bucket' cannot be empty")
    if bucket not in s3_backends.bucket_accounts:
        raise refused("InvalidConfigurationRequest", f"S3Bucket: {bucket} does not exist")
    partition, owner = s3_backends.bucket_accounts[bucket]
    s3 = s3_backends[owner][partition]
    found = s3.get_bucket(bucket)
    if found.region_name != backend.region_name:
        message = f"The S3 bucket '{bucket}' is not in the same region as the load balancer"
        raise refused("InvalidConfigurationRequest", message)
    key = f"{prefix}/" if prefix else ""
    key += f"AWSLogs/{backend.account_id}/{TEST_FILES[kind]}"
    policy = found.policy.decode() if isinstance(found.policy, bytes) else found.policy
    if not _may_write(policy, backend.region_name, f"arn:aws:s3:::{bucket}/{key}"):
        message = f"Access Denied for bucket: {bucket}. Please check S3bucket permission"
        raise refused("InvalidConfigurationRequest", message)
    s3.put_object(bucket, key, b"Enable logging")
