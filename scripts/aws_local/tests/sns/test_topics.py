"""Topics, and subscriptions that are pending."""

import json

from aws_local import controls
from aws_local.tests.case import Case, client

TO = "ops@example.com"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "SNS:Publish",
            "Resource": "*",
        }
    ],
}


class Sns(Case):
    def setUp(self):
        super().setUp()
        self.sns = client("sns")
        controls.boxes.clear()
        self.topic = self.sns.create_topic(
            Name="alarms", Attributes={"Policy": json.dumps(POLICY)}, Tags=[{"Key": "a", "Value": "1"}]
        )["TopicArn"]

    def attributes(self):
        return self.sns.get_topic_attributes(TopicArn=self.topic)["Attributes"]

    def subscribe(self, **more):
        return self.sns.subscribe(TopicArn=self.topic, Protocol="email", Endpoint=TO, **more)["SubscriptionArn"]

    def listed(self):
        told = self.sns.list_subscriptions_by_topic(TopicArn=self.topic)["Subscriptions"]
        return [one["SubscriptionArn"] for one in told]

    def test_create_topic_is_idempotent(self):
        same = {"Policy": json.dumps(POLICY)}
        again = self.sns.create_topic(Name="alarms", Attributes=same, Tags=[{"Key": "a", "Value": "1"}])
        self.assertEqual(again["TopicArn"], self.topic)
        with self.refused("InvalidParameter"):
            self.sns.create_topic(Name="alarms", Attributes={"DisplayName": "other"})
        with self.refused("InvalidParameter"):
            self.sns.create_topic(Name="alarms", Tags=[{"Key": "a", "Value": "2"}])

    def test_unknown_attributes_are_refused(self):
        told = self.attributes()
        self.assertEqual(json.loads(told["Policy"]), POLICY)
        self.assertNotIn("KmsMasterKeyId", told)
        self.assertNotIn("DeliveryPolicy", told)
        self.sns.set_topic_attributes(TopicArn=self.topic, AttributeName="KmsMasterKeyId", AttributeValue="alias/mine")
        self.assertEqual(self.attributes()["KmsMasterKeyId"], "alias/mine")
        self.sns.set_topic_attributes(TopicArn=self.topic, AttributeName="KmsMasterKeyId", AttributeValue="")
        self.assertNotIn("KmsMasterKeyId", self.attributes())
        rate = "FirehoseSuccessFeedbackSampleRate"
        self.assertNotIn(rate, self.attributes())
        self.sns.set_topic_attributes(TopicArn=self.topic, AttributeName=rate, AttributeValue="0")
        self.assertEqual(self.attributes()[rate], "0")
        for name, value in [
            ("Policy", "{"),
            ("Policy", '{"Statement": [{}]}'),
            ("Colour", "red"),
            ("TracingConfig", "x"),
        ]:
            with self.refused("InvalidParameter"):
                self.sns.set_topic_attributes(TopicArn=self.topic, AttributeName=name, AttributeValue=value)

    def test_an_address_is_pending_until_it_is_confirmed(self):
        self.assertEqual(self.subscribe(), "pending confirmation")
        arn = self.subscribe(ReturnSubscriptionArn=True)
        self.assertTrue(arn.startswith(self.topic + ":"))
        self.assertEqual(self.listed(), ["PendingConfirmation"])
        told = self.sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        self.assertEqual((told["PendingConfirmation"], told["Endpoint"]), ("true", TO))
        self.assertEqual(self.attributes()["SubscriptionsPending"], "1")
        with self.refused("InvalidParameter"):
            self.sns.unsubscribe(SubscriptionArn=arn)
        self.sns.publish(TopicArn=self.topic, Message="nobody hears")
        with self.refused("InvalidParameter"):
            self.sns.confirm_subscription(TopicArn=self.topic, Token="wrong")
        # The token of each mail works.
        requested = controls.boxes[TO]
        self.assertEqual(len(requested), 2)
        self.assertIn(f"Token={requested[0]['token']}", requested[0]["url"])
        self.assertEqual(
            self.sns.confirm_subscription(TopicArn=self.topic, Token=requested[0]["token"])["SubscriptionArn"], arn
        )
        self.assertEqual(self.listed(), [arn])
        self.assertEqual(self.attributes()["SubscriptionsConfirmed"], "1")
        self.sns.publish(TopicArn=self.topic, Subject="s", Message="heard")
        self.assertEqual(controls.boxes[TO][2:], [{"topic": self.topic, "subject": "s", "message": "heard"}])
        self.sns.unsubscribe(SubscriptionArn=arn)
        self.assertEqual(self.listed(), [])
        with self.refused("NotFound"):
            self.sns.get_subscription_attributes(SubscriptionArn=arn)

    def test_invalid_addresses_and_arns_are_refused(self):
        with self.refused("InvalidParameter"):
            self.sns.subscribe(TopicArn=self.topic, Protocol="email", Endpoint="nobody")
        with self.refused("InvalidParameter"):
            self.sns.unsubscribe(SubscriptionArn="PendingConfirmation")
        with self.refused("NotFound"):
            self.sns.unsubscribe(SubscriptionArn=self.topic + ":none")

    def test_deleting_a_topic_deletes_its_subscriptions(self):
        arn = self.subscribe(ReturnSubscriptionArn=True)
        self.sns.delete_topic(TopicArn=self.topic)
        with self.refused("NotFound"):
            self.sns.get_subscription_attributes(SubscriptionArn=arn)
        with self.refused("NotFound"):
            self.attributes()
