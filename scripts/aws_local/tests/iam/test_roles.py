"""The additions to IAM: roles, AWS's managed policies, and what policies allow."""

import json
import unittest

from moto.iam.models import iam_backends

from aws_local.iam import conditions, policies
from aws_local.tests.case import Case, client

EXECUTION = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/production/db-AbCdEf"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def statement(effect="Allow", action="*", resource="*", **more):
    named = {} if "NotAction" in more else {"Action": action}
    return {"Effect": effect, **named, **({} if "NotResource" in more else {"Resource": resource}), **more}


TRUST = document({"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"})


class Roles(Case):
    @classmethod
    def setUpClass(cls):
        cls.iam = client("iam")

    def role(self, name="api", **more):
        return self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, **more)["Role"]

    def policy(self, name, text):
        return self.iam.create_policy(PolicyName=name, PolicyDocument=text)["Policy"]["Arn"]

    def inline(self, *statements, name="inline"):
        self.iam.put_role_policy(RoleName="api", PolicyName=name, PolicyDocument=document(*statements))

    def simulate(self, *actions, resources=(), role="api", **more):
        requested = {"ResourceArns": list(resources)} if resources else {}
        found = self.iam.simulate_principal_policy(
            PolicySourceArn=f"arn:aws:iam::123456789012:role/{role}", ActionNames=list(actions), **requested, **more
        )
        return found["EvaluationResults"]

    def decisions(self, *actions, **more):
        return [one["EvalDecision"] for one in self.simulate(*actions, **more)]


