"""Events of clusters and replication groups.

https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeEvents.html
"""

from datetime import timedelta

from moto.core.utils import utcnow
from moto.elasticache.exceptions import InvalidParameterCombinationException
from moto.elasticache.models import ElastiCacheBackend
from moto.elasticache.responses import ElastiCacheResponse

from aws_local.pages import paged

# By default, the events of the last hour are returned.
MINUTES = 60
MOST_KEPT = 1000


def add(backend, name, kind, message):
    backend.events.append({"SourceIdentifier": name, "SourceType": kind, "Message": message, "Date": utcnow()})
    del backend.events[:-MOST_KEPT]


def describe_events(self):
    name, kind = self.params.get("SourceIdentifier"), self.params.get("SourceType")
    if name and not kind:
        raise InvalidParameterCombinationException("Cannot specify a source identifier without a source type.")
    until = self.params.get("EndTime") or utcnow()
    since = self.params.get("StartTime") or until - timedelta(minutes=self.params.get("Duration") or MINUTES)
    found = [
        one
        for one in self.elasticache_backend.events
        if name in (None, one["SourceIdentifier"])
        and kind in (None, one["SourceType"])
        and since <= one["Date"] <= until
    ]
    return paged(self.params, "Events", found)


def install():
    make = ElastiCacheBackend.__init__

    def init(self, *args, **kwargs):
        make(self, *args, **kwargs)
        self.events = []

    ElastiCacheBackend.__init__ = init
    ElastiCacheResponse.describe_events = describe_events
