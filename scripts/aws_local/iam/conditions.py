"""Conditions of policy statements: all operators of IAM, with IfExists, ForAllValues, ForAnyValue and Null.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

import datetime
import ipaddress
import re

VARIABLE = re.compile(r"\$\{([^}]*)\}")


def as_list(value):
    return value if isinstance(value, list) else [value]


def text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def resolved(pattern, context):
    """The pattern with its variables replaced, as a list of pairs: a text, and whether it may contain wildcards. None if a
    variable has no value, so that nothing matches."""
    pieces, end = [], 0
    for match in VARIABLE.finditer(pattern):
        pieces.append((pattern[end : match.start()], True))
        end = match.end()
        name, _, default = match[1].partition(",")
        if name in ("*", "?", "$"):
            pieces.append((name, False))
            continue
        values = context.get(name.strip().lower())
        if values:
            pieces.append((values[0], False))
        elif default:
            pieces.append((default.strip().strip("'"), False))
        else:
            return None
    return [*pieces, (pattern[end:], True)]


def glob(pieces, flags=0):
    """A regular expression for the pairs that resolved() returns."""
    expression = "".join(
        re.escape(piece).replace(r"\*", ".*").replace(r"\?", ".") if wild else re.escape(piece)
        for piece, wild in pieces
    )
    return re.compile(expression, flags | re.DOTALL)


def like(pattern, value, context, flags=0):
    pieces = resolved(pattern, context)
    return pieces is not None and glob(pieces, flags).fullmatch(value) is not None


def _equals(pattern, value, context, fold=False):
    pieces = resolved(pattern, context)
    if pieces is None:
        return False
    wanted = "".join(piece for piece, _ in pieces)
    return wanted.lower() == value.lower() if fold else wanted == value


def _arn(pattern, value, context):
    """Compares ARNs part by part."""
    wanted, given = pattern.split(":", 5), value.split(":", 5)
    if VARIABLE.search(pattern):
        return like(pattern, value, context)
    return len(wanted) == len(given) and all(like(one, other, context) for one, other in zip(wanted, given))


def _date(value):
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return float(value)
    moment = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
    return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)).timestamp()


def _address(pattern, value, _context):
    return ipaddress.ip_address(value) in ipaddress.ip_network(pattern, strict=False)


def _ordered(convert, compare):
    def matches(pattern, value, _context):
        return compare(convert(value), convert(pattern))

    return matches


def _comparisons(kind, convert):
    return {
        f"{kind}Equals": _ordered(convert, lambda a, b: a == b),
        f"{kind}LessThan": _ordered(convert, lambda a, b: a < b),
        f"{kind}LessThanEquals": _ordered(convert, lambda a, b: a <= b),
        f"{kind}GreaterThan": _ordered(convert, lambda a, b: a > b),
        f"{kind}GreaterThanEquals": _ordered(convert, lambda a, b: a >= b),
    }


MATCHES = {
    "StringEquals": _equals,
    "StringEqualsIgnoreCase": lambda pattern, value, context: _equals(pattern, value, context, True),
    "StringLike": like,
    "ArnEquals": _arn,
    "ArnLike": _arn,
    "Bool": lambda pattern, value, _context: pattern.lower() == value.lower(),
    "BinaryEquals": lambda pattern, value, _context: pattern == value,
    "IpAddress": _address,
    **_comparisons("Numeric", float),
    **_comparisons("Date", _date),
}
NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}


def _one(operator, value, patterns, context):
    """Whether a single value of the request satisfies the operator."""

    def matched(name):
        for pattern in patterns:
            try:
                if MATCHES[name](pattern, value, context):
                    return True
            except ValueError:
                # A value that is not a number, date or address is not equal to one.
                continue
        return False

    return not matched(NEGATED[operator]) if operator in NEGATED else matched(operator)


def _holds(operator, key, patterns, context):
    given = context.get(key.lower())
    patterns = [text(pattern) for pattern in as_list(patterns)]
    if operator == "Null":
        return any((given is None) == (pattern.lower() == "true") for pattern in patterns)
    quantifier, _, rest = operator.rpartition(":")
    if_exists = rest.endswith("IfExists")
    name = rest.removesuffix("IfExists")
    if name not in MATCHES and name not in NEGATED:
        return False
    if not given:
        return if_exists or quantifier == "ForAllValues" or (not quantifier and name in NEGATED)
    found = [_one(name, value, patterns, context) for value in given]
    if quantifier == "ForAllValues" or (not quantifier and name in NEGATED):
        return all(found)
    return any(found)


def normalised(context):
    """The context with keys in lower case, each with a list of texts."""
    return {key.lower(): [text(value) for value in as_list(values)] for key, values in context.items()}


def hold(conditions, context):
    """Whether all conditions of a statement hold in a normalised context."""
    return all(
        _holds(operator, key, patterns, context)
        for operator, pairs in (conditions or {}).items()
        for key, patterns in pairs.items()
    )


def keys(conditions):
    return {key for pairs in (conditions or {}).values() for key in pairs}
