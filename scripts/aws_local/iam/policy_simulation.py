"""SimulatePrincipalPolicy: what the policies of a role, a user or a group allow.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html
"""

from moto.core.responses import ActionResult
from moto.iam.exceptions import IAMException, InvalidInput
from moto.iam.responses import IamResponse

from aws_local.iam import policies as iam_policies
from aws_local.iam.policies import ALLOWED, EXPLICIT_DENY

MAX_ITEMS = 1000


def _principal(backend, arn):
    """The principal, followed by the groups of a user."""
    kind, _, path = arn.split(":")[-1].partition("/")
    name = path.split("/")[-1]
    if not arn.startswith("arn:") or kind not in ("role", "user", "group"):
        raise InvalidInput(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    if kind == "role":
        return [backend.get_role(name)]
    if kind == "group":
        return [backend.get_group(name)]
    return [backend.get_user(name), *backend.get_groups_for_user(name)]


def _inputs(texts):
    return [(f"PolicyInputList.{number}", iam_policies.statements(text)) for number, text in enumerate(texts or [], 1)]


def _evaluated(backend, principals, policies, limits, action, resource, context):
    known = iam_policies.principal_context(principals[0]) | context
    decision, names, missing = iam_policies.evaluate(policies, action, resource, known)
    result = {"EvalActionName": action, "EvalResourceName": resource}
    if limits:
        within, _, more = iam_policies.evaluate(limits, action, resource, known)
        missing |= more
        result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": within == ALLOWED}
        if decision != EXPLICIT_DENY and within != ALLOWED:
            decision, names = within, []
    result["EvalDecision"] = decision
    result["MatchedStatements"] = [{"SourcePolicyId": name, "SourcePolicyType": "IAM Policy"} for name in names]
    result["MissingContextValues"] = sorted(missing)
    return result


def simulate_principal_policy(self):
    backend = self.backend
    principals = _principal(backend, self._get_param("PolicySourceArn"))
    policies = [policy for one in principals for policy in iam_policies.policies_of(one)]
    policies += _inputs(self._get_param("PolicyInputList"))
    limits = _inputs(self._get_param("PermissionsBoundaryPolicyInputList"))
    own = iam_policies.boundary_of(backend, principals[0])
    limits = limits or ([own] if own else [])
    context = {one["ContextKeyName"]: one["ContextKeyValues"] for one in self._get_param("ContextEntries") or []}
    results = []
    for action in self._get_param("ActionNames"):
        if ":" not in action and action != "*":
            raise InvalidInput(f"Invalid Action: {action}")
        for resource in self._get_param("ResourceArns") or ["*"]:
            results.append(_evaluated(backend, principals, policies, limits, action, resource, context))
    start, size = int(self._get_param("Marker") or 0), int(self._get_param("MaxItems") or MAX_ITEMS)
    if not 1 <= size <= MAX_ITEMS:
        raise IAMException("ValidationError", f"MaxItems must be between 1 and {MAX_ITEMS}")
    answer = {"EvaluationResults": results[start : start + size], "IsTruncated": start + size < len(results)}
    if answer["IsTruncated"]:
        answer["Marker"] = str(start + size)
    return ActionResult(answer)


def install():
    IamResponse.simulate_principal_policy = simulate_principal_policy
