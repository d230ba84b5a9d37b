"""What no AWS call can say, told to the local API by hand: `POST` or `DELETE` of a JSON object to

- /aws-local/dns: {"name", "type", "value"}, a DNS record kept somewhere other than Route 53; DELETE takes it away;
- /aws-local/target-health: {"target", "state", "reason", "description"}, how a target answers its health checks;
  DELETE leaves it to itself again;
- /aws-local/task and /aws-local/iam-lag: what becomes of ECS's tasks, and of roles just made; see ecs/controls.py;
- /aws-local/scan: what a scan of an image finds; see ecr/scans.py;
- /aws-local/scaling-activity: how a service was scaled; see application_autoscaling/activities.py;
- /aws-local/logs: {"group", "stream", "late_seconds", "empty_pages", "query_seconds", "live_seconds"}: what holds for
  log groups and streams whose names begin so. What is put from now on can be read only `late_seconds` after; before
  each page of FilterLogEvents comes an empty one; a query takes `query_seconds`; a live tail ends after `live_seconds`.
  DELETE takes the rule away;
- /aws-local/mail: {"to"}, which answers with what SNS has sent to an email address, oldest first, as a list of {"topic",
  "subject", "message"}, or {"topic", "subject", "token", "url"} where it asks for a confirmation; DELETE empties the box.

Kept for the whole process, for all accounts, until `POST /moto-api/reset`.
"""

import json

from moto.core.base_backend import BackendDict

from aws_local.ecs import controls

# By name and type, the values; by target, its health; by the beginnings of group and stream, what holds for them.
records = {}
healths = {}
log_rules = {}
# By email address, what was sent there.
boxes = {}


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


def _logs(method, body):
    key = body["group"], body.get("stream", "")
    if method == "DELETE":
        log_rules.pop(key, None)
    else:
        log_rules[key] = {name: value for name, value in body.items() if name not in ("group", "stream")}


def log_rule(group, stream):
    """What holds for a log group or stream."""
    found = {}
    for (group_prefix, stream_prefix), rule in list(log_rules.items()):
        if group.startswith(group_prefix) and stream.startswith(stream_prefix):
            found |= rule
    return found


def deliver(address, mail):
    boxes.setdefault(address, []).append(mail)


def _mail(method, body):
    if method == "DELETE":
        boxes.pop(body["to"], None)
        return ""
    return json.dumps(boxes.get(body["to"], []))


PATHS = {
    "/aws-local/dns": _dns,
    "/aws-local/target-health": _target_health,
    "/aws-local/logs": _logs,
    "/aws-local/mail": _mail,
    "/aws-local/task": controls.task,
    "/aws-local/iam-lag": controls.iam_lag,
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
        told = control(method, json.loads(body))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return "400 Bad Request", f"{error!r}: {__doc__}"
    return "200 OK", told or ""


def install():
    plain = BackendDict.reset

    def reset(_cls):
        records.clear()
        healths.clear()
        controls.reset()
        log_rules.clear()
        boxes.clear()
        plain()

    BackendDict.reset = classmethod(reset)
