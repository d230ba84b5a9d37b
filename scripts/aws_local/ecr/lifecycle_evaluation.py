"""What a lifecycle policy deletes. ECR evaluates policies within a day; here, `POST /aws-local/lifecycle` with {"account",
"repository", "days", "region"} does so, as if that many days had passed (by default 0).

All rules mark images as if none had been deleted, then the rules expire them in the order of their priorities. An image
that matches the tags of a rule is never expired by a rule with a lower priority. An image that an index refers to stays as
long as the index.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
"""

import fnmatch
import json
import time

from moto.ecr.models import ecr_backends

from aws_local import controls
from aws_local.ecr import manifests

DAY = 24 * 3600


def _matches(selection, image):
    tags = image.image_tags
    if selection["tagStatus"] != "tagged":
        return selection["tagStatus"] == "any" or not tags
    patterns = [f"{prefix}*" for prefix in selection.get("tagPrefixList", [])] + selection.get("tagPatternList", [])
    # Of several patterns, the image must have a tag for each.
    return all(any(fnmatch.fnmatchcase(tag, pattern) for tag in tags) for pattern in patterns)


def _expired(selection, images, now):
    """Those of the images that a rule marks; the newest come first."""
    count = selection["countNumber"]
    if selection["countType"] == "imageCountMoreThan":
        return images[count:]
    return [one for one in images if now - one.image_pushed_at > count * DAY]


def _parts(repository):
    return {part for one in repository.images for part in manifests.images_of(json.loads(one.image_manifest))}


def evaluate(repository, now):
    """Deletes what the policy of the repository expires."""
    if not repository.lifecycle_policy:
        return
    parts = _parts(repository)
    # Pushed in the same second: the later one is the newer one.
    images = [one for one in reversed(repository.images) if one.image_digest not in parts]
    images.sort(key=lambda one: one.image_pushed_at, reverse=True)
    matched, expired = set(), []
    for rule in sorted(json.loads(repository.lifecycle_policy)["rules"], key=lambda rule: rule["rulePriority"]):
        mine = [one for one in images if _matches(rule["selection"], one)]
        marked = _expired(rule["selection"], mine, now)
        expired += [one for one in marked if one.image_digest not in matched]
        matched |= {one.image_digest for one in mine}
    kept = [one for one in repository.images if one not in expired]
    left = {part for one in kept for part in manifests.images_of(json.loads(one.image_manifest))}
    # The images of an index go with it.
    gone = {part for one in expired for part in manifests.images_of(json.loads(one.image_manifest))} - left
    repository.images[:] = [one for one in kept if one.image_digest not in gone or one.image_tags]


def _control(method, body):
    if method != "POST":
        raise ValueError("only POST")
    repositories = ecr_backends[body["account"]][body.get("region", "us-east-1")].repositories
    evaluate(repositories[body["repository"]], time.time() + body.get("days", 0) * DAY)


def install():
    controls.PATHS["/aws-local/lifecycle"] = _control
