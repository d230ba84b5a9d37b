"""The additions to CloudWatch's metrics, and the protocol that newer SDKs speak to it."""

import datetime
import io

from botocore.serialize import RpcV2CBORSerializer
from moto.core.utils import get_service_model
from moto.server import DomainDispatcherApplication, create_backend_app

from aws_local.cloudwatch.rpc_v2_cbor import Cbor, _parser
from aws_local.tests.case import Case, client

SERVICE = "GraniteServiceVersion20100801"
X = [{"Name": "d", "Value": "x"}]


class Metrics(Case):
    def setUp(self):
        super().setUp()
        self.cloudwatch = client("cloudwatch")
        now = datetime.datetime.now(datetime.timezone.utc)
        self.start = now.replace(second=30, microsecond=0) - datetime.timedelta(minutes=10)
        self.end = self.start + datetime.timedelta(minutes=10)
        for minute, value, dimensions in [(1, 1.5, X), (1, 2.5, X), (2, 9.0, X), (1, 100.0, [])]:
            data = {
                "MetricName": "m",
                "Value": value,
                "Timestamp": self.start + datetime.timedelta(minutes=minute),
                "Dimensions": dimensions,
            }
            self.cloudwatch.put_metric_data(Namespace="mine", MetricData=[data])

    def query(self, namespace="mine", dimensions=X, stat="Average"):
        metric = {"Namespace": namespace, "MetricName": "m", "Dimensions": dimensions}
        return [{"Id": "a", "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}}]

    def values(self, **query):
        told = self.cloudwatch.get_metric_data(
            MetricDataQueries=self.query(**query), StartTime=self.start, EndTime=self.end, ScanBy="TimestampAscending"
        )
        return told["MetricDataResults"][0]

    def test_a_query_returns_only_the_exact_metric(self):
        told = self.values()
        self.assertEqual(told["Values"], [2.0, 9.0])
        self.assertEqual({timestamp.second for timestamp in told["Timestamps"]}, {0})
        self.assertEqual(self.values(stat="p50")["Values"], [2.0, 9.0])
        self.assertEqual(self.values(dimensions=[])["Values"], [100.0])
        self.assertEqual(self.values(namespace="AWS/ElastiCache")["Values"], [])

    def test_statistics_too(self):
        def points(namespace):
            told = self.cloudwatch.get_metric_statistics(
                Namespace=namespace,
                MetricName="m",
                Dimensions=X,
                StartTime=self.start,
                EndTime=self.end,
                Period=300,
                Statistics=["Maximum", "SampleCount"],
            )
            return [(point["Maximum"], point["SampleCount"]) for point in told["Datapoints"]]

        self.assertEqual(points("mine"), [(9.0, 3.0)])
        self.assertEqual(points("AWS/ElastiCache"), [])

    def test_in_cbor(self):
        app = Cbor(DomainDispatcherApplication(create_backend_app))

        def ask(operation, **given):
            shape = get_service_model("cloudwatch").operation_model(operation).input_shape
            body = bytearray()
            RpcV2CBORSerializer()._serialize_data_item(body, given, shape)
            told = {}
            environ = {
                "REQUEST_METHOD": "POST",
                "PATH_INFO": f"/service/{SERVICE}/operation/{operation}",
                "QUERY_STRING": "",
                "SERVER_NAME": "localhost",
                "SERVER_PORT": "80",
                "HTTP_HOST": "localhost",
                "wsgi.url_scheme": "http",
                "wsgi.errors": io.StringIO(),
                "wsgi.input": io.BytesIO(bytes(body)),
                "CONTENT_LENGTH": str(len(body)),
                "CONTENT_TYPE": "application/cbor",
                "HTTP_SMITHY_PROTOCOL": "rpc-v2-cbor",
                "HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/monitoring/aws4_request, "
                "SignedHeaders=host, Signature=0",
            }
            parts = app(environ, lambda status, headers, _=None: told.update(status=status, headers=dict(headers)))
            self.assertEqual(told["headers"]["smithy-protocol"], "rpc-v2-cbor")
            answer = _parser.parse_data_item(_parser.get_peekable_stream_from_bytes(b"".join(parts)))
            return told["status"][:3], answer

        times = {"StartTime": self.start, "EndTime": self.end}
        status, told = ask("GetMetricData", MetricDataQueries=self.query(), **times)
        self.assertEqual((status, told["MetricDataResults"][0]["Values"]), ("200", [9.0, 2.0]))
        self.assertIsInstance(told["MetricDataResults"][0]["Timestamps"][0], datetime.datetime)
        status, told = ask("PutMetricData", Namespace="mine", MetricData=[{"MetricName": "n", "Value": 1.0}])
        self.assertEqual((status, told), ("200", {}))
        status, told = ask("GetMetricStatistics", Namespace="mine", MetricName="m", Period=60, **times)
        self.assertEqual(status, "400")
        self.assertTrue(told["__type"].endswith("InvalidParameterCombinationException"), told)


class Observed(Case):
    def test_daily_values_are_those_of_a_test(self):
        from aws_local import controls

        of = {"NatGatewayId": "nat-1"}
        metric = {"namespace": "AWS/NATGateway", "name": "BytesInFromSource", "dimensions": of, "days": [1, None, 3]}
        controls.PATHS["/aws-local/metrics"]("POST", {"account": "123456789012", "metrics": [metric]})
        end = datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
        asked = {"Namespace": "AWS/NATGateway", "MetricName": "BytesInFromSource"}
        asked["Dimensions"] = [{"Name": "NatGatewayId", "Value": "nat-1"}]
        query = {"Id": "m0", "MetricStat": {"Metric": asked, "Period": 86400, "Stat": "Sum"}}

        def values(*queries):
            told = client("cloudwatch").get_metric_data(
                MetricDataQueries=queries,
                StartTime=end - datetime.timedelta(days=14),
                EndTime=end,
                ScanBy="TimestampAscending",
            )
            return told["MetricDataResults"][0]["Values"]

        self.assertEqual(values(query), [1.0, 3.0])
        for queries in [
            [query, query],
            [query | {"Id": "M0"}],
            [query | {"Id": f"m{number}"} for number in range(501)],
            [query | {"MetricStat": query["MetricStat"] | {"Period": 90}}],
        ]:
            with self.assertRaises(client("cloudwatch").exceptions.ClientError):
                values(*queries)

    def test_a_new_bucket_has_no_size(self):
        client("s3").create_bucket(Bucket="new-bucket")
        now = datetime.datetime.now(datetime.timezone.utc)
        asked = {"Namespace": "AWS/S3", "MetricName": "BucketSizeBytes"}
        asked["Dimensions"] = [
            {"Name": "BucketName", "Value": "new-bucket"},
            {"Name": "StorageType", "Value": "StandardStorage"},
        ]
        query = {"Id": "m0", "MetricStat": {"Metric": asked, "Period": 86400, "Stat": "Average"}}
        told = client("cloudwatch").get_metric_data(
            MetricDataQueries=[query], StartTime=now - datetime.timedelta(days=3), EndTime=now
        )
        self.assertEqual(told["MetricDataResults"][0]["Values"], [])
