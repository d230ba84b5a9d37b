"""The additions to deployments of ECS services."""

from aws_local.tests.ecs.case import EcsCase

BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}


class Rolling(EcsCase):
    def setUp(self):
        super().setUp()
        self.first = self.register()["taskDefinitionArn"]

    def test_a_service_deployment_has_a_life(self):
        self.create(deploymentConfiguration=BREAKER)
        found = self.deployment()
        self.assertIn(found["status"], ("PENDING", "IN_PROGRESS"))
        self.assertEqual(found["targetServiceRevision"]["requestedTaskCount"], 2)
        self.assertEqual(found["deploymentCircuitBreaker"], {"status": "MONITORING", "failureCount": 0, "threshold": 3})
        found = self.ended("SUCCESSFUL")
        self.assertEqual(found["targetServiceRevision"]["runningTaskCount"], 2)
        self.assertEqual(found["deploymentCircuitBreaker"]["status"], "MONITORING_COMPLETE")
        self.assertLessEqual(found["createdAt"], found["startedAt"])
        self.assertLess(found["startedAt"], found["finishedAt"])
        self.assertNotIn("stoppedAt", found)
        self.assertEqual(self.service()["currentServiceDeployment"], found["serviceDeploymentArn"])

    def test_old_tasks_stop_when_the_new_ones_run(self):
        self.create()
        self.steady()
        second = self.register()["taskDefinitionArn"]
        changed = self.update(taskDefinition=second)
        self.assertEqual([one["status"] for one in changed["deployments"]], ["PRIMARY", "ACTIVE"])
        self.assertEqual(changed["taskDefinition"], second)
        least = most = 2
        while self.deployment()["status"] != "SUCCESSFUL":
            running = [one for one in self.tasks() if one["lastStatus"] == "RUNNING"]
            least, most = min(least, len(running)), max(most, len(self.tasks()))
        self.assertEqual((least, most), (2, 4))
        self.assertEqual({one["taskDefinitionArn"] for one in self.tasks()}, {second})
        source = self.deployment()["sourceServiceRevisions"][0]["arn"]
        target = self.deployment()["targetServiceRevision"]["arn"]
        found = self.ecs.describe_service_revisions(serviceRevisionArns=[source, target, f"{target}0"])
        self.assertEqual([one["taskDefinition"] for one in found["serviceRevisions"]], [self.first, second])
        self.assertEqual(found["serviceRevisions"][0]["containerImages"][0]["containerName"], "app")
        self.assertEqual(found["failures"][0]["reason"], "MISSING")

    def test_the_number_of_tasks_stays_between_the_two_percentages(self):
        self.create(deploymentConfiguration={"maximumPercent": 100, "minimumHealthyPercent": 50})
        self.steady()
        self.update(forceNewDeployment=True)
        least = most = 2
        while self.deployment()["status"] != "SUCCESSFUL":
            tasks = self.tasks()
            least = min(least, sum(one["lastStatus"] == "RUNNING" for one in tasks))
            most = max(most, len(tasks))
        self.assertEqual((least, most), (1, 2))

    def test_a_desired_count_of_0_succeeds_at_once(self):
        self.create(count=0)
        self.assertEqual(self.deployment()["status"], "SUCCESSFUL")
        self.assertEqual(self.service()["deployments"][0]["rolloutState"], "COMPLETED")

    def test_the_same_settings_start_no_deployment(self):
        self.create(count=0)
        self.update(taskDefinition=self.first, networkConfiguration=self.network_configuration)
        self.assertEqual(len(self.ecs.list_service_deployments(cluster="main", service="api")["serviceDeployments"]), 1)

    def test_a_second_one_supersedes_the_first(self):
        self.create()
        self.steady()
        self.control(phase_seconds=0.2)
        self.update(forceNewDeployment=True)
        self.update(forceNewDeployment=True)
        self.control(phase_seconds=0.02)
        self.ended("SUCCESSFUL")
        self.assertEqual(self.deployment(1)["status"], "STOPPED")
        listed = self.ecs.list_service_deployments(cluster="main", service="api", status=["SUCCESSFUL"])
        self.assertEqual(len(listed["serviceDeployments"]), 2)
        page = self.ecs.list_service_deployments(cluster="main", service="api", maxResults=1)
        self.assertEqual(len(page["serviceDeployments"]), 1)
        self.assertIn("nextToken", page)

    def test_targets_change_over(self):
        group = self.target_group()
        self.create(loadBalancers=self.balanced(group))
        self.steady()
        old = set(self.targets(group))
        self.update(forceNewDeployment=True)
        self.steady()
        states = self.targets(group)
        self.assertEqual({states[one] for one in old}, {"draining"})
        self.assertEqual([states[one] for one in states if one not in old], ["healthy"] * 2)


