"""Container definitions: validation, and the defaults that AWS fills in.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
"""

import re

from aws_local.ecs.requests import client_error, invalid

NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
EMPTY_LISTS = ("portMappings", "environment", "mountPoints", "volumesFrom", "systemControls")
HEALTH_CHECK = {"interval": 30, "timeout": 5, "retries": 3}
HEALTH_CHECK_RANGES = {"interval": (5, 300), "timeout": (2, 60), "retries": (1, 10), "startPeriod": (0, 300)}
AWSLOGS_OPTIONS = ("awslogs-group", "awslogs-region")
CONDITIONS = ("START", "COMPLETE", "SUCCESS", "HEALTHY")
FARGATE_LOG_DRIVERS = ("awslogs", "splunk", "awsfirelens")
MAX_STOP_TIMEOUT = 120
ECR = re.compile(r"\d{12}\.dkr\.ecr[.-][a-z0-9.-]*amazonaws\.com(\.cn)?/")


def check(containers, task, fargate):
    """`task` has the memory, network mode, execution role and volumes of the request."""
    if not containers:
        raise client_error("Container list cannot be empty.")
    for one in containers:
        _check_one(one, task, fargate)
    names = [one["name"] for one in containers]
    for name in names:
        if names.count(name) > 1:
            raise client_error(f"Container name '{name}' is not unique within the task definition.")
    if all(one.get("essential") is False for one in containers):
        raise client_error("Task definition must have at least one essential container.")
    for one in containers:
        for required in one.get("dependsOn") or []:
            if required.get("containerName") not in names:
                raise client_error(f"Container '{one['name']}' depends on a container that is not in the task.")
            if required.get("condition") not in CONDITIONS:
                raise invalid(f"Invalid container dependency condition: {required.get('condition')}")
    _check_sums(containers, task)


def _check_one(one, task, fargate):
    if not one.get("name"):
        raise client_error("Container.name should not be null or empty.")
    if not one.get("image"):
        raise client_error("Container.image should not be null or empty.")
    if not NAME.fullmatch(one["name"]):
        raise client_error(
            f"Invalid container name '{one['name']}'. Up to 255 letters, numbers, hyphens and underscores are allowed."
        )
    if one["image"] != one["image"].strip():
        raise client_error("Container.image contains invalid characters.")
    if not task.get("memory") and not one.get("memory") and not one.get("memoryReservation"):
        raise client_error(
            f"Invalid setting for container '{one['name']}'. At least one of 'memory' or 'memoryReservation' must be "
            "specified."
        )
    for mapping in one.get("portMappings") or []:
        if task.get("networkMode") == "awsvpc" and mapping.get("hostPort") not in (None, mapping.get("containerPort")):
            raise client_error(
                "When networkMode=awsvpc, the host ports and container ports in port mappings must match."
            )
    for variable in one.get("environment") or []:
        if not variable.get("name"):
            raise client_error("The environment variable name should not be null or empty.")
    _check_secrets(one, task)
    _check_log(one, task, fargate)
    for name, (least, most) in HEALTH_CHECK_RANGES.items():
        value = (one.get("healthCheck") or {}).get(name)
        if value is not None and not least <= value <= most:
            raise client_error(f"Health check {name} must be between {least} and {most}. Value: {value}")
    if fargate and one.get("privileged"):
        raise client_error("Tasks using the Fargate launch type do not support privileged containers.")
    if fargate and (one.get("stopTimeout") or 0) > MAX_STOP_TIMEOUT:
        raise client_error(f"Invalid stopTimeout. On Fargate it must be {MAX_STOP_TIMEOUT} seconds or less.")
    if fargate and ECR.match(one["image"]) and not task.get("executionRoleArn"):
        raise client_error("Fargate requires task definition to have execution role ARN to support ECR images.")
    for mount in one.get("mountPoints") or []:
        if mount.get("sourceVolume") not in [volume.get("name") for volume in task.get("volumes") or []]:
            raise client_error(f"Unknown volume '{mount.get('sourceVolume')}'.")


