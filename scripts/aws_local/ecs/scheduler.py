"""The service scheduler: keeps the desired number of tasks, and replaces old tasks in a rolling update.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
"""

import math

from aws_local.ecs import capacity_providers, controls, network, roles, rollback, task_lifecycle
from aws_local.ecs.requests import merged

SEE = "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."
NO_CAPACITY = "Capacity is unavailable at this time. Please try again later or in a different availability zone."
NO_INSTANCE = "No Container Instances were found in your cluster."
# After this many failures, each start waits twice as long as the previous one, up to this many phases.
PATIENT_FOR, LONGEST_WAIT = 10, 64
# Phases until a task that cannot be placed is tried again.
PLACE_AGAIN = 4
# The least number of phases that a rollback takes, even if it starts no task.
ROLLBACK_TAKES = 2


def reconcile(service):
    if service.status == "INACTIVE":
        return
    if service.status == "DRAINING":
        _drain(service)
        return
    primary = service.primary
    if primary.service_deployment.status == "PENDING":
        return
    if primary.rollout_state != "FAILED":
        _stop_old(service, primary)
        _start(service, primary)
    _stop_surplus(service, primary)
    _settle(service, primary)


def _drain(service):
    desired = [one for one in service.tasks if one.should_run]
    _stop(service, desired)
    if not service.tasks:
        service.status = "INACTIVE"
        service.deployments = []
        service.forget_later()


def _stop(service, tasks):
    if not tasks:
        return
    running = [one for one in tasks if one.last_status == "RUNNING"]
    if len(running) < len(tasks):
        service.add_event(f"has stopped {len(tasks) - len(running)} pending tasks.")
    if running:
        names = " ".join(f"(task {one.id})" for one in running)
        service.add_event(f"has stopped {len(running)} running tasks: {names}.")
    reason = f"Scaling activity initiated by (deployment {service.primary.id})"
    for one in tasks:
        task_lifecycle.stop(one, "ServiceSchedulerInitiated", reason)
    service.steady = False


def limits(service):
    """The least number of healthy tasks, and the largest number of tasks."""
    config, desired = service.deployment_configuration, service.desired_count
    lower = math.ceil(desired * config["minimumHealthyPercent"] / 100)
    return lower, math.floor(desired * config["maximumPercent"] / 100)


def _new_and_old(service, primary):
    desired = [one for one in service.tasks if one.should_run]
    new = [one for one in desired if one.deployment is primary]
    return new, [one for one in desired if one.deployment is not primary]


def _stop_old(service, primary):
    new, old = _new_and_old(service, primary)
    if not old:
        return
    useless = [one for one in old if not one.settled]
    useful = [one for one in old if one.settled]
    lower, _ = limits(service)
    spare = sum(one.settled for one in new) + len(useful) - lower
    _stop(service, useless + useful[: max(spare, 0)])


def _stop_surplus(service, primary):
    new, old = _new_and_old(service, primary)
    if primary.rollout_state == "FAILED" and old:
        return
    surplus = len(new) - service.desired_count
    if surplus > 0:
        # The newest are stopped first.
        _stop(service, sorted(new, key=lambda one: one.created_at)[-surplus:])


def _start(service, primary):
    new, old = _new_and_old(service, primary)
    missing = service.desired_count - len(new)
    if missing <= 0:
        return
    if service.not_before > service.clock.now:
        return
    room = missing
    if old:
        _, upper = limits(service)
        room = min(missing, upper - len(new) - len(old))
        if room <= 0 and all(one.settled for one in new + old):
            _report_stuck(service, primary)
    started = []
    for _ in range(max(room, 0)):
        task = _place(service, primary)
        if task is None:
            break
        started.append(task)
    if started:
        service.steady = False
        names = " ".join(f"(task {one.id})" for one in started)
        service.add_event(f"has started {len(started)} tasks: {names}.")


