"""The additions to Certificate Manager."""

import datetime

import boto3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from moto.core.utils import utcnow

from aws_local import controls
from aws_local.tests.case import Case, client

_rsa = []


def pair(domain, key=None):
    """A self-signed certificate and its key."""
    if key is None:
        if not _rsa:
            _rsa.append(rsa.generate_private_key(public_exponent=65537, key_size=2048))
        key = _rsa[0]
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, domain)])
    created = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(utcnow() - datetime.timedelta(days=1))
        .not_valid_after(utcnow() + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(domain)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return created.public_bytes(serialization.Encoding.PEM), private


def imported(acm, domain, key=None, **more):
    certificate, private = pair(domain, key)
    return acm.import_certificate(Certificate=certificate, PrivateKey=private, **more)["CertificateArn"]


class Certificates(Case):
    def setUp(self):
        super().setUp()
        self.acm = client("acm")
        self.route53 = client("route53")

    def request(self, domain, *others, **more):
        if others:
            more["SubjectAlternativeNames"] = list(others)
        return self.acm.request_certificate(DomainName=domain, ValidationMethod="DNS", **more)["CertificateArn"]

    def told(self, arn):
        return self.acm.describe_certificate(CertificateArn=arn)["Certificate"]

    def records(self, arn):
        """The validation records, once all are there."""
        for _ in range(20):
            options = self.told(arn)["DomainValidationOptions"]
            if all("ResourceRecord" in option for option in options):
                return {option["DomainName"]: option["ResourceRecord"] for option in options}
        raise AssertionError(options)

    def zone(self, name, **more):
        return self.route53.create_hosted_zone(Name=name, CallerReference=f"{name}{more}", **more)["HostedZone"]["Id"]

    def put(self, zone, record, value=None):
        kept = {
            "Name": record["Name"],
            "Type": record["Type"],
            "TTL": 300,
            "ResourceRecords": [{"Value": value or record["Value"]}],
        }
        changes = [{"Action": "UPSERT", "ResourceRecordSet": kept}]
        self.route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})


class Requests(Certificates):
    def test_a_pending_certificate_shows_its_validation_record(self):
        arn = self.request(
            "example.com",
            "*.example.com",
            "example.com",
            KeyAlgorithm="EC_prime256v1",
            Options={"CertificateTransparencyLoggingPreference": "ENABLED"},
            Tags=[{"Key": "a", "Value": "b"}],
        )
        told = self.told(arn)
        self.assertEqual((told["Status"], told["Type"]), ("PENDING_VALIDATION", "AMAZON_ISSUED"))
        self.assertEqual(told["SubjectAlternativeNames"], ["example.com", "*.example.com"])
        self.assertEqual(told["KeyAlgorithm"], "EC-prime256v1")
        self.assertEqual(told["Options"]["CertificateTransparencyLoggingPreference"], "ENABLED")
        self.assertEqual((told["InUseBy"], told["RenewalEligibility"]), ([], "INELIGIBLE"))
        for field in ("NotBefore", "NotAfter", "IssuedAt", "Serial"):
            self.assertNotIn(field, told)
        options = told["DomainValidationOptions"]
        self.assertEqual([option["DomainName"] for option in options], ["example.com", "*.example.com"])
        self.assertEqual({option["ValidationStatus"] for option in options}, {"PENDING_VALIDATION"})
        records = self.records(arn)
        self.assertEqual(records["example.com"], records["*.example.com"])
        self.assertEqual(records["example.com"]["Type"], "CNAME")
        self.assertRegex(records["example.com"]["Name"], r"^_[0-9a-f]{32}\.example\.com\.$")
        self.assertRegex(records["example.com"]["Value"], r"^_[0-9a-f]{32}\.[a-z]{10}\.acm-validations\.aws\.$")
        self.assertEqual(self.records(self.request("example.com"))["example.com"], records["example.com"])
        tags = self.acm.list_tags_for_certificate(CertificateArn=arn)["Tags"]
        self.assertEqual(tags, [{"Key": "a", "Value": "b"}])
        with self.refused("RequestInProgressException"):
            self.acm.get_certificate(CertificateArn=arn)

    def test_records_appear_one_after_the_other(self):
        arn = self.request("example.com", "*.example.com", "www.example.org")

        def assigned():
            options = self.told(arn)["DomainValidationOptions"]
            return [option["DomainName"] for option in options if "ResourceRecord" in option]

        names = ["example.com", "*.example.com", "www.example.org"]
        self.assertEqual([assigned() for _ in range(4)], [[], names[:2], names, names])

    def test_a_token_makes_a_request_idempotent(self):
        first = self.request("example.com", IdempotencyToken="t")
        self.assertEqual(self.request("example.com", IdempotencyToken="t"), first)
        self.assertNotEqual(self.request("example.com", IdempotencyToken="u"), first)
        self.assertNotEqual(self.request("other.example.com", IdempotencyToken="t"), first)
        self.acm.delete_certificate(CertificateArn=first)
        self.assertNotEqual(self.request("example.com", IdempotencyToken="t"), first)

    def test_bad_ones_are_refused(self):
        for domain in ("no dots", "a.*.example.com", "-a.example.com"):
            with self.refused("ValidationException"):
                self.request(domain)
        with self.refused("LimitExceededException"):
            self.request("example.com", *[f"{number}.example.com" for number in range(10)])
        with self.refused("ValidationException"):
            self.request("example.com", KeyAlgorithm="RSA_4096")


