"""The topic of a replication group: it exists, is the account's and the Region's, is not encrypted, and lets the account
publish.

https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ECEvents.SNS.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyReplicationGroup.html
"""

from moto.elasticache.exceptions import InvalidParameterValueException
from moto.sns.models import sns_backends

from aws_local.sns import policies


def check(backend, params):
    status, arn = params.get("NotificationTopicStatus"), params.get("NotificationTopicArn")
    if status not in (None, "active", "inactive"):
        raise InvalidParameterValueException(f"Invalid notification topic status: {status}")
    if arn is None:
        return
    topic = sns_backends[backend.account_id][backend.region_name].topics.get(arn)
    if topic is None:
        raise InvalidParameterValueException(f"Topic not found: {arn}")
    if getattr(topic, "kms_master_key_id", None):
        raise InvalidParameterValueException(f"The topic is encrypted: {arn}")
    if not policies.allows(topic.policy, backend.account_id):
        raise InvalidParameterValueException(f"Not authorized to publish to the topic: {arn}")
