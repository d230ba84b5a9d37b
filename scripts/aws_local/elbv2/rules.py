"""Listener rules: conditions, actions and priorities that AWS refuses, its answer to a delete of an unknown rule, and
transforms, which a change keeps that names none.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyRule.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RuleTransform.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_FixedResponseActionConfig.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
"""

import re

from moto.elbv2.models import ELBv2Backend, FakeAction, FakeListenerRule
from moto.elbv2.responses import ELBV2Response

from aws_local.elbv2.listeners import check_actions
from aws_local.elbv2.load_balancers import find
from aws_local.elbv2.requests import check_tags, find_listeners, invalid, listeners, refused

MAX_PRIORITY = 50_000
MAX_VALUES = 5
TRANSFORMS = {"host-header-rewrite": "HostHeaderRewriteConfig", "url-rewrite": "UrlRewriteConfig"}
CONFIGS = ("PathPatternConfig", "HostHeaderConfig", "HttpRequestMethodConfig", "SourceIpConfig", "HttpHeaderConfig")


def _values(condition):
    configured = [value for name in CONFIGS for value in (condition.get(name) or {}).get("Values", [])]
    return configured or condition.get("Values", [])


def _check(backend, listener, conditions, actions):
    if not conditions:
        raise invalid("A rule must have at least one condition")
    count = sum(len(_values(condition)) for condition in conditions if condition["Field"] != "query-string")
    if count > MAX_VALUES:
        raise invalid(f"A rule can have at most '{MAX_VALUES}' condition values")
    balancer = find(backend, listener.load_balancer_arn)
    check_actions(backend, balancer, listener.protocol, [FakeAction(action) for action in actions])
    for action in actions:
        answer = action.get("FixedResponseConfig")
        if answer and not re.fullmatch(r"[245]\d\d", str(answer.get("StatusCode"))):
            raise invalid(f"Fixed response code '{answer.get('StatusCode')}' must match the regular expression '^(2|4|5)\\d\\d$'")


def _transforms(self):
    """The transforms of a request; none where it names none."""
    given = self._get_params().get("Transforms")
    reset = str(self._get_params().get("ResetTransforms")).lower() == "true"
    if given and reset:
        raise invalid("You can't specify both Transforms and ResetTransforms")
    kinds = [one.get("Type") for one in given or []]
    if len(set(kinds)) < len(kinds):
        raise invalid("A rule can have at most one transform of each type")
    for one in given or []:
        config = TRANSFORMS.get(one.get("Type"))
        if config is None or not (one.get(config) or {}).get("Rewrites"):
            raise invalid(f"The transform '{one.get('Type')}' is not valid")
    return [] if reset else given


def _with_transforms(original):
    def answer(self):
        given = _transforms(self)
        result = original(self)
        if given is not None:
            for rule in result.result["Rules"]:
                rule.transforms = given
        return result

    return answer


def install():
    ELBV2Response.create_rule = _with_transforms(ELBV2Response.create_rule)
    ELBV2Response.modify_rule = _with_transforms(ELBV2Response.modify_rule)
    FakeListenerRule.transforms = ()
    create, modify, delete = ELBv2Backend.create_rule, ELBv2Backend.modify_rule, ELBv2Backend.delete_rule

    def create_rule(self, listener_arn, conditions, priority, actions, tags=None):
        check_tags(tags)
        listener = find_listeners(self, [listener_arn])[0]
        if not 1 <= int(priority) <= MAX_PRIORITY:
            raise invalid(f"Priority '{priority}' must be between '1' and '{MAX_PRIORITY}'")
        _check(self, listener, conditions, actions)
        return create(self, listener_arn, conditions, int(priority), actions, tags)

    def modify_rule(self, rule_arn, conditions, actions):
        rule = self.describe_rules(None, [rule_arn])[0]
        listener = find_listeners(self, [rule.listener_arn])[0]
        _check(self, listener, conditions or rule.conditions, actions or [action.data for action in rule.actions])
        return modify(self, rule_arn, conditions, actions)

    def delete_rule(self, arn):
        if not any(arn in listener._non_default_rules for listener in listeners(self)):
            raise refused("RuleNotFound", f"Rule '{arn}' not found")
        delete(self, arn)
        self.tagging_service.delete_all_tags_for_resource(arn)

    ELBv2Backend.create_rule = create_rule
    ELBv2Backend.modify_rule = modify_rule
    ELBv2Backend.delete_rule = delete_rule
