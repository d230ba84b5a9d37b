"""CreateService, UpdateService, DeleteService, DescribeServices and ListServices.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteService.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html
"""

from moto.ecs.models import EC2ContainerServiceBackend

from aws_local.application_autoscaling import targets as targets_of_autoscaling
from aws_local.ecs import (
    capacity_providers,
    clusters,
    roles,
    service_settings,
    targets,
    task_definitions,
)
from aws_local.ecs import (
    network as ecs_network,
)
from aws_local.ecs.deployments import KEPT
from aws_local.ecs.requests import arn, check_tags, invalid, operation, page, refused
from aws_local.ecs.service import Service

MOST_DESCRIBED = 10
# Returned as they were sent.
SENT = (*KEPT, "placementConstraints", "placementStrategy", "monitoring", "gatewayConnectors")


def name_of(text):
    return (text or "").split("/")[-1]


def lookup(backend, cluster, text):
    """The service with this name or ARN in any state, or None."""
    return backend.services.get(f"{cluster.name}:{name_of(text)}")


def find(backend, params):
    """The active service of a request."""
    service = lookup(backend, clusters.find(backend, params.get("cluster")), params.get("service"))
    if service is None:
        raise refused("ServiceNotFoundException", "Service not found.")
    if service.status != "ACTIVE":
        raise refused("ServiceNotActiveException", "Service was not ACTIVE.")
    return service


def _existing_service(backend, cluster, params):
    """The service that the same request has created; refuses a request with other settings."""
    existing = lookup(backend, cluster, params["serviceName"])
    if existing is None or existing.status == "INACTIVE":
        token = params.get("clientToken")
        if token and any(one.request.get("clientToken") == token for one in cluster.services):
            raise invalid("Creation of service was not idempotent.")
        return None
    if existing.status == "DRAINING":
        raise invalid("Unable to Start a service that is still Draining.")

    def requested(request):
        return {key: value for key, value in request.items() if key != "clientToken" and value is not None}

    if requested(existing.request) != requested(params) or existing.was_updated:
        raise invalid("Creation of service was not idempotent.")
    return existing


def _fits(definition, fargate):
    if fargate and not definition.supports_fargate:
        raise invalid("Task definition does not support launch_type FARGATE.")
    if fargate and definition.requires_compatibilities and "FARGATE" not in definition.requires_compatibilities:
        raise invalid("Task definition does not support launch_type FARGATE.")


def _create(backend, params):
    cluster = clusters.find(backend, params.get("cluster"))
    service_settings.check_name(params.get("serviceName"))
    existing = _existing_service(backend, cluster, params)
    if existing:
        return {"service": existing.shown()}
    roles.check_linked(backend)
    service_settings.check_kinds(params)
    if params.get("desiredCount") is None:
        raise invalid("The desired count is required for the REPLICA scheduling strategy.")
    service_settings.check_count(params["desiredCount"])
    service_settings.check_grace(params.get("healthCheckGracePeriodSeconds"))
    service_settings.check_propagate(params.get("propagateTags"))
    service_settings.check_rebalancing(params.get("availabilityZoneRebalancing"))
    definition = task_definitions.to_run(backend, params.get("taskDefinition"))
    service_settings.check_execute(params.get("enableExecuteCommand"), definition, "created")
    launch_type, strategy = capacity_providers.placement(cluster, params)
    fargate = capacity_providers.is_fargate(launch_type, strategy)
    _fits(definition, fargate)
    platform = service_settings.check_platform(params.get("platformVersion"), fargate)
    network = ecs_network.checked(backend, params.get("networkConfiguration"), definition)
    balancers = params.get("loadBalancers") or []
    targets.check(backend, balancers, definition)
    created = Service(cluster, params["serviceName"])
    created.request = params
    created.launch_type, created.capacity_provider_strategy = launch_type, strategy
    created.is_fargate, created.platform_version = fargate, platform
    created.network, created.load_balancers = network, balancers
    created.desired_count = params["desiredCount"]
    created.deployment_configuration = service_settings.deployment_configuration(params.get("deploymentConfiguration"))
    created.health_check_grace_period = params.get("healthCheckGracePeriodSeconds")
    created.enable_execute_command = bool(params.get("enableExecuteCommand"))
    created.enable_ecs_managed_tags = bool(params.get("enableECSManagedTags"))
    created.propagate_tags = params.get("propagateTags") or "NONE"
    created.availability_zone_rebalancing = params.get("availabilityZoneRebalancing") or "ENABLED"
    created.tags = check_tags(params.get("tags"))
    created.kept = {name: params[name] for name in SENT if params.get(name) is not None}
    backend.services[f"{cluster.name}:{created.name}"] = created
    created.deploy(definition)
    return {"service": created.shown()}


