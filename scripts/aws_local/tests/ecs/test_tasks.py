"""The additions to ECS tasks: RunTask, the life of a task, and ExecuteCommand."""

import json

from aws_local.ecs import container_commands, controls
from aws_local.tests.case import client
from aws_local.tests.ecs.case import PHASE, EcsCase

REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
MANIFEST = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
    "config": {
        "mediaType": "application/vnd.docker.container.image.v1+json",
        "size": 1,
        "digest": "sha256:" + "a" * 64,
    },
    "layers": [],
}


class Run(EcsCase):
    def setUp(self):
        super().setUp()
        self.register()

    def test_a_task_goes_through_its_states(self):
        self.control(phase_seconds=0.1)
        arn = self.run_task(["sleep", "2"])["tasks"][0]["taskArn"]
        states = []

        def look():
            found = self.task(arn)
            if found["lastStatus"] not in states:
                states.append(found["lastStatus"])
            return found

        self.until(look, lambda one: one["lastStatus"] == "STOPPED")
        self.assertEqual(states, ["PROVISIONING", "PENDING", "ACTIVATING", "RUNNING", "DEPROVISIONING", "STOPPED"])

    def test_a_command_is_simulated(self):
        found = self.finished(["sh", "-c", "echo a; sleep 1; echo b; exit 3"])
        (container,) = found["containers"]
        self.assertEqual((container["exitCode"], container["lastStatus"]), (3, "STOPPED"))
        self.assertEqual(found["stopCode"], "EssentialContainerExited")
        self.assertEqual(found["stoppedReason"], "Essential container in task exited")
        self.assertEqual(found["group"], "family:app")
        stream = f"api/app/{found['taskArn'].split('/')[-1]}"
        events = self.logs.get_log_events(logGroupName="/ecs/app", logStreamName=stream, startFromHead=True)["events"]
        self.assertEqual([one["message"] for one in events], ["a", "b"])
        apart = events[1]["timestamp"] - events[0]["timestamp"]
        self.assertAlmostEqual(apart, PHASE * 1000, delta=2)

    def test_how_tasks_end(self):
        for command, code, lines in (
            (["true"], 0, []),
            (["false"], 1, []),
            (["exit", "7"], 7, []),
            (["echo", "one", "two"], 0, ["one two"]),
            (["npx", "prisma", "migrate", "deploy"], 0, ["+ npx prisma migrate deploy"]),
            (["sh", "-c", "false && echo no; false || echo yes"], 0, ["yes"]),
        ):
            found = self.finished(command)
            self.assertEqual((found["containers"][0]["exitCode"], self.lines(found)), (code, lines), command)

    def test_env_does_not_print_secrets(self):
        client("ssm").put_parameter(Name="/app/token", Value="hush", Type="SecureString")
        secrets = [{"name": "TOKEN", "valueFrom": "/app/token"}]
        environment = [{"name": "PORT", "value": "3001"}, {"name": "MODE", "value": "a"}]
        self.register(containers=[self.container(secrets=secrets, environment=environment)])
        override = {"name": "app", "command": ["env"], "environment": [{"name": "MODE", "value": "b"}]}
        found = self.finished(overrides={"containerOverrides": [override]})
        self.assertEqual(self.lines(found), ["PORT=3001", "MODE=b", "TOKEN=<secret>"])
        self.assertEqual(found["overrides"]["containerOverrides"], [override])

    def test_without_a_command_it_runs_until_it_is_stopped(self):
        arn = self.run_task(startedBy="me")["tasks"][0]["taskArn"]
        self.until(lambda: self.task(arn), lambda one: one["lastStatus"] == "RUNNING")
        self.assertEqual([one["taskArn"] for one in self.tasks(startedBy="me")], [arn])
        self.assertEqual([one["taskArn"] for one in self.tasks(family="app")], [arn])
        self.assertEqual(self.tasks(startedBy="you"), [])
        stopped = self.ecs.stop_task(cluster="main", task=arn)["task"]
        self.assertEqual(stopped["desiredStatus"], "STOPPED")
        found = self.until(lambda: self.task(arn), lambda one: one["lastStatus"] == "STOPPED")
        self.assertEqual(found["stoppedReason"], "Task stopped by user")
        self.assertEqual(self.lines(found)[-1], "app received SIGTERM, stopping")
        self.assertEqual([one["taskArn"] for one in self.tasks("STOPPED")], [arn])
        with self.refused("InvalidParameterException"):
            self.ecs.stop_task(cluster="main", task="none")
        answer = self.ecs.describe_tasks(cluster="main", tasks=["none"])
        self.assertEqual(answer["failures"][0]["reason"], "MISSING")

    def test_several_with_tags_and_sizes(self):
        answer = self.run_task(
            count=3,
            tags=[{"key": "a", "value": "1"}],
            enableECSManagedTags=True,
            overrides={"cpu": "1024", "memory": "2048"},
        )
        self.assertEqual(len(answer["tasks"]), 3)
        for task in answer["tasks"]:
            self.assertEqual((task["cpu"], task["memory"]), ("1024", "2048"))
            self.assertEqual({tag["key"] for tag in task["tags"]}, {"a", "aws:ecs:clusterName"})
        with self.refused("ClientException"):
            self.run_task(overrides={"cpu": "1024", "memory": "512"})
        with self.refused("InvalidParameterException"):
            self.run_task(overrides={"containerOverrides": [{"name": "web"}]})
        with self.refused("InvalidParameterException"):
            self.run_task(count=11)

    def test_capacity_providers(self):
        self.ecs.put_cluster_capacity_providers(
            cluster="main",
            capacityProviders=["FARGATE_SPOT"],
            defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        )
        answer = self.ecs.run_task(
            cluster="main", taskDefinition="app", networkConfiguration=self.network_configuration
        )
        task = answer["tasks"][0]
        self.assertEqual((task["capacityProviderName"], task["launchType"]), ("FARGATE_SPOT", "FARGATE"))

    def test_a_token_makes_run_task_idempotent(self):
        first = self.run_task(clientToken="one")["tasks"][0]["taskArn"]
        self.assertEqual(self.run_task(clientToken="one")["tasks"][0]["taskArn"], first)
        self.assertEqual(len(self.tasks()), 1)
        with self.assertRaises(self.ecs.exceptions.ConflictException) as caught:
            self.run_task(clientToken="one", count=2)
        self.assertEqual(caught.exception.response["resourceIds"], [first])

    def test_no_capacity(self):
        self.control(fails="no-capacity", family="app", times=1)
        answer = self.run_task(count=2)
        self.assertEqual(len(answer["tasks"]), 1)
        self.assertRegex(answer["failures"][0]["reason"], "^Capacity is unavailable at this time")

    def test_roles_must_be_assumable(self):
        self.iam.update_assume_role_policy(
            RoleName="task",
            PolicyDocument=json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "ec2.amazonaws.com"},
                            "Action": "sts:AssumeRole",
                        }
                    ],
                }
            ),
        )
        with self.assertRaisesRegex(self.ecs.exceptions.ClientException, "ECS was unable to assume the role '.*/task'"):
            self.run_task()

    def test_a_new_role_is_propagated_late(self):
        fresh = self.role("fresh", ["s3:*"])
        self.register(taskRoleArn=fresh)
        # A lag applies only to roles that are created later.
        controls.iam_lag("POST", {"times": 1})
        self.run_task()
        later = self.role("later", ["s3:*"])
        self.run_task()
        with self.assertRaisesRegex(self.ecs.exceptions.ClientException, "Role is not valid"):
            self.register(taskRoleArn=later)
        self.register(taskRoleArn=later)
        controls.iam_lag("POST", {"times": 1, "where": "task"})
        self.register(taskRoleArn=self.role("slow", ["s3:*"]))
        with self.assertRaisesRegex(self.ecs.exceptions.ClientException, "ECS was unable to assume the role '.*/slow'"):
            self.run_task()
        self.run_task()
        controls.iam_lag("POST", {"times": 1, "role": "last"})
        controls.iam_lag("DELETE", {})
        self.register(taskRoleArn=self.role("last", ["s3:*"]))
        self.run_task()


