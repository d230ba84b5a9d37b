"""Service-linked roles: they have AWS's names, and creating an existing one is refused.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceLinkedRole.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
"""

import json

from moto.iam.exceptions import IAMException
from moto.iam.models import SERVICE_NAME_CONVERSION, IAMBackend, iam_backends

NAMES = {
    "ecs": "ECS",
    "elasticache": "ElastiCache",
    "elasticloadbalancing": "ElasticLoadBalancing",
    "rds": "RDS",
}
# A service with a suffix of its own.
SCALED = {
    "ecs.application-autoscaling.amazonaws.com": "AWSServiceRoleForApplicationAutoScaling_ECSService",
    "management.chatbot.amazonaws.com": "AWSServiceRoleForAWSChatbot",
}


def exists(account_id, partition, name):
    """Whether the account has the role."""
    return find(account_id, partition, name) is not None


def find(account_id, partition, name):
    """The role with this name, or None."""
    roles = list(iam_backends[account_id][partition].roles.values())
    return next((role for role in roles if role.name == name), None)


def _plain(trust):
    """The trust policy with a value in place of a list of one, as AWS writes it."""
    document = json.loads(trust)
    for one in document["Statement"]:
        one["Action"], one["Principal"]["Service"] = one["Action"][0], one["Principal"]["Service"][0]
    return json.dumps(document)


def install():
    SERVICE_NAME_CONVERSION.update(NAMES)
    create_role = IAMBackend.create_role

    def create(self, role_name, trust, *args, **kwargs):
        service = kwargs.get("linked_service")
        if service:
            trust = _plain(trust)
            role_name = SCALED.get(service, role_name)
            if any(role.name == role_name for role in self.roles.values()):
                raise IAMException(
                    "InvalidInput",
                    f"Service role name {role_name} has been taken in this account, please try a different suffix.",
                )
        return create_role(self, role_name, trust, *args, **kwargs)

    IAMBackend.create_role = create
