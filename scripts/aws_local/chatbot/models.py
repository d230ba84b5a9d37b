"""AWS Chatbot (Amazon Q Developer in chat applications): channel configurations for Slack and Microsoft Teams, which belong to
an account and to no region. A team is authorized in the console, here with `POST /aws-local/chat`.

https://docs.aws.amazon.com/chatbot/latest/APIReference/Welcome.html
https://docs.aws.amazon.com/chatbot/latest/adminguide/slr-permissions.html
https://github.com/hashicorp/terraform-provider-aws/issues/41183
https://github.com/hashicorp/terraform-provider-awscc/issues/1011
"""

import json

from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.exceptions import ServiceException
from moto.iam.models import iam_backends
from moto.sns.models import sns_backends

from aws_local import controls
from aws_local.iam import service_linked_roles

PRINCIPAL = "chatbot.amazonaws.com"
LINKED = "AWSServiceRoleForAWSChatbot"
# What Chatbot subscribes to a topic, once for all configurations of the account.
ENDPOINT = "https://global.sns-api.chatbot.amazonaws.com"
SLACK, TEAMS = "slack-channel", "microsoft-teams-channel"


class InvalidRequestException(ServiceException):
    code = "InvalidRequestException"


class InvalidParameterException(ServiceException):
    code = "InvalidParameterException"


class ConflictException(ServiceException):
    code = "ConflictException"


class ResourceNotFoundException(ServiceException):
    code = "ResourceNotFoundException"


class AccessDeniedException(ServiceException):
    code = "AccessDeniedException"


class ChatbotBackend(BaseBackend):
    def __init__(self, region_name, account_id):
        super().__init__(region_name, account_id)
        # By ARN, in the form of the answers.
        self.configurations = {}

    def teams(self, kind):
        """The teams that somebody has authorized, as a list of the control's objects."""
        return controls.chat_teams.get((self.account_id, kind), [])

    def arn(self, kind, name):
        return f"arn:aws:chatbot::{self.account_id}:chat-configuration/{kind}/{name}"

    def of(self, kind):
        return [one for arn, one in sorted(self.configurations.items()) if f":chat-configuration/{kind}/" in arn]

    def find(self, kind, arn):
        found = self.configurations.get(arn)
        if found is None or f":chat-configuration/{kind}/" not in arn:
            raise ResourceNotFoundException(f"Resource with arn {arn} does not exist.")
        return found

    def tagged(self, arn):
        if arn not in self.configurations:
            raise ResourceNotFoundException(f"Resource with arn {arn} does not exist.")
        return self.configurations[arn]["Tags"]

    def check_role(self, arn):
        role = next((one for one in iam_backends[self.account_id]["aws"].roles.values() if one.arn == arn), None)
        trust = json.dumps(role.assume_role_policy_document) if role else ""
        if PRINCIPAL not in trust:
            raise InvalidParameterException(f"Role arn is invalid: {arn} cannot be assumed by {PRINCIPAL}.")

    def check_topics(self, arns):
        for arn in arns:
            _, _, _, region, account, _ = arn.split(":")
            if arn not in sns_backends[account][region].topics:
                raise InvalidRequestException(f"Invalid request provided: topic {arn} does not exist.")

    def check_channel(self, kind, team, channel, own=None):
        for one in self.of(kind):
            taken = one.get("SlackTeamId", one.get("TeamId")), one.get("SlackChannelId", one.get("ChannelId"))
            if taken == (team, channel) and one["ChatConfigurationArn"] != own:
                what = "Slack" if kind == SLACK else "Microsoft Teams"
                raise InvalidRequestException(
                    f"Invalid request provided: {what} channel with ID {channel} in {what} team {team} has already been "
                    f"configured for AWS account {self.account_id}"
                )

    def create(self, kind, name, configuration, tags):
        arn = self.arn(kind, name)
        if arn in self.configurations:
            raise ConflictException(f"Resource with arn {arn} already exists.")
        made = {
            "ChatConfigurationArn": arn,
            "ConfigurationName": name,
            # https://docs.aws.amazon.com/chatbot/latest/APIReference/API_CreateSlackChannelConfiguration.html
            "GuardrailPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"],
            "LoggingLevel": "NONE",
            "SnsTopicArns": [],
            "UserAuthorizationRequired": False,
            "State": "ENABLED",
            "Tags": list(tags),
            **configuration,
        }
        self.configurations[arn] = made
        if not service_linked_roles.exists(self.account_id, "aws", LINKED):
            # AWS keeps the configuration, and refuses: see the first issue above.
            raise AccessDeniedException(
                f"User is not authorized to perform: iam:CreateServiceLinkedRole on resource: {LINKED}"
            )
        self.subscribe(made["SnsTopicArns"])
        return made

    def change(self, one, configuration):
        before = one["SnsTopicArns"]
        one.update(configuration)
        self.subscribe(one["SnsTopicArns"])
        self.unsubscribe(before)
        return one

    def delete(self, kind, arn):
        before = self.find(kind, arn)["SnsTopicArns"]
        del self.configurations[arn]
        self.unsubscribe(before)

    def subscribe(self, topics):
        for arn in topics:
            _, _, _, region, account, _ = arn.split(":")
            sns_backends[account][region].subscribe(arn, ENDPOINT, "https")

    def unsubscribe(self, topics):
        """Unsubscribes from the topics that no configuration has any more."""
        still = {arn for one in self.configurations.values() for arn in one["SnsTopicArns"]}
        for topic in set(topics) - still:
            _, _, _, region, account, _ = topic.split(":")
            backend = sns_backends[account][region]
            for one in list(backend.subscriptions.values()):
                if (one.topic_arn, one.endpoint) == (topic, ENDPOINT):
                    del backend.subscriptions[one.arn]


chatbot_backends = BackendDict(ChatbotBackend, "chatbot", use_boto3_regions=False, additional_regions=["aws"])
