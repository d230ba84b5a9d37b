"""Hosted zones: listed by name, created once per caller reference; and changes, which are pending at first.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHostedZone.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_DeleteHostedZone.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListHostedZonesByName.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetChange.html
https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListTagsForResource.html
"""

import string

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random
from moto.route53 import models
from moto.route53.exceptions import HostedZoneNotEmpty, InvalidInput, NoSuchHostedZone, Route53ClientError
from moto.route53.models import Route53Backend
from moto.route53.responses import Route53

from aws_local.route53.domain_names import normal, order

MAX_ITEMS = 100


def submit(backend, comment=None):
    """A new change: PENDING when it is first read, INSYNC from then on."""
    change_id = "C" + "".join(mock_random.choice(string.ascii_uppercase + string.digits) for _ in range(20))
    change = {"Id": f"/change/{change_id}", "Status": "PENDING", "SubmittedAt": utcnow(), "Comment": comment}
    backend.__dict__.setdefault("_changes", {})[change_id] = {"change": change, "asked": False}
    return dict(change)


def _get_change(self):
    change_id = self._get_param("Id").removeprefix("/change/")
    found = self.backend.__dict__.get("_changes", {}).get(change_id)
    if found is None:
        raise Route53ClientError("NoSuchChange", f"A change with id {change_id} does not exist.")
    change = dict(found["change"])
    if found["asked"]:
        change["Status"] = "INSYNC"
    found["asked"] = True
    return ActionResult({"ChangeInfo": change})


def _by_name(self):
    start, start_id = self._get_param("DNSName"), self._get_param("HostedZoneId")
    size = min(self._get_int_param("MaxItems", MAX_ITEMS), MAX_ITEMS)
    if size < 1:
        raise InvalidInput("MaxItems must be at least 1")
    if start_id and not start:
        raise InvalidInput("HostedZoneId is allowed only together with DNSName")
    zones = sorted(self.backend.zones.values(), key=lambda zone: (order(zone.name), zone.resource_id))
    if start:
        first = (order(start), (start_id or "").removeprefix("/hostedzone/"))
        zones = [zone for zone in zones if (order(zone.name), zone.resource_id) >= first]
    following = zones[size] if len(zones) > size else None
    return ActionResult(
        {
            "HostedZones": zones[:size],
            "DNSName": normal(start) if start else None,
            "HostedZoneId": start_id,
            "IsTruncated": following is not None,
            "NextDNSName": following.name if following else None,
            "NextHostedZoneId": following.resource_id if following else None,
            "MaxItems": size,
        }
    )


def _check_tagged(self):
    kind, resource_id = self._get_param("ResourceType"), self._get_param("ResourceId")
    if kind == "hostedzone" and resource_id not in self.backend.zones:
        raise NoSuchHostedZone(resource_id)


def install():
    zone_id = models.create_route53_zone_id
    create = Route53Backend.create_hosted_zone
    delete = Route53Backend.delete_hosted_zone
    answer_create = Route53.create_hosted_zone
    answer_delete = Route53.delete_hosted_zone
    list_tags = Route53.list_tags_for_resource

    def create_hosted_zone(self, name, private_zone, caller_reference=None, *args, **kwargs):
        if caller_reference and any(zone.caller_reference == caller_reference for zone in self.zones.values()):
            message = f"A hosted zone has already been created with the specified caller reference {caller_reference}."
            raise Route53ClientError("HostedZoneAlreadyExists", message)
        zone = create(self, normal(name), private_zone, caller_reference, *args, **kwargs)
        for one in zone.rrsets:
            # moto keeps the SOA as in a request, other records as plain values, and names without the final dot.
            values = [value["Value"] if isinstance(value, dict) else normal(value) for value in one.records]
            one.records = values
        return zone

    def delete_hosted_zone(self, id_):
        zone = self.get_hosted_zone(id_)
        if any(one.name != zone.name for one in zone.rrsets):
            raise HostedZoneNotEmpty()
        self.resource_tags.pop(zone.resource_id, None)
        return delete(self, id_)

    def answer_create_hosted_zone(self):
        answer = answer_create(self)
        answer.result["ChangeInfo"] = submit(self.backend)
        return answer

    def answer_delete_hosted_zone(self):
        answer = answer_delete(self)
        answer.result["ChangeInfo"] = submit(self.backend)
        return answer

    def list_tags_for_resource(self):
        _check_tagged(self)
        return list_tags(self)

    # AWS's ids begin with a Z.
    models.create_route53_zone_id = lambda *args, **kwargs: "Z" + zone_id(*args, **kwargs)[1:]
    Route53Backend.create_hosted_zone = create_hosted_zone
    Route53Backend.delete_hosted_zone = delete_hosted_zone
    Route53.create_hosted_zone = answer_create_hosted_zone
    Route53.delete_hosted_zone = answer_delete_hosted_zone
    Route53.list_hosted_zones_by_name = _by_name
    Route53.list_tags_for_resource = list_tags_for_resource
    Route53.get_change = _get_change
