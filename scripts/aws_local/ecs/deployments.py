"""Service revisions, deployments, and the service deployments that replace one revision by another.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeployment.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceRevision.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
"""

import math

from aws_local.ecs import images as ecs_images
from aws_local.ecs.clock import timestamp
from aws_local.ecs.requests import arn, number, shown, token
from aws_local.ecs.tasks import PLATFORM

# Settings that a service and its revisions return as they were sent.
KEPT = ("serviceRegistries", "serviceConnectConfiguration", "volumeConfigurations", "vpcLatticeConfigurations")
FINISHED = ("SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED")
# The circuit breaker's default threshold: half of the desired count, within these bounds.
LEAST_FAILURES, MOST_FAILURES = 3, 200
SHARE = {"type": "BOUNDED_PERCENT", "value": 50}


class Revision:
    """The settings of a service at one point in time."""

    def __init__(self, service, definition):
        self.service, self.task_definition = service, definition
        self.id = number()
        self.arn = arn(service.backend, f"service-revision/{service.cluster.name}/{service.name}/{self.id}")
        self.launch_type = service.launch_type
        self.capacity_provider_strategy = service.capacity_provider_strategy
        self.platform_version = PLATFORM if service.is_fargate else None
        self.network = service.network
        self.load_balancers = service.load_balancers
        self.kept = {name: service.kept[name] for name in KEPT if service.kept.get(name) is not None}
        self.created_at = service.clock.now

    def shown(self):
        backend = self.service.backend
        images = []
        for one in self.task_definition.containers:
            digest = ecs_images.digest(backend, one["image"])
            images.append(shown(containerName=one["name"], image=one["image"], imageDigest=digest))
        return shown(
            serviceRevisionArn=self.arn,
            serviceArn=self.service.arn,
            clusterArn=self.service.cluster_arn,
            taskDefinition=self.task_definition.arn,
            launchType=self.launch_type,
            capacityProviderStrategy=self.capacity_provider_strategy or None,
            platformVersion=self.platform_version,
            platformFamily="Linux" if self.platform_version else None,
            loadBalancers=self.load_balancers,
            networkConfiguration=self.network,
            containerImages=images,
            guardDutyEnabled=False,
            createdAt=timestamp(self.created_at),
            **self.kept,
        )


class Deployment:
    """The tasks of one revision, `ecs-svc/…`."""

    def __init__(self, service, revision):
        self.service, self.revision = service, revision
        self.id = f"ecs-svc/{number()}"
        self.service_deployment = None
        self.created_at = self.updated_at = service.clock.now
        self.rollout_state, self.rollout_reason = "", ""
        # Consecutive failures; a healthy task resets the count.
        self.failures = 0
        self.reported_stuck = self.reported_failing = False
        self.begin()

    def begin(self, reason=None):
        self.failures = 0
        self.roll("IN_PROGRESS", reason or f"ECS deployment {self.id} in progress.")

    def roll(self, state, reason):
        self.rollout_state, self.rollout_reason, self.updated_at = state, reason, self.service.clock.now

    @property
    def tasks(self):
        return [one for one in self.service.tasks if one.deployment is self]

    @property
    def is_primary(self):
        return self.service.primary is self

    def counts(self):
        """The numbers of requested, running and pending tasks."""
        tasks = self.tasks
        desired = self.service.desired_count if self.is_primary else sum(one.should_run for one in tasks)
        running = sum(one.last_status == "RUNNING" for one in tasks)
        return desired, running, sum(one.is_pending for one in tasks)

    def summary(self):
        desired, running, pending = self.counts()
        return {
            "arn": self.revision.arn,
            "requestedTaskCount": desired,
            "runningTaskCount": running,
            "pendingTaskCount": pending,
        }

    def shown(self):
        desired, running, pending = self.counts()
        revision = self.revision
        return shown(
            id=self.id,
            status="PRIMARY" if self.is_primary else "ACTIVE",
            taskDefinition=revision.task_definition.arn,
            desiredCount=desired,
            pendingCount=pending,
            runningCount=running,
            failedTasks=self.failures,
            createdAt=timestamp(self.created_at),
            updatedAt=timestamp(self.updated_at),
            capacityProviderStrategy=revision.capacity_provider_strategy or None,
            launchType=revision.launch_type,
            platformVersion=revision.platform_version,
            platformFamily="Linux" if revision.platform_version else None,
            networkConfiguration=revision.network,
            rolloutState=self.rollout_state,
            rolloutStateReason=self.rollout_reason,
            volumeConfigurations=revision.kept.get("volumeConfigurations"),
            serviceConnectConfiguration=revision.kept.get("serviceConnectConfiguration"),
        )


