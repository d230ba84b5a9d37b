"""Service deployments and revisions: listing, describing and stopping them.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListServiceDeployments.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServiceDeployments.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopServiceDeployment.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServiceRevisions.html
"""

from aws_local.ecs import clusters, rollback, services
from aws_local.ecs.requests import invalid, operation, page, refused

MOST_DESCRIBED = 20
STOPPABLE = ("PENDING", "IN_PROGRESS")
STATUSES = (
    "PENDING",
    "SUCCESSFUL",
    "STOPPED",
    "STOP_REQUESTED",
    "IN_PROGRESS",
    "ROLLBACK_REQUESTED",
    "ROLLBACK_IN_PROGRESS",
    "ROLLBACK_SUCCESSFUL",
    "ROLLBACK_FAILED",
)


def _list(backend, params):
    cluster = clusters.find(backend, params.get("cluster"))
    service = services.lookup(backend, cluster, params.get("service"))
    if service is None or service.status == "INACTIVE":
        raise refused("ServiceNotFoundException", "Service not found.")
    statuses = params.get("status") or STATUSES
    if set(statuses) - set(STATUSES):
        raise invalid(f"status should be one of [{','.join(STATUSES)}]")
    created = params.get("createdAt") or {}
    after, before = created.get("after") or 0, created.get("before") or float("inf")
    found = [
        one.brief()
        for one in reversed(service.service_deployments)
        if one.status in statuses and after <= one.created_at <= before
    ]
    return page(params, found, "serviceDeployments", 20)


def _all(backend, name):
    return {one.arn: one for service in backend.services.values() for one in getattr(service, name)}


def _describe_those(name, requested, answer):
    def describe(backend, params):
        arns = params.get(requested) or []
        if not arns:
            raise invalid(f"{requested} cannot be empty.")
        if len(arns) > MOST_DESCRIBED:
            raise invalid(f"{requested} cannot have more than {MOST_DESCRIBED} elements.")
        known = _all(backend, name)
        found = [known[arn].shown() for arn in dict.fromkeys(arns) if arn in known]
        failures = [{"arn": arn, "reason": "MISSING"} for arn in arns if arn not in known]
        return {answer: found, "failures": failures}

    return describe


def _stop(backend, params):
    arn, kind = params.get("serviceDeploymentArn"), params.get("stopType") or "ROLLBACK"
    if kind not in ("ROLLBACK", "ABORT"):
        raise invalid("stopType should be one of [ABORT,ROLLBACK]")
    service_deployment = _all(backend, "service_deployments").get(arn)
    if service_deployment is None:
        raise refused("ServiceDeploymentNotFoundException", "Service deployment not found.")
    if service_deployment.is_finished:
        raise refused(
            "ConflictException",
            f"The service deployment can't be stopped because it is in the {service_deployment.status} state.",
        )
    if service_deployment.status in STOPPABLE:
        rollback.stop(service_deployment.service, service_deployment, kind)
    return {"serviceDeploymentArn": arn}


def install():
    operation("list_service_deployments", _list)
    operation(
        "describe_service_deployments",
        _describe_those("service_deployments", "serviceDeploymentArns", "serviceDeployments"),
    )
    operation("describe_service_revisions", _describe_those("revisions", "serviceRevisionArns", "serviceRevisions"))
    operation("stop_service_deployment", _stop)
