"""A bad day of one account: its clock, its chances, and what happens on it."""

import hashlib
import threading
import time

from moto.core.base_backend import BackendDict

from aws_local.bad_day.just_made import JustMade
from aws_local.bad_day.leaving import Leaving
from aws_local.bad_day.refusals import Refusals
from aws_local.bad_day.stale import Stale
from aws_local.bad_day.states import States
from aws_local.bad_day.throttling import Throttling
from aws_local.ecs import controls as ecs

SECOND = 0.02
# A phase of the life of an ECS task, in seconds of AWS.
TASK_PHASE = 10

days = {}


class Day:
    def __init__(self, seed, second):
        self.seed, self.second = seed, second
        self.lock = threading.Lock()
        self.start, self.passed = time.monotonic(), 0
        self.throttling, self.refusals, self.stale = Throttling(self), Refusals(self), Stale(self)
        self.just_made, self.states, self.leaving = JustMade(self), States(self), Leaving(self)

    def now(self):
        """Seconds of AWS since the day began."""
        return (time.monotonic() - self.start) / self.second + self.passed

    def chance(self, *key):
        """From 0 to 1, always the same for the same key."""
        digest = hashlib.blake2b(repr((self.seed, *key)).encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**64

    def upto(self, most, *key):
        """A whole number from 0 to `most`."""
        return int(self.chance(*key) * (most + 1))

    def refuse(self, call):
        """The refusal of a call, before it reaches the API; None where it passes."""
        for part in (self.throttling, self.just_made, self.states, self.leaving, self.refusals):
            found = part.refuse(call)
            if found is not None:
                return found
        return None

    def answered(self, call, answer):
        """What the caller gets where the API has answered this."""
        for part in (self.stale, self.leaving, self.just_made, self.states):
            answer = part.answered(call, answer)
        return answer


def control(method, body):
    account = body["account"]
    if method == "DELETE":
        days.pop(account, None)
        ecs.task("DELETE", {"account": account})
        ecs.iam_lag("DELETE", {"account": account})
    elif "pass" in body:
        days[account].passed += float(body["pass"])
    else:
        day = days[account] = Day(body["seed"], float(body.get("second", SECOND)))
        ecs.task("POST", {"account": account, "phase_seconds": TASK_PHASE * day.second})
        for where in ("definition", "task"):
            ecs.iam_lag("POST", {"account": account, "where": where, "times": 1 + day.upto(1, "iam", where)})


def install():
    plain = BackendDict.reset

    def reset(_cls):
        days.clear()
        plain()

    BackendDict.reset = classmethod(reset)
