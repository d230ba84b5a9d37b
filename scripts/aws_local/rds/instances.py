"""DB instances of PostgreSQL: what CreateDBInstance refuses, and what DescribeDBInstances reports.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html
"""

import copy
import re
from datetime import timedelta

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.moto_api._internal import mock_random
from moto.rds.exceptions import InvalidParameterCombination, InvalidParameterValue, RDSClientError
from moto.rds.models import DBInstance, RDSBackend
from moto.rds.responses import RDSResponse
from moto.rds.utils import valid_preferred_maintenance_window

from aws_local.pages import paged
from aws_local.rds import certificates, engine_versions, log_groups, parameter_groups, storage, subnet_groups

ENGINE = engine_versions.ENGINE
RESTORABLE_AFTER = timedelta(minutes=5)
MONITORING_INTERVALS = (0, 1, 5, 10, 15, 30, 60)
INSIGHTS_DAYS = 7
INSIGHTS_MODES = ("standard", "advanced")
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DatabaseInsights.TurningOnAdvanced.html
ADVANCED_DAYS = 465
LIFECYCLES = ("open-source-rds-extended-support", "open-source-rds-extended-support-disabled")
USERNAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")
RESERVED_USERNAMES = ("admin", "rdsadmin", "rdsrepladmin", "rdstopmgr", "all", "default", "public", "user")
DB_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
# The hosted zone of RDS's endpoints in us-east-1.
ZONE = "Z2R2ITUGPM61AM"
# RDS chooses a missing window so that the two do not overlap.
BACKUP_WINDOWS = ["13:14-13:44", "03:14-03:44", "08:14-08:44"]
MAINTENANCE_WINDOWS = ["wed:06:38-wed:07:08", "wed:16:38-wed:17:08", "wed:22:38-wed:23:08"]
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def plain(params):
    """A request as a dict with moto's snake_case names."""
    return dict(params.items())


def shown_as(status, resource, **changes):
    """A copy of the resource with this status, for the answer. By the next request, the change is complete."""
    shown = copy.copy(resource)
    shown.status = status
    for name, value in changes.items():
        setattr(shown, name, value)
    return shown


def check_password(password):
    if not password:
        raise InvalidParameterValue("The parameter MasterUserPassword must be provided and must not be blank.")
    if len(password) < 8:
        raise InvalidParameterValue(
            "The parameter MasterUserPassword is not a valid password because it is shorter than 8 characters."
        )
    if len(password) > 128:
        raise InvalidParameterValue(
            "The parameter MasterUserPassword is not a valid password because it is longer than 128 characters."
        )
    if any(not "!" <= one <= "~" or one in '/@"' for one in password):
        raise InvalidParameterValue(
            "The parameter MasterUserPassword is not a valid password. Only printable ASCII characters besides '/', "
            "'@', '\"', ' ' may be used."
        )


def check_retention(days):
    if days is not None and not 0 <= days <= 35:
        raise InvalidParameterValue(f"Invalid backup retention period: {days}. It must be between 0 and 35.")


def check_monitoring(interval, role):
    if interval not in MONITORING_INTERVALS:
        raise InvalidParameterValue(f"Invalid monitoring interval: {interval}")
    if interval and not role:
        raise InvalidParameterCombination(
            "A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0."
        )