class Failures(EcsCase):
    def failing(self, reason, containers=None, **more):
        self.register(containers=containers, **more)
        found = self.finished(["true"])
        self.assertEqual(found["stopCode"], "TaskFailedToStart", found.get("stoppedReason"))
        self.assertRegex(found["stoppedReason"], reason)
        self.assertNotIn("exitCode", found["containers"][0])
        return found

    def working(self, containers):
        self.register(containers=containers)
        found = self.finished(["true"])
        self.assertEqual(found["stopCode"], "EssentialContainerExited", found["stoppedReason"])
        return found

    def test_no_log_group(self):
        self.logs.delete_log_group(logGroupName="/ecs/app")
        self.failing(
            "^ResourceInitializationError: failed to validate logger args: .*ResourceNotFoundException: The specified "
            "log group does not exist"
        )

    def test_an_image_in_the_own_registry_must_exist(self):
        image = f"{REGISTRY}/app:1"
        containers = [self.container(image=image)]
        found = self.failing(f"^CannotPullContainerError: .*{image}: not found", containers)
        self.assertRegex(found["containers"][0]["reason"], "^CannotPullContainerError")
        ecr = client("ecr")
        ecr.create_repository(repositoryName="app")
        self.failing("^CannotPullContainerError", containers)

    def test_an_existing_image_is_pulled(self):
        ecr = client("ecr")
        ecr.create_repository(repositoryName="app")
        # Like a push, but without layers.
        from moto.ecr.models import Image, ecr_backends

        backend = ecr_backends["123456789012"]["us-east-1"]
        created = Image("123456789012", "1", json.dumps(MANIFEST), "app", MANIFEST["mediaType"], "sha256:" + "b" * 64)
        backend.repositories["app"].images.append(created)
        for reference in (":1", "@sha256:" + "b" * 64, ":1@sha256:" + "b" * 64):
            found = self.working([self.container(image=f"{REGISTRY}/app{reference}")])
            self.assertEqual(found["containers"][0]["imageDigest"], "sha256:" + "b" * 64)
        self.failing("^CannotPullContainerError", [self.container(image=f"{REGISTRY}/app:2")])
        self.failing("^CannotPullContainerError", [self.container(image=f"{REGISTRY}/app@sha256:{'c' * 64}")])
        self.allow("execution", "own", "logs:*")
        self.failing(
            "unable to retrieve ecr registry auth: .*AccessDeniedException: .*ecr:GetAuthorizationToken",
            [self.container(image=f"{REGISTRY}/app:1")],
        )

    def secret(self, value_from):
        return [self.container(secrets=[{"name": "DB", "valueFrom": value_from}])]

    def test_secrets_must_exist(self):
        arn = client("secretsmanager").create_secret(Name="db", SecretString='{"url": "x"}')["ARN"]
        for good in (arn, f"{arn}:url::", f"{arn}:url:AWSCURRENT:"):
            self.working(self.secret(good))
        self.failing(
            "^ResourceInitializationError: unable to pull secrets or registry auth: .*did not contain json key "
            "password",
            self.secret(f"{arn}:password::"),
        )
        self.failing("ResourceNotFoundException: Secrets Manager can't find", self.secret(arn.replace("db", "other")))
        self.failing("unable to retrieve secret from asm", self.secret(f"{arn}:url:NONE:"))

    def test_parameters_must_exist(self):
        client("ssm").put_parameter(Name="/app/url", Value="x", Type="String")
        prefix = "arn:aws:ssm:us-east-1:123456789012:parameter"
        for good in ("/app/url", f"{prefix}/app/url"):
            self.working(self.secret(good))
        self.failing("unable to retrieve secrets from ssm: .*invalid parameters: /app/none", self.secret("/app/none"))

    def test_the_execution_role_must_be_allowed_to_read_secrets(self):
        arn = client("secretsmanager").create_secret(Name="db", SecretString="x")["ARN"]
        self.allow("execution", "own", "secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:secret:other-*")
        found = self.failing(
            "^ResourceInitializationError: .*AccessDeniedException: User: .*:assumed-role/execution/", self.secret(arn)
        )
        self.assertIn("is not authorized to perform: secretsmanager:GetSecretValue", found["stoppedReason"])
        self.allow("execution", "own", ["secretsmanager:*", "logs:*"])
        self.working(self.secret(arn))
        self.allow("execution", "no", "secretsmanager:*", arn, "Deny")
        self.failing("with an explicit deny in an identity-based policy", self.secret(arn))

    def test_the_execution_role_must_be_allowed_to_write_logs(self):
        self.allow("execution", "own", ["ecr:*"])
        self.failing(
            "^ResourceInitializationError: failed to validate logger args: .*AccessDenied.*logs:CreateLogStream"
        )

    def test_controls(self):
        for fails, reason in (
            ("image-missing", "^CannotPullContainerError: "),
            ("secret-denied", "^ResourceInitializationError: unable to pull secrets .*AccessDeniedException"),
        ):
            self.control(fails=fails, image="public.ecr.aws/*")
            self.failing(reason)
            self.control("DELETE", image="public.ecr.aws/*")
        self.working(None)

    def test_out_of_memory_and_exits(self):
        self.register()
        self.control(fails="out-of-memory", family="app", times=1)
        found = self.finished()
        (container,) = found["containers"]
        self.assertEqual(container["exitCode"], 137)
        self.assertEqual(container["reason"], "OutOfMemoryError: Container killed due to memory usage")
        self.control(fails="exit", family="app", code=5, logs=["a", "b"])
        found = self.finished(["true"])
        self.assertEqual(found["containers"][0]["exitCode"], 5)
        self.assertEqual(self.lines(found), ["a", "b"])

    def test_late_logs(self):
        self.register()
        self.control(fails="late-logs", family="app", seconds=0.3)
        found = self.finished(["sh", "-c", "echo a; echo b; echo c"])
        self.assertEqual(self.lines(found), ["a"])
        lines = self.until(lambda: self.lines(found), lambda lines: len(lines) == 3)
        self.assertEqual(lines, ["a", "b", "c"])

    def test_late_reason(self):
        self.register()
        self.control(fails="exit", family="app", code=5, phase_seconds=0.5)
        self.control(fails="late-reason", family="app", seconds=0.3)
        arn = self.run_task(overrides={"containerOverrides": [{"name": "app", "command": ["true"]}]})["tasks"][0]["taskArn"]
        stopping = self.until(lambda: self.task(arn), lambda task: task["desiredStatus"] == "STOPPED")
        self.assertNotIn("stoppedReason", stopping)
        self.assertNotIn("exitCode", stopping["containers"][0])
        told = self.until(lambda: self.task(arn), lambda task: "stoppedReason" in task)
        self.assertEqual(told["containers"][0]["exitCode"], 5)
        self.assertNotEqual(told["lastStatus"], "STOPPED")

    def test_failures_of_one_account(self):
        self.register()
        self.control(fails="image-missing", account="999999999999")
        self.assertEqual(self.finished(["true"])["containers"][0]["exitCode"], 0)
        with self.assertRaises(ValueError):
            self.control(fails="something")
        with self.assertRaises(ValueError):
            self.control(wrong=1)