class Breaker(EcsCase):
    def setUp(self):
        super().setUp()
        self.first = self.register()["taskDefinitionArn"]

    def fail_second(self, fails, **told):
        """Deploys a second revision whose tasks fail in this way."""
        self.control(fails=fails, family="app:2", **told)
        return self.register()["taskDefinitionArn"]

    def test_rolls_back_to_the_last_that_was_completed(self):
        self.create(deploymentConfiguration=BREAKER)
        before = self.steady()["deployments"][0]["id"]
        second = self.fail_second("image-missing")
        failing = self.update(taskDefinition=second)["deployments"][0]["id"]
        self.ended("ROLLBACK_IN_PROGRESS")
        self.assertEqual([one["id"] for one in self.service()["deployments"]][0], before)
        found = self.ended("ROLLBACK_SUCCESSFUL")
        breaker = found["deploymentCircuitBreaker"]
        self.assertEqual((breaker["status"], breaker["failureCount"], breaker["threshold"]), ("TRIGGERED", 3, 3))
        self.assertIn("circuit breaker", found["rollback"]["reason"])
        self.assertIn("circuit breaker", found["statusReason"])
        revision = self.ecs.describe_service_revisions(serviceRevisionArns=[found["rollback"]["serviceRevisionArn"]])
        self.assertEqual(revision["serviceRevisions"][0]["taskDefinition"], self.first)
        service = self.steady()
        self.assertEqual(service["taskDefinition"], self.first)
        reason = service["deployments"][0]["rolloutStateReason"]
        self.assertEqual(reason, "ECS deployment circuit breaker: rollback completed.")
        messages = self.messages()
        failed = f"(service api) (deployment {failing}) deployment failed: tasks failed to start."
        self.assertIn(failed, messages)
        self.assertEqual(messages[messages.index(failed) - 1], f"(service api) rolling back to deployment {before}.")
        stopped = [one for one in self.tasks("STOPPED") if one["taskDefinitionArn"] == second]
        self.assertEqual({one["stopCode"] for one in stopped}, {"TaskFailedToStart"})
        self.assertRegex(stopped[0]["stoppedReason"], "^CannotPullContainerError: ")

    def test_a_task_that_exits_has_failed(self):
        self.create(count=1, deploymentConfiguration=BREAKER)
        self.steady()
        self.update(taskDefinition=self.fail_second("exit", code=1, logs=["no database"]))
        self.ended("ROLLBACK_SUCCESSFUL")
        stopped = [one for one in self.tasks("STOPPED") if one["containers"][0].get("exitCode") == 1]
        self.assertGreaterEqual(len(stopped), 3)
        self.assertEqual(self.lines(stopped[0]), ["no database"])

    def test_an_unhealthy_task_has_failed(self):
        group = self.target_group()
        self.create(count=1, loadBalancers=self.balanced(group), deploymentConfiguration=BREAKER)
        self.steady()
        self.update(taskDefinition=self.fail_second("unhealthy"))
        self.until(lambda: self.targets(group), lambda found: "unhealthy" in found.values())
        self.ended("ROLLBACK_SUCCESSFUL")
        reasons = {one.get("stoppedReason") for one in self.tasks("STOPPED")}
        self.assertIn(f"Task failed ELB health checks in (target-group {group})", reasons)

    def test_container_health_counts_too(self):
        self.create(count=1, deploymentConfiguration=BREAKER)
        self.steady()
        self.update(taskDefinition=self.fail_second("container-unhealthy"))
        self.ended("ROLLBACK_SUCCESSFUL")
        reasons = {one.get("stoppedReason") for one in self.tasks("STOPPED")}
        self.assertIn("Task failed container health checks", reasons)

    def test_without_a_completed_deployment_the_rollback_fails(self):
        self.control(fails="exit", family="app")
        self.create(count=1, deploymentConfiguration=BREAKER)
        found = self.ended("ROLLBACK_FAILED")
        self.assertIn("no rollback candidate", found["statusReason"])
        self.assertEqual(self.service()["deployments"][0]["rolloutState"], "FAILED")
        self.until(self.tasks, lambda tasks: not tasks)
        stopped = len(self.tasks("STOPPED"))
        self.until(self.service, lambda one: one["pendingCount"] == one["runningCount"] == 0)
        self.assertEqual(len(self.tasks("STOPPED")), stopped)

    def test_without_rollback_the_deployment_stops(self):
        self.create(count=1, deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": False}})
        self.steady()
        self.update(taskDefinition=self.fail_second("image-missing"))
        found = self.ended("STOPPED")
        self.assertIn("stoppedAt", found)
        states = [one["rolloutState"] for one in self.service()["deployments"]]
        self.assertEqual(states, ["FAILED", "COMPLETED"])
        self.assertEqual([one["taskDefinitionArn"] for one in self.tasks()], [self.first])
        # A working deployment follows.
        self.control("DELETE", family="app:2")
        self.update(forceNewDeployment=True)
        self.ended("SUCCESSFUL")

    def test_without_a_circuit_breaker_it_keeps_trying(self):
        self.create(count=1)
        self.steady()
        self.update(taskDefinition=self.fail_second("image-missing"))
        self.until(self.service, lambda one: one["deployments"][0]["failedTasks"] > 5)
        self.assertEqual(self.deployment()["status"], "IN_PROGRESS")
        self.assertEqual(self.deployment()["deploymentCircuitBreaker"]["status"], "DISABLED")
        wanted = "(service api) is unable to consistently start tasks successfully."
        self.assertTrue(any(one.startswith(wanted) for one in self.messages()))

    def test_a_service_that_is_scaled_up_tolerates_more(self):
        self.create(count=10, deploymentConfiguration=BREAKER)
        self.assertEqual(self.deployment()["deploymentCircuitBreaker"]["threshold"], 5)


class Stop(EcsCase):
    def setUp(self):
        super().setUp()
        self.first = self.register()["taskDefinitionArn"]
        self.create()
        self.steady()

    def stop(self, **more):
        arn = self.deployment()["serviceDeploymentArn"]
        return self.ecs.stop_service_deployment(serviceDeploymentArn=arn, **more)

    def test_a_deployment_is_rolled_back(self):
        self.control(fails="no-capacity", family="app:2")
        self.update(taskDefinition=self.register()["taskDefinitionArn"])
        self.stop(stopType="ROLLBACK")
        self.assertEqual(self.deployment()["status"], "ROLLBACK_REQUESTED")
        self.stop()
        found = self.ended("ROLLBACK_SUCCESSFUL")
        self.assertEqual(found["statusReason"], "Service deployment rolled back by user.")
        self.assertEqual(self.steady()["taskDefinition"], self.first)

    def test_a_deployment_is_aborted(self):
        self.control(fails="no-capacity", family="app:2")
        self.update(taskDefinition=self.register()["taskDefinitionArn"])
        self.stop(stopType="ABORT")
        self.ended("STOPPED")
        self.assertEqual([one["taskDefinitionArn"] for one in self.tasks()], [self.first] * 2)

    def test_a_finished_deployment_cannot_be_stopped(self):
        with self.refused("ConflictException"):
            self.stop()
        with self.refused("ServiceDeploymentNotFoundException"):
            self.ecs.stop_service_deployment(serviceDeploymentArn=self.deployment()["serviceDeploymentArn"] + "x")
