"""Log events, sorted by time, in pages of 10,000 events or 1 MB.

An event is visible as soon as it is put, unless `/aws-local/logs` (controls.py) delays it.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html
"""

import bisect
import functools
import itertools
import json
import threading
import time
import zlib

from moto.core.utils import unix_time_millis
from moto.logs.exceptions import InvalidParameterException, LogsClientError, ResourceNotFoundException
from moto.logs.models import LogGroup, LogsBackend, LogStream
from moto.logs.responses import LogsResponse

from aws_local import controls
from aws_local.logs.filter_patterns import parse

DAY = 24 * 3600 * 1000
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
MOST_EVENTS, MOST_BYTES, EVENT_OVERHEAD, LONGEST_MESSAGE = 10_000, 1_048_576, 26, 1_048_576
OLDEST, NEWEST = 14 * DAY, 2 * 3600 * 1000
# The first time from which events are returned newest first: the beginning of 2024.
BACKWARD_SINCE = 1_704_067_200_000
# The number of events that one call searches before it returns what it has found, and a token.
SCAN = 100_000
# With `unordered_pages`, the number of sets of streams that a call searches one after the other.
SETS = 4
# Bytes of a page per event, in addition to message and stream: the id, two times, the names of the members.
AROUND = 170

_ids = itertools.count()
_lock = threading.Lock()


class Event(tuple):
    """(timestamp, ingestion time, id, stream, message, size, visible from), which sorts like AWS."""

    __slots__ = ()
    timestamp = property(lambda self: self[0])
    ingested = property(lambda self: self[1])
    id = property(lambda self: self[2])
    stream = property(lambda self: self[3])
    message = property(lambda self: self[4])
    size = property(lambda self: self[5])
    visible = property(lambda self: self[6])

    def filtered(self):
        return {
            "logStreamName": self[3],
            "timestamp": self[0],
            "message": self[4],
            "ingestionTime": self[1],
            "eventId": self[2],
        }

    def plain(self):
        return {"timestamp": self[0], "message": self[4], "ingestionTime": self[1]}


def now_ms():
    return int(time.time() * 1000)


def index(owner):
    """The sorted events of a group or a stream."""
    if not hasattr(owner, "sorted_events"):
        owner.sorted_events = []
    return owner.sorted_events


def add(events, batch):
    """Inserts a sorted batch; appending is fast."""
    at = bisect.bisect_left(events, batch[0])
    if at == len(events):
        events.extend(batch)
    else:
        events[at:] = sorted(events[at:] + batch)


def between(events, start, end):
    """The range of indexes of events from `start` to `end`, both included."""
    low = 0 if start is None else bisect.bisect_left(events, (start,))
    high = len(events) if end is None else bisect.bisect_left(events, (end + 1,))
    return low, high


def _put(self, log_group_name, log_stream_name, log_events):
    group = self.groups.get(log_group_name)
    if group is None:
        raise ResourceNotFoundException()
    stream = group.streams.get(log_stream_name)
    if stream is None:
        raise ResourceNotFoundException("The specified log stream does not exist.")
    _check_batch(log_events)
    now = now_ms()
    oldest = now - OLDEST
    expired = now - int(group.retention_in_days) * DAY if group.retention_in_days else None
    rejected, first, last = {}, 0, len(log_events)
    times = [one["timestamp"] for one in log_events]
    too_old = bisect.bisect_left(times, oldest)
    if too_old:
        rejected["tooOldLogEventEndIndex"] = first = too_old
    if expired is not None and expired > oldest and (deleted := bisect.bisect_left(times, expired)) > first:
        rejected["expiredLogEventEndIndex"] = first = deleted
    too_new = bisect.bisect_right(times, now + NEWEST)
    if too_new < len(times):
        rejected["tooNewLogEventStartIndex"] = last = too_new
    rule = controls.log_rule(log_group_name, log_stream_name)
    visible = time.time() + rule["late_seconds"] if rule.get("late_seconds") else 0
    batch = []
    for one in log_events[first:last]:
        text, stamp = one["message"], one["timestamp"]
        # Like AWS's ids, 56 digits.
        event_id = str(stamp * 10**43 + next(_ids))
        batch.append(Event((stamp, now, event_id, log_stream_name, text, len(text.encode()), visible)))
    stream.upload_sequence_token += 1
    if batch:
        size = sum(one.size + EVENT_OVERHEAD for one in batch)
        with _lock:
            stream.stored_bytes += size
            stream.last_ingested = now
            add(index(group), batch)
            add(index(stream), batch)
    return f"{stream.upload_sequence_token:056d}", rejected


