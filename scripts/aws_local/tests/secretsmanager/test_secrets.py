"""The additions to Secrets Manager."""

import uuid

from aws_local.tests.case import Case, client


class Secrets(Case):
    @classmethod
    def setUpClass(cls):
        cls.secrets = client("secretsmanager")

    def create(self, name="secret", **more):
        return self.secrets.create_secret(Name=name, SecretString="one", **more)["VersionId"]

    def put(self, value, *stages, token=None):
        more = {"VersionStages": list(stages)} if stages else {}
        return self.secrets.put_secret_value(
            SecretId="secret", SecretString=value, ClientRequestToken=token or str(uuid.uuid4()), **more
        )["VersionId"]

    def value(self, **requested):
        return self.secrets.get_secret_value(SecretId="secret", **requested)["SecretString"]

    def stages(self):
        found = self.secrets.describe_secret(SecretId="secret")["VersionIdsToStages"]
        return {version: sorted(stages) for version, stages in found.items()}

    def move(self, stage, **requested):
        self.secrets.update_secret_version_stage(SecretId="secret", VersionStage=stage, **requested)


class Versions(Secrets):
    def test_a_pending_version_becomes_current(self):
        one = self.create()
        two = self.put("two", "AWSPENDING")
        self.assertEqual((self.value(), self.value(VersionStage="AWSPENDING")), ("one", "two"))
        self.assertEqual(self.stages(), {one: ["AWSCURRENT"], two: ["AWSPENDING"]})
        self.move("AWSCURRENT", RemoveFromVersionId=one, MoveToVersionId=two)
        self.move("AWSPENDING", RemoveFromVersionId=two)
        self.assertEqual(self.stages(), {one: ["AWSPREVIOUS"], two: ["AWSCURRENT"]})
        self.assertEqual((self.value(), self.value(VersionStage="AWSPREVIOUS")), ("two", "one"))
        # And back again.
        self.move("AWSCURRENT", RemoveFromVersionId=two, MoveToVersionId=one)
        self.assertEqual((self.value(), self.stages()), ("one", {one: ["AWSCURRENT"], two: ["AWSPREVIOUS"]}))

    def test_a_version_without_a_label_is_not_listed(self):
        one = self.create()
        two, three = self.put("two"), self.put("three")
        self.assertEqual(self.stages(), {two: ["AWSPREVIOUS"], three: ["AWSCURRENT"]})
        self.assertEqual(self.value(VersionId=one), "one")
        found = self.secrets.list_secret_version_ids(SecretId="secret")
        self.assertEqual({version["VersionId"] for version in found["Versions"]}, {two, three})
        self.assertTrue(found["ARN"].startswith("arn:aws:secretsmanager:"))
        found = self.secrets.list_secret_version_ids(SecretId="secret", IncludeDeprecated=True)
        self.assertEqual({version["VersionId"] for version in found["Versions"]}, {one, two, three})

    def test_other_labels_stay_on_their_version(self):
        one = self.create()
        self.move("mine", MoveToVersionId=one)
        self.put("two")
        self.assertEqual(self.stages()[one], ["AWSPREVIOUS", "mine"])

    def test_moves_that_are_refused(self):
        one = self.create()
        two = self.put("two", "AWSPENDING")
        for stage, requested in [
            ("AWSCURRENT", {"MoveToVersionId": two}),
            ("AWSPENDING", {"MoveToVersionId": one}),
            ("AWSCURRENT", {"MoveToVersionId": two, "RemoveFromVersionId": two}),
            ("AWSCURRENT", {"RemoveFromVersionId": one}),
            ("AWSCURRENT", {"MoveToVersionId": str(uuid.uuid4()), "RemoveFromVersionId": one}),
        ]:
            with self.subTest(stage, **requested), self.refused("InvalidParameterException"):
                self.move(stage, **requested)
        self.assertEqual(self.stages(), {one: ["AWSCURRENT"], two: ["AWSPENDING"]})

    def test_a_token_makes_a_request_idempotent(self):
        token = str(uuid.uuid4())
        one = self.create(ClientRequestToken=token)
        self.assertEqual((one, self.create(ClientRequestToken=token)), (token, token))
        with self.refused("ResourceExistsException"):
            self.secrets.create_secret(Name="secret", SecretString="other", ClientRequestToken=token)
        with self.refused("ResourceExistsException"):
            self.create()
        token = str(uuid.uuid4())
        for _ in range(2):
            self.assertEqual(self.put("two", "AWSPENDING", token=token), token)
        self.assertEqual(self.stages(), {one: ["AWSCURRENT"], token: ["AWSPENDING"]})
        with self.refused("ResourceExistsException"):
            self.put("three", "AWSPENDING", token=token)
        self.assertEqual(self.value(VersionStage="AWSPENDING"), "two")

    def test_awss_own_key_is_reported_once_it_was_named(self):
        self.secrets.create_secret(Name="named", SecretString="x")
        self.assertNotIn("KmsKeyId", self.secrets.describe_secret(SecretId="named"))
        self.secrets.update_secret(SecretId="named", KmsKeyId="alias/aws/secretsmanager")
        self.assertEqual(self.secrets.describe_secret(SecretId="named")["KmsKeyId"], "alias/aws/secretsmanager")

    def test_an_update_without_a_value_creates_no_version(self):
        one = self.create()
        self.secrets.update_secret(SecretId="secret", Description="new")
        self.assertEqual(self.stages(), {one: ["AWSCURRENT"]})
        self.secrets.update_secret(SecretId="secret", SecretString="two")
        self.assertEqual((self.value(), self.stages()[one]), ("two", ["AWSPREVIOUS"]))

    def test_missing_versions(self):
        self.create()
        for requested in ({"VersionStage": "AWSPENDING"}, {"VersionId": str(uuid.uuid4())}):
            with self.refused("ResourceNotFoundException"):
                self.value(**requested)


