"""Reserved cache nodes and their offerings, as a test has set them with `POST /aws-local/reserved-caches`: {"account",
"offerings": […], "reserved": […]}, each as ElastiCache describes it.

https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeReservedCacheNodesOfferings.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeReservedCacheNodes.html
"""

from moto.elasticache.exceptions import InvalidParameterValueException
from moto.elasticache.responses import ElastiCacheResponse

from aws_local import controls
from aws_local.pages import paged

DURATIONS = {"1": 31536000, "3": 94608000, "31536000": 31536000, "94608000": 94608000}
OFFERINGS, RESERVED = {}, {}


def _control(method, body):
    key = body["account"]
    if method == "DELETE":
        OFFERINGS.pop(key, None)
        RESERVED.pop(key, None)
        return
    OFFERINGS.setdefault(key, []).extend(body.get("offerings", ()))
    RESERVED.setdefault(key, []).extend(body.get("reserved", ()))


def _found(self, kept):
    params = self.params
    duration = params.get("Duration")
    if duration and str(duration) not in DURATIONS:
        raise InvalidParameterValueException(f"Invalid duration: {duration}")
    wanted = {
        "CacheNodeType": params.get("CacheNodeType"),
        "ProductDescription": params.get("ProductDescription"),
        "OfferingType": params.get("OfferingType"),
        "Duration": DURATIONS.get(str(duration)) if duration else None,
    }
    return [
        one
        for one in kept.get(self.current_account, ())
        if all(value is None or one.get(name) == value for name, value in wanted.items())
    ]


def describe_reserved_cache_nodes_offerings(self):
    return paged(self.params, "ReservedCacheNodesOfferings", _found(self, OFFERINGS))


def describe_reserved_cache_nodes(self):
    return paged(self.params, "ReservedCacheNodes", _found(self, RESERVED))


def install():
    controls.PATHS["/aws-local/reserved-caches"] = _control
    ElastiCacheResponse.describe_reserved_cache_nodes_offerings = describe_reserved_cache_nodes_offerings
    ElastiCacheResponse.describe_reserved_cache_nodes = describe_reserved_cache_nodes
