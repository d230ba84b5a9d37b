"""The additions to ECS services."""

from aws_local import controls
from aws_local.ecs import controls as ecs_controls
from aws_local.tests.ecs.case import EcsCase


class Create(EcsCase):
    def setUp(self):
        super().setUp()
        self.definition = self.register()["taskDefinitionArn"]

    def test_the_service_linked_role_must_exist_and_be_known(self):
        message = "Unable to assume the service linked role"
        ecs_controls.iam_lag("POST", {"times": 2, "where": "service"})
        self.iam.delete_service_linked_role(RoleName="AWSServiceRoleForECS")
        with self.assertRaisesRegex(self.ecs.exceptions.InvalidParameterException, message):
            self.create()
        # CreateCluster creates the role, and does not know it yet.
        with self.assertRaisesRegex(self.ecs.exceptions.InvalidParameterException, message):
            self.ecs.create_cluster(clusterName="other")
        with self.assertRaisesRegex(self.ecs.exceptions.InvalidParameterException, message):
            self.create()
        self.create()

    def test_all_settings_are_described(self):
        group = self.target_group()
        breaker = {"enable": True, "rollback": True}
        created = self.create(
            count=1,
            platformVersion="1.4.0",
            loadBalancers=self.balanced(group),
            healthCheckGracePeriodSeconds=60,
            deploymentConfiguration={
                "maximumPercent": 150,
                "minimumHealthyPercent": 50,
                "deploymentCircuitBreaker": breaker,
            },
            enableExecuteCommand=True,
            enableECSManagedTags=True,
            propagateTags="SERVICE",
            availabilityZoneRebalancing="DISABLED",
            tags=[{"key": "Project", "value": "shop"}],
        )
        for found in (created, self.service()):
            self.assertEqual(found["launchType"], "FARGATE")
            self.assertEqual(found["platformVersion"], "1.4.0")
            self.assertEqual(found["platformFamily"], "Linux")
            self.assertEqual(found["schedulingStrategy"], "REPLICA")
            self.assertEqual(found["taskDefinition"], self.definition)
            self.assertEqual(found["loadBalancers"], self.balanced(group))
            self.assertEqual(found["healthCheckGracePeriodSeconds"], 60)
            self.assertEqual(
                found["networkConfiguration"]["awsvpcConfiguration"],
                {"subnets": self.subnets, "securityGroups": [self.sg], "assignPublicIp": "DISABLED"},
            )
            self.assertEqual(
                found["deploymentConfiguration"],
                {
                    "maximumPercent": 150,
                    "minimumHealthyPercent": 50,
                    "deploymentCircuitBreaker": breaker,
                    "strategy": "ROLLING",
                    "bakeTimeInMinutes": 0,
                },
            )
            self.assertTrue(found["enableExecuteCommand"] and found["enableECSManagedTags"])
            self.assertEqual(found["propagateTags"], "SERVICE")
            self.assertEqual(found["availabilityZoneRebalancing"], "DISABLED")
            self.assertEqual(found["deploymentController"], {"type": "ECS"})
        self.assertEqual(created["tags"], [{"key": "Project", "value": "shop"}])
        self.assertNotIn("tags", {key: value for key, value in self.service().items() if value})
        described = self.ecs.describe_services(cluster="main", services=["api"], include=["TAGS"])
        self.assertEqual(described["services"][0]["tags"], created["tags"])
        task = self.until(self.tasks, bool)[0]
        tags = self.ecs.describe_tasks(cluster="main", tasks=[task["taskArn"]], include=["TAGS"])["tasks"][0]["tags"]
        self.assertEqual(
            {tag["key"]: tag["value"] for tag in tags},
            {"Project": "shop", "aws:ecs:clusterName": "main", "aws:ecs:serviceName": "api"},
        )

    def test_a_capacity_provider_strategy_instead_of_a_launch_type(self):
        self.ecs.put_cluster_capacity_providers(
            cluster="main", capacityProviders=["FARGATE", "FARGATE_SPOT"], defaultCapacityProviderStrategy=[]
        )
        strategy = [
            {"capacityProvider": "FARGATE", "base": 1, "weight": 0},
            {"capacityProvider": "FARGATE_SPOT", "weight": 1},
        ]
        created = self.create(count=3, launchType=None, capacityProviderStrategy=strategy)
        self.assertNotIn("launchType", created)
        self.assertEqual([one["weight"] for one in created["capacityProviderStrategy"]], [0, 1])
        self.steady()
        taken = sorted(one["capacityProviderName"] for one in self.tasks())
        self.assertEqual(taken, ["FARGATE", "FARGATE_SPOT", "FARGATE_SPOT"])
        # Back to the launch type.
        self.assertEqual(self.update(capacityProviderStrategy=[])["launchType"], "FARGATE")

    def test_a_provider_must_be_associated_with_the_cluster(self):
        with self.refused("InvalidParameterException"):
            self.create(launchType=None, capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}])
        with self.refused("InvalidParameterException"):
            self.create(capacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1}])

    def test_create_service_is_idempotent(self):
        first = self.create(clientToken="one")
        self.assertEqual(self.create(clientToken="one")["serviceArn"], first["serviceArn"])
        self.assertEqual(len(self.ecs.list_services(cluster="main")["serviceArns"]), 1)
        with self.assertRaisesRegex(self.ecs.exceptions.InvalidParameterException, "was not idempotent"):
            self.create(clientToken="one", count=3)
        with self.assertRaisesRegex(self.ecs.exceptions.InvalidParameterException, "was not idempotent"):
            self.create(name="other", clientToken="one")

    def test_missing_resources_are_refused(self):
        with self.assertRaisesRegex(self.ecs.exceptions.InvalidParameterException, "associated load balancer"):
            self.create(loadBalancers=self.balanced(self.target_group(listener=False)))
        with self.assertRaisesRegex(self.ecs.exceptions.ClientException, "TaskDefinition not found"):
            self.create(taskDefinition="none")
        with self.refused("ClusterNotFoundException"):
            self.ecs.create_service(cluster="none", serviceName="api", desiredCount=1, taskDefinition="app")
        network = {"awsvpcConfiguration": {"subnets": ["subnet-0123456789abcdef0"]}}
        with self.assertRaisesRegex(self.ecs.exceptions.InvalidParameterException, "InvalidSubnetID.NotFound"):
            self.create(networkConfiguration=network)
        with self.refused("InvalidParameterException"):
            self.create(networkConfiguration=None)
        self.ecs.deregister_task_definition(taskDefinition=self.definition)
        with self.assertRaisesRegex(self.ecs.exceptions.ClientException, "TaskDefinition is inactive"):
            self.create(taskDefinition=self.definition)
        with self.refused("ServiceNotFoundException"):
            self.update(desiredCount=1)

    def test_containers_and_ports_of_load_balancers(self):
        group = self.target_group()
        for wrong in ({"containerName": "web"}, {"containerPort": 80}):
            with self.refused("InvalidParameterException"):
                self.create(loadBalancers=[{**self.balanced(group)[0], **wrong}])


