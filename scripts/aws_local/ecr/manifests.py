"""Manifests: what they refer to, and translation between the formats of Docker and OCI.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-manifest-formats.html
https://github.com/opencontainers/image-spec/blob/main/manifest.md
https://github.com/opencontainers/image-spec/blob/main/image-index.md
https://distribution.github.io/distribution/spec/manifest-v2-2/
"""

import hashlib
import json

DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
IMAGES, LISTS = (DOCKER, OCI), (DOCKER_LIST, OCI_INDEX)

# Docker's media types and their OCI equivalents.
SAME = [
    (DOCKER, OCI),
    ("application/vnd.docker.container.image.v1+json", "application/vnd.oci.image.config.v1+json"),
    ("application/vnd.docker.image.rootfs.diff.tar.gzip", "application/vnd.oci.image.layer.v1.tar+gzip"),
    ("application/vnd.docker.image.rootfs.diff.tar", "application/vnd.oci.image.layer.v1.tar"),
    (
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    ),
]


def digest_of(text):
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


class Malformed(ValueError):
    """The text is not a valid manifest."""


def parsed(text, media_type=None):
    """The manifest and its media type."""
    try:
        manifest = json.loads(text)
    except ValueError:
        raise Malformed("'Invalid JSON syntax'") from None
    if not isinstance(manifest, dict) or manifest.get("schemaVersion") != 2:
        raise Malformed("'Invalid image manifest: unsupported schema version'")
    own = manifest.get("mediaType")
    if own and media_type and own != media_type:
        raise Malformed(f"'manifest media type {own} does not match the given media type {media_type}'")
    media_type = own or media_type
    if not media_type:
        raise Malformed("'image manifest mediatype not provided in manifest or parameter'")
    if media_type not in IMAGES + LISTS:
        raise Malformed(f"'unsupported image manifest media type {media_type}'")
    if media_type in IMAGES and not ("config" in manifest and isinstance(manifest.get("layers"), list)):
        raise Malformed("'Invalid image manifest: config and layers are required'")
    if media_type in LISTS and not isinstance(manifest.get("manifests"), list):
        raise Malformed("'Invalid image manifest: manifests are required'")
    return manifest, media_type


def layers_of(manifest):
    """The digests of the configuration and layers that must be in the repository; foreign layers need not be."""
    wanted = [manifest["config"], *(layer for layer in manifest["layers"] if not layer.get("urls"))]
    return [one["digest"] for one in wanted if "nondistributable" not in one.get("mediaType", "")]


def images_of(manifest):
    return [one["digest"] for one in manifest.get("manifests", [])]


def translated(text, accepted):
    """The manifest in one of the accepted formats, and its media type; None if that is impossible. Indexes are not
    translated."""
    manifest = json.loads(text)
    for existing, back in ((0, 1), (1, 0)):
        if manifest.get("mediaType", OCI) == SAME[0][existing] and SAME[0][back] in accepted:
            types = {pair[existing]: pair[back] for pair in SAME}
            for one in (manifest["config"], *manifest["layers"]):
                one["mediaType"] = types.get(one.get("mediaType"), one.get("mediaType"))
            manifest["mediaType"] = SAME[0][back]
            return json.dumps(manifest, indent=3), SAME[0][back]
    return None
