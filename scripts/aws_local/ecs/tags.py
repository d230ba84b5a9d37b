"""Tags of clusters, services, tasks and task definitions.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TagResource.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UntagResource.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTagsForResource.html
"""

from moto.core.resource_tagging import TaggedResource
from moto.ecs.models import EC2ContainerServiceBackend

from aws_local.ecs.requests import MAX_TAGS, check_tags, invalid, merged, operation, refused


def _found(backend, text):
    parts = (text or "").split(":", 5)
    if len(parts) != 6 or parts[2] != "ecs" or "/" not in parts[5]:
        raise invalid("The ARN provided is invalid.")
    kind, _, rest = parts[5].partition("/")
    if kind == "cluster":
        cluster = backend.clusters.get(rest)
        if cluster is None or cluster.status == "INACTIVE":
            raise refused("ClusterNotFoundException", "Cluster not found.")
        return cluster
    if kind == "service":
        services = backend.services.values()
        service = next((one for one in services if one.arn == text and one.status != "INACTIVE"), None)
        if service is None:
            raise refused("ServiceNotFoundException", "Service not found.")
        return service
    if kind == "task":
        tasks = (one for those in backend.tasks.values() for one in those.values())
        found = next((one for one in tasks if one.task_arn == text), None)
    elif kind == "task-definition":
        family, _, revision = rest.partition(":")
        found = backend.task_definitions.get(family, {}).get(int(revision) if revision.isdigit() else None)
    elif kind == "capacity-provider":
        found = backend._get_provider(rest)
    else:
        raise invalid("The ARN provided is invalid.")
    if found is None:
        raise invalid(f"The specified {kind} is not found. Specify a valid ARN and try again.")
    return found


def _tag(backend, params):
    resource = _found(backend, params.get("resourceArn"))
    tags = merged(check_tags(params.get("tags")), resource.tags or [])
    if len(tags) > MAX_TAGS:
        raise invalid(f"Too many tags. A resource can have at most {MAX_TAGS} tags.")
    resource.tags = tags
    return {}


def _untag(backend, params):
    resource, keys = _found(backend, params.get("resourceArn")), params.get("tagKeys") or []
    resource.tags = [tag for tag in resource.tags or [] if tag["key"] not in keys]
    return {}


def _list(backend, params):
    return {"tags": _found(backend, params.get("resourceArn")).tags or []}


def _tag_in_moto(self, arn, tags):
    _tag(self, {"resourceArn": arn, "tags": [{"key": key, "value": value} for key, value in tags.items()]})


def _untag_in_moto(self, resource_arn, tag_keys):
    _untag(self, {"resourceArn": resource_arn, "tagKeys": tag_keys})


def _tagged(backend):
    """The resources that the Resource Groups Tagging API finds; inactive or stopped ones are not included."""
    of_families = [one for revisions in backend.task_definitions.values() for one in revisions.values()]
    of_clusters = [one for tasks in backend.tasks.values() for one in tasks.values()]
    for kind, resources in (
        ("cluster", [(one.arn, one) for one in backend.clusters.values() if one.status != "INACTIVE"]),
        ("service", [(one.arn, one) for one in backend.services.values() if one.status != "INACTIVE"]),
        ("task", [(one.task_arn, one) for one in of_clusters if one.last_status != "STOPPED"]),
        ("task-definition", [(one.arn, one) for one in of_families]),
    ):
        for arn, one in resources:
            yield TaggedResource(arn, {tag["key"]: tag["value"] for tag in one.tags}, f"ecs:{kind}")


def install():
    operation("tag_resource", _tag)
    operation("untag_resource", _untag)
    operation("list_tags_for_resource", _list)
    EC2ContainerServiceBackend.tag_resource = _tag_in_moto
    EC2ContainerServiceBackend.untag_resource = _untag_in_moto
    EC2ContainerServiceBackend.iter_tagged_resources = _tagged
