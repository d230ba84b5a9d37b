"""Storage of PostgreSQL instances: allowed types and sizes, IOPS and throughput.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
"""

from moto.rds.exceptions import InvalidParameterCombination, InvalidParameterValue

LEAST = {"gp2": 20, "gp3": 20, "io1": 100, "io2": 100, "standard": 5}
MOST = 65536
# From this size on, gp3 is striped over four volumes, and IOPS and throughput can be set.
STRIPED = 400
BASE = {"iops": 3000, "throughput": 125}
STRIPED_BASE = {"iops": 12000, "throughput": 500}
STRIPED_MOST = {"iops": 64000, "throughput": 4000}
PROVISIONED = ("io1", "io2")


def default_type(iops):
    return "io1" if iops else "gp3"


def check(kind, size, iops, throughput):
    if kind not in LEAST:
        raise InvalidParameterValue(f"Invalid storage type: {kind}")
    if not LEAST[kind] <= (size or 0) <= MOST:
        raise InvalidParameterValue(
            f"Invalid storage size for engine name postgres and storage type {kind}: {size or 0}"
        )
    if kind in PROVISIONED:
        if not iops or not 1000 <= iops <= 256000:
            raise InvalidParameterCombination(f"Invalid iops value for storage type {kind}: {iops or 0}")
        if throughput:
            raise InvalidParameterCombination(f"You can't specify storage throughput for storage type {kind}.")
    elif kind != "gp3":
        if iops or throughput:
            raise InvalidParameterCombination(f"You can't specify IOPS or storage throughput for storage type {kind}.")
    elif size < STRIPED:
        if iops or throughput:
            raise InvalidParameterCombination(
                "You can't specify IOPS or storage throughput for engine postgres and a storage size less than "
                f"{STRIPED}."
            )
    else:
        for name, value in (("iops", iops), ("throughput", throughput)):
            if value and not STRIPED_BASE[name] <= value <= STRIPED_MOST[name]:
                raise InvalidParameterCombination(
                    f"Invalid {name} value for storage type gp3: must be between {STRIPED_BASE[name]} and "
                    f"{STRIPED_MOST[name]}"
                )


def check_most(most, size):
    """Validates the limit of storage autoscaling."""
    if most is not None and most < size:
        raise InvalidParameterCombination("Max storage size must be greater than storage size")


def grown(current, wanted):
    """The new size. Storage only grows, by at least 10 %."""
    if wanted < current:
        raise InvalidParameterCombination(
            f"Invalid storage size: the allocated storage of {current} GiB cannot be reduced to {wanted} GiB."
        )
    return wanted if wanted == current else max(wanted, -(-current * 11 // 10))


def settle(database, iops, throughput):
    """Sets the IOPS and throughput of an instance's storage."""
    kind, base = database.storage_type, STRIPED_BASE if database.allocated_storage >= STRIPED else BASE
    if kind == "gp3":
        database.iops, database.storage_throughput = iops or base["iops"], throughput or base["throughput"]
    else:
        database.iops, database.storage_throughput = (iops if kind in PROVISIONED else None), None


def chosen(database):
    """The IOPS and throughput that were requested; None where they are the defaults of the storage."""
    if database.storage_type in PROVISIONED:
        return database.iops, None
    if database.storage_type == "gp3" and database.allocated_storage >= STRIPED:
        return database.iops, database.storage_throughput
    return None, None
