"""Event subscriptions: the topic must exist and let RDS publish, sources must exist, categories must be those of the type.
Creates and changes take a read to become active.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateEventSubscription.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyEventSubscription.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteEventSubscription.html
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.GrantingPermissions.html
"""

from moto.core.responses import ActionResult
from moto.rds.exceptions import RDSClientError
from moto.rds.models import EventSubscription
from moto.rds.responses import RDSResponse
from moto.sns.models import sns_backends

from aws_local.sns import policies

SERVICE = "events.rds.amazonaws.com"
LONGEST_NAME = 254
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
CATEGORIES = {
    "availability",
    "backtrack",
    "backup",
    "configuration change",
    "creation",
    "deletion",
    "failover",
    "failure",
    "low storage",
    "maintenance",
    "notification",
    "read replica",
    "recovery",
    "restoration",
    "security",
    "security patching",
}
TYPES = {
    "db-instance",
    "db-cluster",
    "db-parameter-group",
    "db-security-group",
    "db-snapshot",
    "db-cluster-snapshot",
    "db-proxy",
    "zero-etl",
    "custom-engine-version",
    "blue-green-deployment",
}


def check_topic(backend, arn):
    parts = (arn or "").split(":")
    if len(parts) != 6 or parts[2] != "sns" or arn.endswith(".fifo"):
        raise RDSClientError("SNSInvalidTopic", f"The SNS topic {arn} is not valid.")
    topic = sns_backends[parts[4]][parts[3]].topics.get(arn)
    if topic is None:
        raise RDSClientError("SNSTopicArnNotFound", f"The SNS topic {arn} does not exist.")
    if not policies.allows(topic.policy, backend.account_id, SERVICE):
        raise RDSClientError("SNSNoAuthorization", f"RDS is not authorized to publish to the SNS topic {arn}.")


def _find(backend, name):
    found = backend.event_subscriptions.get(name)
    if found is None:
        raise RDSClientError("SubscriptionNotFound", f"Subscription {name} not found.")
    return found


def _check_source(backend, source_type, name):
    if source_type == "db-instance" and name not in backend.databases:
        raise RDSClientError("SourceNotFound", f"Could not find source {name}")


def _check_categories(categories):
    unknown = set(categories) - CATEGORIES
    if unknown:
        raise RDSClientError("SubscriptionCategoryNotFound", f"Category {unknown.pop()} not found.")


def _described(one, status=None):
    return {
        "CustomerAwsId": one.backend.account_id,
        "CustSubscriptionId": one.subscription_name,
        "SnsTopicArn": one.sns_topic_arn,
        "Status": status or one.status,
        "SubscriptionCreationTime": one.created_at.strftime("%a %b %d %H:%M:%S UTC %Y"),
        **({"SourceType": one.source_type} if one.source_type else {}),
        "SourceIdsList": one.source_ids,
        "EventCategoriesList": one.event_categories,
        "Enabled": one.enabled,
        "EventSubscriptionArn": one.arn,
    }


def create_event_subscription(self):
    given, backend = self.params, self.backend
    name, source_type = given.get("SubscriptionName") or "", given.get("SourceType")
    sources, categories = given.get("SourceIds") or [], given.get("EventCategories") or []
    if not name or len(name) > LONGEST_NAME:
        raise RDSClientError("InvalidParameterValue", "The parameter SubscriptionName is not a valid identifier.")
    if source_type not in (None, *TYPES):
        raise RDSClientError("InvalidParameterValue", f"Invalid source type {source_type}")
    if sources and not source_type:
        raise RDSClientError("InvalidParameterCombination", "SourceType must be provided with SourceIds.")
    if name in backend.event_subscriptions:
        raise RDSClientError("SubscriptionAlreadyExist", f"Subscription {name} already exists.")
    for one in sources:
        _check_source(backend, source_type, one)
    _check_categories(categories)
    check_topic(backend, given.get("SnsTopicArn"))
    made = EventSubscription(
        backend,
        subscription_name=name,
        sns_topic_arn=given["SnsTopicArn"],
        source_type=source_type,
        event_categories=list(categories),
        source_ids=list(sources),
        enabled=given.get("Enabled", True),
        tags=given.get("Tags") or [],
    )
    made.status = "creating"
    backend.event_subscriptions[name] = made
    return ActionResult({"EventSubscription": _described(made)})


def describe_event_subscriptions(self):
    name, backend = self.params.get("SubscriptionName"), self.backend
    found = [_find(backend, name)] if name else list(backend.event_subscriptions.values())
    shown = [_described(one) for one in found]
    for one in found:
        one.status = "active"
    return ActionResult({"EventSubscriptionsList": shown})


def modify_event_subscription(self):
    given, backend = self.params, self.backend
    one = _find(backend, given.get("SubscriptionName"))
    source_type, categories = given.get("SourceType"), given.get("EventCategories")
    if source_type not in (None, *TYPES):
        raise RDSClientError("InvalidParameterValue", f"Invalid source type {source_type}")
    if categories is not None:
        _check_categories(categories)
    if given.get("SnsTopicArn"):
        check_topic(backend, given["SnsTopicArn"])
        one.sns_topic_arn = given["SnsTopicArn"]
    one.source_type = source_type or one.source_type
    if categories is not None:
        one.event_categories = list(categories)
    if given.get("Enabled") is not None:
        one.enabled = given["Enabled"]
    one.status = "modifying"
    return ActionResult({"EventSubscription": _described(one)})


def add_source_identifier_to_subscription(self):
    one = _find(self.backend, self.params.get("SubscriptionName"))
    name = self.params.get("SourceIdentifier")
    _check_source(self.backend, one.source_type, name)
    if name not in one.source_ids:
        one.source_ids.append(name)
    return ActionResult({"EventSubscription": _described(one)})


def remove_source_identifier_from_subscription(self):
    one = _find(self.backend, self.params.get("SubscriptionName"))
    name = self.params.get("SourceIdentifier")
    if name not in one.source_ids:
        raise RDSClientError("SourceNotFound", f"Could not find source {name}")
    one.source_ids.remove(name)
    return ActionResult({"EventSubscription": _described(one)})


def delete_event_subscription(self):
    one = _find(self.backend, self.params.get("SubscriptionName"))
    del self.backend.event_subscriptions[one.subscription_name]
    return ActionResult({"EventSubscription": _described(one, "deleting")})


def install():
    for operation in (
        create_event_subscription,
        describe_event_subscriptions,
        modify_event_subscription,
        add_source_identifier_to_subscription,
        remove_source_identifier_from_subscription,
        delete_event_subscription,
    ):
        setattr(RDSResponse, operation.__name__, operation)
