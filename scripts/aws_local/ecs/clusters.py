"""Clusters: settings, capacity providers, counts, and deletion.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Cluster.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateClusterSettings.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteCluster.html
"""

import re

from moto.ecs.models import EC2ContainerServiceBackend

from aws_local.ecs import capacity_providers, controls, roles
from aws_local.ecs.clock import clock_of
from aws_local.ecs.requests import arn, check_tags, invalid, operation, page, refused, shown

DEFAULT = "default"
NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
INSIGHTS = ("enabled", "disabled", "enhanced")


class Cluster:
    def __init__(self, backend, name):
        self.backend = backend
        self.region_name = backend.region_name
        self.name = name
        self.arn = arn(backend, f"cluster/{name}")
        self.status = "ACTIVE"
        self.settings = [{"name": "containerInsights", "value": "disabled"}]
        self.configuration = None
        self.service_connect_defaults = None
        self.capacity_providers = []
        self.default_capacity_provider_strategy = []
        self.attachments_status = None
        self.tags = []

    @property
    def services(self):
        found = self.backend.services.values()
        return [one for one in found if one.cluster is self and one.status != "INACTIVE"]

    @property
    def tasks(self):
        return [one for one in self.backend.tasks.get(self.name, {}).values() if one.last_status != "STOPPED"]

    def counts(self):
        """By launch type: running tasks, pending tasks, active services, draining services."""
        found = {}
        for kind in ("EC2", "Fargate", "External"):
            tasks = [one for one in self.tasks if one.launch_type == kind.upper()]
            running = sum(one.last_status == "RUNNING" for one in tasks)
            pending = sum(one.is_pending for one in tasks)
            services = [one for one in self.services if one.effective_launch_type == kind.upper()]
            active = sum(one.status == "ACTIVE" for one in services)
            found[kind] = (running, pending, active, len(services) - active)
        return found

    def shown(self, include=("SETTINGS", "TAGS", "CONFIGURATIONS", "ATTACHMENTS")):
        counts = self.counts()
        statistics = []
        if "STATISTICS" in include:
            names = ("running{}TasksCount", "pending{}TasksCount", "active{}ServiceCount", "draining{}ServiceCount")
            statistics = [
                {"name": name.format(kind), "value": str(counts[kind][at])}
                for at, name in enumerate(names)
                for kind in counts
            ]
        return shown(
            clusterArn=self.arn,
            clusterName=self.name,
            status=self.status,
            registeredContainerInstancesCount=len(self.backend.container_instances.get(self.name, {})),
            runningTasksCount=sum(one[0] for one in counts.values()),
            pendingTasksCount=sum(one[1] for one in counts.values()),
            activeServicesCount=sum(one[2] for one in counts.values()),
            statistics=statistics,
            tags=self.tags if "TAGS" in include else [],
            settings=self.settings if "SETTINGS" in include else [],
            configuration=self.configuration if "CONFIGURATIONS" in include else None,
            capacityProviders=self.capacity_providers,
            defaultCapacityProviderStrategy=self.default_capacity_provider_strategy,
            attachments=[] if "ATTACHMENTS" in include else None,
            attachmentsStatus=self.attachments_status if "ATTACHMENTS" in include else None,
            serviceConnectDefaults=self.service_connect_defaults,
        )


def name_of(text):
    return (text or DEFAULT).split("/")[-1]


def find(backend, text):
    """The active cluster with this name or ARN, by default `default`."""
    cluster = backend.clusters.get(name_of(text))
    if cluster is None:
        raise refused("ClusterNotFoundException", "Cluster not found.")
    if cluster.status == "INACTIVE":
        raise refused("ClusterNotFoundException", "The referenced cluster was inactive.")
    return cluster


def _settings(given):
    for one in given or []:
        if one.get("name") != "containerInsights":
            raise invalid(f"Invalid setting name '{one.get('name')}'. Valid values: [containerInsights]")
        if one.get("value") not in INSIGHTS:
            raise invalid(f"Invalid value '{one.get('value')}' for setting containerInsights.")
    return [{"name": one["name"], "value": one["value"]} for one in given or []]


def _connect_defaults(backend, given):
    if given is None or not given.get("namespace"):
        return None
    namespace = given["namespace"]
    if not namespace.startswith("arn:"):
        region, account = backend.region_name, backend.account_id
        namespace = f"arn:{backend.partition}:servicediscovery:{region}:{account}:namespace/{namespace}"
    return {"namespace": namespace}


def _attach_providers(cluster):
    """Attaches the capacity providers after a phase."""
    cluster.attachments_status = "UPDATE_IN_PROGRESS"
    clock = clock_of(cluster.backend)

    def attached():
        cluster.attachments_status = "UPDATE_COMPLETE"
        if cluster.status == "PROVISIONING":
            cluster.status = "ACTIVE"

    clock.after(controls.phase(cluster.backend), attached)


