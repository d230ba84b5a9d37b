"""The names of resource types in GetResources: moto has names of its own for some, and ignores a name that it does not
know.

https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
"""

import re

from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend

from aws_local.resourcegroupstaggingapi.errors import InvalidParameter

# AWS's name, and moto's.
NAMES = {
    "elasticache:cluster": "elasticache:cache_clusters",
    "elasticache:replicationgroup": "elasticache:replication-group",
    "elasticache:snapshot": "elasticache:snapshots",
    "elasticache:subnetgroup": "elasticache:cache_subnet_groups",
    "elasticache:user": "elasticache:users",
}
FORM = re.compile(r"[a-z0-9-]+(:[A-Za-z0-9/_-]+)?")


def install():
    get_resources = ResourceGroupsTaggingAPIBackend.get_resources

    def renamed(self, *args, resource_type_filters=None, **kwargs):
        filters = resource_type_filters or []
        for name in filters:
            if not FORM.fullmatch(name) or name in NAMES.values():
                raise InvalidParameter(f"Unsupported resource type: {name}")
        filters = [NAMES.get(name, name) for name in filters]
        return get_resources(self, *args, resource_type_filters=filters, **kwargs)

    ResourceGroupsTaggingAPIBackend.get_resources = renamed
