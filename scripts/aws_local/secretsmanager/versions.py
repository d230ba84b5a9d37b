"""Versions of secrets and their staging labels; operations that are refused for a secret that is scheduled for deletion.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecretVersionIds.html
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
"""

import json
import re
import time

from moto.secretsmanager.exceptions import (
    InvalidParameterException,
    InvalidRequestException,
    OperationNotPermittedOnReplica,
    ResourceExistsException,
    SecretNotFoundException,
    ValidationException,
)
from moto.secretsmanager.models import FakeSecret, ReplicaSecret, SecretsManagerBackend
from moto.secretsmanager.responses import SecretsManagerResponse

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"
NAME = re.compile(r"[A-Za-z0-9/_+=.@!-]{1,512}")


def _found(backend, secret_id):
    if secret_id not in backend.secrets:
        raise SecretNotFoundException()
    secret = backend.secrets[secret_id]
    if isinstance(secret, ReplicaSecret):
        raise OperationNotPermittedOnReplica
    return secret


def _alive(backend, secret_id):
    secret = _found(backend, secret_id)
    if secret.is_deleted():
        raise InvalidRequestException(
            "You can't perform this operation on the secret because it was marked for deletion."
        )
    return secret


def _holder(secret, stage):
    return next((name for name, one in secret.versions.items() if stage in one["version_stages"]), None)


def _drop(secret, stage):
    for one in secret.versions.values():
        if stage in one["version_stages"]:
            one["version_stages"].remove(stage)


def _reset_default_version(secret, version, version_id):
    """Makes a version the current one; the previous one keeps its other labels."""
    before = _holder(secret, CURRENT)
    for stage in (*version["version_stages"], PREVIOUS):
        _drop(secret, stage)
    if before and before != version_id:
        secret.versions[before]["version_stages"].append(PREVIOUS)
    secret.versions[version_id] = version
    secret.default_version_id = version_id


def _existing(backend, name, token, string, binary, on_create=False):
    """The secret, if the same request was made before. The content of a version cannot change; a version created by a
    rotation has none at first."""
    if name not in backend.secrets:
        return None
    secret = _found(backend, name)
    version = secret.versions.get(token) if token else None
    if version and ("secret_string" in version or "secret_binary" in version):
        if (version.get("secret_string"), version.get("secret_binary")) == (string, binary):
            return secret
        raise ResourceExistsException(
            f"You can't use ClientRequestToken {token} because that value is already in use for a version of secret "
            f"{secret.arn}."
        )
    if on_create:
        raise ResourceExistsException(f"The operation failed because the secret {name} already exists.")
    return None


def _move(backend, secret_id, version_stage, remove_from_version_id, move_to_version_id):
    secret = _alive(backend, secret_id)
    for version in (remove_from_version_id, move_to_version_id):
        if version and version not in secret.versions:
            raise InvalidParameterException(f"Not a valid version: {version}")
    if not remove_from_version_id and not move_to_version_id:
        raise InvalidParameterException("Either RemoveFromVersionId or MoveToVersionId must be given.")
    holder = _holder(secret, version_stage)
    if remove_from_version_id and holder != remove_from_version_id:
        raise InvalidParameterException(
            f"The staging label {version_stage} is not attached to version {remove_from_version_id}."
        )
    if move_to_version_id and holder not in (None, move_to_version_id) and not remove_from_version_id:
        raise InvalidParameterException(
            f"The parameter RemoveFromVersionId can't be empty. Staging label {version_stage} is currently attached to "
            f"version {holder}, so you must explicitly reference that version in RemoveFromVersionId."
        )
    if version_stage == CURRENT and not move_to_version_id:
        raise InvalidParameterException(
            "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed."
        )
    if holder == move_to_version_id:
        return secret.arn, secret.name
    _drop(secret, version_stage)
    if move_to_version_id:
        secret.versions[move_to_version_id]["version_stages"].append(version_stage)
    if version_stage == CURRENT:
        # AWSPREVIOUS moves to the version that was current.
        _drop(secret, PREVIOUS)
        if holder:
            secret.versions[holder]["version_stages"].append(PREVIOUS)
        secret.set_default_version_id(move_to_version_id)
    secret.last_changed_date = time.time()
    return secret.arn, secret.name