class Validation(Certificates):
    def test_a_record_in_a_public_zone_validates_a_domain(self):
        arn = self.request("example.com", "*.example.com", "www.example.org")
        records = self.records(arn)
        vpc = {"VPCId": self.network()[0], "VPCRegion": "us-east-1"}
        private = self.zone("example.com", HostedZoneConfig={"PrivateZone": True}, VPC=vpc)
        self.put(private, records["example.com"])
        self.assertEqual(self.told(arn)["Status"], "PENDING_VALIDATION")
        zone = self.zone("example.com")
        self.put(zone, records["example.com"], "_wrong.acm-validations.aws.")
        self.assertEqual(self.told(arn)["Status"], "PENDING_VALIDATION")
        self.put(zone, records["example.com"])
        told = self.told(arn)
        statuses = {one["DomainName"]: one["ValidationStatus"] for one in told["DomainValidationOptions"]}
        expected = {"example.com": "SUCCESS", "*.example.com": "SUCCESS", "www.example.org": "PENDING_VALIDATION"}
        self.assertEqual((told["Status"], statuses), ("PENDING_VALIDATION", expected))

        record = records["www.example.org"]
        controls.PATHS["/aws-local/dns"](
            "POST", {"name": record["Name"].upper().rstrip("."), "type": "CNAME", "value": record["Value"]}
        )
        told = self.told(arn)
        self.assertEqual(told["Status"], "ISSUED")
        self.assertEqual({one["ValidationStatus"] for one in told["DomainValidationOptions"]}, {"SUCCESS"})
        self.assertEqual((told["NotAfter"] - told["NotBefore"]).days, 395)
        self.assertEqual(told["KeyAlgorithm"], "RSA-2048")
        self.assertTrue(told["IssuedAt"] and told["Serial"])
        self.assertIn("BEGIN CERTIFICATE", self.acm.get_certificate(CertificateArn=arn)["Certificate"])

    def test_a_record_in_another_account_validates_it_too(self):
        arn = self.request("example.com")
        record = self.records(arn)["example.com"]
        answer = client("sts").assume_role(RoleArn="arn:aws:iam::222222222222:role/dns", RoleSessionName="dns")
        keys = answer["Credentials"]
        self.route53 = boto3.client(
            "route53",
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )
        self.put(self.zone("example.com"), record)
        self.assertEqual(self.told(arn)["Status"], "ISSUED")


class Others(Certificates):
    def test_lists_show_rsa_2048_unless_asked(self):
        pending = self.request("a.example.com")
        elliptic = self.request("b.example.com", KeyAlgorithm="EC_prime256v1")
        own = imported(self.acm, "c.example.com")
        curve = imported(self.acm, "d.example.com", ec.generate_private_key(ec.SECP384R1()))

        def listed(**more):
            told = self.acm.list_certificates(**more)["CertificateSummaryList"]
            return [one["CertificateArn"] for one in told]

        self.assertEqual(listed(), [pending, own])
        self.assertEqual(listed(Includes={"keyTypes": ["EC_prime256v1", "EC_secp384r1"]}), [elliptic, curve])
        self.assertEqual(listed(CertificateStatuses=["ISSUED"]), [own])
        self.assertEqual(listed(CertificateStatuses=["PENDING_VALIDATION"]), [pending])
        summary = self.acm.list_certificates()["CertificateSummaryList"][0]
        expected = {
            "CertificateArn": pending,
            "DomainName": "a.example.com",
            "SubjectAlternativeNameSummaries": ["a.example.com"],
            "HasAdditionalSubjectAlternativeNames": False,
            "Status": "PENDING_VALIDATION",
            "Type": "AMAZON_ISSUED",
            "KeyAlgorithm": "RSA-2048",
            "InUse": False,
        }
        self.assertEqual({key: summary.get(key) for key in expected}, expected)
        first = self.acm.list_certificates(MaxItems=1)
        second = self.acm.list_certificates(MaxItems=1, NextToken=first["NextToken"])
        self.assertEqual([one["CertificateArn"] for one in second["CertificateSummaryList"]], [own])
        self.assertNotIn("NextToken", second)

    def test_a_reimported_certificate_keeps_its_tags(self):
        tags = [{"Key": "a", "Value": "b"}]
        arn = imported(self.acm, "example.com", Tags=tags)
        told = self.told(arn)
        self.assertEqual((told["Type"], told["Status"], told["InUseBy"]), ("IMPORTED", "ISSUED", []))
        self.assertNotIn("DomainValidationOptions", told)
        self.assertEqual(imported(self.acm, "example.com", CertificateArn=arn), arn)
        self.assertNotEqual(self.told(arn)["Serial"], told["Serial"])
        self.assertEqual(self.acm.list_tags_for_certificate(CertificateArn=arn)["Tags"], tags)

    def test_tags_and_unknown_ones(self):
        arn = self.request("example.com")
        self.acm.add_tags_to_certificate(CertificateArn=arn, Tags=[{"Key": "a", "Value": "b"}, {"Key": "c"}])
        self.acm.remove_tags_from_certificate(CertificateArn=arn, Tags=[{"Key": "a"}])
        self.assertEqual(self.acm.list_tags_for_certificate(CertificateArn=arn)["Tags"], [{"Key": "c"}])
        self.acm.delete_certificate(CertificateArn=arn)
        for call in (self.acm.delete_certificate, self.acm.describe_certificate, self.acm.list_tags_for_certificate):
            with self.refused("ResourceNotFoundException"):
                call(CertificateArn=arn)
