"""The certificate authorities of RDS, and pending maintenance actions, of which there are none.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeCertificates.html
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribePendingMaintenanceActions.html
"""

import hashlib
from datetime import datetime

from moto.rds.exceptions import RDSClientError
from moto.rds.responses import RDSResponse

from aws_local.pages import paged

DEFAULT = "rds-ca-rsa2048-g1"
CERTIFICATES = {
    "rds-ca-rsa2048-g1": (datetime(2021, 5, 25), datetime(2061, 5, 25)),
    "rds-ca-rsa4096-g1": (datetime(2021, 5, 25), datetime(2121, 5, 25)),
    "rds-ca-ecc384-g1": (datetime(2021, 5, 25), datetime(2121, 5, 25)),
}


class CertificateNotFound(RDSClientError):
    def __init__(self, name):
        super().__init__("CertificateNotFound", f"Certificate not found: {name}")


def check(name):
    if name not in CERTIFICATES:
        raise CertificateNotFound(name)


def _description(name, backend):
    since, until = CERTIFICATES[name]
    return {
        "CertificateIdentifier": name,
        "CertificateType": "CA",
        "Thumbprint": hashlib.sha1(name.encode()).hexdigest(),
        "ValidFrom": since,
        "ValidTill": until,
        "CertificateArn": f"arn:{backend.partition}:rds:{backend.region_name}::cert:{name}",
        "CustomerOverride": False,
    }


def describe_certificates(self):
    name = self.params.get("CertificateIdentifier")
    if name:
        check(name)
    found = [_description(one, self.backend) for one in CERTIFICATES if name in (None, one)]
    return paged(self.params, "Certificates", found, DefaultCertificateForNewLaunches=DEFAULT)


def describe_pending_maintenance_actions(self):
    return paged(self.params, "PendingMaintenanceActions", [])


def install():
    RDSResponse.describe_certificates = describe_certificates
    RDSResponse.describe_pending_maintenance_actions = describe_pending_maintenance_actions
