"""Capacity providers: those that a cluster may have, validation of strategies, and the choice for each task.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PutClusterCapacityProviders.html
"""

from aws_local.ecs.requests import invalid

FARGATE = ("FARGATE", "FARGATE_SPOT")
MOST = 20
MAX_WEIGHT, MAX_BASE = 1000, 100_000


def check_providers(backend, names):
    for name in names or []:
        if name not in FARGATE and backend._get_provider(name) is None:
            raise invalid("The specified capacity provider was not found. Specify a valid name or ARN and try again.")
    if len(names or []) > MOST:
        raise invalid(f"A cluster can have at most {MOST} capacity providers.")
    return list(dict.fromkeys(names or []))


def check_strategy(cluster, items):
    """The strategy with its defaults."""
    found = []
    for one in items or []:
        base, weight = one.get("base") or 0, one.get("weight") or 0
        if one.get("capacityProvider") not in cluster.capacity_providers:
            raise invalid(
                "The specified capacity provider strategy cannot contain a capacity provider that is not associated "
                "with the cluster. Associate the capacity provider with the cluster and try again."
            )
        if not 0 <= weight <= MAX_WEIGHT or not 0 <= base <= MAX_BASE:
            raise invalid(f"The base must be between 0 and {MAX_BASE}, the weight between 0 and {MAX_WEIGHT}.")
        found.append({"capacityProvider": one["capacityProvider"], "weight": weight, "base": base})
    names = [one["capacityProvider"] for one in found]
    if len(set(names)) < len(names):
        raise invalid("The specified capacity provider strategy contains a duplicate capacity provider.")
    if sum(one["base"] > 0 for one in found) > 1:
        raise invalid("Only one capacity provider in a capacity provider strategy can have a base value defined.")
    if found and not any(one["weight"] for one in found):
        raise invalid("The specified capacity provider strategy must have at least one weight that is greater than 0.")
    if len({one in FARGATE for one in names}) > 1:
        raise invalid(
            "The specified capacity provider strategy cannot contain both Fargate and Auto Scaling group capacity "
            "providers."
        )
    return found


def placement(cluster, params):
    """The launch type or the strategy of a request; the other one is empty."""
    launch_type, strategy = params.get("launchType"), params.get("capacityProviderStrategy")
    if launch_type and strategy:
        raise invalid("Specify either a launch type or a capacity provider strategy, not both.")
    if launch_type:
        if launch_type not in ("EC2", "FARGATE", "EXTERNAL"):
            raise invalid("launch type should be one of [EC2,FARGATE,EXTERNAL]")
        return launch_type, []
    if strategy:
        return None, check_strategy(cluster, strategy)
    if cluster.default_capacity_provider_strategy:
        return None, cluster.default_capacity_provider_strategy
    return "EC2", []


def is_fargate(launch_type, strategy):
    return launch_type == "FARGATE" or any(one["capacityProvider"] in FARGATE for one in strategy)


def choose(strategy, taken):
    """The provider of the next task, given the providers of the existing tasks."""
    for one in strategy:
        if taken.count(one["capacityProvider"]) < one["base"]:
            return one["capacityProvider"]

    def share(one):
        return (taken.count(one["capacityProvider"]) - one["base"]) / one["weight"]

    weighted = [one for one in strategy if one["weight"]]
    return min(weighted, key=share)["capacityProvider"] if weighted else None
