"""Certificates. A requested certificate has no key until its domains are validated; one in use cannot be deleted; lists
filter as AWS does.

https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
https://docs.aws.amazon.com/acm/latest/APIReference/API_CertificateDetail.html
https://docs.aws.amazon.com/acm/latest/APIReference/API_DeleteCertificate.html
https://docs.aws.amazon.com/acm/latest/APIReference/API_ListCertificates.html
https://docs.aws.amazon.com/acm/latest/APIReference/API_Filters.html
"""

import datetime
import functools
import re

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from moto.acm.models import (
    AWS_ROOT_CA,
    AWSCertificateManagerBackend,
    CertBundle,
    TagHolder,
    datetime_to_epoch,
)
from moto.acm.responses import AWSCertificateManagerResponse
from moto.acm.utils import make_arn_for_certificate
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.elbv2.models import elbv2_backends

from aws_local.acm import validation
from aws_local.elbv2 import certificates, lag
from aws_local.elbv2.requests import listeners

DOMAIN = r"(\*\.)?(((?!-)[A-Za-z0-9-]{0,62}[A-Za-z0-9])\.)+((?!-)[A-Za-z0-9-]{1,62}[A-Za-z0-9])"
# Algorithms for requested certificates; imported ones may use others.
CURVES = {"EC_prime256v1": ec.SECP256R1(), "EC_secp384r1": ec.SECP384R1()}
KEY_ALGORITHMS = ["RSA_2048", *CURVES]
DEFAULT_KEY_TYPES = ["RSA_1024", "RSA_2048"]
METHODS = ["EMAIL", "DNS", "HTTP"]
MAX_DOMAINS = 10
MAX_ITEMS = 1000
# 13 months: https://docs.aws.amazon.com/acm/latest/userguide/gs-acm-request-public.html
VALID_FOR = datetime.timedelta(days=395)
GIVE_UP_AFTER = datetime.timedelta(hours=72)
TOKEN_FOR = datetime.timedelta(hours=1)

KEY_USAGES = ["DIGITAL_SIGNATURE", "KEY_ENCIPHERMENT"]
EXTENDED_KEY_USAGES = [
    {"Name": "TLS_WEB_SERVER_AUTHENTICATION", "OID": "1.3.6.1.5.5.7.3.1"},
    {"Name": "TLS_WEB_CLIENT_AUTHENTICATION", "OID": "1.3.6.1.5.5.7.3.2"},
]


class Refused(ServiceException):
    pass


def refused(code, message):
    return Refused(code, message)


def _constraint(value, name, text):
    where = f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint"
    return refused("ValidationException", f"{where}: Member must {text}")


@functools.cache
def _key(algorithm):
    """A single key for all certificates: generating one is slow, and nothing uses it."""
    if algorithm in CURVES:
        return ec.generate_private_key(CURVES[algorithm])
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def written(algorithm):
    """A key algorithm as answers have it: RSA-2048 and EC-prime256v1, where requests have RSA_2048 and EC_prime256v1."""
    return algorithm.replace("_", "-")


