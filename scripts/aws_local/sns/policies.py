"""Who may publish to a topic, by its access policy.

https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
"""

import json


def _matches(condition, account):
    for members in condition.values():
        for name, value in members.items():
            if name.lower() in ("aws:sourceaccount", "aws:sourceowner") and value not in (account, [account]):
                return False
    return True


def allows(policy, account, service=None):
    """Whether a statement lets the service publish, or everyone in the account, as the default policy does."""
    statements = (json.loads(policy) if isinstance(policy, str) else policy).get("Statement", [])
    for one in statements if isinstance(statements, list) else [statements]:
        principal = one.get("Principal")
        named = principal.get("Service", []) if isinstance(principal, dict) else []
        named = [named] if isinstance(named, str) else named
        anyone = principal == "*" or (isinstance(principal, dict) and principal.get("AWS") == "*")
        actions = one.get("Action", [])
        actions = [actions] if isinstance(actions, str) else actions
        publishes = any(action.lower() in ("sns:publish", "sns:*", "*") for action in actions)
        if (
            one.get("Effect") == "Allow"
            and publishes
            and (service in named or anyone)
            and _matches(one.get("Condition", {}), account)
        ):
            return True
    return False
