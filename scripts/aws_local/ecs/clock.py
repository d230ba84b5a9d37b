"""The clock of ECS in one account and Region: what happens to its tasks and services, and when.

No thread makes time pass. Before anything is answered, the account is brought up to date, event by event, each at its
own time.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
"""

import heapq
import itertools
import threading
import time
from datetime import datetime, timezone

from moto.core.responses import BaseResponse
from moto.ecs.models import ecs_backends

# Held by a request to ECS, and while an account is brought up to date.
lock = threading.RLock()


class Clock:
    def __init__(self):
        self.now = time.time()
        self._events = []
        self._order = itertools.count()
        # Called each time the clock has moved on, for changes that no event announces.
        self.watchers = []

    def at(self, moment, do, *args):
        """Calls it at that moment (seconds since 1970), or at once if that has passed."""
        heapq.heappush(self._events, (max(moment, self.now), next(self._order), do, args))

    def after(self, seconds, do, *args):
        self.at(self.now + seconds, do, *args)

    def advance(self):
        until = max(time.time(), self.now)
        self._run(until)
        for watcher in self.watchers:
            watcher()
        self._run(until)

    def _run(self, until):
        while self._events and self._events[0][0] <= until:
            self.now, _, do, args = heapq.heappop(self._events)
            do(*args)
        self.now = until


def clock_of(backend):
    """The clock of one of moto's backends of ECS; a reset of the backend removes it."""
    clock = backend.__dict__.get("clock")
    if clock is None:
        clock = backend.clock = Clock()
    return clock


def timestamp(seconds):
    """A time as answers show it."""
    return None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc)


def advance(account):
    """Brings all Regions of an account up to date."""
    if account not in ecs_backends:
        return
    with lock:
        for backend in list(dict.values(ecs_backends[account])):
            if "clock" in backend.__dict__:
                backend.clock.advance()


def install():
    call_action = BaseResponse.call_action

    def call(self):
        # Every service shows what tasks change: targets, log events, network interfaces.
        advance(self.current_account)
        return call_action(self)

    BaseResponse.call_action = call
