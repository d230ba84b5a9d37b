"""Cost Anomaly Detection, as a test has set its monitors and anomalies with `POST /aws-local/costs`.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetAnomalyMonitors.html
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetAnomalies.html
"""

import datetime
import json

from moto.ce.responses import CostExplorerResponse

from aws_local.ce import costs
from aws_local.ce.requests import day, invalid, page

# AWS keeps the anomalies of 90 days.
DAYS_KEPT = 90
A_PAGE = 100


def _answer(params, name, found, size):
    shown, token = page(params, found, size)
    return json.dumps({name: shown, **({"NextPageToken": token} if token else {})})


def get_anomaly_monitors(self):
    params = json.loads(self.body)
    costs.refuse_as_told(self, "GetAnomalyMonitors")
    found = costs.monitors.get(self.current_account, [])
    return _answer(params, "AnomalyMonitors", found, params.get("MaxResults", A_PAGE))


def get_anomalies(self):
    params = json.loads(self.body)
    costs.refuse_as_told(self, "GetAnomalies")
    interval = params.get("DateInterval") or {}
    start = day(interval.get("StartDate"), "Start")
    end = day(interval["EndDate"], "End") if interval.get("EndDate") else datetime.date.today()
    if start > end:
        raise invalid("Start date should be before end date")
    if start < datetime.date.today() - datetime.timedelta(days=DAYS_KEPT):
        raise invalid(f"Start date must be within the last {DAYS_KEPT} days")
    found = [
        one
        for one in costs.anomalies.get(self.current_account, [])
        if str(start) <= one["AnomalyStartDate"][:10] <= str(end)
    ]
    return _answer(params, "Anomalies", found, params.get("MaxResults", A_PAGE))


def install():
    CostExplorerResponse.get_anomaly_monitors = get_anomaly_monitors
    CostExplorerResponse.get_anomalies = get_anomalies
