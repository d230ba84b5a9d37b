"""The additions to Route 53."""

from aws_local.tests.case import Case, client

ELB = "Z35SXDOTRQ7X7K"


def values(name, kind, *answers, ttl=300):
    return {"Name": name, "Type": kind, "TTL": ttl, "ResourceRecords": [{"Value": answer} for answer in answers]}


def alias(name, kind="A", target="web-1.us-east-1.elb.amazonaws.com", zone=ELB):
    target = {"HostedZoneId": zone, "DNSName": target, "EvaluateTargetHealth": False}
    return {"Name": name, "Type": kind, "AliasTarget": target}


class Zoned(Case):
    def setUp(self):
        super().setUp()
        self.route53 = client("route53")
        self.zone = self.make("example.com")

    def make(self, name, **more):
        reference = f"{name} {more}"
        return self.route53.create_hosted_zone(Name=name, CallerReference=reference, **more)["HostedZone"]["Id"]

    def change(self, *changes, zone=None):
        batch = {"Changes": [{"Action": action, "ResourceRecordSet": record} for action, record in changes]}
        answer = self.route53.change_resource_record_sets(HostedZoneId=zone or self.zone, ChangeBatch=batch)
        return answer["ChangeInfo"]

    def listed(self, **more):
        answer = self.route53.list_resource_record_sets(HostedZoneId=self.zone, **more)
        return [(one["Name"], one["Type"]) for one in answer["ResourceRecordSets"]]


class Zones(Zoned):
    def test_zones_are_listed_by_name(self):
        self.make("b.example.com")
        self.make("example.org")
        private = {"HostedZoneConfig": {"PrivateZone": True}}
        private["VPC"] = {"VPCRegion": "us-east-1", "VPCId": self.network()[0]}
        inner = self.make("Example.COM", **private)

        def names(**more):
            return [zone["Name"] for zone in self.route53.list_hosted_zones_by_name(**more)["HostedZones"]]

        self.assertEqual(names(), ["example.com.", "example.com.", "b.example.com.", "example.org."])
        self.assertEqual(names(DNSName="b.example.com"), ["b.example.com.", "example.org."])
        self.assertEqual(names(DNSName="example.zz"), [])
        first = self.route53.list_hosted_zones_by_name(DNSName="example.com", MaxItems="1")
        self.assertTrue(first["IsTruncated"])
        rest = self.route53.list_hosted_zones_by_name(
            DNSName=first["NextDNSName"], HostedZoneId=first["NextHostedZoneId"]
        )["HostedZones"]
        self.assertEqual(len(rest), 3)
        kinds = {zone["Id"]: zone["Config"]["PrivateZone"] for zone in self.route53.list_hosted_zones()["HostedZones"]}
        self.assertEqual((kinds[self.zone], kinds[inner]), (False, True))
        told = self.route53.get_hosted_zone(Id=inner)
        self.assertEqual([vpc["VPCRegion"] for vpc in told["VPCs"]], ["us-east-1"])

    def test_a_caller_reference_is_used_once_and_a_zone_with_records_is_not_deleted(self):
        with self.refused("HostedZoneAlreadyExists"):
            self.make("example.com")
        self.change(("CREATE", values("www.example.com", "A", "192.0.2.1")))
        with self.refused("HostedZoneNotEmpty"):
            self.route53.delete_hosted_zone(Id=self.zone)
        self.change(("DELETE", values("www.example.com", "A", "192.0.2.1")))
        self.route53.delete_hosted_zone(Id=self.zone)
        with self.refused("NoSuchHostedZone"):
            self.route53.get_hosted_zone(Id=self.zone)

    def test_tags(self):
        zone = self.zone.removeprefix("/hostedzone/")
        about = {"ResourceType": "hostedzone", "ResourceId": zone}
        self.route53.change_tags_for_resource(**about, AddTags=[{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}])
        self.route53.change_tags_for_resource(**about, RemoveTagKeys=["c"])
        tags = self.route53.list_tags_for_resource(**about)["ResourceTagSet"]["Tags"]
        self.assertEqual(tags, [{"Key": "a", "Value": "b"}])
        listed = self.route53.list_tags_for_resources(ResourceType="hostedzone", ResourceIds=[zone])
        self.assertEqual(listed["ResourceTagSets"][0]["Tags"], tags)
        with self.refused("NoSuchHostedZone"):
            self.route53.list_tags_for_resource(ResourceType="hostedzone", ResourceId="Z0")


