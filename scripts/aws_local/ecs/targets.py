"""The tasks of a service in its target groups: registered when they run, deregistered when they stop, and their health.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-load-balancing.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LoadBalancer.html
"""

from moto.core.exceptions import ServiceException
from moto.elbv2.models import elbv2_backends

from aws_local import controls
from aws_local.ecs.requests import invalid
from aws_local.elbv2.target_groups import users

UNHEALTHY = {
    "State": "unhealthy",
    "Reason": "Target.FailedHealthChecks",
    "Description": "Health checks failed",
}


def _group(backend, arn):
    return elbv2_backends[backend.account_id][backend.region_name].target_groups.get(arn)


def check(backend, load_balancers, definition):
    """Validates the load balancers of CreateService and UpdateService."""
    for one in load_balancers:
        arn = one.get("targetGroupArn")
        if not arn:
            raise invalid("A load balancer needs a targetGroupArn: Classic Load Balancers are not supported by awsvpc.")
        group = _group(backend, arn)
        if group is None or next(users(group), None) is None:
            raise invalid(f"The target group with targetGroupArn {arn} does not have an associated load balancer.")
        if definition.network_mode == "awsvpc" and group.target_type != "ip":
            raise invalid(
                f"The provided target group {arn} has target type {group.target_type}, which is incompatible with the "
                "awsvpc network mode specified in the task definition."
            )
        name, port = one.get("containerName"), one.get("containerPort")
        container = definition.container(name)
        if container is None:
            raise invalid(f"The container {name} does not exist in the task definition.")
        if port not in [mapping.get("containerPort") for mapping in container["portMappings"]]:
            raise invalid(f"The container {name} did not have a container port {port} defined.")


def _targets_of(task):
    """Pairs of each target group of the task and its target."""
    for arn, port in task.ports:
        group = _group(task.backend, arn)
        target = group.targets.get((task.address, port)) if group else None
        if target is not None:
            yield group, port, target


def register(task):
    for arn, port in task.ports:
        group = _group(task.backend, arn)
        try:
            if group is None:
                raise ServiceException("One or more target groups not found")
            group.register([{"Id": task.address, "Port": port}])
            task.service.add_event(f"registered 1 targets in (target-group {arn})")
        except ServiceException as error:
            task.service.add_event(f"failed to register targets in (target-group {arn}) with (error {error.message})")


def deregister(task):
    found = list(_targets_of(task))
    if found:
        task.service.add_event("has begun draining connections on 1 tasks.")
    for group, port, _ in found:
        group.deregister([{"Id": task.address, "Port": port}])
        task.service.add_event(f"deregistered 1 targets in (target-group {group.arn})")


def judge(task):
    """Whether all targets of the task are healthy, and the group and port of one that is not."""
    found = list(_targets_of(task))
    if len(found) < len(task.ports):
        return False, None
    failing = None
    for group, port, target in found:
        health = controls.healths.get(task.address)
        if "unhealthy" in task.fails:
            target["_health"] = health = UNHEALTHY
        if health is None:
            # The first health checks have passed by now.
            target["_seen"] = True
        elif health["State"] != "healthy":
            failing = (group.arn, port, health)
    return failing is None, failing
