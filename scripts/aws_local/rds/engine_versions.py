"""The versions of PostgreSQL, their upgrade targets and support, and the instance classes.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBEngineVersions.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBMajorEngineVersions.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeOrderableDBInstanceOptions.html
https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Support.html
"""

import functools
import re
from datetime import datetime, timezone

from moto.rds.exceptions import InvalidParameterCombination, InvalidParameterValue
from moto.rds.responses import RDSResponse
from moto.rds.utils import DbInstanceEngine

from aws_local.pages import paged
from aws_local.rds.certificates import CERTIFICATES

ENGINE = "postgres"

# One line per release: the minor version of each major. A major upgrade needs a target of the same release or a later
# one.
RELEASES = [
    {13: 15, 14: 12, 15: 7, 16: 3},
    {13: 16, 14: 13, 15: 8, 16: 4},
    {13: 18, 14: 15, 15: 10, 16: 6, 17: 2},
    {13: 20, 14: 17, 15: 12, 16: 8, 17: 4},
    {13: 21, 14: 18, 15: 13, 16: 9, 17: 5},
    {13: 22, 14: 19, 15: 14, 16: 10, 17: 6},
    {13: 23, 14: 20, 15: 15, 16: 11, 17: 7, 18: 1},
]
# As at AWS, the default minor version is not the newest.
DEFAULT_MINORS = {13: 22, 14: 19, 15: 14, 16: 10, 17: 6, 18: 1}
DEFAULT_MAJOR = 17

LOG_TYPES = ["postgresql", "upgrade", "iam-db-auth-error"]

# The first day on RDS, the end of standard support and the end of Extended Support of each major version.
# https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html
SUPPORT = {
    13: ("2021-02-24", "2026-02-28", "2029-02-28"),
    14: ("2022-02-03", "2027-02-28", "2030-02-28"),
    15: ("2023-02-27", "2028-02-29", "2031-02-28"),
    16: ("2024-02-05", "2029-02-28", "2032-02-29"),
    17: ("2024-11-20", "2030-02-28", "2033-02-28"),
    18: ("2025-11-14", "2031-02-28", "2034-02-28"),
}
STANDARD_SUPPORT, EXTENDED_SUPPORT = "open-source-rds-standard-support", "open-source-rds-extended-support"

SIZES = r"(micro|small|medium|large|xlarge|\d+xlarge)"
UP_TO_24 = "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge"
# The sizes of each instance family.
OFFERED = {
    family: sizes.split()
    for families, sizes in {
        "t3 t4g": "micro small medium large xlarge 2xlarge",
        "m5 m5d r5 r5b r5d m6g m6gd r6g r6gd m7g m7gd r7g r7gd m8g m8gd r8g r8gd x2g": UP_TO_24,
        "m6i m6id r6i r6id m7i r7i": UP_TO_24 + " 32xlarge 48xlarge",
        "x2idn x2iedn": "xlarge 2xlarge 4xlarge 8xlarge 16xlarge 24xlarge 32xlarge",
    }.items()
    for family in families.split()
}
# Old classes, which current versions do not support.
OLD_CLASS = re.compile(rf"db\.(t1|t2|m1|m2|m3|m4|r3|r4|x1|x1e)\.{SIZES}")


def split(version):
    major, _, minor = version.partition(".")
    return int(major), int(minor)


def major_of(version):
    return int(version.partition(".")[0])


def family(version):
    return f"{ENGINE}{major_of(version)}"


@functools.cache
def versions():
    """The index of the release of each version, oldest first."""
    found = {f"{major}.{minor}": place for place, one in enumerate(RELEASES) for major, minor in one.items()}
    return dict(sorted(found.items(), key=lambda one: split(one[0])))


def default_of(major):
    return f"{major}.{DEFAULT_MINORS[major]}"


def resolved(version):
    """The version that a request selects: by default the default version, and for a major its default minor."""
    if not version:
        return default_of(DEFAULT_MAJOR)
    if version.isdigit() and int(version) in DEFAULT_MINORS:
        return default_of(int(version))
    if version not in versions():
        raise InvalidParameterCombination(f"Cannot find version {version} for {ENGINE}")
    return version


@functools.cache
def targets(version):
    """The versions to which a version can be upgraded."""
    major, minor = split(version)
    found = []
    for other, place in versions().items():
        other_major, other_minor = split(other)
        later_minor = other_major == major and other_minor > minor
        if later_minor or (other_major > major and place >= versions()[version]):
            found.append(other)
    return found


