"""What AWS's services have reported to CloudWatch, as a test has set it with `POST /aws-local/metrics`:

    {"account", "region", "metrics": [{"namespace", "name", "dimensions": {…}, "days": [7, null, 0.5], "unit"}]}

`days` are the values of the last whole days in UTC, the newest last, at noon; null for a day without a value. `DELETE` with
the account removes all; `"replace": true` removes what the metrics had before.

GetMetricData refuses what AWS refuses: more than 500 queries, ids that are not valid or not unique, periods that are not
multiples of a minute.

S3 counts a bucket once a day, and has no number of a new one: there is none but those that a test has set.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html
"""

import datetime
import re

from moto.cloudwatch.exceptions import ValidationError
from moto.cloudwatch.models import CloudWatchBackend, MetricDatum, cloudwatch_backends
from moto.s3.models import S3Backend

from aws_local import controls

MOST_QUERIES = 500
ID = re.compile(r"[a-z][a-zA-Z0-9_]{0,254}")


def _control(method, body):
    backend = cloudwatch_backends[body["account"]][body.get("region", "us-east-1")]
    if method == "DELETE":
        backend.metric_data.clear()
        return
    # moto compares without time zones.
    if body.get("replace"):
        names = {(metric["namespace"], metric["name"]) for metric in body["metrics"]}
        backend.metric_data[:] = [one for one in backend.metric_data if (one.namespace, one.name) not in names]
    midnight = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    for metric in body["metrics"]:
        dimensions = [{"Name": name, "Value": value} for name, value in metric["dimensions"].items()]
        for back, value in enumerate(reversed(metric["days"]), 1):
            if value is None:
                continue
            noon = midnight - datetime.timedelta(days=back) + datetime.timedelta(hours=12)
            backend.metric_data.append(
                MetricDatum(
                    namespace=metric["namespace"],
                    name=metric["name"],
                    value=float(value),
                    dimensions=dimensions,
                    timestamp=noon,
                    unit=metric.get("unit"),
                )
            )


def _check(queries):
    if not queries or len(queries) > MOST_QUERIES:
        raise ValidationError(f"The collection MetricDataQueries must have a size from 1 to {MOST_QUERIES}.")
    ids = [query.get("Id", "") for query in queries]
    for one in ids:
        if not ID.fullmatch(one):
            raise ValidationError(f"The value {one} for parameter MetricDataQueries.member.1.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.")
        if ids.count(one) > 1:
            raise ValidationError(f"The values for parameter id in MetricDataQueries are not unique. Duplicate id: {one}.")
    for query in queries:
        period = int(query.get("MetricStat", {}).get("Period", 60))
        if period not in (1, 5, 10, 20, 30) and period % 60:
            raise ValidationError("Period must be 1, 5, 10, 20, 30 or a multiple of 60.")


def install():
    controls.PATHS["/aws-local/metrics"] = _control
    plain = CloudWatchBackend.get_metric_data

    def get_metric_data(self, queries, *args, **kwargs):
        _check(queries)
        return plain(self, queries, *args, **kwargs)

    CloudWatchBackend.get_metric_data = get_metric_data
    S3Backend.get_cloudwatch_metrics = classmethod(lambda cls, account_id, region: [])