def _labelled(secret):
    """The labels of each version. Versions without a label are deprecated and not returned."""
    return {name: one["version_stages"] for name, one in secret.versions.items() if one["version_stages"]}


def list_secret_version_ids(self):
    secret_id = self._get_param("SecretId", if_none="")
    if secret_id not in self.backend.secrets:
        raise SecretNotFoundException()
    secret, all_of_them = self.backend.secrets[secret_id], self._get_bool_param("IncludeDeprecated", False)
    versions = [
        {"VersionId": name, "VersionStages": one["version_stages"], "CreatedDate": one["createdate"]}
        for name, one in secret.versions.items()
        if one["version_stages"] or all_of_them
    ]
    return json.dumps({"ARN": secret.arn, "Name": secret.name, "Versions": versions})


def install():
    backend = SecretsManagerBackend
    create, put, get = backend.create_secret, backend.put_secret_value, backend.get_secret_value
    describe = FakeSecret.to_dict
    update, tag, untag = backend.update_secret, backend.tag_resource, backend.untag_resource

    def create_secret(self, name, secret_string, secret_binary, *args, **kwargs):
        if not NAME.fullmatch(name or ""):
            raise ValidationException(
                "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: "
                "-/_+=.@!"
            )
        _check_one(secret_string, secret_binary)
        if name in self.secrets and self.secrets[name].is_deleted():
            raise InvalidRequestException(
                "You can't create this secret because a secret with this name is already scheduled for deletion."
            )
        answer = create(self, name, secret_string, secret_binary, *args, **kwargs)
        secret = self.secrets[name]
        # With milliseconds, as all times of a secret.
        secret.created_date = secret.last_changed_date = time.time()
        return answer

    def put_secret_value(self, secret_id, secret_string, secret_binary, *args, **kwargs):
        _alive(self, secret_id)
        _check_one(secret_string, secret_binary)
        return put(self, secret_id, secret_string, secret_binary, *args, **kwargs)

    def update_secret(self, secret_id, *args, kms_key_id=None, **kwargs):
        secret = _alive(self, secret_id)
        answer = update(self, secret_id, *args, kms_key_id=kms_key_id, **kwargs)
        # AWS's own key is reported once it was named.
        secret.names_key = secret.names_key or kms_key_id is not None
        return answer

    def to_dict(self):
        answer = describe(self)
        if self.names_key:
            answer["KmsKeyId"] = self.kms_key_id
        return answer

    def get_secret_value(self, secret_id, *args, **kwargs):
        if secret_id in self.secrets and self.secrets[secret_id].is_deleted():
            raise InvalidRequestException(
                "You can't perform this operation on the secret because it was marked for deletion."
            )
        return get(self, secret_id, *args, **kwargs)

    def tag_resource(self, arn, tags):
        _alive(self, arn)
        return tag(self, arn, tags)

    def untag_resource(self, arn, tag_keys):
        _alive(self, arn)
        return untag(self, arn, tag_keys)

    backend.create_secret = create_secret
    backend.put_secret_value = put_secret_value
    backend.update_secret = update_secret
    backend.get_secret_value = get_secret_value
    backend.tag_resource = tag_resource
    backend.untag_resource = untag_resource
    backend.update_secret_version_stage = _move
    backend._check_with_existing_secrets_and_versions = _existing
    FakeSecret.names_key = False
    FakeSecret.to_dict = to_dict
    FakeSecret.reset_default_version = _reset_default_version
    FakeSecret._form_version_ids_to_stages = _labelled
    SecretsManagerResponse.list_secret_version_ids = list_secret_version_ids


def _check_one(string, binary):
    if string is not None and binary is not None:
        raise InvalidParameterException(
            "You can't specify both a binary secret value and a string secret value in the same secret."
        )
