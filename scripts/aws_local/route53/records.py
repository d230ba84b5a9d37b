"""Record sets: a batch is applied as a whole or not at all, a DELETE needs the exact record, a CNAME must be alone.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html
"""

import ipaddress

from moto.core.responses import ActionResult
from moto.route53.exceptions import InvalidActionValue, InvalidInput, Route53ClientError
from moto.route53.models import FakeZone, RecordSet, Route53Backend
from moto.route53.responses import Route53
from moto.route53.utils import validate_domain_name

from aws_local.elbv2.hosted_zones import ZONES
from aws_local.route53.domain_names import inside, normal, order
from aws_local.route53.hosted_zones import submit

ACTIONS = ("CREATE", "UPSERT", "DELETE")
MAX_RECORDS = 1000
MAX_PAGE = 300
REGIONS = {zone_id: region for region, zone_id in ZONES.items()}


class InvalidChangeBatch(Route53ClientError):
    def __init__(self, message):
        super().__init__("InvalidChangeBatch", f"[{message}]")


def _key(record):
    return record.name, record.type, record.set_identifier


def _label(record):
    label = f"[name='{record.name}', type='{record.type}'"
    return label + (f", set-identifier='{record.set_identifier}']" if record.set_identifier else "]")


def _alias(target):
    if not target:
        return None
    evaluate = str(target.get("EvaluateTargetHealth", False)).lower() == "true"
    return {**target, "DNSName": normal(target["DNSName"]), "EvaluateTargetHealth": evaluate}


def _read(change):
    """The action and the record set of a change."""
    action, given = change["Action"], change["ResourceRecordSet"]
    if action not in ACTIONS:
        raise InvalidActionValue(action)
    validate_domain_name(given["Name"], code="InvalidChangeBatch")
    values = [one["Value"] for one in given.get("ResourceRecords") or []]
    alias, ttl = _alias(given.get("AliasTarget")), given.get("TTL")
    whole, part = bool(values) and ttl is not None, bool(values) or ttl is not None
    if bool(alias) == whole or (alias and part):
        found = "more than one" if alias else "none"
        raise InvalidInput(
            "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or "
            f"TrafficPolicyInstanceId], but found {found} in Change with [Action={action}, Name={given['Name']}, "
            f"Type={given['Type']}, SetIdentifier={given.get('SetIdentifier', 'null')}]"
        )
    kept = {**given, "Name": normal(given["Name"]), "ResourceRecords": values, "AliasTarget": alias}
    return action, RecordSet(kept)


def _same(one, other):
    if _alias(one.alias_target) != _alias(other.alias_target):
        return False
    if one.alias_target:
        return True
    return str(one.ttl) == str(other.ttl) and sorted(one.records or []) == sorted(other.records or [])


def _check_value(kind, value):
    def bad(code, text):
        problem = f"FATAL problem: {code} ({text}) encountered with '{value}'"
        return InvalidChangeBatch(f"Invalid Resource Record: '{problem}'")

    if kind == "A":
        try:
            ipaddress.IPv4Address(value)
        except ValueError:
            raise bad("ARRDATAIllegalIPv4Address", "Value is not a valid IPv4 address") from None
    if kind == "AAAA":
        try:
            ipaddress.IPv6Address(value)
        except ValueError:
            raise bad("AAAARRDATAIllegalIPv6Address", "Value is not a valid IPv6 address") from None
    if kind in ("TXT", "SPF") and not (len(value) > 1 and value[0] == value[-1] == '"'):
        raise bad("InvalidCharacterString", "Value should be enclosed in quotation marks")


def _check(zone, record):
    """Validates a record set on its own."""
    if not inside(record.name, zone.name):
        raise InvalidChangeBatch(f"RRSet with DNS name {record.name} is not permitted in zone {zone.name}")
    if record.type == "CNAME" and record.name == zone.name:
        message = f"RRSet of type CNAME with DNS name {record.name} is not permitted at apex in zone {zone.name}"
        raise InvalidChangeBatch(message)
    if record.type == "CNAME" and len(record.records or []) > 1:
        raise InvalidChangeBatch(f"RRSet of type CNAME with DNS name {record.name} has more than one value")
    values = record.records or []
    if len(set(values)) < len(values):
        raise InvalidChangeBatch(f"Duplicate Resource Record: '{next(v for v in values if values.count(v) > 1)}'")
    for value in values:
        _check_value(record.type, value)


