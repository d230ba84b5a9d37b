"""Tasks as DescribeTasks shows them.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Container.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ManagedAgent.html
"""

from moto.moto_api._internal import mock_random

from aws_local.ecs import controls, images, network
from aws_local.ecs.clock import clock_of, timestamp
from aws_local.ecs.requests import arn, hexadecimal, number, shown

PLATFORM = "1.4.0"
AGENT = "ExecuteCommandAgent"
PENDING_STATES = ("PROVISIONING", "PENDING", "ACTIVATING")
EPHEMERAL_GIB = 20


class Container:
    def __init__(self, task, definition, override):
        self.task = task
        self.definition = definition
        self.override = override
        self.name = definition["name"]
        self.arn = arn(task.backend, f"container/{task.cluster.name}/{task.id}/{mock_random.uuid4()}")
        self.essential = definition["essential"]
        self.digest = None
        self.runtime_id = f"{task.id}-{number()[:10]}"
        self.last_status = "PENDING"
        self.exit_code = None
        self.reason = None
        self.health = "UNKNOWN"
        self.agent_status, self.agent_started_at, self.agent_reason = "PENDING", None, None

    @property
    def command(self):
        """The entry point and the command, overridden if so requested. Empty means the image's own."""
        return [
            *(self.definition.get("entryPoint") or []),
            *(self.override.get("command") or self.definition.get("command") or []),
        ]

    @property
    def environment(self):
        """Pairs of name and value; the value of a secret is `<secret>`."""
        found = {one["name"]: one.get("value") or "" for one in self.definition["environment"]}
        found |= {one["name"]: one.get("value") or "" for one in self.override.get("environment") or []}
        found |= {one["name"]: "<secret>" for one in self.definition.get("secrets") or []}
        return list(found.items())

    def shown(self):
        task, agents = self.task, None
        if task.enable_execute_command:
            agent = shown(
                name=AGENT,
                lastStatus=self.agent_status,
                lastStartedAt=timestamp(self.agent_started_at),
                reason=self.agent_reason,
            )
            agents = [agent]
        interfaces = []
        if task.interface:
            address = task.interface.private_ip_address
            interfaces = [{"attachmentId": task.attachment_id, "privateIpv4Address": address}]
        memory = self.override.get("memory") or self.definition.get("memory")
        reserved = self.override.get("memoryReservation") or self.definition.get("memoryReservation")
        return shown(
            containerArn=self.arn,
            taskArn=task.task_arn,
            name=self.name,
            image=self.definition["image"],
            imageDigest=self.digest,
            runtimeId=self.runtime_id if task.started_at else None,
            lastStatus=self.last_status,
            exitCode=self.exit_code if task.tells_why else None,
            reason=self.reason if task.tells_why else None,
            networkBindings=[],
            networkInterfaces=interfaces,
            healthStatus=self.health,
            managedAgents=agents,
            cpu=str(self.override.get("cpu") or self.definition["cpu"]),
            memory=None if memory is None else str(memory),
            memoryReservation=None if reserved is None else str(reserved),
        )


