"""The additions to task definitions and clusters of ECS."""

from aws_local.ecs import controls
from aws_local.tests.case import client
from aws_local.tests.ecs.case import PLACEHOLDER, EcsCase

ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf:password::"


class Definitions(EcsCase):
    def test_all_fields_are_kept_and_defaults_filled_in(self):
        container = self.container(
            secrets=[{"name": "DB", "valueFrom": SECRET}],
            environment=[{"name": "PORT", "value": "3001"}],
            linuxParameters={"initProcessEnabled": True},
            healthCheck={"command": ["CMD-SHELL", "true"]},
            ulimits=[{"name": "nofile", "softLimit": 1024, "hardLimit": 2048}],
            stopTimeout=30,
            readonlyRootFilesystem=True,
        )
        created = self.register(
            containers=[container],
            runtimePlatform={"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
            ephemeralStorage={"sizeInGiB": 30},
            volumes=[{"name": "scratch"}],
            tags=[{"key": "Project", "value": "shop"}],
        )
        answer = self.ecs.describe_task_definition(taskDefinition="app", include=["TAGS"])
        found = answer["taskDefinition"]
        self.assertEqual(found, created)
        self.assertEqual(answer["tags"], [{"key": "Project", "value": "shop"}])
        (shown,) = found["containerDefinitions"]
        for name in ("secrets", "environment", "linuxParameters", "ulimits", "stopTimeout", "readonlyRootFilesystem"):
            self.assertEqual(shown[name], container[name])
        self.assertEqual(shown["portMappings"], [{"containerPort": 3001, "hostPort": 3001, "protocol": "tcp"}])
        self.assertEqual(
            shown["healthCheck"], {"command": ["CMD-SHELL", "true"], "interval": 30, "timeout": 5, "retries": 3}
        )
        self.assertEqual((shown["cpu"], shown["essential"]), (0, True))
        for name in ("mountPoints", "volumesFrom", "systemControls"):
            self.assertEqual(shown[name], [])
        # No empty lists where none was given. Terraform would report a difference.
        self.assertEqual(shown["logConfiguration"], container["logConfiguration"])
        self.assertEqual(found["compatibilities"], ["EC2", "FARGATE"])
        self.assertEqual(found["requiresCompatibilities"], ["FARGATE"])
        self.assertEqual((found["cpu"], found["memory"], found["networkMode"]), ("256", "512", "awsvpc"))
        self.assertEqual(found["runtimePlatform"]["cpuArchitecture"], "ARM64")
        self.assertEqual(found["ephemeralStorage"], {"sizeInGiB": 30})
        self.assertEqual(found["volumes"], [{"name": "scratch", "host": {}}])
        self.assertEqual((found["placementConstraints"], found["status"]), ([], "ACTIVE"))
        self.assertEqual(found["registeredBy"], "arn:aws:iam::123456789012:root")
        self.assertIn("registeredAt", found)
        names = {one["name"] for one in found["requiresAttributes"]}
        self.assertLessEqual(
            {
                "com.amazonaws.ecs.capability.logging-driver.awslogs",
                "com.amazonaws.ecs.capability.task-iam-role",
                "ecs.capability.container-health-check",
                "ecs.capability.execution-role-awslogs",
                "ecs.capability.secrets.asm.environment-variables",
                "ecs.capability.task-eni",
            },
            names,
        )
        self.assertNotIn("ecs.capability.execution-role-ecr-pull", names)

    def test_cpu_and_memory_must_match(self):
        for cpu, memory in (("256", "4096"), ("1024", "1024"), ("300", "512"), ("256", "513")):
            with self.assertRaisesRegex(
                self.ecs.exceptions.ClientException,
                f"No Fargate configuration exists for given values: {cpu} CPU, {memory} memory",
            ):
                self.register(cpu=cpu, memory=memory)
        self.assertEqual(self.register(cpu=".25 vCPU", memory="0.5 GB")["memory"], "512")
        with self.refused("ClientException"):
            self.register(cpu=None)

    def test_invalid_requests_are_refused(self):
        twice = [self.container(), self.container()]
        for containers in (
            twice,
            [self.container(name="")],
            [self.container(image="")],
            [self.container(essential=False)],
            [self.container(portMappings=[{"containerPort": 80, "hostPort": 8080}])],
            [self.container(memory=1024)],
            [self.container(secrets=[{"name": "A", "valueFrom": SECRET}, {"name": "A", "valueFrom": SECRET}])],
        ):
            with self.refused("ClientException"):
                self.register(containers=containers)
        for more in ({"networkMode": "bridge"}, {"executionRoleArn": None}, {"family": "a b"}):
            with self.refused("ClientException"):
                self.register(**more)
        with self.refused("ClientException"):
            self.register(containers=[{"name": "app", "image": ECR}], executionRoleArn=None)

    def test_roles_must_exist(self):
        with self.assertRaisesRegex(self.ecs.exceptions.ClientException, "Role is not valid"):
            self.register(taskRoleArn="arn:aws:iam::123456789012:role/none")
        # A role that was just created is not propagated yet.
        controls.iam_lag("POST", {"times": 2})
        fresh = self.role("fresh", ["s3:*"])
        for _ in range(2):
            with self.assertRaisesRegex(self.ecs.exceptions.ClientException, "Role is not valid"):
                self.register(taskRoleArn=fresh)
        self.register(taskRoleArn=fresh)

    def test_revisions(self):
        for _ in range(3):
            self.register()
        self.register("api")
        arns = self.ecs.list_task_definitions(familyPrefix="app")["taskDefinitionArns"]
        self.assertEqual([arn.split("/")[1] for arn in arns], ["app:1", "app:2", "app:3"])
        page = self.ecs.list_task_definitions(sort="DESC", maxResults=2)
        self.assertEqual([arn.split("/")[1] for arn in page["taskDefinitionArns"]], ["app:3", "app:2"])
        rest = self.ecs.list_task_definitions(sort="DESC", nextToken=page["nextToken"])
        self.assertEqual([arn.split("/")[1] for arn in rest["taskDefinitionArns"]], ["app:1", "api:1"])
        with self.refused("ClientException"):
            self.ecs.deregister_task_definition(taskDefinition="app")
        deleted = self.ecs.deregister_task_definition(taskDefinition="app:3")["taskDefinition"]
        self.assertEqual(deleted["status"], "INACTIVE")
        self.assertIn("deregisteredAt", deleted)
        self.assertEqual(self.ecs.describe_task_definition(taskDefinition="app")["taskDefinition"]["revision"], 2)
        described = self.ecs.describe_task_definition(taskDefinition="app:3")["taskDefinition"]
        self.assertEqual(described["status"], "INACTIVE")
        inactive = self.ecs.list_task_definitions(status="INACTIVE")["taskDefinitionArns"]
        self.assertEqual(inactive, [deleted["taskDefinitionArn"]])
        answer = self.ecs.delete_task_definitions(taskDefinitions=["app:3", "app:2", "app:9"])
        self.assertEqual([one["status"] for one in answer["taskDefinitions"]], ["DELETE_IN_PROGRESS"])
        self.assertEqual(len(answer["failures"]), 2)
        with self.refused("ClientException"):
            self.ecs.describe_task_definition(taskDefinition="app:9")
        self.assertEqual(self.register()["revision"], 4)
        self.assertEqual(self.ecs.list_task_definition_families(familyPrefix="ap")["families"], ["api", "app"])

    def test_tags(self):
        self.register(tags=[{"key": "a", "value": "1"}])
        self.create(count=1, tags=[{"key": "a", "value": "1"}])
        arns = [
            self.cluster,
            self.service()["serviceArn"],
            self.ecs.list_task_definitions()["taskDefinitionArns"][0],
            self.until(self.tasks, bool)[0]["taskArn"],
        ]
        for arn in arns:
            self.ecs.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "2"}, {"key": "b", "value": "3"}])
            self.ecs.untag_resource(resourceArn=arn, tagKeys=["b"])
            self.assertEqual(self.ecs.list_tags_for_resource(resourceArn=arn)["tags"], [{"key": "a", "value": "2"}])
        with self.refused("InvalidParameterException"):
            self.ecs.tag_resource(resourceArn=self.cluster, tags=[{"key": "aws:x", "value": "1"}])
        with self.refused("ServiceNotFoundException"):
            self.ecs.list_tags_for_resource(resourceArn=arns[1] + "x")
        tagging = client("resourcegroupstaggingapi")

        def found():
            answer = tagging.get_resources(TagFilters=[{"Key": "a", "Values": ["2"]}])
            return {one["ResourceARN"] for one in answer["ResourceTagMappingList"]}

        self.assertEqual(found(), set(arns))
        self.ecs.delete_service(cluster="main", service="api", force=True)
        self.until(found, lambda left: left == {arns[0], arns[2]})


