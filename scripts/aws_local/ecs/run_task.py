"""RunTask, StopTask, ListTasks and DescribeTasks.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopTask.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html
"""

import re

from aws_local.ecs import (
    capacity_providers,
    clusters,
    controls,
    fargate_sizes,
    service_settings,
    services,
    task_definitions,
    task_lifecycle,
)
from aws_local.ecs import (
    network as ecs_network,
)
from aws_local.ecs import (
    roles as ecs_roles,
)
from aws_local.ecs.requests import arn, check_tags, client_error, invalid, merged, operation, page, refused

MOST_STARTED, MOST_DESCRIBED = 10, 100
MAX_STARTED_BY, MAX_REASON = 128, 1024
NO_CAPACITY = "Capacity is unavailable at this time. Please try again later or in a different availability zone"
USER_STOPPED = "Task stopped by user"


def _overrides(given, definition):
    """The overrides, with sizes as numbers."""
    found = {key: value for key, value in (given or {}).items() if value is not None}
    for one in found.get("containerOverrides") or []:
        if definition.container(one.get("name")) is None:
            raise invalid(f"Override for container named {one.get('name')} is not a container in the TaskDefinition.")
    found["cpu"] = fargate_sizes.cpu_units(found.get("cpu")) or None
    found["memory"] = fargate_sizes.memory_mib(found.get("memory")) or None
    if found["cpu"] or found["memory"]:
        fargate_sizes.check(found["cpu"] or definition.cpu, found["memory"] or definition.memory)
        # ECS returns them as text.
    return {key: str(value) if key in ("cpu", "memory") else value for key, value in found.items() if value is not None}


def _tags(params, cluster, definition):
    propagate = params.get("propagateTags")
    if propagate == "SERVICE":
        raise invalid("propagateTags SERVICE is only supported for services.")
    service_settings.check_propagate(propagate)
    tags = check_tags(params.get("tags"))
    if propagate == "TASK_DEFINITION":
        tags = merged(tags, definition.tags)
    if params.get("enableECSManagedTags"):
        tags = merged(tags, [{"key": "aws:ecs:clusterName", "value": cluster.name}])
    return tags


def _repeated(backend, params):
    """The tasks that an earlier request with the same token has started."""
    token = params.get("clientToken")
    if not token:
        return None
    before = backend.__dict__.setdefault("run_tokens", {}).get(token)
    if before is None:
        return None
    request, tasks = before
    if request != params:
        error = refused("ConflictException", "The clientToken was used before, for a request that is not the same.")
        error.resourceIds = [task.task_arn for task in tasks]
        raise error
    return tasks


def _run(backend, params):
    cluster = clusters.find(backend, params.get("cluster"))
    tasks = _repeated(backend, params)
    if tasks is not None:
        return {"tasks": [task.shown() for task in tasks], "failures": []}
    count = 1 if params.get("count") is None else params["count"]
    if not 1 <= count <= MOST_STARTED:
        raise invalid(f"Invalid count: {count}. It must be between 1 and {MOST_STARTED}.")
    # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
    if not re.fullmatch(rf"[A-Za-z0-9_/-]{{0,{MAX_STARTED_BY}}}", params.get("startedBy") or ""):
        raise invalid(f"startedBy must have at most {MAX_STARTED_BY} letters, numbers, hyphens, slashes and underscores.")
    definition = task_definitions.to_run(backend, params.get("taskDefinition"))
    launch_type, strategy = capacity_providers.placement(cluster, params)
    fargate = capacity_providers.is_fargate(launch_type, strategy)
    if not fargate:
        raise invalid("No Container Instances were found in your cluster.")
    if not definition.supports_fargate:
        raise invalid("Task definition does not support launch_type FARGATE.")
    service_settings.check_platform(params.get("platformVersion"), fargate)
    network = ecs_network.checked(backend, params.get("networkConfiguration"), definition)
    overrides = _overrides(params.get("overrides"), definition)
    tags = _tags(params, cluster, definition)
    roles = {
        name: overrides.get(name) or own
        for name, own in (
            ("executionRoleArn", definition.execution_role_arn),
            ("taskRoleArn", definition.task_role_arn),
        )
    }
    if params.get("enableExecuteCommand") and not roles["taskRoleArn"]:
        raise invalid(
            "The task couldn't be started because a valid taskRoleArn is not being used. Specify a valid task role in "
            "your task definition and try again."
        )
    refusal = ecs_roles.refusal(backend, roles["executionRoleArn"], roles["taskRoleArn"])
    if refusal:
        raise client_error(refusal)
    started, failures = [], []
    for _ in range(count):
        no_capacity = controls.failures(backend, definition).get("no-capacity")
        if no_capacity:
            controls.use(no_capacity)
            failures.append({"reason": NO_CAPACITY})
            continue
        started.append(
            task_lifecycle.launch(
                cluster,
                definition,
                overrides=overrides,
                launch_type="FARGATE",
                capacity_provider=capacity_providers.choose(strategy, [one.capacity_provider_name for one in started]),
                network=network,
                subnet=ecs_network.choose_subnet(backend, network, [one.subnet for one in started]),
                group=params.get("group") or f"family:{definition.family}",
                started_by=params.get("startedBy"),
                execute_command=params.get("enableExecuteCommand"),
                tags=tags,
            )
        )
    if params.get("clientToken"):
        backend.run_tokens[params["clientToken"]] = (params, started)
    return {"tasks": [task.shown() for task in started], "failures": failures}


