"""The versions of Redis OSS and Valkey, the node types, and service updates, of which there are none.

https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeCacheEngineVersions.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/engine-versions.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheNodes.SupportedTypes.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeUpdateActions.html
"""

import re

from moto.elasticache.exceptions import InvalidParameterCombinationException, InvalidParameterValueException
from moto.elasticache.responses import ElastiCacheResponse

from aws_local.pages import paged

# engine, version in requests, version that clusters report, parameter group family
VERSIONS = [
    ("redis", "6.0", "6.0.5", "redis6.x"),
    ("redis", "6.2", "6.2.6", "redis6.x"),
    ("redis", "7.0", "7.0.7", "redis7"),
    ("redis", "7.1", "7.1.0", "redis7"),
    ("valkey", "7.2", "7.2.6", "valkey7"),
    ("valkey", "8.0", "8.0.1", "valkey8"),
    ("valkey", "8.1", "8.1.0", "valkey8"),
    ("valkey", "8.2", "8.2.0", "valkey8"),
    ("valkey", "9.0", "9.0.0", "valkey9"),
    ("valkey", "9.1", "9.1.0", "valkey9"),
]
DEFAULTS = {"redis": "7.1", "valkey": "8.1"}
FAMILIES = {family: engine for engine, _, _, family in VERSIONS}
NAMES = {"redis": "Redis", "valkey": "Valkey"}

SIZES = {
    "t2": "micro small medium",
    "t3": "micro small medium",
    "t4g": "micro small medium",
    "m4": "large xlarge 2xlarge 4xlarge 10xlarge",
    "m5": "large xlarge 2xlarge 4xlarge 12xlarge 24xlarge",
    "m6g": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
    "m7g": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
    "r4": "large xlarge 2xlarge 4xlarge 8xlarge 16xlarge",
    "r5": "large xlarge 2xlarge 4xlarge 12xlarge 24xlarge",
    "r6g": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
    "r6gd": "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
    "r7g": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
    "c7gn": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
}
NODE_TYPES = {f"cache.{family}.{size}" for family, sizes in SIZES.items() for size in sizes.split()}


def number(version):
    return tuple(int(part) for part in version.split("."))


def family_of(engine, version):
    return next(family for one, short, _, family in VERSIONS if (one, short) == (engine, version))


def reported(engine, version):
    return next(full for one, short, full, _ in VERSIONS if (one, short) == (engine, version))


def resolved(engine, version):
    """The version that a request selects. From version 6 on, requests give only major and minor."""
    if engine not in DEFAULTS:
        raise InvalidParameterValueException(f"Invalid engine: {engine}. Valid engines are redis and valkey.")
    if not version:
        return DEFAULTS[engine]
    if (engine, version) == ("redis", "6.x"):
        return "6.2"
    if re.fullmatch(r"\d+\.\d+\.\d+", version) and int(version.split(".")[0]) >= 6:
        raise InvalidParameterValueException(
            f"Specific version selection is not allowed for '{version}', please use '{version.rpartition('.')[0]}'"
        )
    if not any((one, short) == (engine, version) for one, short, _, _ in VERSIONS):
        raise InvalidParameterCombinationException(f"Cannot find version {version} for {engine}")
    return version


def check_node_type(name):
    if not name:
        raise InvalidParameterValueException("The parameter CacheNodeType must be provided and must not be null.")
    if name not in NODE_TYPES:
        raise InvalidParameterValueException(f"Invalid Cache Node Type: {name}")


def check_upgrade(engine, version, to_engine, to_version):
    """Refuses downgrades, and changes from Valkey to Redis OSS."""
    if engine == to_engine:
        if number(to_version) < number(version):
            raise InvalidParameterCombinationException(
                f"Cannot modify engine version from {version} to {to_version}: an engine cannot be downgraded."
            )
    elif (engine, to_engine) != ("redis", "valkey"):
        raise InvalidParameterCombinationException(f"Cannot change the engine from {engine} to {to_engine}.")


def describe_cache_engine_versions(self):
    engine, version = self.params.get("Engine"), self.params.get("EngineVersion")
    family, default = self.params.get("CacheParameterGroupFamily"), self.params.get("DefaultOnly")
    found = [
        {
            "Engine": one,
            "EngineVersion": short,
            "CacheParameterGroupFamily": its_family,
            "CacheEngineDescription": NAMES[one],
            "CacheEngineVersionDescription": f"{NAMES[one]} version {full}",
        }
        for one, short, full, its_family in VERSIONS
        if engine in (None, one)
        and version in (None, short)
        and family in (None, its_family)
        and (not default or DEFAULTS[one] == short)
    ]
    return paged(self.params, "CacheEngineVersions", found)


def describe_service_updates(self):
    return paged(self.params, "ServiceUpdates", [])


def describe_update_actions(self):
    return paged(self.params, "UpdateActions", [])


def install():
    ElastiCacheResponse.describe_cache_engine_versions = describe_cache_engine_versions
    ElastiCacheResponse.describe_service_updates = describe_service_updates
    ElastiCacheResponse.describe_update_actions = describe_update_actions
