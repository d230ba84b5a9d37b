"""Security group rules: those between groups and of prefix lists keep their description; descriptions are changed by rule
id; a prefix list must exist.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroupRule.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_UpdateSecurityGroupRuleDescriptionsIngress.html
"""

import inspect

from moto.core.responses import EmptyResult
from moto.ec2.exceptions import EC2ClientError, InvalidSecurityGroupRuleIdNotFoundError
from moto.ec2.models import EC2Backend
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.responses.security_groups import SecurityGroups


def _peer(rule):
    """The peer group, without the description."""
    return {name: value for name, value in rule.source_group.items() if name in ("GroupId", "GroupName", "UserId")}


def _same(self, other):
    """Whether two rules are the same. The description does not count: with another one, a rule is still a duplicate."""
    return (
        self.ip_protocol == other.ip_protocol
        and self.ip_range.get("CidrIp") == other.ip_range.get("CidrIp")
        and self.ip_range.get("CidrIpv6") == other.ip_range.get("CidrIpv6")
        and _peer(self) == _peer(other)
        and self.prefix_list_id == other.prefix_list_id
        and (self.ip_protocol == "-1" or (self.from_port, self.to_port) == (other.from_port, other.to_port))
    )


def _describe(egress, plain):
    def update(self):
        described = self._get_param("SecurityGroupRuleDescriptions", [])
        if not described:
            return plain(self)
        group = self.ec2_backend.get_security_group_from_id(self._get_param("GroupId"))
        rules = {rule.id: rule for rule in (group.egress_rules if egress else group.ingress_rules)}
        for one in described:
            rule = rules.get(one["SecurityGroupRuleId"])
            if rule is None:
                raise InvalidSecurityGroupRuleIdNotFoundError(one["SecurityGroupRuleId"])
            if rule.prefix_list_id:
                rule.list_description = one.get("Description", "")
                continue
            place = rule.source_group or rule.ip_range
            place["Description"] = one.get("Description", "")
        return EmptyResult()

    return update


def _with_known_lists(plain):
    parameters = inspect.signature(plain)

    def authorize(self, *args, **kwargs):
        given = parameters.bind(self, *args, **kwargs).arguments.get("prefix_list_ids") or []
        known = {one.id for one in self.describe_managed_prefix_lists()}
        for one in given:
            if one["PrefixListId"] not in known:
                message = f"The prefix list ID '{one['PrefixListId']}' does not exist"
                raise EC2ClientError("InvalidPrefixListID.NotFound", message)
        return plain(self, *args, **kwargs)

    return authorize


def install():
    make = SecurityGroupRule.__init__

    def __init__(self, *args, **kwargs):
        make(self, *args, **kwargs)
        given = inspect.signature(make).bind(self, *args, **kwargs).arguments.get("prefix_list_id")
        self.list_description = (given or {}).get("Description")

    SecurityGroupRule.__init__ = __init__
    SecurityGroupRule.description = property(
        lambda rule: rule.ip_range.get("Description") or rule.source_group.get("Description") or rule.list_description
    )
    SecurityGroupRule.__eq__ = _same
    for name in ("authorize_security_group_ingress", "authorize_security_group_egress"):
        setattr(EC2Backend, name, _with_known_lists(getattr(EC2Backend, name)))
    for name, egress in [("ingress", False), ("egress", True)]:
        method = f"update_security_group_rule_descriptions_{name}"
        setattr(SecurityGroups, method, _describe(egress, getattr(SecurityGroups, method)))
