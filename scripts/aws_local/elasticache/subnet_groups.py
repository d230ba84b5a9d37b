"""Cache subnet groups: created from existing subnets, changed and deleted.

https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CacheSubnetGroup.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyCacheSubnetGroup.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DeleteCacheSubnetGroup.html
"""

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.exceptions import InvalidSubnetIdError
from moto.ec2.models import ec2_backends
from moto.elasticache.exceptions import (
    CacheSubnetGroupAlreadyExists,
    CacheSubnetGroupNotFound,
    ElastiCacheException,
    InvalidParameterValueException,
)
from moto.elasticache.responses import ElastiCacheResponse

from aws_local.pages import paged

DEFAULT = "default"


class SubnetGroup:
    def __init__(self, backend, name, description, subnets):
        place = f"{backend.region_name}:{backend.account_id}"
        self.cache_subnet_group_name = name
        self.cache_subnet_group_description = description
        self.own_subnets = subnets
        self.vpc_id = subnets[0].vpc_id
        self.arn = f"arn:{backend.partition}:elasticache:{place}:subnetgroup:{name}"
        self.supported_network_types = ["ipv4"]

    @property
    def zones(self):
        return sorted({one.availability_zone for one in self.own_subnets})

    @property
    def subnets(self):
        return [
            {
                "SubnetIdentifier": one.id,
                "SubnetAvailabilityZone": {"Name": one.availability_zone},
                "SupportedNetworkTypes": ["ipv4"],
            }
            for one in self.own_subnets
        ]


def ec2_of(backend):
    return ec2_backends[backend.account_id][backend.region_name]


def _subnets(backend, ids):
    found = []
    for one in ids:
        try:
            found.append(ec2_of(backend).get_subnet(one))
        except InvalidSubnetIdError:
            raise ElastiCacheException("InvalidSubnet", f"The subnet ID {one} does not exist.") from None
    if not found:
        raise InvalidParameterValueException("The parameter SubnetIds must be provided and must not be blank.")
    if len({one.vpc_id for one in found}) > 1:
        raise ElastiCacheException("InvalidSubnet", "The subnets are not all in a common VPC.")
    return found


def find(backend, name):
    group = backend.cache_subnet_groups.get((name or "").lower())
    if group is None:
        raise CacheSubnetGroupNotFound(name)
    return group


def default_group(backend):
    """The default group: the subnets of the default VPC."""
    if DEFAULT not in backend.cache_subnet_groups:
        ec2 = ec2_of(backend)
        vpc = next((one.id for one in ec2.vpcs.values() if one.is_default), None)
        subnets = [one for by_id in ec2.subnets.values() for one in by_id.values() if one.vpc_id == vpc]
        if not subnets:
            raise CacheSubnetGroupNotFound(DEFAULT)
        backend.cache_subnet_groups[DEFAULT] = SubnetGroup(backend, DEFAULT, DEFAULT, subnets)
    return backend.cache_subnet_groups[DEFAULT]


def users(backend, group):
    alone = [one for one in backend.cache_clusters.values() if one.cache_cluster_status != "deleting"]
    found = [*backend.replication_groups.values(), *alone]
    name = group.cache_subnet_group_name
    return [one for one in found if one.status != "deleted" and one.cache_subnet_group_name == name]


def create_cache_subnet_group(self):
    backend, name = self.elasticache_backend, (self.params.get("CacheSubnetGroupName") or "").lower()
    if not name or name == DEFAULT or len(name) > 255 or not name.replace("-", "").isalnum():
        raise InvalidParameterValueException("The parameter CacheSubnetGroupName is not a valid identifier.")
    if name in backend.cache_subnet_groups:
        raise CacheSubnetGroupAlreadyExists(name)
    subnets = _subnets(backend, self.params.get("SubnetIds", []))
    group = SubnetGroup(backend, name, self.params.get("CacheSubnetGroupDescription"), subnets)
    backend.cache_subnet_groups[name] = group
    backend.tagging_service.tag_resource(group.arn, self.params.get("Tags", []))
    return ActionResult({"CacheSubnetGroup": group})


def describe_cache_subnet_groups(self):
    backend, name = self.elasticache_backend, self.params.get("CacheSubnetGroupName")
    found = [find(backend, name)] if name else list(backend.cache_subnet_groups.values())
    return paged(self.params, "CacheSubnetGroups", found)


def modify_cache_subnet_group(self):
    backend = self.elasticache_backend
    group = find(backend, self.params.get("CacheSubnetGroupName"))
    if self.params.get("SubnetIds"):
        subnets = _subnets(backend, self.params["SubnetIds"])
        if subnets[0].vpc_id != group.vpc_id:
            raise ElastiCacheException("InvalidSubnet", "The subnets are not in the VPC of the cache subnet group.")
        left = {one.availability_zone for one in subnets}
        used = {zone for one in users(backend, group) for zone in getattr(one, "zones", [])}
        if used - left:
            raise ElastiCacheException(
                "SubnetInUse", f"The subnets in {', '.join(sorted(used - left))} are used by cache clusters."
            )
        group.own_subnets = subnets
    if self.params.get("CacheSubnetGroupDescription") is not None:
        group.cache_subnet_group_description = self.params["CacheSubnetGroupDescription"]
    return ActionResult({"CacheSubnetGroup": group})


def delete_cache_subnet_group(self):
    backend = self.elasticache_backend
    group = find(backend, self.params.get("CacheSubnetGroupName"))
    name = group.cache_subnet_group_name
    if name == DEFAULT:
        raise InvalidParameterValueException("The default cache subnet group cannot be deleted.")
    if users(backend, group):
        raise ElastiCacheException(
            "CacheSubnetGroupInUse", f"Cache subnet group {name} is currently in use by a cache cluster."
        )
    del backend.cache_subnet_groups[name]
    backend.tagging_service.delete_all_tags_for_resource(group.arn)
    return EmptyResult()


def install():
    for operation in (
        create_cache_subnet_group,
        describe_cache_subnet_groups,
        modify_cache_subnet_group,
        delete_cache_subnet_group,
    ):
        setattr(ElastiCacheResponse, operation.__name__, operation)
