"""Budgets with their filters, notifications and subscribers, as strict as AWS: names, limits, one set of filters, and the
numbers of notifications and subscribers.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_CreateBudget.html
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Budget.html
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Subscriber.html
https://docs.aws.amazon.com/cost-management/latest/userguide/management-limits.html
"""

import json
import re

from moto.budgets.models import budgets_backends
from moto.budgets.responses import BudgetsResponse
from moto.core.exceptions import JsonRESTError

MOST_NOTIFICATIONS = 10
MOST_MAILS = 10
NAME = re.compile(r"(?![^:\\]*/action/)[^:\\]{1,100}")
ACCOUNT = re.compile(r"\d{12}")
AMOUNT = re.compile(r"([0-9]*\.)?[0-9]+")
MAIL = re.compile(r"(.*[\n\r\t\f ])?[^\s@]+@[^\s@]+\.[^\s@]+")
NEW, OLD = {"FilterExpression", "Metrics"}, {"CostFilters", "CostTypes"}


def _refused(code, message):
    return JsonRESTError(code, message)


def _invalid(message):
    return _refused("InvalidParameterException", message)


def _params(response, operation):
    params = json.loads(response.body)
    account = params.get("AccountId") or ""
    if not ACCOUNT.fullmatch(account):
        raise _invalid(f"AccountId {account} is invalid")
    if account != response.current_account:
        raise _refused("AccessDeniedException", f"Account {response.current_account} is not authorized to perform {operation}")
    return params


def _check_expression(expression):
    given = [kind for kind in expression if expression[kind] is not None]
    if len(given) != 1:
        raise _invalid("Expression must have exactly one root element.")
    kind, value = given[0], expression[given[0]]
    if kind in ("And", "Or"):
        if len(value) < 2:
            raise _invalid(f"{kind} expression must have at least 2 operands.")
        for one in value:
            _check_expression(one)
    elif kind == "Not":
        _check_expression(value)
    elif kind == "Tags" and not (value.get("Key") and value.get("Values")):
        raise _invalid("Tags must have a key and values.")


def _check_budget(budget):
    name = budget.get("BudgetName") or ""
    if not NAME.fullmatch(name):
        raise _invalid(f"BudgetName {name} is invalid")
    limit = budget.get("BudgetLimit") or {}
    if not AMOUNT.fullmatch(limit.get("Amount", "")) or float(limit["Amount"]) <= 0:
        raise _invalid("BudgetLimit must be a positive amount")
    if budget.get("BudgetType") == "COST" and limit.get("Unit") != "USD":
        raise _invalid("Unit of a cost budget must be USD")
    if NEW & set(budget) and OLD & set(budget):
        raise _invalid("Either FilterExpression and Metrics or CostFilters and CostTypes, not both")
    if ("FilterExpression" in budget) != ("Metrics" in budget):
        raise _invalid("FilterExpression and Metrics must be given together")
    if "FilterExpression" in budget:
        _check_expression(budget["FilterExpression"])
    for value in (budget.get("CostFilters") or {}).get("TagKeyValue", []):
        if "$" not in value:
            raise _invalid(f"TagKeyValue {value} is invalid")


def _check_notification(notification):
    if notification.get("NotificationType") not in ("ACTUAL", "FORECASTED"):
        raise _invalid("NotificationType is invalid")
    if notification.get("ComparisonOperator") not in ("GREATER_THAN", "LESS_THAN", "EQUAL_TO"):
        raise _invalid("ComparisonOperator is invalid")
    threshold = notification.get("Threshold")
    if threshold is None or not 0 < threshold <= 15_000_000_000_000:
        raise _invalid("Threshold is invalid")


def _check_subscribers(subscribers):
    if not subscribers:
        raise _invalid("A notification needs a subscriber")
    mails = [one for one in subscribers if one["SubscriptionType"] == "EMAIL"]
    if len(mails) > MOST_MAILS or len(subscribers) - len(mails) > 1:
        raise _refused("CreationLimitExceededException", "A notification has at most 10 mails and one topic")
    for one in mails:
        if not MAIL.fullmatch(one["Address"]):
            raise _invalid(f"Address {one['Address']} is invalid")


def _key(notification):
    return (
        notification["NotificationType"],
        notification["ComparisonOperator"],
        float(notification["Threshold"]),
        notification.get("ThresholdType", "PERCENTAGE"),
    )


def _budget(response, params):
    budgets = budgets_backends[response.current_account][response.partition].budgets[params["AccountId"]]
    found = budgets.get(params["BudgetName"])
    if found is None:
        raise _refused("NotFoundException", f"Unable to get budget: {params['BudgetName']} - the budget doesn't exist.")
    return found


def _notification(budget, wanted):
    for one in budget.notifications:
        if _key(one.details) == _key(wanted):
            return one
    raise _refused("NotFoundException", "Unable to find the notification.")


def install():
    create = BudgetsResponse.create_budget

    def create_budget(self):
        params = _params(self, "CreateBudget")
        _check_budget(params["Budget"])
        notifications = params.get("NotificationsWithSubscribers") or []
        if len(notifications) > MOST_NOTIFICATIONS:
            raise _refused("CreationLimitExceededException", "A budget has at most 10 notifications")
        for one in notifications:
            _check_notification(one["Notification"])
            _check_subscribers(one["Subscribers"])
        if len({_key(one["Notification"]) for one in notifications}) < len(notifications):
            raise _refused("DuplicateRecordException", "Notification already exists")
        return create(self)

    def update_budget(self):
        params = _params(self, "UpdateBudget")
        new = params["NewBudget"]
        _check_budget(new)
        budget = _budget(self, {**params, "BudgetName": new["BudgetName"]})
        kept = {key: budget.budget[key] for key in ("TimePeriod", "LastUpdatedTime") if key in budget.budget}
        budget.budget = {**kept, **new}
        return json.dumps({})

    def create_notification(self):
        params = _params(self, "CreateNotification")
        budget = _budget(self, params)
        _check_notification(params["Notification"])
        _check_subscribers(params["Subscribers"])
        if any(_key(one.details) == _key(params["Notification"]) for one in budget.notifications):
            raise _refused("DuplicateRecordException", "Notification already exists")
        if len(budget.notifications) >= MOST_NOTIFICATIONS:
            raise _refused("CreationLimitExceededException", "A budget has at most 10 notifications")
        budget.add_notification(params["Notification"], params["Subscribers"])
        return json.dumps({})

    def delete_notification(self):
        params = _params(self, "DeleteNotification")
        budget = _budget(self, params)
        budget.notifications.remove(_notification(budget, params["Notification"]))
        return json.dumps({})

    def describe_notifications_for_budget(self):
        budget = _budget(self, _params(self, "DescribeNotificationsForBudget"))
        told = [{**one.details, "NotificationState": "OK"} for one in budget.notifications]
        return json.dumps({"Notifications": told})

    def describe_subscribers_for_notification(self):
        params = _params(self, "DescribeSubscribersForNotification")
        found = _notification(_budget(self, params), params["Notification"])
        return json.dumps({"Subscribers": found.subscribers})

    for method in (
        create_budget,
        update_budget,
        create_notification,
        delete_notification,
        describe_notifications_for_budget,
        describe_subscribers_for_notification,
    ):
        setattr(BudgetsResponse, method.__name__, method)