class Making(Roles):
    def test_a_role_is_validated_when_it_is_created(self):
        boundary = "arn:aws:iam::123456789012:policy/no"
        for code, more in [
            ("MalformedPolicyDocument", {"AssumeRolePolicyDocument": "{}"}),
            ("ValidationError", {"MaxSessionDuration": 43201}),
            ("ValidationError", {"RoleName": "a b"}),
            ("NoSuchEntity", {"PermissionsBoundary": boundary}),
        ]:
            with self.refused(code):
                self.iam.create_role(**{"RoleName": "api", "AssumeRolePolicyDocument": TRUST, **more})
        with self.assertRaisesRegex(Exception, "The role with name api cannot be found."):
            self.iam.get_role(RoleName="api")

    def test_an_update_changes_what_it_names(self):
        self.role(Description="one", MaxSessionDuration=7200)
        self.iam.update_role(RoleName="api", Description="two")
        found = self.iam.get_role(RoleName="api")["Role"]
        self.assertEqual((found["Description"], found["MaxSessionDuration"]), ("two", 7200))
        self.iam.update_role(RoleName="api", MaxSessionDuration=3600)
        found = self.iam.get_role(RoleName="api")["Role"]
        self.assertEqual((found["Description"], found["MaxSessionDuration"]), ("two", 3600))

    def test_managed_policies_are_attached_once(self):
        self.role()
        for _ in range(2):
            self.iam.attach_role_policy(RoleName="api", PolicyArn=EXECUTION)
        attached = self.iam.list_attached_role_policies(RoleName="api")["AttachedPolicies"]
        self.assertEqual(attached, [{"PolicyName": "AmazonECSTaskExecutionRolePolicy", "PolicyArn": EXECUTION}])
        self.assertEqual(self.iam.get_policy(PolicyArn=EXECUTION)["Policy"]["AttachmentCount"], 1)
        self.iam.detach_role_policy(RoleName="api", PolicyArn=EXECUTION)
        for call in (self.iam.attach_role_policy, self.iam.detach_role_policy):
            with self.refused("NoSuchEntity"):
                call(RoleName="api", PolicyArn=EXECUTION + "x")
        with self.refused("NoSuchEntity"):
            self.iam.detach_role_policy(RoleName="api", PolicyArn=EXECUTION)

    def test_a_role_has_at_most_ten_policies(self):
        self.role()
        arns = [self.policy(f"p{number}", document(statement())) for number in range(11)]
        for arn in arns[:10]:
            self.iam.attach_role_policy(RoleName="api", PolicyArn=arn)
        with self.refused("LimitExceeded"):
            self.iam.attach_role_policy(RoleName="api", PolicyArn=arns[10])
        with self.refused("DeleteConflict"):
            self.iam.delete_policy(PolicyArn=arns[0])
        self.iam.delete_policy(PolicyArn=arns[10])

    def test_inline_policies_have_a_size_limit(self):
        self.role()
        with self.refused("LimitExceeded"):
            self.inline(statement(resource=["arn:aws:s3:::" + "x" * 1000] * 11))
        self.inline(statement())
        self.assertEqual(self.iam.list_role_policies(RoleName="api")["PolicyNames"], ["inline"])

    def test_a_role_with_policies_is_not_deleted(self):
        self.role()
        self.inline(statement())
        self.iam.attach_role_policy(RoleName="api", PolicyArn=EXECUTION)
        with self.assertRaisesRegex(Exception, "must detach all policies first"):
            self.iam.delete_role(RoleName="api")
        self.iam.detach_role_policy(RoleName="api", PolicyArn=EXECUTION)
        with self.refused("DeleteConflict"):
            self.iam.delete_role(RoleName="api")
        self.iam.delete_role_policy(RoleName="api", PolicyName="inline")
        self.iam.delete_role(RoleName="api")
        with self.refused("NoSuchEntity"):
            self.iam.delete_role(RoleName="api")

    def test_service_linked_roles_are_protected(self):
        for service, name in [
            ("ecs.amazonaws.com", "AWSServiceRoleForECS"),
            (
                "ecs.application-autoscaling.amazonaws.com",
                "AWSServiceRoleForApplicationAutoScaling_ECSService",
            ),
        ]:
            created = self.iam.create_service_linked_role(AWSServiceName=service)["Role"]
            self.assertEqual((created["RoleName"], created["Path"]), (name, f"/aws-service-role/{service}/"))
            with self.refused("InvalidInput"):
                self.iam.create_service_linked_role(AWSServiceName=service)
            with self.refused("UnmodifiableEntity"):
                self.iam.delete_role(RoleName=name)
            with self.refused("UnmodifiableEntity"):
                self.iam.attach_role_policy(RoleName=name, PolicyArn=EXECUTION)
            self.iam.delete_service_linked_role(RoleName=name)