class Update(EcsCase):
    def setUp(self):
        super().setUp()
        self.register()
        self.create(count=1)
        self.steady()

    def test_each_setting_changes_in_place(self):
        before = self.deployment()["serviceDeploymentArn"]
        changed = self.update(
            healthCheckGracePeriodSeconds=30,
            deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}},
            enableExecuteCommand=True,
            enableECSManagedTags=True,
            propagateTags="TASK_DEFINITION",
            availabilityZoneRebalancing="DISABLED",
        )
        self.assertEqual(changed["healthCheckGracePeriodSeconds"], 30)
        self.assertEqual(changed["deploymentConfiguration"]["maximumPercent"], 200)
        self.assertTrue(changed["deploymentConfiguration"]["deploymentCircuitBreaker"]["rollback"])
        self.assertTrue(changed["enableExecuteCommand"] and changed["enableECSManagedTags"])
        self.assertEqual(changed["propagateTags"], "TASK_DEFINITION")
        self.assertEqual(changed["availabilityZoneRebalancing"], "DISABLED")
        self.assertEqual(self.deployment()["serviceDeploymentArn"], before)
        self.update(forceNewDeployment=True)
        self.assertNotEqual(self.deployment()["serviceDeploymentArn"], before)

    def test_scaling_starts_no_deployment(self):
        self.update(desiredCount=3)
        self.assertEqual(self.steady()["runningCount"], 3)
        self.update(desiredCount=1)
        self.steady()
        (stopped,) = {one["stoppedReason"] for one in self.tasks("STOPPED")}
        self.assertRegex(stopped, r"Scaling activity initiated by \(deployment ecs-svc/\d+\)")
        self.assertEqual(len(self.ecs.list_service_deployments(cluster="main", service="api")["serviceDeployments"]), 1)
        self.assertTrue(any("has stopped 2 running tasks: (task " in one for one in self.messages()))

    def test_a_change_of_the_network_starts_a_deployment(self):
        network = {"awsvpcConfiguration": {"subnets": self.subnets[:1], "securityGroups": [self.sg]}}
        self.assertEqual(len(self.update(networkConfiguration=network)["deployments"]), 2)
        self.steady()
        details = self.tasks()[0]["attachments"][0]["details"]
        self.assertIn({"name": "subnetId", "value": self.subnets[0]}, details)


