"""The operations of AWS Chatbot: what they check, and their answers.

https://docs.aws.amazon.com/chatbot/latest/APIReference/API_CreateSlackChannelConfiguration.html
https://docs.aws.amazon.com/chatbot/latest/APIReference/API_CreateMicrosoftTeamsChannelConfiguration.html
https://docs.aws.amazon.com/chatbot/latest/APIReference/API_UpdateSlackChannelConfiguration.html
"""

import re
import sys

import moto.backend_index
from moto.core.responses import ActionResult, BaseResponse, EmptyResult

from aws_local.chatbot import models
from aws_local.chatbot.models import SLACK, TEAMS, InvalidParameterException, InvalidRequestException, chatbot_backends

# https://docs.aws.amazon.com/general/latest/gr/chatbot.html
REGIONS = ("us-east-2", "us-west-2", "eu-west-1", "ap-southeast-1")
A_PAGE = 100
UUID = r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
ARN = r"arn:aws:[A-Za-z0-9][A-Za-z0-9_/.-]{0,62}:[A-Za-z0-9_/.-]{0,63}:[A-Za-z0-9_/.-]{0,63}:[A-Za-z0-9].{0,1023}"
TEAMS_CHARACTERS = r"[a-zA-Z0-9-_=+/.,]*"
PATTERNS = {
    "SlackTeamId": r"[0-9A-Z]{1,255}",
    "SlackChannelId": r"[A-Za-z0-9]{1,255}",
    "TeamId": UUID,
    "TenantId": UUID,
    "ChannelId": f"{TEAMS_CHARACTERS}%3[aA]{TEAMS_CHARACTERS}%40{TEAMS_CHARACTERS}",
    "ConfigurationName": r"[A-Za-z0-9-_]{1,128}",
    "IamRoleArn": ARN,
    "LoggingLevel": "ERROR|INFO|NONE",
}
UPDATED = ("SnsTopicArns", "IamRoleArn", "LoggingLevel", "GuardrailPolicyArns", "UserAuthorizationRequired")


