"""Uploads of layers: in one piece, streamed, or in chunks with a Content-Range.

Where ECR differs from the specification, this follows ECR: a PATCH is answered with 201, and a layer that does not match
its digest with BLOB_UPLOAD_INVALID.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-blobs
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CompleteLayerUpload.html
https://github.com/aws/containers-roadmap/issues/2831
"""

import re

from aws_local.registry import storage
from aws_local.registry.blobs import check_digest
from aws_local.registry.errors import RegistryError

# The specification has no unit, but some clients send one.
CONTENT_RANGE = re.compile(r"(?:bytes[ =])?(\d+)-(\d+)(?:/.*)?")


def _found(request, upload_id):
    upload = storage.find(request.repository, upload_id)
    if upload is None:
        text = (
            f"Upload with id '{upload_id}' could not be found for the repository with name "
            f"'{request.repository.name}' in the registry with id '{request.backend.account_id}'"
        )
        raise RegistryError(404, "BLOB_UPLOAD_UNKNOWN", text)
    return upload


def _headers(request, upload):
    return [
        ("Location", request.url(f"blobs/uploads/{upload.id}")),
        ("Range", f"0-{max(0, upload.size - 1)}"),
        ("Docker-Upload-UUID", upload.id),
    ]


def _created(request, digest):
    headers = [("Location", request.url(f"blobs/{digest}")), ("Docker-Content-Digest", digest)]
    return 201, headers, []


def start(request):
    """Starts an upload, or mounts the layer from another repository."""
    mount, source = request.query.get("mount"), request.query.get("from")
    if mount and source:
        check_digest(mount)
        other = request.backend.repositories.get(source)
        if other is not None and mount in other.layers:
            request.repository.layers[mount] = other.layers[mount]
            return _created(request, mount)
    upload = storage.Upload(request.repository)
    return 202, _headers(request, upload), []


def status(request, upload_id):
    return 204, _headers(request, _found(request, upload_id)), []


def cancel(request, upload_id):
    _found(request, upload_id).drop()
    return 204, [], []


def _append(request, upload):
    """Appends the body, if it begins where the upload ends."""
    given = request.environ.get("HTTP_CONTENT_RANGE")
    if given:
        match = CONTENT_RANGE.fullmatch(given.strip())
        length = request.environ.get("CONTENT_LENGTH")
        if not match or (length and int(length) != int(match[2]) - int(match[1]) + 1):
            raise RegistryError(400, "BLOB_UPLOAD_INVALID", "The Content-Range does not say what the body has")
        if int(match[1]) != upload.size:
            text = f"The part begins at {match[1]}, and the upload with id '{upload.id}' has {upload.size} bytes"
            raise RegistryError(416, "BLOB_UPLOAD_INVALID", text, _headers(request, upload))
    try:
        upload.append(storage.pieces(request.environ))
    except ConnectionError as error:
        raise RegistryError(400, "BLOB_UPLOAD_INVALID", str(error), _headers(request, upload)) from None


def append(request, upload_id):
    upload = _found(request, upload_id)
    with upload.lock:
        _append(request, upload)
    return 201, _headers(request, upload), []


def finish(request, upload_id):
    digest = request.query.get("digest")
    check_digest(digest)
    upload = _found(request, upload_id)
    with upload.lock:
        _append(request, upload)
        if upload.digest != digest:
            upload.drop()
            text = "None of the provided layer digests match the calculated layer digest"
            raise RegistryError(400, "BLOB_UPLOAD_INVALID", text)
        upload.finish()
    return _created(request, digest)