class Delete(EcsCase):
    def setUp(self):
        super().setUp()
        self.register()
        self.create()
        self.steady()

    def status(self):
        return self.service()["status"]

    def test_a_deleted_service_drains_and_becomes_inactive(self):
        with self.refused("InvalidParameterException"):
            self.ecs.delete_service(cluster="main", service="api")
        deleted = self.ecs.delete_service(cluster="main", service="api", force=True)["service"]
        self.assertEqual(deleted["status"], "DRAINING")
        with self.refused("ServiceNotActiveException"):
            self.update(desiredCount=1)
        with self.refused("InvalidParameterException"):
            self.create(count=1)
        with self.refused("ClusterContainsServicesException"):
            self.ecs.delete_cluster(cluster="main")
        self.until(self.status, lambda status: status == "INACTIVE")
        self.assertEqual(self.ecs.list_services(cluster="main")["serviceArns"], [])
        self.assertEqual(self.tasks(), [])
        with self.refused("ServiceNotFoundException"):
            self.ecs.delete_service(cluster="main", service="api")
        with self.refused("ServiceNotActiveException"):
            self.update(desiredCount=1)
        self.assertEqual(self.create(count=1)["status"], "ACTIVE")
        self.steady()

    def test_interfaces_of_tasks_keep_the_network_in_use(self):
        with self.refused("DependencyViolation"):
            self.ec2.delete_security_group(GroupId=self.sg)
        interface = self.ec2.describe_network_interfaces()["NetworkInterfaces"][0]
        with self.refused("InvalidNetworkInterface.InUse"):
            self.ec2.delete_network_interface(NetworkInterfaceId=interface["NetworkInterfaceId"])
        self.ecs.delete_service(cluster="main", service="api", force=True)
        self.until(self.status, lambda status: status == "INACTIVE")
        self.ec2.delete_security_group(GroupId=self.sg)

    def test_missing_ones_are_failures(self):
        found = self.ecs.describe_services(cluster="main", services=["none", "api"])
        self.assertEqual([one["reason"] for one in found["failures"]], ["MISSING"])
        self.assertEqual(len(found["services"]), 1)

    def test_listed_in_pages(self):
        for at in range(11):
            self.create(name=f"s{at}", count=0)
        page = self.ecs.list_services(cluster="main")
        self.assertEqual(len(page["serviceArns"]), 10)
        rest = self.ecs.list_services(cluster="main", nextToken=page["nextToken"])
        self.assertEqual(len(rest["serviceArns"]), 2)