class Records(Zoned):
    def test_names_are_normalized(self):
        self.change(("CREATE", alias("WWW.Example.com")), ("CREATE", values("*.example.com.", "A", "192.0.2.1")))
        told = self.route53.list_resource_record_sets(HostedZoneId=self.zone)["ResourceRecordSets"]
        names = [one["Name"] for one in told]
        self.assertEqual(names, ["example.com.", "example.com.", "\\052.example.com.", "www.example.com."])
        self.assertEqual(told[3]["AliasTarget"]["DNSName"], "web-1.us-east-1.elb.amazonaws.com.")
        self.assertNotIn("ResourceRecords", told[3])
        self.assertTrue(all(isinstance(value["Value"], str) for value in told[1]["ResourceRecords"]))
        self.assertNotIn("{", told[1]["ResourceRecords"][0]["Value"])
        self.change(("DELETE", alias("www.example.com.")), ("DELETE", values("\\052.example.com", "A", "192.0.2.1")))
        self.assertEqual(self.listed(), [("example.com.", "NS"), ("example.com.", "SOA")])

    def test_a_delete_needs_the_exact_record(self):
        www = values("www.example.com", "A", "192.0.2.1", "192.0.2.2")
        self.change(("CREATE", www), ("CREATE", alias("example.com")))
        for wrong in [
            values("www.example.com", "A", "192.0.2.1", "192.0.2.2", ttl=60),
            values("www.example.com", "A", "192.0.2.1"),
            values("www.example.com", "AAAA", "2001:db8::1"),
            alias("example.com", target="web-2.us-east-1.elb.amazonaws.com"),
            values("example.com", "A", "192.0.2.1"),
        ]:
            with self.refused("InvalidChangeBatch"):
                self.change(("DELETE", wrong))
        www["ResourceRecords"].reverse()
        self.change(("DELETE", www), ("DELETE", alias("example.com")))

    def test_a_batch_is_applied_as_a_whole_or_not_at_all(self):
        www = values("www.example.com", "A", "192.0.2.1")
        self.change(("CREATE", www))
        with self.refused("InvalidChangeBatch"):
            self.change(("CREATE", values("a.example.com", "A", "192.0.2.1")), ("CREATE", www))
        self.assertNotIn(("a.example.com.", "A"), self.listed())
        self.change(("DELETE", www), ("CREATE", values("www.example.com", "CNAME", "example.org")))
        self.change(("UPSERT", values("www.example.com", "CNAME", "example.net")))
        told = self.route53.list_resource_record_sets(HostedZoneId=self.zone, StartRecordName="www.example.com")
        self.assertEqual(told["ResourceRecordSets"][0]["ResourceRecords"], [{"Value": "example.net"}])

    def test_invalid_records_are_refused(self):
        self.change(("CREATE", values("www.example.com", "A", "192.0.2.1")))
        self.change(("CREATE", values("c.example.com", "CNAME", "example.org")))
        ns = self.route53.list_resource_record_sets(HostedZoneId=self.zone)["ResourceRecordSets"][0]
        for action, record in [
            ("CREATE", values("example.com", "CNAME", "example.org")),
            ("CREATE", values("www.example.com", "CNAME", "example.org")),
            ("CREATE", values("c.example.com", "TXT", '"a"')),
            ("CREATE", values("notexample.com", "A", "192.0.2.1")),
            ("CREATE", values("a.example.com", "A", "not an address")),
            ("CREATE", values("a.example.com", "TXT", "no quotes")),
            ("CREATE", alias("a.example.com", target="b.example.com", zone=self.zone.removeprefix("/hostedzone/"))),
            ("CREATE", alias("a.example.com", target="web-1.eu-west-1.elb.amazonaws.com")),
            ("DELETE", ns),
        ]:
            with self.refused("InvalidChangeBatch"):
                self.change((action, record))
        with self.refused("InvalidInput"):
            self.change(("CREATE", {"Name": "a.example.com", "Type": "A"}))
        with self.refused("NoSuchHostedZone"):
            self.change(("CREATE", values("a.example.com", "A", "192.0.2.1")), zone="Z0")

    def test_lists_start_at_a_record_and_have_pages(self):
        for name in ("b", "a.b", "*"):
            self.change(("CREATE", values(f"{name}.example.com", "A", "192.0.2.1")))
        self.change(("CREATE", values("b.example.com", "TXT", '"x"')))
        rest = [("b.example.com.", "TXT"), ("a.b.example.com.", "A")]
        self.assertEqual(self.listed(StartRecordName="B.example.com", StartRecordType="TXT"), rest)
        self.assertEqual(self.listed(StartRecordName="*.example.com")[0], ("\\052.example.com.", "A"))
        first = self.route53.list_resource_record_sets(HostedZoneId=self.zone, MaxItems="4")
        following = (first["NextRecordName"], first["NextRecordType"])
        self.assertEqual((first["IsTruncated"], following), (True, rest[0]))
        self.assertEqual(self.listed(StartRecordName=following[0], StartRecordType=following[1]), rest)

    def test_a_change_is_pending_at_first(self):
        change = self.change(("CREATE", values("www.example.com", "A", "192.0.2.1")))
        self.assertEqual(change["Status"], "PENDING")
        requested = [self.route53.get_change(Id=change["Id"])["ChangeInfo"]["Status"] for _ in range(2)]
        self.assertEqual(requested, ["PENDING", "INSYNC"])
        with self.refused("NoSuchChange"):
            self.route53.get_change(Id="C0")