class Simulation(Roles):
    def test_allowed_and_denied_actions(self):
        self.role()
        self.iam.attach_role_policy(RoleName="api", PolicyArn=EXECUTION)
        self.inline(
            statement(action="s3:Get*", resource="arn:aws:s3:::bucket/*"),
            statement("Deny", NotAction=["s3:*", "ecr:*", "logs:*"]),
        )
        found = self.simulate("ecr:GetAuthorizationToken", "s3:PutObject", "sns:Publish", "logs:putlogevents")
        decisions = ["allowed", "implicitDeny", "explicitDeny", "allowed"]
        self.assertEqual([one["EvalDecision"] for one in found], decisions)
        self.assertEqual(found[0]["EvalResourceName"], "*")
        self.assertEqual(found[0]["MatchedStatements"][0]["SourcePolicyId"], "AmazonECSTaskExecutionRolePolicy")
        self.assertEqual(found[2]["MatchedStatements"][0]["SourcePolicyId"], "role_api_inline")
        resources = ["arn:aws:s3:::bucket/a/b", "arn:aws:s3:::other/a"]
        found = self.simulate("s3:GetObject", resources=resources)
        self.assertEqual([one["EvalResourceName"] for one in found], resources)
        self.assertEqual([one["EvalDecision"] for one in found], ["allowed", "implicitDeny"])

    def test_not_action_and_not_resource(self):
        self.role()
        self.inline(statement(action="s3:GetObject", NotResource="arn:aws:s3:::bucket/secret/*"))
        found = self.decisions("s3:GetObject", resources=["arn:aws:s3:::bucket/a", "arn:aws:s3:::bucket/secret/a"])
        self.assertEqual(found, ["allowed", "implicitDeny"])

    def test_conditions_hold_in_a_context(self):
        self.role(Tags=[{"Key": "Project", "Value": "shop"}])
        self.inline(
            statement(
                action="secretsmanager:GetSecretValue",
                resource="arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/production/db-??????",
                Condition={"StringEquals": {"aws:PrincipalTag/Project": "shop", "aws:RequestedRegion": ["a", "b"]}},
            )
        )
        (found,) = self.simulate("secretsmanager:GetSecretValue", resources=[SECRET])
        self.assertEqual(found["EvalDecision"], "implicitDeny")
        self.assertEqual(found["MissingContextValues"], ["aws:RequestedRegion"])
        for region, decision in [("b", "allowed"), ("c", "implicitDeny")]:
            entry = {"ContextKeyName": "aws:requestedregion", "ContextKeyValues": [region], "ContextKeyType": "string"}
            found = self.decisions("secretsmanager:GetSecretValue", resources=[SECRET], ContextEntries=[entry])
            self.assertEqual(found, [decision])

    def test_a_boundary_limits_permissions(self):
        boundary = self.policy("boundary", document(statement(action="s3:*"), statement("Deny", "s3:DeleteObject")))
        self.role(PermissionsBoundary=boundary)
        self.inline(statement())
        actions = ["s3:GetObject", "sns:Publish", "s3:DeleteObject"]
        found = self.simulate(*actions)
        decisions = ["allowed", "implicitDeny", "explicitDeny"]
        self.assertEqual([one["EvalDecision"] for one in found], decisions)
        within = [one["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"] for one in found]
        self.assertEqual(within, [True, False, False])
        backend = iam_backends["123456789012"]["aws"]
        self.assertEqual([policies.decision(backend, "api", action) for action in actions], decisions)
        self.iam.delete_role_permissions_boundary(RoleName="api")
        self.assertEqual(self.decisions("sns:Publish"), ["allowed"])

    def test_only_the_default_version_counts(self):
        self.role()
        arn = self.policy("managed", document(statement(action="s3:*")))
        self.iam.attach_role_policy(RoleName="api", PolicyArn=arn)
        self.iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(statement(action="sns:*")))
        self.assertEqual(self.decisions("s3:GetObject", "sns:Publish"), ["allowed", "implicitDeny"])
        self.iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
        self.assertEqual(self.decisions("s3:GetObject", "sns:Publish"), ["implicitDeny", "allowed"])

    def test_a_simulation_takes_additional_policies(self):
        self.role()
        text = document(statement(action="s3:*"))
        self.assertEqual(self.decisions("s3:GetObject", PolicyInputList=[text]), ["allowed"])
        self.assertEqual(self.decisions("s3:GetObject"), ["implicitDeny"])

    def test_users_have_the_policies_of_their_groups(self):
        self.iam.create_user(UserName="ann")
        self.iam.create_group(GroupName="team")
        self.iam.add_user_to_group(UserName="ann", GroupName="team")
        self.iam.put_group_policy(GroupName="team", PolicyName="p", PolicyDocument=document(statement(action="s3:*")))
        for principal in ("user/ann", "group/team"):
            arn = f"arn:aws:iam::123456789012:{principal}"
            found = self.iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["s3:GetObject"])
            self.assertEqual(found["EvaluationResults"][0]["EvalDecision"], "allowed")

    def test_results_come_in_pages(self):
        self.role()
        pages = self.iam.get_paginator("simulate_principal_policy").paginate(
            PolicySourceArn="arn:aws:iam::123456789012:role/api",
            ActionNames=["s3:GetObject", "s3:PutObject", "sns:Publish"],
            PaginationConfig={"PageSize": 2},
        )
        self.assertEqual([len(page["EvaluationResults"]) for page in pages], [2, 1])

    def test_invalid_simulations_are_refused(self):
        with self.refused("NoSuchEntity"):
            self.simulate("s3:GetObject", role="no")
        self.role()
        with self.refused("InvalidInput"):
            self.simulate("GetObject")


