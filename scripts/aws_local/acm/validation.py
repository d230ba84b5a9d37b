"""Validation: a requested certificate is issued once its validation records are found, in a public hosted zone of any
account here, or among those set with /aws-local/dns.

https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
https://docs.aws.amazon.com/acm/latest/APIReference/API_DomainValidation.html
"""

import hashlib

from moto.route53.models import route53_backends

from aws_local import controls
from aws_local.route53.domain_names import inside, normal

# https://docs.aws.amazon.com/acm/latest/userguide/email-validation.html
MAILBOXES = ("administrator", "hostmaster", "postmaster", "webmaster", "admin")


def base(domain):
    """A wildcard is validated by its parent domain's record."""
    return domain.removeprefix("*.")


def record(account_id, domain):
    """The validation record; always the same for an account and a domain."""
    digest = hashlib.sha512(f"{account_id} {base(domain)}".encode()).hexdigest()
    suffix = "".join(chr(ord("a") + int(digit, 16)) for digit in digest[64:74])
    return {
        "Name": f"_{digest[:32]}.{base(domain)}.",
        "Type": "CNAME",
        "Value": f"_{digest[32:64]}.{suffix}.acm-validations.aws.",
    }


def _values(name):
    yield from controls.records.get((name, "CNAME"), ())
    for account in list(route53_backends.values()):
        for backend in list(account.values()):
            for zone in list(backend.zones.values()):
                if zone.private_zone or not inside(name, normal(zone.name)):
                    continue
                for one in zone.rrsets:
                    if one.type == "CNAME" and normal(one.name) == name:
                        yield from one.records or ()


def proven(account_id, domain):
    wanted = record(account_id, domain)
    return any(normal(value) == wanted["Value"] for value in _values(normal(wanted["Name"])))


def same(domain, other):
    """Whether two domains are validated by the same record."""
    return base(domain) == base(other)


def described(account_id, domain, method, status, is_assigned):
    described_option = {"DomainName": domain, "ValidationMethod": method, "ValidationStatus": status}
    if method == "EMAIL":
        emails = [f"{mailbox}@{base(domain)}" for mailbox in MAILBOXES]
        return {**described_option, "ValidationDomain": domain, "ValidationEmails": emails}
    described_option["ValidationDomain"] = domain
    if is_assigned:
        described_option["ResourceRecord"] = record(account_id, domain)
    return described_option
