"""Listener rules."""

from aws_local.tests.elbv2.case import Balanced, forward, redirect

ANSWER = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain"}}


def path(*values):
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": list(values)}}


class Rules(Balanced):
    def setUp(self):
        super().setUp()
        self.group = self.target_group()["TargetGroupArn"]
        balancer = self.balancer()["LoadBalancerArn"]
        self.arn = self.listener(balancer, actions=[forward(self.group)])["ListenerArn"]

    def rule(self, priority=10, conditions=None, action=ANSWER):
        conditions = [path("/a")] if conditions is None else conditions
        call = {"ListenerArn": self.arn, "Conditions": conditions, "Actions": [action], "Priority": priority}
        return self.elb.create_rule(**call, Tags=[{"Key": "a", "Value": "1"}])["Rules"][0]

    def test_a_rule_is_listed_before_the_default_one(self):
        created = self.rule()
        self.assertEqual((created["Priority"], created["IsDefault"]), ("10", False))
        rules = self.elb.describe_rules(ListenerArn=self.arn)["Rules"]
        self.assertEqual([rule["Priority"] for rule in rules], ["10", "default"])
        self.assertEqual(rules[0]["Conditions"][0]["PathPatternConfig"], {"Values": ["/a"]})
        tags = self.elb.describe_tags(ResourceArns=[created["RuleArn"]])["TagDescriptions"][0]["Tags"]
        self.assertEqual(tags, [{"Key": "a", "Value": "1"}])

    def test_what_does_not_fit_is_refused(self):
        self.rule()
        with self.refused("PriorityInUse"):
            self.rule()
        with self.refused("ValidationError"):
            self.rule(50_001)
        with self.refused("ValidationError"):
            self.rule(11, conditions=[])
        with self.refused("ValidationError"):
            self.rule(11, conditions=[path("/1", "/2", "/3", "/4"), {"Field": "host-header", "Values": ["a", "b"]}])
        with self.refused("ValidationError"):
            self.rule(11, action={"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "302"}})
        with self.refused("TargetGroupNotFound"):
            self.rule(11, action=forward(self.arn))
        with self.refused("InvalidLoadBalancerAction"):
            self.rule(11, action=redirect(Protocol="#{protocol}", Port="#{port}"))

    def test_a_deleted_rule_is_not_found(self):
        arn = self.rule()["RuleArn"]
        self.elb.delete_rule(RuleArn=arn)
        with self.refused("RuleNotFound"):
            self.elb.delete_rule(RuleArn=arn)

    def test_transforms_stay_until_they_are_reset(self):
        arn = self.rule()["RuleArn"]
        rewrite = {"Rewrites": [{"Regex": "^/a", "Replace": "/"}]}
        transform = {"Type": "url-rewrite", "UrlRewriteConfig": rewrite}
        call = {"RuleArn": arn, "Actions": [ANSWER]}
        self.assertEqual(self.elb.modify_rule(**call, Transforms=[transform])["Rules"][0]["Transforms"], [transform])
        self.elb.modify_rule(**call)
        self.assertEqual(self.elb.describe_rules(RuleArns=[arn])["Rules"][0]["Transforms"], [transform])
        with self.refused("ValidationError"):
            self.elb.modify_rule(**call, Transforms=[transform], ResetTransforms=True)
        with self.refused("ValidationError"):
            self.elb.modify_rule(**call, Transforms=[{"Type": "url-rewrite"}])
        self.elb.modify_rule(**call, ResetTransforms=True)
        self.assertEqual(self.elb.describe_rules(RuleArns=[arn])["Rules"][0].get("Transforms", []), [])
