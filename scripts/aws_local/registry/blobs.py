"""Blobs (layers and configurations of images): read whole or in part, with a token, or with a temporary URL from ECR.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-blobs
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetDownloadUrlForLayer.html
"""

import hmac
import re
import time
from urllib.parse import parse_qs

from aws_local.ecr import authorization
from aws_local.registry import storage
from aws_local.registry.errors import RegistryError

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
DOWNLOADS = "/aws-local/layers/"
DOWNLOAD_LASTS = 60 * 60


def check_digest(digest):
    if not DIGEST.fullmatch(digest or ""):
        raise RegistryError(400, "DIGEST_INVALID", f"Invalid digest '{digest}'")


def _range(header, size):
    """The first byte and the one after the last; None for the whole blob. Like S3, supports a single range."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", (header or "").strip())
    if not match or match[0] == "bytes=-":
        return None
    if not match[1]:
        start, end = max(0, size - int(match[2])), size
    else:
        start, end = int(match[1]), min(size, int(match[2]) + 1 if match[2] else size)
    if start >= end:
        raise RegistryError(416, "SIZE_INVALID", "The range is not satisfiable", [("Content-Range", f"bytes */{size}")])
    return start, end


def _sent(environ, digest, size):
    part = _range(environ.get("HTTP_RANGE"), size)
    start, end = part or (0, size)
    headers = [
        ("Content-Type", "application/octet-stream"),
        ("Content-Length", str(end - start)),
        ("Docker-Content-Digest", digest),
        ("Accept-Ranges", "bytes"),
    ]
    if part:
        headers.append(("Content-Range", f"bytes {start}-{end - 1}/{size}"))
    return 206 if part else 200, headers, storage.read(digest, start, end - start)


def get(request, digest):
    check_digest(digest)
    size = request.repository.layers.get(digest)
    if size is None:
        text = f"The layer with digest '{digest}' does not exist in the repository '{request.repository.name}'"
        raise RegistryError(404, "BLOB_UNKNOWN", text)
    return _sent(request.environ, digest, size)


def download_url(host, digest):
    expires = int(time.time()) + DOWNLOAD_LASTS
    return f"http://{host}{DOWNLOADS}{digest}?expires={expires}&signature={_signature(digest, expires)}"


def _signature(digest, expires):
    return authorization.sign(f"{digest} {expires}")


def download(environ):
    digest = environ["PATH_INFO"].removeprefix(DOWNLOADS)
    query = parse_qs(environ.get("QUERY_STRING", ""))
    expires, signature = query.get("expires", ["0"])[0], query.get("signature", [""])[0]
    path = storage.path(digest) if DIGEST.fullmatch(digest) else None
    right = hmac.compare_digest(signature, _signature(digest, expires))
    if not right or int(expires) < time.time() or not path.exists():
        return 403, [("Content-Type", "text/plain")], [b"Request has expired or its signature is wrong\n"]
    try:
        return _sent(environ, digest, path.stat().st_size)
    except RegistryError as error:
        return error.status, error.headers, [error.body()]