def _create(backend, params):
    name = params.get("clusterName") or DEFAULT
    if not NAME.fullmatch(name):
        raise invalid("Identifiers can only contain letters, numbers, hyphens and underscores, up to 255 characters.")
    roles.check_linked(backend, create=True)
    created = Cluster(backend, name)
    created.settings = _settings(params.get("settings")) or created.settings
    created.configuration = params.get("configuration")
    created.service_connect_defaults = _connect_defaults(backend, params.get("serviceConnectDefaults"))
    created.tags = check_tags(params.get("tags"))
    created.capacity_providers = capacity_providers.check_providers(backend, params.get("capacityProviders"))
    strategy = capacity_providers.check_strategy(created, params.get("defaultCapacityProviderStrategy"))
    created.default_capacity_provider_strategy = strategy
    existing = backend.clusters.get(name)
    if existing is not None and existing.status != "INACTIVE":
        requested = {field for field in params if field != "clusterName" and params[field] not in (None, [])}
        if any(existing.shown().get(field) != created.shown().get(field) for field in requested):
            raise invalid(
                "Arguments on this idempotent request are inconsistent with arguments used in previous request(s)."
            )
        return {"cluster": existing.shown()}
    backend.clusters[name] = created
    if created.capacity_providers:
        created.status = "PROVISIONING"
        _attach_providers(created)
    return {"cluster": created.shown()}


def _describe(backend, params):
    found, failures = [], []
    for text in params.get("clusters") or [DEFAULT]:
        cluster = backend.clusters.get(name_of(text))
        if cluster is None:
            failures.append({"arn": arn(backend, f"cluster/{name_of(text)}"), "reason": "MISSING"})
        else:
            found.append(cluster.shown(params.get("include") or []))
    return {"clusters": found, "failures": failures}


def _list(backend, params):
    found = [one.arn for one in backend.clusters.values() if one.status != "INACTIVE"]
    return page(params, found, "clusterArns", 100)


def _merge_settings(cluster, given):
    named = {one["name"]: one for one in [*cluster.settings, *_settings(given)]}
    cluster.settings = list(named.values())


def _update(backend, params):
    cluster = find(backend, params.get("cluster"))
    if params.get("settings") is not None:
        _merge_settings(cluster, params["settings"])
    if params.get("configuration") is not None:
        cluster.configuration = params["configuration"]
    if params.get("serviceConnectDefaults") is not None:
        cluster.service_connect_defaults = _connect_defaults(backend, params["serviceConnectDefaults"])
    return {"cluster": cluster.shown()}


def _update_settings(backend, params):
    cluster = find(backend, params.get("cluster"))
    _merge_settings(cluster, params.get("settings"))
    return {"cluster": cluster.shown()}


def _put_capacity_providers(backend, params):
    cluster = find(backend, params.get("cluster"))
    if cluster.attachments_status == "UPDATE_IN_PROGRESS":
        raise refused(
            "UpdateInProgressException",
            "The specified cluster is in a busy state. Cluster attachments must be in UPDATE_COMPLETE or UPDATE_FAILED "
            "state before they can be updated. Wait and try again.",
        )
    providers = capacity_providers.check_providers(backend, params.get("capacityProviders"))
    updated = Cluster(backend, cluster.name)
    updated.capacity_providers = providers
    strategy = capacity_providers.check_strategy(updated, params.get("defaultCapacityProviderStrategy"))
    for service in cluster.services:
        if {one["capacityProvider"] for one in service.capacity_provider_strategy} - set(providers):
            raise refused("ResourceInUseException", "The specified capacity provider is in use and cannot be removed.")
    cluster.capacity_providers, cluster.default_capacity_provider_strategy = providers, strategy
    _attach_providers(cluster)
    return {"cluster": cluster.shown()}


def _delete(backend, params):
    cluster = backend.clusters.get(name_of(params.get("cluster")))
    if cluster is None:
        raise refused("ClusterNotFoundException", "Cluster not found.")
    if cluster.services:
        raise refused("ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.")
    if cluster.tasks:
        raise refused("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")
    cluster.status = "INACTIVE"
    return {"cluster": cluster.shown()}


def _create_cluster(self, cluster_name, tags=None, *_args, **_kwargs):
    """For moto's own callers."""
    return self.clusters.setdefault(cluster_name, Cluster(self, cluster_name))


def install():
    operation("create_cluster", _create)
    operation("describe_clusters", _describe)
    operation("list_clusters", _list)
    operation("update_cluster", _update)
    operation("update_cluster_settings", _update_settings)
    operation("put_cluster_capacity_providers", _put_capacity_providers)
    operation("delete_cluster", _delete)
    EC2ContainerServiceBackend.create_cluster = _create_cluster
    EC2ContainerServiceBackend._get_cluster = find
