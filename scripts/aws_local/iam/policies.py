"""Evaluates what a role may do: its inline and attached policies and its permissions boundary.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

import json
import re

from aws_local.iam import conditions as iam_conditions
from aws_local.iam import managed_policies
from aws_local.iam.conditions import as_list

ALLOWED, EXPLICIT_DENY, IMPLICIT_DENY = "allowed", "explicitDeny", "implicitDeny"


def decision(account_backend, role_name, action, resource="*", context=None):
    """`allowed`, `explicitDeny` or `implicitDeny`: whether the role of IAM's backend `iam_backends[account]["aws"]` may
    do the action (`secretsmanager:GetSecretValue`) to the resource (an ARN, or `*`). The context has a text or a list
    of texts by condition key; keys about the role itself are added. Raises NoSuchEntity if the role does not exist."""
    role = account_backend.get_role(role_name)
    found = evaluate(policies_of(role), action, resource, principal_context(role) | (context or {}))[0]
    limit = boundary_of(account_backend, role)
    if limit is None or found == EXPLICIT_DENY:
        return found
    within = evaluate([limit], action, resource, principal_context(role) | (context or {}))[0]
    return found if within == ALLOWED else within


def policies_of(principal):
    """Pairs of a policy's name, as the policy simulator returns it, and its statements."""
    kind = type(principal).__name__.lower()
    for name, document in principal.policies.items():
        yield f"{kind}_{principal.name}_{name}", statements(document)
    for policy in principal.managed_policies.values():
        yield policy.name, statements(default_document(policy))


def boundary_of(backend, principal):
    arn = getattr(principal, "permissions_boundary_arn", None)
    if not arn:
        return None
    policy = managed_policies.find(backend, arn)
    # A deleted boundary allows nothing.
    return (policy.name, statements(default_document(policy))) if policy else ("", [])


def default_document(policy):
    return next(version.document for version in policy.versions if version.is_default)


def statements(document):
    return as_list(json.loads(document)["Statement"])


def principal_context(principal):
    context = {
        "aws:PrincipalArn": principal.arn,
        "aws:PrincipalAccount": principal.account_id,
        "aws:PrincipalType": "AssumedRole" if type(principal).__name__ == "Role" else "User",
    }
    for tag in getattr(principal, "tags", None) or []:
        context[f"aws:PrincipalTag/{tag['Key']}"] = tag["Value"]
    return context


def _concerns(statement, action, resource, context):
    def listed(name, value, flags=0):
        return any(iam_conditions.like(one, value, context, flags) for one in as_list(statement[name]))

    if "NotAction" in statement:
        if listed("NotAction", action, re.IGNORECASE):
            return False
    elif not listed("Action", action, re.IGNORECASE):
        return False
    if "NotResource" in statement:
        return not listed("NotResource", resource)
    return listed("Resource", resource)


def evaluate(policies, action, resource, context):
    """The decision, the names of the policies behind it, and the condition keys that are missing from the context."""
    context = iam_conditions.normalised(context)
    allowing, denying, missing = [], [], set()
    for name, those in policies:
        for statement in those:
            if not _concerns(statement, action, resource, context):
                continue
            conditions = statement.get("Condition")
            missing |= {key for key in iam_conditions.keys(conditions) if key.lower() not in context}
            if iam_conditions.hold(conditions, context):
                (denying if statement["Effect"] == "Deny" else allowing).append(name)
    if denying:
        return EXPLICIT_DENY, denying, missing
    return (ALLOWED if allowing else IMPLICIT_DENY), allowing, missing
