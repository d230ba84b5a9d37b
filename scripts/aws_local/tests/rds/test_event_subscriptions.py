"""Event subscriptions."""

import json

from aws_local.tests.case import client
from aws_local.tests.rds.case import Rds


class EventSubscriptions(Rds):
    def setUp(self):
        super().setUp()
        self.sns = client("sns")
        self.topic = self.sns.create_topic(Name="alarms")["TopicArn"]
        self.create("db")

    def subscribe(self, name="events", **more):
        requested = {
            "SnsTopicArn": self.topic,
            "SourceType": "db-instance",
            "SourceIds": ["db"],
            "EventCategories": ["failure", "low storage"],
            **more,
        }
        requested = {key: value for key, value in requested.items() if value is not None}
        return self.rds.create_event_subscription(SubscriptionName=name, **requested)["EventSubscription"]

    def told(self, name="events"):
        return self.rds.describe_event_subscriptions(SubscriptionName=name)["EventSubscriptionsList"][0]

    def refused(self, code, call, **given):
        with self.assertRaises(self.rds.exceptions.ClientError) as refused:
            call(**given)
        self.assertEqual(refused.exception.response["Error"]["Code"], code)

    def test_a_subscription_is_created_changed_and_deleted(self):
        made = self.subscribe(Tags=[{"Key": "a", "Value": "1"}])
        self.assertEqual((made["Status"], made["CustSubscriptionId"], made["Enabled"]), ("creating", "events", True))
        self.assertTrue(made["EventSubscriptionArn"].endswith(":es:events"))
        self.told()
        told = self.told()
        self.assertEqual(told["Status"], "active")
        self.assertEqual((told["SourceIdsList"], told["EventCategoriesList"]), (["db"], ["failure", "low storage"]))
        tags = self.rds.list_tags_for_resource(ResourceName=made["EventSubscriptionArn"])["TagList"]
        self.assertEqual(tags, [{"Key": "a", "Value": "1"}])
        self.rds.modify_event_subscription(SubscriptionName="events", EventCategories=["failover"], Enabled=False)
        told = self.told()
        self.assertEqual((told["EventCategoriesList"], told["Enabled"]), (["failover"], False))
        self.create("other")
        named = {"SubscriptionName": "events"}
        self.rds.add_source_identifier_to_subscription(SourceIdentifier="other", **named)
        self.rds.remove_source_identifier_from_subscription(SourceIdentifier="db", **named)
        self.assertEqual(self.told()["SourceIdsList"], ["other"])
        self.assertEqual(self.rds.delete_event_subscription(**named)["EventSubscription"]["Status"], "deleting")
        self.refused("SubscriptionNotFound", self.told)
        self.refused("SubscriptionNotFound", self.rds.delete_event_subscription, **named)

    def test_topics_sources_and_categories_are_checked(self):
        self.refused("SNSTopicArnNotFound", self.subscribe, SnsTopicArn=self.topic + "-not")
        self.refused("SNSInvalidTopic", self.subscribe, SnsTopicArn="alarms")
        self.refused("SourceNotFound", self.subscribe, SourceIds=["not"])
        self.refused("SubscriptionCategoryNotFound", self.subscribe, EventCategories=["bad luck"])
        self.refused("InvalidParameterCombination", self.subscribe, SourceType=None)
        alarms = {
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "SNS:Publish",
            "Resource": self.topic,
        }

        def allow(*statements):
            policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
            self.sns.set_topic_attributes(TopicArn=self.topic, AttributeName="Policy", AttributeValue=policy)

        allow(alarms)
        self.refused("SNSNoAuthorization", self.subscribe)
        allow(alarms, alarms | {"Principal": {"Service": "events.rds.amazonaws.com"}})
        self.subscribe()
        self.refused("SubscriptionAlreadyExist", self.subscribe)
        allow(alarms)
        self.refused(
            "SNSNoAuthorization",
            self.rds.modify_event_subscription,
            SubscriptionName="events",
            SnsTopicArn=self.topic,
        )