class Deleted(Secrets):
    def test_it_refuses_until_it_is_restored(self):
        one = self.create(Tags=[{"Key": "a", "Value": "b"}])
        self.secrets.delete_secret(SecretId="secret", RecoveryWindowInDays=7)
        for call in (
            lambda: self.value(),
            lambda: self.put("two"),
            lambda: self.create(),
            lambda: self.secrets.update_secret(SecretId="secret", SecretString="two"),
            lambda: self.secrets.tag_resource(SecretId="secret", Tags=[{"Key": "c", "Value": "d"}]),
            lambda: self.secrets.untag_resource(SecretId="secret", TagKeys=["a"]),
            lambda: self.move("mine", MoveToVersionId=one),
        ):
            with self.refused("InvalidRequestException"):
                call()
        self.assertIn("DeletedDate", self.secrets.describe_secret(SecretId="secret"))
        self.assertEqual(self.secrets.list_secrets()["SecretList"], [])
        self.secrets.restore_secret(SecretId="secret")
        self.assertEqual(self.value(), "one")
        self.assertNotIn("DeletedDate", self.secrets.describe_secret(SecretId="secret"))

    def test_a_forced_deletion_is_immediate(self):
        self.create()
        self.secrets.delete_secret(SecretId="secret", ForceDeleteWithoutRecovery=True)
        with self.refused("ResourceNotFoundException"):
            self.secrets.describe_secret(SecretId="secret")
        self.create()


class Listed(Secrets):
    def names(self, **filters):
        requested = [{"Key": key.replace("_", "-"), "Values": values} for key, values in filters.items()]
        return [one["Name"] for one in self.secrets.list_secrets(Filters=requested)["SecretList"]]

    def test_by_name_and_tag(self):
        self.create("app/one", Tags=[{"Key": "stack", "Value": "prod"}])
        self.create("app/two", Tags=[{"Key": "stack", "Value": "test"}])
        self.create("other")
        self.assertEqual(self.names(name=["app/"]), ["app/one", "app/two"])
        self.assertEqual(self.names(tag_key=["stack"]), ["app/one", "app/two"])
        self.assertEqual(self.names(tag_key=["stack"], tag_value=["test"]), ["app/two"])

    def test_a_name_that_is_refused(self):
        with self.refused("ValidationException"):
            self.create("with a space")


class ServiceLinkedRoles(Case):
    def test_service_linked_roles_have_awss_names_and_exist_once(self):
        iam = client("iam")
        for service, name in [
            ("rds.amazonaws.com", "AWSServiceRoleForRDS"),
            ("elasticache.amazonaws.com", "AWSServiceRoleForElastiCache"),
            ("elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing"),
            (
                "ecs.application-autoscaling.amazonaws.com",
                "AWSServiceRoleForApplicationAutoScaling_ECSService",
            ),
        ]:
            with self.subTest(service):
                created = iam.create_service_linked_role(AWSServiceName=service)["Role"]
                self.assertEqual(created["RoleName"], name)
                self.assertEqual(iam.get_role(RoleName=name)["Role"]["Path"], f"/aws-service-role/{service}/")
                with self.refused("InvalidInput"):
                    iam.create_service_linked_role(AWSServiceName=service)
