"""A listener's certificates, the default one and others, which must exist and be issued.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AddListenerCertificates.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RemoveListenerCertificates.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeListenerCertificates.html
"""

import warnings

from moto.acm.exceptions import CertificateNotFound
from moto.acm.models import acm_backends
from moto.core.responses import ActionResult, EmptyResult
from moto.elbv2.exceptions import TooManyCertificatesError
from moto.elbv2.models import FakeListener
from moto.elbv2.responses import ELBV2Response
from moto.iam.models import iam_backends

from aws_local.elbv2 import lag
from aws_local.elbv2.requests import find_listeners, invalid, page, refused

# In addition to the default one: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
MOST = 25


def check(backend, arn):
    """Refuses a certificate that a listener cannot use."""
    if ":iam:" in arn:
        if iam_backends[backend.account_id][backend.partition].get_certificate_by_arn(arn) is None:
            raise refused("CertificateNotFound", f"Certificate '{arn}' not found")
        return
    try:
        certificate = acm_backends[backend.account_id][backend.region_name].get_certificate(arn)
    except CertificateNotFound:
        raise refused("CertificateNotFound", f"Certificate '{arn}' not found") from None
    if certificate.status == "ISSUED" and lag.unseen(certificate):
        raise refused("CertificateNotFound", f"Certificate '{arn}' not found")
    if certificate.status != "ISSUED":
        message = (
            f"The certificate '{arn}' must have a fully-qualified domain name, a supported signature, "
            "and a supported key size."
        )
        raise refused("UnsupportedCertificate", message)


def all_of(listener):
    return [*listener.certificates, *listener.other_certificates]


def _find(self):
    listener = find_listeners(self.elbv2_backend, [self._get_param("ListenerArn")])[0]
    if listener.protocol not in ("HTTPS", "TLS"):
        raise refused("InvalidConfigurationRequest", f"Certificates are not supported on {listener.protocol} listeners")
    return listener


def _given(self):
    arns = [one.get("CertificateArn") for one in self._get_param("Certificates", [])]
    if not arns or not all(arns):
        raise invalid("A certificate ARN must be specified")
    return arns


def _add(self):
    listener, arns = _find(self), _given(self)
    for arn in arns:
        check(self.elbv2_backend, arn)
    after = list(dict.fromkeys([*listener.other_certificates, *arns]))
    if len(after) > MOST:
        raise TooManyCertificatesError()
    listener.other_certificates = after
    return ActionResult({"Certificates": [{"CertificateArn": arn, "IsDefault": False} for arn in arns]})


def _remove(self):
    listener, arns = _find(self), _given(self)
    for arn in arns:
        if arn in listener.certificates:
            raise refused("OperationNotPermitted", "Default certificate cannot be removed")
    listener.other_certificates = [arn for arn in listener.other_certificates if arn not in arns]
    return EmptyResult()


class _Shown:
    """A certificate as a page shows it."""

    def __init__(self, arn, is_default):
        self.arn = self.certificate_arn = arn
        self.is_default = is_default


def _describe(self):
    listener = find_listeners(self.elbv2_backend, [self._get_param("ListenerArn")])[0]
    listed = [_Shown(arn, True) for arn in listener.certificates]
    listed += [_Shown(arn, False) for arn in listener.other_certificates]
    shown, marker = page(self, listed)
    certificates = [{"CertificateArn": one.arn, "IsDefault": one.is_default} for one in shown]
    return ActionResult({"Certificates": certificates, "NextMarker": marker})


def install():
    make = FakeListener.__init__

    def make_listener(self, *args, **kwargs):
        make(self, *args, **kwargs)
        self.other_certificates = []

    FakeListener.__init__ = make_listener
    # AWS returns this code, although its model does not have it.
    warnings.filterwarnings("ignore", message=".* code UnsupportedCertificate ")
    ELBV2Response.add_listener_certificates = _add
    ELBV2Response.remove_listener_certificates = _remove
    ELBV2Response.describe_listener_certificates = _describe
