"""StartLiveTail: a stream in Amazon's event stream encoding, with one update per second, sampled above 500 events.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html
https://smithy.io/2.0/aws/amazon-eventstream.html
"""

import binascii
import json
import struct
import time
import uuid

from moto.iam.models import get_account_id_from
from moto.logs.exceptions import LogsClientError
from moto.logs.models import logs_backends

from aws_local import controls
from aws_local.logs.events import _group, index
from aws_local.logs.filter_patterns import parse

TARGET = "Logs_20140328.StartLiveTail"
MOST_EVENTS, UPDATE_SECONDS, SESSION_SECONDS = 500, 1.0, 3 * 3600


def frame(headers, payload):
    """One message: lengths, their checksum, headers of type string, payload, checksum of the message."""
    encoded = b""
    for name, value in headers.items():
        name, value = name.encode(), value.encode()
        encoded += struct.pack("!B", len(name)) + name + b"\x07" + struct.pack("!H", len(value)) + value
    prelude = struct.pack("!II", 16 + len(encoded) + len(payload), len(encoded))
    message = prelude + struct.pack("!I", binascii.crc32(prelude)) + encoded + payload
    return message + struct.pack("!I", binascii.crc32(message))


def event(kind, body):
    headers = {":message-type": "event", ":event-type": kind, ":content-type": "application/json"}
    return frame(headers, json.dumps(body).encode())


def exception(kind, text):
    headers = {":message-type": "exception", ":exception-type": kind, ":content-type": "application/json"}
    return frame(headers, json.dumps({"message": text}).encode())


class LiveTail:
    """Answers StartLiveTail; passes on all other requests to `app`."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        if environ.get("HTTP_X_AMZ_TARGET") != TARGET:
            return self.app(environ, start_response)
        body = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) or b"{}")
        credential = environ.get("HTTP_AUTHORIZATION", "").split("Credential=")[-1].split("/")
        account, region = get_account_id_from(credential[0]), (credential + [""] * 3)[2]
        try:
            session = Session(logs_backends[account][region], body)
        except LogsClientError as error:
            text = json.dumps({"__type": error.error_type, "message": error.message}).encode()
            start_response("400 Bad Request", [("Content-Type", "application/x-amz-json-1.1")])
            return [text]
        start_response("200 OK", [("Content-Type", "application/vnd.amazon.eventstream")])
        return session.frames()


class Session:
    def __init__(self, backend, body):
        self.body = body
        identifiers = body.get("logGroupIdentifiers") or []
        names, prefixes = body.get("logStreamNames"), body.get("logStreamNamePrefixes")
        if not 1 <= len(identifiers) <= 10:
            raise _invalid("Between 1 and 10 log groups must be given.")
        if names and prefixes:
            raise _invalid("Only one of logStreamNames and logStreamNamePrefixes can be given.")
        if (names or prefixes) and len(identifiers) != 1:
            raise _invalid("Log streams can be given with a single log group only.")
        self.groups = []
        for identifier in identifiers:
            if not identifier.startswith("arn:") or identifier.endswith("*"):
                raise _invalid("Log groups are given as ARNs, which must not end with an asterisk.")
            self.groups.append(_group(backend, None, identifier))
        self.wanted = _streams(names, prefixes)
        self.test = parse(body.get("logEventFilterPattern"))
        self.seen = {}
        for group in self.groups:
            self.seen[group.name] = {one.id for one in index(group)[-20_000:] if one.visible <= time.time()}

    def frames(self):
        yield event("initial-response", {})
        start = {
            key: self.body.get(key) or [] for key in ("logGroupIdentifiers", "logStreamNames", "logStreamNamePrefixes")
        }
        start |= {"logEventFilterPattern": self.body.get("logEventFilterPattern") or ""}
        yield event("sessionStart", start | {"requestId": str(uuid.uuid4()), "sessionId": str(uuid.uuid4())})
        seconds = min((controls.log_rule(g.name, "").get("live_seconds", SESSION_SECONDS) for g in self.groups))
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = self.new()
            sampled = len(found) > MOST_EVENTS
            yield event(
                "sessionUpdate",
                {
                    "sessionMetadata": {"sampled": sampled},
                    "sessionResults": found[:: -(-len(found) // MOST_EVENTS) or 1],
                },
            )
            time.sleep(min(UPDATE_SECONDS, max(0.0, end - time.monotonic())))
        yield exception("SessionTimeoutException", "Session has timed out.")

    def new(self):
        """The events that have become visible since the last call, among the latest ones."""
        found, now = [], time.time()
        for group in self.groups:
            seen = self.seen[group.name]
            latest = index(group)[-20_000:]
            for one in latest:
                if one.id not in seen and one.visible <= now:
                    seen.add(one.id)
                    if self.wanted(one.stream) and self.test(one.message):
                        found.append(
                            {
                                "logStreamName": one.stream,
                                "logGroupIdentifier": f"{group.account_id}:{group.name}",
                                "message": one.message,
                                "timestamp": one.timestamp,
                                "ingestionTime": one.ingested,
                            }
                        )
            seen &= {one.id for one in latest}
        return sorted(found, key=lambda one: (one["timestamp"], one["ingestionTime"]))


def _streams(names, prefixes):
    if names:
        return set(names).__contains__
    if prefixes:
        return lambda stream: stream.startswith(tuple(prefixes))
    return lambda _stream: True


def _invalid(text):
    return LogsClientError("InvalidParameterException", text)