class Requested(CertBundle):
    """A public certificate that ACM issues."""

    def __init__(self, backend, domain, alternatives, method, algorithm, options):
        self.account_id = backend.account_id
        self.arn = make_arn_for_certificate(backend.account_id, backend.region_name)
        self.created_at = utcnow()
        self.issued_at = None
        self.type, self.status = "AMAZON_ISSUED", "PENDING_VALIDATION"
        self.common_name, self.issuer_common_name = domain, "Amazon"
        self.sans = list(dict.fromkeys([domain, *alternatives]))
        self.method, self.key_algorithm = method, algorithm
        self.cert_options = {"CertificateTransparencyLoggingPreference": "ENABLED", "Export": "DISABLED", **options}
        self.cert_authority_arn = None
        self.tags = TagHolder()
        self.proven = set()
        # The validation records appear one after the other, from the second look on.
        self.assigned = set()
        self.looks = 0
        self.cert = self.key = self.chain = self._cert = self._key = None

    def check(self):
        now = utcnow()
        if self.status == "ISSUED" and self._not_valid_after(self._cert) <= now:
            self.status = "EXPIRED"
        if self.status != "PENDING_VALIDATION":
            return
        if self.method == "DNS":
            self.proven |= {name for name in self.assigned - self.proven if validation.proven(self.account_id, name)}
        if len(self.proven) == len(self.sans):
            self._issue(now)
        elif now - self.created_at > GIVE_UP_AFTER:
            self.status = "VALIDATION_TIMED_OUT"

    def _issue(self, now):
        self._key = _key(self.key_algorithm)
        issuer = [(x509.NameOID.COUNTRY_NAME, "US"), (x509.NameOID.ORGANIZATION_NAME, "Amazon")]
        issuer.append((x509.NameOID.COMMON_NAME, "Amazon"))
        self._cert = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, self.common_name[:64])]))
            .issuer_name(x509.Name([x509.NameAttribute(*pair) for pair in issuer]))
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now)
            .not_valid_after(now + VALID_FOR)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in self.sans]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.cert = self._cert.public_bytes(serialization.Encoding.PEM)
        self.key = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self.chain = AWS_ROOT_CA + b"\n"
        self.status, self.issued_at = "ISSUED", now

    def look(self):
        """Counts a look of a client, and assigns the next validation record."""
        self.looks += 1
        if self.looks > 1 and self.status == "PENDING_VALIDATION":
            following = next((name for name in self.sans if name not in self.assigned), None)
            self.assigned |= {name for name in self.sans if following and validation.same(name, following)}

    def _domain_status(self, name):
        if self.status == "VALIDATION_TIMED_OUT" and name not in self.proven:
            return "FAILED"
        return "SUCCESS" if name in self.proven else "PENDING_VALIDATION"

    def describe(self):
        in_use = self.in_use_by
        described = {
            "CertificateArn": self.arn,
            "DomainName": self.common_name,
            "SubjectAlternativeNames": self.sans,
            "DomainValidationOptions": [
                validation.described(
                    self.account_id, name, self.method, self._domain_status(name), name in self.assigned
                )
                for name in self.sans
            ],
            "Subject": f"CN={self.common_name}",
            "Issuer": self.issuer_common_name,
            "CreatedAt": datetime_to_epoch(self.created_at),
            "Status": self.status,
            "KeyAlgorithm": written(self.key_algorithm),
            "SignatureAlgorithm": "SHA256WITHRSA",
            "InUseBy": in_use,
            "Type": self.type,
            "KeyUsages": [],
            "ExtendedKeyUsages": [],
            "RenewalEligibility": "ELIGIBLE" if self.status == "ISSUED" and in_use else "INELIGIBLE",
            "Options": self.cert_options,
        }
        if self.issued_at:
            serial = f"{self._cert.serial_number:032x}"
            described |= {
                "Serial": ":".join(serial[at : at + 2] for at in range(0, len(serial), 2)),
                "IssuedAt": datetime_to_epoch(self.issued_at),
                "NotBefore": datetime_to_epoch(self._not_valid_before(self._cert)),
                "NotAfter": datetime_to_epoch(self._not_valid_after(self._cert)),
                "KeyUsages": [{"Name": name} for name in KEY_USAGES],
                "ExtendedKeyUsages": EXTENDED_KEY_USAGES,
            }
        return {"Certificate": described}


def _in_use_by(certificate):
    """The load balancers whose listeners use it, and what moto recorded for other services."""
    _, _, _, region, account_id, _ = certificate.arn.split(":", 5)
    used = list(certificate.__dict__.get("_noted", ()))
    if account_id in elbv2_backends and region in elbv2_backends[account_id]:
        for listener in listeners(elbv2_backends[account_id][region]):
            if certificate.arn in certificates.all_of(listener):
                used.append(listener.load_balancer_arn)
    return list(dict.fromkeys(used))


def _note(certificate, value):
    certificate.__dict__["_noted"] = value


