"""The roles of a task: whether ECS can assume them, and whether they allow what starting the task needs.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using-service-linked-roles-for-clusters.html
"""

import json

from moto.iam.models import iam_backends
from moto.moto_api._internal import mock_random

from aws_local.ecs import controls
from aws_local.ecs.requests import client_error, invalid
from aws_local.iam import conditions, policies, service_linked_roles

PRINCIPAL = "ecs-tasks.amazonaws.com"
# The role with which ECS itself works in an account.
LINKED = ("ecs.amazonaws.com", "AWSServiceRoleForECS")


def find(backend, text):
    """The role with this name or ARN, or None."""
    roles = iam_backends[backend.account_id][backend.partition].roles.values()
    return next((role for role in list(roles) if text in (role.arn, role.name)), None)


def arn(backend, text):
    role = find(backend, text)
    return role.arn if role else text


def check_registered(backend, *roles):
    """Refuses a task definition whose roles are missing. Roles of other accounts are not checked."""
    for text in filter(None, roles):
        if text.startswith("arn:") and f"::{backend.account_id}:role/" not in text:
            continue
        role = find(backend, text)
        if role is None or controls.role_lags(role, "definition"):
            raise client_error("Role is not valid")


def check_linked(backend, create=False):
    """Refuses a call while ECS cannot use its service-linked role: it is missing, or was created a moment ago.
    CreateCluster creates a missing one."""
    service, name = LINKED
    account, partition = backend.account_id, backend.partition
    if create and not service_linked_roles.exists(account, partition, name):
        iam_backends[account][partition].create_service_linked_role(service, "", "")
    role = service_linked_roles.find(account, partition, name)
    if role is None or controls.role_lags(role, "service"):
        raise invalid("Unable to assume the service linked role. Please verify that the ECS service linked role exists.")


def _trusts(backend, role):
    context = conditions.normalised(
        {
            "aws:SourceAccount": backend.account_id,
            "aws:SourceArn": f"arn:{backend.partition}:ecs:{backend.region_name}:{backend.account_id}:task/local",
        }
    )
    allowed = False
    for one in conditions.as_list(json.loads(role.assume_role_policy_document)["Statement"]):
        principal = one.get("Principal")
        services = conditions.as_list(principal.get("Service", [])) if isinstance(principal, dict) else [principal]
        if PRINCIPAL not in services and "*" not in services:
            continue
        if conditions.hold(one.get("Condition"), context):
            if one["Effect"] == "Deny":
                return False
            allowed = True
    return allowed


def refusal(backend, *roles):
    """Why ECS cannot assume one of the roles, or None."""
    for text in filter(None, roles):
        role = find(backend, text)
        if role is None or not _trusts(backend, role) or controls.role_lags(role, "task"):
            return (
                f"ECS was unable to assume the role '{text}' that was provided for this task. Please verify that the "
                "role being passed has the proper trust relationship and permissions and that your IAM user has "
                "permissions to pass this role."
            )
    return None


def denial(backend, text, session, action, resource):
    """The error if the role may not do this, or None. The session is the task's id."""
    role = find(backend, text) if text else None
    found = policies.IMPLICIT_DENY
    if role is not None:
        account = iam_backends[backend.account_id][backend.partition]
        found = policies.decision(account, role.name, action, resource)
    if found == policies.ALLOWED:
        return None
    who = f"arn:{backend.partition}:sts::{backend.account_id}:assumed-role/{role.name if role else text}/{session}"
    why = (
        "with an explicit deny in an identity-based policy"
        if found == policies.EXPLICIT_DENY
        else f"because no identity-based policy allows the {action} action"
    )
    return (
        f"AccessDeniedException: User: {who} is not authorized to perform: {action} on resource: {resource} {why} "
        f"status code: 400, request id: {mock_random.uuid4()}"
    )
