"""Forecasts: the mean of the days that an account has had, for each day to come. Too few days are refused.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostForecast.html
https://docs.aws.amazon.com/cost-management/latest/userguide/ce-forecast.html
"""

import datetime
import json
from decimal import Decimal

from moto.ce.responses import CostExplorerResponse

from aws_local.ce import costs, expressions
from aws_local.ce.requests import invalid, period, refused

METRICS = {
    "AMORTIZED_COST": "AmortizedCost",
    "BLENDED_COST": "BlendedCost",
    "NET_AMORTIZED_COST": "NetAmortizedCost",
    "NET_UNBLENDED_COST": "NetUnblendedCost",
    "UNBLENDED_COST": "UnblendedCost",
}
# The fewest days with costs, and the most days and months ahead.
FEWEST_DAYS = 14
MOST_DAYS, MOST_MONTHS = 93, 18


def get_cost_forecast(self):
    params = json.loads(self.body)
    costs.refuse_as_told(self, "GetCostForecast")
    start, end = period(params)
    today = datetime.datetime.now(datetime.UTC).date()
    if start < today:
        raise invalid("Start date must be no earlier than the current date.")
    granularity, metric = params.get("Granularity"), METRICS.get(params.get("Metric"))
    if metric is None:
        raise invalid(f"Metric {params.get('Metric')} is not supported.")
    if granularity not in ("DAILY", "MONTHLY"):
        raise invalid("Granularity should be DAILY or MONTHLY.")
    if (end - today).days > (MOST_DAYS if granularity == "DAILY" else MOST_MONTHS * 31):
        raise invalid("The forecast period is too long.")
    if params.get("Filter"):
        expressions.check(params["Filter"])
    account = self.current_account
    active = costs.active_tags(account)
    rows = [
        row for row in costs.rows.get(account, []) if expressions.matches(params.get("Filter"), row, active)
    ]
    days = {row["day"] for row in rows if row["day"] < str(today)}
    if len(days) < FEWEST_DAYS:
        raise refused("DataUnavailableException", "Insufficient amount of historical data to generate a forecast.")
    total = sum((costs.amount(row, metric) for row in rows if row["day"] < str(today)), Decimal(0))
    mean = total / len(days)
    results, forecast = [], Decimal(0)
    if granularity == "MONTHLY":
        # A month that has begun is told as a whole, whatever part of it was asked for.
        start = start.replace(day=1)
        end = (end - datetime.timedelta(days=1)).replace(day=28) + datetime.timedelta(days=4)
        end = end.replace(day=1)
    for first, following in costs.steps(start, end, granularity):
        value = mean * (following - first).days
        forecast += value
        results.append(
            {"TimePeriod": {"Start": str(first), "End": str(following)}, "MeanValue": format(value, "f")}
        )
    return json.dumps({"Total": {"Amount": format(forecast, "f"), "Unit": "USD"}, "ForecastResultsByTime": results})


def install():
    CostExplorerResponse.get_cost_forecast = get_cost_forecast
