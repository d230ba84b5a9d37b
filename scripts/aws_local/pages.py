"""Lists of RDS and ElastiCache in pages: MaxRecords from 20 to 100, and a Marker for the next page, which is no number.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBParameters.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeCacheParameters.html
"""

import base64

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult

LEAST, MOST = 20, 100


def paged(params, name, found, **more):
    """The answer with the requested page of the items."""
    size, marker = params.get("MaxRecords"), _place(params.get("Marker"))
    if size is None:
        size = MOST
    if not LEAST <= size <= MOST:
        raise ServiceException(
            "InvalidParameterValue", f"Invalid value {size} for MaxRecords. Must be between {LEAST} and {MOST}"
        )
    if marker is None:
        raise ServiceException("InvalidParameterValue", "The parameter Marker is not valid.")
    last = marker + size
    return ActionResult({name: found[marker:last], "Marker": _marker(last) if last < len(found) else None, **more})


def _marker(place):
    return base64.b64encode(f"item {place}".encode()).decode()


def _place(marker):
    """The place of the first item of a page; none if the marker is not one of these."""
    if not marker:
        return 0
    try:
        word, _, place = base64.b64decode(marker, validate=True).decode().partition(" ")
    except ValueError:
        return None
    return int(place) if word == "item" and place.isdigit() else None
