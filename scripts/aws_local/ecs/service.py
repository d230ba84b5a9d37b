"""A service: how DescribeServices shows it, its events, deployments and deletion.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceEvent.html
"""

from moto.moto_api._internal import mock_random

from aws_local.ecs import controls, rollback, scheduler, task_lifecycle
from aws_local.ecs.clock import clock_of, timestamp
from aws_local.ecs.deployments import Deployment, Revision, ServiceDeployment
from aws_local.ecs.requests import arn, shown

EVENTS = 100
# AWS shows inactive services for some time.
SHOWN_FOR = 3600


class Service:
    def __init__(self, cluster, name):
        self.backend, self.cluster, self.name = cluster.backend, cluster, name
        self.clock = clock_of(self.backend)
        self.region_name = self.backend.region_name
        self.cluster_name, self.cluster_arn = cluster.name, cluster.arn
        self.arn = self.physical_resource_id = arn(self.backend, f"service/{cluster.name}/{name}")
        self.status = "ACTIVE"
        self.created_at = self.clock.now
        self.request, self.was_updated = {}, False
        self.events = []
        self.deployments, self.service_deployments, self.revisions = [], [], []
        self.last_completed = None
        self.tasks_ever = []
        # Whether the event about the steady state was written, and until when no task is started.
        self.steady, self.not_before = False, 0
        # Settings, assigned in services.py.
        self.desired_count = 0
        self.launch_type, self.capacity_provider_strategy = None, []
        self.is_fargate, self.platform_version = True, None
        self.network, self.load_balancers = None, []
        self.deployment_configuration, self.health_check_grace_period = {}, None
        self.enable_execute_command = self.enable_ecs_managed_tags = False
        self.propagate_tags, self.availability_zone_rebalancing = "NONE", "ENABLED"
        self.tags, self.kept, self.task_definition = [], {}, None
        self.clock.watchers.append(self._watch)

    @property
    def primary(self):
        return self.deployments[0]

    @property
    def tasks(self):
        """The tasks that are not stopped."""
        self.tasks_ever = [one for one in self.tasks_ever if one.last_status != "STOPPED"]
        return self.tasks_ever

    @property
    def phase(self):
        return controls.phase(self.backend, self.primary.revision.task_definition)

    @property
    def grace_period(self):
        return self.health_check_grace_period or 0

    @property
    def effective_launch_type(self):
        return "FARGATE" if self.is_fargate else self.launch_type or "EC2"

    @property
    def running_count(self):
        return sum(one.last_status == "RUNNING" for one in self.tasks)

    @property
    def pending_count(self):
        return sum(one.is_pending for one in self.tasks)

    def add_event(self, text):
        """Writes an event."""
        message = f"(service {self.name}) {text}"
        event = {"id": str(mock_random.uuid4()), "createdAt": timestamp(self.clock.now), "message": message}
        self.events = [event, *self.events][:EVENTS]

    def wake_scheduler(self, seconds=0):
        """Runs the scheduler after this many seconds."""
        self.clock.after(seconds, scheduler.reconcile, self)

    def _watch(self):
        for task in list(self.tasks):
            if task.last_status == "RUNNING":
                task_lifecycle.check_health(task)

    def deploy(self, definition):
        """Starts a deployment of the current settings and this task definition."""
        for one in self.service_deployments:
            rollback.supersede(self, one)
        self.task_definition = definition.arn
        revision = Revision(self, definition)
        created = Deployment(self, revision)
        service_deployment = created.service_deployment = ServiceDeployment(self, created)
        self.revisions.append(revision)
        self.service_deployments.append(service_deployment)
        # Keeps the deployments that have tasks, and the one to roll back to.
        kept = [one for one in self.deployments if one.tasks or one is self.last_completed]
        self.deployments = [created, *kept]
        self.steady, self.not_before = False, 0
        if self.desired_count:
            self.clock.after(self.phase / 2, self._begin, service_deployment)
        else:
            self._begin(service_deployment)

    def _begin(self, service_deployment):
        if service_deployment.status == "PENDING" and self.status == "ACTIVE":
            service_deployment.become("IN_PROGRESS")
            scheduler.reconcile(self)

    def restore_settings(self, revision):
        """Restores the settings of a revision."""
        self.task_definition = revision.task_definition.arn
        self.network, self.load_balancers = revision.network, revision.load_balancers
        self.kept.update(revision.kept)

    def scale(self, count):
        if count != self.desired_count:
            self.desired_count = count
            self.steady = False
            self.primary.updated_at = self.clock.now
        self.wake_scheduler(self.phase / 2)

    def drain(self):
        self.status, self.desired_count = "DRAINING", 0
        for one in self.service_deployments:
            if not one.is_finished:
                one.become("STOPPED", "Service deployment was stopped because the service was deleted.")
        self.wake_scheduler(self.phase / 2)

    def forget_later(self):
        self.service_deployments, self.revisions = [], []
        if self._watch in self.clock.watchers:
            self.clock.watchers.remove(self._watch)
        self.clock.after(SHOWN_FOR, self._forget)

    def _forget(self):
        key = f"{self.cluster.name}:{self.name}"
        if self.backend.services.get(key) is self:
            del self.backend.services[key]

    def task_ended(self, task):
        """A task has exited, or was stopped because it is unhealthy."""
        if task.settled and task.deployment.rollout_state != "IN_PROGRESS":
            self.steady = False
            self.wake_scheduler()
        else:
            scheduler.failed(self, task.deployment)

    def task_settled(self, task):
        """A task runs and is healthy."""
        deployment = task.deployment
        if deployment.service_deployment.circuit_breaker.get("resetOnHealthyTask") is not False:
            deployment.failures = 0
            if deployment is deployment.service_deployment.deployment and deployment.rollout_state == "IN_PROGRESS":
                deployment.service_deployment.failures = 0
        deployment.reported_failing = False
        self.wake_scheduler()

    def shown(self, tags=True):
        deployments = [one for one in self.deployments if one is self.deployments[0] or one.tasks]
        current = [one.service_deployment.arn for one in deployments[:1]]
        return shown(
            serviceArn=self.arn,
            serviceName=self.name,
            clusterArn=self.cluster_arn,
            loadBalancers=self.load_balancers,
            serviceRegistries=self.kept.get("serviceRegistries") or [],
            status=self.status,
            desiredCount=self.desired_count,
            runningCount=self.running_count,
            pendingCount=self.pending_count,
            launchType=self.launch_type,
            capacityProviderStrategy=self.capacity_provider_strategy or None,
            platformVersion=self.platform_version,
            platformFamily="Linux" if self.is_fargate else None,
            taskDefinition=self.task_definition,
            deploymentConfiguration=self.deployment_configuration,
            deployments=[one.shown() for one in deployments],
            roleArn=f"arn:{self.backend.partition}:iam::{self.backend.account_id}:role/aws-service-role/"
            "ecs.amazonaws.com/AWSServiceRoleForECS",
            events=list(self.events),
            createdAt=timestamp(self.created_at),
            currentServiceDeployment=current[0] if current else None,
            currentServiceRevisions=[one.summary() for one in deployments],
            placementConstraints=self.kept.get("placementConstraints") or [],
            placementStrategy=self.kept.get("placementStrategy") or [],
            networkConfiguration=self.network,
            healthCheckGracePeriodSeconds=(
                self.grace_period if self.load_balancers else self.health_check_grace_period
            ),
            schedulingStrategy="REPLICA",
            deploymentController={"type": "ECS"},
            tags=self.tags if tags else [],
            createdBy=f"arn:{self.backend.partition}:iam::{self.backend.account_id}:root",
            enableECSManagedTags=self.enable_ecs_managed_tags,
            propagateTags=self.propagate_tags,
            enableExecuteCommand=self.enable_execute_command,
            availabilityZoneRebalancing=self.availability_zone_rebalancing,
        )
