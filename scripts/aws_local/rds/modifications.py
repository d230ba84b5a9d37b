"""ModifyDBInstance: which changes are applied at once and which are in PendingModifiedValues; upgrades; reboots.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.DBInstance.Modifying.html
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.Settings.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_PendingModifiedValues.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RebootDBInstance.html
"""

from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.rds.exceptions import (
    DBInstanceAlreadyExists,
    InvalidParameterCombination,
    InvalidParameterValue,
    RDSClientError,
)
from moto.rds.models import Event
from moto.rds.responses import RDSResponse
from moto.rds.utils import valid_preferred_maintenance_window

from aws_local.rds import certificates, engine_versions, log_groups, parameter_groups, storage
from aws_local.rds.instances import (
    ENGINE,
    check_insights,
    check_mode,
    check_monitoring,
    check_password,
    check_port,
    check_public,
    check_retention,
    check_security_groups,
    plain,
    set_insights,
    settle_option_group,
    shown_as,
)

# Changes that wait for the maintenance window: the name in PendingModifiedValues, the parameter, the attribute.
WAITING = {
    "EngineVersion": ("engine_version", "engine_version"),
    "DBInstanceClass": ("db_instance_class", "db_instance_class"),
    "AllocatedStorage": ("allocated_storage", "allocated_storage"),
    "StorageType": ("storage_type", "storage_type"),
    "Iops": ("iops", "iops"),
    "StorageThroughput": ("storage_throughput", "storage_throughput"),
    "MultiAZ": ("multi_az", "multi_az"),
    "LicenseModel": ("license_model", "license_model"),
    "CACertificateIdentifier": ("ca_certificate_identifier", "ca_certificate_identifier"),
    "DBSubnetGroupName": ("db_subnet_group_name", "_db_subnet_group_name"),
    "IAMDatabaseAuthenticationEnabled": ("enable_iam_database_authentication", "enable_iam_database_authentication"),
    "DedicatedLogVolume": ("dedicated_log_volume", "dedicated_log_volume"),
    "BackupRetentionPeriod": ("backup_retention_period", "backup_retention_period"),
    "DBInstanceIdentifier": ("new_db_instance_identifier", "db_instance_identifier"),
}
STORAGE = ("AllocatedStorage", "StorageType", "Iops", "StorageThroughput")

# Changes that are always applied at once: the parameter and the attribute.
AT_ONCE = [
    "max_allocated_storage",
    "deletion_protection",
    "copy_tags_to_snapshot",
    "auto_minor_version_upgrade",
    "publicly_accessible",
    "preferred_backup_window",
    "preferred_maintenance_window",
    "vpc_security_group_ids",
    "monitoring_interval",
    "monitoring_role_arn",
    "network_type",
    "database_insights_mode",
    "manage_master_user_password",
    "master_user_secret_kms_key_id",
    "rotate_master_user_password",
    "master_user_password",
]

Event.EVENT_MAP.update(
    DB_INSTANCE_MODIFIED={"Categories": ["configuration change"], "Message": "Finished applying modification"},
    DB_INSTANCE_RESTARTED={"Categories": ["availability"], "Message": "DB instance restarted"},
    DB_INSTANCE_DELETED={"Categories": ["deletion"], "Message": "DB instance deleted"},
    DB_INSTANCE_RESTORED={"Categories": ["restoration"], "Message": "Restored from snapshot"},
)


def _vpc(database):
    return database.db_subnet_group.vpc_id