def upgraded(current, wanted, allow_major):
    """The version to which an instance is upgraded."""
    if wanted.isdigit() and int(wanted) == major_of(current):
        # A major means its default minor, unless that would be a downgrade.
        return max(current, default_of(int(wanted)), key=split)
    target = resolved(wanted)
    if target == current:
        return current
    if target not in targets(current):
        if split(target) < split(current):
            raise InvalidParameterCombination(f"Cannot upgrade {ENGINE} from {current} to {target}")
        raise InvalidParameterCombination(f"Cannot find upgrade path from {current} to {target}.")
    if major_of(target) != major_of(current) and not allow_major:
        raise InvalidParameterCombination(
            "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version."
        )
    return target


def is_offered(name):
    db, _, rest = (name or "").partition(".")
    family, _, size = rest.partition(".")
    return db == "db" and size in OFFERED.get(family, ())


def check_class(name, version):
    if is_offered(name):
        return
    if OLD_CLASS.fullmatch(name or ""):
        raise InvalidParameterCombination(
            "RDS does not support creating a DB instance with the following combination: "
            f"DBInstanceClass={name}, Engine={ENGINE}, EngineVersion={version}, LicenseModel=postgresql-license. For "
            "supported combinations of instance class and database engine version, see the documentation."
        )
    raise InvalidParameterValue(f"Invalid DB Instance class: {name}")


def check_log_types(types, version):
    unknown = [one for one in types or [] if one not in LOG_TYPES]
    if unknown:
        raise InvalidParameterCombination(
            f"You cannot use the log types '{', '.join(unknown)}' with engine version {ENGINE} {version}. For "
            "supported log types, see the documentation."
        )


@functools.cache
def description(version):
    major = major_of(version)
    return {
        "Engine": ENGINE,
        "MajorEngineVersion": str(major),
        "EngineVersion": version,
        "DBParameterGroupFamily": family(version),
        "DBEngineDescription": "PostgreSQL",
        "DBEngineVersionDescription": f"PostgreSQL {version}-R1",
        "ValidUpgradeTarget": [
            {
                "Engine": ENGINE,
                "EngineVersion": target,
                "Description": f"PostgreSQL {target}-R1",
                "AutoUpgrade": target == default_of(major),
                "IsMajorVersionUpgrade": major_of(target) != major,
                "SupportsGlobalDatabases": False,
                "SupportsBabelfish": False,
                "SupportsIntegrations": False,
            }
            for target in targets(version)
        ],
        "ExportableLogTypes": LOG_TYPES,
        "SupportsLogExportsToCloudwatchLogs": True,
        "SupportsReadReplica": True,
        "SupportedFeatureNames": ["Lambda", "s3Export", "s3Import"],
        "Status": "available",
        "SupportsParallelQuery": False,
        "SupportsGlobalDatabases": False,
        "SupportsBabelfish": False,
        "SupportsLimitlessDatabase": False,
        "SupportsCertificateRotationWithoutRestart": True,
        "SupportedCACertificateIdentifiers": list(CERTIFICATES),
        "SupportsLocalWriteForwarding": False,
        "SupportsIntegrations": False,
        "TagList": [],
    }


def _matches(version, wanted):
    return wanted in (None, "", version, str(major_of(version)))


def describe_db_engine_versions(self):
    engine, version = self.params.get("Engine"), self.params.get("EngineVersion")
    if engine and engine not in DbInstanceEngine.valid_db_instance_engine():
        raise InvalidParameterValue(f"Unrecognized engine name: {engine}")
    wanted = {"engine": [], "engine-version": [], "db-parameter-group-family": [], "status": [], "engine-mode": []}
    for one in self.params.get("Filters", []):
        if one["Name"] not in wanted:
            raise InvalidParameterValue(f"Unrecognized filter name: {one['Name']}")
        wanted[one["Name"]] += one["Values"]
    if self.params.get("DBParameterGroupFamily"):
        wanted["db-parameter-group-family"].append(self.params["DBParameterGroupFamily"])
    found = [
        description(one)
        for one in versions()
        if engine in (None, ENGINE)
        and _matches(one, version)
        and (not wanted["engine"] or ENGINE in wanted["engine"])
        and (not wanted["engine-version"] or any(_matches(one, value) for value in wanted["engine-version"]))
        and (not wanted["db-parameter-group-family"] or family(one) in wanted["db-parameter-group-family"])
        and (not wanted["status"] or "available" in wanted["status"])
        and (not wanted["engine-mode"] or "provisioned" in wanted["engine-mode"])
    ]
    if self.params.get("DefaultOnly"):
        # The default version of each requested major; without a request, the overall default.
        narrowed = version or wanted["engine-version"] or wanted["db-parameter-group-family"]
        defaults = {default_of(major) for major in DEFAULT_MINORS} if narrowed else {default_of(DEFAULT_MAJOR)}
        found = [one for one in found if one["EngineVersion"] in defaults]
    return paged(self.params, "DBEngineVersions", found)


