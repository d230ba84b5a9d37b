"""Reserved DB instances and their offerings, as a test has set them with `POST /aws-local/reserved-databases`: {"account",
"offerings": […], "reserved": […]}, each as RDS describes it.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeReservedDBInstancesOfferings.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeReservedDBInstances.html
"""

from moto.rds.exceptions import RDSClientError
from moto.rds.responses import RDSResponse

from aws_local import controls
from aws_local.pages import paged

# Both forms of a term that AWS takes.
DURATIONS = {"1": 31536000, "3": 94608000, "31536000": 31536000, "94608000": 94608000}
OFFERING_TYPES = ("Partial Upfront", "All Upfront", "No Upfront")
OFFERINGS, RESERVED = {}, {}


def _control(method, body):
    key = body["account"]
    if method == "DELETE":
        OFFERINGS.pop(key, None)
        RESERVED.pop(key, None)
        return
    OFFERINGS.setdefault(key, []).extend(body.get("offerings", ()))
    RESERVED.setdefault(key, []).extend(body.get("reserved", ()))


def _found(self, kept):
    params = self.params
    duration, offering_type = params.get("Duration"), params.get("OfferingType")
    if duration and str(duration) not in DURATIONS:
        raise RDSClientError("InvalidParameterValue", f"Invalid duration: {duration}")
    if offering_type and offering_type not in OFFERING_TYPES:
        raise RDSClientError("InvalidParameterValue", f"Invalid offering type: {offering_type}")
    wanted = {
        "DBInstanceClass": params.get("DBInstanceClass"),
        "ProductDescription": params.get("ProductDescription"),
        "OfferingType": offering_type,
        "MultiAZ": params.get("MultiAZ"),
        "Duration": DURATIONS.get(str(duration)) if duration else None,
    }
    return [
        one
        for one in kept.get(self.current_account, ())
        if all(value is None or one.get(name) == value for name, value in wanted.items())
    ]


def describe_reserved_db_instances_offerings(self):
    return paged(self.params, "ReservedDBInstancesOfferings", _found(self, OFFERINGS))


def describe_reserved_db_instances(self):
    return paged(self.params, "ReservedDBInstances", _found(self, RESERVED))


def install():
    controls.PATHS["/aws-local/reserved-databases"] = _control
    RDSResponse.describe_reserved_db_instances_offerings = describe_reserved_db_instances_offerings
    RDSResponse.describe_reserved_db_instances = describe_reserved_db_instances
