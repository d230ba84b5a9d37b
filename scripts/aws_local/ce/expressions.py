"""Filters of Cost Explorer.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Expression.html
"""

from aws_local.ce.requests import invalid

KINDS = ("And", "Or", "Not", "Dimensions", "Tags", "CostCategories")
DIMENSIONS = {
    "LINKED_ACCOUNT": "account",
    "OPERATION": "operation",
    "RECORD_TYPE": "record_type",
    "REGION": "region",
    "SERVICE": "service",
    "USAGE_TYPE": "usage_type",
}


def check(expression):
    given = [kind for kind in KINDS if expression.get(kind) is not None]
    if len(given) != 1 or set(expression) - set(KINDS):
        raise invalid("Expression must have exactly one root element.")
    kind, value = given[0], expression[given[0]]
    if kind in ("And", "Or"):
        if len(value) < 2:
            raise invalid(f"{kind} expression must have at least 2 operands.")
        for one in value:
            check(one)
    elif kind == "Not":
        check(value)
    elif kind == "Dimensions" and value.get("Key") not in DIMENSIONS:
        raise invalid(f"Failed to parse Filter: dimension {value.get('Key')} is not supported.")
    elif kind == "CostCategories":
        raise invalid("Cost categories are not supported by the local API.")


def matches(expression, row, active):
    """Whether a row of costs passes. A tag that is not active has no value in any row, so that nothing passes."""
    if not expression:
        return True
    kind, value = next(iter(expression.items()))
    if kind == "And":
        return all(matches(one, row, active) for one in value)
    if kind == "Or":
        return any(matches(one, row, active) for one in value)
    if kind == "Not":
        return not matches(value, row, active)
    absent = "ABSENT" in value.get("MatchOptions", ())
    if kind == "Dimensions":
        found = row[DIMENSIONS[value["Key"]]]
        return not found if absent else found in value.get("Values", ())
    found = row["tags"].get(value["Key"]) if value["Key"] in active else None
    return not found if absent else found in value.get("Values", ())