def _storage_change(database, kwargs):
    """The storage after the change; a size that is too close to the current one is raised."""
    if kwargs.get("allocated_storage"):
        kwargs["allocated_storage"] = storage.grown(database.allocated_storage, kwargs["allocated_storage"])
    if all(kwargs.get(WAITING[name][0]) is None for name in STORAGE):
        return
    kind = kwargs.get("storage_type") or database.storage_type
    size = kwargs.get("allocated_storage") or database.allocated_storage
    had = storage.chosen(database) if kind == database.storage_type else (None, None)
    iops = kwargs.get("iops") or had[0]
    throughput = kwargs.get("storage_throughput") or had[1]
    # A request may repeat the values that gp3 includes.
    if kind == "gp3" and size < storage.STRIPED:
        iops = None if iops == storage.BASE["iops"] else iops
        throughput = None if throughput == storage.BASE["throughput"] else throughput
    storage.check(kind, size, iops, throughput)
    if kind == "gp3" and size >= storage.STRIPED and size != database.allocated_storage and not kwargs.get("iops"):
        # https://github.com/hashicorp/terraform-provider-aws/issues/28271
        raise InvalidParameterCombination(
            "You must specify both the storage size and iops when modifying the storage size or iops on a DB instance "
            "that has iops."
        )


def _upgrade(backend, database, kwargs):
    """The version after the change, and the new parameter group if it changes."""
    current = database.engine_version
    version = current
    if kwargs.get("engine_version"):
        version = engine_versions.upgraded(current, kwargs["engine_version"], kwargs.get("allow_major_version_upgrade"))
        kwargs["engine_version"] = version
    family, name = engine_versions.family(version), kwargs.get("db_parameter_group_name")
    if name:
        group = parameter_groups.find(backend, name)
        parameter_groups.check_fits(group, family)
        return group
    used = parameter_groups.of_instance(database)
    if family != engine_versions.family(current) and not used.startswith(parameter_groups.DEFAULT):
        raise InvalidParameterCombination(
            f"Current Parameter Group ({used}) is non-default. You need to explicitly specify a new Parameter Group in "
            "this case (default or custom)"
        )
    return None


def _checked(backend, database, kwargs):
    if kwargs.get("db_instance_class"):
        engine_versions.check_class(kwargs["db_instance_class"], database.engine_version)
    _storage_change(database, kwargs)
    size = kwargs.get("allocated_storage") or database.pending.get("AllocatedStorage", database.allocated_storage)
    most = kwargs.get("max_allocated_storage") or (kwargs.get("allocated_storage") and database.max_allocated_storage)
    storage.check_most(most or None, size)
    check_retention(kwargs.get("backup_retention_period"))
    check_port(kwargs.get("db_port_number"))
    if kwargs.get("monitoring_interval") is not None:
        role = kwargs.get("monitoring_role_arn") or database.monitoring_role_arn
        check_monitoring(kwargs["monitoring_interval"], role)
    enabled = kwargs.get("enable_performance_insights")
    enabled = database.performance_insights_enabled if enabled is None else enabled
    days = kwargs.get("performance_insights_retention_period")
    check_insights(enabled, days)
    mode = kwargs.get("database_insights_mode") or database.database_insights_mode
    check_mode(mode, enabled, days or database.performance_insights_retention_period)
    if kwargs.get("ca_certificate_identifier"):
        certificates.check(kwargs["ca_certificate_identifier"])
    if kwargs.get("vpc_security_group_ids"):
        check_security_groups(backend, kwargs["vpc_security_group_ids"], _vpc(database))
    if kwargs.get("publicly_accessible"):
        check_public(backend, _vpc(database))
    if kwargs.get("master_user_password") is not None:
        if kwargs.get("manage_master_user_password") or (
            database.manage_master_user_password and kwargs.get("manage_master_user_password") is not False
        ):
            raise InvalidParameterCombination(
                "You can't specify MasterUserPassword for an instance with ManageMasterUserPassword enabled."
            )
        check_password(kwargs["master_user_password"])
    if kwargs.get("rotate_master_user_password") and not kwargs.get("apply_immediately"):
        raise InvalidParameterCombination("You must specify apply immediately when rotating the master user password.")
    _check_windows(database, kwargs)
    _check_place(backend, database, kwargs)
    exports = kwargs.get("cloudwatch_logs_export_configuration") or {}
    for types in ("EnableLogTypes", "DisableLogTypes"):
        engine_versions.check_log_types(exports.get(types), database.engine_version)


