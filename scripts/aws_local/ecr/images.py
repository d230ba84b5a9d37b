"""Images: identified by the digest of their manifest, whose layers must be in the repository; as large as their layers; a
tag that moves leaves its old image untagged.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
"""

import fnmatch
import json
import re

from moto.core.responses import ActionResult
from moto.ecr.exceptions import ImageAlreadyExistsException, InvalidParameterException, ValidationException
from moto.ecr.models import ECRBackend, Image
from moto.ecr.responses import ECRResponse

from aws_local.ecr import manifests
from aws_local.ecr.pages import page

TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")
DIGEST = re.compile(r"[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+")


def refused(code, message):
    """An error of ECR for which moto has no class."""
    return ValidationException(code, message)


def is_immutable(repository, tag):
    """Whether a tag is immutable. The exclusion filters invert the repository's setting."""
    filters = repository.image_tag_mutability_exclusion_filters or []
    excluded = any(fnmatch.fnmatchcase(tag, one["filter"]) for one in filters)
    return repository.is_tag_immutable() != excluded


def find(repository, tag=None, digest=None):
    for image in list(repository.images):
        if (tag is None or tag in image.image_tags) and (digest is None or digest == image.image_digest):
            return image
    return None


def _check_parts(repository, manifest, media_type):
    of, where = repository.registry_id, repository.name
    if media_type in manifests.LISTS:
        missing = [one for one in manifests.images_of(manifest) if find(repository, digest=one) is None]
        kind, code = "Images", "ReferencedImagesNotFoundException"
    else:
        missing = [one for one in manifests.layers_of(manifest) if one not in repository.layers]
        kind, code = "Layers", "LayersNotFoundException"
    if missing:
        text = (
            f"{kind} with digests '[{', '.join(missing)}]' required for pushing image into repository with name "
            f"'{where}' in the registry with id '{of}' do not exist"
        )
        raise refused(code, text)


def put_image(self, repository_name, image_manifest, image_tag, image_manifest_mediatype=None, digest=None):
    repository = self._get_repository(repository_name)
    if image_tag is not None and not TAG.fullmatch(image_tag):
        raise InvalidParameterException(
            "Invalid parameter at 'imageTag' failed to satisfy constraint: "
            f"'must satisfy regular expression '{TAG.pattern}''"
        )
    try:
        manifest, media_type = manifests.parsed(image_manifest, image_manifest_mediatype)
    except manifests.Malformed as error:
        text = f"Invalid parameter at 'imageManifest' failed to satisfy constraint: {error}"
        raise InvalidParameterException(text) from None
    own = manifests.digest_of(image_manifest)
    if digest and digest != own:
        text = f"The provided image digest '{digest}' does not match the calculated image digest '{own}'"
        raise refused("ImageDigestDoesNotMatchException", text)
    _check_parts(repository, manifest, media_type)
    return _tagged(repository, own, image_tag, image_manifest, media_type)


def _tagged(repository, digest, tag, text, media_type):
    image = find(repository, digest=digest)
    holder = find(repository, tag=tag) if tag is not None else None
    if holder is not None and is_immutable(repository, tag):
        message = (
            f"The image tag '{tag}' already exists in the '{repository.name}' repository and cannot be overwritten "
            "because the tag is immutable."
        )
        raise refused("ImageTagAlreadyExistsException", message)
    if image is not None and (tag is None or holder is image):
        raise ImageAlreadyExistsException(repository.name, repository.registry_id, digest, tag or "null")
    if image is None:
        image = Image(repository.account_id, None, text, repository.name, media_type, digest, repository.registry_id)
        image.repository = repository
        repository.images.append(image)
    if holder is not None:
        holder.remove_tag(tag)
        holder.image_tag = holder.image_tags[-1] if holder.image_tags else None
    if tag is not None:
        image.update_tag(tag)
    return image


def _size(self):
    """The size of an image; for an index, that of its largest image."""
    manifest = json.loads(self.image_manifest)
    if "manifests" in manifest:
        parts = [find(self.repository, digest=one) for one in manifests.images_of(manifest)]
        return max((one.get_image_size_in_bytes() for one in parts if one), default=0)
    return sum(layer.get("size", 0) for layer in manifest.get("layers", []))


def _artifact(self):
    manifest = json.loads(self.image_manifest)
    return manifest.get("artifactType") or manifest.get("config", {}).get("mediaType")


def _named(repository, image_id):
    """The image with an id, or the code and reason of the failure."""
    tag, digest = image_id.get("imageTag"), image_id.get("imageDigest")
    if tag is None and digest is None:
        return None, "MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null"
    if digest is not None and not DIGEST.fullmatch(digest):
        reason = f"Invalid request parameters: image digest should satisfy the regex '{DIGEST.pattern}'"
        return None, "InvalidImageDigest", reason
    image = find(repository, tag, digest)
    if image is None:
        if tag is not None and digest is not None and find(repository, tag) and find(repository, digest=digest):
            return None, "ImageTagDoesNotMatchDigest", "Requested image tag does not match the image digest"
        return None, "ImageNotFound", "Requested image not found"
    return image, None, None