class Execute(EcsCase):
    def setUp(self):
        super().setUp()
        self.register()

    def running(self, agent="RUNNING", **more):
        arn = self.run_task(**more)["tasks"][0]["taskArn"]

        def reached(task):
            if task["lastStatus"] != "RUNNING":
                return False
            agents = task["containers"][0].get("managedAgents")
            return not agents or agents[0]["lastStatus"] == agent

        return self.until(lambda: self.task(arn), reached)

    def execute(self, task, **more):
        requested = {"cluster": "main", "task": task["taskArn"], "command": "/bin/sh", "interactive": True, **more}
        return self.ecs.execute_command(**requested)

    def test_a_session(self):
        task = self.running(enableExecuteCommand=True)
        self.assertTrue(task["enableExecuteCommand"])
        answer = self.execute(task)
        self.assertEqual((answer["taskArn"], answer["containerName"]), (task["taskArn"], "app"))
        self.assertTrue(answer["session"]["streamUrl"].startswith("wss://ssmmessages.us-east-1.amazonaws.com/"))
        self.assertTrue(answer["session"]["sessionId"].startswith("ecs-execute-command-"))
        self.assertIn("tokenValue", answer["session"])
        for wrong in ({"interactive": False}, {"container": "web"}):
            with self.refused("InvalidParameterException"):
                self.execute(task, **wrong)
        with self.refused("InvalidParameterException"):
            self.execute({"taskArn": "none"})
        with self.refused("ClusterNotFoundException"):
            self.execute(task, cluster="none")

    def test_execute_command_must_be_enabled(self):
        task = self.running()
        self.assertNotIn("managedAgents", task["containers"][0])
        with self.assertRaisesRegex(self.ecs.exceptions.InvalidParameterException, "execute command was not enabled"):
            self.execute(task)

    def test_no_agent(self):
        self.control(fails="no-agent", family="app")
        task = self.running("STOPPED", enableExecuteCommand=True)
        with self.assertRaisesRegex(self.ecs.exceptions.InvalidParameterException, "agent isn't running"):
            self.execute(task)

    def test_a_role_without_permission_for_session_manager(self):
        self.iam.delete_role_policy(RoleName="task", PolicyName="own")
        task = self.running(enableExecuteCommand=True)
        with self.refused("TargetNotConnectedException"):
            self.execute(task)

    def test_it_needs_a_role(self):
        self.register(taskRoleArn=None)
        with self.refused("InvalidParameterException"):
            self.run_task(enableExecuteCommand=True)
        with self.refused("InvalidParameterException"):
            self.create(enableExecuteCommand=True)


class Commands(EcsCase):
    def test_simulated_and_other_commands(self):
        self.assertTrue(container_commands.is_known(["sh", "-c", "echo a; sleep 1 && exit 2"]))
        self.assertFalse(container_commands.is_known(["sh", "-c", "while true; do sleep 1; done"]))
        self.assertFalse(container_commands.is_known(["node", "server.js"]))
        script = container_commands.run(["/bin/sh", "-lc", "echo 'a b'; node x | cat; sleep 0.5; echo c"], [], 1)
        self.assertEqual(script.code, 0)
        script = container_commands.run(["sh", "-c", "echo 'a b'; sleep 0.5; node x; exit 4; echo no"], [], 2)
        self.assertEqual(script.lines, [(0, "a b"), (1, "+ node x")])
        self.assertEqual((script.ends, script.code), (1, 4))
