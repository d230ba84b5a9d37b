"""Task definitions: registered with AWS's defaults, listed, deregistered and deleted.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTaskDefinitions.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteTaskDefinitions.html
"""

import re

from moto.ecs.models import EC2ContainerServiceBackend

from aws_local.ecs import container_definitions, fargate_sizes, roles
from aws_local.ecs.clock import clock_of, timestamp
from aws_local.ecs.requests import arn, check_tags, client_error, invalid, operation, page, shown

FAMILY = re.compile(r"[A-Za-z0-9_-]{1,255}")
ARCHITECTURES = ("X86_64", "ARM64")
SYSTEMS = re.compile(r"LINUX|WINDOWS_SERVER_\w+")
EPHEMERAL_GIB = (21, 200)
# Returned as they were sent.
KEPT = (
    "pidMode",
    "ipcMode",
    "proxyConfiguration",
    "inferenceAccelerators",
    "ephemeralStorage",
    "runtimePlatform",
    "enableFaultInjection",
    "trustedExecutionConfiguration",
)


class TaskDefinition:
    def __init__(self, backend, request, revision):
        self.backend = backend
        self.region_name = backend.region_name
        self.family = request["family"]
        self.revision = revision
        self.arn = arn(backend, f"task-definition/{self.family}:{revision}")
        self.status = "ACTIVE"
        self.tags = check_tags(request.get("tags"))
        self.network_mode = request.get("networkMode")
        self.cpu, self.memory = request.get("cpu"), request.get("memory")
        self.task_role_arn = request.get("taskRoleArn")
        self.execution_role_arn = request.get("executionRoleArn")
        self.requires_compatibilities = list(request.get("requiresCompatibilities") or [])
        self.containers = [
            container_definitions.filled(one, self.network_mode) for one in request["containerDefinitions"]
        ]
        self.required_attributes = container_definitions.required_attributes(self.containers, request)
        self.placement_constraints = list(request.get("placementConstraints") or [])
        self.volumes = [_volume(one) for one in request.get("volumes") or []]
        self.kept = {name: request[name] for name in KEPT if request.get(name) is not None}
        self.registered_at = clock_of(backend).now
        self.deregistered_at = self.delete_requested_at = None

    @property
    def supports_fargate(self):
        fits = self.cpu is not None and self.memory in fargate_sizes.SIZES.get(self.cpu, ())
        return self.network_mode == "awsvpc" and fits

    def container(self, name):
        return next((one for one in self.containers if one["name"] == name), None)

    def shown(self):
        return shown(
            taskDefinitionArn=self.arn,
            containerDefinitions=self.containers,
            family=self.family,
            taskRoleArn=self.task_role_arn,
            executionRoleArn=self.execution_role_arn,
            networkMode=self.network_mode,
            revision=self.revision,
            volumes=self.volumes,
            status=self.status,
            requiresAttributes=self.required_attributes,
            placementConstraints=self.placement_constraints,
            compatibilities=["EC2", "FARGATE"] if self.supports_fargate else ["EC2"],
            requiresCompatibilities=self.requires_compatibilities or None,
            cpu=None if self.cpu is None else str(self.cpu),
            memory=None if self.memory is None else str(self.memory),
            registeredAt=timestamp(self.registered_at),
            deregisteredAt=timestamp(self.deregistered_at),
            deleteRequestedAt=timestamp(self.delete_requested_at),
            registeredBy=f"arn:{self.backend.partition}:iam::{self.backend.account_id}:root",
            **self.kept,
        )


def _volume(volume):
    kinds = ("host", "dockerVolumeConfiguration", "efsVolumeConfiguration", "fsxWindowsFileServerVolumeConfiguration")
    found = {**volume}
    if not any(found.get(kind) is not None for kind in kinds) and not found.get("configuredAtLaunch"):
        found["host"] = {}
    if found.get("efsVolumeConfiguration"):
        found["efsVolumeConfiguration"] = {"rootDirectory": "/", **found["efsVolumeConfiguration"]}
    return found


