"""Cache parameter groups.

https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateCacheParameterGroup.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyCacheParameterGroup.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ResetCacheParameterGroup.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeCacheParameters.html
"""

from moto.core.responses import ActionResult, EmptyResult
from moto.elasticache.exceptions import (
    ElastiCacheException,
    InvalidParameterCombinationException,
    InvalidParameterValueException,
)
from moto.elasticache.models import ElastiCacheBackend
from moto.elasticache.responses import ElastiCacheResponse

from aws_local.elasticache import parameter_list
from aws_local.elasticache.engine_versions import FAMILIES
from aws_local.elasticache.parameter_list import CLUSTER_ON
from aws_local.pages import paged

MOST_AT_ONCE = 20
DEFAULT = "default."


class ParameterGroup:
    def __init__(self, backend, name, family, description):
        place = f"{backend.region_name}:{backend.account_id}"
        self.cache_parameter_group_name = name
        self.cache_parameter_group_family = family
        self.description = description
        self.is_global = False
        self.arn = f"arn:{backend.partition}:elasticache:{place}:parametergroup:{name}"
        self.cluster_on = name.endswith(CLUSTER_ON) and name.startswith(DEFAULT)
        self.values = {}

    @property
    def known(self):
        return parameter_list.of_family(self.cache_parameter_group_family, self.cluster_on)

    def value(self, name):
        return self.values.get(name, self.known[name]["ParameterValue"])

    def parameters(self):
        # A parameter that is set to its default keeps its Source, as with RDS.
        changed = {name: value for name, value in self.values.items() if value != self.known[name]["ParameterValue"]}
        return [
            {**one, "ParameterValue": changed[name], "Source": "user"} if name in changed else one
            for name, one in self.known.items()
        ]


def _defaults(backend):
    found = {}
    for family in FAMILIES:
        for ending, more in (("", ""), (CLUSTER_ON, " with cluster mode on")):
            name = f"{DEFAULT}{family}{ending}"
            found[name] = ParameterGroup(backend, name, family, f"Default parameter group for {family}{more}")
    return found


def find(backend, name):
    group = backend.cache_parameter_groups.get((name or "").lower())
    if group is None:
        raise ElastiCacheException("CacheParameterGroupNotFound", f"CacheParameterGroup not found: {name}")
    return group


def _changeable(self):
    group = find(self.elasticache_backend, self.params.get("CacheParameterGroupName"))
    if group.cache_parameter_group_name.startswith(DEFAULT):
        raise InvalidParameterValueException(
            f"The default parameter group {group.cache_parameter_group_name} cannot be modified."
        )
    return group


def users(backend, group):
    """The replication groups and clusters that use a parameter group."""
    name = group.cache_parameter_group_name
    alone = [one for one in backend.cache_clusters.values() if one.cache_cluster_status != "deleting"]
    found = [*backend.replication_groups.values(), *alone]
    return [one for one in found if one.status != "deleted" and one.cache_parameter_group_name == name]


def _changed(backend, group, names):
    if any(group.known[name]["ChangeType"] == "requires-reboot" for name in names):
        for one in users(backend, group):
            one.parameter_apply_status = "pending-reboot"


def _known(group, name):
    parameter = group.known.get(name)
    if parameter is None:
        raise InvalidParameterValueException(
            f"The parameter {name} is not valid for the family {group.cache_parameter_group_family}."
        )
    if not parameter["IsModifiable"]:
        raise InvalidParameterValueException(f"The parameter {name} cannot be modified.")
    return parameter