class ServiceDeployment:
    """The change from the source revisions to the target revision."""

    def __init__(self, service, deployment):
        self.service, self.deployment = service, deployment
        path = f"{service.cluster.name}/{service.name}/{token(21)}"
        self.arn = arn(service.backend, f"service-deployment/{path}")
        self.sources = [one for one in service.deployments if one.tasks or one is service.last_completed]
        self.configuration = service.deployment_configuration
        self.status, self.reason = "PENDING", None
        self.created_at = self.updated_at = service.clock.now
        self.started_at = self.finished_at = self.stopped_at = None
        self.rollback = None
        self.breaker = "MONITORING" if self.circuit_breaker.get("enable") else "DISABLED"
        self.failures = 0
        # Kept when the deployment is finished.
        self.last_target = self.last_sources = None

    @property
    def circuit_breaker(self):
        return self.configuration.get("deploymentCircuitBreaker") or {}

    @property
    def is_finished(self):
        return self.status in FINISHED

    @property
    def threshold(self):
        threshold = self.circuit_breaker.get("thresholdConfiguration") or SHARE
        if threshold["type"] == "COUNT":
            return threshold["value"]
        part = math.ceil(threshold["value"] / 100 * self.service.desired_count)
        if threshold["type"] == "UNBOUNDED_PERCENT":
            return max(part, 1)
        return min(max(part, LEAST_FAILURES), MOST_FAILURES)

    def become(self, status, reason=None):
        now = self.service.clock.now
        self.status, self.updated_at = status, now
        if reason:
            self.reason = reason
        if status == "IN_PROGRESS":
            self.started_at = now
        if self.is_finished:
            self.finished_at = now
            self.last_target = self.deployment.summary()
            self.last_sources = [one.summary() for one in self.sources]
            if status == "STOPPED":
                self.stopped_at = now
            if self.breaker == "MONITORING":
                self.breaker = "MONITORING_COMPLETE"

    def roll_back(self, reason, deployment):
        self.rollback = {"reason": reason, "at": self.service.clock.now, "revision": deployment.revision}

    def brief(self):
        return shown(
            serviceDeploymentArn=self.arn,
            serviceArn=self.service.arn,
            clusterArn=self.service.cluster_arn,
            startedAt=timestamp(self.started_at),
            createdAt=timestamp(self.created_at),
            finishedAt=timestamp(self.finished_at),
            targetServiceRevisionArn=self.deployment.revision.arn,
            status=self.status,
            statusReason=self.reason,
        )

    def shown(self):
        brief = self.brief()
        del brief["targetServiceRevisionArn"]
        rollback = self.rollback and shown(
            reason=self.rollback["reason"],
            startedAt=timestamp(self.rollback["at"]),
            serviceRevisionArn=self.rollback["revision"].arn,
        )
        return {
            **brief,
            **shown(
                stoppedAt=timestamp(self.stopped_at),
                updatedAt=timestamp(self.updated_at),
                sourceServiceRevisions=self.last_sources or [one.summary() for one in self.sources],
                targetServiceRevision=self.last_target or self.deployment.summary(),
                deploymentConfiguration=self.configuration,
                rollback=rollback,
                deploymentCircuitBreaker={
                    "status": self.breaker,
                    "failureCount": self.failures,
                    "threshold": self.threshold,
                },
            ),
        }
