"""What no AWS call can say, told to the local API by hand: `POST` or `DELETE` of a JSON object to

- /aws-local/dns: {"name", "type", "value"}, a DNS record kept somewhere other than Route 53; DELETE takes it away;
- /aws-local/target-health: {"target", "state", "reason", "description"}, how a target answers its health checks;
  DELETE leaves it to itself again;
- /aws-local/task and /aws-local/iam-lag: what becomes of ECS's tasks, and of roles just made; see ecs_control.py;
- /aws-local/scan: what a scan of an image finds; see ecr_scans.py;
- /aws-local/scaling-activity: how a service was scaled; see autoscaling_activities.py.

Kept for the whole process, for all accounts, until `POST /moto-api/reset`.
"""

import json

from moto.core.base_backend import BackendDict

from aws_local import ecs_control

# By name and type, the values; by target, its health.
records = {}
healths = {}


def dns_key(name, kind="CNAME"):
    return name.lower().rstrip(".") + ".", kind.upper()


def _dns(method, body):
    key, value = dns_key(body["name"], body.get("type", "CNAME")), body.get("value")
    if method == "DELETE":
        records.pop(key, None)
    else:
        records[key] = {*records.get(key, ()), value}


def _target_health(method, body):
    if method == "DELETE":
        healths.pop(body["target"], None)
    else:
        healths[body["target"]] = {
            "State": body["state"],
            "Reason": body.get("reason"),
            "Description": body.get("description"),
        }


PATHS = {
    "/aws-local/dns": _dns,
    "/aws-local/target-health": _target_health,
    "/aws-local/task": ecs_control.task,
    "/aws-local/iam-lag": ecs_control.iam_lag,
}


def answer(environ):
    """The status and the text for a request to one of PATHS; None for any other."""
    control = PATHS.get(environ["PATH_INFO"])
    if control is None:
        return None
    method = environ["REQUEST_METHOD"]
    if method not in ("POST", "DELETE"):
        return "405 Method Not Allowed", "POST or DELETE\n"
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    try:
        control(method, json.loads(body))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return "400 Bad Request", f"{error!r}: {__doc__}"
    return "200 OK", ""


def install():
    plain = BackendDict.reset

    def reset(_cls):
        records.clear()
        healths.clear()
        ecs_control.reset()
        plain()

    BackendDict.reset = classmethod(reset)
