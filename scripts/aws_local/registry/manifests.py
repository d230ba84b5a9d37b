"""Manifests: the images of a repository, by digest and by tag.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-manifest-formats.html
"""

import json

from moto.core.exceptions import ServiceException
from moto.ecr.exceptions import ImageAlreadyExistsException

from aws_local.ecr import images, manifests
from aws_local.registry import storage
from aws_local.registry.blobs import check_digest
from aws_local.registry.errors import RegistryError

# https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html
MAX_BYTES = 4 * 1024 * 1024

CODES = {
    "ImageTagAlreadyExistsException": "TAG_INVALID",
    "LayersNotFoundException": "MANIFEST_BLOB_UNKNOWN",
    "ReferencedImagesNotFoundException": "MANIFEST_BLOB_UNKNOWN",
    "ImageDigestDoesNotMatchException": "DIGEST_INVALID",
    "InvalidParameterException": "MANIFEST_INVALID",
}


def _reference(text):
    """The tag and the digest of a reference; one of them is None."""
    if ":" in text:
        check_digest(text)
        return None, text
    if not images.TAG.fullmatch(text):
        raise RegistryError(400, "TAG_INVALID", f"Invalid image tag '{text}'")
    return text, None


def _accepted(environ):
    """The media types that the client accepts; empty if it accepts all."""
    types = [one.split(";")[0].strip() for one in environ.get("HTTP_ACCEPT", "").split(",")]
    types = [one for one in types if one]
    return [] if "*/*" in types or "application/*" in types else types


def get(request, reference):
    tag, digest = _reference(reference)
    image = images.find(request.repository, tag, digest)
    if image is None:
        raise RegistryError(404, "MANIFEST_UNKNOWN", "Requested image not found")
    text, media_type = image.image_manifest, image.image_manifest_media_type
    accepted = _accepted(request.environ)
    if accepted and media_type not in accepted:
        # With a digest, the manifest is never translated.
        other = manifests.translated(text, accepted) if tag else None
        if other is None:
            raise RegistryError(404, "MANIFEST_UNKNOWN", f"The image is a {media_type}, which is not accepted")
        text, media_type = other
    body = text.encode()
    headers = [
        ("Content-Type", media_type),
        ("Content-Length", str(len(body))),
        ("Docker-Content-Digest", manifests.digest_of(text)),
    ]
    return 200, headers, [body]


def _body(request):
    body = b""
    try:
        for piece in storage.pieces(request.environ):
            body += piece
            if len(body) > MAX_BYTES:
                raise RegistryError(413, "MANIFEST_INVALID", f"A manifest has at most {MAX_BYTES} bytes")
        return body.decode()
    except (ConnectionError, UnicodeDecodeError) as error:
        raise RegistryError(400, "MANIFEST_INVALID", str(error)) from None


def put(request, reference):
    tag, digest = _reference(reference)
    text = _body(request)
    media_type = request.environ.get("CONTENT_TYPE", "").split(";")[0].strip() or None
    try:
        request.backend.put_image(request.repository.name, text, tag, media_type, digest)
    except ImageAlreadyExistsException:
        # The same image was pushed again.
        pass
    except ServiceException as error:
        raise RegistryError(400, CODES.get(error.code, "MANIFEST_INVALID"), error.message) from None
    own = manifests.digest_of(text)
    headers = [("Location", request.url(f"manifests/{own}")), ("Docker-Content-Digest", own)]
    subject = json.loads(text).get("subject")
    if subject:
        headers.append(("OCI-Subject", subject["digest"]))
    return 201, headers, []


def tags(request):
    names = sorted(tag for image in list(request.repository.images) for tag in image.image_tags)
    last = request.query.get("last")
    if last is not None:
        names = [name for name in names if name > last]
    headers, size = [("Content-Type", "application/json")], request.query.get("n", "")
    if size.isdigit() and int(size) < len(names):
        names = names[: int(size)]
        if names:
            headers.append(("Link", f'<{request.url("tags/list")}?n={size}&last={names[-1]}>; rel="next"'))
    return 200, headers, [json.dumps({"name": request.repository.name, "tags": names}).encode()]


def referrers(request, digest):
    check_digest(digest)
    found = []
    for image in list(request.repository.images):
        manifest = json.loads(image.image_manifest)
        if manifest.get("subject", {}).get("digest") != digest:
            continue
        one = {
            "mediaType": image.image_manifest_media_type,
            "digest": image.image_digest,
            "size": len(image.image_manifest.encode()),
            "artifactType": manifest.get("artifactType") or manifest.get("config", {}).get("mediaType"),
            "annotations": manifest.get("annotations", {}),
        }
        wanted = request.query.get("artifactType")
        if not wanted or wanted == one["artifactType"]:
            found.append(one)
    headers = [("Content-Type", manifests.OCI_INDEX)]
    if request.query.get("artifactType"):
        headers.append(("OCI-Filters-Applied", "artifactType"))
    index = {"schemaVersion": 2, "mediaType": manifests.OCI_INDEX, "manifests": found}
    return 200, headers, [json.dumps(index).encode()]