def _check_request(domain, alternatives, method, algorithm, tags):
    if not domain:
        raise _constraint("null", "domainName", "not be null")
    for name, text in [("domainName", domain), *(("subjectAlternativeNames", one) for one in alternatives)]:
        if len(text) > 253:
            raise _constraint(text, name, "have length less than or equal to 253")
        if not re.fullmatch(DOMAIN, text):
            raise _constraint(text, name, f"satisfy regular expression pattern: {DOMAIN}")
    if len(domain) > 64:
        message = "The first domain name can be no longer than 64 characters"
        raise refused("InvalidDomainValidationOptionsException", message)
    if method not in METHODS:
        raise _constraint(method, "validationMethod", f"satisfy enum value set: [{', '.join(METHODS)}]")
    if algorithm not in KEY_ALGORITHMS:
        message = f"The key algorithm {algorithm} is not supported for requested certificates"
        raise refused("ValidationException", message)
    if len({domain, *alternatives}) > MAX_DOMAINS:
        raise refused("LimitExceededException", f"The maximum number of {MAX_DOMAINS} domain names is exceeded")
    TagHolder().add(tags)


def _request(self):
    if self._get_param("CertificateAuthorityArn"):
        return _plain_request(self)
    backend = self.acm_backend
    domain, token = self._get_param("DomainName"), self._get_param("IdempotencyToken")
    alternatives, tags = self._get_param("SubjectAlternativeNames") or [], self._get_param("Tags") or []
    method = self._get_param("ValidationMethod") or "EMAIL"
    algorithm, options = self._get_param("KeyAlgorithm") or "RSA_2048", self._get_param("Options") or {}
    if token is not None and not re.fullmatch(r"\w{1,32}", token):
        raise _constraint(token, "idempotencyToken", r"satisfy regular expression pattern: \w+")
    _check_request(domain, alternatives, method, algorithm, tags)
    domain, alternatives = domain.lower(), [name.lower() for name in alternatives]
    request = (domain, sorted(alternatives), method, algorithm, options, tags)
    # The same token with other parameters is a new request.
    noted = backend.__dict__.setdefault("_requests", {})
    now = utcnow()
    for arn, (other_token, other, when) in noted.items():
        if token and other_token == token and other == request and now - when < TOKEN_FOR:
            if arn in backend._certificates:
                return ActionResult({"CertificateArn": arn})
    certificate = Requested(backend, domain, alternatives, method, algorithm, options)
    certificate.tags.add(tags)
    lag.created("certificate", backend.account_id, certificate)
    backend._certificates[certificate.arn] = certificate
    if token:
        noted[certificate.arn] = (token, request, now)
    return ActionResult({"CertificateArn": certificate.arn})


def _plain_request(response):
    raise NotImplementedError


def _describe(self):
    arn = self._get_param("CertificateArn")
    if arn is None:
        raise _constraint("null", "certificateArn", "not be null")
    certificate = self.acm_backend.describe_certificate(arn)
    if isinstance(certificate, Requested):
        certificate.look()
    described = certificate.describe()["Certificate"]
    return ActionResult({"Certificate": {**described, "KeyAlgorithm": written(described["KeyAlgorithm"])}})


def _get(self):
    certificate = self.acm_backend.get_certificate(self._get_param("CertificateArn"))
    if certificate.cert is None:
        message = f"Certificate {certificate.arn} is in {certificate.status} and cannot be retrieved"
        raise refused("RequestInProgressException", message)
    return ActionResult({"Certificate": certificate.cert.decode(), "CertificateChain": certificate.chain.decode()})


def _summary(certificate, described):
    names = described["SubjectAlternativeNames"]
    fields = (
        "CertificateArn",
        "DomainName",
        "Status",
        "Type",
        "KeyAlgorithm",
        "RenewalEligibility",
        "NotBefore",
        "NotAfter",
        "CreatedAt",
        "IssuedAt",
        "ImportedAt",
    )
    return {
        **{field: described[field] for field in fields if field in described},
        "SubjectAlternativeNameSummaries": names[:100],
        "HasAdditionalSubjectAlternativeNames": len(names) > 100,
        "KeyUsages": [usage["Name"] for usage in described.get("KeyUsages", [])],
        "ExtendedKeyUsages": [usage["Name"] for usage in described.get("ExtendedKeyUsages", [])],
        "ExportOption": certificate.cert_options.get("Export", "DISABLED"),
        "InUse": bool(described["InUseBy"]),
        "Exported": False,
    }