def _failure(image_id, code, reason):
    return {"imageId": image_id, "failureCode": code, "failureReason": reason}


def batch_get_image(self):
    repository = self.ecr_backend._get_repository(self._get_param("repositoryName"), self._get_param("registryId"))
    accepted, images, failures = self._get_param("acceptedMediaTypes") or [], [], []
    for image_id in self._get_param("imageIds"):
        image, code, reason = _named(repository, image_id)
        if image is None:
            failures.append(_failure(image_id, code, reason))
            continue
        text, media_type = image.image_manifest, image.image_manifest_media_type
        if accepted and media_type not in accepted and "imageTag" in image_id:
            text, media_type = manifests.translated(text, accepted) or (text, media_type)
        one = {"imageDigest": manifests.digest_of(text)}
        if "imageTag" in image_id:
            one["imageTag"] = image_id["imageTag"]
        images.append(
            {
                "registryId": repository.registry_id,
                "repositoryName": repository.name,
                "imageId": one,
                "imageManifest": text,
                "imageManifestMediaType": media_type,
            }
        )
    return ActionResult({"images": images, "failures": failures})


def batch_delete_image(self, repository_name, registry_id=None, image_ids=None):
    """A digest deletes the image and all of its tags; a tag deletes only the tag, and with the last tag the image."""
    repository = self._get_repository(repository_name, registry_id)
    deleted, failures = [], []
    for image_id in image_ids:
        image, code, reason = _named(repository, image_id)
        if image is None:
            failures.append(_failure(image_id, code, reason))
            continue
        digest, tag = image.image_digest, image_id.get("imageTag")
        last = tag is None or image.image_tags == [tag]
        lists = _lists_with(repository, digest)
        if last and lists:
            reason = f"Requested image referenced by manifest list: [{', '.join(lists)}]"
            failures.append(_failure(image_id, "ImageReferencedByManifestList", reason))
            continue
        tags = [tag] if tag is not None else list(image.image_tags)
        deleted.extend({"imageDigest": digest, "imageTag": one} for one in tags)
        if not tags:
            deleted.append({"imageDigest": digest})
        for one in tags:
            image.remove_tag(one)
        if last:
            repository.images.remove(image)
    return {"imageIds": deleted, "failures": failures}


def _lists_with(repository, digest):
    return [
        image.image_digest
        for image in repository.images
        if digest in manifests.images_of(json.loads(image.image_manifest))
    ]


def put(self):
    name, tag = self._get_param("repositoryName"), self._get_param("imageTag")
    image = self.ecr_backend.put_image(
        name,
        self._get_param("imageManifest"),
        tag,
        self._get_param("imageManifestMediaType"),
        self._get_param("imageDigest"),
    )
    image_id = {"imageDigest": image.image_digest}
    if tag is not None:
        image_id["imageTag"] = tag
    return ActionResult(
        {
            "image": {
                "registryId": image.registry_id,
                "repositoryName": name,
                "imageId": image_id,
                "imageManifest": image.image_manifest,
                "imageManifestMediaType": image.image_manifest_media_type,
            }
        }
    )


def _filtered(self, images):
    wanted = (self._get_param("filter") or {}).get("tagStatus", "ANY")
    return [image for image in images if wanted == "ANY" or (wanted == "TAGGED") == bool(image.image_tags)]


def list_images(self):
    repository = self.ecr_backend._get_repository(self._get_param("repositoryName"), self._get_param("registryId"))
    ids = []
    for image in _filtered(self, list(repository.images)):
        ids.extend({"imageDigest": image.image_digest, "imageTag": tag} for tag in image.image_tags)
        if not image.image_tags:
            ids.append({"imageDigest": image.image_digest})
    shown, token = page(self, ids)
    return ActionResult({"imageIds": shown, "nextToken": token})


def describe_images(self):
    repository = self.ecr_backend._get_repository(self._get_param("repositoryName"), self._get_param("registryId"))
    requested = self._get_param("imageIds")
    if requested:
        images = []
        for one in requested:
            image = repository._get_image(one.get("imageTag"), one.get("imageDigest"))
            if image not in images:
                images.append(image)
    else:
        images = _filtered(self, list(repository.images))
    shown, token = page(self, images, bool(requested))
    return ActionResult({"imageDetails": [_detail(image) for image in shown], "nextToken": token})


def _detail(image):
    detail = {
        "registryId": image.registry_id,
        "repositoryName": image.repository_name,
        "imageDigest": image.image_digest,
        "imageSizeInBytes": image.image_size_in_bytes,
        "imagePushedAt": image.image_pushed_at,
        "imageManifestMediaType": image.image_manifest_media_type,
        "artifactMediaType": _artifact(image),
        "imageTags": list(image.image_tags) or None,
        **getattr(image, "scan_summary", dict)(),
    }
    return {name: value for name, value in detail.items() if value is not None}


def install():
    ECRBackend.put_image = put_image
    ECRBackend.batch_delete_image = batch_delete_image
    Image.get_image_size_in_bytes = _size
    ECRResponse.put_image = put
    ECRResponse.batch_get_image = batch_get_image
    ECRResponse.list_images = list_images
    ECRResponse.describe_images = describe_images
