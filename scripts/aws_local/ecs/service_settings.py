"""The settings of a service: validation and defaults.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
"""

import re

from aws_local.ecs.requests import invalid, refused

NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
PLATFORMS = ("LATEST", "1.3.0", "1.4.0")
PROPAGATE = ("TASK_DEFINITION", "SERVICE", "NONE")
DEPLOYMENT = {
    "deploymentCircuitBreaker": {"enable": False, "rollback": False},
    "maximumPercent": 200,
    "minimumHealthyPercent": 100,
    "strategy": "ROLLING",
    "bakeTimeInMinutes": 0,
}
# The least and largest value of a threshold, by type.
THRESHOLDS = {"COUNT": (1, 2**31 - 1), "BOUNDED_PERCENT": (1, 100), "UNBOUNDED_PERCENT": (1, 100)}
MAX_GRACE = 2**31 - 1
MAX_DESIRED = 5000


def check_name(name):
    if not NAME.fullmatch(name or ""):
        raise invalid(
            "Invalid service name. Up to 255 letters (uppercase and lowercase), numbers, underscores, and hyphens are "
            "allowed."
        )


def check_platform(version, fargate):
    if not version:
        return "LATEST" if fargate else None
    if not fargate:
        raise invalid("The platform version must be null when specifying an EC2 launch type.")
    if version not in PLATFORMS:
        raise refused("PlatformUnknownException", "The specified platform does not exist.")
    return version


def check_count(count):
    if count is not None and not 0 <= count <= MAX_DESIRED:
        raise invalid(f"Invalid desired count: {count}")


def check_grace(seconds):
    if seconds is not None and not 0 <= seconds <= MAX_GRACE:
        raise invalid(f"Invalid health check grace period: {seconds}")


def check_propagate(value):
    if value not in (None, *PROPAGATE):
        raise invalid(f"propagateTags should be one of [{','.join(PROPAGATE)}]")


def check_rebalancing(value):
    if value not in (None, "ENABLED", "DISABLED"):
        raise invalid("availabilityZoneRebalancing should be one of [ENABLED,DISABLED]")


def check_execute(enabled, definition, done):
    if enabled and not definition.task_role_arn:
        raise invalid(
            f"The service couldn't be {done} because a valid taskRoleArn is not being used. Specify a valid task role "
            "in your task definition and try again."
        )


def deployment_configuration(given, before=None):
    """The configuration; settings that are not given keep their value."""
    requested = {key: value for key, value in (given or {}).items() if value is not None}
    found = {**DEPLOYMENT, **(before or {}), **requested}
    if found["strategy"] != "ROLLING":
        raise refused(
            "UnsupportedFeatureException", f"The deployment strategy {found['strategy']} is not supported here."
        )
    lower, upper = found["minimumHealthyPercent"], found["maximumPercent"]
    if lower < 0 or upper < 0 or lower > upper:
        raise invalid("maximumPercent must be greater than or equal to minimumHealthyPercent.")
    if lower > 100:
        raise invalid("minimumHealthyPercent must be less than or equal to 100.")
    if upper < 100 or (lower == 100 and upper == 100):
        raise invalid("maximumPercent must be greater than 100 when minimumHealthyPercent is 100.")
    threshold = (found["deploymentCircuitBreaker"] or {}).get("thresholdConfiguration")
    if threshold:
        least, most = THRESHOLDS.get(threshold.get("type"), (0, -1))
        if not least <= threshold.get("value", 0) <= most:
            raise invalid("Invalid thresholdConfiguration of the deployment circuit breaker.")
    return found


def check_kinds(params):
    if params.get("schedulingStrategy") not in (None, "REPLICA", "DAEMON"):
        raise invalid("schedulingStrategy should be one of [REPLICA,DAEMON]")
    if params.get("schedulingStrategy") == "DAEMON":
        raise invalid("The Fargate launch type does not support the DAEMON scheduling strategy.")
    controller = (params.get("deploymentController") or {}).get("type")
    if controller not in (None, "ECS"):
        raise refused("UnsupportedFeatureException", f"The deployment controller {controller} is not supported here.")
