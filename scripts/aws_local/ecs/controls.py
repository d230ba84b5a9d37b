"""What is told by hand about tasks and roles: see controls.py.

`/aws-local/task` takes an object with

- `image` (as the container definition has it; `*` and `?` are wildcards), `family` (`name` or `name:revision`) or
  neither, and `account`: the tasks that are meant; what is left out is any;
- `fails`, one of FAILS, with `code` and `logs` (lines) for `exit`, `logs` for `out-of-memory` and `seconds` for
  `late-logs`; several can be told of the same tasks;
- `times`: only the next so many tasks, or placements, fail so;
- `phase_seconds`: how long a phase of a task's life is (0.1 without one).

`DELETE` takes away what was told of the same `image`, `family` and `account`; with `fails`, only that.

`/aws-local/iam-lag` takes `times`, and `account`, `role` (a name) and `where` (`definition`, as it is registered, or
`task`, as it starts), where left out any: the next so many uses of a role that is created from then on are refused.
`DELETE` takes away what was told with the same values, `{}` all.
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
)
PHASE = 0.1
SCOPE = ("account", "image", "family")
FIELDS = {*SCOPE, "fails", "code", "logs", "seconds", "times", "phase_seconds"}

_told = []
_lags = []


def task(method, body):
    unknown = set(body) - FIELDS
    if unknown:
        raise ValueError(f"unknown: {sorted(unknown)}")
    if body.get("fails") not in (None, *FAILS):
        raise ValueError(f"`fails` is one of {', '.join(FAILS)}")
    scope = {name: body.get(name) for name in SCOPE}
    for one in list(_told):
        same = all(one.get(name) == value for name, value in scope.items())
        if same and (one.get("fails") == body.get("fails") or (method == "DELETE" and "fails" not in body)):
            _told.remove(one)
    if method != "DELETE":
        if not body.get("fails") and body.get("phase_seconds") is None:
            raise ValueError("`fails` or `phase_seconds` is wanted")
        _told.append({name: value for name, value in body.items() if value is not None})


def iam_lag(method, body):
    if method == "DELETE":
        _lags[:] = [one for one in _lags if any(one.get(name) != value for name, value in body.items())]
        return
    _lags.append({**body, "times": int(body["times"]), "since": time.time()})


def reset():
    _told.clear()
    _lags.clear()


def _means(told, account, definition, images):
    if told.get("account") not in (None, account):
        return False
    if definition is None:
        return told.get("image") is None and told.get("family") is None
    if told.get("family") not in (None, definition.family, f"{definition.family}:{definition.revision}"):
        return False
    pattern = told.get("image")
    return pattern is None or any(fnmatch.fnmatchcase(image, pattern) for image in images)


def _meant(backend, definition):
    images = [one["image"] for one in definition.containers] if definition else []
    return [one for one in _told if _means(one, backend.account_id, definition, images)]


def phase(backend, definition=None):
    """How long a phase is, in seconds, for tasks of this definition."""
    found = [one["phase_seconds"] for one in _meant(backend, definition) if "phase_seconds" in one]
    return float(found[-1]) if found else PHASE


def failures(backend, definition):
    """By what fails, what was told of it. What is told for some tasks alone is not used up."""
    return {one["fails"]: one for one in _meant(backend, definition) if one.get("fails") and one.get("times") != 0}


def use(told):
    """One of the tasks that it was told of has failed so."""
    if told.get("times"):
        told["times"] -= 1


def role_lags(role, where):
    """Whether a use of moto's role is refused since IAM has not told everybody of it."""
    for one in _lags:
        account, name = one.get("account", role.account_id), one.get("role", role.name)
        made = role.create_date.replace(tzinfo=timezone.utc).timestamp() >= one["since"]
        meant = (account, name, one.get("where", where)) == (role.account_id, role.name, where)
        if one["times"] > 0 and made and meant:
            one["times"] -= 1
            return True
    return False
