"""Tags of ElastiCache's resources, also of parameter groups.

https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_AddTagsToResource.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_RemoveTagsFromResource.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ListTagsForResource.html
"""

import re

from moto.core.responses import ActionResult
from moto.elasticache.exceptions import (
    CacheClusterNotFound,
    CacheSubnetGroupNotFound,
    ElastiCacheException,
    InvalidARNFault,
    SnapshotNotFound,
    UserNotFound,
)
from moto.elasticache.responses import ElastiCacheResponse

from aws_local.elasticache import parameter_groups, replication_groups

ARN = re.compile(
    r"arn:aws[a-z-]*:elasticache:[a-z0-9-]+:\d{12}:"
    r"(cluster|parametergroup|replicationgroup|snapshot|subnetgroup|user):(.+)"
)


def _check(backend, arn):
    """Refuses the ARN of a missing resource."""
    found = ARN.fullmatch(arn or "")
    if not found:
        raise InvalidARNFault(arn)
    kind, name = found[1], found[2].lower()
    if kind == "replicationgroup":
        group = replication_groups.find(backend, name)
        if group.status != "available":
            raise ElastiCacheException(
                "InvalidReplicationGroupState",
                f"Replication group {name} is not in available state to perform tagging operations.",
            )
    elif kind == "parametergroup":
        parameter_groups.find(backend, name)
    elif kind == "cluster":
        if found[2] not in backend.cache_clusters and not replication_groups.find_member(backend, name):
            raise CacheClusterNotFound(name)
    elif kind == "subnetgroup":
        if name not in backend.cache_subnet_groups:
            raise CacheSubnetGroupNotFound(name)
    elif kind == "snapshot":
        if name not in backend.snapshots:
            raise SnapshotNotFound(name)
    elif found[2] not in backend.users:
        raise UserNotFound(name)
    return arn


def _tags(backend, arn):
    return ActionResult({"TagList": backend.tagging_service.list_tags_for_resource(arn)["Tags"]})


def list_tags_for_resource(self):
    backend = self.elasticache_backend
    return _tags(backend, _check(backend, self.params.get("ResourceName")))


def _copy_to_nodes(backend, arn):
    """A group is busy while its tags are copied to its nodes.

    https://github.com/hashicorp/terraform-provider-aws/pull/40320
    """
    kind, name = ARN.fullmatch(arn).groups()
    if kind == "replicationgroup":
        replication_groups.find(backend, name).status = "modifying"


def add_tags_to_resource(self):
    backend = self.elasticache_backend
    arn = _check(backend, self.params.get("ResourceName"))
    backend.tagging_service.tag_resource(arn, self.params.get("Tags", []))
    _copy_to_nodes(backend, arn)
    return _tags(backend, arn)


def remove_tags_from_resource(self):
    backend = self.elasticache_backend
    arn, names = _check(backend, self.params.get("ResourceName")), self.params.get("TagKeys", [])
    existing = backend.tagging_service.get_tag_dict_for_resource(arn)
    for name in names:
        if name not in existing:
            raise ElastiCacheException("TagNotFound", f"The tag {name} was not found on this resource.")
    backend.tagging_service.untag_resource_using_names(arn, names)
    _copy_to_nodes(backend, arn)
    return _tags(backend, arn)


def install():
    for operation in (list_tags_for_resource, add_tags_to_resource, remove_tags_from_resource):
        setattr(ElastiCacheResponse, operation.__name__, operation)
