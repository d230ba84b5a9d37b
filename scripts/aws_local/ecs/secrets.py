"""The secrets of containers, read from Secrets Manager and Systems Manager before the containers start.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Secret.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html
"""

import json

from moto.core.exceptions import JsonRESTError, ServiceException
from moto.secretsmanager.models import secretsmanager_backends
from moto.ssm.models import ssm_backends

from aws_local.ecs import roles

PULL = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
FROM_ASM = PULL + "unable to retrieve secret from asm: "
FROM_SSM = PULL + "unable to retrieve secrets from ssm: "
RETRIED = "service call has been retried 1 time(s): "


def denied(backend, role, session, secret):
    """The error if the role may not read the secret."""
    if _is_asm(secret["valueFrom"]):
        arn = ":".join(secret["valueFrom"].split(":")[:7])
        why = _always(backend, role, session, "secretsmanager:GetSecretValue", arn)
        return f"{FROM_ASM}{RETRIED}failed to fetch secret {arn} from secrets manager: {why}"
    arn = _parameter_arn(backend, secret["valueFrom"])
    return FROM_SSM + RETRIED + _always(backend, role, session, "ssm:GetParameters", arn)


def _always(backend, role, session, action, arn):
    name = (role or "none").split("/")[-1]
    return (
        f"AccessDeniedException: User: arn:{backend.partition}:sts::{backend.account_id}:assumed-role/{name}/{session} "
        f"is not authorized to perform: {action} on resource: {arn} because no identity-based policy allows the "
        f"{action} action status code: 400"
    )


def failure(backend, role, session, secrets):
    """Why one of the secrets cannot be read, or None."""
    for secret in secrets:
        reads = _from_asm if _is_asm(secret["valueFrom"]) else _from_ssm
        error = reads(backend, role, session, secret["valueFrom"])
        if error:
            return error
    return None


def _is_asm(text):
    return text.startswith("arn:") and text.split(":")[2] == "secretsmanager"


def _from_asm(backend, role, session, text):
    parts = text.split(":")
    arn = ":".join(parts[:7])
    key, stage, version = (parts[7:] + ["", "", ""])[:3]
    existing = secretsmanager_backends[parts[4]][parts[3]]
    secret = existing.secrets.get(arn) if arn in existing.secrets else None
    why = roles.denial(backend, role, session, "secretsmanager:GetSecretValue", secret.arn if secret else arn)
    if why is None and secret is None:
        why = "ResourceNotFoundException: Secrets Manager can't find the specified secret."
    if why is None:
        try:
            value = existing.get_secret_value(secret.arn, version or None, stage or None)
        except (JsonRESTError, ServiceException) as error:
            code = getattr(error, "error_type", None) or getattr(error, "code", "")
            why = f"{code}: {error.message}"
    if why is not None:
        return f"{FROM_ASM}{RETRIED}failed to fetch secret {arn} from secrets manager: {why}"
    return _without_key(value.get("SecretString"), key)


def _without_key(string, key):
    if not key:
        return None
    try:
        content = json.loads(string or "")
    except ValueError:
        return f"{FROM_ASM}failed to unmarshal secret: invalid character looking for beginning of value"
    if not isinstance(content, dict) or key not in content:
        return f"{FROM_ASM}retrieved secret from Secrets Manager did not contain json key {key}"
    return None


def _parameter_arn(backend, text):
    if text.startswith("arn:"):
        return text
    return f"arn:{backend.partition}:ssm:{backend.region_name}:{backend.account_id}:parameter/{text.lstrip('/')}"


def _from_ssm(backend, role, session, text):
    arn = _parameter_arn(backend, text)
    _, _, _, region, account, resource = arn.split(":", 5)
    why = roles.denial(backend, role, session, "ssm:GetParameters", arn)
    if why:
        return FROM_SSM + RETRIED + why
    name = resource.removeprefix("parameter/")
    existing = ssm_backends[account][region]
    # The ARNs of /a/b and of b both have one slash after `parameter`.
    names = [text] if not text.startswith("arn:") else [f"/{name}", name]
    for one in names:
        try:
            if existing.get_parameter(one) is not None:
                return None
        except (JsonRESTError, ServiceException):
            continue
    return f"{FROM_SSM}{RETRIED}invalid parameters: {names[0]}"
