"""The costs of an account, as a test has set them with `POST /aws-local/costs`:

    {"account", "rows": [{"day", "service", "usage_type", "amount", …}], "tags": [{"TagKey", "Status", …}],
     "refuse": [{"operation", "code", "message"}], "member": true, "monitors": […], "anomalies": […]}

Of a row, the fields below are optional. `DELETE` with the account removes all. Nothing that is made here costs anything by
itself.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetTags.html
https://docs.aws.amazon.com/cost-management/latest/userguide/ce-api-best-practices.html
"""

import calendar
import datetime
import json
from decimal import Decimal

from moto.ce.responses import CostExplorerResponse
from moto.core.base_backend import BackendDict

from aws_local import controls
from aws_local.ce import expressions
from aws_local.ce.requests import invalid, page, period, refused

METRICS = (
    "AmortizedCost",
    "BlendedCost",
    "ListCost",
    "NetAmortizedCost",
    "NetUnblendedCost",
    "NormalizedUsageAmount",
    "UnblendedCost",
    "UsageQuantity",
)
GRANULARITIES = ("DAILY", "HOURLY", "MONTHLY")
MOST_GROUPS = 2
GROUPS_A_PAGE = 500
MONTHS_KEPT = 14
FIELDS = {
    "record_type": "Usage",
    "operation": "",
    "region": "us-east-1",
    "usage": "0",
    "unit": "N/A",
    "amortized": None,
    "net": None,
    "tags": {},
    "estimated": False,
}

# By account: rows, and the state of each tag key.
rows = {}
tag_states = {}
# By account: the refusals that come next, and the backfills that were requested.
refusals = {}
backfills = {}
# By account: the monitors and anomalies of Cost Anomaly Detection.
monitors = {}
anomalies = {}
# The accounts of an organization that are not its management account.
members = set()
KEPT = (rows, tag_states, refusals, backfills, monitors, anomalies)


def _control(method, body):
    account = body["account"]
    if method == "DELETE":
        for kept in KEPT:
            kept.pop(account, None)
        members.discard(account)
        return
    for row in body.get("rows", ()):
        full = {**FIELDS, "account": account, **row}
        rows.setdefault(account, []).append(full)
    for tag in body.get("tags", ()):
        state = {"Type": "UserDefined", "Status": "Active", **tag}
        tag_states.setdefault(account, {})[tag["TagKey"]] = state
    monitors.setdefault(account, []).extend(body.get("monitors", ()))
    anomalies.setdefault(account, []).extend(body.get("anomalies", ()))
    if body.get("member"):
        members.add(account)
    for one in body.get("refuse", ()):
        refusals.setdefault(account, []).append(one)


def refuse_as_told(response, operation):
    """Refuses a call that a test wants to be refused: {"operation", "code", "message"}, once each."""
    told = refusals.get(response.current_account, [])
    for one in told:
        if one["operation"] == operation:
            told.remove(one)
            raise refused(one["code"], one.get("message", "refused"))


def active_tags(account):
    return {key for key, state in tag_states.get(account, {}).items() if state["Status"] == "Active"}


def steps(start, end, granularity):
    """The periods of an answer: each day, or each month as far as it was asked for."""
    while start < end:
        if granularity == "DAILY":
            following = start + datetime.timedelta(days=1)
        else:
            last = calendar.monthrange(start.year, start.month)[1]
            following = datetime.date(start.year, start.month, last) + datetime.timedelta(days=1)
        yield start, min(following, end)
        start = following


def amount(row, metric):
    plain = Decimal(str(row["amount"]))
    if metric in ("UsageQuantity", "NormalizedUsageAmount"):
        return Decimal(str(row["usage"]))
    if metric == "AmortizedCost":
        return Decimal(str(row["amortized"])) if row["amortized"] is not None else plain
    if metric.startswith("Net"):
        return Decimal(str(row["net"])) if row["net"] is not None else plain
    return plain


def _totals(found, metrics):
    def unit(metric):
        if metric != "UsageQuantity":
            return "USD"
        units = {row["unit"] for row in found}
        return units.pop() if len(units) == 1 else "N/A"

    return {
        metric: {"Amount": format(sum((amount(row, metric) for row in found), Decimal(0)), "f"), "Unit": unit(metric)}
        for metric in metrics
    }