class Task:
    """A task. The keywords are the request; task_lifecycle.py changes its state."""

    def __init__(self, cluster, definition, **requested):
        self.backend = cluster.backend
        self.clock = clock_of(self.backend)
        self.cluster, self.cluster_arn, self.cluster_name = cluster, cluster.arn, cluster.name
        self.task_definition, self.task_definition_arn = definition, definition.arn
        self.id = hexadecimal()
        self.task_arn = arn(self.backend, f"task/{cluster.name}/{self.id}")
        self.service, self.deployment = requested.get("service"), requested.get("deployment")
        self.overrides = requested.get("overrides") or {}
        self.launch_type = requested["launch_type"]
        self.capacity_provider_name = requested.get("capacity_provider")
        self.network = requested.get("network")
        self.subnet = requested.get("subnet")
        self.group, self.started_by = requested["group"], requested.get("started_by")
        self.enable_execute_command = bool(requested.get("execute_command"))
        self.tags = requested.get("tags") or []
        self.ports = requested.get("ports") or []
        self.phase = controls.phase(self.backend, definition)
        failures = controls.failures(self.backend, definition)
        self.fails = {name: dict(one) for name, one in failures.items() if name != "no-capacity"}
        for name, one in failures.items():
            if name != "no-capacity":
                controls.use(one)
        by_name = {one["name"]: one for one in self.overrides.get("containerOverrides") or []}
        self.containers = [Container(self, one, by_name.get(one["name"], {})) for one in definition.containers]
        self.execution_role_arn = self.overrides.get("executionRoleArn") or definition.execution_role_arn
        self.task_role_arn = self.overrides.get("taskRoleArn") or definition.task_role_arn
        self.zone = network.zone_of(self.backend, self.subnet) if self.subnet else None
        self.attachment_id, self.interface, self.mac_address = str(mock_random.uuid4()), None, None
        self.attachment_status = "PRECREATED"
        self.last_status, self.desired_status = "PROVISIONING", "RUNNING"
        self.version = 1
        self.created_at = self.clock.now
        self.pull_started_at = self.pull_stopped_at = self.started_at = None
        self.stopping_at = self.execution_stopped_at = self.stopped_at = None
        self.stop_code = self.stopped_reason = None
        # Health according to the load balancer, and since when it has been unhealthy.
        self.healthy, self.unhealthy_since, self.settled = False, None, False

    @property
    def is_pending(self):
        return self.last_status in PENDING_STATES

    @property
    def should_run(self):
        return self.desired_status == "RUNNING"

    @property
    def containers_run(self):
        """Whether its containers may still be running."""
        return self.last_status not in ("DEPROVISIONING", "STOPPED")

    @property
    def tells_why(self):
        """Whether it is already shown why the task stops: that comes after the desired status."""
        late = self.fails.get("late-reason")
        return not late or not self.stopping_at or self.clock.now >= self.stopping_at + float(late.get("seconds", 1))

    @property
    def cpu(self):
        return str(self.overrides.get("cpu") or self.task_definition.cpu or "")

    @property
    def memory(self):
        return str(self.overrides.get("memory") or self.task_definition.memory or "")

    @property
    def health(self):
        checked = [one.health for one in self.containers if one.definition.get("healthCheck") and one.essential]
        checked += ["UNHEALTHY" for one in self.containers if one.health == "UNHEALTHY"]
        for state in ("UNHEALTHY", "UNKNOWN"):
            if state in checked:
                return state
        return "HEALTHY" if checked else "UNKNOWN"

    @property
    def address(self):
        return self.interface.private_ip_address if self.interface else None

    def become(self, status):
        self.last_status, self.version = status, self.version + 1

    def _attachments(self):
        if not self.subnet:
            return []
        details = [("subnetId", self.subnet)]
        if self.interface:
            details += [
                ("networkInterfaceId", self.interface.id),
                ("macAddress", self.interface.mac_address),
                ("privateDnsName", getattr(self.interface, "private_dns_name", None)),
                ("privateIPv4Address", self.interface.private_ip_address),
            ]
        return [
            {
                "id": self.attachment_id,
                "type": "ElasticNetworkInterface",
                "status": self.attachment_status,
                "details": [{"name": name, "value": value} for name, value in details if value],
            }
        ]

    def _overrides(self):
        given = {one["name"]: one for one in self.overrides.get("containerOverrides") or []}
        every = [given.get(one.name, {"name": one.name}) for one in self.containers]
        return {**self.overrides, "containerOverrides": every, "inferenceAcceleratorOverrides": []}

    def shown(self, tags=True):
        platform = self.task_definition.kept.get("runtimePlatform") or {}
        architecture = platform.get("cpuArchitecture") or "X86_64"
        fargate = self.launch_type == "FARGATE"
        storage = (
            self.overrides.get("ephemeralStorage")
            or self.task_definition.kept.get("ephemeralStorage")
            or {"sizeInGiB": EPHEMERAL_GIB}
        )
        times = {
            "createdAt": self.created_at,
            "connectivityAt": self.pull_started_at,
            "pullStartedAt": self.pull_started_at,
            "pullStoppedAt": self.pull_stopped_at,
            "startedAt": self.started_at,
            "stoppingAt": self.stopping_at,
            "executionStoppedAt": self.execution_stopped_at,
            "stoppedAt": self.stopped_at,
        }
        return shown(
            attachments=self._attachments(),
            attributes=[{"name": "ecs.cpu-architecture", "value": architecture.lower()}],
            availabilityZone=self.zone,
            capacityProviderName=self.capacity_provider_name,
            clusterArn=self.cluster_arn,
            connectivity="CONNECTED" if self.pull_started_at else None,
            containers=[one.shown() for one in self.containers],
            cpu=self.cpu,
            desiredStatus=self.desired_status,
            enableExecuteCommand=self.enable_execute_command,
            group=self.group,
            healthStatus=self.health,
            lastStatus=self.last_status,
            launchType=self.launch_type,
            memory=self.memory,
            overrides=self._overrides(),
            platformVersion=PLATFORM if fargate else None,
            platformFamily="Linux" if fargate else None,
            startedBy=self.started_by,
            stopCode=self.stop_code if self.tells_why else None,
            stoppedReason=self.stopped_reason if self.tells_why else None,
            tags=self.tags if tags else [],
            taskArn=self.task_arn,
            taskDefinitionArn=self.task_definition_arn,
            version=self.version,
            ephemeralStorage=storage if fargate else None,
            fargateEphemeralStorage=storage if fargate else None,
            **{name: timestamp(value) for name, value in times.items() if value is not None},
        )


def digests(task):
    """Resolves each container's image. Returns the first container whose image is missing."""
    for container in task.containers:
        container.digest = images.digest(task.backend, container.definition["image"])
        if container.digest is None:
            return container
    return None
