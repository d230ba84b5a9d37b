"""Requests to Cost Explorer: which region answers, and how it refuses.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/CommonErrors.html
"""

import base64
import datetime
import hashlib
import json

from moto.core.exceptions import JsonRESTError


def refused(code, message):
    return JsonRESTError(code, message)


def invalid(message):
    return refused("ValidationException", message)


def day(text, name):
    try:
        return datetime.date.fromisoformat(text)
    except (TypeError, ValueError):
        raise invalid(f"{name} time {text} is invalid. Valid format is: yyyy-MM-dd.") from None


def period(params):
    """The first day, and the one after the last."""
    given = params.get("TimePeriod") or {}
    start, end = day(given.get("Start"), "Start"), day(given.get("End"), "End")
    if start >= end:
        raise invalid("Start date (and hour) should be before end date (and hour)")
    return start, end


def page(params, items, size):
    """A page of the items, and the token of the next. A token is good for the request that it was an answer to."""
    same = json.dumps({key: value for key, value in params.items() if key != "NextPageToken"}, sort_keys=True)
    mark = hashlib.sha256(same.encode()).hexdigest()[:16]
    first = 0
    if params.get("NextPageToken"):
        try:
            told, _, place = base64.b64decode(params["NextPageToken"], validate=True).decode().partition(":")
            first = int(place)
        except ValueError:
            raise refused("InvalidNextTokenException", "The pagination token is invalid.") from None
        if told != mark:
            raise refused(
                "RequestChangedException",
                "Your request parameters changed between pages. Try again with the old parameters or without a pagination token.",
            )
    last = first + size
    token = base64.b64encode(f"{mark}:{last}".encode()).decode() if last < len(items) else None
    return items[first:last], token
