"""Logs Insights: StartQuery, GetQueryResults and StopQuery, with the commands fields, display, filter, sort, limit and
stats. Other commands are refused as malformed.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetQueryResults.html
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StopQuery.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""

import base64
import json
import time
import uuid

from moto.core.utils import unix_time
from moto.logs.exceptions import InvalidParameterException, ResourceNotFoundException
from moto.logs.models import LogsBackend
from moto.logs.responses import LogsResponse

from aws_local import controls
from aws_local.logs.events import _group, between, index
from aws_local.logs.insights_language import (
    MalformedQueryException,
    Tokens,
    aggregate,
    commands,
    condition,
    field,
    moment,
    named,
    number,
    shown,
    value,
)

# The most rows of a query, how many it has by default, and the most of a page.
MOST_ROWS, DEFAULT_ROWS, PAGE_ROWS = 100_000, 10_000, 10_000
DAY = 24 * 3600


class Query:
    def __init__(self, groups, start, end, text, limit):
        self.groups, self.start, self.end, self.text = groups, start, end, text
        self.limit = limit or DEFAULT_ROWS
        self.id, self.started, self.cancelled = str(uuid.uuid4()), time.time(), False
        self.create_time, self.query_string = self.started, text
        self.log_group_names = [group.name for group in groups]
        self.seconds = max(
            (controls.log_rule(name, "").get("query_seconds", 0) for name in self.log_group_names), default=0
        )
        self.asked = 0
        self.steps = [self.step(part) for part in commands(text)]
        if not self.steps:
            raise MalformedQueryException("the query is empty")
        self.found = None

    def step(self, text):
        tokens = Tokens(text)
        name = tokens.take()[1].lower()
        if name in ("fields", "display"):
            step = (name, named(tokens, value))
        elif name == "filter":
            step = (name, condition(tokens))
        elif name == "limit":
            step = (name, int(tokens.take()[1]))
        elif name == "sort":
            keys = []
            while True:
                get = value(tokens)[1]
                keys.append(
                    (get, not (tokens.word() == "asc" and tokens.accept("asc")) and (tokens.accept("desc") or True))
                )
                if not tokens.accept(","):
                    break
            step = (name, keys)
        elif name == "stats":
            computed = named(tokens, aggregate)
            step = (name, (computed, named(tokens, value) if tokens.accept("by") else []))
        else:
            raise MalformedQueryException(f"unexpected symbol found {name} at line 1 and position 1")
        if tokens.peek()[0] is not None:
            raise MalformedQueryException(f"unexpected symbol found {tokens.peek()[1]}")
        return step

    @property
    def status(self):
        if self.cancelled:
            return "Cancelled"
        if time.time() - self.started < self.seconds or self.asked < 2:
            return "Running"
        return "Complete"

    def to_json(self, group_name):
        return {
            "queryId": self.id,
            "queryString": self.text,
            "status": self.status,
            "createTime": int(self.started * 1000),
            "logGroupName": group_name,
        }

    def run(self):
        rows, scanned, size = [], 0, 0
        for group in self.groups:
            events = index(group)
            low, high = between(events, self.start * 1000, self.end * 1000 + 999)
            for event in events[low:high]:
                scanned += 1
                size += event.size
                rows.append(self.row(group, event))
        rows.sort(key=lambda row: row["@time"], reverse=True)
        shown_names, matched, limit = [("@timestamp", None), ("@message", None)], None, self.limit
        chosen = None
        for name, what in self.steps:
            if name == "filter":
                rows = [row for row in rows if what(row)]
            elif name in ("fields", "display"):
                for row in rows:
                    row.update({label: get(row) for label, get in what if label not in row})
                labels = [label for label, _ in what]
                chosen = labels if name == "display" or chosen is None else chosen + labels
            elif name == "sort":
                for get, descending in reversed(what):
                    rows.sort(key=lambda row: order(get(row)), reverse=descending)  # noqa: B023
            elif name == "limit":
                limit = min(limit, what)
            else:
                matched = len(rows)
                rows, chosen = self.grouped(rows, *what), [label for label, _ in what[1] + what[0]]
        matched = len(rows) if matched is None else matched
        chosen = chosen or [name for name, _ in shown_names]
        results = []
        for row in rows[:limit]:
            cells = [
                {"field": name, "value": shown(field(row, name))} for name in chosen if field(row, name) is not None
            ]
            if "@ptr" in row:
                cells.append({"field": "@ptr", "value": row["@ptr"]})
            results.append(cells)
        numbers = {"recordsMatched": float(matched), "recordsScanned": float(scanned), "bytesScanned": float(size)}
        return results, numbers

    @staticmethod
    def row(group, event):
        document = {}
        if event.message.lstrip().startswith("{"):
            try:
                document = json.loads(event.message)
            except ValueError:
                document = {}
        return {
            "@time": event.timestamp,
            "@timestamp": moment(event.timestamp),
            "@message": event.message,
            "@logStream": event.stream,
            "@log": f"{group.account_id}:{group.name}",
            "@ingestionTime": moment(event.ingested),
            "@ptr": base64.b64encode(event.id.encode()).decode(),
            "@json": document,
        }

    @staticmethod
    def grouped(rows, computed, by):
        groups = {}
        for row in rows:
            groups.setdefault(tuple(shown(get(row)) for _, get in by), []).append(row)
        if not by and not groups:
            groups = {(): []}
        return [
            {label: key for (label, _), key in zip(by, keys)}
            | {label: compute(members) for label, compute in computed}
            | {"@json": {}}
            for keys, members in groups.items()
        ]


def order(found):
    """A sort key: missing values, then numbers, then texts."""
    as_number = number(found)
    if found is None:
        return (0, 0, "")
    return (1, as_number, "") if as_number is not None else (2, 0, shown(found))


def _start(self):
    names = self._get_param("logGroupNames") or self._get_param("logGroupIdentifiers") or []
    names = names or [name for name in [self._get_param("logGroupName")] if name]
    if not 1 <= len(names) <= 50:
        raise InvalidParameterException("Between 1 and 50 log groups must be given.")
    groups = [_group(self.logs_backend, *((None, name) if name.startswith("arn:") else (name, None))) for name in names]
    start, end = self._get_param("startTime"), self._get_param("endTime")
    if end < start:
        raise InvalidParameterException("End time should not be less than start time.")
    for group in groups:
        kept = time.time() - int(group.retention_in_days) * DAY if group.retention_in_days else 0
        if end < max(kept, int(unix_time(group.creation_time))):
            raise MalformedQueryException(
                "Query's end date and time is either before the log groups creation time or exceeds the log groups log "
                "retention settings"
            )
    limit = self._get_param("limit")
    if limit is not None and not 1 <= limit <= MOST_ROWS:
        raise InvalidParameterException(
            constraint=f"Member must have value less than or equal to {MOST_ROWS}", parameter="limit", value=limit
        )
    query = Query(groups, start, end, self._get_param("queryString"), limit)
    self.logs_backend.queries[query.id] = query
    return json.dumps({"queryId": query.id})


def _query(self):
    query = self.logs_backend.queries.get(self._get_param("queryId"))
    if query is None:
        raise ResourceNotFoundException("The specified query does not exist.")
    return query


def _results(self):
    query = _query(self)
    query.asked += 1
    status = query.status
    nothing = {"recordsMatched": 0.0, "recordsScanned": 0.0, "bytesScanned": 0.0}
    results, numbers = [], nothing
    if status == "Complete":
        if query.found is None:
            query.found = query.run()
        results, numbers = query.found
    first, most = int(self._get_param("nextToken") or 0), self._get_param("maxItems") or PAGE_ROWS
    page = results[first : first + min(most, PAGE_ROWS)]
    answer = {"queryLanguage": "CWLI", "results": page, "statistics": numbers, "status": status}
    if first + len(page) < len(results):
        answer["nextToken"] = str(first + len(page))
    return json.dumps(answer)


def _stop(self):
    query = _query(self)
    if query.status not in ("Running", "Scheduled"):
        raise InvalidParameterException("Query is not in a valid state to be stopped.")
    query.cancelled = True
    return json.dumps({"success": True})


def install():
    LogsResponse.start_query = _start
    LogsResponse.get_query_results = _results
    LogsResponse.stop_query = _stop
    LogsBackend.get_query_results = lambda self, query_id: self.queries[query_id]