def lookup(backend, cluster, text):
    """The task with this id or ARN, or None."""
    return backend.tasks.get(cluster.name, {}).get(arn(backend, f"task/{cluster.name}/{(text or '').split('/')[-1]}"))


def _stop(backend, params):
    cluster = clusters.find(backend, params.get("cluster"))
    task = lookup(backend, cluster, params.get("task"))
    if task is None:
        raise invalid("The referenced task was not found.")
    reason = params.get("reason") or USER_STOPPED
    if len(reason) > MAX_REASON:
        raise invalid(f"reason cannot be longer than {MAX_REASON} characters.")
    task_lifecycle.stop(task, "UserInitiated", reason)
    if task.service:
        task.service.steady = False
        task.service.wake_scheduler(task.phase / 2)
    return {"task": task.shown()}


def _describe(backend, params):
    cluster = clusters.find(backend, params.get("cluster"))
    names = params.get("tasks") or []
    if not names:
        raise invalid("Tasks cannot be empty.")
    if len(names) > MOST_DESCRIBED:
        raise invalid(f"Tasks cannot have more than {MOST_DESCRIBED} elements.")
    tags, found, failures = "TAGS" in (params.get("include") or []), [], []
    for name in dict.fromkeys(names):
        task = lookup(backend, cluster, name)
        if task is None:
            missing = name if name.startswith("arn:") else arn(backend, f"task/{cluster.name}/{name}")
            failures.append({"arn": missing, "reason": "MISSING"})
        else:
            found.append(task.shown(tags))
    return {"tasks": found, "failures": failures}


def _list(backend, params):
    cluster = clusters.find(backend, params.get("cluster"))
    status = params.get("desiredStatus") or "RUNNING"
    if status not in ("RUNNING", "PENDING", "STOPPED"):
        raise invalid("desiredStatus should be one of [RUNNING,PENDING,STOPPED]")
    if params.get("startedBy") and (params.get("family") or params.get("serviceName")):
        raise invalid("startedBy must be the only filter.")
    group = None
    if params.get("serviceName"):
        service = services.lookup(backend, cluster, params["serviceName"])
        if service is None:
            raise refused("ServiceNotFoundException", "Service not found.")
        group = f"service:{service.name}"
    found = [
        one.task_arn
        for one in reversed(backend.tasks.get(cluster.name, {}).values())
        if one.desired_status == status
        and group in (None, one.group)
        and params.get("family") in (None, "", one.task_definition.family)
        and params.get("startedBy") in (None, "", one.started_by)
        and params.get("launchType") in (None, "", one.launch_type)
        and not params.get("containerInstance")
    ]
    return page(params, found, "taskArns", 100)


def install():
    operation("run_task", _run)
    operation("stop_task", _stop)
    operation("describe_tasks", _describe)
    operation("list_tasks", _list)
