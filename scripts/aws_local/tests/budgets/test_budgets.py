"""Budgets, their notifications and subscribers."""

from aws_local.tests.case import Case, client

MAIL = {"SubscriptionType": "EMAIL", "Address": "ops@example.com"}


def tags(key, value):
    return {"Tags": {"Key": key, "Values": [value]}}


class Budgets(Case):
    def setUp(self):
        super().setUp()
        self.budgets = client("budgets")
        self.account = client("sts").get_caller_identity()["Account"]

    def budget(self, **more):
        return {
            "BudgetName": "shop-test",
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": "100", "Unit": "USD"},
            **more,
        }

    def create(self, notifications=(), account=None, **more):
        of = {"AccountId": account or self.account, "Budget": self.budget(**more)}
        self.budgets.create_budget(**of, NotificationsWithSubscribers=list(notifications))

    def at(self, threshold, subscribers):
        notification = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": threshold}
        return {"Notification": notification, "Subscribers": subscribers}

    def test_a_budget_has_one_set_of_filters_and_a_limit(self):
        both = {"And": [tags("Project", "shop"), tags("Environment", "test")]}
        metrics = {"Metrics": ["UnblendedCost"]}
        for wrong in (
            {"FilterExpression": both},
            {"FilterExpression": {"And": [tags("Project", "shop")]}, **metrics},
            {"FilterExpression": {**both, **tags("Project", "shop")}, **metrics},
            {"FilterExpression": both, **metrics, "CostTypes": {}},
            {"BudgetLimit": {"Amount": "0", "Unit": "USD"}},
            {"BudgetLimit": {"Amount": "9", "Unit": "EUR"}},
            {"CostFilters": {"TagKeyValue": ["Project"]}},
            {"BudgetName": "a:b"},
        ):
            with self.subTest(wrong), self.refused("InvalidParameterException"):
                self.create(**wrong)
        with self.refused("AccessDeniedException"):
            self.create(account="999999999999")
        self.create(FilterExpression=both, **metrics)
        with self.refused("DuplicateRecordException"):
            self.create(FilterExpression=both, **metrics)

    def test_a_notification_has_one_to_eleven_subscribers(self):
        with self.refused("InvalidParameterException"):
            self.create([self.at(80, [{**MAIL, "Address": "ops"}])])
        mails = [{**MAIL, "Address": f"{n}@example.com"} for n in range(11)]
        with self.refused("CreationLimitExceededException"):
            self.create([self.at(80, mails)])
        with self.refused("CreationLimitExceededException"):
            self.create([self.at(n, [MAIL]) for n in range(1, 12)])
        self.create([self.at(80, [MAIL])])
        of = {"AccountId": self.account, "BudgetName": "shop-test"}
        with self.refused("DuplicateRecordException"):
            self.budgets.create_notification(**of, **self.at(80, [MAIL]))
        found = self.budgets.describe_notifications_for_budget(**of)["Notifications"]
        self.assertEqual([one["Threshold"] for one in found], [80])
        told = self.budgets.describe_subscribers_for_notification(**of, Notification=self.at(80, [])["Notification"])
        self.assertEqual(told["Subscribers"], [MAIL])
        self.budgets.update_budget(AccountId=self.account, NewBudget=self.budget(BudgetLimit={"Amount": "7", "Unit": "USD"}))
        limit = self.budgets.describe_budget(**of)["Budget"]["BudgetLimit"]["Amount"]
        self.assertEqual(limit, "7")
        self.budgets.delete_notification(**of, Notification=self.at(80, [])["Notification"])
        self.assertEqual(self.budgets.describe_notifications_for_budget(**of)["Notifications"], [])
        self.budgets.delete_budget(**of)
        with self.refused("NotFoundException"):
            self.budgets.describe_budget(**of)
