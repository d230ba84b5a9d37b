"""How long Elastic Load Balancing does not find what was just created: its own target groups and load balancers, and the
certificates that ACM has just issued.

`/aws-local/elb-lag` takes `what` (one of WHAT), `times` and, optionally, `account`: each of what is created from then on
is not found at the first `times` uses. `DELETE` removes what was set with the same values; `{}` removes all.

https://github.com/hashicorp/terraform-provider-aws/issues/19920 (target groups)
https://github.com/hashicorp/terraform-provider-aws/issues/15214 (load balancers)
https://github.com/hashicorp/terraform-provider-aws/issues/10510 (certificates)
"""

WHAT = ("target-group", "load-balancer", "certificate")

_lags = []


def control(method, body):
    if method == "DELETE":
        _lags[:] = [one for one in _lags if any(one.get(name) != value for name, value in body.items())]
        return
    if body.get("what") not in WHAT:
        raise ValueError(f"`what` is one of {', '.join(WHAT)}")
    _lags.append({**body, "times": int(body["times"])})


def reset():
    _lags.clear()


def created(what, account, resource):
    """Sets how often a new resource is not found."""
    times = [one["times"] for one in _lags if one["what"] == what and one.get("account") in (None, account)]
    if times:
        resource._unseen = max(times)


def unseen(resource):
    """Whether a resource is not found yet; counts one use."""
    left = getattr(resource, "_unseen", 0)
    if left > 0:
        resource._unseen = left - 1
    return left > 0
