"""Logs Insights: StartQuery, GetQueryResults and StopQuery, with the commands fields, display, filter, sort, limit and
stats. Any other command is refused as malformed.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetQueryResults.html
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StopQuery.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""

import base64
import datetime
import json
import re
import time
import uuid

from moto.logs.exceptions import InvalidParameterException, LogsClientError, ResourceNotFoundException
from moto.logs.models import LogsBackend
from moto.logs.responses import LogsResponse

from aws_local import controls
from aws_local.logs.events import _group, between, index

MOST_ROWS = 10_000
TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<number>\d+(?:\.\d+)?(?![\w.]))
    |(?P<span>\d+(?:ms|mo|qr|[smhdwqy])\w*)|(?P<op>!=|<=|>=|=~|[=<>(),*\[\]])|(?P<name>`[^`]+`|[@\w][\w.@-]*)
    |(?P<regex>/(?:[^/\\]|\\.)+/))""",
    re.VERBOSE,
)
UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 7 * 86_400_000}
AGGREGATES = ("count", "sum", "avg", "min", "max", "pct", "count_distinct")


class MalformedQueryException(LogsClientError):
    def __init__(self, reason):
        super().__init__("MalformedQueryException", reason)


class Tokens:
    def __init__(self, text):
        self.all, self.at, position = [], 0, 0
        text = text.rstrip()
        while position < len(text):
            match = TOKEN.match(text, position)
            if not match:
                raise MalformedQueryException(f"unexpected symbol found {text[position:].strip()[:1]} at {position}")
            position = match.end()
            self.all.append((match.lastgroup, match[match.lastgroup].strip("`")))

    def peek(self):
        return self.all[self.at] if self.at < len(self.all) else (None, None)

    def word(self):
        return (self.peek()[1] or "").lower() if self.peek()[0] == "name" else self.peek()[1]

    def take(self, wanted=None):
        token = self.peek()
        if token[0] is None or (wanted is not None and (token[1] or "").lower() != wanted):
            raise MalformedQueryException(f"unexpected end of query, expected {wanted or 'more'}")
        self.at += 1
        return token

    def accept(self, wanted):
        if self.peek()[0] is not None and self.peek()[1].lower() == wanted:
            self.at += 1
            return True
        return False


