"""Filter patterns of CloudWatch Logs: terms, JSON and space-delimited messages, regular expressions between percent signs.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import functools
import json
import operator
import re

from moto.logs.exceptions import InvalidParameterException

TERM = re.compile(r'\s*(?P<sign>[?-]?)(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|%(?P<regex>[^%]+)%|(?P<word>[^\s"]+))')
WORD = re.compile(r"\w+")
TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*")|(?P<regex>%[^%]+%)|(?P<path>\$(?:\.[\w@-]+|\[(?:\d+|\*|"[^"]*")\])*)
    |(?P<op>&&|\|\||!=|<=|>=|[=<>(),])|(?P<dots>\.\.\.)|(?P<word>[^\s()=<>!&|,"%]+))""",
    re.VERBOSE,
)
STEP = re.compile(r'\.([\w@-]+)|\[(\d+|\*|"[^"]*")\]')
PIECE = re.compile(r'"((?:[^"\\]|\\.)*)"|\[([^\]]*)\]|(\S+)')
COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
MISSING = object()


def _invalid(reason="Invalid filter pattern"):
    return InvalidParameterException(reason)


@functools.lru_cache(maxsize=256)
def parse(pattern):
    """A function that returns whether a message matches."""
    text = (pattern or "").strip()
    if not text:
        return lambda _message: True
    if len(text) > 1024:
        raise _invalid("Filter pattern must have length less than or equal to 1024")
    if text[0] == "{":
        if text[-1] != "}":
            raise _invalid()
        return _json(text[1:-1])
    if text[0] == "[":
        if text[-1] != "]":
            raise _invalid()
        return _columns(text[1:-1])
    return _terms(text)


def _terms(text):
    wanted, optional, unwanted = [], [], []
    position = 0
    while position < len(text):
        match = TERM.match(text, position)
        if not match:
            raise _invalid()
        position = match.end()
        if match["regex"] is not None:
            test = re.compile(match["regex"]).search
        else:
            term = match["word"]
            if term is not None and not WORD.fullmatch(term):
                raise _invalid(f"Invalid character(s) in term '{term}'")
            if term is None:
                term = re.sub(r"\\(.)", r"\1", match["quoted"])
            test = _containing(term)
        {"": wanted, "?": optional, "-": unwanted}[match["sign"]].append(test)
    # Optional terms count only if there are no others.
    if wanted or unwanted:
        optional = []
    return lambda message: (
        all(test(message) for test in wanted)
        and not any(test(message) for test in unwanted)
        and (not optional or any(test(message) for test in optional))
    )


def _containing(term):
    return lambda message: term in message


def _tokens(text):
    position, found = 0, []
    text = text.rstrip()
    while position < len(text):
        match = TOKEN.match(text, position)
        if not match:
            raise _invalid()
        position = match.end()
        found.append((match.lastgroup, match[match.lastgroup]))
    return found


class _Expression:
    """Comparisons joined by `&&` and `||`, with parentheses; `&&` has precedence."""

    def __init__(self, tokens, selector):
        self.tokens, self.selector, self.at = tokens, selector, 0

    def parse(self):
        test = self.either()
        if self.at < len(self.tokens):
            raise _invalid()
        return test

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else (None, None)

    def take(self):
        token = self.peek()
        if token[0] is None:
            raise _invalid()
        self.at += 1
        return token

    def either(self):
        tests = [self.both()]
        while self.peek()[1] == "||":
            self.take()
            tests.append(self.both())
        return tests[0] if len(tests) == 1 else lambda value: any(test(value) for test in tests)

    def both(self):
        tests = [self.one()]
        while self.peek()[1] == "&&":
            self.take()
            tests.append(self.one())
        return tests[0] if len(tests) == 1 else lambda value: all(test(value) for test in tests)

    def one(self):
        if self.peek() == ("op", "("):
            self.take()
            test = self.either()
            if self.take() != ("op", ")"):
                raise _invalid()
            return test
        select = self.selector(self.take())
        kind, op = self.take()
        if kind == "word" and op.upper() in ("IS", "NOT"):
            word = self.take()[1].upper()
            if (op.upper(), word) == ("NOT", "EXISTS"):
                return lambda value: select(value) is MISSING
            if op.upper() == "IS" and word in ("TRUE", "FALSE", "NULL"):
                wanted = {"TRUE": True, "FALSE": False, "NULL": None}[word]
                return lambda value: select(value) is wanted
            raise _invalid()
        if kind != "op" or op not in ("=", "!=", *COMPARE):
            raise _invalid()
        return _comparison(select, op, self.take())


def _comparison(select, op, token):
    kind, text = token
    if kind == "string":
        text = re.sub(r"\\(.)", r"\1", text[1:-1])
    elif kind not in ("word", "regex", "dots"):
        raise _invalid()
    if op in COMPARE:
        try:
            bound = float(text)
        except ValueError:
            raise _invalid() from None
        compare = COMPARE[op]
        return lambda value: (number := _number(select(value))) is not None and compare(number, bound)
    if kind == "regex":
        search = re.compile(text[1:-1]).search
        equal = lambda found: isinstance(found, str) and bool(search(found))  # noqa: E731
    else:
        equal = _equality(text)
    if op == "=":
        return lambda value: (found := select(value)) is not MISSING and equal(found)
    return lambda value: (found := select(value)) is not MISSING and not equal(found)


def _equality(text):
    number = _number(text)
    glob = re.compile(".*".join(map(re.escape, text.split("*"))), re.DOTALL).fullmatch

    def equal(found):
        if isinstance(found, bool) or found is None or found is MISSING:
            return False
        if isinstance(found, (int, float)):
            return (number is not None and found == number) or ("*" in text and bool(glob(json.dumps(found))))
        return isinstance(found, str) and bool(glob(found))

    return equal


def _number(value):
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _json(text):
    def selector(token):
        kind, path = token
        if kind != "path":
            raise _invalid()
        steps = [match[1] or match[2].strip('"') for match in STEP.finditer(path)]
        return lambda document: _select(document, steps)

    test = _Expression(_tokens(text), selector).parse()

    def matches(message):
        message = message.strip()
        if not message.startswith("{"):
            return False
        try:
            return bool(test(json.loads(message)))
        except ValueError:
            return False

    return matches


def _select(value, steps):
    for step in steps:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, list) and step == "*" and value:
            value = value[0]
        else:
            return MISSING
    return value


def _columns(text):
    """`[ip, user, status = 4*, ...]`: a field is a word, a quoted text or a text in brackets."""
    names, tests, open_at = [], [], None
    for index, part in enumerate(_split(text)):
        part = part.strip()
        if part == "...":
            if open_at is not None:
                raise _invalid()
            open_at = index
            continue
        name = re.match(r"[\w@-]+", part)
        if not name:
            raise _invalid()
        names.append(name[0])
        if part != name[0]:
            tests.append(part)
    before = open_at if open_at is not None else len(names)
    after = len(names) - before

    def selector(token):
        kind, name = token
        if kind != "word" or name not in names:
            raise _invalid()
        return lambda fields: fields[name]

    checks = [_Expression(_tokens(part), selector).parse() for part in tests]

    def matches(message):
        pieces = [next(one for one in match.groups() if one is not None) for match in PIECE.finditer(message)]
        if len(pieces) < len(names) or (open_at is None and len(pieces) != len(names)):
            return False
        picked = pieces[:before] + (pieces[-after:] if after else [])
        fields = dict(zip(names, picked))
        return all(check(fields) for check in checks)

    return matches


def _split(text):
    return re.findall(r'(?:"(?:[^"\\]|\\.)*"|%[^%]*%|[^,])+', text)
