"""Target groups and their targets."""

from aws_local import controls
from aws_local.tests.elbv2.case import Balanced, forward, redirect


class TargetGroups(Balanced):
    def test_all_settings_are_kept(self):
        created = self.target_group(
            HealthCheckPath="/health",
            HealthCheckIntervalSeconds=15,
            HealthCheckTimeoutSeconds=10,
            HealthyThresholdCount=3,
            UnhealthyThresholdCount=4,
            Matcher={"HttpCode": "200-299"},
            Tags=[{"Key": str(number), "Value": ""} for number in range(20)],
        )
        told = self.elb.describe_target_groups(Names=["web"])["TargetGroups"][0]
        self.assertEqual({**created, "LoadBalancerArns": []}, told)
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
        tags = self.elb.describe_tags(ResourceArns=[created["TargetGroupArn"]])["TagDescriptions"][0]["Tags"]
        self.assertEqual(len(tags), 20)

    def test_the_same_request_again_creates_nothing(self):
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

    def test_one_in_use_cannot_be_deleted(self):
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

    def test_what_was_just_created_is_not_found_for_a_while(self):
        lag = controls.PATHS["/aws-local/elb-lag"]
        lag("POST", {"what": "target-group", "times": 2})
        lag("POST", {"what": "load-balancer", "times": 1, "account": "123456789012"})
        balancer, group = self.balancer()["LoadBalancerArn"], self.target_group()["TargetGroupArn"]
        with self.refused("LoadBalancerNotFound"):
            self.elb.describe_load_balancers(LoadBalancerArns=[balancer])
        with self.refused("TargetGroupNotFound"):
            self.listener(balancer, actions=[forward(group)])
        with self.refused("TargetGroupNotFound"):
            self.elb.add_tags(ResourceArns=[group], Tags=[{"Key": "a", "Value": "b"}])
        self.listener(balancer, actions=[forward(group)])
        lag("DELETE", {})
        other = self.target_group("other")["TargetGroupArn"]
        self.elb.add_tags(ResourceArns=[other], Tags=[{"Key": "a", "Value": "b"}])

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

        deleted = {"Id": "10.0.0.5", "Port": 81}
        self.elb.deregister_targets(TargetGroupArn=group, Targets=[deleted])
        self.assertEqual(self.health(group)["10.0.0.5", 81], ("draining", "Target.DeregistrationInProgress"))
        changed = [{"Key": "deregistration_delay.timeout_seconds", "Value": "0"}]
        self.elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=changed)
        self.elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.0.5"}])
        self.assertNotIn(one, self.health(group))
        requested = self.health(group, {"Id": "10.0.0.5"})
        self.assertEqual(requested, {one: ("unused", "Target.NotRegistered")})

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