class ChatbotResponse(BaseResponse):
    def __init__(self):
        super().__init__(service_name="chatbot")
        self.automated_parameter_parsing = True

    @property
    def backend(self):
        if self.region not in REGIONS:
            raise InvalidRequestException(f"AWS Chatbot has no endpoint in {self.region}.")
        return chatbot_backends[self.current_account]["aws"]

    def _checked(self, *required):
        """The parameters, which have the form of the API's model."""
        given = dict(self.params)
        for name in required:
            if not given.get(name):
                raise InvalidParameterException(f"{name} must not be null")
        for name, pattern in PATTERNS.items():
            if name in given and not re.fullmatch(pattern, given[name]):
                raise InvalidParameterException(f"Value {given[name]} at '{name}' failed to satisfy constraint: {pattern}")
        for name in ("SnsTopicArns", "GuardrailPolicyArns"):
            for arn in given.get(name) or []:
                if not re.fullmatch(ARN, arn):
                    raise InvalidParameterException(f"Value {arn} at '{name}' failed to satisfy constraint: {ARN}")
        return given

    def _page(self, items, member):
        size = self.params.get("MaxResults") or A_PAGE
        if not 1 <= size <= 100:
            raise InvalidParameterException("MaxResults must be between 1 and 100")
        token = self.params.get("NextToken") or "page0"
        if not re.fullmatch(r"page\d+", token):
            raise InvalidParameterException("NextToken is invalid")
        first = int(token.removeprefix("page"))
        more = {"NextToken": f"page{first + size}"} if first + size < len(items) else {}
        return ActionResult({member: items[first : first + size], **more})

    def _create(self, kind, given, members):
        self.backend.check_role(given["IamRoleArn"])
        self.backend.check_topics(given.get("SnsTopicArns") or [])
        configuration = {name: given[name] for name in (*UPDATED, *members) if given.get(name) is not None}
        name, tags = given["ConfigurationName"], given.get("Tags") or []
        return configuration, lambda more: ActionResult(
            {"ChannelConfiguration": self.backend.create(kind, name, {**configuration, **more}, tags)}
        )

    def _update(self, kind, channel, team):
        given = self._checked("ChatConfigurationArn", channel)
        one = self.backend.find(kind, given["ChatConfigurationArn"])
        self.backend.check_channel(kind, one[team], given[channel], given["ChatConfigurationArn"])
        if given.get("IamRoleArn"):
            self.backend.check_role(given["IamRoleArn"])
        self.backend.check_topics(given.get("SnsTopicArns") or [])
        changes = {name: given[name] for name in (*UPDATED, channel) if given.get(name) is not None}
        return ActionResult({"ChannelConfiguration": self.backend.change(one, changes)})

    def _delete(self, kind):
        self.backend.delete(kind, self._checked("ChatConfigurationArn")["ChatConfigurationArn"])
        return EmptyResult()

    def create_slack_channel_configuration(self):
        given = self._checked("SlackTeamId", "SlackChannelId", "IamRoleArn", "ConfigurationName")
        team, channel = given["SlackTeamId"], given["SlackChannelId"]
        known = {one["SlackTeamId"]: one for one in self.backend.teams(SLACK)}
        if known.get(team, {}).get("State") != "ENABLED":
            raise InvalidRequestException(
                f"Invalid request provided: AWS account {self.current_account} is not authorized for Slack team {team}"
            )
        self.backend.check_channel(SLACK, team, channel)
        _, made = self._create(SLACK, given, ("SlackTeamId", "SlackChannelId"))
        return made({"SlackTeamName": known[team]["SlackTeamName"], "SlackChannelName": channel.lower()})

    def describe_slack_channel_configurations(self):
        given = self._checked()
        arn = given.get("ChatConfigurationArn")
        found = [one for one in self.backend.of(SLACK) if arn in (None, one["ChatConfigurationArn"])]
        return self._page(found, "SlackChannelConfigurations")

    def update_slack_channel_configuration(self):
        return self._update(SLACK, "SlackChannelId", "SlackTeamId")

    def delete_slack_channel_configuration(self):
        return self._delete(SLACK)

    def describe_slack_workspaces(self):
        return self._page(self.backend.teams(SLACK), "SlackWorkspaces")

    def create_microsoft_teams_channel_configuration(self):
        given = self._checked("ChannelId", "TeamId", "TenantId", "IamRoleArn", "ConfigurationName")
        team = given["TeamId"], given["TenantId"]
        known = {(one["TeamId"], one["TenantId"]): one for one in self.backend.teams(TEAMS)}
        if known.get(team, {}).get("State") != "ENABLED":
            raise InvalidRequestException(
                f"Invalid request provided: AWS account {self.current_account} is not authorized for Microsoft Teams team "
                f"{team[0]}"
            )
        self.backend.check_channel(TEAMS, team[0], given["ChannelId"])
        _, made = self._create(TEAMS, given, ("ChannelId", "ChannelName", "TeamId", "TeamName", "TenantId"))
        return made({})

    def list_microsoft_teams_channel_configurations(self):
        team = self._checked().get("TeamId")
        found = [one for one in self.backend.of(TEAMS) if team in (None, one["TeamId"])]
        return self._page(found, "TeamChannelConfigurations")

    def get_microsoft_teams_channel_configuration(self):
        arn = self._checked("ChatConfigurationArn")["ChatConfigurationArn"]
        return ActionResult({"ChannelConfiguration": self.backend.find(TEAMS, arn)})

    def update_microsoft_teams_channel_configuration(self):
        return self._update(TEAMS, "ChannelId", "TeamId")

    def delete_microsoft_teams_channel_configuration(self):
        return self._delete(TEAMS)

    def list_microsoft_teams_configured_teams(self):
        return self._page(self.backend.teams(TEAMS), "ConfiguredTeams")

    def list_tags_for_resource(self):
        return ActionResult({"Tags": self.backend.tagged(self.params["ResourceARN"])})

    def tag_resource(self):
        tags = self.backend.tagged(self.params["ResourceARN"])
        for one in self.params["Tags"]:
            tags[:] = [tag for tag in tags if tag["TagKey"] != one["TagKey"]] + [dict(one)]
        return EmptyResult()

    def untag_resource(self):
        tags = self.backend.tagged(self.params["ResourceARN"])
        tags[:] = [tag for tag in tags if tag["TagKey"] not in self.params["TagKeys"]]
        return EmptyResult()


def install():
    """Makes moto know the service, which it lacks."""
    sys.modules["moto.chatbot"] = models
    moto.backend_index.backend_url_patterns.append(("chatbot", re.compile(r"https?://chatbot\.(.+)\.amazonaws\.com")))
