"""What all operations of Elastic Load Balancing share: pages, tags and errors.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeLoadBalancers.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetGroups.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeListeners.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AddTags.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html
"""

from moto.core.resource_tagging import TaggedResource
from moto.core.responses import ActionResult
from moto.elbv2.exceptions import (
    DuplicateTagKeysError,
    ELBClientError,
    ListenerNotFoundError,
    ListenerOrBalancerMissingError,
    LoadBalancerNotFoundError,
    TargetGroupNotFoundError,
    TooManyTagsError,
    ValidationError,
)
from moto.elbv2.models import ELBv2Backend
from moto.elbv2.responses import ELBV2Response

from aws_local.elbv2 import lag

MAX_PAGE = 400
MAX_TAGS = 50
MAX_TAGGED = 20


def invalid(message):
    return ValidationError(message)


def refused(code, message):
    return ELBClientError(code, message)


def page(response, items):
    """One page of the items, and the marker of the next page."""
    size = int(response._get_param("PageSize") or MAX_PAGE)
    if not 1 <= size <= MAX_PAGE:
        raise invalid(f"Page size must be between 1 and {MAX_PAGE}")
    marker, start = response._get_param("Marker"), 0
    if marker:
        arns = [item.arn for item in items]
        if marker not in arns:
            raise invalid("The specified marker is not valid")
        start = arns.index(marker) + 1
    shown = items[start : start + size]
    more = start + size < len(items)
    return shown, shown[-1].arn if more else None


def listeners(backend):
    for balancer in list(backend.load_balancers.values()):
        yield from list(balancer.listeners.values())


def check_tags(tags):
    keys = [tag["Key"] for tag in tags or []]
    for key in keys:
        if keys.count(key) > 1:
            raise DuplicateTagKeysError(key)
        if key.lower().startswith("aws:"):
            raise invalid("Tag keys beginning with 'aws:' are reserved")
    if len(keys) > MAX_TAGS:
        raise TooManyTagsError()


def _describe_load_balancers(self):
    backend = self.elbv2_backend
    arns, names = self._get_param("LoadBalancerArns", []), self._get_param("Names", [])
    if arns and names:
        raise invalid("Load balancer names and load balancer ARNs cannot be specified at the same time")
    found = list(backend.load_balancers.values())
    if arns or names:
        found = [balancer for balancer in found if balancer.arn in arns or balancer.name in names]
        missing = [name for name in names if name not in [balancer.name for balancer in found]]
        if missing:
            raise refused("LoadBalancerNotFound", f"Load balancers '[{', '.join(missing)}]' not found")
        if len(found) < len({*arns, *names}):
            raise refused("LoadBalancerNotFound", "One or more load balancers not found")
    if (arns or names) and any([lag.unseen(balancer) for balancer in found]):
        raise refused("LoadBalancerNotFound", "One or more load balancers not found")
    for balancer in found:
        # It is provisioned for at least one look, minutes at AWS.
        if getattr(balancer, "_was_shown", False):
            balancer.activate()
        balancer._was_shown = True
    shown, marker = page(self, found)
    return ActionResult({"LoadBalancers": shown, "NextMarker": marker})


def _describe_target_groups(self):
    backend = self.elbv2_backend
    balancer = self._get_param("LoadBalancerArn")
    arns, names = self._get_param("TargetGroupArns", []), self._get_param("Names", [])
    if sum(map(bool, [balancer, arns, names])) > 1:
        raise invalid(
            "Target group names, target group ARNs, and a load balancer ARN cannot be specified at the same time"
        )
    if balancer and balancer not in backend.load_balancers:
        raise refused("LoadBalancerNotFound", f"Load balancer '{balancer}' not found")
    found = sorted(backend.target_groups.values(), key=lambda group: group.name)
    if balancer:
        found = [group for group in found if balancer in group.load_balancer_arns]
    elif arns or names:
        found = [group for group in found if group.arn in arns or group.name in names]
        if len(found) < len({*arns, *names}) or any([lag.unseen(group) for group in found]):
            raise TargetGroupNotFoundError()
    shown, marker = page(self, found)
    return ActionResult({"TargetGroups": shown, "NextMarker": marker})


def _describe_listeners(self):
    backend = self.elbv2_backend
    balancer, arns = self._get_param("LoadBalancerArn"), self._get_param("ListenerArns", [])
    if not balancer and not arns:
        raise ListenerOrBalancerMissingError()
    if balancer and arns:
        raise invalid("Listener ARNs and a load balancer ARN cannot be specified at the same time")
    if balancer:
        if balancer not in backend.load_balancers:
            raise refused("LoadBalancerNotFound", f"Load balancer '{balancer}' not found")
        found = list(backend.load_balancers[balancer].listeners.values())
    else:
        found = find_listeners(backend, arns)
    shown, marker = page(self, found)
    return ActionResult({"Listeners": shown, "NextMarker": marker})


def find_listeners(backend, arns):
    found = [listener for listener in listeners(backend) if listener.arn in arns]
    if len(found) < len(set(arns)):
        raise refused("ListenerNotFound", "One or more listeners not found")
    return found


def _describe_tags(self):
    backend, arns = self.elbv2_backend, self._get_param("ResourceArns", [])
    if len(arns) > MAX_TAGGED:
        raise invalid(f"Up to '{MAX_TAGGED}' resources can be specified, but '{len(arns)}' were specified")
    for arn in arns:
        backend._get_resource_by_arn(arn)
    described = [{"ResourceArn": arn, "Tags": tags} for arn, tags in backend.describe_tags(arns).items()]
    return ActionResult({"TagDescriptions": described})


def _add_tags(self, resource_arns, tags):
    check_tags(tags)
    keys = {tag["Key"] for tag in tags}
    for arn in resource_arns:
        self._get_resource_by_arn(arn)
        if len(keys | set(self.tagging_service.get_tag_dict_for_resource(arn))) > MAX_TAGS:
            raise TooManyTagsError()
    for arn in resource_arns:
        self.tagging_service.tag_resource(arn, tags)


def install():
    get_resource = ELBv2Backend._get_resource_by_arn
    iter_tagged_resources = ELBv2Backend.iter_tagged_resources

    def _get_resource_by_arn(self, arn):
        try:
            found = get_resource(self, arn)
            if lag.unseen(found):
                raise TargetGroupNotFoundError() if ":targetgroup/" in arn else LoadBalancerNotFoundError()
            return found
        except LoadBalancerNotFoundError:
            # moto looks up the load balancer first, even if the request names others.
            if ":listener/" in arn:
                raise ListenerNotFoundError() from None
            raise

    def iter_tagged(self):
        yield from iter_tagged_resources(self)
        for listener in listeners(self):
            tags = self.tagging_service.get_tag_dict_for_resource(listener.arn)
            yield TaggedResource(arn=listener.arn, tags=tags, resource_type="elasticloadbalancing:listener")

    ELBv2Backend._get_resource_by_arn = _get_resource_by_arn
    ELBv2Backend.iter_tagged_resources = iter_tagged
    ELBv2Backend.add_tags = _add_tags
    ELBV2Response.describe_load_balancers = _describe_load_balancers
    ELBV2Response.describe_target_groups = _describe_target_groups
    ELBV2Response.describe_listeners = _describe_listeners
    ELBV2Response.describe_tags = _describe_tags
