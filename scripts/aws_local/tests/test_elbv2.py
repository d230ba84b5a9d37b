"""What is added to Elastic Load Balancing."""

import json


from aws_local import controls
from aws_local.tests.case import Case, client
from aws_local.tests.test_acm import imported

TLS = "ELBSecurityPolicy-TLS13-1-2-2021-06"


class Balanced(Case):
    def setUp(self):
        super().setUp()
        self.elb = client("elbv2")
        self.acm = client("acm")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)
        self.subnets = [self.subnet(number, zone) for number, zone in enumerate("ab")]
        self.sg = self.group(self.vpc, "web")

    def subnet(self, number, zone, vpc=None):
        made = self.ec2.create_subnet(
            VpcId=vpc or self.vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"us-east-1{zone}"
        )
        return made["Subnet"]["SubnetId"]

    def balancer(self, name="web", **more):
        settings = {"Name": name, "Subnets": self.subnets, "SecurityGroups": [self.sg], **more}
        return self.elb.create_load_balancer(**settings)["LoadBalancers"][0]

    def target_group(self, name="web", **more):
        settings = {"Name": name, "Protocol": "HTTP", "Port": 8080, "VpcId": self.vpc, "TargetType": "ip", **more}
        return self.elb.create_target_group(**settings)["TargetGroups"][0]

    def listener(self, balancer, port=80, protocol="HTTP", actions=None, **more):
        made = self.elb.create_listener(
            LoadBalancerArn=balancer,
            Port=port,
            Protocol=protocol,
            DefaultActions=actions or [redirect()],
            **more,
        )
        return made["Listeners"][0]


def redirect(**more):
    config = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301", **more}
    return {"Type": "redirect", "RedirectConfig": config}


def forward(group):
    return {"Type": "forward", "TargetGroupArn": group}


def attributes(answer):
    return {one["Key"]: one["Value"] for one in answer["Attributes"]}


