"""The query language of Logs Insights: commands, expressions, conditions and aggregates.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""

import datetime
import json
import re

from moto.logs.exceptions import LogsClientError

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
    """The commands between pipes; pipes in quotes or slashes do not count."""
    parts = re.findall(r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|/(?:[^/\\|]|\\.|\|)+?/|[^|])+""", query)
    return [part.strip() for part in parts if part.strip() and not part.strip().startswith("#")]


def value(tokens):
    """Parses a field, `bin(5m)` or a literal: its name, and a function of an event."""
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
    """A value as text, as results have it."""
    if found is None:
        return ""
    if isinstance(found, bool):
        return "1" if found else "0"
    if isinstance(found, float):
        return f"{found:g}" if found != int(found) or abs(found) >= 1e15 else str(int(found))
    return found if isinstance(found, str) else json.dumps(found) if isinstance(found, (dict, list)) else str(found)


def named(tokens, one):
    """Parses a list of what `one` parses, each with an optional `as <name>`."""
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
