"""Roles: trust policies, boundaries and quotas are checked, an update changes only what it names, and service-linked
roles and attached policies are protected.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePermissionsBoundary.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

import json
import re

from moto.core.responses import EmptyResult
from moto.iam.exceptions import (
    DeleteConflictException,
    IAMException,
    LimitExceededException,
    MalformedPolicyDocument,
    NoSuchEntity,
    NotFoundException,
    ValidationError,
)
from moto.iam.models import IAMBackend, ManagedPolicy
from moto.iam.policy_validation import IAMTrustPolicyDocumentValidator
from moto.iam.responses import IamResponse

from aws_local.iam import managed_policies

NAME = re.compile(r"[\w+=,.@-]+")
MAX_NAME = 64
MAX_ATTACHED = 10
# Characters except white space, in all inline policies of a role.
MAX_INLINE = 10240
SESSION = range(3600, 43201)

# Operations that are refused for service-linked roles.
PROTECTED = [
    "delete_role",
    "attach_role_policy",
    "detach_role_policy",
    "put_role_policy",
    "delete_role_policy",
    "update_role",
    "update_role_description",
    "update_assume_role_policy",
    "put_role_permissions_boundary",
    "delete_role_permissions_boundary",
]


def _constraint(value, name, constraint):
    return ValidationError(
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: {constraint}"
    )


def _check_session(duration):
    if duration is not None and int(duration) not in SESSION:
        bound = "greater than or equal to 3600" if int(duration) < 3600 else "less than or equal to 43200"
        raise _constraint(duration, "maxSessionDuration", f"Member must have value {bound}")


def _check_boundary(backend, arn):
    if arn and backend.policy_arn_regex.match(arn) and managed_policies.find(backend, arn) is None:
        raise NoSuchEntity(f"Scope ARN: {arn} does not exist or is not attachable.")


def _size(document):
    return len(re.sub(r"\s", "", document))


def _guarded(plain):
    def guarded(self):
        name = self._get_param("RoleName")
        role = next((one for one in self.backend.get_roles() if one.name == name), None)
        if role is not None and role.path.startswith("/aws-service-role/"):
            raise IAMException(
                "UnmodifiableEntity",
                f"Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS",
            )
        return plain(self)

    return guarded


def update_role(self):
    role, duration = self.backend.get_role(self._get_param("RoleName")), self._get_param("MaxSessionDuration")
    _check_session(duration)
    description = self._get_param("Description")
    if description is not None:
        role.description = description
    if duration is not None:
        role.max_session_duration = int(duration)
    return EmptyResult()


def install():
    backend = IAMBackend
    create, attach, boundary = backend.create_role, backend.attach_role_policy, backend.put_role_permissions_boundary
    put, delete_policy = backend.put_role_policy, backend.delete_policy
    attach_to = ManagedPolicy.attach_to

    def create_role(self, role_name, assume_role_policy_document, path, permissions_boundary, *args, **kwargs):
        if not NAME.fullmatch(role_name):
            raise _constraint(role_name, "roleName", r"Member must satisfy regular expression pattern: [\w+=,.@-]+")
        if len(role_name) > MAX_NAME:
            raise _constraint(role_name, "roleName", f"Member must have length less than or equal to {MAX_NAME}")
        try:
            json.loads(assume_role_policy_document)
        except ValueError as error:
            raise MalformedPolicyDocument("This policy contains invalid Json") from error
        IAMTrustPolicyDocumentValidator(assume_role_policy_document).validate()
        _check_boundary(self, permissions_boundary)
        _check_session(kwargs.get("max_session_duration", args[2] if len(args) > 2 else None))
        return create(self, role_name, assume_role_policy_document, path, permissions_boundary, *args, **kwargs)

    def get_role(self, role_name):
        for role in list(self.get_roles()):
            if role.name == role_name:
                return role
        raise NotFoundException(f"The role with name {role_name} cannot be found.")

    def get_role_policy(self, role_name, policy_name):
        document = self.get_role(role_name).policies.get(policy_name)
        if document is None:
            raise NotFoundException(f"The role policy with name {policy_name} cannot be found.")
        return policy_name, document

    def attach_role_policy(self, policy_arn, role_name):
        if not policy_arn.startswith("arn:"):
            raise ValidationError(f"Invalid ARN:  Could not be parsed!: {policy_arn}")
        attached = self.get_role(role_name).managed_policies
        if policy_arn not in attached and len(attached) >= MAX_ATTACHED:
            raise LimitExceededException(f"Cannot exceed quota for PoliciesPerRole: {MAX_ATTACHED}")
        return attach(self, policy_arn, role_name)

    def attach_once(self, entity):
        if self.arn not in entity.managed_policies:
            attach_to(self, entity)

    def put_role_permissions_boundary(self, role_name, permissions_boundary):
        self.get_role(role_name)
        _check_boundary(self, permissions_boundary)
        return boundary(self, role_name, permissions_boundary)

    def put_role_policy(self, role_name, policy_name, policy_json):
        others = [text for name, text in self.get_role(role_name).policies.items() if name != policy_name]
        if sum(map(_size, [*others, policy_json])) > MAX_INLINE:
            raise LimitExceededException(f"Maximum policy size of {MAX_INLINE} bytes exceeded for role {role_name}")
        return put(self, role_name, policy_name, policy_json)

    def delete_unused_policy(self, policy_arn):
        policy = self.get_policy(policy_arn)
        if policy.attachment_count > 0:
            raise DeleteConflictException("Cannot delete a policy attached to entities.")
        if len(policy.versions) > 1:
            raise DeleteConflictException(
                "This policy has more than one version. Before you delete a policy, you must delete the policy's "
                "versions. The default version is deleted with the policy."
            )
        return delete_policy(self, policy_arn)

    backend.create_role, backend.get_role = create_role, get_role
    backend.get_role_policy = get_role_policy
    backend.attach_role_policy, backend.put_role_policy = attach_role_policy, put_role_policy
    backend.put_role_permissions_boundary = put_role_permissions_boundary
    backend.delete_policy = delete_unused_policy
    ManagedPolicy.attach_to = attach_once
    IamResponse.update_role = update_role
    for name in PROTECTED:
        setattr(IamResponse, name, _guarded(getattr(IamResponse, name)))