def _check_batch(events):
    if not 1 <= len(events) <= MOST_EVENTS:
        raise InvalidParameterException(
            f"1 validation error detected: Value at 'logEvents' failed to satisfy constraint: Member must have length "
            f"less than or equal to {MOST_EVENTS} and greater than or equal to 1"
        )
    last, total = None, 0
    for one in events:
        size = len(one["message"].encode())
        if not 1 <= size <= LONGEST_MESSAGE:
            raise InvalidParameterException(
                "1 validation error detected: Value at 'logEvents.message' failed to satisfy constraint: Member must "
                f"have length between 1 and {LONGEST_MESSAGE}"
            )
        total += size + EVENT_OVERHEAD
        if last is not None and one["timestamp"] < last:
            raise InvalidParameterException(
                "Log events in a single PutLogEvents request must be in chronological order."
            )
        last = one["timestamp"]
    if total > MOST_BYTES:
        raise InvalidParameterException(f"Upload too large: {total} bytes exceeds limit of {MOST_BYTES}")
    if last - events[0]["timestamp"] > DAY:
        raise InvalidParameterException(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."
        )


def _group(backend, name, identifier):
    if bool(name) == bool(identifier):
        raise InvalidParameterException(
            "Exactly one of the parameters logGroupName and logGroupIdentifier must be specified."
        )
    if identifier and identifier.startswith("arn:"):
        if identifier.endswith("*"):
            raise InvalidParameterException("The ARN of a log group must not end with an asterisk.")
        # Another account's group can be read where it shares it with this one, which no account does here.
        _, _, _, region, account, _, name = identifier.split(":", 6)
        if (region, account) != (backend.region_name, backend.account_id):
            raise ResourceNotFoundException()
    elif identifier:
        name = identifier
    group = backend.groups.get(name)
    if group is None:
        raise ResourceNotFoundException()
    return group


def _limit(limit):
    if limit is None:
        return MOST_EVENTS
    if not 1 <= limit <= MOST_EVENTS:
        raise InvalidParameterException(
            constraint=f"Member must have value less than or equal to {MOST_EVENTS}", parameter="limit", value=limit
        )
    return limit


def _range(start, end):
    if start is not None and end is not None and end < start:
        raise InvalidParameterException("endTime must not be before startTime.")


def _token(*parts):
    return "/".join(map(str, parts))


def _position(token):
    """The event after which a page begins, from the token."""
    try:
        kind, stamp, ingested, event_id = token.split("/")
        return kind, (int(stamp), int(ingested), event_id + "~")
    except (AttributeError, ValueError):
        raise InvalidParameterException("The specified nextToken is invalid.") from None


@functools.cache
def _set(stream):
    return zlib.crc32(stream.encode()) % SETS