def _identity(text):
    """The family and the revision; None if it has no revision."""
    family, _, revision = text.split("/")[-1].partition(":")
    if not revision:
        return family, None
    if not revision.isdigit():
        raise invalid(f"Invalid revision number. Number: {revision}")
    return family, int(revision)


def latest(backend, family):
    active = [one for one in backend.task_definitions.get(family, {}).values() if one.status == "ACTIVE"]
    return max(active, key=lambda one: one.revision, default=None)


def find(backend, text):
    """The task definition with this ARN or family:revision, or the newest active one of the family; None if missing."""
    family, revision = _identity(text)
    if revision is None:
        return latest(backend, family)
    return backend.task_definitions.get(family, {}).get(revision)


def to_run(backend, text):
    """A task definition from which tasks can be started."""
    found = find(backend, text) if text else None
    if found is None or found.status == "DELETE_IN_PROGRESS":
        raise client_error("TaskDefinition not found.")
    if found.status != "ACTIVE":
        raise client_error("TaskDefinition is inactive")
    return found


def _checked(backend, params):
    """The validated request, with sizes as numbers."""
    request = {**params}
    if not FAMILY.fullmatch(params.get("family") or ""):
        raise client_error(
            "Invalid family. Up to 255 letters (uppercase and lowercase), numbers, hyphens, and underscores are "
            "allowed."
        )
    fargate = "FARGATE" in (params.get("requiresCompatibilities") or [])
    for one in params.get("requiresCompatibilities") or []:
        if one not in ("EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"):
            raise client_error(f"Invalid compatibility: {one}")
    request["cpu"] = fargate_sizes.cpu_units(params.get("cpu"))
    request["memory"] = fargate_sizes.memory_mib(params.get("memory"))
    request["networkMode"] = params.get("networkMode") or ("awsvpc" if fargate else "bridge")
    if fargate:
        if request["networkMode"] != "awsvpc":
            raise client_error("Fargate only supports network mode 'awsvpc'.")
        fargate_sizes.check(request["cpu"], request["memory"])
        if params.get("pidMode") not in (None, "task"):
            raise client_error(
                f"Tasks using the Fargate launch type do not support pidMode '{params['pidMode']}'. The supported "
                "value for pidMode is 'task'."
            )
    platform = params.get("runtimePlatform") or {}
    if platform.get("cpuArchitecture") not in (None, *ARCHITECTURES):
        raise client_error(f"Invalid cpuArchitecture. Valid values: [{', '.join(ARCHITECTURES)}]")
    if platform.get("operatingSystemFamily") and not SYSTEMS.fullmatch(platform["operatingSystemFamily"]):
        raise client_error(f"Invalid operatingSystemFamily '{platform['operatingSystemFamily']}'.")
    size = (params.get("ephemeralStorage") or {}).get("sizeInGiB")
    if size is not None and not EPHEMERAL_GIB[0] <= size <= EPHEMERAL_GIB[1]:
        raise client_error("Invalid ephemeralStorage. The size must be between {} and {} GiB.".format(*EPHEMERAL_GIB))
    container_definitions.check(params.get("containerDefinitions"), request, fargate)
    roles.check_registered(backend, params.get("taskRoleArn"), params.get("executionRoleArn"))
    for name in ("taskRoleArn", "executionRoleArn"):
        if params.get(name):
            request[name] = roles.arn(backend, params[name])
    return request


def _register(backend, params):
    if params.get("tags") == []:
        raise client_error("Tags can not be empty.")
    request = _checked(backend, params)
    revisions = backend.task_definitions.setdefault(request["family"], {})
    # Numbers of deleted revisions are not used again.
    last = backend.__dict__.setdefault("last_revisions", {})
    revision = max([last.get(request["family"], 0), *revisions]) + 1
    created = TaskDefinition(backend, request, revision)
    revisions[revision] = created
    last[request["family"]] = revision
    return {"taskDefinition": created.shown(), "tags": created.tags}