class Conditions(unittest.TestCase):
    def holds(self, operator, key, wanted, **context):
        given = {name.replace("_", ":"): value for name, value in context.items()}
        return conditions.hold({operator: {key: wanted}}, conditions.normalised(given))

    def test_operators(self):
        for operator, wanted, value, holds in [
            ("StringEquals", "a*", "a*", True),
            ("StringEquals", "a*", "ab", False),
            ("StringNotEquals", ["a", "b"], "b", False),
            ("StringNotEquals", ["a", "b"], "c", True),
            ("StringEqualsIgnoreCase", "AB", "ab", True),
            ("StringLike", "a?c*", "abcd", True),
            ("StringLike", "a?c*", "acd", False),
            ("StringNotLike", "a*", "abc", False),
            ("ArnLike", "arn:aws:ecs:*:123456789012:*", "arn:aws:ecs:us-east-1:123456789012:task/a", True),
            ("ArnLike", "arn:aws:*:task/a", "arn:aws:ecs:us-east-1:123456789012:task/a", False),
            ("ArnEquals", "arn:aws:s3:::b/*", "arn:aws:s3:::b/c/d", True),
            ("ArnNotLike", "arn:aws:s3:::b", "arn:aws:s3:::c", True),
            ("Bool", "true", True, True),
            ("Bool", "true", "false", False),
            ("NumericLessThan", "10", "9", True),
            ("NumericLessThan", "10", "x", False),
            ("DateGreaterThan", "2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z", True),
            ("IpAddress", "10.0.0.0/8", "10.1.2.3", True),
            ("NotIpAddress", "10.0.0.0/8", "10.1.2.3", False),
            ("Null", "true", "x", False),
            ("NoSuchOperator", "x", "x", False),
        ]:
            with self.subTest(operator=operator, wanted=wanted, value=value):
                self.assertEqual(self.holds(operator, "a:key", wanted, A_Key=value), holds)

    def test_a_missing_context_key(self):
        for operator, holds in [
            ("StringEquals", False),
            ("StringNotEquals", True),
            ("StringEqualsIfExists", True),
            ("ForAllValues:StringEquals", True),
            ("ForAnyValue:StringEquals", False),
        ]:
            with self.subTest(operator=operator):
                self.assertEqual(self.holds(operator, "a:key", "x"), holds)
        self.assertTrue(self.holds("Null", "a:key", "true"))

    def test_multivalued_keys(self):
        for operator, values, holds in [
            ("ForAllValues:StringEquals", ["a", "b"], True),
            ("ForAllValues:StringEquals", ["a", "c"], False),
            ("ForAnyValue:StringEquals", ["a", "c"], True),
            ("ForAnyValue:StringEquals", ["c"], False),
        ]:
            with self.subTest(operator=operator, values=values):
                self.assertEqual(self.holds(operator, "a:key", ["a", "b"], a_key=values), holds)

    def test_variables(self):
        self.assertTrue(self.holds("StringLike", "a:key", "${a:other}/*", a_key="me/x", a_other="me"))
        # Wildcards in the value of a variable are literal.
        self.assertFalse(self.holds("StringLike", "a:key", "${a:other}", a_key="abc", a_other="*"))
        self.assertTrue(self.holds("StringLike", "a:key", "a${*}", a_key="a*"))
        self.assertTrue(self.holds("StringEquals", "a:key", "${a:other, 'x'}", a_key="x"))
        self.assertFalse(self.holds("StringEquals", "a:key", "${a:other}", a_key=""))