class LoadBalancers(Balanced):
    def test_one_is_told_in_full(self):
        made = self.balancer(Tags=[{"Key": "a", "Value": "b"}])
        self.assertEqual(made["State"]["Code"], "provisioning")
        told = self.elb.describe_load_balancers(Names=["web"])["LoadBalancers"][0]
        self.assertEqual(told["State"]["Code"], "active")
        self.assertEqual(told["CanonicalHostedZoneId"], "Z35SXDOTRQ7X7K")
        self.assertRegex(told["DNSName"], r"^web-\d+\.us-east-1\.elb\.amazonaws\.com$")
        self.assertEqual((told["Scheme"], told["IpAddressType"]), ("internet-facing", "ipv4"))
        self.assertEqual((told["VpcId"], told["SecurityGroups"]), (self.vpc, [self.sg]))
        self.assertEqual({zone["SubnetId"] for zone in told["AvailabilityZones"]}, set(self.subnets))
        tags = self.elb.describe_tags(ResourceArns=[made["LoadBalancerArn"]])["TagDescriptions"][0]["Tags"]
        self.assertEqual(tags, [{"Key": "a", "Value": "b"}])
        self.assertRegex(self.balancer("inner", Scheme="internal")["DNSName"], "^internal-inner-")

    def test_where_it_stands_is_checked(self):
        with self.refused("ValidationError"):
            self.balancer(Subnets=self.subnets[:1])
        with self.refused("InvalidConfigurationRequest"):
            self.balancer(Subnets=[*self.subnets, self.subnet(2, "a")])
        with self.refused("SubnetNotFound"):
            self.balancer(Subnets=[self.subnets[0], "subnet-00000000000000000"])
        with self.refused("InvalidConfigurationRequest"):
            self.balancer(SecurityGroups=["sg-00000000000000000"])
        elsewhere = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        with self.refused("InvalidConfigurationRequest"):
            self.balancer(SecurityGroups=[self.group(elsewhere, "other")])
        other = [self.subnet(number, zone, elsewhere) for number, zone in enumerate("ab")]
        with self.refused("InvalidConfigurationRequest"):
            self.balancer(Subnets=[self.subnets[0], other[1]])
        with self.refused("InvalidSubnet"):
            self.balancer(Subnets=other, SecurityGroups=[])
        for name in ("a" * 33, "-web", "we_b", "internal-web"):
            with self.refused("ValidationError"):
                self.balancer(name)
        with self.refused("InvalidConfigurationRequest"):
            self.balancer(IpAddressType="dualstack")
        self.assertEqual(self.elb.describe_load_balancers()["LoadBalancers"], [])

    def test_the_same_call_again_makes_nothing_new(self):
        first = self.balancer()["LoadBalancerArn"]
        self.assertEqual(self.balancer()["LoadBalancerArn"], first)
        with self.refused("DuplicateLoadBalancerName"):
            self.balancer(Scheme="internal")
        self.assertEqual(len(self.elb.describe_load_balancers()["LoadBalancers"]), 1)

    def test_its_interfaces_hold_what_it_stands_in(self):
        arn = self.balancer()["LoadBalancerArn"]

        def interfaces(group):
            filters = [{"Name": "group-id", "Values": [group]}]
            return self.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]

        found = interfaces(self.sg)
        self.assertEqual({one["SubnetId"] for one in found}, set(self.subnets))
        self.assertEqual({one["Description"] for one in found}, {"ELB " + arn.split("loadbalancer/")[1]})
        self.assertTrue(all(one["RequesterManaged"] and one["Status"] == "in-use" for one in found))
        self.assertEqual({one["Attachment"]["InstanceOwnerId"] for one in found}, {"amazon-elb"})
        self.assertTrue(all(one["Association"]["PublicIp"] for one in found))
        with self.refused("InvalidNetworkInterface.InUse"):
            self.ec2.delete_network_interface(NetworkInterfaceId=found[0]["NetworkInterfaceId"])
        with self.refused("DependencyViolation"):
            self.ec2.delete_security_group(GroupId=self.sg)
        with self.refused("DependencyViolation"):
            self.ec2.delete_subnet(SubnetId=self.subnets[0])
        with self.refused("DependencyViolation"):
            self.ec2.detach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)

        other = self.group(self.vpc, "other")
        self.elb.set_security_groups(LoadBalancerArn=arn, SecurityGroups=[other])
        self.assertEqual((len(interfaces(self.sg)), len(interfaces(other))), (0, 2))
        self.ec2.delete_security_group(GroupId=self.sg)
        with self.refused("InvalidConfigurationRequest"):
            self.elb.set_security_groups(LoadBalancerArn=arn, SecurityGroups=[self.sg])

        third = self.subnet(3, "c")
        with self.refused("ValidationError"):
            self.elb.set_subnets(LoadBalancerArn=arn, Subnets=[third])
        self.elb.set_subnets(LoadBalancerArn=arn, Subnets=[self.subnets[1], third])
        self.assertEqual({one["SubnetId"] for one in interfaces(other)}, {self.subnets[1], third})
        self.ec2.delete_subnet(SubnetId=self.subnets[0])

        self.elb.delete_load_balancer(LoadBalancerArn=arn)
        self.assertEqual(interfaces(other), [])
        self.ec2.detach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)

    def test_a_protected_one_stays_and_a_gone_one_is_gone(self):
        arn = self.balancer()["LoadBalancerArn"]

        def protect(value):
            changed = [{"Key": "deletion_protection.enabled", "Value": value}]
            self.elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=changed)

        protect("true")
        with self.refused("OperationNotPermitted"):
            self.elb.delete_load_balancer(LoadBalancerArn=arn)
        protect("false")
        self.elb.delete_load_balancer(LoadBalancerArn=arn)
        self.elb.delete_load_balancer(LoadBalancerArn=arn)
        with self.refused("LoadBalancerNotFound"):
            self.elb.describe_load_balancers(LoadBalancerArns=[arn])

    def test_unknown_ones_are_refused_and_lists_are_paged(self):
        made = [self.balancer(name)["LoadBalancerArn"] for name in ("a", "b", "c")]
        with self.refused("LoadBalancerNotFound"):
            self.elb.describe_load_balancers(Names=["a", "d"])
        with self.refused("LoadBalancerNotFound"):
            self.elb.describe_load_balancers(LoadBalancerArns=[made[0], made[0] + "0"])
        first = self.elb.describe_load_balancers(PageSize=2)
        second = self.elb.describe_load_balancers(PageSize=2, Marker=first["NextMarker"])
        names = [one["LoadBalancerName"] for one in first["LoadBalancers"] + second["LoadBalancers"]]
        self.assertEqual(names, ["a", "b", "c"])
        self.assertNotIn("NextMarker", second)


