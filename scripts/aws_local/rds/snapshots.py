"""Snapshots of DB instances, restores from a snapshot and to a point in time, and deleting an instance.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBSnapshot.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceFromDBSnapshot.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceToPointInTime.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBInstance.html
"""

from moto.core.responses import ActionResult
from moto.rds.exceptions import (
    DBInstanceAlreadyExists,
    DBInstanceNotFoundError,
    InvalidParameterCombination,
    InvalidParameterValue,
    RDSClientError,
)
from moto.rds.models import DBInstanceAutomatedBackup, DBSnapshot
from moto.rds.responses import RDSResponse

from aws_local.pages import paged
from aws_local.rds import storage
from aws_local.rds.instances import ENGINE, plain, prepared, shown_as

# Settings that a restored instance takes from its source by default. Its parameter group, security groups, subnet group,
# deletion protection, monitoring and Multi-AZ setting are RDS's defaults instead.
KEPT = [
    "engine",
    "engine_version",
    "db_instance_class",
    "allocated_storage",
    "storage_type",
    "port",
    "master_username",
    "db_name",
    "license_model",
    "auto_minor_version_upgrade",
    "backup_retention_period",
    "preferred_backup_window",
    "preferred_maintenance_window",
    "ca_certificate_identifier",
]
# Parameters of the requests that are not settings of the new instance.
ABOUT_THE_SOURCE = [
    "db_snapshot_identifier",
    "source_db_instance_identifier",
    "target_db_instance_identifier",
    "source_dbi_resource_id",
    "restore_time",
    "use_latest_restorable_time",
    "engine",
    "db_name",
    "storage_encrypted",
]


class PointInTimeRestoreNotEnabled(RDSClientError):
    def __init__(self, name):
        super().__init__(
            "PointInTimeRestoreNotEnabled", f"Point in time restore is not enabled for DB instance {name}."
        )


def _restored(backend, source, given, name, size, encrypted, key):
    """Creates an instance with the settings of its source, except for those in the request."""
    if name in backend.databases:
        raise DBInstanceAlreadyExists()
    kwargs = {one: getattr(source, one) for one in KEPT}
    iops, throughput = storage.chosen(source)
    kwargs["iops"], kwargs["storage_throughput"] = iops, throughput
    requested = {one: value for one, value in given.items() if one not in ABOUT_THE_SOURCE and value is not None}
    if requested.get("storage_type", source.storage_type) != source.storage_type:
        kwargs["iops"] = kwargs["storage_throughput"] = None
    if requested.get("allocated_storage", size) < size:
        raise InvalidParameterValue("The allocated storage size can't be less than the source snapshot or backup size.")
    kwargs["allocated_storage"] = size
    kwargs.update(requested, db_instance_identifier=name, storage_encrypted=encrypted, kms_key_id=key)
    if not kwargs.get("manage_master_user_password") and not source.manage_master_user_password:
        kwargs["master_user_password"] = source._master_user_password
    kwargs = {one: value for one, value in kwargs.items() if value is not None}
    if source.engine == ENGINE:
        kwargs = prepared(backend, kwargs)
    database = backend.create_db_instance(kwargs)
    database.add_event("DB_INSTANCE_RESTORED")
    return ActionResult({"DBInstance": shown_as("creating", database)})


def restore_db_instance_from_db_snapshot(self):
    given = plain(self.params)
    snapshot = self.backend.get_db_snapshot(given.get("db_snapshot_identifier"))
    source = snapshot.database
    if not given.get("tags"):
        # Without tags in the request, it gets those of its source.
        given["tags"] = list(source.tags)
    return _restored(
        self.backend,
        source,
        given,
        given["db_instance_identifier"],
        snapshot.allocated_storage,
        snapshot.encrypted,
        snapshot.kms_key_id,
    )


def _source(backend, given):
    resource = given.get("source_dbi_resource_id")
    if resource and not given.get("source_db_instance_identifier"):
        for one in backend.databases.values():
            if one.dbi_resource_id == resource:
                return one
        raise DBInstanceNotFoundError(resource)
    if not given.get("source_db_instance_identifier"):
        raise InvalidParameterCombination("A source DB instance must be specified.")
    return backend.describe_db_instances(given["source_db_instance_identifier"])[0]


def restorable_from(database):
    return database.created


