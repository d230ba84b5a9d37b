"""The versions of PostgreSQL, their upgrade targets, and the instance classes.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBEngineVersions.html
https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Support.html
"""

import functools
import re

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

LOG_TYPES = ["postgresql", "upgrade"]

SIZES = r"(micro|small|medium|large|xlarge|\d+xlarge)"
FAMILIES = r"(t3|t4g|m5d?|m6gd?|m6id?|m7gd?|m7i|m8gd?|r5[bd]?|r6gd?|r6id?|r7gd?|r7i|r8gd?|x2g|x2iedn|x2idn)"
CLASS = re.compile(rf"db\.{FAMILIES}\.{SIZES}")
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


def check_class(name, version):
    if CLASS.fullmatch(name or ""):
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


def install():
    RDSResponse.describe_db_engine_versions = describe_db_engine_versions
