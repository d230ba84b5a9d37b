"""Refuses what the policies of a role do not allow, for the roles that a test has named with `POST
/aws-local/enforce {"account", "role"}`. The credentials of all other roles may do everything.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

import io

from moto.core.base_backend import BackendDict
from moto.iam.models import get_account_id_from, iam_backends
from moto.sts.models import sts_backends

from aws_local.authorization import ec2_requests, named_requests, s3_requests
from aws_local.bad_day.call import EC2, JSON, Call, refusal
from aws_local.iam import policies

# The roles, as pairs of an account and a name.
enforced = set()


def control(method, body):
    pair = body["account"], body["role"]
    if method == "DELETE":
        enforced.discard(pair)
    else:
        enforced.add(pair)


def _role(key):
    """The account and the role of an access key; None where its role is not enforced."""
    account = get_account_id_from(key)
    assumed = sts_backends[account]["aws"].get_assumed_role_from_access_key(key)
    role = assumed and assumed.role_arn.split("/")[-1]
    return (account, role) if (account, role) in enforced else None


def required(call, account, region):
    if call.service == "ec2":
        return ec2_requests.required(call, account, region)
    if call.service == "s3":
        return s3_requests.required(call, account, region)
    return named_requests.required(call, account, region)


def denial(call, account, region, role):
    """The refusal of a call; None where the role may make it."""
    backend = iam_backends[account]["aws"]
    for action, resource, context in required(call, account, region):
        if policies.decision(backend, role, action, resource, context) == policies.ALLOWED:
            continue
        user = f"arn:aws:sts::{account}:assumed-role/{role}/test"
        why = f"because no identity-based policy allows the {action} action"
        message = f"User: {user} is not authorized to perform: {action} on resource: {resource} {why}"
        if call.protocol == EC2:
            message = f"You are not authorized to perform this operation. {message}."
            return refusal(call, 403, "UnauthorizedOperation", message)
        code = "AccessDeniedException" if call.protocol == JSON else "AccessDenied"
        return refusal(call, 400 if call.protocol == JSON else 403, code, message)
    return None


class Enforcement:
    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        credential = environ.get("HTTP_AUTHORIZATION", "").split("Credential=")
        scope = credential[1].split("/") if enforced and len(credential) > 1 else []
        found = len(scope) > 3 and not environ.get("HTTP_TRANSFER_ENCODING") and _role(scope[0])
        if not found:
            return self.app(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        call = Call(environ, body)
        answer = denial(call, found[0], scope[2], found[1])
        if answer is None:
            return self.app(environ, start_response)
        start_response(f"{answer.status} Error", [*answer.headers, ("Content-Length", str(len(answer.body)))])
        return [answer.body]


def install():
    plain = BackendDict.reset

    def reset(_cls):
        enforced.clear()
        plain()

    BackendDict.reset = classmethod(reset)
