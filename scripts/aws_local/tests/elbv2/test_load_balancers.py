"""Load balancers, their attributes, and tags."""

import json
import re
import time

from aws_local.elbv2 import attributes as known
from aws_local.elbv2.network_interfaces import LINGER
from aws_local.tests.case import client
from aws_local.tests.elbv2.case import Balanced, attributes


class LoadBalancers(Balanced):
    def test_a_load_balancer_is_described_in_full(self):
        created = self.balancer(Tags=[{"Key": "a", "Value": "b"}])
        self.assertEqual(created["State"]["Code"], "provisioning")
        states = []
        for _ in range(2):
            told = self.elb.describe_load_balancers(Names=["web"])["LoadBalancers"][0]
            states.append(told["State"]["Code"])
        self.assertEqual(states, ["provisioning", "active"])
        self.assertEqual([zone["LoadBalancerAddresses"] for zone in told["AvailabilityZones"]], [[], []])
        self.assertEqual(told["EnablePrefixForIpv6SourceNat"], "off")
        self.assertEqual(told["CanonicalHostedZoneId"], "Z35SXDOTRQ7X7K")
        self.assertRegex(told["DNSName"], r"^web-\d+\.us-east-1\.elb\.amazonaws\.com$")
        self.assertEqual((told["Scheme"], told["IpAddressType"]), ("internet-facing", "ipv4"))
        self.assertEqual((told["VpcId"], told["SecurityGroups"]), (self.vpc, [self.sg]))
        self.assertEqual({zone["SubnetId"] for zone in told["AvailabilityZones"]}, set(self.subnets))
        tags = self.elb.describe_tags(ResourceArns=[created["LoadBalancerArn"]])["TagDescriptions"][0]["Tags"]
        self.assertEqual(tags, [{"Key": "a", "Value": "b"}])
        self.assertRegex(self.balancer("inner", Scheme="internal")["DNSName"], "^internal-inner-")

    def test_subnets_and_groups_are_validated(self):
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

    def test_the_same_request_again_creates_nothing(self):
        first = self.balancer()["LoadBalancerArn"]
        self.assertEqual(self.balancer()["LoadBalancerArn"], first)
        with self.refused("DuplicateLoadBalancerName"):
            self.balancer(Scheme="internal")
        self.assertEqual(len(self.elb.describe_load_balancers()["LoadBalancers"]), 1)

    def test_interfaces_keep_the_network_in_use(self):
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
        with self.refused("LoadBalancerNotFound"):
            self.elb.describe_load_balancers(LoadBalancerArns=[arn])
        # The interfaces outlive it.
        self.assertEqual(len(interfaces(other)), 2)
        with self.refused("DependencyViolation"):
            self.ec2.delete_security_group(GroupId=other)
        with self.refused("DependencyViolation"):
            self.ec2.detach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)
        time.sleep(LINGER)
        self.assertEqual(interfaces(other), [])
        self.ec2.delete_security_group(GroupId=other)
        self.ec2.detach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)

    def test_deletion_protection_and_deleting_a_missing_one(self):
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
        created = [self.balancer(name)["LoadBalancerArn"] for name in ("a", "b", "c")]
        with self.refused("LoadBalancerNotFound"):
            self.elb.describe_load_balancers(Names=["a", "d"])
        with self.refused("LoadBalancerNotFound"):
            self.elb.describe_load_balancers(LoadBalancerArns=[created[0], created[0] + "0"])
        first = self.elb.describe_load_balancers(PageSize=2)
        second = self.elb.describe_load_balancers(PageSize=2, Marker=first["NextMarker"])
        names = [one["LoadBalancerName"] for one in first["LoadBalancers"] + second["LoadBalancers"]]
        self.assertEqual(names, ["a", "b", "c"])
        self.assertNotIn("NextMarker", second)


class Attributes(Balanced):
    def test_load_balancer_attributes_are_complete_and_validated(self):
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

    def test_every_attribute_in_the_reference_is_known(self):
        shapes = self.elb.meta.service_model
        for name, tables in [
            ("LoadBalancerAttribute", known.BALANCERS),
            ("TargetGroupAttribute", known.GROUPS),
            ("ListenerAttribute", known.LISTENERS),
        ]:
            text = shapes.shape_for(name).members["Key"].documentation
            keys = {key for key in re.findall(r"<code>([a-z0-9_.]+)</code>", text) if "." in key}
            self.assertGreater(len(keys), 15)
            # Words of the same form that are no keys.
            keys -= {"unhealthy.draining"}
            self.assertEqual(keys - {key for table in tables.values() for key in table}, set(), name)

    def test_logs_need_a_bucket_policy_that_allows_them(self):
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

    def test_target_group_attributes_are_complete_and_validated(self):
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

    def test_listener_attributes_are_complete_and_validated(self):
        arn = self.listener(self.balancer()["LoadBalancerArn"])["ListenerArn"]
        told = attributes(self.elb.describe_listener_attributes(ListenerArn=arn))
        self.assertEqual(told["routing.http.response.server.enabled"], "true")
        changed = [{"Key": "routing.http.response.server.enabled", "Value": "false"}]
        told = attributes(self.elb.modify_listener_attributes(ListenerArn=arn, Attributes=changed))
        self.assertEqual(told["routing.http.response.server.enabled"], "false")
        changed = [{"Key": "tcp.idle_timeout.seconds", "Value": "60"}]
        with self.refused("InvalidConfigurationRequest"):
            self.elb.modify_listener_attributes(ListenerArn=arn, Attributes=changed)


class Tags(Balanced):
    def test_tags_of_all_resources(self):
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
