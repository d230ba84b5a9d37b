"""The controls of tasks and roles; see controls.py.

`/aws-local/task` takes an object with

- `image` (as in the container definition; `*` and `?` are wildcards), `family` (`name` or `name:revision`) and
  `account`: the tasks to which it applies; by default all;
- `fails`: one of FAILS, with `code` and `logs` (lines) for `exit`, `logs` for `out-of-memory` and `seconds` for
  `late-logs` and `late-reason` (why a task stops is not shown before); the same tasks can fail in several ways;
- `times`: the number of tasks, or placements, that fail; by default all;
- `phase_seconds`: the length of a phase of a task's life, by default 0.1.

`DELETE` removes what was set for the same `image`, `family` and `account`; with `fails`, only that failure.

`/aws-local/iam-lag` takes `times`, `account`, `role` (a name) and `where` (`definition`: when it is registered; `task`:
when a task starts; `service`: when ECS or Application Auto Scaling uses its service-linked role), all but `times`
optional: the next `times` uses of a role that is created from then on are refused.
`DELETE` removes what was set with the same values; `{}` removes all.
"""

import fnmatch
import time
from datetime import timezone

FAILS = (
    "image-missing",
    "secret-denied",
    "out-of-memory",
    "exit",
    "unhealthy",
    "container-unhealthy",
    "no-capacity",
    "no-agent",
    "late-logs",
    "late-reason",
)
PHASE = 0.1
SCOPE = ("account", "image", "family")
FIELDS = {*SCOPE, "fails", "code", "logs", "seconds", "times", "phase_seconds"}

_rules = []
_lags = []


def task(method, body):
    unknown = set(body) - FIELDS
    if unknown:
        raise ValueError(f"unknown: {sorted(unknown)}")
    if body.get("fails") not in (None, *FAILS):
        raise ValueError(f"`fails` is one of {', '.join(FAILS)}")
    scope = {name: body.get(name) for name in SCOPE}
    for one in list(_rules):
        same = all(one.get(name) == value for name, value in scope.items())
        if same and (one.get("fails") == body.get("fails") or (method == "DELETE" and "fails" not in body)):
            _rules.remove(one)
    if method != "DELETE":
        if not body.get("fails") and body.get("phase_seconds") is None:
            raise ValueError("`fails` or `phase_seconds` is required")
        _rules.append({name: value for name, value in body.items() if value is not None})


def iam_lag(method, body):
    if method == "DELETE":
        _lags[:] = [one for one in _lags if any(one.get(name) != value for name, value in body.items())]
        return
    _lags.append({**body, "times": int(body["times"]), "since": time.time()})


def reset():
    _rules.clear()
    _lags.clear()


def _applies(rule, account, definition, images):
    if rule.get("account") not in (None, account):
        return False
    if definition is None:
        return rule.get("image") is None and rule.get("family") is None
    if rule.get("family") not in (None, definition.family, f"{definition.family}:{definition.revision}"):
        return False
    pattern = rule.get("image")
    return pattern is None or any(fnmatch.fnmatchcase(image, pattern) for image in images)


def _rules_for(backend, definition):
    images = [one["image"] for one in definition.containers] if definition else []
    return [one for one in _rules if _applies(one, backend.account_id, definition, images)]


def phase(backend, definition=None):
    """The length of a phase in seconds, for tasks of this definition."""
    found = [one["phase_seconds"] for one in _rules_for(backend, definition) if "phase_seconds" in one]
    return float(found[-1]) if found else PHASE


def failures(backend, definition):
    """The failures set for tasks of this definition, by name, unless their `times` are used up."""
    return {one["fails"]: one for one in _rules_for(backend, definition) if one.get("fails") and one.get("times") != 0}


def use(failure):
    """Counts one use of a failure."""
    if failure.get("times"):
        failure["times"] -= 1


def role_lags(role, where):
    """Whether ECS refuses this use of a role because IAM has not propagated it yet."""
    for one in _lags:
        account, name = one.get("account", role.account_id), one.get("role", role.name)
        created = role.create_date.replace(tzinfo=timezone.utc).timestamp() >= one["since"]
        applies = (account, name, one.get("where", where)) == (role.account_id, role.name, where)
        if one["times"] > 0 and created and applies:
            one["times"] -= 1
            return True
    return False
