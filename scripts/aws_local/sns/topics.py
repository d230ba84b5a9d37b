"""Topics: CreateTopic returns the existing topic with the same name, and refuses other attributes or tags. Attributes are
validated.

https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html
https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html
"""

import json

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import camelcase_to_underscores
from moto.sns.exceptions import SNSInvalidParameter, SNSNotFoundError
from moto.sns.models import SNSBackend
from moto.sns.responses import SNSResponse
from moto.sns.utils import make_arn_for_topic

ATTRIBUTES = {
    "Policy",
    "DisplayName",
    "DeliveryPolicy",
    "KmsMasterKeyId",
    "SignatureVersion",
    "TracingConfig",
    "ContentBasedDeduplication",
    "FifoTopic",
    "FifoThroughputScope",
    "ArchivePolicy",
}
# Logging of deliveries: the roles, and the percentage of successful deliveries that is logged.
FEEDBACK = {
    f"{to}{what}"
    for to in ("HTTP", "Firehose", "Lambda", "Application", "SQS")
    for what in ("SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn")
}
LONGEST_DISPLAY_NAME = 100


def _check(name, value):
    if name not in ATTRIBUTES | FEEDBACK:
        raise SNSInvalidParameter("Invalid parameter: AttributeName")
    if name == "Policy":
        try:
            policy = json.loads(value)
            statements = policy["Statement"]
        except (KeyError, TypeError, ValueError) as error:
            raise SNSInvalidParameter("Invalid parameter: Policy Error: null") from error
        for one in statements if isinstance(statements, list) else [statements]:
            if not {"Effect", "Action", "Principal"} <= one.keys():
                raise SNSInvalidParameter("Invalid parameter: Policy statement must contain a principal and an action")
    if name == "DisplayName" and len(value) > LONGEST_DISPLAY_NAME:
        raise SNSInvalidParameter("Invalid parameter: DisplayName")
    if name == "SignatureVersion" and value not in ("1", "2"):
        raise SNSInvalidParameter("Invalid parameter: SignatureVersion")
    if name == "TracingConfig" and value not in ("PassThrough", "Active"):
        raise SNSInvalidParameter("Invalid parameter: TracingConfig")


def _attribute(topic, name):
    value = getattr(topic, camelcase_to_underscores(name), "")
    return json.loads(value) if name == "Policy" else value


def _counts(backend, topic):
    of_topic = [one for one in backend.subscriptions.values() if one.topic is topic]
    pending = sum(1 for one in of_topic if one.attributes.get("PendingConfirmation"))
    return {
        "SubscriptionsPending": str(pending),
        "SubscriptionsConfirmed": str(len(of_topic) - pending),
        "SubscriptionsDeleted": "0",
    }


def get_topic_attributes(self):
    arn = self._get_param("TopicArn") or ""
    if arn.count(":") < 5:
        elements = arn.count(":") + 1
        raise SNSInvalidParameter(
            f"Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not {elements}"
        )
    answer = _get(self)
    attributes = answer.result["Attributes"]
    topic = self.backend.get_topic(self._get_param("TopicArn"))
    attributes |= _counts(self.backend, topic)
    # Attributes that are not set are not returned.
    for name in ("DeliveryPolicy", "SignatureVersion", "TracingConfig", "KmsMasterKeyId", *sorted(FEEDBACK)):
        value = getattr(topic, camelcase_to_underscores(name), "")
        attributes.pop(name, None)
        if value:
            attributes[name] = value
    return ActionResult(answer.result)


def set_topic_attributes(self):
    name, value = self._get_param("AttributeName"), self._get_param("AttributeValue", "")
    _check(name, value)
    if value == "":
        topic = self.backend.get_topic(self._get_param("TopicArn"))
        setattr(topic, camelcase_to_underscores(name), "")
        return EmptyResult()
    return _set(self)


def _get(response):
    raise NotImplementedError


def _set(response):
    raise NotImplementedError


def install():
    global _get, _set
    _get, _set = SNSResponse.get_topic_attributes, SNSResponse.set_topic_attributes
    plain = SNSBackend.create_topic

    def create_topic(self, name, attributes=None, tags=None):
        for key, value in (attributes or {}).items():
            _check(key, value)
        existing = self.topics.get(make_arn_for_topic(self.account_id, name or "", self.region_name))
        if existing:
            for key, value in (attributes or {}).items():
                if _attribute(existing, key) != (json.loads(value) if key == "Policy" else value):
                    raise SNSInvalidParameter(
                        "Invalid parameter: Attributes Reason: Topic already exists with different attributes"
                    )
            if tags and tags != existing._tags:
                raise SNSInvalidParameter("Invalid parameter: Tags Reason: Topic already exists with different tags")
        return plain(self, name, attributes, tags)

    publish, tag_resource = SNSBackend.publish, SNSResponse.tag_resource

    def publish_to_topic(self, message, arn=None, *args, **kwargs):
        if arn and arn.count(":") == 5 and arn not in self.topics:
            raise SNSNotFoundError("Topic does not exist")
        return publish(self, message, arn, *args, **kwargs)

    def tag_once(self):
        keys = [one["Key"] for one in self._get_param("Tags", [])]
        if len(keys) > len(set(keys)):
            raise SNSInvalidParameter("Invalid parameter: Duplicated keys are not allowed.")
        return tag_resource(self)

    SNSBackend.publish, SNSResponse.tag_resource = publish_to_topic, tag_once
    SNSBackend.create_topic = create_topic
    SNSResponse.get_topic_attributes = get_topic_attributes
    SNSResponse.set_topic_attributes = set_topic_attributes
