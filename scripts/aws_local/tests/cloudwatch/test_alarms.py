"""Metric alarms and dashboards."""

import datetime
import json

from aws_local import controls
from aws_local.tests.case import Case, client

TO = "ops@example.com"
ALARM = {
    "AlarmName": "cpu",
    "AlarmDescription": "busy",
    "MetricName": "CPUUtilization",
    "Namespace": "AWS/RDS",
    "ExtendedStatistic": "p95",
    "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "db"}],
    "Period": 60,
    "EvaluationPeriods": 5,
    "DatapointsToAlarm": 3,
    "Threshold": 90.5,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "missing",
    "EvaluateLowSampleCountPercentile": "ignore",
    "ActionsEnabled": True,
    "AlarmActions": [],
    "OKActions": [],
    "InsufficientDataActions": [],
}


class Alarms(Case):
    def setUp(self):
        super().setUp()
        self.cloudwatch = client("cloudwatch")
        controls.boxes.clear()

    def put(self, **more):
        self.cloudwatch.put_metric_alarm(**ALARM | more)

    def alarm(self, name="cpu"):
        return self.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]

    def history(self, **more):
        items = self.cloudwatch.describe_alarm_history(AlarmName="cpu", **more)["AlarmHistoryItems"]
        return [(one["HistoryItemType"], one["HistorySummary"]) for one in items]

    def test_all_settings_are_returned(self):
        self.put()
        told = self.alarm()
        self.assertEqual({name: told[name] for name in ALARM}, ALARM)
        self.assertEqual(told["StateValue"], "INSUFFICIENT_DATA")
        self.assertNotIn("Statistic", told)

    def test_an_expression_is_checked(self):
        metric = {"Namespace": "AWS/RDS", "MetricName": "CPUUtilization"}
        of = {"Metric": metric, "Period": 300, "Stat": "p95"}
        value = {"Id": "value", "MetricStat": of, "ReturnData": False}
        checked = {"Id": "checked", "Expression": "IF(value > 1, value, 0)", "ReturnData": True}
        alone = {name: ALARM[name] for name in ("AlarmName", "EvaluationPeriods", "Threshold", "ComparisonOperator")}

        def put(queries, **more):
            self.cloudwatch.put_metric_alarm(**alone | {"Metrics": queries} | more)

        put([value, checked])
        told = self.alarm()
        self.assertEqual(told["Metrics"], [value, checked])
        self.assertNotIn("Period", told)
        for queries, more in (
            ([value | {"ReturnData": True}, checked], {}),
            ([value], {}),
            ([value, value, checked], {}),
            ([value | {"Id": "Value"}, checked], {}),
            ([value, checked | {"Expression": "IF(count > 1, value, 0)"}], {}),
            ([value | {"Expression": "1"}, checked], {}),
            ([value | {"MetricStat": of | {"Period": 90}}, checked], {}),
            ([value, checked], {"Period": 60}),
            ([value, checked], {"ExtendedStatistic": "p95"}),
        ):
            with self.assertRaises(self.cloudwatch.exceptions.ClientError):
                put(queries, **more)

    def test_a_change_keeps_state_and_tags(self):
        self.put(Tags=[{"Key": "a", "Value": "1"}])
        self.cloudwatch.set_alarm_state(AlarmName="cpu", StateValue="ALARM", StateReason="hot")
        self.put(Threshold=50.0, Tags=[{"Key": "a", "Value": "2"}])
        told = self.alarm()
        self.assertEqual((told["Threshold"], told["StateValue"], told["StateReason"]), (50.0, "ALARM", "hot"))
        arn = told["AlarmArn"]
        self.cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "3"}])
        self.cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["b"])
        self.assertEqual(self.cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"], [{"Key": "a", "Value": "1"}])
        self.cloudwatch.delete_alarms(AlarmNames=["cpu", "never"])
        with self.refused("ResourceNotFoundException"):
            self.cloudwatch.list_tags_for_resource(ResourceARN=arn)

    def test_invalid_alarms_are_refused(self):
        cases = [
            ({"Period": 90}, "ValidationError"),
            ({"DatapointsToAlarm": 6}, "ValidationError"),
            ({"TreatMissingData": "never"}, "ValidationError"),
            ({"Statistic": "Sum"}, "InvalidParameterCombination"),
            ({"Period": 1800, "EvaluationPeriods": 49, "DatapointsToAlarm": 1}, "ValidationError"),
            ({"AlarmActions": ["arn:aws:sns:eu-west-1:1:t"]}, "InvalidParameterValue"),
            ({"AlarmActions": ["topic"]}, "InvalidParameterValue"),
        ]
        for change, code in cases:
            with self.refused(code):
                self.put(**change)
        self.assertEqual(self.cloudwatch.describe_alarms()["MetricAlarms"], [])

    def test_lists_come_in_pages(self):
        for number in range(60):
            self.put(AlarmName=f"n{number:02}")
        first = self.cloudwatch.describe_alarms()
        self.assertEqual(len(first["MetricAlarms"]), 50)
        rest = self.cloudwatch.describe_alarms(NextToken=first["NextToken"])
        self.assertEqual([one["AlarmName"] for one in rest["MetricAlarms"]], [f"n{number}" for number in range(50, 60)])
        self.assertNotIn("NextToken", rest)
        self.assertEqual(len(self.cloudwatch.describe_alarms(MaxRecords=100)["MetricAlarms"]), 60)
        self.assertEqual(len(self.cloudwatch.describe_alarms(AlarmNamePrefix="n1")["MetricAlarms"]), 10)
        self.assertEqual(self.cloudwatch.describe_alarms(StateValue="OK")["MetricAlarms"], [])

    def test_history_and_actions(self):
        sns = client("sns")
        topic = sns.create_topic(Name="alarms")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=TO)
        sns.confirm_subscription(TopicArn=topic, Token=controls.boxes[TO][0]["token"])
        self.put(AlarmActions=[topic])
        start = datetime.datetime.now(datetime.timezone.utc)
        for state in ("ALARM", "ALARM", "OK"):
            self.cloudwatch.set_alarm_state(AlarmName="cpu", StateValue=state, StateReason="because")
        self.assertEqual(
            self.history(),
            [
                ("StateUpdate", "Alarm updated from ALARM to OK"),
                ("Action", f"Successfully executed action {topic}"),
                ("StateUpdate", "Alarm updated from INSUFFICIENT_DATA to ALARM"),
                ("ConfigurationUpdate", 'Alarm "cpu" created'),
            ],
        )
        self.assertEqual(len(self.history(HistoryItemType="StateUpdate", StartDate=start)), 2)
        self.assertEqual(len(self.history(MaxRecords=1)), 1)
        mail = controls.boxes[TO][1]
        self.assertEqual(mail["subject"], 'ALARM: "cpu" in us-east-1')
        self.assertEqual(json.loads(mail["message"])["NewStateReason"], "because")
        self.cloudwatch.disable_alarm_actions(AlarmNames=["cpu"])
        self.assertFalse(self.alarm()["ActionsEnabled"])
        with self.refused("ResourceNotFound"):
            self.cloudwatch.set_alarm_state(AlarmName="none", StateValue="OK", StateReason="r")
        with self.refused("ValidationError"):
            self.cloudwatch.set_alarm_state(AlarmName="cpu", StateValue="BAD", StateReason="r")