def _check_alias(zone, record, kept):
    target = record.alias_target
    if not target:
        return
    zone_id, name = target["HostedZoneId"].removeprefix("/hostedzone/"), target["DNSName"]
    tried = f"Tried to create an alias that targets {name}, type {record.type} in zone {zone_id}, but "
    if zone_id == zone.resource_id:
        if not any(one.name == name and one.type == record.type for one in kept):
            raise InvalidChangeBatch(f"{tried}that target was not found")
    elif zone_id in REGIONS and not name.endswith(f".{REGIONS[zone_id]}.elb.amazonaws.com."):
        raise InvalidChangeBatch(f"{tried}the alias target name does not lie within the target zone")


def _check_neighbours(zone, record, kept):
    for one in kept:
        if one is record or one.name != record.name:
            continue
        if "CNAME" in (one.type, record.type) and one.type != record.type:
            raise InvalidChangeBatch(
                f"RRSet of type {record.type} with DNS name {record.name} is not permitted because a conflicting "
                f"RRSet of type {one.type} with the same DNS name already exists in zone {zone.name}"
            )
        if one.type == record.type and bool(one.set_identifier) != bool(record.set_identifier):
            raise InvalidChangeBatch(
                f"RRSet with DNS name {record.name}, type {record.type} cannot be created as a non-weighted set "
                "beside one with a set identifier"
            )


def _change(self, zoneid, change_list):
    zone = self.get_hosted_zone(zoneid)
    kept = list(zone.rrsets)
    # Deletions first, since a batch may replace a record that conflicts with a new one.
    changes = [_read(change) for change in change_list]
    touched = []
    for action, record in sorted(changes, key=lambda change: change[0] != "DELETE"):
        at = next((at for at, one in enumerate(kept) if _key(one) == _key(record)), None)
        if action == "DELETE":
            if at is None:
                message = f"Tried to delete resource record set {_label(record)} but it was not found"
                raise InvalidChangeBatch(message)
            if not _same(kept[at], record):
                message = f"Tried to delete resource record set {_label(record)} but the values provided do not "
                raise InvalidChangeBatch(message + "match the current values")
            del kept[at]
            continue
        _check(zone, record)
        if any(_key(other) == _key(record) for other in touched):
            message = f"The request contains an invalid set of changes for a resource record set '{record.type} "
            raise InvalidChangeBatch(f"{message}{record.name}'")
        if at is not None and action == "CREATE":
            message = f"Tried to create resource record set {_label(record)} but it already exists"
            raise InvalidChangeBatch(message)
        if at is None:
            kept.append(record)
        else:
            kept[at] = record
        touched.append(record)
    for record in touched:
        _check_neighbours(zone, record, kept)
        _check_alias(zone, record, kept)
    for kind, count in (("NS", "at least one NS record"), ("SOA", "exactly one SOA record")):
        if not any(one.name == zone.name and one.type == kind for one in kept):
            raise InvalidChangeBatch(f"A HostedZone must contain {count} for the zone itself.")
    zone.rrsets = kept


def _answer_change(self):
    changes = self._get_param("ChangeBatch.Changes") or []
    if not changes:
        raise InvalidInput("Invalid request: A ChangeBatch must contain at least one change")
    count = 0
    for change in changes:
        values = change["ResourceRecordSet"].get("ResourceRecords") or []
        count += len(values) * (2 if change["Action"] == "UPSERT" else 1)
    if count > MAX_RECORDS:
        raise Route53ClientError("InvalidChangeBatch", f"Number of records limit of {MAX_RECORDS} exceeded.")
    self.backend.change_resource_record_sets(self._get_param("HostedZoneId"), changes)
    return ActionResult({"ChangeInfo": submit(self.backend, self._get_param("ChangeBatch.Comment"))})


def _sorted(self, start_type, start_name):
    def key(record):
        return order(record.name), record.type, record.set_identifier or ""

    records = sorted(self.rrsets, key=key)
    if start_name:
        first = (order(start_name), start_type or "")
        records = [record for record in records if key(record)[:2] >= first]
    return records


def install():
    list_records = Route53Backend.list_resource_record_sets

    def list_resource_record_sets(self, zone_id, start_type, start_name, max_items):
        if max_items < 1:
            raise InvalidInput("MaxItems must be at least 1")
        return list_records(self, zone_id, start_type, start_name, min(max_items, MAX_PAGE))

    FakeZone.get_record_sets = _sorted
    Route53Backend.list_resource_record_sets = list_resource_record_sets
    Route53Backend.change_resource_record_sets = _change
    Route53.change_resource_record_sets = _answer_change
