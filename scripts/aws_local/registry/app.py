"""ECR's registry: the Docker Registry HTTP API V2 and the OCI distribution protocol, below /v2/, with the images of moto's
repositories.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html
https://github.com/opencontainers/distribution-spec/blob/main/spec.md
https://distribution.github.io/distribution/spec/api/
"""

import json
import re
from urllib.parse import parse_qs

from moto.ecr.models import ecr_backends

from aws_local.ecr import authorization
from aws_local.registry import blobs, manifests, uploads
from aws_local.registry.errors import RegistryError

NAME = r"(?P<name>.+?)"
ROUTES = [
    (re.compile(rf"{NAME}/blobs/uploads/?"), {"POST": uploads.start}),
    (
        re.compile(rf"{NAME}/blobs/uploads/(?P<upload_id>[^/]+)"),
        {
            "GET": uploads.status,
            "PATCH": uploads.append,
            "PUT": uploads.finish,
            "DELETE": uploads.cancel,
        },
    ),
    (re.compile(rf"{NAME}/blobs/(?P<digest>[^/]+)"), {"GET": blobs.get, "HEAD": blobs.get}),
    (
        re.compile(rf"{NAME}/manifests/(?P<reference>[^/]+)"),
        {"GET": manifests.get, "HEAD": manifests.get, "PUT": manifests.put},
    ),
    (re.compile(rf"{NAME}/tags/list"), {"GET": manifests.tags}),
    (re.compile(rf"{NAME}/referrers/(?P<digest>[^/]+)"), {"GET": manifests.referrers}),
]
VERSION = ("Docker-Distribution-Api-Version", "registry/2.0")


class Request:
    """A request to the registry: the repository and its backend, the query, and URLs of the registry."""

    def __init__(self, environ, backend):
        self.environ = environ
        self.backend = backend
        self.method = environ["REQUEST_METHOD"]
        self.query = {key: values[0] for key, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
        self.repository = None

    def url(self, path):
        return f"http://{self.environ['HTTP_HOST']}/v2/{self.repository.name}/{path}"

    def found(self, name):
        repository = self.backend.repositories.get(name)
        if repository is None:
            where = f"in the registry with id '{self.backend.account_id}'"
            raise RegistryError(404, "NAME_UNKNOWN", f"The repository with name '{name}' does not exist {where}")
        return repository


def _dispatch(environ):
    realm = f"http://{environ['HTTP_HOST']}/"
    account, region = authorization.checked(environ.get("HTTP_AUTHORIZATION", ""), realm)
    request = Request(environ, ecr_backends[account][region])
    path = environ["PATH_INFO"].removeprefix("/v2").removeprefix("/")
    if not path:
        return 200, [], [b"{}"]
    if path == "_catalog" and request.method == "GET":
        names = sorted(request.backend.repositories)
        return 200, [("Content-Type", "application/json")], [json.dumps({"repositories": names}).encode()]
    for pattern, methods in ROUTES:
        match = pattern.fullmatch(path)
        if not match:
            continue
        if request.method not in methods:
            raise RegistryError(405, "UNSUPPORTED", "The operation is unsupported.")
        values = match.groupdict()
        request.repository = request.found(values.pop("name"))
        return methods[request.method](request, **values)
    raise RegistryError(404, "NAME_INVALID", "Invalid repository name")


REASONS = {
    200: "OK",
    201: "Created",
    202: "Accepted",
    204: "No Content",
    206: "Partial Content",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
    416: "Range Not Satisfiable",
}


def is_for_registry(environ):
    """Whether a request is for the registry. Other services also have paths below /v2/; their requests are signed."""
    path = environ["PATH_INFO"]
    signed = environ.get("HTTP_AUTHORIZATION", "").startswith("AWS4-") or "X-Amz-Signature" in environ["QUERY_STRING"]
    return (path == "/v2" or path.startswith("/v2/")) and not signed


class Registry:
    """Answers requests to the registry, and passes on all others to `app`."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"].startswith(blobs.DOWNLOADS):
            status, headers, body = blobs.download(environ)
        elif is_for_registry(environ):
            try:
                status, headers, body = _dispatch(environ)
            except RegistryError as error:
                status, headers, body = error.status, error.headers, [error.body()]
        else:
            return self.app(environ, start_response)
        if isinstance(body, list) and not any(name == "Content-Length" for name, _ in headers) and status != 204:
            headers = [*headers, ("Content-Length", str(sum(len(piece) for piece in body)))]
        start_response(f"{status} {REASONS[status]}", [VERSION, *headers])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else body