def _describe(backend, params):
    found = find(backend, params.get("taskDefinition") or "")
    if found is None:
        raise client_error("Unable to describe task definition.")
    tags = found.tags if "TAGS" in (params.get("include") or []) else []
    return {"taskDefinition": found.shown(), "tags": tags}


def _deregister(backend, params):
    text = params.get("taskDefinition") or ""
    if _identity(text)[1] is None:
        raise client_error("Revision is missing.")
    found = find(backend, text)
    if found is None:
        raise client_error("The specified task definition does not exist.")
    if found.status == "ACTIVE":
        found.status, found.deregistered_at = "INACTIVE", clock_of(backend).now
    return {"taskDefinition": found.shown()}


def _delete(backend, params):
    names = params.get("taskDefinitions") or []
    if not names:
        raise invalid("size of TaskDefinition references list must be greater than 0")
    if len(names) > 10:
        raise invalid("Size of TaskDefinition references list cannot exceed 10")
    deleted, failures = [], []
    for name in names:
        family, revision = _identity(name)
        found = backend.task_definitions.get(family, {}).get(revision)
        reason = None
        if revision is None:
            reason = "The specified task definition identifier is invalid. Specify a valid name or ARN and try again."
        elif found is None:
            reason = (
                "The specified task definition does not exist. Specify a valid account, family, revision and try again."
            )
        elif found.status == "ACTIVE":
            reason = (
                "The specified task definition is still in ACTIVE status. Please deregister the target and try again."
            )
        if reason:
            failures.append({"arn": name, "reason": reason})
            continue
        if found.status == "INACTIVE":
            found.status, found.delete_requested_at = "DELETE_IN_PROGRESS", clock_of(backend).now
        deleted.append(found.shown())
    _forget(backend)
    return {"taskDefinitions": deleted, "failures": failures}


def _forget(backend):
    """Deletes the revisions in DELETE_IN_PROGRESS that are not in use."""
    used = {one.task_definition.arn for tasks in backend.tasks.values() for one in tasks.values()}
    for service in backend.services.values():
        used |= {one.revision.task_definition.arn for one in service.deployments}
    for revisions in backend.task_definitions.values():
        for number, one in list(revisions.items()):
            if one.status == "DELETE_IN_PROGRESS" and one.arn not in used:
                del revisions[number]


def _list(backend, params):
    prefix, status = params.get("familyPrefix"), params.get("status") or "ACTIVE"
    found = [
        one
        for family, revisions in backend.task_definitions.items()
        for one in revisions.values()
        if (not prefix or family == prefix) and one.status == status
    ]
    found.sort(key=lambda one: (one.family, one.revision), reverse=params.get("sort") == "DESC")
    return page(params, [one.arn for one in found], "taskDefinitionArns", 100)


def _families(backend, params):
    prefix, status = params.get("familyPrefix") or "", params.get("status") or "ALL"
    found = []
    for family, revisions in sorted(backend.task_definitions.items()):
        active = any(one.status == "ACTIVE" for one in revisions.values())
        if family.startswith(prefix) and revisions and status in ("ALL", "ACTIVE" if active else "INACTIVE"):
            found.append(family)
    return page(params, found, "families", 100)


def _describe_in_moto(self, task_definition_str):
    found = find(self, task_definition_str)
    if found is None:
        raise client_error("Unable to describe task definition.")
    return found


def install():
    operation("register_task_definition", _register)
    operation("describe_task_definition", _describe)
    operation("deregister_task_definition", _deregister)
    operation("delete_task_definitions", _delete)
    operation("list_task_definitions", _list)
    operation("list_task_definition_families", _families)
    EC2ContainerServiceBackend.describe_task_definition = _describe_in_moto
