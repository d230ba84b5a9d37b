"""A network, roles, a cluster and a task definition for the tests of ECS. A phase takes 20 ms."""

import json
import time

from aws_local import controls
from aws_local.ecs import controls as ecs_controls
from aws_local.tests.case import Case, client

ACCOUNT = "123456789012"
PATIENCE = 10
PHASE = 0.02
PLACEHOLDER = "public.ecr.aws/nginx/nginx:1.27"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        }
    ],
}
EXECUTION = ["ecr:*", "logs:CreateLogStream", "logs:PutLogEvents", "secretsmanager:GetSecretValue", "ssm:GetParameters"]


class EcsCase(Case):
    @classmethod
    def setUpClass(cls):
        cls.ecs, cls.iam, cls.logs, cls.elb = map(client, ("ecs", "iam", "logs", "elbv2"))

    def setUp(self):
        super().setUp()
        ecs_controls.reset()
        self.addCleanup(ecs_controls.reset)
        self.addCleanup(controls.healths.clear)
        self.control(phase_seconds=PHASE)
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [self.subnet(f"10.0.{at}.0/24", zone) for at, zone in enumerate("ab")]
        self.sg = self.group(self.vpc, "app")
        self.execution = self.role("execution", EXECUTION)
        self.task_role = self.role("task", ["ssmmessages:*"])
        self.logs.create_log_group(logGroupName="/ecs/app")
        self.cluster = self.ecs.create_cluster(clusterName="main")["cluster"]["clusterArn"]

    def control(self, method="POST", **told):
        ecs_controls.task(method, told)

    def subnet(self, block, zone):
        created = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=block, AvailabilityZone=f"us-east-1{zone}")
        return created["Subnet"]["SubnetId"]

    def role(self, name, actions, resource="*", effect="Allow"):
        created = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        self.allow(name, "own", actions, resource, effect)
        return created

    def allow(self, role, policy, actions, resource="*", effect="Allow"):
        statement = {"Effect": effect, "Action": actions, "Resource": resource}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        self.iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))

    def container(self, **more):
        return {
            "name": "app",
            "image": PLACEHOLDER,
            "portMappings": [{"containerPort": 3001}],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": "/ecs/app",
                    "awslogs-region": "us-east-1",
                    "awslogs-stream-prefix": "api",
                },
            },
            **more,
        }

    def register(self, family="app", containers=None, **more):
        requested = {
            "requiresCompatibilities": ["FARGATE"],
            "networkMode": "awsvpc",
            "cpu": "256",
            "memory": "512",
            "executionRoleArn": self.execution,
            "taskRoleArn": self.task_role,
            **more,
        }
        requested = {key: value for key, value in requested.items() if value is not None}
        containers = containers or [self.container()]
        return self.ecs.register_task_definition(family=family, containerDefinitions=containers, **requested)[
            "taskDefinition"
        ]

    @property
    def network_configuration(self):
        return {"awsvpcConfiguration": {"subnets": self.subnets, "securityGroups": [self.sg]}}

    def create(self, name="api", count=2, **more):
        requested = {
            "taskDefinition": "app",
            "launchType": "FARGATE",
            "networkConfiguration": self.network_configuration,
            **more,
        }
        requested = {key: value for key, value in requested.items() if value is not None}
        return self.ecs.create_service(cluster="main", serviceName=name, desiredCount=count, **requested)["service"]

    def update(self, name="api", **changes):
        return self.ecs.update_service(cluster="main", service=name, **changes)["service"]

    def service(self, name="api"):
        return self.ecs.describe_services(cluster="main", services=[name])["services"][0]

    def messages(self, name="api"):
        return [one["message"] for one in self.service(name)["events"]]

    def tasks(self, status="RUNNING", **requested):
        arns = self.ecs.list_tasks(cluster="main", desiredStatus=status, **requested)["taskArns"]
        return self.ecs.describe_tasks(cluster="main", tasks=arns)["tasks"] if arns else []

    def task(self, arn):
        return self.ecs.describe_tasks(cluster="main", tasks=[arn])["tasks"][0]

    def run_task(self, command=None, **more):
        requested = {
            "taskDefinition": "app",
            "launchType": "FARGATE",
            "networkConfiguration": self.network_configuration,
            **more,
        }
        if command is not None:
            requested.setdefault("overrides", {})["containerOverrides"] = [{"name": "app", "command": command}]
        return self.ecs.run_task(cluster="main", **requested)

    def finished(self, command=None, **more):
        """Runs a task until it has stopped."""
        arn = self.run_task(command, **more)["tasks"][0]["taskArn"]
        return self.until(lambda: self.task(arn), lambda task: task["lastStatus"] == "STOPPED")

    def lines(self, task, container="app"):
        stream = f"api/{container}/{task['taskArn'].split('/')[-1]}"
        found = self.logs.get_log_events(logGroupName="/ecs/app", logStreamName=stream, startFromHead=True)
        return [one["message"] for one in found["events"]]

    def until(self, look, is_so):
        """Polls until the condition holds."""
        deadline = time.monotonic() + PATIENCE
        while True:
            found = look()
            if is_so(found):
                return found
            if time.monotonic() > deadline:
                self.fail(f"timed out; last result: {found}")
            time.sleep(PHASE / 4)

    def steady(self, name="api"):
        """Waits until the deployment is complete and the tasks run, and returns the service."""
        return self.until(
            lambda: self.service(name),
            lambda one: (
                len(one["deployments"]) == 1
                and one["deployments"][0]["rolloutState"] == "COMPLETED"
                and one["runningCount"] == one["desiredCount"]
                and "steady state" in one["events"][0]["message"]
            ),
        )

    def deployment(self, at=0, name="api"):
        """The newest service deployment, or an earlier one."""
        found = self.ecs.list_service_deployments(cluster="main", service=name)["serviceDeployments"]
        arn = found[at]["serviceDeploymentArn"]
        return self.ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"][0]

    def ended(self, status, name="api"):
        return self.until(lambda: self.deployment(name=name), lambda one: one["status"] == status)

    def target_group(self, name="app", listener=True):
        group = self.elb.create_target_group(
            Name=name, Protocol="HTTP", Port=3001, VpcId=self.vpc, TargetType="ip", HealthCheckPath="/health"
        )["TargetGroups"][0]["TargetGroupArn"]
        if listener:
            gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
            self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.vpc)
            balancer = self.elb.create_load_balancer(Name=name, Subnets=self.subnets, SecurityGroups=[self.sg])
            forward = [{"Type": "forward", "TargetGroupArn": group}]
            arn = balancer["LoadBalancers"][0]["LoadBalancerArn"]
            self.elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=forward)
        return group

    def balanced(self, group):
        return [{"targetGroupArn": group, "containerName": "app", "containerPort": 3001}]

    def targets(self, group):
        found = self.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return {one["Target"]["Id"]: one["TargetHealth"]["State"] for one in found}