class Clusters(EcsCase):
    def describe(self, name="main", *include):
        return self.ecs.describe_clusters(clusters=[name], include=list(include))["clusters"][0]

    def test_all_settings_are_described(self):
        strategy = [
            {"capacityProvider": "FARGATE", "base": 1, "weight": 1},
            {"capacityProvider": "FARGATE_SPOT", "base": 0, "weight": 3},
        ]
        exec_configuration = {"executeCommandConfiguration": {"logging": "DEFAULT"}}
        requested = {
            "clusterName": "other",
            "settings": [{"name": "containerInsights", "value": "enabled"}],
            "configuration": exec_configuration,
            "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
            "defaultCapacityProviderStrategy": strategy,
            "tags": [{"key": "Project", "value": "shop"}],
        }
        created = self.ecs.create_cluster(**requested)["cluster"]
        self.assertEqual(created["status"], "PROVISIONING")
        self.assertEqual(self.ecs.create_cluster(**requested)["cluster"]["clusterArn"], created["clusterArn"])
        with self.refused("InvalidParameterException"):
            self.ecs.create_cluster(clusterName="other", capacityProviders=["FARGATE"])
        found = self.until(lambda: self.describe("other"), lambda one: one["status"] == "ACTIVE")
        self.assertEqual(found["capacityProviders"], ["FARGATE", "FARGATE_SPOT"])
        self.assertEqual(found["defaultCapacityProviderStrategy"], strategy)
        self.assertEqual((found["settings"], found["tags"], found["statistics"]), ([], [], []))
        self.assertNotIn("configuration", found)
        found = self.describe("other", "SETTINGS", "TAGS", "CONFIGURATIONS", "STATISTICS", "ATTACHMENTS")
        self.assertEqual(found["settings"], requested["settings"])
        self.assertEqual((found["tags"], found["configuration"]), (requested["tags"], exec_configuration))
        self.assertIn({"name": "runningFargateTasksCount", "value": "0"}, found["statistics"])
        self.assertEqual(found["attachmentsStatus"], "UPDATE_COMPLETE")

    def test_changes(self):
        self.ecs.update_cluster_settings(cluster="main", settings=[{"name": "containerInsights", "value": "enhanced"}])
        self.assertEqual(self.describe("main", "SETTINGS")["settings"][0]["value"], "enhanced")
        self.ecs.update_cluster(cluster="main", settings=[{"name": "containerInsights", "value": "disabled"}])
        self.assertEqual(self.describe("main", "SETTINGS")["settings"][0]["value"], "disabled")
        with self.refused("InvalidParameterException"):
            self.ecs.update_cluster_settings(cluster="main", settings=[{"name": "containerInsights", "value": "on"}])
        both = {"capacityProviders": ["FARGATE", "FARGATE_SPOT"], "defaultCapacityProviderStrategy": []}
        self.ecs.put_cluster_capacity_providers(cluster="main", **both)
        with self.refused("UpdateInProgressException"):
            self.ecs.put_cluster_capacity_providers(cluster="main", **both)
        self.until(
            lambda: self.describe("main", "ATTACHMENTS"), lambda one: one["attachmentsStatus"] == "UPDATE_COMPLETE"
        )
        self.register()
        self.create(launchType=None, capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}])
        with self.refused("ResourceInUseException"):
            self.ecs.put_cluster_capacity_providers(
                cluster="main", capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=[]
            )

    def test_counts_and_deletion(self):
        self.register()
        self.create()
        self.steady()
        found = self.describe("main", "STATISTICS")
        self.assertEqual((found["runningTasksCount"], found["activeServicesCount"]), (2, 1))
        self.assertIn({"name": "runningFargateTasksCount", "value": "2"}, found["statistics"])
        with self.refused("ClusterContainsServicesException"):
            self.ecs.delete_cluster(cluster="main")
        self.ecs.delete_service(cluster="main", service="api", force=True)
        self.until(self.service, lambda one: one["status"] == "INACTIVE")
        self.run_task()
        with self.refused("ClusterContainsTasksException"):
            self.ecs.delete_cluster(cluster="main")
        self.ecs.stop_task(cluster="main", task=self.tasks()[0]["taskArn"])
        self.until(self.describe, lambda one: not one["runningTasksCount"] and not one["pendingTasksCount"])
        deleted = self.until(self.delete, bool)
        self.assertEqual(deleted["status"], "INACTIVE")
        self.assertEqual(self.describe()["status"], "INACTIVE")
        self.assertEqual(self.ecs.list_clusters()["clusterArns"], [])
        with self.refused("ClusterNotFoundException"):
            self.create()
        self.assertEqual(self.ecs.create_cluster(clusterName="main")["cluster"]["status"], "ACTIVE")
        failures = self.ecs.describe_clusters(clusters=["none"])["failures"]
        self.assertEqual(failures[0]["reason"], "MISSING")

    def delete(self):
        try:
            return self.ecs.delete_cluster(cluster="main")["cluster"]
        except self.ecs.exceptions.ClusterContainsTasksException:
            return None

    def test_the_placeholder_image_is_assumed_to_exist(self):
        self.register()
        self.create(count=1)
        self.steady()
        self.assertEqual(self.tasks()[0]["containers"][0]["image"], PLACEHOLDER)