class Tasks(EcsCase):
    def test_a_service_keeps_its_tasks(self):
        self.register()
        self.create()
        self.until(self.service, lambda one: one["pendingCount"] == 2)
        found = self.steady()
        self.assertEqual((found["runningCount"], found["pendingCount"]), (2, 0))
        first, second = self.tasks(serviceName="api")
        self.assertEqual({first["availabilityZone"], second["availabilityZone"]}, {"us-east-1a", "us-east-1b"})
        self.assertEqual(first["group"], "service:api")
        self.assertEqual(first["startedBy"], found["deployments"][0]["id"])
        self.assertLess(first["createdAt"], first["pullStartedAt"])
        self.assertLess(first["pullStoppedAt"], first["startedAt"])
        details = {one["name"]: one["value"] for one in first["attachments"][0]["details"]}
        (of_container,) = first["containers"][0]["networkInterfaces"]
        self.assertEqual(of_container["privateIpv4Address"], details["privateIPv4Address"])
        shown = self.ec2.describe_network_interfaces(NetworkInterfaceIds=[details["networkInterfaceId"]])
        self.assertEqual(shown["NetworkInterfaces"][0]["SubnetId"], details["subnetId"])
        self.assertEqual(shown["NetworkInterfaces"][0]["Groups"][0]["GroupId"], self.sg)
        self.assertEqual(self.lines(first), ["app listening on port 3001"])
        # A stopped task is replaced.
        self.ecs.stop_task(cluster="main", task=first["taskArn"], reason="by hand")
        self.until(
            lambda: {one["taskArn"] for one in self.tasks() if one["lastStatus"] == "RUNNING"} - {first["taskArn"]},
            lambda arns: len(arns) == 2,
        )
        stopped = self.until(lambda: self.task(first["taskArn"]), lambda one: one["lastStatus"] == "STOPPED")
        self.assertEqual((stopped["stopCode"], stopped["stoppedReason"]), ("UserInitiated", "by hand"))
        self.assertEqual(stopped["containers"][0]["exitCode"], 143)
        self.assertLessEqual(stopped["stoppingAt"], stopped["executionStoppedAt"])
        self.assertLess(stopped["executionStoppedAt"], stopped["stoppedAt"])
        self.assertEqual(self.steady()["runningCount"], 2)

    def test_events(self):
        self.register()
        deployment = self.create()["deployments"][0]["id"]
        self.steady()
        newest, completed, started = self.messages()
        self.assertEqual(newest, "(service api) has reached a steady state.")
        self.assertEqual(completed, f"(service api) (deployment {deployment}) deployment completed.")
        self.assertRegex(started, r"^\(service api\) has started 2 tasks: \(task \w{32}\) \(task \w{32}\)\.$")

    def test_running_tasks_are_targets(self):
        self.register()
        group = self.target_group()
        self.create(loadBalancers=self.balanced(group))
        self.steady()
        addresses = {one["containers"][0]["networkInterfaces"][0]["privateIpv4Address"] for one in self.tasks()}
        self.assertEqual(self.targets(group), dict.fromkeys(addresses, "healthy"))
        self.assertIn(f"(service api) registered 1 targets in (target-group {group})", self.messages())
        self.update(desiredCount=1)
        self.until(lambda: list(self.targets(group).values()).count("draining"), lambda count: count == 1)
        self.assertIn(f"(service api) deregistered 1 targets in (target-group {group})", self.messages())
        self.assertIn("(service api) has begun draining connections on 1 tasks.", self.messages())

    def test_a_task_with_an_unhealthy_target_is_replaced(self):
        self.register()
        group = self.target_group()
        self.create(count=1, loadBalancers=self.balanced(group), healthCheckGracePeriodSeconds=1)
        self.steady()
        (address,) = self.targets(group)
        controls.healths[address] = {"State": "unhealthy", "Reason": "Target.ResponseCodeMismatch", "Description": "no"}
        stopped = self.until(lambda: self.tasks("STOPPED"), bool)[0]
        self.assertEqual(stopped["stoppedReason"], f"Task failed ELB health checks in (target-group {group})")
        self.assertEqual(stopped["stopCode"], "ServiceSchedulerInitiated")
        self.assertIn(
            f"(service api) (port 3001) is unhealthy in (target-group {group}) due to (reason no)", self.messages()
        )
        self.steady()
        self.assertNotIn(address, [one for one, state in self.targets(group).items() if state == "healthy"])

    def test_no_capacity(self):
        self.register()
        self.control(fails="no-capacity", family="app")
        self.create(count=1)
        wanted = "(service api) was unable to place a task. Reason: Capacity is unavailable at this time. "
        self.until(self.messages, lambda found: any(one.startswith(wanted) for one in found))
        self.assertEqual(self.tasks(), [])
        self.control("DELETE", family="app")
        self.steady()

    def test_ec2_without_instances_has_no_capacity(self):
        self.register()
        self.assertEqual(self.create(count=1, launchType=None)["launchType"], "EC2")
        wanted = "(service api) was unable to place a task because no container instance met all of its requirements."
        self.until(self.messages, lambda found: any(one.startswith(wanted) for one in found))
        with self.refused("InvalidParameterException"):
            self.run_task(launchType="EC2")

    def test_a_command_in_the_definition_is_simulated(self):
        self.register(containers=[self.container(command=["sh", "-c", "echo no; exit 4"])])
        self.create(count=1)
        self.until(self.service, lambda one: one["deployments"][0]["failedTasks"] >= 2)
        stopped = self.until(lambda: self.tasks("STOPPED"), bool)[-1]
        self.assertEqual(stopped["containers"][0]["exitCode"], 4)
        self.register(containers=[self.container(command=["node", "server.js"])])
        self.update(taskDefinition="app")
        self.steady()

    def test_a_role_that_cannot_be_assumed(self):
        self.register()
        self.iam.delete_role_policy(RoleName="task", PolicyName="own")
        self.iam.delete_role(RoleName="task")
        self.create(count=1)
        found = self.until(self.messages, bool)[-1]
        self.assertTrue(found.startswith("(service api) failed to launch a task with (error ECS was unable to assume"))
        self.assertGreater(self.service()["deployments"][0]["failedTasks"], 0)