def _check_windows(database, kwargs):
    if kwargs.get("preferred_maintenance_window"):
        kwargs["preferred_maintenance_window"] = kwargs["preferred_maintenance_window"].lower()
    message = valid_preferred_maintenance_window(
        kwargs.get("preferred_maintenance_window") or database.preferred_maintenance_window,
        kwargs.get("preferred_backup_window") or database.preferred_backup_window,
    )
    if message:
        raise InvalidParameterValue(message)


def _check_place(backend, database, kwargs):
    name = kwargs.get("new_db_instance_identifier")
    if name:
        backend._validate_db_identifier(name)
        kwargs["new_db_instance_identifier"] = name = name.lower()
        if name != database.db_instance_identifier and name in backend.databases:
            raise DBInstanceAlreadyExists()
    if kwargs.get("db_subnet_group_name"):
        group = backend.describe_db_subnet_groups(kwargs["db_subnet_group_name"])[0]
        if group.vpc_id == _vpc(database):
            raise RDSClientError(
                "InvalidVPCNetworkStateFault",
                f"You cannot move DB instance {database.db_instance_identifier} to subnet group {group.name}. The "
                "specified DB subnet group and DB instance are in the same VPC. Choose a DB subnet group in different "
                "VPC than the specified DB instance and try again.",
            )
        kwargs["db_subnet_group_name"] = group.name


def _waiting(database, kwargs):
    """The pending changes by name. A change back to the current value removes the pending change."""
    found = {}
    for name, (requested, attribute) in WAITING.items():
        value = kwargs.get(requested)
        if value is None:
            continue
        if value == getattr(database, attribute):
            database.pending.pop(name, None)
        else:
            found[name] = value
    # A change between two numbers of days other than 0 is applied at once.
    if found.get("BackupRetentionPeriod") and database.backup_retention_period:
        database.backup_retention_period = found.pop("BackupRetentionPeriod")
        database.pending.pop("BackupRetentionPeriod", None)
    return found


def _now(backend, database, kwargs):
    database.update(**{name: kwargs[name] for name in AT_ONCE if kwargs.get(name) is not None})
    if kwargs.get("db_port_number"):
        database.port = kwargs["db_port_number"]
    exports = kwargs.get("cloudwatch_logs_export_configuration")
    if exports:
        deleted = exports.get("DisableLogTypes", [])
        kept = [one for one in database.enabled_cloudwatch_logs_exports if one not in deleted]
        added = [one for one in exports.get("EnableLogTypes", []) if one not in kept]
        database.enabled_cloudwatch_logs_exports = kept + added
        log_groups.write(database)
    enabled = kwargs.get("enable_performance_insights")
    days = kwargs.get("performance_insights_retention_period")
    if enabled is not None or days is not None:
        on = database.performance_insights_enabled if enabled is None else enabled
        key = kwargs.get("performance_insights_kms_key_id") or database.performance_insights_kms_key_id
        set_insights(database, on, days or database.performance_insights_retention_period, key)
    if kwargs.get("monitoring_interval") == 0:
        database.monitoring_role_arn = kwargs.get("monitoring_role_arn")


def _associate(database, name):
    if name != parameter_groups.of_instance(database):
        database.db_parameter_group_name = name
        database.parameter_apply_status = "pending-reboot"