def check_insights(enabled, days):
    if days is None:
        return
    if not enabled:
        raise InvalidParameterCombination("A retention period needs Performance Insights to be enabled.")
    if days not in (7, 731) and not (days % 31 == 0 and 1 <= days // 31 <= 23):
        raise InvalidParameterValue(f"Invalid Performance Insights retention period: {days}")


def check_mode(mode, enabled, days):
    """The advanced mode of Database Insights needs Performance Insights with 15 months of data."""
    if mode not in (None, *INSIGHTS_MODES):
        raise InvalidParameterValue(f"Invalid database insights mode: {mode}")
    if mode == "advanced" and not (enabled and (days or INSIGHTS_DAYS) >= ADVANCED_DAYS):
        raise InvalidParameterCombination(
            "To enable the Advanced mode of Database Insights, enable Performance Insights and set the retention period "
            f"to at least {ADVANCED_DAYS} days."
        )


def check_lifecycle(support):
    if support not in (None, *LIFECYCLES):
        raise InvalidParameterValue(f"Invalid engine lifecycle support: {support}")


def check_port(port):
    if port is not None and not 1150 <= port <= 65535:
        raise InvalidParameterValue(f"Invalid database port: {port}. Valid values are 1150-65535.")


def check_security_groups(backend, ids, vpc_id):
    ec2 = ec2_backends[backend.account_id][backend.region_name]
    for one in ids:
        group = ec2.get_security_group_from_id(one)
        if group is None:
            raise InvalidParameterValue(f"Invalid security group , groupId= {one}, groupName=.")
        if group.vpc_id != vpc_id:
            raise InvalidParameterCombination(
                f"The DB instance and EC2 security group are in different VPCs. The DB instance is in {vpc_id} and the "
                f"EC2 security group is in {group.vpc_id}"
            )


def check_public(backend, vpc_id):
    gateways = ec2_backends[backend.account_id][backend.region_name].internet_gateways.values()
    if not any(one.vpc and one.vpc.id == vpc_id for one in gateways):
        raise RDSClientError(
            "InvalidVPCNetworkStateFault",
            "Cannot create a publicly accessible DBInstance. The specified VPC has no internet gateway attached. "
            "Update the VPC and then try again",
        )


def _windows(kwargs):
    backup, maintenance = kwargs.get("preferred_backup_window"), kwargs.get("preferred_maintenance_window")
    if maintenance:
        kwargs["preferred_maintenance_window"] = maintenance = maintenance.lower()
    if backup and not maintenance:
        kwargs["preferred_maintenance_window"] = next(
            (one for one in MAINTENANCE_WINDOWS if not valid_preferred_maintenance_window(one, backup)),
            MAINTENANCE_WINDOWS[0],
        )
    elif maintenance and not backup:
        kwargs["preferred_backup_window"] = next(
            (one for one in BACKUP_WINDOWS if not valid_preferred_maintenance_window(maintenance, one)),
            BACKUP_WINDOWS[0],
        )


def _master(kwargs):
    username = kwargs.get("master_username")
    if not username:
        raise InvalidParameterValue("The parameter MasterUsername must be provided and must not be blank.")
    if not USERNAME.fullmatch(username):
        raise InvalidParameterValue("The parameter MasterUsername is not a valid identifier.")
    if username.lower() in RESERVED_USERNAMES:
        raise InvalidParameterValue(
            f"MasterUsername {username} cannot be used as it is a reserved word used by the engine"
        )
    if not kwargs.get("manage_master_user_password"):
        check_password(kwargs.get("master_user_password"))
    elif kwargs.get("master_user_password"):
        raise InvalidParameterCombination(
            "You can't specify MasterUserPassword when ManageMasterUserPassword is turned on."
        )
    name = kwargs.get("db_name")
    if name and not DB_NAME.fullmatch(name):
        raise InvalidParameterValue("DBName must begin with a letter and contain only alphanumeric characters.")


def _placed(backend, kwargs):
    """The subnet group, Availability Zones, security groups and public access of an instance."""
    name = kwargs.get("db_subnet_group_name")
    group = backend.describe_db_subnet_groups(name)[0] if name else subnet_groups.default_group(backend)
    kwargs["db_subnet_group_name"] = group.name
    zones = sorted({one.availability_zone for one in group._subnets})
    zone = kwargs.get("availability_zone")
    if zone and kwargs.get("multi_az"):
        raise InvalidParameterCombination(
            "Requesting a specific availability zone is not valid for Multi-AZ instances."
        )
    if zone and zone not in zones:
        raise RDSClientError(
            "InvalidVPCNetworkStateFault",
            f"No subnets of DB subnet group {group.name} are in Availability Zone {zone}.",
        )
    kwargs["availability_zone"] = zone or zones[0]
    security_groups = kwargs.get("vpc_security_group_ids")
    if security_groups:
        check_security_groups(backend, security_groups, group.vpc_id)
    else:
        ec2 = ec2_backends[backend.account_id][backend.region_name]
        kwargs["vpc_security_group_ids"] = [ec2.get_default_security_group(group.vpc_id).id]
    if kwargs.get("publicly_accessible"):
        check_public(backend, group.vpc_id)
    elif kwargs.get("publicly_accessible") is None:
        kwargs["publicly_accessible"] = group.name == subnet_groups.DEFAULT


def prepared(backend, kwargs):
    """Validates a request as RDS does, and fills in the defaults."""
    version = kwargs["engine_version"] = engine_versions.resolved(kwargs.get("engine_version"))
    engine_versions.check_class(kwargs.get("db_instance_class"), version)
    engine_versions.check_log_types(kwargs.get("enable_cloudwatch_logs_exports"), version)
    kind = kwargs["storage_type"] = kwargs.get("storage_type") or storage.default_type(kwargs.get("iops"))
    size = kwargs.get("allocated_storage")
    storage.check(kind, size, kwargs.get("iops"), kwargs.get("storage_throughput"))
    storage.check_most(kwargs.get("max_allocated_storage"), size)
    check_retention(kwargs.get("backup_retention_period"))
    check_port(kwargs.get("port"))
    check_monitoring(kwargs.get("monitoring_interval") or 0, kwargs.get("monitoring_role_arn"))
    check_insights(kwargs.get("enable_performance_insights"), kwargs.get("performance_insights_retention_period"))
    check_mode(
        kwargs.get("database_insights_mode"),
        kwargs.get("enable_performance_insights"),
        kwargs.get("performance_insights_retention_period"),
    )
    check_lifecycle(kwargs.get("engine_lifecycle_support"))
    kwargs.setdefault("ca_certificate_identifier", certificates.DEFAULT)
    certificates.check(kwargs["ca_certificate_identifier"])
    kwargs.setdefault("license_model", "postgresql-license")
    if kwargs.get("db_parameter_group_name"):
        group = parameter_groups.find(backend, kwargs["db_parameter_group_name"])
        parameter_groups.check_fits(group, engine_versions.family(version))
        kwargs["db_parameter_group_name"] = group.name
    if kwargs.get("kms_key_id") and not kwargs.get("storage_encrypted"):
        raise InvalidParameterCombination("KmsKeyId can only be given when StorageEncrypted is enabled.")
    if kwargs.get("storage_encrypted"):
        kwargs["kms_key_id"] = backend._validate_kms_key(kwargs.get("kms_key_id") or "alias/aws/rds")
    _windows(kwargs)
    _placed(backend, kwargs)
    return kwargs


def create_db_instance(create):
    def create_db_instance(self):
        kwargs = plain(self.params)
        if kwargs.get("engine") != ENGINE or kwargs.get("db_cluster_identifier"):
            return create(self)
        _master(kwargs)
        kwargs = prepared(self.backend, kwargs)
        version = kwargs["engine_version"]
        if kwargs.get("engine_lifecycle_support") == LIFECYCLES[1] and not engine_versions.is_supported(version):
            raise InvalidParameterCombination(
                f"Engine version {version} is past its end of standard support, and can only be created with Extended "
                "Support."
            )
        database = self.backend.create_db_instance(kwargs)
        return ActionResult({"DBInstance": shown_as("creating", database)})

    return create_db_instance


def describe_db_instances(describe):
    def describe_db_instances(self):
        return paged(self.params, "DBInstances", describe(self).result["DBInstances"])

    return describe_db_instances


def settle(database, kwargs):
    """Adds what moto's instances lack."""
    set_apart(database)
    database.database_insights_mode = kwargs.get("database_insights_mode") or INSIGHTS_MODES[0]
    # Without a choice, AWS enrols a new instance.
    database.engine_lifecycle_support = kwargs.get("engine_lifecycle_support") or LIFECYCLES[0]
    set_insights(
        database,
        kwargs.get("enable_performance_insights"),
        kwargs.get("performance_insights_retention_period"),
        kwargs.get("performance_insights_kms_key_id"),
    )
    if database.engine == ENGINE and database.db_cluster_identifier is None:
        storage.settle(database, kwargs.get("iops"), kwargs.get("storage_throughput"))
        if not database.option_group_supplied:
            settle_option_group(database)


def set_apart(database):
    database.dbi_resource_id = "db-" + "".join(mock_random.choice(BASE32) for _ in range(26))
    database.pending = {}


def settle_option_group(database):
    database.option_group_name = f"default:{ENGINE}-{engine_versions.major_of(database.engine_version)}"


def set_insights(database, enabled, days, key):
    database.performance_insights_enabled = bool(enabled)
    backend = database.backend
    database.performance_insights_retention_period = (days or INSIGHTS_DAYS) if enabled else None
    database.performance_insights_kms_key_id = backend._validate_kms_key(key or "alias/aws/rds") if enabled else None


def _latest_restorable_time(database):
    if not database.backup_retention_period:
        return None
    # In whole seconds.
    return max(database.created, utcnow() - RESTORABLE_AFTER).replace(microsecond=0)


def _secondary_zone(database):
    group = getattr(database, "db_subnet_group", None)
    if not database.multi_az or group is None:
        return None
    zones = {one.availability_zone for one in group._subnets} - {database.availability_zone}
    return min(zones, default=None)


def _certificate_details(database):
    # The server certificate is valid for a year and is renewed automatically.
    return {
        "CAIdentifier": database.ca_certificate_identifier,
        "ValidTill": (database.created + timedelta(days=365)).replace(microsecond=0),
    }


def _monitoring_arn(database):
    if not database.monitoring_interval:
        return None
    place = f"{database.region}:{database.account_id}"
    return f"arn:{database.partition}:logs:{place}:log-group:RDSOSMetrics:log-stream:{database.dbi_resource_id}"


def _pending(database):
    return dict(database.pending)


def _endpoint(database):
    if database.status == "creating":
        return None
    return {"Address": database.address, "Port": database.port, "HostedZoneId": ZONE}


def install():
    make, backup = DBInstance.__init__, DBInstance.save_automated_backup
    replicate = RDSBackend.create_db_instance_read_replica

    def init(self, backend, *args, **kwargs):
        make(self, backend, *args, **kwargs)
        settle(self, kwargs)
        log_groups.write(self)

    def save_automated_backup(self):
        identifier = f"rds:{self.db_instance_identifier}-{utcnow().strftime('%Y-%m-%d-%H-%M')}"
        if self.backup_retention_period and identifier not in self.backend.database_snapshots:
            backup(self)

    def create_db_instance_read_replica(self, db_kwargs):
        # moto creates a replica as a copy of its source.
        replica = replicate(self, db_kwargs)
        set_apart(replica)
        return replica

    RDSBackend.create_db_instance_read_replica = create_db_instance_read_replica
    DBInstance.__init__ = init
    DBInstance.save_automated_backup = save_automated_backup
    DBInstance.pending = {}
    DBInstance.pending_modified_values = property(_pending)
    DBInstance.latest_restorable_time = property(_latest_restorable_time)
    DBInstance.secondary_availability_zone = property(_secondary_zone)
    DBInstance.certificate_details = property(_certificate_details)
    DBInstance.enhanced_monitoring_resource_arn = property(_monitoring_arn)
    DBInstance.endpoint = property(_endpoint)
    DBInstance.network_type = "IPV4"
    DBInstance.backup_target = "region"
    DBInstance.customer_owned_ip_enabled = False
    DBInstance.dedicated_log_volume = False
    DBInstance.activity_stream_status = "stopped"
    DBInstance.is_storage_config_upgrade_available = False
    DBInstance.database_insights_mode = "standard"
    DBInstance.engine_lifecycle_support = "open-source-rds-extended-support"
    RDSResponse.create_db_instance = create_db_instance(RDSResponse.create_db_instance)
    RDSResponse.describe_db_instances = describe_db_instances(RDSResponse.describe_db_instances)
