"""Tags of missing resources are refused.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_AddTagsToResource.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ListTagsForResource.html
"""

from moto.rds.exceptions import DBInstanceNotFoundError, DBSnapshotNotFoundFault, DBSubnetGroupNotFoundError
from moto.rds.models import RDSBackend
from moto.rds.utils import split_arn

from aws_local.rds import parameter_groups

NOT_FOUND = {
    "db": DBInstanceNotFoundError,
    "snapshot": DBSnapshotNotFoundFault,
    "subgrp": DBSubnetGroupNotFoundError,
}


def install():
    find = RDSBackend._get_resource_for_tagging

    def get_resource_for_tagging(self, arn):
        resource = find(self, arn)
        if resource is None:
            _, _, kind, name = split_arn(arn)
            if kind == "pg":
                return parameter_groups.find(self, name)
            if kind in NOT_FOUND:
                raise NOT_FOUND[kind](name)
        return resource

    RDSBackend._get_resource_for_tagging = get_resource_for_tagging
