"""`POST /aws-local/age` with {"account", "region", "days"}: what the account has was created that many days earlier. NAT gateways,
VPC endpoints, load balancers, databases, snapshots, caches, objects, unfinished uploads, images, and the last change of an
alarm's state.
"""

import datetime

from moto.cloudwatch.models import cloudwatch_backends
from moto.ec2.models import ec2_backends
from moto.ecr.models import ecr_backends
from moto.elasticache.models import elasticache_backends
from moto.elbv2.models import elbv2_backends
from moto.rds.models import rds_backends
from moto.s3.models import s3_backends

from aws_local import controls

# The names of times in moto's objects.
TIMES = (
    "_created_at",
    "creation_timestamp",
    "created_time",
    "created",
    "instance_create_time",
    "original_snapshot_create_time",
    "state_updated",
    "last_modified",
    "initiated",
)
FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


def _older(thing, days):
    past = datetime.timedelta(days=days)
    for name in TIMES:
        value = vars(thing).get(name)
        if isinstance(value, datetime.datetime):
            setattr(thing, name, value - past)
        elif isinstance(value, str):
            setattr(thing, name, (datetime.datetime.strptime(value, FORMAT) - past).strftime(FORMAT))


def _control(_method, body):
    account, region = body["account"], body.get("region", "us-east-1")
    ec2, rds = ec2_backends[account][region], rds_backends[account][region]
    alarms = cloudwatch_backends[account][region].alarms
    for things in (
        ec2.nat_gateways,
        ec2.vpc_end_points,
        elbv2_backends[account][region].load_balancers,
        rds.databases,
        rds.database_snapshots,
        elasticache_backends[account][region].replication_groups,
        alarms,
    ):
        for thing in things.values():
            _older(thing, int(body["days"]))
    past = datetime.timedelta(days=int(body["days"]))
    for snapshot in elasticache_backends[account][region].snapshots.values():
        for node in snapshot.shown["NodeSnapshots"]:
            node["SnapshotCreateTime"] -= past
    for repository in ecr_backends[account][region].repositories.values():
        for image in repository.images:
            image.image_pushed_at -= past.total_seconds()
    for bucket in s3_backends[account]["aws"].buckets.values():
        for upload in bucket.multiparts.values():
            _older(upload, int(body["days"]))
        for name in list(bucket.keys):
            for version in bucket.keys.getlist(name):
                _older(version, int(body["days"]))


def install():
    controls.PATHS["/aws-local/age"] = _control
