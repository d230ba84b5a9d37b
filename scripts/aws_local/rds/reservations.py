"""Reserved DB instances and their offerings, set with `POST /aws-local/reserved-databases`.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeReservedDBInstancesOfferings.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeReservedDBInstances.html
"""

from moto.rds.exceptions import RDSClientError
from moto.rds.responses import RDSResponse

from aws_local.reservations import Reservations

OFFERING_TYPES = ("Partial Upfront", "All Upfront", "No Upfront")


def install():
    reservations = Reservations(
        "/aws-local/reserved-databases",
        ("DBInstanceClass", "ProductDescription", "OfferingType", "MultiAZ"),
        lambda message: RDSClientError("InvalidParameterValue", message),
        {"OfferingType": ("offering type", OFFERING_TYPES)},
    )
    RDSResponse.describe_reserved_db_instances_offerings = reservations.describes_offerings("ReservedDBInstancesOfferings")
    RDSResponse.describe_reserved_db_instances = reservations.describes_reserved("ReservedDBInstances")
