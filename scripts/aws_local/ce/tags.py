"""Cost allocation tags: a tag counts in costs from its activation on. Only management and standalone accounts may ask.

A test sets tags, and an account that belongs to another one, with `POST /aws-local/costs` and {"account", "tags", "member"}.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_ListCostAllocationTags.html
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_UpdateCostAllocationTagsStatus.html
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_StartCostAllocationTagBackfill.html
"""

import datetime
import json

from moto.ce.responses import CostExplorerResponse

from aws_local.ce import costs
from aws_local.ce.requests import day, invalid, page, refused

MOST_AT_ONCE = 20
TAGS_A_PAGE = 100


def _now():
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _begin(response, operation):
    costs.refuse_as_told(response, operation)
    if response.current_account in costs.members:
        raise refused("AccessDeniedException", "Linked account doesn't have access to cost allocation tags.")
    return json.loads(response.body)


def list_cost_allocation_tags(self):
    params = _begin(self, "ListCostAllocationTags")
    size = params.get("MaxResults", TAGS_A_PAGE)
    if not 1 <= size <= 1000:
        raise invalid("MaxResults must be between 1 and 1000.")
    found = [
        tag
        for key, tag in sorted(costs.tag_states.get(self.current_account, {}).items())
        if params.get("Status") in (None, tag["Status"])
        and params.get("Type") in (None, tag["Type"])
        and (not params.get("TagKeys") or key in params["TagKeys"])
    ]
    token = {"NextPageToken": params["NextToken"]} if params.get("NextToken") else {}
    same = {key: value for key, value in params.items() if key != "NextToken"}
    shown, following = page({**same, **token}, found, size)
    return json.dumps({"CostAllocationTags": shown, **({"NextToken": following} if following else {})})


def update_cost_allocation_tags_status(self):
    params = _begin(self, "UpdateCostAllocationTagsStatus")
    given = params.get("CostAllocationTagsStatus") or []
    if not 1 <= len(given) <= MOST_AT_ONCE:
        raise invalid(f"CostAllocationTagsStatus must have 1 to {MOST_AT_ONCE} entries.")
    known, errors = costs.tag_states.setdefault(self.current_account, {}), []
    for one in given:
        if one["Status"] not in ("Active", "Inactive"):
            raise invalid(f"Status {one['Status']} is invalid.")
        if one["TagKey"] in known:
            known[one["TagKey"]].update(Status=one["Status"], LastUpdatedDate=_now())
        else:
            errors.append(
                {"TagKey": one["TagKey"], "Code": "TagKeyNotFound", "Message": "Tag key does not exist in your account."}
            )
    return json.dumps({"Errors": errors})


def start_cost_allocation_tag_backfill(self):
    params = _begin(self, "StartCostAllocationTagBackfill")
    since = day((params.get("BackfillFrom") or "")[:10], "BackfillFrom")
    if since.day != 1:
        raise invalid("BackfillFrom must be the first day of a month.")
    today = datetime.date.today()
    if not today.replace(year=today.year - 1, day=1) <= since <= today:
        raise invalid("BackfillFrom cannot precede the previous twelve months, or be in the future.")
    history = costs.backfills.setdefault(self.current_account, [])
    if any(one["BackfillStatus"] == "PROCESSING" for one in history):
        raise refused("BackfillLimitExceededException", "A backfill request is in progress. Try again after 24 hours.")
    one = {
        "BackfillFrom": f"{since}T00:00:00Z",
        "RequestedAt": _now(),
        "BackfillStatus": "PROCESSING",
        "LastUpdatedAt": _now(),
    }
    history.insert(0, one)
    return json.dumps({"BackfillRequest": one})


def list_cost_allocation_tag_backfill_history(self):
    _begin(self, "ListCostAllocationTagBackfillHistory")
    return json.dumps({"BackfillRequests": costs.backfills.get(self.current_account, [])})


def install():
    for operation in (
        list_cost_allocation_tags,
        update_cost_allocation_tags_status,
        start_cost_allocation_tag_backfill,
        list_cost_allocation_tag_backfill_history,
    ):
        setattr(CostExplorerResponse, operation.__name__, operation)
