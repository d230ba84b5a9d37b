"""Channel configurations of AWS Chatbot."""

import json

from aws_local import controls
from aws_local.tests.case import Case, client

ACCOUNT = "123456789012"
TEAM, TENANT = "11111111-2222-3333-4444-555555555555", "66666666-7777-8888-9999-000000000000"
CHANNEL = "19%3aabc%40thread.tacv2"


class Channels(Case):
    def setUp(self):
        super().setUp()
        self.chat, self.sns, self.iam = client("chatbot", "us-east-2"), client("sns"), client("iam")
        self.topic = self.sns.create_topic(Name="alarms")["TopicArn"]
        allow = {"Effect": "Allow", "Principal": {"Service": "chatbot.amazonaws.com"}, "Action": "sts:AssumeRole"}
        trust = {"Version": "2012-10-17", "Statement": [allow]}
        self.role = self.iam.create_role(RoleName="chat", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        slack = [{"SlackTeamId": "T1", "SlackTeamName": "Team", "State": "ENABLED"}]
        teams = [{"TeamId": TEAM, "TenantId": TENANT, "State": "ENABLED"}]
        controls._chat("POST", {"account": ACCOUNT, "slack": slack, "teams": teams})

    def link(self):
        self.iam.create_service_linked_role(AWSServiceName="management.chatbot.amazonaws.com")

    def slack(self, **more):
        given = {
            "SlackTeamId": "T1",
            "SlackChannelId": "C1",
            "IamRoleArn": self.role,
            "ConfigurationName": "slack",
            "SnsTopicArns": [self.topic],
            "Tags": [{"TagKey": "a", "TagValue": "1"}],
            **more,
        }
        return self.chat.create_slack_channel_configuration(**given)["ChannelConfiguration"]

    def subscribed(self):
        listed = self.sns.list_subscriptions_by_topic(TopicArn=self.topic)["Subscriptions"]
        return [one["Endpoint"] for one in listed]

    def test_a_slack_channel_is_created_changed_and_deleted(self):
        self.link()
        arn = self.slack()["ChatConfigurationArn"]
        self.assertEqual(arn, f"arn:aws:chatbot::{ACCOUNT}:chat-configuration/slack-channel/slack")
        self.assertEqual(self.subscribed(), ["https://global.sns-api.chatbot.amazonaws.com"])
        # The same from every region that has the API.
        listed = client("chatbot", "eu-west-1").describe_slack_channel_configurations()["SlackChannelConfigurations"]
        self.assertEqual([(one["SlackChannelId"], one["LoggingLevel"]) for one in listed], [("C1", "NONE")])
        self.assertEqual(listed[0]["Tags"], [{"TagKey": "a", "TagValue": "1"}])
        self.chat.update_slack_channel_configuration(ChatConfigurationArn=arn, SlackChannelId="C2", SnsTopicArns=[])
        self.assertEqual(self.subscribed(), [])
        self.chat.tag_resource(ResourceARN=arn, Tags=[{"TagKey": "b", "TagValue": "2"}])
        self.chat.untag_resource(ResourceARN=arn, TagKeys=["a"])
        self.assertEqual(self.chat.list_tags_for_resource(ResourceARN=arn)["Tags"], [{"TagKey": "b", "TagValue": "2"}])
        self.chat.delete_slack_channel_configuration(ChatConfigurationArn=arn)
        with self.refused("ResourceNotFoundException"):
            self.chat.delete_slack_channel_configuration(ChatConfigurationArn=arn)

    def test_a_teams_channel_shares_the_subscription(self):
        self.link()
        arn = self.slack()["ChatConfigurationArn"]
        given = {"ChannelId": CHANNEL, "TeamId": TEAM, "TenantId": TENANT, "IamRoleArn": self.role}
        made = self.chat.create_microsoft_teams_channel_configuration(
            ConfigurationName="teams", SnsTopicArns=[self.topic], **given
        )["ChannelConfiguration"]
        self.assertEqual(len(self.subscribed()), 1)
        self.chat.delete_slack_channel_configuration(ChatConfigurationArn=arn)
        self.assertEqual(len(self.subscribed()), 1)
        listed = self.chat.list_microsoft_teams_channel_configurations()["TeamChannelConfigurations"]
        self.assertEqual([one["ChatConfigurationArn"] for one in listed], [made["ChatConfigurationArn"]])
        self.chat.delete_microsoft_teams_channel_configuration(ChatConfigurationArn=made["ChatConfigurationArn"])
        self.assertEqual(self.subscribed(), [])

    def test_what_is_refused(self):
        self.link()
        self.slack()
        for code, more in (
            ("ConflictException", {"SlackChannelId": "C2"}),
            ("InvalidRequestException", {"ConfigurationName": "other"}),
            ("InvalidRequestException", {"SlackTeamId": "T2", "SlackChannelId": "C3", "ConfigurationName": "other"}),
            ("InvalidParameterException", {"SlackTeamId": "t1"}),
            ("InvalidParameterException", {"IamRoleArn": self.role + "x", "SlackChannelId": "C3"}),
            ("InvalidRequestException", {"SnsTopicArns": [self.topic + "x"], "SlackChannelId": "C3"}),
        ):
            with self.refused(code):
                self.slack(**more)

    def test_without_the_service_linked_role_a_configuration_is_left_behind(self):
        with self.refused("AccessDeniedException"):
            self.slack()
        self.assertEqual(self.subscribed(), [])
        with self.refused("ConflictException"):
            self.slack(SlackChannelId="C2")
