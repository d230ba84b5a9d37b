"""The world of ECS in one account and Region: what will happen, and when. No thread makes time pass: whoever asks for
anything in the account brings it up to date first, event by event, each at its own time.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
"""

import heapq
import itertools
import threading
import time
from datetime import datetime, timezone

from moto.core.responses import BaseResponse
from moto.ecs.models import ecs_backends

# One at a time: a request to ECS, or the bringing up to date.
lock = threading.RLock()


class World:
    def __init__(self):
        self.now = time.time()
        self._events = []
        self._order = itertools.count()
        # Called whenever the world was brought up to date, for what can change without an event of its own.
        self.watchers = []

    def at(self, moment, do, *args):
        """Calls it at that moment (seconds since 1970), or at once if that is over."""
        heapq.heappush(self._events, (max(moment, self.now), next(self._order), do, args))

    def after(self, seconds, do, *args):
        self.at(self.now + seconds, do, *args)

    def advance(self):
        until = max(time.time(), self.now)
        self._happen(until)
        for watcher in self.watchers:
            watcher()
        self._happen(until)

    def _happen(self, until):
        while self._events and self._events[0][0] <= until:
            self.now, _, do, args = heapq.heappop(self._events)
            do(*args)
        self.now = until


def of(backend):
    """The world of one of moto's backends of ECS. It goes when the backend is reset."""
    world = backend.__dict__.get("world")
    if world is None:
        world = backend.world = World()
    return world


def moment(seconds):
    """A time as an answer has it."""
    return None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc)


def advance(account):
    """Brings all of an account's Regions up to date."""
    if account not in ecs_backends:
        return
    with lock:
        for backend in list(dict.values(ecs_backends[account])):
            if "world" in backend.__dict__:
                backend.world.advance()


def install():
    call_action = BaseResponse.call_action

    def call(self):
        # Targets, log events, interfaces and all else that tasks change are shown as they are by now.
        advance(self.current_account)
        return call_action(self)

    BaseResponse.call_action = call