def commands(query):
    """The commands between the pipes; a pipe in quotes or slashes is none."""
    parts = re.findall(r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|/(?:[^/\\|]|\\.|\|)+?/|[^|])+""", query)
    return [part.strip() for part in parts if part.strip() and not part.strip().startswith("#")]


def value(tokens):
    """A field, `bin(5m)` or a literal: its name and a function of an event."""
    kind, text = tokens.take()
    if kind == "string":
        plain = re.sub(r"\\(.)", r"\1", text[1:-1])
        return text, lambda _event: plain
    if kind == "number":
        number = float(text)
        return text, lambda _event: number
    if kind != "name":
        raise MalformedQueryException(f"unexpected symbol found {text}")
    if text.lower() == "bin" and tokens.accept("("):
        span = tokens.take()[1]
        tokens.take(")")
        match = re.fullmatch(r"(\d+)(ms|[smhdw])\w*", span)
        if not match:
            raise MalformedQueryException(f"unexpected symbol found {span}")
        width = int(match[1]) * UNITS[match[2]]
        return f"bin({span})", lambda event: moment(event["@time"] // width * width)
    return text, lambda event: field(event, text)


def moment(milliseconds):
    stamp = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc)
    return stamp.strftime("%Y-%m-%d %H:%M:%S.") + f"{milliseconds % 1000:03d}"


def field(event, name):
    if name in event:
        return event[name]
    found = event["@json"]
    for step in name.split("."):
        if isinstance(found, list) and step.isdigit() and int(step) < len(found):
            found = found[int(step)]
        elif isinstance(found, dict):
            found = found.get(step)
        else:
            return None
    return found


def number(found):
    try:
        return None if isinstance(found, bool) else float(found)
    except (TypeError, ValueError):
        return None


def condition(tokens):
    def either():
        tests = [both()]
        while tokens.accept("or"):
            tests.append(both())
        return lambda event: any(test(event) for test in tests)

    def both():
        tests = [one()]
        while tokens.accept("and"):
            tests.append(one())
        return lambda event: all(test(event) for test in tests)

    def one():
        if tokens.accept("not"):
            test = one()
            return lambda event: not test(event)
        if tokens.accept("("):
            test = either()
            tokens.take(")")
            return test
        if tokens.word() == "ispresent":
            tokens.take()
            tokens.take("(")
            _, get = value(tokens)
            tokens.take(")")
            return lambda event: get(event) is not None
        _, get = value(tokens)
        return comparison(tokens, get)

    return either()


def comparison(tokens, get):
    negated = tokens.accept("not")
    op = tokens.take()[1].lower()
    if op in ("like", "=~"):
        kind, text = tokens.take()
        if kind == "regex":
            search = re.compile(re.sub(r"^\(\?i\)", "", text[1:-1]), re.I if text.startswith("/(?i)") else 0).search
        elif kind == "string":
            search = re.compile(re.escape(re.sub(r"\\(.)", r"\1", text[1:-1]))).search
        else:
            raise MalformedQueryException(f"unexpected symbol found {text}")
        return lambda event: bool(search(shown(get(event)))) != negated
    if op == "in":
        tokens.take("[")
        wanted = []
        while not tokens.accept("]"):
            wanted.append(shown(value(tokens)[1]({})))
            tokens.accept(",")
        return lambda event: (shown(get(event)) in wanted) != negated
    if op not in ("=", "!=", "<", "<=", ">", ">=") or negated:
        raise MalformedQueryException(f"unexpected symbol found {op}")
    _, other = value(tokens)

    def test(event):
        left, right = get(event), other(event)
        if left is None:
            return op == "!="
        pair = (number(left), number(right))
        left, right = pair if None not in pair else (shown(left), shown(right))
        return {
            "=": left == right,
            "!=": left != right,
            "<": left < right,
            "<=": left <= right,
            ">": left > right,
            ">=": left >= right,
        }[op]

    return test


def shown(found):
    """A value as results have it: text."""
    if found is None:
        return ""
    if isinstance(found, bool):
        return "1" if found else "0"
    if isinstance(found, float):
        return f"{found:g}" if found != int(found) or abs(found) >= 1e15 else str(int(found))
    return found if isinstance(found, str) else json.dumps(found) if isinstance(found, (dict, list)) else str(found)


def named(tokens, one):
    """A list of what `one` reads, each with `as` and another name or without."""
    found = []
    while True:
        name, get = one(tokens)
        if tokens.accept("as"):
            name = tokens.take()[1]
        found.append((name, get))
        if not tokens.accept(","):
            return found


def aggregate(tokens):
    name = (tokens.take()[1] or "").lower()
    if name not in AGGREGATES:
        raise MalformedQueryException(f"unexpected symbol found {name}")
    tokens.take("(")
    inner, get = ("*", lambda _event: 1)
    if not tokens.accept("*") and tokens.peek()[1] != ")":
        inner, get = value(tokens)
    share = float(tokens.take()[1]) if tokens.accept(",") else None
    tokens.take(")")
    label = f"{name}({inner})" if share is None else f"{name}({inner},{share:g})"

    def compute(events):
        found = [one for one in map(get, events) if one is not None]
        if name == "count":
            return len(found)
        if name == "count_distinct":
            return len({shown(one) for one in found})
        numbers = sorted(one for one in map(number, found) if one is not None)
        if not numbers:
            return None
        if name == "pct":
            return numbers[min(len(numbers) - 1, max(0, round(share / 100 * len(numbers) + 0.5) - 1))]
        return {"sum": sum, "avg": lambda all_: sum(all_) / len(all_), "min": min, "max": max}[name](numbers)

    return label, compute


class Query:
    def __init__(self, groups, start, end, text, limit):
        self.groups, self.start, self.end, self.text = groups, start, end, text
        self.limit = min(limit or MOST_ROWS, MOST_ROWS)
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
    """Numbers before texts, each among themselves; nothing first."""
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
    query = Query(groups, start, end, self._get_param("queryString"), self._get_param("limit"))
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
    return json.dumps({"queryLanguage": "CWLI", "results": results, "statistics": numbers, "status": status})


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