def _check_secrets(one, task):
    if one.get("secrets") and not task.get("executionRoleArn"):
        raise client_error(
            "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'."
        )
    names = [secret.get("name") for secret in one.get("secrets") or []]
    taken = {variable["name"] for variable in one.get("environment") or []}
    for secret in one.get("secrets") or []:
        if not secret.get("name") or not secret.get("valueFrom"):
            raise client_error("The secret name and valueFrom should not be null or empty.")
        if names.count(secret["name"]) > 1:
            raise client_error(f"Duplicate secret names found: {secret['name']}. Each secret name must be unique.")
        if secret["name"] in taken:
            raise client_error(
                "The secret name must be unique and not shared with any new or existing environment variables set on "
                f"the container, such as '{secret['name']}'."
            )


def _check_log(one, task, fargate):
    log = one.get("logConfiguration")
    if not log:
        return
    driver, options = log.get("logDriver"), log.get("options") or {}
    if fargate and driver not in FARGATE_LOG_DRIVERS:
        raise client_error(f"Log driver '{driver}' is not supported on Fargate.")
    if driver != "awslogs":
        return
    required = [*AWSLOGS_OPTIONS, *(["awslogs-stream-prefix"] if fargate else [])]
    if any(name not in options for name in required):
        raise client_error(f"Log driver awslogs requires options: {', '.join(required)}")
    if fargate and not task.get("executionRoleArn"):
        raise client_error("Fargate requires task definition to have execution role ARN to support log driver awslogs.")


def _check_sums(containers, task):
    for name in ("cpu", "memory"):
        limit = task.get(name)
        if limit is None:
            continue
        for one in containers:
            if (one.get(name) or 0) > limit:
                raise client_error(
                    f"Invalid setting for container '{one['name']}'. '{name}' must not be greater than that of the "
                    "task."
                )
    if task.get("cpu") and sum(one.get("cpu") or 0 for one in containers) > task["cpu"]:
        raise client_error("The sum of the containers' 'cpu' must not be greater than that of the task.")


def filled(one, network_mode):
    """The definition as DescribeTaskDefinition shows it."""
    found = {**one, "cpu": one.get("cpu") or 0, "essential": one.get("essential") is not False}
    for name in EMPTY_LISTS:
        found[name] = list(one.get(name) or [])
    found["portMappings"] = [_mapping(mapping, network_mode) for mapping in found["portMappings"]]
    if one.get("healthCheck"):
        found["healthCheck"] = {**HEALTH_CHECK, **one["healthCheck"]}
    if one.get("logConfiguration"):
        found["logConfiguration"] = {"options": {}, **one["logConfiguration"]}
    return found


def _mapping(mapping, network_mode):
    port = mapping.get("containerPort")
    host = port if network_mode in ("awsvpc", "host") else mapping.get("hostPort") or 0
    return {"protocol": "tcp", **mapping, "hostPort": host}


def required_attributes(containers, task):
    """The attributes that a container instance must have."""
    version, capability = "docker-remote-api.", set()
    for one in containers:
        capability.add(f"{version}1.18")
        ecr, log = ECR.match(one["image"]), one.get("logConfiguration") or {}
        if ecr:
            capability |= {"ecr-auth", f"{version}1.19"}
        if log.get("logDriver"):
            capability |= {f"logging-driver.{log['logDriver']}", f"{version}1.19"}
        if (one.get("linuxParameters") or {}).get("initProcessEnabled"):
            capability.add(f"{version}1.25")
        if one.get("healthCheck"):
            capability.add(f"{version}1.24")
    if task.get("taskRoleArn"):
        capability.add("task-iam-role")
    names = {f"com.amazonaws.ecs.capability.{name}" for name in capability}
    if task.get("networkMode") == "awsvpc":
        names.add("ecs.capability.task-eni")
    for one in containers:
        if one.get("healthCheck"):
            names.add("ecs.capability.container-health-check")
        for secret in one.get("secrets") or []:
            store = "asm" if ":secretsmanager:" in secret["valueFrom"] else "ssm"
            names.add(f"ecs.capability.secrets.{store}.environment-variables")
        if task.get("executionRoleArn") and ECR.match(one["image"]):
            names.add("ecs.capability.execution-role-ecr-pull")
        if task.get("executionRoleArn") and (one.get("logConfiguration") or {}).get("logDriver") == "awslogs":
            names.add("ecs.capability.execution-role-awslogs")
    return [{"name": name} for name in sorted(names)]