class Attributes(Balanced):
    def test_a_load_balancer_s_are_all_there_and_checked(self):
        arn = self.balancer()["LoadBalancerArn"]
        told = attributes(self.elb.describe_load_balancer_attributes(LoadBalancerArn=arn))
        expected = {
            "access_logs.s3.bucket": "",
            "access_logs.s3.enabled": "false",
            "client_keep_alive.seconds": "3600",
            "deletion_protection.enabled": "false",
            "idle_timeout.timeout_seconds": "60",
            "load_balancing.cross_zone.enabled": "true",
            "routing.http.desync_mitigation_mode": "defensive",
            "routing.http.drop_invalid_header_fields.enabled": "false",
            "routing.http.xff_header_processing.mode": "append",
            "routing.http2.enabled": "true",
            "waf.fail_open.enabled": "false",
        }
        self.assertEqual({key: told.get(key) for key in expected}, expected)

        def modify(key, value):
            changed = [{"Key": key, "Value": value}]
            return self.elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=changed)

        told = attributes(modify("idle_timeout.timeout_seconds", "120"))
        self.assertEqual(told["idle_timeout.timeout_seconds"], "120")
        self.assertEqual(attributes(self.elb.describe_load_balancer_attributes(LoadBalancerArn=arn)), told)
        for key, value in [
            ("idle_timeout.timeout_seconds", "4001"),
            ("routing.http2.enabled", "yes"),
            ("routing.http.desync_mitigation_mode", "lax"),
            ("no.such.key", "true"),
        ]:
            with self.refused("ValidationError"):
                modify(key, value)
        for key, value in [
            ("dns_record.client_routing_policy", "any_availability_zone"),
            ("load_balancing.cross_zone.enabled", "false"),
        ]:
            with self.refused("InvalidConfigurationRequest"):
                modify(key, value)

    def test_logs_go_only_to_a_bucket_that_lets_them(self):
        arn = self.balancer()["LoadBalancerArn"]

        def log(bucket):
            wanted = {"enabled": "true", "bucket": bucket, "prefix": "web"}
            changed = [{"Key": f"access_logs.s3.{key}", "Value": value} for key, value in wanted.items()]
            self.elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=changed)

        for bucket in ("", "not-there"):
            with self.refused("InvalidConfigurationRequest"):
                log(bucket)
        self.s3.create_bucket(Bucket="balancer-logs")
        with self.refused("InvalidConfigurationRequest"):
            log("balancer-logs")
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::balancer-logs/web/AWSLogs/123456789012/*",
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        self.s3.put_bucket_policy(Bucket="balancer-logs", Policy=json.dumps(policy))
        log("balancer-logs")
        keys = [one["Key"] for one in self.s3.list_objects_v2(Bucket="balancer-logs")["Contents"]]
        self.assertEqual(keys, ["web/AWSLogs/123456789012/ELBAccessLogTestFile"])

    def test_a_target_group_s_are_all_there_and_checked(self):
        arn = self.target_group()["TargetGroupArn"]
        told = attributes(self.elb.describe_target_group_attributes(TargetGroupArn=arn))
        self.assertEqual(
            told,
            {
                "deregistration_delay.timeout_seconds": "300",
                "load_balancing.algorithm.anomaly_mitigation": "off",
                "load_balancing.algorithm.type": "round_robin",
                "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
                "slow_start.duration_seconds": "0",
                "stickiness.app_cookie.cookie_name": "",
                "stickiness.app_cookie.duration_seconds": "86400",
                "stickiness.enabled": "false",
                "stickiness.lb_cookie.duration_seconds": "86400",
                "stickiness.type": "lb_cookie",
                "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
                "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
                "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
                "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
            },
        )

        def modify(key, value):
            changed = [{"Key": key, "Value": value}]
            return self.elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=changed)

        self.assertEqual(
            attributes(modify("deregistration_delay.timeout_seconds", "3600")),
            {**told, "deregistration_delay.timeout_seconds": "3600"},
        )
        for key, value in [("deregistration_delay.timeout_seconds", "3601"), ("slow_start.duration_seconds", "5")]:
            with self.refused("ValidationError"):
                modify(key, value)
        for key, value in [
            ("stickiness.type", "app_cookie"),
            ("load_balancing.algorithm.anomaly_mitigation", "on"),
            ("proxy_protocol_v2.enabled", "true"),
        ]:
            with self.refused("InvalidConfigurationRequest"):
                modify(key, value)

    def test_a_listener_s_are_all_there_and_checked(self):
        arn = self.listener(self.balancer()["LoadBalancerArn"])["ListenerArn"]
        told = attributes(self.elb.describe_listener_attributes(ListenerArn=arn))
        self.assertEqual(told["routing.http.response.server.enabled"], "true")
        changed = [{"Key": "routing.http.response.server.enabled", "Value": "false"}]
        told = attributes(self.elb.modify_listener_attributes(ListenerArn=arn, Attributes=changed))
        self.assertEqual(told["routing.http.response.server.enabled"], "false")
        changed = [{"Key": "tcp.idle_timeout.seconds", "Value": "60"}]
        with self.refused("InvalidConfigurationRequest"):
            self.elb.modify_listener_attributes(ListenerArn=arn, Attributes=changed)


class TargetGroups(Balanced):
    def test_one_is_kept_as_asked_for(self):
        made = self.target_group(
            HealthCheckPath="/health",
            HealthCheckIntervalSeconds=15,
            HealthCheckTimeoutSeconds=10,
            HealthyThresholdCount=3,
            UnhealthyThresholdCount=4,
            Matcher={"HttpCode": "200-299"},
            Tags=[{"Key": str(number), "Value": ""} for number in range(20)],
        )
        told = self.elb.describe_target_groups(Names=["web"])["TargetGroups"][0]
        self.assertEqual({**made, "LoadBalancerArns": []}, told)
        expected = {
            "Protocol": "HTTP",
            "Port": 8080,
            "VpcId": self.vpc,
            "TargetType": "ip",
            "ProtocolVersion": "HTTP1",
            "IpAddressType": "ipv4",
            "HealthCheckEnabled": True,
            "HealthCheckIntervalSeconds": 15,
            "HealthCheckPath": "/health",
            "HealthCheckPort": "traffic-port",
            "HealthCheckProtocol": "HTTP",
            "HealthCheckTimeoutSeconds": 10,
            "HealthyThresholdCount": 3,
            "UnhealthyThresholdCount": 4,
            "Matcher": {"HttpCode": "200-299"},
        }
        self.assertEqual({key: told.get(key) for key in expected}, expected)
        tags = self.elb.describe_tags(ResourceArns=[made["TargetGroupArn"]])["TagDescriptions"][0]["Tags"]
        self.assertEqual(len(tags), 20)

    def test_the_same_call_again_makes_nothing_new(self):
        first = self.target_group()["TargetGroupArn"]
        self.assertEqual(self.target_group()["TargetGroupArn"], first)
        with self.refused("DuplicateTargetGroupName"):
            self.target_group(Port=9090)
        self.assertEqual(len(self.elb.describe_target_groups()["TargetGroups"]), 1)

    def test_an_empty_protocol_version_is_none(self):
        self.assertEqual(self.target_group(ProtocolVersion="")["ProtocolVersion"], "HTTP1")

    def test_bad_settings_are_refused(self):
        for settings in [
            {"HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 5},
            {"HealthCheckIntervalSeconds": 301},
            {"HealthCheckTimeoutSeconds": 121},
            {"HealthyThresholdCount": 11},
            {"UnhealthyThresholdCount": 11},
            {"HealthCheckPath": "health"},
            {"HealthCheckPort": "http"},
            {"HealthCheckProtocol": "TCP"},
            {"HealthCheckEnabled": False},
            {"Matcher": {"HttpCode": "500"}},
            {"ProtocolVersion": "HTTP3"},
            {"VpcId": "vpc-00000000000000000"},
        ]:
            with self.refused("ValidationError"):
                self.target_group(**settings)
        for name in ("a" * 33, "-web", "we_b"):
            with self.refused("ValidationError"):
                self.target_group(name)

    def test_health_checks_change_in_place(self):
        arn = self.target_group()["TargetGroupArn"]
        settings = {
            "HealthCheckProtocol": "HTTPS",
            "HealthCheckPort": "9000",
            "HealthCheckPath": "/up",
            "HealthCheckIntervalSeconds": 20,
            "HealthCheckTimeoutSeconds": 6,
            "HealthyThresholdCount": 2,
            "UnhealthyThresholdCount": 3,
            "Matcher": {"HttpCode": "200,204"},
        }
        told = self.elb.modify_target_group(TargetGroupArn=arn, **settings)["TargetGroups"][0]
        self.assertEqual({key: told[key] for key in settings}, settings)
        self.assertEqual(self.elb.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"][0], told)
        for settings in [{"HealthCheckTimeoutSeconds": 20}, {"HealthCheckIntervalSeconds": 5}]:
            with self.refused("ValidationError"):
                self.elb.modify_target_group(TargetGroupArn=arn, **settings)
        self.elb.delete_target_group(TargetGroupArn=arn)
        with self.refused("TargetGroupNotFound"):
            self.elb.modify_target_group(TargetGroupArn=arn, HealthCheckPath="/")

    def test_one_in_use_stays(self):
        balancer, group = self.balancer()["LoadBalancerArn"], self.target_group()["TargetGroupArn"]
        self.assertEqual(self.elb.describe_target_groups(LoadBalancerArn=balancer)["TargetGroups"], [])
        listener = self.listener(balancer, actions=[forward(group)])["ListenerArn"]
        told = self.elb.describe_target_groups(LoadBalancerArn=balancer)["TargetGroups"]
        self.assertEqual([one["LoadBalancerArns"] for one in told], [[balancer]])
        with self.refused("ResourceInUse"):
            self.elb.delete_target_group(TargetGroupArn=group)
        self.elb.modify_listener(ListenerArn=listener, DefaultActions=[redirect()])
        told = self.elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"][0]
        self.assertEqual(told["LoadBalancerArns"], [])
        self.elb.delete_target_group(TargetGroupArn=group)
        self.elb.delete_target_group(TargetGroupArn=group)
        with self.refused("TargetGroupNotFound"):
            self.elb.describe_target_groups(TargetGroupArns=[group])

    def test_lists_are_paged(self):
        for name in ("a", "b", "c"):
            self.target_group(name)
        first = self.elb.describe_target_groups(PageSize=2)
        second = self.elb.describe_target_groups(PageSize=2, Marker=first["NextMarker"])
        self.assertEqual([one["TargetGroupName"] for one in second["TargetGroups"]], ["c"])
        with self.refused("TargetGroupNotFound"):
            self.elb.describe_target_groups(Names=["a", "d"])


class Targets(Balanced):
    def health(self, group, *targets):
        told = self.elb.describe_target_health(TargetGroupArn=group, Targets=list(targets))
        return {
            (one["Target"]["Id"], one["Target"]["Port"]): (
                one["TargetHealth"]["State"],
                one["TargetHealth"].get("Reason"),
            )
            for one in told["TargetHealthDescriptions"]
        }

    def test_health_passes_its_states(self):
        group, one = self.target_group()["TargetGroupArn"], ("10.0.0.5", 8080)
        self.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.0.5"}, {"Id": "10.0.0.5", "Port": 81}])
        self.assertEqual(self.health(group)[one], ("unused", "Target.NotInUse"))
        self.listener(self.balancer()["LoadBalancerArn"], actions=[forward(group)])
        self.assertEqual(self.health(group)[one], ("initial", "Elb.RegistrationInProgress"))
        self.assertEqual(self.health(group), {one: ("healthy", None), ("10.0.0.5", 81): ("healthy", None)})

        controls.PATHS["/aws-local/target-health"](
            "POST", {"target": "10.0.0.5", "state": "unhealthy", "reason": "Target.Timeout"}
        )
        self.assertEqual(self.health(group)[one], ("unhealthy", "Target.Timeout"))
        controls.PATHS["/aws-local/target-health"]("DELETE", {"target": "10.0.0.5"})
        self.assertEqual(self.health(group)[one], ("healthy", None))

        gone = {"Id": "10.0.0.5", "Port": 81}
        self.elb.deregister_targets(TargetGroupArn=group, Targets=[gone])
        self.assertEqual(self.health(group)["10.0.0.5", 81], ("draining", "Target.DeregistrationInProgress"))
        changed = [{"Key": "deregistration_delay.timeout_seconds", "Value": "0"}]
        self.elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=changed)
        self.elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.0.5"}])
        self.assertNotIn(one, self.health(group))
        asked = self.health(group, {"Id": "10.0.0.5"})
        self.assertEqual(asked, {one: ("unused", "Target.NotRegistered")})

    def test_a_target_in_a_zone_without_the_load_balancer_is_not_in_use(self):
        self.subnet(9, "c")
        group = self.target_group()["TargetGroupArn"]
        self.listener(self.balancer()["LoadBalancerArn"], actions=[forward(group)])
        self.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.9.9"}])
        self.assertEqual(self.health(group), {("10.0.9.9", 8080): ("unused", "Target.NotInUse")})

    def test_addresses_are_checked(self):
        group = self.target_group()["TargetGroupArn"]
        for target in [{"Id": "8.8.8.8"}, {"Id": "10.1.0.5"}]:
            with self.refused("InvalidTarget"):
                self.elb.register_targets(TargetGroupArn=group, Targets=[target])
        with self.refused("ValidationError"):
            self.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "i-0123"}])
        self.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "10.1.0.5", "AvailabilityZone": "all"}])
        with self.refused("TargetGroupNotFound"):
            self.elb.describe_target_health(TargetGroupArn=group + "0")


class Listeners(Balanced):
    def setUp(self):
        super().setUp()
        self.arn = self.balancer()["LoadBalancerArn"]

    def test_actions_are_told_in_full(self):
        made = self.listener(self.arn)
        self.assertEqual(
            made["DefaultActions"][0]["RedirectConfig"],
            {
                "Protocol": "HTTPS",
                "Port": "443",
                "Host": "#{host}",
                "Path": "/#{path}",
                "Query": "#{query}",
                "StatusCode": "HTTP_301",
            },
        )
        self.assertNotIn("SslPolicy", made)
        self.assertNotIn("Certificates", made)
        group = self.target_group()["TargetGroupArn"]
        other = self.listener(self.arn, 81, actions=[forward(group)])
        config = other["DefaultActions"][0]["ForwardConfig"]
        self.assertEqual(config["TargetGroups"], [{"TargetGroupArn": group, "Weight": 1}])
        self.assertEqual(config["TargetGroupStickinessConfig"], {"Enabled": False})
        told = self.elb.describe_listeners(LoadBalancerArn=self.arn)["Listeners"]
        self.assertEqual(told, [made, other])

    def test_what_cannot_be_is_refused(self):
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
        made = https(Certificates=certificate(issued))
        self.assertEqual((made["SslPolicy"], made["Certificates"]), ("ELBSecurityPolicy-2016-08", certificate(issued)))
        with self.refused("ResourceInUseException"):
            self.acm.delete_certificate(CertificateArn=issued)
        told = self.acm.describe_certificate(CertificateArn=issued)["Certificate"]
        self.assertEqual(told["InUseBy"], [self.arn])

        other = imported(self.acm, "c.example.com")
        told = self.elb.modify_listener(
            ListenerArn=made["ListenerArn"], Certificates=certificate(other), SslPolicy=TLS, Port=8443
        )["Listeners"][0]
        self.assertEqual((told["Certificates"], told["SslPolicy"], told["Port"]), (certificate(other), TLS, 8443))
        self.assertEqual(told["DefaultActions"], made["DefaultActions"])
        self.acm.delete_certificate(CertificateArn=issued)
        with self.refused("UnsupportedCertificate"):
            self.elb.modify_listener(ListenerArn=made["ListenerArn"], Certificates=certificate(pending))
        with self.refused("SSLPolicyNotFound"):
            self.elb.modify_listener(ListenerArn=made["ListenerArn"], SslPolicy="ELBSecurityPolicy-None")

        told = self.elb.modify_listener(ListenerArn=made["ListenerArn"], Protocol="HTTP")["Listeners"][0]
        self.assertNotIn("Certificates", told)
        self.assertNotIn("SslPolicy", told)
        with self.refused("ValidationError"):
            self.elb.modify_listener(ListenerArn=made["ListenerArn"], Protocol="HTTPS")
        self.acm.delete_certificate(CertificateArn=other)

    def test_ports_are_not_taken_twice_and_a_gone_one_is_unknown(self):
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

    def test_other_certificates_stand_beside_the_default_one(self):
        first, second = imported(self.acm, "a.example.com"), imported(self.acm, "b.example.com")
        made = self.listener(
            self.arn,
            443,
            "HTTPS",
            [forward(self.target_group()["TargetGroupArn"])],
            Certificates=[{"CertificateArn": first}],
        )["ListenerArn"]
        self.elb.add_listener_certificates(ListenerArn=made, Certificates=[{"CertificateArn": second}])
        listed = self.elb.describe_listener_certificates(ListenerArn=made)["Certificates"]
        defaults = [(one["CertificateArn"], one["IsDefault"]) for one in listed]
        self.assertEqual(defaults, [(first, True), (second, False)])
        told = self.elb.describe_listeners(ListenerArns=[made])["Listeners"][0]
        self.assertEqual(told["Certificates"], [{"CertificateArn": first}])
        with self.refused("ResourceInUseException"):
            self.acm.delete_certificate(CertificateArn=second)
        with self.refused("OperationNotPermitted"):
            self.elb.remove_listener_certificates(ListenerArn=made, Certificates=[{"CertificateArn": first}])
        self.elb.remove_listener_certificates(ListenerArn=made, Certificates=[{"CertificateArn": second}])
        self.acm.delete_certificate(CertificateArn=second)
        with self.refused("CertificateNotFound"):
            self.elb.add_listener_certificates(ListenerArn=made, Certificates=[{"CertificateArn": second}])

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


class Tags(Balanced):
    def test_of_all_kinds(self):
        tags = [{"Key": "a", "Value": "b"}]
        balancer = self.balancer(Tags=tags)["LoadBalancerArn"]
        group = self.target_group(Tags=tags)["TargetGroupArn"]
        listener = self.listener(balancer, Tags=tags)["ListenerArn"]
        arns = [balancer, group, listener]
        told = self.elb.describe_tags(ResourceArns=arns)["TagDescriptions"]
        self.assertEqual([(one["ResourceArn"], one["Tags"]) for one in told], [(arn, tags) for arn in arns])
        self.elb.add_tags(ResourceArns=arns, Tags=[{"Key": "c", "Value": "d"}])
        self.elb.remove_tags(ResourceArns=arns, TagKeys=["a"])
        told = self.elb.describe_tags(ResourceArns=arns)["TagDescriptions"]
        self.assertEqual([one["Tags"] for one in told], [[{"Key": "c", "Value": "d"}]] * 3)
        filters = [{"Key": "c", "Values": ["d"]}]
        found = client("resourcegroupstaggingapi").get_resources(TagFilters=filters)["ResourceTagMappingList"]
        self.assertEqual({one["ResourceARN"] for one in found}, set(arns))
        for arn, code in zip(arns, ("LoadBalancerNotFound", "TargetGroupNotFound", "ListenerNotFound")):
            with self.refused(code):
                self.elb.describe_tags(ResourceArns=[arn + "0"])
        with self.refused("ValidationError"):
            self.elb.describe_tags(ResourceArns=[balancer] * 21)
        with self.refused("DuplicateTagKeys"):
            self.elb.add_tags(ResourceArns=[balancer], Tags=tags + tags)
        many = [{"Key": str(number), "Value": ""} for number in range(50)]
        with self.refused("TooManyTags"):
            self.elb.add_tags(ResourceArns=[balancer], Tags=many)
