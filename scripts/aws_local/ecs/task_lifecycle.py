"""The life of a task, from PROVISIONING to STOPPED, one phase for each state; and why it stops.

A target is healthy one phase after its task runs, and the task is steady one phase later.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
"""

from aws_local.ecs import container_behaviour, images, logs, network, targets
from aws_local.ecs import secrets as ecs_secrets
from aws_local.ecs.tasks import Task, digests

EXITED = "Essential container in task exited"
# AWS shows stopped tasks for about an hour.
SHOWN_FOR = 3600
# At AWS a phase takes about ten seconds. Durations that ECS counts in seconds are scaled by this.
SECONDS_A_PHASE = 10
# Phases that a task must have run to be steady.
STEADY = 2


def launch(cluster, definition, **requested):
    """Starts a new task."""
    task = Task(cluster, definition, **requested)
    cluster.backend.tasks.setdefault(cluster.name, {})[task.task_arn] = task
    task.clock.after(task.phase, _attach, task)
    return task


def _attach(task):
    if not task.should_run:
        return
    if task.subnet:
        config = task.network["awsvpcConfiguration"]
        task.interface = network.attach(task.backend, task.subnet, config, task.attachment_id)
        if task.interface is None:
            _fail(task, f"Unexpected EC2 error while attempting to Create Network Interface in subnet '{task.subnet}'")
            return
        task.attachment_status = "ATTACHED"
    task.become("PENDING")
    task.pull_started_at = task.clock.now
    task.clock.after(task.phase, _pull, task)


def _refusal(task):
    """Why the task cannot start, and the container whose image is the reason, if any."""
    secrets = [secret for one in task.containers for secret in one.definition.get("secrets") or []]
    if "secret-denied" in task.fails:
        # A task without secrets fails to read one of its family.
        meant = (secrets or [{"valueFrom": f"/{task.task_definition.family}"}])[0]
        return ecs_secrets.denied(task.backend, task.execution_role_arn, task.id, meant), None
    error = ecs_secrets.failure(task.backend, task.execution_role_arn, task.id, secrets)
    if error:
        return error, None
    for container in task.containers:
        image = container.definition["image"]
        error = images.refused(task.backend, image, task.execution_role_arn, task.id)
        if error:
            return error, container if error.startswith("CannotPull") else None
    missing = digests(task)
    if "image-missing" in task.fails:
        missing = missing or task.containers[0]
    if missing:
        missing.digest = None
        return images.missing(missing.definition["image"]), missing
    return None, None


def _pull(task):
    if not task.should_run:
        return
    error, container = _refusal(task)
    if error:
        _fail(task, error, container)
        return
    task.pull_stopped_at = task.clock.now
    task.become("ACTIVATING")
    task.clock.after(task.phase, _run, task)


def _run(task):
    if not task.should_run:
        return
    for container in task.containers:
        error = logs.open_stream(task, container)
        if error:
            _fail(task, error)
            return
    task.started_at = task.clock.now
    task.become("RUNNING")
    for container in task.containers:
        container.last_status = "RUNNING"
        _start(task, container)
    if task.service:
        targets.register(task)
    for phases in (1, STEADY):
        task.clock.after(phases * task.phase, check_health, task)


def _start(task, container):
    script, reason = container_behaviour.script(task, container)
    start, late_logs = task.clock.now, task.fails.get("late-logs")
    for at, line in script.lines:
        # The last two lines are late.
        late = late_logs and script.ends is not None and (at, line) in script.lines[-2:]
        delay = float(late_logs.get("seconds", 1)) + script.ends - at if late else 0
        task.clock.at(start + at + delay, _print, task, container, start + at, line, bool(late))
    if script.ends is not None:
        task.clock.at(start + script.ends, _exit, task, container, script.code, reason)


def _print(task, container, moment, line, late=False):
    if late or container.last_status == "RUNNING":
        logs.write(task, container, moment, line)


def _exit(task, container, code, reason):
    """A container exits."""
    if container.last_status == "STOPPED":
        return
    container.last_status, container.exit_code, container.reason = "STOPPED", code, reason
    container.agent_status = "STOPPED"
    if not task.should_run:
        return
    if container.essential or all(one.last_status == "STOPPED" for one in task.containers):
        task.desired_status, task.stop_code, task.stopped_reason = "STOPPED", "EssentialContainerExited", EXITED
        task.stopping_at = task.clock.now
        if task.service:
            targets.deregister(task)
        _end_containers(task)
        if task.service:
            task.service.task_ended(task)


