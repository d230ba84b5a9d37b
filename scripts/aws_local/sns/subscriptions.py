"""Subscriptions: an email address is pending until it is confirmed with the token from the mail. A pending subscription
has no ARN in lists and cannot be deleted. `/aws-local/mail` returns the mail to an address.

https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html
https://docs.aws.amazon.com/sns/latest/api/API_Unsubscribe.html
https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html
https://docs.aws.amazon.com/sns/latest/api/API_GetSubscriptionAttributes.html
"""

import re
import secrets

from moto.core.responses import ActionResult
from moto.sns.exceptions import SNSInvalidParameter, SNSNotFoundError
from moto.sns.models import SNSBackend, Subscription
from moto.sns.responses import SNSResponse

from aws_local import controls

ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
BY_EMAIL = ("email", "email-json")
# The endpoint of AWS Chatbot, which confirms by itself. `/aws-local/mail` returns what it got, too.
CHATBOT = "https://global.sns-api.chatbot.amazonaws.com"


def _is_pending(subscription):
    return bool(subscription.attributes.get("PendingConfirmation"))


def _ask(subscription):
    """Sends the mail with the confirmation token."""
    token = secrets.token_hex(128)
    tokens = subscription.__dict__.setdefault("tokens", [])
    tokens.append(token)
    region = subscription.topic.sns_backend.region_name
    controls.deliver(
        subscription.endpoint,
        {
            "topic": subscription.topic_arn,
            "subject": "AWS Notification - Subscription Confirmation",
            "token": token,
            "url": f"https://sns.{region}.amazonaws.com/confirmation.html?TopicArn={subscription.topic_arn}"
            f"&Token={token}&Endpoint={subscription.endpoint}",
        },
    )


def confirm_subscription(self):
    arn, token = self._get_param("TopicArn"), self._get_param("Token")
    topic = self.backend.get_topic(arn)
    for one in self.backend.subscriptions.values():
        if one.topic is topic and token in one.__dict__.get("tokens", []):
            strict = str(self._get_param("AuthenticateOnUnsubscribe", "false")).lower() == "true"
            one.confirmed = True
            one.attributes |= {"PendingConfirmation": False, "ConfirmationWasAuthenticated": strict}
            return ActionResult({"SubscriptionArn": one.arn})
    raise SNSInvalidParameter("Invalid parameter: Token")


def _listed(subscription):
    return {
        "SubscriptionArn": "PendingConfirmation" if _is_pending(subscription) else subscription.arn,
        "Owner": subscription.owner,
        "Protocol": subscription.protocol,
        "Endpoint": subscription.endpoint,
        "TopicArn": subscription.topic_arn,
    }


def install():
    subscribe, publish = SNSBackend.subscribe, Subscription.publish
    attributes_of = SNSBackend.get_subscription_attributes
    responses = {
        name: getattr(SNSResponse, name) for name in ("subscribe", "list_subscriptions", "list_subscriptions_by_topic")
    }

    def new_subscribe(self, topic_arn, endpoint, protocol):
        if protocol in BY_EMAIL and not ADDRESS.fullmatch(endpoint or ""):
            raise SNSInvalidParameter("Invalid parameter: Email address")
        known = set(self.subscriptions)
        created = subscribe(self, topic_arn, endpoint, protocol)
        if protocol in BY_EMAIL:
            if created.arn not in known:
                created.attributes |= {"PendingConfirmation": True, "ConfirmationWasAuthenticated": False}
            if _is_pending(created):
                _ask(created)
        return created

    def new_publish(self, message, message_id, subject=None, message_attributes=None, **more):
        if self.protocol not in BY_EMAIL and self.endpoint != CHATBOT:
            return publish(self, message, message_id, subject=subject, message_attributes=message_attributes, **more)
        matcher = self._filter_policy_matcher
        if _is_pending(self) or (matcher and not matcher.matches(message_attributes, message)):
            return None
        if more.get("message_structure") == "json":
            message = self._parse_message_structure(message, self.protocol)
        return controls.deliver(
            self.endpoint,
            {"topic": self.topic_arn, "subject": subject or "AWS Notification Message", "message": message},
        )

    def unsubscribe(self, subscription_arn):
        if subscription_arn.count(":") < 6:
            raise SNSInvalidParameter(
                "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, not "
                f"{subscription_arn.count(':') + 1}"
            )
        one = self.subscriptions.get(subscription_arn)
        if one is None:
            raise SNSNotFoundError("Subscription does not exist")
        if _is_pending(one):
            raise SNSInvalidParameter(
                "Invalid parameter: SubscriptionArn Reason: Cannot unsubscribe a subscription that is pending "
                "confirmation"
            )
        del self.subscriptions[subscription_arn]

    def get_subscription_attributes(self, arn):
        if arn not in self.subscriptions:
            raise SNSNotFoundError("Subscription does not exist")
        return attributes_of(self, arn)

    def respond_subscribe(self):
        answer = responses["subscribe"](self)
        one = self.backend.subscriptions[answer.result["SubscriptionArn"]]
        requested = str(self._get_param("ReturnSubscriptionArn", "false")).lower() == "true"
        if _is_pending(one) and not requested:
            return ActionResult({"SubscriptionArn": "pending confirmation"})
        return answer

    def listing(name):
        def respond(self):
            answer = responses[name](self)
            answer.result["Subscriptions"] = [_listed(one) for one in answer.result["Subscriptions"]]
            return ActionResult(answer.result)

        return respond

    SNSBackend.subscribe = new_subscribe
    SNSBackend.unsubscribe = unsubscribe
    SNSBackend.get_subscription_attributes = get_subscription_attributes
    Subscription.publish = new_publish
    SNSResponse.subscribe = respond_subscribe
    SNSResponse.confirm_subscription = confirm_subscription
    for name in ("list_subscriptions", "list_subscriptions_by_topic"):
        setattr(SNSResponse, name, listing(name))