def _key(row, group, active):
    if group["Type"] == "TAG":
        value = row["tags"].get(group["Key"], "") if group["Key"] in active else ""
        return f"{group['Key']}${value}"
    return row[expressions.DIMENSIONS[group["Key"]]]


def _checked(params):
    granularity, metrics, groups = params.get("Granularity"), params.get("Metrics"), params.get("GroupBy") or []
    if granularity not in GRANULARITIES:
        raise invalid(f"Granularity should be one of {', '.join(GRANULARITIES)}.")
    if granularity == "HOURLY":
        raise refused("AccessDeniedException", "You are not opted in to hourly data.")
    if not metrics:
        raise invalid("Metrics is required.")
    for metric in metrics:
        if metric not in METRICS:
            raise invalid(f"Metric {metric} is not supported.")
    if len(groups) > MOST_GROUPS:
        raise invalid(f"Number of GroupBy can not be more than {MOST_GROUPS}.")
    for group in groups:
        if group.get("Type") not in ("DIMENSION", "TAG"):
            raise invalid(f"Group Definition type {group.get('Type')} is invalid.")
        if group["Type"] == "DIMENSION" and group["Key"] not in expressions.DIMENSIONS:
            raise invalid(f"Group Definition dimension {group['Key']} is invalid.")
    if params.get("Filter"):
        expressions.check(params["Filter"])
    return granularity, metrics, groups


def get_cost_and_usage(self):
    params = json.loads(self.body)
    refuse_as_told(self, "GetCostAndUsage")
    granularity, metrics, groups = _checked(params)
    start, end = period(params)
    oldest = datetime.date.today().replace(day=1) - datetime.timedelta(days=31 * MONTHS_KEPT)
    if start < oldest:
        raise invalid(f"You haven't enabled historical data beyond {MONTHS_KEPT} months")
    account = self.current_account
    active = active_tags(account)
    passed = [row for row in rows.get(account, []) if expressions.matches(params.get("Filter"), row, active)]
    results, flat = [], []
    for first, following in steps(start, end, granularity):
        found = [row for row in passed if str(first) <= row["day"] < str(following)]
        result = {
            "TimePeriod": {"Start": str(first), "End": str(following)},
            "Total": {} if groups else _totals(found, metrics),
            "Groups": [],
            "Estimated": any(row["estimated"] for row in found) or following > datetime.date.today(),
        }
        results.append(result)
        keys = sorted({tuple(_key(row, group, active) for group in groups) for row in found}) if groups else []
        for key in keys:
            same = [row for row in found if tuple(_key(row, group, active) for group in groups) == key]
            flat.append((len(results) - 1, {"Keys": list(key), "Metrics": _totals(same, metrics)}))
    shown, token = page(params, flat, GROUPS_A_PAGE)
    for place, group in shown:
        results[place]["Groups"].append(group)
    answer = {"GroupDefinitions": groups, "ResultsByTime": results, "DimensionValueAttributes": []}
    return json.dumps({**answer, **({"NextPageToken": token} if token else {})})


def get_tags(self):
    params = json.loads(self.body)
    refuse_as_told(self, "GetTags")
    start, end = period(params)
    account, key = self.current_account, params.get("TagKey")
    active = active_tags(account)
    found = [row for row in rows.get(account, []) if str(start) <= row["day"] < str(end)]
    if key:
        values = sorted({row["tags"].get(key, "") for row in found}) if key in active else []
    else:
        values = sorted({name for row in found for name in row["tags"] if name in active})
    return json.dumps({"Tags": values, "ReturnSize": len(values), "TotalSize": len(values)})


def install():
    plain = BackendDict.reset

    def reset(_cls):
        for kept in (*KEPT, members):
            kept.clear()
        plain()

    BackendDict.reset = classmethod(reset)
    CostExplorerResponse.get_cost_and_usage = get_cost_and_usage
    CostExplorerResponse.get_tags = get_tags
    controls.PATHS["/aws-local/costs"] = _control
