"""Listeners: one per port, with the certificate and security policy that the protocol needs; actions described in full.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ModifyListener.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteListener.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Action.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RedirectActionConfig.html
"""

import copy

from moto.core.responses import ActionResult
from moto.elbv2.models import ELBv2Backend, FakeAction, FakeListener
from moto.elbv2.responses import ELBV2Response
from moto.moto_api._internal import mock_random

from aws_local.elbv2 import certificates as elbv2_certificates
from aws_local.elbv2 import lag, ssl_policies
from aws_local.elbv2.load_balancers import check_one_of, find
from aws_local.elbv2.requests import check_tags, find_listeners, invalid, refused

SECURE = ("HTTPS", "TLS")
REDIRECT = {
    "Protocol": "#{protocol}",
    "Port": "#{port}",
    "Host": "#{host}",
    "Path": "/#{path}",
    "Query": "#{query}",
}
ROUTING = ("forward", "redirect", "fixed-response")


def completed(data):
    """An action with the values that AWS fills in."""
    data = copy.deepcopy(data)
    if data.get("Type") == "forward":
        forward = data.setdefault("ForwardConfig", {})
        groups = forward.setdefault("TargetGroups", [])
        if not groups and data.get("TargetGroupArn"):
            groups.append({"TargetGroupArn": data["TargetGroupArn"]})
        if len(groups) == 1:
            data.setdefault("TargetGroupArn", groups[0].get("TargetGroupArn"))
    data.setdefault("Order", 1)
    if data.get("Type") == "redirect":
        data["RedirectConfig"] = {**REDIRECT, **data.get("RedirectConfig", {})}
    return data


def _check_redirect(config, listener_protocol):
    check_one_of("redirectConfig.statusCode", config.get("StatusCode"), ["HTTP_301", "HTTP_302"])
    protocol, port = config["Protocol"].upper(), str(config["Port"])
    if protocol not in ("HTTP", "HTTPS", "#{PROTOCOL}"):
        raise invalid(f"Redirect protocol '{config['Protocol']}' must be one of 'HTTP, HTTPS, #{{protocol}}'")
    if port != "#{port}" and not (port.isdigit() and 1 <= int(port) <= 65535):
        raise invalid(f"Redirect port '{port}' must be '#{{port}}' or a number between '1' and '65535'")
    if not config["Path"].startswith("/"):
        raise invalid(f"Redirect path '{config['Path']}' must begin with a '/' character")
    if listener_protocol == "HTTPS" and protocol == "HTTP":
        raise refused("InvalidLoadBalancerAction", "You can't redirect HTTPS to HTTP")
    if all(config[key] == REDIRECT[key] for key in ("Protocol", "Port", "Host", "Path")):
        message = "The redirect configuration must change the protocol, the port, the host or the path"
        raise refused("InvalidLoadBalancerAction", message)


def _check_forward(backend, balancer, action):
    arns = backend._get_target_group_arns_from(action.data)
    listed = [one.get("TargetGroupArn") for one in action.data["ForwardConfig"]["TargetGroups"]]
    if not listed:
        raise invalid("A target group ARN must be specified")
    if "TargetGroupArn" in action.data and listed != [action.data["TargetGroupArn"]]:
        raise refused("InvalidLoadBalancerAction", "You can specify only one target group, and it must be the same")
    for arn in {*arns, *listed}:
        group = backend.target_groups.get(arn)
        if group is None or lag.unseen(group):
            raise refused("TargetGroupNotFound", f"Target groups '{arn}' not found")
        allowed = {"application": ("HTTP", "HTTPS", None), "gateway": ("GENEVE",)}
        if group.protocol not in allowed.get(balancer.type, ("TCP", "TLS", "UDP", "TCP_UDP")):
            message = f"The target group '{arn}' has an incompatible protocol with the load balancer '{balancer.arn}'"
            raise refused("IncompatibleProtocols", message)
        if group.vpc_id and group.vpc_id != balancer.vpc_id:
            message = f"The target group '{arn}' is not in the same VPC as the load balancer '{balancer.arn}'"
            raise refused("InvalidConfigurationRequest", message)
        if any(other != balancer.arn for other in group.load_balancer_arns):
            message = f"The following target groups cannot be associated with more than one load balancer: {arn}"
            raise refused("TargetGroupAssociationLimit", message)


def check_actions(backend, balancer, protocol, actions):
    if not actions:
        raise invalid("Default actions must be specified")
    backend._validate_actions(actions)
    ordered = sorted(actions, key=lambda action: int(action.data.get("Order") or 0))
    if sum(action.type in ROUTING for action in actions) != 1 or ordered[-1].type not in ROUTING:
        message = "Exactly one forward, redirect or fixed-response action is needed, and it must be the last"
        raise refused("InvalidLoadBalancerAction", message)
    for action in actions:
        if action.type == "redirect":
            _check_redirect(action.data["RedirectConfig"], protocol)
        if action.type == "forward":
            _check_forward(backend, balancer, action)