def create_cache_parameter_group(self):
    backend, name = self.elasticache_backend, (self.params.get("CacheParameterGroupName") or "").lower()
    family = self.params.get("CacheParameterGroupFamily")
    if family not in FAMILIES:
        raise InvalidParameterValueException(
            f"CacheParameterGroupFamily {family} is not a valid parameter group family."
        )
    valid = name[:1].isalpha() and name.replace("-", "").isalnum() and "--" not in name and not name.endswith("-")
    if not valid or len(name) > 255:
        raise InvalidParameterValueException(
            "The parameter CacheParameterGroupName is not a valid identifier. Identifiers must begin with a letter; "
            "must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two "
            "consecutive hyphens."
        )
    if not self.params.get("Description"):
        raise InvalidParameterValueException("The parameter Description must be provided and must not be blank.")
    if name in backend.cache_parameter_groups:
        raise ElastiCacheException("CacheParameterGroupAlreadyExists", f"Cache parameter group {name} already exists.")
    group = backend.cache_parameter_groups[name] = ParameterGroup(backend, name, family, self.params["Description"])
    backend.tagging_service.tag_resource(group.arn, self.params.get("Tags", []))
    return ActionResult({"CacheParameterGroup": group})


def describe_cache_parameter_groups(self):
    backend, name = self.elasticache_backend, self.params.get("CacheParameterGroupName")
    found = [find(backend, name)] if name else list(backend.cache_parameter_groups.values())
    return paged(self.params, "CacheParameterGroups", found)


def describe_cache_parameters(self):
    group = find(self.elasticache_backend, self.params.get("CacheParameterGroupName"))
    source = self.params.get("Source")
    found = [one for one in group.parameters() if source in (None, one["Source"])]
    return paged(self.params, "Parameters", found)


def modify_cache_parameter_group(self):
    group, changes = _changeable(self), self.params.get("ParameterNameValues") or []
    if not changes or len(changes) > MOST_AT_ONCE:
        raise InvalidParameterValueException(f"From 1 to {MOST_AT_ONCE} parameters can be modified in a request.")
    for change in changes:
        name, value = change.get("ParameterName"), change.get("ParameterValue", "")
        parameter = _known(group, name)
        if not parameter_list.allows(parameter, value):
            raise InvalidParameterValueException(
                f"The value {value} is not valid for the parameter {name}. Allowed values are: "
                f"{parameter.get('AllowedValues', '')}"
            )
    changed = [one for one in changes if group.value(one["ParameterName"]) != one.get("ParameterValue", "")]
    group.values.update({one["ParameterName"]: one.get("ParameterValue", "") for one in changes})
    _changed(self.elasticache_backend, group, [one["ParameterName"] for one in changed])
    return ActionResult({"CacheParameterGroupName": group.cache_parameter_group_name})


def reset_cache_parameter_group(self):
    group, listed = _changeable(self), self.params.get("ParameterNameValues") or []
    if bool(listed) == bool(self.params.get("ResetAllParameters")):
        raise InvalidParameterCombinationException(
            "Exactly one of ResetAllParameters and ParameterNameValues must be given."
        )
    names = [one.get("ParameterName") for one in listed] or list(group.values)
    for name in names:
        _known(group, name)
    deleted = [name for name in names if group.values.pop(name, None) is not None]
    _changed(self.elasticache_backend, group, deleted)
    return ActionResult({"CacheParameterGroupName": group.cache_parameter_group_name})


def delete_cache_parameter_group(self):
    backend = self.elasticache_backend
    group = find(backend, self.params.get("CacheParameterGroupName"))
    if group.cache_parameter_group_name.startswith(DEFAULT):
        raise InvalidParameterValueException(
            f"The default parameter group {group.cache_parameter_group_name} cannot be deleted."
        )
    if users(backend, group):
        raise ElastiCacheException(
            "InvalidCacheParameterGroupState",
            "One or more cache clusters are still members of this parameter group "
            f"{group.cache_parameter_group_name}, so the group cannot be deleted.",
        )
    del backend.cache_parameter_groups[group.cache_parameter_group_name]
    backend.tagging_service.delete_all_tags_for_resource(group.arn)
    return EmptyResult()


def install():
    make = ElastiCacheBackend.__init__

    def init(self, *args, **kwargs):
        make(self, *args, **kwargs)
        self.cache_parameter_groups = _defaults(self)

    ElastiCacheBackend.__init__ = init
    for operation in (
        create_cache_parameter_group,
        describe_cache_parameter_groups,
        describe_cache_parameters,
        modify_cache_parameter_group,
        reset_cache_parameter_group,
        delete_cache_parameter_group,
    ):
        setattr(ElastiCacheResponse, operation.__name__, operation)
