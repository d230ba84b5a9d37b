"""Listeners."""

from aws_local.tests.acm.test_certificates import imported
from aws_local.tests.elbv2.case import TLS, Balanced, forward, redirect


class Listeners(Balanced):
    def setUp(self):
        super().setUp()
        self.arn = self.balancer()["LoadBalancerArn"]

    def test_actions_are_described_in_full(self):
        created = self.listener(self.arn)
        self.assertEqual(
            created["DefaultActions"][0]["RedirectConfig"],
            {
                "Protocol": "HTTPS",
                "Port": "443",
                "Host": "#{host}",
                "Path": "/#{path}",
                "Query": "#{query}",
                "StatusCode": "HTTP_301",
            },
        )
        self.assertNotIn("SslPolicy", created)
        self.assertNotIn("Certificates", created)
        group = self.target_group()["TargetGroupArn"]
        other = self.listener(self.arn, 81, actions=[forward(group)])
        config = other["DefaultActions"][0]["ForwardConfig"]
        self.assertEqual(config["TargetGroups"], [{"TargetGroupArn": group, "Weight": 1}])
        self.assertEqual(config["TargetGroupStickinessConfig"], {"Enabled": False})
        self.assertEqual([one["DefaultActions"][0]["Order"] for one in (created, other)], [1, 1])
        self.assertNotIn("AlpnPolicy", other)
        told = self.elb.describe_listeners(LoadBalancerArn=self.arn)["Listeners"]
        self.assertEqual(told, [created, other])

    def test_invalid_listeners_are_refused(self):
        self.listener(self.arn)
        with self.refused("DuplicateListener"):
            self.listener(self.arn)
        with self.refused("ValidationError"):
            self.listener(self.arn, 81, "TCP")
        with self.refused("InvalidLoadBalancerAction"):
            self.listener(self.arn, 81, actions=[redirect(Protocol="#{protocol}", Port="#{port}")])
        with self.refused("ValidationError"):
            self.listener(self.arn, 81, actions=[redirect(StatusCode="HTTP_307")])
        with self.refused("TargetGroupNotFound"):
            self.listener(self.arn, 81, actions=[forward(self.arn)])
        vpc = self.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        with self.refused("InvalidConfigurationRequest"):
            self.listener(self.arn, 81, actions=[forward(self.target_group("other", VpcId=vpc)["TargetGroupArn"])])
        tcp = self.target_group("tcp", Protocol="TCP")["TargetGroupArn"]
        with self.refused("IncompatibleProtocols"):
            self.listener(self.arn, 81, actions=[forward(tcp)])
        with self.refused("LoadBalancerNotFound"):
            self.listener(self.arn + "0", 81)
        self.assertEqual(len(self.elb.describe_listeners(LoadBalancerArn=self.arn)["Listeners"]), 1)

    def test_https_needs_an_issued_certificate_and_a_known_policy(self):
        group = self.target_group()["TargetGroupArn"]

        def https(**more):
            return self.listener(self.arn, 443, "HTTPS", [forward(group)], **more)

        def certificate(arn):
            return [{"CertificateArn": arn}]

        issued = imported(self.acm, "a.example.com")
        pending = self.acm.request_certificate(DomainName="b.example.com", ValidationMethod="DNS")["CertificateArn"]
        with self.refused("ValidationError"):
            https()
        with self.refused("UnsupportedCertificate"):
            https(Certificates=certificate(pending))
        with self.refused("CertificateNotFound"):
            https(Certificates=certificate(issued[:-4] + "0000"))
        with self.refused("SSLPolicyNotFound"):
            https(Certificates=certificate(issued), SslPolicy="ELBSecurityPolicy-None")
        with self.refused("ValidationError"):
            self.listener(self.arn, 80, Certificates=certificate(issued))
        created = https(Certificates=certificate(issued))
        self.assertEqual(
            (created["SslPolicy"], created["Certificates"]), ("ELBSecurityPolicy-2016-08", certificate(issued))
        )
        with self.refused("ResourceInUseException"):
            self.acm.delete_certificate(CertificateArn=issued)
        told = self.acm.describe_certificate(CertificateArn=issued)["Certificate"]
        self.assertEqual(told["InUseBy"], [self.arn])

        other = imported(self.acm, "c.example.com")
        told = self.elb.modify_listener(
            ListenerArn=created["ListenerArn"], Certificates=certificate(other), SslPolicy=TLS, Port=8443
        )["Listeners"][0]
        self.assertEqual((told["Certificates"], told["SslPolicy"], told["Port"]), (certificate(other), TLS, 8443))
        self.assertEqual(told["DefaultActions"], created["DefaultActions"])
        self.acm.delete_certificate(CertificateArn=issued)
        with self.refused("UnsupportedCertificate"):
            self.elb.modify_listener(ListenerArn=created["ListenerArn"], Certificates=certificate(pending))
        with self.refused("SSLPolicyNotFound"):
            self.elb.modify_listener(ListenerArn=created["ListenerArn"], SslPolicy="ELBSecurityPolicy-None")

        told = self.elb.modify_listener(ListenerArn=created["ListenerArn"], Protocol="HTTP")["Listeners"][0]
        self.assertNotIn("Certificates", told)
        self.assertNotIn("SslPolicy", told)
        with self.refused("ValidationError"):
            self.elb.modify_listener(ListenerArn=created["ListenerArn"], Protocol="HTTPS")
        self.acm.delete_certificate(CertificateArn=other)

    def test_ports_are_unique_and_a_deleted_listener_is_unknown(self):
        first, second = self.listener(self.arn)["ListenerArn"], self.listener(self.arn, 81)["ListenerArn"]
        with self.refused("DuplicateListener"):
            self.elb.modify_listener(ListenerArn=second, Port=80)
        with self.refused("InvalidLoadBalancerAction"):
            same = redirect(Protocol="HTTP", Port="#{port}")
            self.elb.modify_listener(ListenerArn=second, DefaultActions=[same, same])
        self.elb.modify_listener(ListenerArn=second, Port=81)
        self.elb.delete_listener(ListenerArn=first)
        with self.refused("ListenerNotFound"):
            self.elb.delete_listener(ListenerArn=first)
        with self.refused("ListenerNotFound"):
            self.elb.describe_listeners(ListenerArns=[first, second])
        with self.refused("ListenerNotFound"):
            self.elb.modify_listener(ListenerArn=first, Port=82)

    def test_additional_certificates(self):
        first, second = imported(self.acm, "a.example.com"), imported(self.acm, "b.example.com")
        created = self.listener(
            self.arn,
            443,
            "HTTPS",
            [forward(self.target_group()["TargetGroupArn"])],
            Certificates=[{"CertificateArn": first}],
        )["ListenerArn"]
        self.elb.add_listener_certificates(ListenerArn=created, Certificates=[{"CertificateArn": second}])
        listed = self.elb.describe_listener_certificates(ListenerArn=created)["Certificates"]
        defaults = [(one["CertificateArn"], one["IsDefault"]) for one in listed]
        self.assertEqual(defaults, [(first, True), (second, False)])
        told = self.elb.describe_listeners(ListenerArns=[created])["Listeners"][0]
        self.assertEqual(told["Certificates"], [{"CertificateArn": first}])
        with self.refused("ResourceInUseException"):
            self.acm.delete_certificate(CertificateArn=second)
        with self.refused("OperationNotPermitted"):
            self.elb.remove_listener_certificates(ListenerArn=created, Certificates=[{"CertificateArn": first}])
        self.elb.modify_listener(ListenerArn=created, Certificates=[{"CertificateArn": second}])
        with self.refused("OperationNotPermitted"):
            self.elb.remove_listener_certificates(ListenerArn=created, Certificates=[{"CertificateArn": second}])
        self.elb.modify_listener(ListenerArn=created, Certificates=[{"CertificateArn": first}])
        self.elb.remove_listener_certificates(ListenerArn=created, Certificates=[{"CertificateArn": second}])
        self.acm.delete_certificate(CertificateArn=second)
        with self.refused("CertificateNotFound"):
            self.elb.add_listener_certificates(ListenerArn=created, Certificates=[{"CertificateArn": second}])

    def test_policies(self):
        others = ("TLS13-1-2-PQ-2025-09", "2016-08", "FS-2018-06")
        names = [TLS, *(f"ELBSecurityPolicy-{name}" for name in others)]
        told = self.elb.describe_ssl_policies(Names=names)["SslPolicies"]
        self.assertEqual([one["Name"] for one in told], names)
        self.assertEqual(told[0]["SslProtocols"], ["TLSv1.3", "TLSv1.2"])
        self.assertEqual(told[0]["SupportedLoadBalancerTypes"], ["application", "network"])
        self.assertEqual(told[0]["Ciphers"][0], {"Name": "TLS_AES_128_GCM_SHA256", "Priority": 1})
        with self.refused("SSLPolicyNotFound"):
            self.elb.describe_ssl_policies(Names=["ELBSecurityPolicy-None"])
        listed = self.elb.describe_ssl_policies(PageSize=5)
        self.assertEqual(len(listed["SslPolicies"]), 5)
        self.assertTrue(self.elb.describe_ssl_policies(Marker=listed["NextMarker"])["SslPolicies"])
