"""Reservations of RDS and ElastiCache and their offerings, as a test has set them: {"account", "offerings": […],
"reserved": […]}, each as the service describes it."""

from aws_local import controls
from aws_local.pages import paged

# Both forms of a term that AWS takes.
DURATIONS = {"1": 31536000, "3": 94608000, "31536000": 31536000, "94608000": 94608000}


class Reservations:
    """The offerings and reservations of one service, by account. `filters` are the parameters that an answer is filtered
    by, next to `Duration`; `refused` makes the error of a value that the service does not take; `allowed` are the values of
    parameters that take no others."""

    def __init__(self, path, filters, refused, allowed=None):
        self.offerings, self.reserved = {}, {}
        self.filters, self.refused, self.allowed = filters, refused, allowed or {}
        controls.PATHS[path] = self._control

    def _control(self, method, body):
        key = body["account"]
        if method == "DELETE":
            self.offerings.pop(key, None)
            self.reserved.pop(key, None)
            return
        self.offerings.setdefault(key, []).extend(body.get("offerings", ()))
        self.reserved.setdefault(key, []).extend(body.get("reserved", ()))

    def _answer(self, response, member, kept):
        params = response.params
        duration = params.get("Duration")
        if duration and str(duration) not in DURATIONS:
            raise self.refused(f"Invalid duration: {duration}")
        for name, (what, values) in self.allowed.items():
            if params.get(name) and params[name] not in values:
                raise self.refused(f"Invalid {what}: {params[name]}")
        wanted = {name: params.get(name) for name in self.filters}
        wanted["Duration"] = DURATIONS.get(str(duration)) if duration else None
        found = [
            one
            for one in kept.get(response.current_account, ())
            if all(value is None or one.get(name) == value for name, value in wanted.items())
        ]
        return paged(params, member, found)

    def describes_offerings(self, member):
        return lambda response: self._answer(response, member, self.offerings)

    def describes_reserved(self, member):
        return lambda response: self._answer(response, member, self.reserved)