class Dashboards(Case):
    def setUp(self):
        super().setUp()
        self.cloudwatch = client("cloudwatch")

    def put(self, *widgets, name="stack", **more):
        body = json.dumps({"widgets": widgets})
        return self.cloudwatch.put_dashboard(DashboardName=name, DashboardBody=body, **more)

    def widget(self, **properties):
        metrics = [["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", "db"]]
        return {"type": "metric", "width": 12, "properties": {"metrics": metrics, "region": "us-east-1"} | properties}

    def test_a_body_is_returned_unchanged(self):
        self.assertEqual(self.put(self.widget())["DashboardValidationMessages"], [])
        told = self.cloudwatch.get_dashboard(DashboardName="stack")
        self.assertEqual(told["DashboardBody"], json.dumps({"widgets": [self.widget()]}))
        self.assertTrue(told["DashboardArn"].endswith(":dashboard/stack"))

    def test_a_questionable_widget_gets_a_warning_and_an_invalid_one_is_refused(self):
        doubtful = self.widget()
        del doubtful["properties"]["region"]
        self.assertEqual(self.put(doubtful)["DashboardValidationMessages"][0]["DataPath"], "/widgets/0/properties")
        wrong = [
            {"type": "chart", "properties": {}},
            {**self.widget(), "width": 25},
            {"type": "metric", "properties": {}},
            {"type": "alarm", "properties": {}},
            self.widget(metrics=["AWS/RDS"]),
        ]
        for widget in wrong:
            with self.refused("InvalidParameterInput"):
                self.put(widget)
        for body in ("", "[]", "{"):
            with self.refused("InvalidParameterInput"):
                self.cloudwatch.put_dashboard(DashboardName="other", DashboardBody=body)
        with self.refused("InvalidParameterValue"):
            self.put(self.widget(), name="a b")

    def test_only_the_first_call_sets_tags(self):
        for value in "12":
            self.put(self.widget(), Tags=[{"Key": "a", "Value": value}])
        arn = self.cloudwatch.get_dashboard(DashboardName="stack")["DashboardArn"]
        told = self.cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]
        self.assertEqual(told, [{"Key": "a", "Value": "1"}])
        with self.refused("ResourceNotFound"):
            self.cloudwatch.delete_dashboards(DashboardNames=["stack", "none"])
        self.cloudwatch.delete_dashboards(DashboardNames=["stack"])
        with self.refused("ResourceNotFound"):
            self.cloudwatch.get_dashboard(DashboardName="stack")
        self.put(self.widget())
        self.assertEqual(self.cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"], [])
