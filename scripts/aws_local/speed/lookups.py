"""Faster lookups: the operations of a service, the account of an access key, the role of a session, the backend of an
account and Region, the tags of an EC2 resource."""

import functools

from moto.core import responses
from moto.core.base_backend import AccountSpecificBackend, BackendDict
from moto.core.utils import camelcase_to_underscores, method_names_from_class, utcnow
from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, get_prefix
from moto.iam import models as iam
from moto.iam.models import DEFAULT_ACCOUNT_ID, AccessKeyLastUsed, iam_backends
from moto.utilities.utils import get_partition

# The account in which each access key was last found.
_accounts = {}


def _has_key(account_id, access_key):
    account = dict.get(iam_backends, account_id)
    # A partition that was never used has no keys; looking it up in moto would create it.
    return account is not None and any(access_key in one.access_keys for one in list(dict.values(account)))


def get_account_id_from(access_key):
    known = _accounts.get(access_key)
    if known is not None and _has_key(known, access_key):
        return known
    for account_id in list(iam_backends):
        if _has_key(account_id, access_key):
            _accounts[access_key] = account_id
            return account_id
    return DEFAULT_ACCOUNT_ID


def mark_account_as_visited(account_id, access_key, service, region):
    account = iam_backends[account_id][get_partition(region)]
    key = account.access_keys.get(access_key)
    if key is None:
        return
    key.last_used = AccessKeyLastUsed(timestamp=utcnow(), service=service, region=region)
    # A role need not exist to be assumed.
    if key.role_arn:
        role = next((one for one in list(account.roles.values()) if one.arn == key.role_arn), None)
        if role is not None:
            role.last_used = utcnow()


_make_account, _make_region = BackendDict.__getitem__, AccountSpecificBackend.__getitem__


def _account(self, account_id):
    """Takes moto's lock only for a new account. A reset clears only the backends in the list of instances."""
    found = dict.get(self, account_id)
    if found is not None and id(self) in map(id, BackendDict._instances):
        return found
    return _make_account(self, account_id)


def _region(self, name):
    found = dict.get(self, name)
    return _make_region(self, name) if found is None else found


def get_tags(self):
    """The same as TagBackend.describe_tags with a filter for the id."""
    kind = EC2_PREFIX_TO_RESOURCE.get(get_prefix(self.id), "") if self.id else ""
    return [
        {"resource_id": self.id, "key": key, "value": value, "resource_type": kind}
        for key, value in list(self.ec2_backend.tags.get(self.id, {}).items())
    ]


def install():
    responses.method_names_from_class = functools.cache(lambda kind: frozenset(method_names_from_class(kind)))
    responses.camelcase_to_underscores = functools.lru_cache(10_000)(camelcase_to_underscores)
    iam.get_account_id_from = get_account_id_from
    iam.mark_account_as_visited = mark_account_as_visited
    TaggedEC2Resource.get_tags = get_tags
    BackendDict.__getitem__, AccountSpecificBackend.__getitem__ = _account, _region
