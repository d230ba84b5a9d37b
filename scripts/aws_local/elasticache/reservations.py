"""Reserved cache nodes and their offerings, set with `POST /aws-local/reserved-caches`.

https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeReservedCacheNodesOfferings.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeReservedCacheNodes.html
"""

from moto.elasticache.exceptions import InvalidParameterValueException
from moto.elasticache.responses import ElastiCacheResponse

from aws_local.reservations import Reservations


def install():
    reservations = Reservations(
        "/aws-local/reserved-caches",
        ("CacheNodeType", "ProductDescription", "OfferingType"),
        InvalidParameterValueException,
    )
    ElastiCacheResponse.describe_reserved_cache_nodes_offerings = reservations.describes_offerings(
        "ReservedCacheNodesOfferings"
    )
    ElastiCacheResponse.describe_reserved_cache_nodes = reservations.describes_reserved("ReservedCacheNodes")