def _listed(described, certificate, includes):
    key_types = includes.get("keyTypes") or DEFAULT_KEY_TYPES
    if described["KeyAlgorithm"] not in [written(one) for one in key_types]:
        return False
    if includes.get("exportOption") not in (None, certificate.cert_options.get("Export", "DISABLED")):
        return False
    for name, field in (("keyUsage", "KeyUsages"), ("extendedKeyUsage", "ExtendedKeyUsages")):
        wanted, has = includes.get(name), [usage["Name"] for usage in described.get(field, [])]
        if wanted and "ANY" not in wanted and not set(wanted) & set(has):
            return False
    return True


def _list(self):
    backend = self.acm_backend
    statuses, includes = self._get_param("CertificateStatuses"), self._get_param("Includes") or {}
    size, token = int(self._get_param("MaxItems") or MAX_ITEMS), self._get_param("NextToken")
    if not 1 <= size <= MAX_ITEMS:
        raise _constraint(size, "maxItems", f"have value between 1 and {MAX_ITEMS}")
    summaries = []
    for arn in list(backend._certificates):
        certificate = backend.get_certificate(arn)
        described = certificate.describe()["Certificate"]
        described["KeyAlgorithm"] = written(described["KeyAlgorithm"])
        if (not statuses or certificate.status in statuses) and _listed(described, certificate, includes):
            summaries.append(_summary(certificate, described))
    if bool(self._get_param("SortBy")) != bool(self._get_param("SortOrder")):
        raise refused("ValidationException", "SortBy and SortOrder must be specified together")
    if self._get_param("SortBy"):
        created = [summary.get("CreatedAt") or summary.get("ImportedAt") for summary in summaries]
        ordered = sorted(range(len(summaries)), key=lambda at: created[at])
        if self._get_param("SortOrder") == "DESCENDING":
            ordered.reverse()
        summaries = [summaries[at] for at in ordered]
    if token:
        arns = [summary["CertificateArn"] for summary in summaries]
        if token not in arns:
            raise refused("ValidationException", "The next token is not valid")
        summaries = summaries[arns.index(token) + 1 :]
    following = summaries[size - 1]["CertificateArn"] if len(summaries) > size else None
    return ActionResult({"CertificateSummaryList": summaries[:size], "NextToken": following})


def install():
    global _plain_request
    _plain_request = AWSCertificateManagerResponse.request_certificate
    delete = AWSCertificateManagerBackend.delete_certificate
    import_ = AWSCertificateManagerBackend.import_certificate

    def delete_certificate(self, arn):
        certificate = self._certificates.get(arn)
        if certificate is not None and certificate.in_use_by:
            raise refused("ResourceInUseException", f"Certificate {arn} in account {self.account_id} is in use.")
        return delete(self, arn)

    def import_certificate(self, certificate, private_key, chain, arn, tags):
        before = self._certificates.get(arn) if arn else None
        if before is not None:
            if tags:
                raise refused("ValidationException", "Tagging is not permitted on re-import.")
            if before.type != "IMPORTED":
                message = f"Certificate {arn} was not imported and cannot be imported again"
                raise refused("ValidationException", message)
        made = import_(self, certificate, private_key, chain, arn, tags)
        # A re-imported certificate keeps its tags.
        if before is not None:
            self._certificates[made].tags = before.tags
        return made

    CertBundle.in_use_by = property(_in_use_by, _note)
    AWSCertificateManagerBackend.delete_certificate = delete_certificate
    AWSCertificateManagerBackend.import_certificate = import_certificate
    AWSCertificateManagerResponse.request_certificate = _request
    AWSCertificateManagerResponse.describe_certificate = _describe
    AWSCertificateManagerResponse.get_certificate = _get
    AWSCertificateManagerResponse.list_certificates = _list