def _apply(backend, database):
    """Applies all pending changes."""
    waiting, database.pending = database.pending, {}
    for name in ("DBInstanceClass", "MultiAZ", "LicenseModel", "CACertificateIdentifier", "DedicatedLogVolume"):
        if name in waiting:
            setattr(database, WAITING[name][1], waiting[name])
    if "IAMDatabaseAuthenticationEnabled" in waiting:
        database.enable_iam_database_authentication = waiting["IAMDatabaseAuthenticationEnabled"]
    if any(name in waiting for name in STORAGE):
        same = waiting.get("StorageType", database.storage_type) == database.storage_type
        iops, throughput = storage.chosen(database) if same else (None, None)
        database.storage_type = waiting.get("StorageType", database.storage_type)
        database.allocated_storage = waiting.get("AllocatedStorage", database.allocated_storage)
        storage.settle(database, waiting.get("Iops", iops), waiting.get("StorageThroughput", throughput))
    if "BackupRetentionPeriod" in waiting:
        _set_retention(backend, database, waiting["BackupRetentionPeriod"])
    if "EngineVersion" in waiting:
        database.engine_version = waiting["EngineVersion"]
        if not database.option_group_supplied:
            settle_option_group(database)
        if database.pending_parameter_group:
            _associate(database, database.pending_parameter_group)
            database.pending_parameter_group = None
    if "DBSubnetGroupName" in waiting:
        _move(backend, database, waiting["DBSubnetGroupName"])
    if "DBInstanceIdentifier" in waiting:
        del backend.databases[database.db_instance_identifier]
        database.db_instance_identifier = waiting["DBInstanceIdentifier"]
        backend.databases[database.db_instance_identifier] = database


def _set_retention(backend, database, days):
    database.backup_retention_period = days
    if days:
        database.save_automated_backup()
        return
    # A retention period of 0 deletes the automated backups.
    for name, one in list(backend.database_snapshots.items()):
        if one.snapshot_type == "automated" and one.dbi_resource_id == database.dbi_resource_id:
            del backend.database_snapshots[name]


def _move(backend, database, name):
    database.db_subnet_group_name = name
    group = database.db_subnet_group
    database.availability_zone = min(one.availability_zone for one in group._subnets)
    ec2 = ec2_backends[backend.account_id][backend.region_name]
    database.vpc_security_group_ids = [ec2.get_default_security_group(group.vpc_id).id]


def modify(backend, database, kwargs):
    """Applies a request. Returns the instance as the answer shows it."""
    if database.status not in ("available", "stopped"):
        raise RDSClientError(
            "InvalidDBInstanceState",
            f"Database instance is not in available state: {database.db_instance_identifier}",
        )
    _checked(backend, database, kwargs)
    group = _upgrade(backend, database, kwargs)
    waiting = _waiting(database, kwargs)
    _now(backend, database, kwargs)
    if group:
        # The new version's parameter group is pending together with it.
        if group.family == engine_versions.family(database.engine_version):
            _associate(database, group.name)
        else:
            database.pending_parameter_group = group.name
    database.pending = {**database.pending, **waiting}
    if "EngineVersion" not in database.pending:
        database.pending_parameter_group = None
    now = kwargs.get("apply_immediately") and database.pending
    shown = shown_as("modifying" if now else database.status, database)
    if kwargs.get("master_user_password"):
        shown.pending = {**shown.pending, "MasterUserPassword": "****"}
    if now:
        _apply(backend, database)
        database.add_event("DB_INSTANCE_MODIFIED")
    return shown


def modify_db_instance(plainly):
    def modify_db_instance(self):
        database = self.backend.describe_db_instances(self.params.get("DBInstanceIdentifier"))[0]
        if database.engine != ENGINE or database.db_cluster_identifier:
            return plainly(self)
        return ActionResult({"DBInstance": modify(self.backend, database, plain(self.params))})

    return modify_db_instance


def reboot_db_instance(self):
    database = self.backend.describe_db_instances(self.params.get("DBInstanceIdentifier"))[0]
    if database.status != "available":
        raise RDSClientError(
            "InvalidDBInstanceState",
            f"Instance {database.db_instance_identifier} is not in available state.",
        )
    if self.params.get("ForceFailover") and not database.multi_az:
        raise InvalidParameterCombination(
            "ForceFailover cannot be used for a DB instance that is not a Multi-AZ deployment."
        )
    shown = shown_as("rebooting", database)
    database.parameter_apply_status = "in-sync"
    database.add_event("DB_INSTANCE_RESTARTED")
    return ActionResult({"DBInstance": shown})


def install():
    RDSResponse.modify_db_instance = modify_db_instance(RDSResponse.modify_db_instance)
    RDSResponse.reboot_db_instance = reboot_db_instance