def _check_port(balancer, port, but=None):
    if not 1 <= int(port) <= 65535:
        raise invalid(f"Listener port '{port}' must be between '1' and '65535'")
    for listener in balancer.listeners.values():
        if listener is not but and listener.port is not None and int(listener.port) == int(port):
            message = f"A listener already exists on this port for this load balancer '{balancer.arn}'"
            raise refused("DuplicateListener", message)


def _check_secure(backend, protocol, certificate, policy, carried=None):
    """Checks the certificate and security policy, and returns the policy. A certificate already in use is not checked."""
    if protocol not in SECURE:
        if certificate:
            raise invalid(f"A certificate cannot be specified for {protocol} listeners")
        if policy:
            raise invalid(f"An SSL policy cannot be specified for {protocol} listeners")
        return None
    if not certificate:
        raise invalid(f"A certificate must be specified for {protocol} listeners")
    ssl_policies.check(policy)
    if certificate != carried:
        elbv2_certificates.check(backend, certificate)
    return policy or ssl_policies.DEFAULT


def _only(certificates):
    if len(certificates) > 1:
        raise invalid(f"Up to '1' certificate ARNs can be specified, but '{len(certificates)}' were specified")
    return certificates[0].get("CertificateArn") if certificates else None


def _create(self, load_balancer_arn, protocol, port, ssl_policy, certificate, actions, alpn_policy=None, tags=None):
    balancer = find(self, load_balancer_arn)
    self._validate_port_and_protocol(balancer.type, port, protocol)
    check_tags(tags)
    if port is not None:
        _check_port(balancer, port)
    actions = [FakeAction(action) for action in actions]
    ssl_policy = _check_secure(self, protocol, certificate, ssl_policy)
    check_actions(self, balancer, protocol, actions)
    arn = load_balancer_arn.replace(":loadbalancer/", ":listener/") + f"/{mock_random.get_random_hex(16)}"
    listener = FakeListener(load_balancer_arn, arn, protocol, port, ssl_policy, certificate, actions, alpn_policy)
    listener.attributes = {}
    if balancer.type == "application":
        listener.alpn_policy = None
    balancer.listeners[arn] = listener
    self.tagging_service.tag_resource(arn, tags)
    return listener


def _modify(self, arn, port=None, protocol=None, ssl_policy=None, certificates=None, actions=None):
    listener = find_listeners(self, [arn])[0]
    balancer = find(self, listener.load_balancer_arn)
    certificate = _only(certificates or [])
    after = protocol or listener.protocol
    if protocol is not None or port is not None:
        self._validate_port_and_protocol(balancer.type, port or listener.port, after)
    if port is not None:
        _check_port(balancer, port, but=listener)
    stays = after in SECURE and listener.protocol in SECURE
    policy = _check_secure(
        self,
        after,
        certificate or (listener.certificate if stays else None),
        ssl_policy or (listener.ssl_policy if stays else None),
        carried=listener.certificate,
    )
    changed = [FakeAction(action) for action in actions or []]
    check_actions(self, balancer, after, changed or listener.default_actions)
    listener.port = port if port is not None else listener.port
    listener.protocol, listener.ssl_policy = after, policy
    if after not in SECURE:
        listener.certificate, listener.certificates, listener.other_certificates = None, [], []
    elif certificate:
        listener.certificate, listener.certificates = certificate, [certificate]
    if changed:
        listener.default_actions = listener._default_rule[0].actions = changed
    return listener


def _answer_create(self):
    params = self._get_params()
    listener = self.elbv2_backend.create_listener(
        load_balancer_arn=params.get("LoadBalancerArn"),
        protocol=params.get("Protocol"),
        port=params.get("Port"),
        ssl_policy=params.get("SslPolicy"),
        certificate=_only(params.get("Certificates", [])),
        actions=params.get("DefaultActions", []),
        alpn_policy=params.get("AlpnPolicy", []),
        tags=params.get("Tags"),
    )
    return ActionResult({"Listeners": [listener]})


def _answer_modify(self):
    params = self._get_params()
    listener = self.elbv2_backend.modify_listener(
        params.get("ListenerArn"),
        params.get("Port"),
        params.get("Protocol"),
        params.get("SslPolicy"),
        params.get("Certificates", []),
        params.get("DefaultActions", []),
    )
    return ActionResult({"Listeners": [listener]})


def install():
    make = FakeAction.__init__
    delete = ELBv2Backend.delete_listener

    def make_action(self, data):
        make(self, completed(data))

    def mutual_authentication(self):
        return {"Mode": "off"} if self.protocol == "HTTPS" else None

    def delete_listener(self, listener_arn):
        listener = delete(self, listener_arn)
        self.tagging_service.delete_all_tags_for_resource(listener_arn)
        return listener

    FakeAction.__init__ = make_action
    FakeListener.mutual_authentication = property(mutual_authentication)
    ELBv2Backend.create_listener = _create
    ELBv2Backend.modify_listener = _modify
    ELBv2Backend.delete_listener = delete_listener
    ELBV2Response.create_listener = _answer_create
    ELBV2Response.modify_listener = _answer_modify