def _filter(self):
    name, identifier = self._get_param("logGroupName"), self._get_param("logGroupIdentifier")
    group = _group(self.logs_backend, name, identifier)
    names, prefix = self._get_param("logStreamNames"), self._get_param("logStreamNamePrefix")
    if names and prefix:
        raise InvalidParameterException(
            "Only one of the parameters logStreamNames and logStreamNamePrefix can be specified."
        )
    if names and len(names) > 100:
        raise InvalidParameterException(
            constraint="Member must have length less than or equal to 100", parameter="logStreamNames", value=names
        )
    start, end = self._get_param("startTime"), self._get_param("endTime")
    _range(start, end)
    backward = self._get_param("startFromHead") is False
    if backward and (start or 0) < BACKWARD_SINCE:
        raise InvalidParameterException(
            "startFromHead can be false only if startTime is on or after Jan 1, 2024 00:00:00 UTC."
        )
    limit = _limit(self._get_param("limit"))
    test = parse(self._get_param("filterPattern"))
    token = self._get_param("nextToken")
    names = set(names) if names else None
    if names and (missing := names - group.streams.keys()):
        raise ResourceNotFoundException(f"The specified log stream does not exist: {sorted(missing)[0]}")
    rule = controls.log_rule(group.name, "")
    chunks = None
    if chunk := rule.get("streams_a_page"):
        # AWS searches some streams after the others, and returns a page for these, also if it has found nothing.
        searched = sorted(one for one in group.streams if (not names or one in names) and one.startswith(prefix or ""))
        chunks = [set(searched[at : at + chunk]) for at in range(0, len(searched), chunk)] or [set()]
    if backward or (token or "").startswith("b/"):
        return _backward(index(group), (start, end), token, limit, names, prefix, test)
    with _lock:
        events = index(group)
        low, high = between(events, start, end)
        kind, following = "p", None
        if token:
            kind, after = _position(token)
            low = max(low, bisect.bisect_left(events, after))
        looked = events[low : min(high, low + SCAN)]
        more = high > low + len(looked)
        if at_most := rule.get("unordered_pages"):
            # All events of some streams come before those of others, as AWS sometimes returns them, in small pages.
            limit, chosen = min(limit, at_most), int(kind[1:] or 0)
            looked = [event for event in events[low:high] if _set(event.stream) == chosen]
            kind, more = f"p{chosen}", False
            following = _token(f"p{chosen + 1}", start or 0, -1, "") if chosen + 1 < SETS else None
        if chunks:
            chosen = int(kind[1:] or 0)
            looked = [event for event in events[low:high] if event.stream in chunks[chosen]]
            kind, more = f"p{chosen}", False
            following = _token(f"p{chosen + 1}", start or 0, -1, "") if chosen + 1 < len(chunks) else None
    if rule.get("empty_pages") and kind == "p" and looked:
        # AWS sometimes returns an empty page with a token.
        first = looked[0]
        return json.dumps({"events": [], "searchedLogStreams": [], "nextToken": _token("e", first[0], -1, "")})
    found, size, now, last = [], 0, time.time(), None
    for event in looked:
        stamp, ingested, event_id, stream, message, length, visible = event
        if visible <= now and (names is None or stream in names) and (not prefix or stream.startswith(prefix)):
            if test(message):
                size += length + len(stream) + AROUND
                if len(found) == limit or (found and size > MOST_BYTES):
                    more = True
                    break
                found.append(event)
        last = event
    answer = {"events": [event.filtered() for event in found], "searchedLogStreams": []}
    if more and last is not None:
        answer["nextToken"] = _token(kind.replace("e", "p"), last[0], last[1], last[2])
    elif following:
        answer["nextToken"] = following
    return json.dumps(answer)


def _backward(events, times, token, limit, names, prefix, test):
    """A page of FilterLogEvents with the newest events first; the token decides the direction of later pages."""
    with _lock:
        low, high = between(events, *times)
        if token:
            _, (stamp, ingested, event_id) = _position(token)
            high = min(high, bisect.bisect_left(events, (stamp, ingested, event_id[:-1])))
        looked = events[low:high]
    found, now, size, following = [], time.time(), 0, None
    for event in reversed(looked):
        selected = (names is None or event.stream in names) and event.stream.startswith(prefix or "")
        if event.visible <= now and selected and test(event.message):
            size += event.size + len(event.stream) + AROUND
            if len(found) == limit or (found and size > MOST_BYTES):
                following = _token("b", *found[-1][:3])
                break
            found.append(event)
    answer = {"events": [event.filtered() for event in found], "searchedLogStreams": []}
    return json.dumps(answer | ({"nextToken": following} if following else {}))


