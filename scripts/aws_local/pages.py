"""Lists of RDS and ElastiCache in pages: MaxRecords from 20 to 100, and a Marker for the next page.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBParameters.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeCacheParameters.html
"""

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult

LEAST, MOST = 20, 100


def paged(params, name, found, **more):
    """The answer with the requested page of the items."""
    size, marker = params.get("MaxRecords"), params.get("Marker") or "0"
    if size is None:
        size = MOST
    if not LEAST <= size <= MOST:
        raise ServiceException(
            "InvalidParameterValue", f"Invalid value {size} for MaxRecords. Must be between {LEAST} and {MOST}"
        )
    if not marker.isdigit():
        raise ServiceException("InvalidParameterValue", "The parameter Marker is not valid.")
    first, last = int(marker), int(marker) + size
    return ActionResult({name: found[first:last], "Marker": str(last) if last < len(found) else None, **more})