def _fail(task, reason, container=None):
    """The task fails to start."""
    task.desired_status, task.stop_code, task.stopped_reason = "STOPPED", "TaskFailedToStart", reason
    task.stopping_at = task.clock.now
    if container:
        container.reason = reason
    _end_containers(task)
    if task.service:
        task.service.task_ended(task)


def stop(task, code, reason):
    if not task.should_run:
        return
    task.desired_status, task.stop_code, task.stopped_reason = "STOPPED", code, reason
    if task.last_status != "RUNNING":
        task.stopping_at = task.clock.now
        _end_containers(task)
        return
    task.become("DEACTIVATING")
    if task.service:
        targets.deregister(task)
    task.clock.after(task.phase, _terminate, task)


def _terminate(task):
    task.become("STOPPING")
    task.stopping_at = task.clock.now
    late_logs = task.fails.get("late-logs")
    for container in task.containers:
        if container.last_status == "RUNNING":
            delay = float(late_logs.get("seconds", 1)) if late_logs else 0
            line = container_behaviour.farewell(container)
            task.clock.after(delay, _print, task, container, task.clock.now, line, bool(late_logs))
    task.clock.after(task.phase, _end_containers, task)


def _end_containers(task):
    task.execution_stopped_at = task.clock.now
    for container in task.containers:
        if container.last_status == "RUNNING":
            container.exit_code = container_behaviour.TERMINATED
        container.last_status = container.agent_status = "STOPPED"
    task.become("DEPROVISIONING")
    task.clock.after(task.phase, _deprovision, task)
    if task.service:
        task.service.wake_scheduler()


def _deprovision(task):
    if task.interface:
        network.detach(task.backend, task.interface)
        task.attachment_status = "DELETED"
    task.stopped_at = task.clock.now
    task.become("STOPPED")
    task.clock.after(SHOWN_FOR, _forget, task)
    if task.service:
        task.service.wake_scheduler()


def _forget(task):
    task.backend.tasks.get(task.cluster_name, {}).pop(task.task_arn, None)


def check_health(task):
    """Evaluates the health checks of the containers and the load balancer."""
    if task.last_status != "RUNNING" or task.clock.now < task.started_at + task.phase:
        return
    for container in task.containers:
        if "container-unhealthy" in task.fails and container.essential:
            container.health = "UNHEALTHY"
        elif container.definition.get("healthCheck"):
            container.health = "HEALTHY"
        if task.enable_execute_command and container.agent_status == "PENDING":
            _start_agent(task, container)
    if not task.service:
        return
    passed, failing = targets.judge(task)
    task.healthy = passed and task.health != "UNHEALTHY"
    if failing or task.health == "UNHEALTHY":
        _unhealthy(task, failing)
    else:
        task.unhealthy_since = None
    if task.healthy and not task.settled and task.clock.now >= task.started_at + STEADY * task.phase:
        task.settled = True
        task.service.task_settled(task)


def _start_agent(task, container):
    if "no-agent" in task.fails:
        container.agent_status, container.agent_reason = "STOPPED", "ExecuteCommandAgent failed to start"
    else:
        container.agent_status, container.agent_started_at = "RUNNING", task.clock.now


def _unhealthy(task, failing):
    """Stops an unhealthy task after a phase, but not before the grace period ends."""
    clock, grace = task.clock, task.service.grace_period * task.phase / SECONDS_A_PHASE
    task.settled = False
    if task.unhealthy_since is None:
        task.unhealthy_since = clock.now
        if failing:
            arn, port, health = failing
            why = health["Description"] or "Health checks failed"
            task.service.add_event(f"(port {port}) is unhealthy in (target-group {arn}) due to (reason {why})")
        clock.at(max(clock.now + task.phase, task.started_at + grace), check_health, task)
        return
    if clock.now < max(task.unhealthy_since + task.phase, task.started_at + grace):
        return
    if failing:
        reason = f"Task failed ELB health checks in (target-group {failing[0]})"
    else:
        reason = "Task failed container health checks"
        task.service.add_event(f"(task {task.id}) failed container health checks.")
    task.service.add_event(f"has stopped 1 running tasks: (task {task.id}).")
    stop(task, "ServiceSchedulerInitiated", reason)
    task.service.task_ended(task)
