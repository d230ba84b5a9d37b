"""AWS's managed policies exist in every account. Creating all of them for each account would be slow, so each is added to
an account when it is first used.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html#aws-managed-policies
https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html
"""

import functools
import json

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend


@functools.cache
def _known():
    """The name and data of each policy, by path and name."""
    parsed = json.loads(aws_managed_policies_data)
    return {f"{data['Path']}{name}": (name, data) for name, data in parsed.items()}


def find(backend, arn):
    """The policy with this ARN, of the account or of AWS; None if there is none."""
    prefix = f"arn:{backend.partition}:iam::aws:policy"
    if arn not in backend.managed_policies and arn and arn.startswith(prefix):
        entry = _known().get(arn.removeprefix(prefix))
        if entry:
            policy = AWSManagedPolicy.from_data(entry[0], backend.account_id, backend.region_name, entry[1])
            backend.managed_policies[arn] = policy
    return backend.managed_policies.get(arn)


def install():
    backend = IAMBackend
    get, listed = backend.get_policy, backend.list_policies
    role, user, group = backend.attach_role_policy, backend.attach_user_policy, backend.attach_group_policy

    def attaching(plain):
        def attach(self, policy_arn, name=None, **more):
            find(self, policy_arn)
            return plain(self, policy_arn, *([] if name is None else [name]), **more)

        return attach

    def get_policy(self, policy_arn):
        find(self, policy_arn)
        return get(self, policy_arn)

    def list_policies(self, marker, max_items, only_attached, path_prefix, scope):
        if scope != "Local" and not only_attached:
            for path in _known():
                find(self, f"arn:{self.partition}:iam::aws:policy{path}")
        return listed(self, marker, max_items, only_attached, path_prefix, scope)

    backend.get_policy, backend.list_policies = get_policy, list_policies
    backend.attach_role_policy = attaching(role)
    backend.attach_user_policy = attaching(user)
    backend.attach_group_policy = attaching(group)
