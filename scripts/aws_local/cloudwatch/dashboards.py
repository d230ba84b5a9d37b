"""Dashboards: invalid bodies are refused, questionable ones get a warning; only the first PutDashboard sets tags.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteDashboards.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

import json
import re

from moto.cloudwatch.exceptions import DashboardInvalidInputError, InvalidParameterValue
from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
TYPES = {"metric", "log", "text", "alarm", "explorer", "custom"}
WIDEST, HIGHEST = 24, 1000
MOST_WIDGETS = 500


def _widget(number, widget):
    """Errors and warnings about a widget, as pairs of a path and a message."""
    place = f"/widgets/{number}"
    if not isinstance(widget, dict):
        return [(place, "Should be object")], []
    wrong, doubtful = [], []
    kind, properties = widget.get("type"), widget.get("properties")
    if kind not in TYPES:
        wrong.append((f"{place}/type", f"Should be one of: {', '.join(sorted(TYPES))}"))
    for name, most in (("width", WIDEST), ("height", HIGHEST)):
        size = widget.get(name, 6)
        if not isinstance(size, int) or not 1 <= size <= most:
            wrong.append((f"{place}/{name}", f"Should be between 1 and {most}"))
    for name in ("x", "y"):
        at = widget.get(name, 0)
        if not isinstance(at, int) or at < 0 or (name == "x" and at >= WIDEST):
            wrong.append((f"{place}/{name}", "Is out of range"))
    if not isinstance(properties, dict):
        return [*wrong, (f"{place}/properties", "Should have required property 'properties'")], doubtful
    if kind == "metric":
        if "metrics" not in properties and "annotations" not in properties:
            wrong.append((f"{place}/properties", "Should have required property 'metrics'"))
        for index, metric in enumerate(properties.get("metrics", [])):
            if not isinstance(metric, list) or not metric:
                wrong.append((f"{place}/properties/metrics/{index}", "Should be an array of at least one element"))
        if "region" not in properties:
            doubtful.append((f"{place}/properties", "Should have property 'region'"))
    elif kind == "text" and not isinstance(properties.get("markdown"), str):
        wrong.append((f"{place}/properties/markdown", "Should be string"))
    elif kind == "alarm" and not isinstance(properties.get("alarms"), list):
        wrong.append((f"{place}/properties/alarms", "Should be array"))
    return wrong, doubtful


def _messages(pairs):
    return [{"DataPath": place, "Message": words} for place, words in pairs]


def put_dashboard(self):
    backend, name, body = self.cloudwatch_backend, self._get_param("DashboardName"), self._get_param("DashboardBody")
    if not NAME.fullmatch(name or ""):
        raise InvalidParameterValue(
            "The value for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) "
            "and underscore (_).\n"
        )
    try:
        document = json.loads(body)
    except (TypeError, ValueError) as error:
        raise DashboardInvalidInputError(f"The field DashboardBody must be a valid JSON object: {error}") from error
    widgets = document.get("widgets") if isinstance(document, dict) else None
    if not isinstance(widgets, list) or len(widgets) > MOST_WIDGETS:
        raise DashboardInvalidInputError("The dashboard body is invalid: /widgets: Should be array")
    wrong, doubtful = [], []
    for number, widget in enumerate(widgets):
        one_wrong, one_doubtful = _widget(number, widget)
        wrong += one_wrong
        doubtful += one_doubtful
    if wrong:
        messages = json.dumps(_messages(wrong))
        raise DashboardInvalidInputError(
            f"The dashboard body is invalid, there are {len(wrong)} validation errors: {messages}"
        )
    created = name not in backend.dashboards
    dashboard = backend.put_dashboard(name, body)
    tags = self._get_param("Tags", [])
    # An update ignores tags.
    if created and tags:
        backend.tagger.tag_resource(dashboard.arn, tags)
    return ActionResult({"DashboardValidationMessages": _messages(doubtful)})


def get_dashboard(self):
    name = self._get_param("DashboardName")
    dashboard = self.cloudwatch_backend.get_dashboard(name)
    if dashboard is None:
        raise NotFound(f"Dashboard {name} does not exist")
    return ActionResult(
        {"DashboardArn": dashboard.arn, "DashboardBody": dashboard.body, "DashboardName": dashboard.name}
    )


class NotFound(DashboardInvalidInputError):
    code = "ResourceNotFound"


def install():
    CloudWatchResponse.put_dashboard = put_dashboard
    CloudWatchResponse.get_dashboard = get_dashboard
    plain = CloudWatchBackend.delete_dashboards

    def delete_dashboards(self, dashboards):
        arns = [self.dashboards[name].arn for name in dashboards if name in self.dashboards]
        refused = plain(self, dashboards)
        if refused is None:
            for arn in arns:
                self.tagger.delete_all_tags_for_resource(arn)
        return refused

    CloudWatchBackend.delete_dashboards = delete_dashboards
