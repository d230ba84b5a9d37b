"""Validation of parameters that CreateReplicationGroup and ModifyReplicationGroup share.

https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyReplicationGroup.html
"""

import re

from moto.elasticache.exceptions import (
    InvalidParameterCombinationException,
    InvalidParameterValueException,
)

from aws_local.elasticache import engine_versions, parameter_groups, subnet_groups
from aws_local.elasticache.parameter_list import CLUSTER_ON

TOKEN = re.compile(r"[A-Za-z0-9!&#$^<>-]{16,128}")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TIME = r"([01]\d|2[0-3]):([0-5]\d)"
WINDOW = re.compile(rf"{TIME}-{TIME}")
WEEKLY = re.compile(rf"({'|'.join(DAYS)}):{TIME}-({'|'.join(DAYS)}):{TIME}")
DAY, WEEK, LEAST_WINDOW = 24 * 60, 7 * 24 * 60, 60


def check_windows(snapshot, maintenance):
    """Both windows must be at least an hour."""
    if snapshot is not None:
        found = WINDOW.fullmatch(snapshot)
        minutes = [int(part) for part in found.groups()] if found else []
        if not found or (minutes[2] * 60 + minutes[3] - minutes[0] * 60 - minutes[1]) % DAY < LEAST_WINDOW:
            raise InvalidParameterValueException(f"Invalid snapshot window: {snapshot}")
    if maintenance is not None:
        found = WEEKLY.fullmatch(maintenance.lower())
        if found:
            first, last = (DAYS.index(found[at]) * DAY + int(found[at + 1]) * 60 + int(found[at + 2]) for at in (1, 4))
        if not found or not LEAST_WINDOW <= (last - first) % WEEK <= DAY:
            raise InvalidParameterValueException(f"Invalid maintenance window: {maintenance}")


def check_retention(days):
    if days is not None and not 0 <= days <= 35:
        raise InvalidParameterValueException(f"Invalid snapshot retention limit: {days}. It must be from 0 to 35.")


def check_token(token):
    if not TOKEN.fullmatch(token):
        raise InvalidParameterValueException(
            "Invalid AuthToken provided. It must have from 16 to 128 printable characters; of the special ones, only "
            "!, &, #, $, ^, <, >, and - are permitted."
        )


def check_failover(failover, multi_az, nodes):
    if failover and nodes < 2:
        raise InvalidParameterValueException(
            "When using automatic failover, there must be at least 2 cache clusters in the replication group."
        )
    if multi_az and not failover:
        raise InvalidParameterCombinationException("Multi-AZ can only be enabled together with automatic failover.")


def check_parameter_group(group, engine, version):
    family = engine_versions.family_of(engine, version)
    if group.cache_parameter_group_family != family:
        raise InvalidParameterCombinationException(
            f"Expected a parameter group of family {family} but found one of family "
            f"{group.cache_parameter_group_family}"
        )


def check_security_groups(backend, ids, vpc_id):
    for one in ids:
        group = subnet_groups.ec2_of(backend).get_security_group_from_id(one)
        if group is None:
            raise InvalidParameterValueException(f"Some security group identifiers are invalid: {one}")
        if group.vpc_id != vpc_id:
            raise InvalidParameterCombinationException(
                f"The security group {one} is not in the VPC {vpc_id} of the cache subnet group."
            )


def default_parameter_group(engine, version, cluster_mode):
    family = engine_versions.family_of(engine, version)
    return f"{parameter_groups.DEFAULT}{family}{CLUSTER_ON if cluster_mode else ''}"
