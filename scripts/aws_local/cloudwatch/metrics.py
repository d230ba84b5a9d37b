"""Metrics: a query returns only the exact metric (namespace, name and all dimensions), in periods that start at a whole
minute, percentiles included.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
"""

import datetime
import re

from moto.cloudwatch.metric_data_expression_parser import parse_expression
from moto.cloudwatch.models import CloudWatchBackend, Statistics
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")
BASIC = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"]


def _dimensions(given):
    return sorted((one["Name"], one.get("Value")) for one in given or [])


def _selected(backend, namespace, name, dimensions, unit):
    wanted = _dimensions(dimensions)
    return [
        datum
        for datum in backend.get_all_metrics()
        if datum.namespace == namespace
        and datum.name == name
        and sorted((one.name, one.value) for one in datum.dimensions) == wanted
        and (unit is None or datum.unit == unit)
    ]


def _periods(data, start, end, period):
    """The periods with data, oldest first."""
    if period >= 60:
        start = start.replace(second=0)
    start, found = start.replace(microsecond=0), {}
    for datum in data:
        if start <= datum.timestamp < end:
            found.setdefault(int((datum.timestamp - start).total_seconds() // period), []).append(datum)
    for number in sorted(found):
        statistics = Statistics(BASIC, start + datetime.timedelta(seconds=number * period), found[number][0].unit)
        statistics.metric_data = found[number]
        yield statistics


def _value(statistics, stat):
    match = PERCENTILE.fullmatch(stat)
    if not match:
        return statistics.get_statistics_for_type(stat)
    values = sorted(statistics.metric_single_values_list)
    if not values:
        return None
    at = (len(values) - 1) * float(match[1]) / 100
    low = int(at)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (at - low)


def _queried(backend, query, start, end):
    stat = query["MetricStat"]
    metric = stat["Metric"]
    data = _selected(backend, metric["Namespace"], metric["MetricName"], metric.get("Dimensions"), stat.get("Unit"))
    points = [(one.timestamp, _value(one, stat["Stat"])) for one in _periods(data, start, end, int(stat["Period"]))]
    points = [point for point in points if point[1] is not None]
    return {
        "id": query["Id"],
        "label": query.get("Label") or f"{metric['MetricName']} {stat['Stat']}",
        "values": [value for _, value in points],
        "timestamps": [timestamp for timestamp, _ in points],
        "status_code": "Complete",
    }


def _statistics(self):
    if not self._get_param("Statistics", []) and not self._get_param("ExtendedStatistics", []):
        return _plain_statistics(self)
    name, period = self._get_param("MetricName"), self._get_int_param("Period")
    start, end = self._get_param("StartTime"), self._get_param("EndTime")
    if start >= end:
        return _plain_statistics(self)
    basic, extended = self._get_param("Statistics", []), self._get_param("ExtendedStatistics", [])
    data = _selected(
        self.cloudwatch_backend,
        self._get_param("Namespace"),
        name,
        self._get_param("Dimensions", []),
        self._get_param("Unit"),
    )
    points = []
    for one in _periods(data, start, end, period):
        point = {"Timestamp": one.timestamp, "Unit": one.unit or "None"}
        point |= {stat: _value(one, stat) for stat in basic}
        if extended:
            values = {stat: _value(one, stat) for stat in extended}
            point["ExtendedStatistics"] = {stat: value for stat, value in values.items() if value is not None}
        points.append(point)
    return ActionResult({"Label": name, "Datapoints": points})


def _plain_statistics(response):
    raise NotImplementedError


def install():
    global _plain_statistics
    _plain_statistics = CloudWatchResponse.get_metric_statistics
    plain = CloudWatchBackend.get_metric_data

    def get_metric_data(self, queries, start_time, end_time, scan_by="TimestampAscending"):
        # moto checks the times, and answers queries for expressions.
        others = [one for one in queries if "MetricStat" not in one and one["Expression"].startswith("SELECT")]
        answers = {one["id"]: one for one in plain(self, others, start_time, end_time, scan_by)}
        found = [_queried(self, query, start_time, end_time) for query in queries if "MetricStat" in query]
        for one in found:
            if scan_by == "TimestampDescending":
                one["timestamps"].reverse()
                one["values"].reverse()
            answers[one["id"]] = one
        for query in queries:
            if query["Id"] not in answers and "Expression" in query:
                values, timestamps = parse_expression(query["Expression"], found)
                answers[query["Id"]] = {
                    "id": query["Id"],
                    "label": query.get("Label") or query["Id"],
                    "values": values,
                    "timestamps": timestamps,
                    "status_code": "Complete",
                }
        return [answers[one["Id"]] for one in queries if one["Id"] in answers and one.get("ReturnData", True)]

    CloudWatchBackend.get_metric_data = get_metric_data
    CloudWatchResponse.get_metric_statistics = _statistics
