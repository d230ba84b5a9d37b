"""Repositories: tags are checked before anything is created, KMS keys must exist, lists have pages; deleting a
repository deletes its layers.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRepositories.html
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepository.html
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_TagResource.html
"""

from moto.core.responses import ActionResult
from moto.ecr.exceptions import InvalidParameterException
from moto.ecr.models import ECRBackend, Repository
from moto.ecr.responses import ECRResponse
from moto.kms.models import kms_backends

from aws_local.ecr.images import refused
from aws_local.ecr.pages import page
from aws_local.registry import storage

MAX_TAGS = 50
# The alias of AWS's own key for ECR.
AWS_KEY = "alias/aws/ecr"


def _invalid(parameter, constraint):
    return InvalidParameterException(f"Invalid parameter at '{parameter}' failed to satisfy constraint: '{constraint}'")


def _check_tags(tags, existing=()):
    keys = [tag["Key"] for tag in tags]
    if len(set(keys)) < len(keys):
        raise refused("InvalidTagParameterException", "Duplicate tag keys are not allowed.")
    for key in keys:
        if key.lower().startswith("aws:"):
            message = f"The tag key '{key}' is reserved: keys must not begin with aws:"
            raise refused("InvalidTagParameterException", message)
    if len(set(keys) | set(existing)) > MAX_TAGS:
        raise refused("TooManyTagsException", f"The maximum number of tags on a repository is {MAX_TAGS}.")


def _encryption(repository, given):
    """The encryption settings. The default key is AWS's own for ECR."""
    kind = (given or {}).get("encryptionType", "AES256")
    if kind not in ("AES256", "KMS", "KMS_DSSE"):
        raise _invalid("encryptionConfiguration", "Member must satisfy enum value set: [AES256, KMS, KMS_DSSE]")
    if kind == "AES256":
        if (given or {}).get("kmsKey"):
            raise _invalid("encryptionConfiguration", "kmsKey must not be specified with encryptionType AES256")
        return {"encryptionType": kind}
    return {"encryptionType": kind, "kmsKey": _key(repository, given.get("kmsKey"))}


def _key(repository, given):
    backend = kms_backends[repository.account_id][repository.region_name]
    if given:
        alias = backend.get_alias_name(given)
        named = alias.startswith("alias/")
        key_id = backend.get_key_id_from_alias(alias) if named else backend.get_key_id(given)
    else:
        key_id = backend.get_key_id_from_alias(AWS_KEY)
        if key_id is None:
            key_id = backend.create_key(None, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "Default key for ECR", None).id
            backend.create_alias(key_id, AWS_KEY)
    if key_id not in backend.keys:
        raise refused("KmsException", f"The KMS key '{given}' does not exist or may not be used")
    return backend.keys[key_id].arn


def describe_repositories(self):
    names = self._get_param("repositoryNames")
    found = self.ecr_backend.describe_repositories(self._get_param("registryId"), names)
    shown, token = page(self, found, bool(names))
    return ActionResult({"repositories": shown, "nextToken": token})


def install():
    create, delete, tag = ECRBackend.create_repository, ECRBackend.delete_repository, ECRBackend.tag_resource

    def create_repository(self, repository_name, *args, **kwargs):
        tags = kwargs.get("tags") or []
        _check_tags(tags)
        return create(self, repository_name, *args, **kwargs)

    def delete_repository(self, *args, **kwargs):
        repository = delete(self, *args, **kwargs)
        storage.drop_unused(repository.layers)
        for upload in [one for one in storage.uploads.values() if one.repository is repository]:
            upload.drop()
        return repository

    def tag_resource(self, arn, tags):
        _check_tags(tags, [one["Key"] for one in self.list_tags_for_resource(arn)["tags"]])
        return tag(self, arn, tags)

    ECRBackend.create_repository = create_repository
    ECRBackend.delete_repository = delete_repository
    ECRBackend.tag_resource = tag_resource
    ECRResponse.describe_repositories = describe_repositories
    Repository._determine_encryption_config = _encryption