def _get(self):
    name, identifier = self._get_param("logGroupName"), self._get_param("logGroupIdentifier")
    group = _group(self.logs_backend, name, identifier)
    stream = group.streams.get(self._get_param("logStreamName"))
    if stream is None:
        raise ResourceNotFoundException("The specified log stream does not exist.")
    start, end = self._get_param("startTime"), self._get_param("endTime")
    limit, token = _limit(self._get_param("limit")), self._get_param("nextToken")
    now = time.time()
    with _lock:
        events = index(stream)
        # GetLogEvents excludes the end.
        low, high = between(events, start, None if end is None else end - 1)
        forward = bool(self._get_param("startFromHead"))
        if token:
            kind, position = _position(token)
            if kind not in ("f", "b"):
                raise InvalidParameterException("The specified nextToken is invalid.")
            forward = kind == "f"
            if forward:
                low = max(low, bisect.bisect_left(events, position))
            else:
                high = min(high, bisect.bisect_left(events, (*position[:2], position[2][:-1])))
        seen = [event for event in events[low:high] if event.visible <= now]
    seen = seen[:limit] if forward else seen[-limit:]
    size = 0
    for count, event in enumerate(seen if forward else reversed(seen)):
        size += event.size + AROUND
        if size > MOST_BYTES and count:
            seen = seen[:count] if forward else seen[-count:]
            break
    if seen:
        first, last = seen[0], seen[-1]
        tokens = {"nextForwardToken": _token("f", *last[:3]), "nextBackwardToken": _token("b", *first[:3])}
    else:
        # At the end, the same token is returned again.
        at = token.split("/", 1)[1] if token else _token((start or 0) if forward else (end or now_ms()), 0, "")
        tokens = {"nextForwardToken": f"f/{at}", "nextBackwardToken": f"b/{at}"}
    return json.dumps({"events": [event.plain() for event in seen], **tokens})


def _described(self):
    described = {
        "logStreamName": self.log_stream_name,
        "creationTime": int(unix_time_millis(self.creation_time)),
        "arn": self.arn,
        # AWS returns 0 since 2019.
        "storedBytes": 0,
    }
    events = index(self)
    if events:
        described |= {
            "firstEventTimestamp": events[0].timestamp,
            "lastEventTimestamp": events[-1].timestamp,
            "lastIngestionTime": self.last_ingested,
            "uploadSequenceToken": f"{self.upload_sequence_token:056d}",
        }
    return described


def _streams(self, descending, log_group_name, log_stream_name_prefix, order_by, limit, next_token=None):
    def key(stream):
        events = index(stream)
        return (events[-1].timestamp if events else 0, stream.log_stream_name)

    named = (lambda stream: stream.log_stream_name) if order_by == "LogStreamName" else key
    streams = [one for name, one in self.streams.items() if name.startswith(log_stream_name_prefix or "")]
    streams.sort(key=named, reverse=bool(descending))
    try:
        first = int(next_token.split("@")[1]) if next_token else 0
    except (IndexError, ValueError):
        raise InvalidParameterException("The specified nextToken is invalid.") from None
    page = streams[first : first + limit]
    token = f"{log_group_name}@{first + limit}" if first + limit < len(streams) else None
    return [one.to_describe_dict() for one in page], token


def _delete_stream(self, log_stream_name):
    if log_stream_name not in self.streams:
        raise ResourceNotFoundException("The specified log stream does not exist.")
    with _lock:
        del self.streams[log_stream_name]
        self.sorted_events = [event for event in index(self) if event.stream != log_stream_name]


def _described_streams(plain):
    def describe_log_streams(self):
        if self._get_param("logGroupName") and self._get_param("logGroupIdentifier"):
            raise LogsClientError(
                "ValidationException", "LogGroup name and LogGroup ARN are mutually exclusive parameters."
            )
        return plain(self)

    return describe_log_streams


def install():
    LogsResponse.describe_log_streams = _described_streams(LogsResponse.describe_log_streams)
    LogsBackend.put_log_events = _put
    LogsResponse.filter_log_events = _filter
    LogsResponse.get_log_events = _get
    LogStream.to_describe_dict = _described
    LogGroup.describe_log_streams = _streams
    LogGroup.delete_log_stream = _delete_stream
