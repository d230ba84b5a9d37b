"""Whether a task's image can be pulled. Images outside of the account's own registry are assumed to exist.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
"""

import hashlib
import re

from moto.ecr.models import ecr_backends

from aws_local.ecs import roles

OWN = re.compile(r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/(?P<name>.+)")
AUTH = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable "
    "to retrieve ecr registry auth: service call has been retried 1 time(s): "
)


def _reference(text):
    """The repository, tag and digest of an image reference."""
    name, _, digest = text.partition("@")
    repository, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        repository, tag = name, None
    return repository, tag or (None if digest else "latest"), digest or None


def missing(image):
    return (
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref "
        f"{image}: {image}: not found"
    )


def digest(backend, image):
    """The digest of the image's manifest; None if it is missing from the account's own registry."""
    match = OWN.fullmatch(image)
    if match is None or match["account"] != backend.account_id:
        _, _, own = _reference(image)
        return own or "sha256:" + hashlib.sha256(image.encode()).hexdigest()
    name, tag, wanted = _reference(match["name"])
    repository = ecr_backends[backend.account_id][match["region"]].repositories.get(name)
    for one in list(repository.images) if repository else []:
        if (tag is None or tag in one.image_tags) and wanted in (None, one.get_image_digest()):
            return one.get_image_digest()
    return None


def refused(backend, image, role, session):
    """Why the execution role may not pull the image; None if it may."""
    match = OWN.fullmatch(image)
    if match is None or match["account"] != backend.account_id:
        return None
    denied = roles.denial(backend, role, session, "ecr:GetAuthorizationToken", "*")
    if denied:
        return AUTH + denied
    name, _, _ = _reference(match["name"])
    arn = f"arn:{backend.partition}:ecr:{match['region']}:{backend.account_id}:repository/{name}"
    for action in ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"):
        if roles.denial(backend, role, session, action, arn):
            return (
                "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref "
                f"{image}: pulling from host {image.split('/')[0]} failed with status code [manifests]: 403 Forbidden"
            )
    return None