def restore_db_instance_to_point_in_time(self):
    given = plain(self.params)
    source, time = _source(self.backend, given), given.get("restore_time")
    if bool(time) == bool(given.get("use_latest_restorable_time")):
        raise InvalidParameterCombination("Exactly one of RestoreTime and UseLatestRestorableTime must be specified.")
    if not source.backup_retention_period:
        raise PointInTimeRestoreNotEnabled(source.db_instance_identifier)
    if time:
        first, last = restorable_from(source), source.latest_restorable_time
        # AWS returns whole seconds.
        if time < first.replace(microsecond=0):
            raise InvalidParameterValue(
                f"The specified instance cannot be restored to a time earlier than {first:%Y-%m-%dT%H:%M:%SZ}."
            )
        if time > last:
            raise InvalidParameterValue(
                f"The specified instance cannot be restored to a time later than {last:%Y-%m-%dT%H:%M:%SZ}."
            )
    return _restored(
        self.backend,
        source,
        given,
        given["target_db_instance_identifier"],
        source.allocated_storage,
        source.storage_encrypted,
        source.kms_key_id,
    )


def create_db_snapshot(create):
    def create_db_snapshot(self):
        database = self.backend.databases.get(self.params.get("DBInstanceIdentifier"))
        if database and database.status not in ("available", "stopped"):
            raise RDSClientError(
                "InvalidDBInstanceState",
                f"Cannot create a snapshot because the database instance {database.db_instance_identifier} is not "
                "currently in the available state.",
            )
        snapshot = create(self).result["DBSnapshot"]
        return ActionResult({"DBSnapshot": shown_as("creating", snapshot, percent_progress=0)})

    return create_db_snapshot


def delete_db_snapshot(self):
    snapshot = self.backend.database_snapshots.get(self.params.get("DBSnapshotIdentifier"))
    if snapshot and snapshot.snapshot_type == "automated":
        raise RDSClientError(
            "InvalidDBSnapshotState",
            f"Deletion of automated snapshot {snapshot.db_snapshot_identifier} is not allowed.",
        )
    snapshot = self.backend.delete_db_snapshot(self.params.get("DBSnapshotIdentifier"))
    return ActionResult({"DBSnapshot": shown_as("deleted", snapshot)})


def describe_db_snapshots(describe):
    def describe_db_snapshots(self):
        return paged(self.params, "DBSnapshots", list(describe(self).result["DBSnapshots"]))

    return describe_db_snapshots


def delete_db_instance(delete):
    def delete_db_instance(self):
        database = self.backend.describe_db_instances(self.params.get("DBInstanceIdentifier"))[0]
        final, skip = self.params.get("FinalDBSnapshotIdentifier"), self.params.get("SkipFinalSnapshot")
        if database.db_cluster_identifier is None and not database.is_replica:
            if not database.deletion_protection and bool(final) == bool(skip):
                raise InvalidParameterCombination(
                    "FinalDBSnapshotIdentifier can not be specified when SkipFinalSnapshot is true."
                    if final
                    else "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
                )
        answer = delete(self)
        database.add_event("DB_INSTANCE_DELETED")
        return answer

    return delete_db_instance


def _settle(snapshot, database):
    snapshot.percent_progress = 100
    snapshot.snapshot_target = "region"
    snapshot.storage_type = database.storage_type
    snapshot.iops = database.iops
    snapshot.storage_throughput = database.storage_throughput
    snapshot.license_model = database.license_model
    snapshot.availability_zone = database.availability_zone
    snapshot.option_group_name = database.option_group_name
    snapshot.backup_retention_period = database.backup_retention_period
    snapshot.preferred_backup_window = database.preferred_backup_window
    snapshot.snapshot_database_time = snapshot.created
    group = getattr(database, "db_subnet_group", None)
    snapshot.vpc_id = group.vpc_id if group else None


def _window(backup):
    database = backup.backend.databases.get(backup.db_instance_identifier)
    if not database or not database.backup_retention_period:
        return None
    return {"EarliestTime": restorable_from(database), "LatestTime": database.latest_restorable_time}


def _of_source(attribute):
    return property(lambda backup: getattr(backup.automated_snapshots[-1].database, attribute))


def install():
    make = DBSnapshot.__init__

    def init(self, backend, database, *args, **kwargs):
        make(self, backend, database, *args, **kwargs)
        if database.db_cluster_identifier is None:
            _settle(self, database)

    DBSnapshot.__init__ = init
    DBInstanceAutomatedBackup.restore_window = property(_window)
    for attribute in ("db_instance_arn", "dbi_resource_id", "region", "engine", "engine_version", "allocated_storage"):
        setattr(DBInstanceAutomatedBackup, attribute, _of_source(attribute))
    RDSResponse.create_db_snapshot = create_db_snapshot(RDSResponse.create_db_snapshot)
    RDSResponse.delete_db_snapshot = delete_db_snapshot
    RDSResponse.describe_db_snapshots = describe_db_snapshots(RDSResponse.describe_db_snapshots)
    RDSResponse.restore_db_instance_from_db_snapshot = restore_db_instance_from_db_snapshot
    RDSResponse.restore_db_instance_to_point_in_time = restore_db_instance_to_point_in_time
    RDSResponse.delete_db_instance = delete_db_instance(RDSResponse.delete_db_instance)
