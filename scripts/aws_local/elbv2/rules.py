"""Listener rules: conditions, actions and priorities that AWS refuses, and its answer to a delete of an unknown rule.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_FixedResponseActionConfig.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
"""

import re

from moto.elbv2.models import ELBv2Backend, FakeAction

from aws_local.elbv2.listeners import check_actions
from aws_local.elbv2.load_balancers import find
from aws_local.elbv2.requests import check_tags, find_listeners, invalid, listeners, refused

MAX_PRIORITY = 50_000
MAX_VALUES = 5
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


def install():
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
