"""The protocol rpc-v2-cbor, which newer AWS SDKs use for CloudWatch and moto lacks. Requests are translated to JSON, and
answers back to CBOR.

https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

import base64
import datetime
import gzip
import io
import json
import re

from botocore.parsers import RpcV2CBORParser
from botocore.serialize import RpcV2CBORSerializer
from moto.core.utils import get_service_model

PATH = re.compile(r"/service/(?P<service>[^/]+)/operation/(?P<operation>[^/]+)$")
# The name of the service in the path, and in botocore.
SERVICES = {"GraniteServiceVersion20100801": "cloudwatch"}

_parser = RpcV2CBORParser()
_serializer = RpcV2CBORSerializer()


def _plain(value):
    """The JSON equivalent of a value that JSON lacks."""
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"{value!r} cannot be written")


def _to_json(body):
    if not body:
        return b"{}"
    stream = _parser.get_peekable_stream_from_bytes(body)
    return json.dumps(_parser.parse_data_item(stream), default=_plain).encode()


def _shaped(value, shape):
    """The JSON value with the types of its shape; unknown members are dropped."""
    kind = shape.type_name
    if kind == "structure":
        known = {name: item for name, item in value.items() if name in shape.members and item is not None}
        return {name: _shaped(item, shape.members[name]) for name, item in known.items()}
    if kind == "list":
        return [_shaped(item, shape.member) for item in value]
    if kind == "map":
        return {name: _shaped(item, shape.value) for name, item in value.items()}
    if kind == "timestamp":
        if isinstance(value, str):
            return datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
        return datetime.datetime.fromtimestamp(value, datetime.timezone.utc)
    if kind == "blob":
        return base64.b64decode(value)
    if kind in ("double", "float"):
        return float(value)
    return value


def _to_cbor(value, shape):
    body = bytearray()
    _serializer._serialize_data_item(body, _shaped(value, shape) if shape else {}, shape or _NoMembers)
    return bytes(body)


class _NoMembers:
    type_name, members = "structure", {}


class _Text:
    type_name, serialization = "string", {}


class _Error:
    type_name = "structure"
    members = {"__type": _Text, "message": _Text}


def _error(body):
    error = json.loads(body)
    code = error.get("__type") or error.get("code") or "InternalFailure"
    return _to_cbor({"__type": str(code), "message": error.get("message") or error.get("Message") or ""}, _Error)


class Cbor:
    """Translates requests in CBOR for `app`; passes on all others."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        match = PATH.match(environ.get("PATH_INFO", ""))
        service = match and SERVICES.get(match["service"])
        if not service or environ.get("HTTP_SMITHY_PROTOCOL") != "rpc-v2-cbor":
            return self.app(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if environ.pop("HTTP_CONTENT_ENCODING", "") == "gzip":
            body = gzip.decompress(body)
        requested = _to_json(body)
        environ |= {
            "PATH_INFO": "/",
            "RAW_URI": "/",
            "REQUEST_URI": "/",
            "CONTENT_TYPE": "application/x-amz-json-1.0",
            "CONTENT_LENGTH": str(len(requested)),
            "HTTP_ACCEPT": "application/json",
            "HTTP_X_AMZ_TARGET": f"{match['service']}.{match['operation']}",
            "wsgi.input": io.BytesIO(requested),
        }
        response = {}

        def note(status, headers, _exception=None):
            response.update(status=status, headers=headers)

        parts = self.app(environ, note)
        answer = b"".join(parts)
        if hasattr(parts, "close"):
            parts.close()
        try:
            if response["status"].startswith("2"):
                shape = get_service_model(service).operation_model(match["operation"]).output_shape
                answer = _to_cbor(json.loads(answer or b"{}"), shape)
            else:
                answer = _error(answer)
        except ValueError:
            # An error of the server itself, which is not JSON.
            start_response(response["status"], response["headers"])
            return [answer]
        kept = [pair for pair in response["headers"] if pair[0].lower() not in ("content-type", "content-length")]
        kept += [
            ("Content-Type", "application/cbor"),
            ("Content-Length", str(len(answer))),
            ("smithy-protocol", "rpc-v2-cbor"),
        ]
        start_response(response["status"], kept)
        return [answer]