def day(text):
    return datetime.fromisoformat(f"{text}T23:59:59+00:00")


def is_supported(version):
    """Whether a version is within its standard support."""
    return datetime.now(timezone.utc) <= day(SUPPORT[major_of(version)][1])


def describe_db_major_engine_versions(self):
    engine, major = self.params.get("Engine"), self.params.get("MajorEngineVersion")
    found = [
        {
            "Engine": ENGINE,
            "MajorEngineVersion": str(one),
            "SupportedEngineLifecycles": [
                {
                    "LifecycleSupportName": name,
                    "LifecycleSupportStartDate": day(start),
                    "LifecycleSupportEndDate": day(end),
                }
                for name, start, end in (
                    (STANDARD_SUPPORT, first, standard),
                    (EXTENDED_SUPPORT, standard, extended),
                )
            ],
        }
        for one, (first, standard, extended) in SUPPORT.items()
        if engine in (None, ENGINE) and major in (None, str(one))
    ]
    return paged(self.params, "DBMajorEngineVersions", found)


# The limits of each storage type: size in GiB, IOPS, IOPS per GiB, throughput.
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html
STORAGE = {
    "gp2": (5, 65536, None, None),
    "gp3": (20, 65536, (3000, 64000), (125, 4000)),
    "io1": (100, 65536, (1000, 256000), None),
    "io2": (100, 65536, (1000, 256000), None),
}


def _option(name, version, storage_type):
    least, most, iops, throughput = STORAGE[storage_type]
    option = {
        "Engine": ENGINE,
        "EngineVersion": version,
        "DBInstanceClass": name,
        "LicenseModel": "postgresql-license",
        "AvailabilityZones": [{"Name": f"us-east-1{zone}"} for zone in "abcdf"],
        "MultiAZCapable": True,
        "ReadReplicaCapable": True,
        "Vpc": True,
        "SupportsStorageEncryption": True,
        "StorageType": storage_type,
        "SupportsIops": iops is not None,
        "SupportsStorageThroughput": throughput is not None,
        "SupportsEnhancedMonitoring": True,
        "SupportsIAMDatabaseAuthentication": True,
        "SupportsPerformanceInsights": True,
        "MinStorageSize": least,
        "MaxStorageSize": most,
        "AvailableProcessorFeatures": [],
        "SupportedEngineModes": ["provisioned"],
        "SupportsStorageAutoscaling": True,
        "SupportsKerberosAuthentication": True,
        "OutpostCapable": False,
        "SupportedActivityStreamModes": [],
        "SupportsGlobalDatabases": False,
        "SupportedNetworkTypes": ["IPV4", "DUAL"],
        "SupportsClusters": False,
        "SupportsDedicatedLogVolume": storage_type in ("io1", "io2"),
        "SupportsHttpEndpoint": False,
    }
    if iops:
        option |= {"MinIopsPerDbInstance": iops[0], "MaxIopsPerDbInstance": iops[1]}
    if throughput:
        option |= {"MinStorageThroughputPerDbInstance": throughput[0], "MaxStorageThroughputPerDbInstance": throughput[1]}
    return option


def describe_orderable_db_instance_options(plain):
    def describe(self):
        if self.params.get("Engine") != ENGINE:
            return plain(self)
        version, name = self.params.get("EngineVersion"), self.params.get("DBInstanceClass")
        names = [name] if name else [f"db.{family}.{size}" for family, sizes in OFFERED.items() for size in sizes]
        found = [
            _option(one, release, storage_type)
            for release in versions()
            if _matches(release, version)
            for one in names
            if is_offered(one) and self.params.get("Vpc") is not False
            for storage_type in STORAGE
        ]
        return paged(self.params, "OrderableDBInstanceOptions", found)

    return describe


def install():
    plain = RDSResponse.describe_orderable_db_instance_options
    RDSResponse.describe_orderable_db_instance_options = describe_orderable_db_instance_options(plain)
    RDSResponse.describe_db_major_engine_versions = describe_db_major_engine_versions
    RDSResponse.describe_db_engine_versions = describe_db_engine_versions
