"""Costs, forecasts and cost allocation tags."""

import datetime

from aws_local.ce import costs
from aws_local.tests.case import Case, client

TODAY = datetime.datetime.now(datetime.UTC).date()


def day(ago):
    return str(TODAY - datetime.timedelta(days=ago))


def tag(key, status="Active"):
    return {"TagKey": key, "Status": status}


class Ce(Case):
    def setUp(self):
        super().setUp()
        self.ce = client("ce")
        self.account = client("sts").get_caller_identity()["Account"]

    def given(self, **more):
        costs._control("POST", {"account": self.account, **more})

    def ask(self, start=3, end=0, **more):
        query = {"Granularity": "DAILY", "Metrics": ["UnblendedCost"], **more}
        return self.ce.get_cost_and_usage(TimePeriod={"Start": day(start), "End": day(end)}, **query)

    def test_the_end_is_exclusive_and_amounts_are_exact(self):
        self.given(rows=[{"day": day(n), "service": "AmazonRDS", "usage_type": "x", "amount": "0.1"} for n in range(4)])
        found = self.ask()["ResultsByTime"]
        self.assertEqual([one["TimePeriod"]["Start"] for one in found], [day(3), day(2), day(1)])
        self.assertEqual(found[0]["Total"]["UnblendedCost"], {"Amount": "0.1", "Unit": "USD"})
        with self.refused("ValidationException"):
            self.ask(start=0, end=0)

    def test_a_tag_counts_only_while_it_is_active(self):
        row = {"day": day(1), "service": "AmazonRDS", "usage_type": "x", "amount": "1", "tags": {"Project": "shop"}}
        other = {**row, "tags": {}}
        self.given(rows=[row, other], tags=[tag("Project", "Inactive")])
        groups = [{"Type": "TAG", "Key": "Project"}, {"Type": "DIMENSION", "Key": "SERVICE"}]
        wanted = {"Tags": {"Key": "Project", "Values": ["shop"]}}

        def keys(**more):
            return [group["Keys"] for one in self.ask(**more)["ResultsByTime"] for group in one["Groups"]]

        self.assertEqual(keys(GroupBy=groups), [["Project$", "AmazonRDS"]])
        self.assertEqual(keys(GroupBy=groups, Filter=wanted), [])
        self.ce.update_cost_allocation_tags_status(CostAllocationTagsStatus=[tag("Project"), tag("none")])
        self.assertEqual(keys(GroupBy=groups), [["Project$", "AmazonRDS"], ["Project$shop", "AmazonRDS"]])
        self.assertEqual(keys(GroupBy=groups, Filter=wanted), [["Project$shop", "AmazonRDS"]])
        with self.refused("ValidationException"):
            self.ask(GroupBy=[*groups, groups[0]])

    def test_pages_are_of_the_same_request(self):
        rows = [{"day": day(1), "service": f"s{n:03}", "usage_type": "x", "amount": "1"} for n in range(600)]
        self.given(rows=rows)
        group = [{"Type": "DIMENSION", "Key": "SERVICE"}]
        first = self.ask(GroupBy=group)
        self.assertEqual(sum(len(one["Groups"]) for one in first["ResultsByTime"]), 500)
        rest = self.ask(GroupBy=group, NextPageToken=first["NextPageToken"])
        self.assertEqual(sum(len(one["Groups"]) for one in rest["ResultsByTime"]), 100)
        self.assertNotIn("NextPageToken", rest)
        with self.refused("RequestChangedException"):
            self.ask(GroupBy=[{"Type": "DIMENSION", "Key": "REGION"}], NextPageToken=first["NextPageToken"])

    def test_a_forecast_needs_history_and_tells_whole_months(self):
        ahead = {"Start": day(0), "End": str(TODAY + datetime.timedelta(days=2))}
        query = {"TimePeriod": ahead, "Metric": "UNBLENDED_COST", "Granularity": "DAILY"}
        with self.refused("DataUnavailableException"):
            self.ce.get_cost_forecast(**query)
        rows = [{"day": day(n), "service": "a", "usage_type": "x", "amount": "2"} for n in range(1, 20)]
        self.given(rows=rows)
        self.assertEqual(self.ce.get_cost_forecast(**query)["Total"]["Amount"], "4")
        month = self.ce.get_cost_forecast(**{**query, "Granularity": "MONTHLY"})["ForecastResultsByTime"]
        self.assertEqual(month[0]["TimePeriod"]["Start"], str(TODAY.replace(day=1)))

    def test_tags_are_those_of_the_management_account(self):
        self.given(tags=[tag("Project"), tag("Environment", "Inactive")])
        listed = self.ce.list_cost_allocation_tags(Status="Inactive")["CostAllocationTags"]
        self.assertEqual([one["TagKey"] for one in listed], ["Environment"])
        today = datetime.date.today()
        for years in (-2, 1):
            with self.refused("ValidationException"):
                wrong = today.replace(year=today.year + years, day=1)
                self.ce.start_cost_allocation_tag_backfill(BackfillFrom=f"{wrong}T00:00:00Z")
        month = f"{today.replace(day=1)}T00:00:00Z"
        self.ce.start_cost_allocation_tag_backfill(BackfillFrom=month)
        with self.refused("BackfillLimitExceededException"):
            self.ce.start_cost_allocation_tag_backfill(BackfillFrom=month)
        self.given(member=True)
        with self.refused("AccessDeniedException"):
            self.ce.list_cost_allocation_tags()

    def test_anomalies_are_those_of_days(self):
        self.assertEqual(self.ce.get_anomaly_monitors()["AnomalyMonitors"], [])
        one = {
            "AnomalyId": "1",
            "AnomalyStartDate": f"{day(3)}T00:00:00Z",
            "AnomalyScore": {"MaxScore": 1, "CurrentScore": 1},
            "Impact": {"MaxImpact": 9.5, "TotalImpact": 9.5},
            "MonitorArn": "arn:aws:ce::1:anomalymonitor/a",
        }
        self.given(monitors=[{"MonitorName": "a", "MonitorType": "DIMENSIONAL"}], anomalies=[one])
        self.assertEqual(len(self.ce.get_anomaly_monitors()["AnomalyMonitors"]), 1)

        def found(start, end):
            interval = {"StartDate": day(start), "EndDate": day(end)}
            return [one["AnomalyId"] for one in self.ce.get_anomalies(DateInterval=interval)["Anomalies"]]

        self.assertEqual(found(5, 3), ["1"])
        self.assertEqual(found(2, 1), [])
        with self.refused("ValidationException"):
            found(91, 1)
