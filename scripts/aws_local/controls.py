"""What happens outside of AWS, set by `POST` or `DELETE` of a JSON object to

- /aws-local/dns: {"name", "type", "value"}, a DNS record outside of Route 53; DELETE removes it;
- /aws-local/elb-lag: {"what", "times", "account"}, how long Elastic Load Balancing does not find what was just created; see
  elbv2/lag.py;
- /aws-local/target-health: {"target", "state", "reason", "description"}, how a target answers its health checks;
  DELETE restores its own health;
- /aws-local/bad-day: {"account", "seed", "second"}, an account in which AWS answers at its worst; see bad_day/;
- /aws-local/enforce: {"account", "role"}, a role that may do only what its policies allow; see authorization/;
- /aws-local/task and /aws-local/iam-lag: failures of ECS tasks, and how long IAM takes to propagate new roles; see ecs/controls.py;
- /aws-local/lifecycle: {"account", "repository", "days"}, evaluates a lifecycle policy; see ecr/lifecycle_evaluation.py;
- /aws-local/scan: the findings of image scans; see ecr/scans.py;
- /aws-local/scaling-activity: scaling activities of a service; see application_autoscaling/activities.py;
- /aws-local/logs: {"group", "stream", "late_seconds", "empty_pages", "unordered_pages", "streams_a_page", "query_seconds",
  "live_seconds"}: a rule for log groups and streams whose names begin with these. Events that are put from now on become
  readable after `late_seconds`; each page of FilterLogEvents follows an empty one, or has the events of so many streams; a query takes `query_seconds`; a live tail ends
  after `live_seconds`. DELETE removes the rule;
- /aws-local/metrics: what AWS's services have reported to CloudWatch; see cloudwatch/observed.py;
- /aws-local/age: lets what exists be older; see age.py;
- /aws-local/reserved-databases, /aws-local/reserved-caches: see rds/reservations.py and elasticache/reservations.py;
- /aws-local/costs: the costs of an account, and its cost allocation tags; see ce/costs.py;
- /aws-local/chat: {"account", "slack", "teams"}, the Slack workspaces ({"SlackTeamId", "SlackTeamName", "State"}) and the Teams
  ({"TeamId", "TenantId", "State"}) that somebody has authorized AWS Chatbot for in the console;
- /aws-local/s3-conflict: {"bucket", "key", "times"}, how many conditional writes of the object meet another write, and
  are answered with 409;
- /aws-local/mail: {"to"}, which returns what SNS has sent to an email address, oldest first, as a list of {"topic",
  "subject", "message"}, or {"topic", "subject", "token", "url"} for a confirmation; DELETE empties the mailbox.

These apply to all accounts of the process, until `POST /moto-api/reset`.
"""

import json

from moto.core.base_backend import BackendDict

from aws_local.authorization import enforcement
from aws_local.bad_day import day
from aws_local.ecs import controls
from aws_local.elbv2 import lag

# Values by name and type; health by target; rules by the prefixes of group and stream.
records = {}
healths = {}
log_rules = {}
# Mail by address.
boxes = {}
# The teams of chat applications that are authorized, by account and the kind of their channels.
chat_teams = {}
# How many conditional writes are answered with 409, by bucket and key.
s3_conflicts = {}


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
    """The rules for a log group or stream, merged."""
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


def _chat(method, body):
    for kind, name in (("slack-channel", "slack"), ("microsoft-teams-channel", "teams")):
        chat_teams[body["account"], kind] = [] if method == "DELETE" else body.get(name, [])


def _s3_conflict(method, body):
    s3_conflicts[body["bucket"], body["key"]] = 0 if method == "DELETE" else int(body["times"])


def conflicts(bucket, key):
    """Whether a conditional write of this object meets another write; counts it."""
    left = s3_conflicts.get((bucket, key), 0)
    if left:
        s3_conflicts[bucket, key] = left - 1
    return left > 0


PATHS = {
    "/aws-local/bad-day": day.control,
    "/aws-local/chat": _chat,
    "/aws-local/dns": _dns,
    "/aws-local/enforce": enforcement.control,
    "/aws-local/elb-lag": lag.control,
    "/aws-local/target-health": _target_health,
    "/aws-local/logs": _logs,
    "/aws-local/mail": _mail,
    "/aws-local/s3-conflict": _s3_conflict,
    "/aws-local/task": controls.task,
    "/aws-local/iam-lag": controls.iam_lag,
}


def answer(environ):
    """The status and body of a request to one of PATHS; None for any other path."""
    control = PATHS.get(environ["PATH_INFO"])
    if control is None:
        return None
    method = environ["REQUEST_METHOD"]
    if method not in ("POST", "DELETE"):
        return "405 Method Not Allowed", "POST or DELETE\n"
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    try:
        text = control(method, json.loads(body))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return "400 Bad Request", f"{error!r}: {__doc__}"
    return "200 OK", text or ""


def install():
    plain = BackendDict.reset

    def reset(_cls):
        records.clear()
        healths.clear()
        controls.reset()
        lag.reset()
        log_rules.clear()
        boxes.clear()
        s3_conflicts.clear()
        plain()

    BackendDict.reset = classmethod(reset)