def _changed(backend, service, params):
    """Checks an update. Returns the new task definition and the settings that need a new deployment."""
    current = service.primary.revision.task_definition
    definition = current
    if params.get("taskDefinition"):
        definition = task_definitions.to_run(backend, params["taskDefinition"])
    strategy = params.get("capacityProviderStrategy")
    launch_type, items, fargate = service.launch_type, service.capacity_provider_strategy, service.is_fargate
    if strategy:
        launch_type, items = None, capacity_providers.check_strategy(service.cluster, strategy)
        fargate = capacity_providers.is_fargate(None, items)
    elif strategy is not None and items:
        launch_type, items = "FARGATE" if fargate else "EC2", []
    _fits(definition, fargate)
    network = service.network
    if params.get("networkConfiguration") is not None:
        network = ecs_network.checked(backend, params["networkConfiguration"], definition)
    balancers = service.load_balancers
    if params.get("loadBalancers") is not None:
        balancers = params["loadBalancers"]
    if balancers and (definition is not current or params.get("loadBalancers") is not None):
        targets.check(backend, balancers, definition)
    platform = service.platform_version
    if params.get("platformVersion"):
        platform = service_settings.check_platform(params["platformVersion"], fargate)
    elif fargate != service.is_fargate:
        platform = service_settings.check_platform(None, fargate)
    execute = params.get("enableExecuteCommand")
    execute = service.enable_execute_command if execute is None else execute
    service_settings.check_execute(execute, definition, "updated")
    return definition, {
        "launch_type": launch_type,
        "capacity_provider_strategy": items,
        "is_fargate": fargate,
        "network": network,
        "load_balancers": balancers,
        "platform_version": platform,
        "enable_execute_command": execute,
    }


def _update(backend, params):
    shown = change(backend, find(backend, params), params).shown()
    # AWS does not promise to name the deployment that the call has started, and recorded answers do not.
    # https://github.com/aws/containers-roadmap/issues/2709
    shown.pop("currentServiceDeployment", None)
    return {"service": shown}


def change(backend, service, params):
    """Applies an UpdateService request, and returns the service."""
    service_settings.check_count(params.get("desiredCount"))
    service_settings.check_grace(params.get("healthCheckGracePeriodSeconds"))
    service_settings.check_propagate(params.get("propagateTags"))
    service_settings.check_rebalancing(params.get("availabilityZoneRebalancing"))
    service_settings.check_kinds({"deploymentController": params.get("deploymentController")})
    definition, changed = _changed(backend, service, params)
    configuration = service_settings.deployment_configuration(
        params.get("deploymentConfiguration"), service.deployment_configuration
    )
    deploys = bool(params.get("forceNewDeployment")) or definition is not service.primary.revision.task_definition
    for name in ("network", "load_balancers", "platform_version"):
        deploys = deploys or changed[name] != getattr(service, name)
    for name in KEPT:
        deploys = deploys or params.get(name) not in (None, service.kept.get(name))
    for name, value in changed.items():
        setattr(service, name, value)
    service.was_updated = True
    service.deployment_configuration = configuration
    service.kept.update({name: params[name] for name in SENT if params.get(name) is not None})
    for name, attribute in (
        ("healthCheckGracePeriodSeconds", "health_check_grace_period"),
        ("enableECSManagedTags", "enable_ecs_managed_tags"),
        ("propagateTags", "propagate_tags"),
        ("availabilityZoneRebalancing", "availability_zone_rebalancing"),
    ):
        if params.get(name) is not None:
            setattr(service, attribute, params[name])
    if params.get("desiredCount") is not None:
        service.scale(params["desiredCount"])
    if deploys:
        service.deploy(definition)
    return service


def _delete(backend, params):
    cluster = clusters.find(backend, params.get("cluster"))
    service = lookup(backend, cluster, params.get("service"))
    if service is None or service.status == "INACTIVE":
        raise refused("ServiceNotFoundException", "Service not found.")
    if service.status == "ACTIVE":
        if service.desired_count and not params.get("force"):
            raise invalid("The service cannot be stopped while it is scaled above 0.")
        service.drain()
        targets_of_autoscaling.drop_service(backend.account_id, backend.region_name, cluster.name, service.name)
    return {"service": service.shown()}


def _describe(backend, params):
    cluster = clusters.find(backend, params.get("cluster"))
    names = params.get("services") or []
    if not names:
        raise invalid("Services cannot be empty.")
    if len(names) > MOST_DESCRIBED:
        raise invalid(f"Services cannot have more than {MOST_DESCRIBED} elements.")
    found, failures = _described(backend, cluster, names)
    tags = "TAGS" in (params.get("include") or [])
    return {"services": [one.shown(tags) for one in found], "failures": failures}


def _described(backend, cluster, names):
    found, failures = [], []
    for name in names:
        service = lookup(backend, cluster, name)
        if service is None:
            missing = name if name.startswith("arn:") else arn(backend, f"service/{cluster.name}/{name}")
            failures.append({"arn": missing, "reason": "MISSING"})
        elif service not in found:
            found.append(service)
    return found, failures


def _list(backend, params):
    cluster = clusters.find(backend, params.get("cluster"))
    kind, strategy = params.get("launchType"), params.get("schedulingStrategy")
    found = [one.arn for one in cluster.services if kind in (None, one.launch_type) and strategy in (None, "REPLICA")]
    return page(params, found, "serviceArns", 10)


def _describe_in_moto(self, cluster_str, service_names_or_arns):
    """For Application Auto Scaling."""
    cluster = self.clusters.get(clusters.name_of(cluster_str))
    if cluster is None:
        raise refused("ClusterNotFoundException", "Cluster not found.")
    return _described(self, cluster, service_names_or_arns)


def _update_in_moto(self, service_properties):
    """For Application Auto Scaling, with `cluster`, `service`, `desired_count` and `task_definition`."""
    names = {"desired_count": "desiredCount", "task_definition": "taskDefinition"}
    params = {names.get(name, name): value for name, value in service_properties.items()}
    return change(self, find(self, params), params)


def install():
    operation("create_service", _create)
    operation("update_service", _update)
    operation("delete_service", _delete)
    operation("describe_services", _describe)
    operation("list_services", _list)
    EC2ContainerServiceBackend.describe_services = _describe_in_moto
    EC2ContainerServiceBackend.update_service = _update_in_moto