def _report_stuck(service, primary):
    if not primary.reported_stuck:
        primary.reported_stuck = True
        service.add_event(
            "was unable to stop or start tasks during a deployment because of the service deployment configuration. "
            "Update the minimumHealthyPercent or maximumPercent value and try again."
        )


def _place(service, primary):
    """Starts a task; None if there is no capacity, or it may not start."""
    revision, backend = primary.revision, service.backend
    definition = revision.task_definition
    no_capacity = controls.failures(backend, definition).get("no-capacity")
    if no_capacity:
        controls.use(no_capacity)
        service.add_event(f"was unable to place a task. Reason: {NO_CAPACITY} {SEE}")
    elif not service.is_fargate:
        service.add_event(
            "was unable to place a task because no container instance met all of its requirements. Reason: "
            f"{NO_INSTANCE} {SEE}"
        )
    if no_capacity or not service.is_fargate:
        failed(service, primary, PLACE_AGAIN)
        return None
    refusal = roles.refusal(backend, definition.execution_role_arn, definition.task_role_arn)
    if refusal:
        service.add_event(f"failed to launch a task with (error {refusal}).")
        failed(service, primary, PLACE_AGAIN)
        return None
    desired = [one for one in service.tasks if one.should_run]
    subnet = None
    if revision.network:
        subnet = network.choose_subnet(backend, revision.network, [one.subnet for one in desired])
    provider = None
    if service.capacity_provider_strategy:
        taken = [one.capacity_provider_name for one in desired if one.deployment is primary]
        provider = capacity_providers.choose(service.capacity_provider_strategy, taken)
    task = task_lifecycle.launch(
        service.cluster,
        definition,
        service=service,
        deployment=primary,
        launch_type="FARGATE",
        capacity_provider=provider,
        network=revision.network,
        subnet=subnet,
        group=f"service:{service.name}",
        started_by=primary.id,
        execute_command=service.enable_execute_command,
        tags=_tags(service, definition),
        ports=[(one["targetGroupArn"], one["containerPort"]) for one in revision.load_balancers],
    )
    service.tasks_ever.append(task)
    return task


def _tags(service, definition):
    found = []
    if service.propagate_tags == "SERVICE":
        found = service.tags
    elif service.propagate_tags == "TASK_DEFINITION":
        found = definition.tags
    managed = []
    if service.enable_ecs_managed_tags:
        managed = [
            {"key": "aws:ecs:clusterName", "value": service.cluster.name},
            {"key": "aws:ecs:serviceName", "value": service.name},
        ]
    return merged(found, managed)


def failed(service, deployment, wait=0):
    """Records a failed task of the deployment; the next one starts after a delay."""
    deployment.failures += 1
    service.steady = False
    over = deployment.failures - PATIENT_FOR
    phases = max(wait, min(2**over, LONGEST_WAIT) if over > 0 else 0)
    service.not_before = service.clock.now + phases * service.phase
    service.wake_scheduler(phases * service.phase)
    if deployment.failures > PATIENT_FOR // 2 and not deployment.reported_failing:
        deployment.reported_failing = True
        service.add_event(f"is unable to consistently start tasks successfully. {SEE}")
    rollback.watch(service, deployment)


def _settle(service, primary):
    new, old = _new_and_old(service, primary)
    at_work = [one for one in service.tasks if one.deployment is not primary and one.containers_run]
    if len(new) != service.desired_count or not all(one.settled for one in new) or old or at_work:
        return
    if primary.service_deployment.status in ("STOP_REQUESTED", "ROLLBACK_REQUESTED"):
        return
    begun = (primary.service_deployment.rollback or {}).get("at", 0)
    least = begun + ROLLBACK_TAKES * service.phase
    if primary.rollout_state == "IN_PROGRESS" and service.clock.now < least:
        service.clock.at(least, reconcile, service)
        return
    if primary.rollout_state == "IN_PROGRESS":
        rollback.completed(service, primary)
        service.add_event(f"(deployment {primary.id}) deployment completed.")
    if not service.steady and primary.rollout_state == "COMPLETED":
        service.steady = True
        service.add_event("has reached a steady state.")
