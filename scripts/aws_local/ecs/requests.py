"""What all operations of ECS share: reading requests, errors, pages, ARNs and tags.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/CommonErrors.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Tag.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html
"""

import base64
import json

from moto.core.responses import ActionResult
from moto.ecs.exceptions import ECSException
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.moto_api._internal import mock_random
from moto.utilities.utils import get_partition

from aws_local.ecs.clock import clock_of, lock

MAX_TAGS = 50
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"


def refused(code, message):
    return ECSException(code, message)


def invalid(message):
    return ECSException("InvalidParameterException", message)


def client_error(message):
    return ECSException("ClientException", message)


def arn(backend, resource):
    return f"arn:{get_partition(backend.region_name)}:ecs:{backend.region_name}:{backend.account_id}:{resource}"


def number():
    """A new number for a deployment or revision: 19 digits."""
    return str(mock_random.randint(10**18, 9 * 10**18))


def token(length):
    return "".join(mock_random.choice(BASE64) for _ in range(length))


def hexadecimal():
    """A new id for a task."""
    return mock_random.uuid4().hex


def page(params, found, name, size):
    """A page of the items; `size` is the default of maxResults."""
    size = params.get("maxResults") or size
    if not 1 <= size <= 100:
        raise invalid("Invalid maxResults. Valid values are between 1 and 100.")
    try:
        start = int(base64.b64decode(params.get("nextToken") or "MA=="))
    except ValueError:
        raise invalid("Invalid token") from None
    answer = {name: found[start : start + size]}
    if start + size < len(found):
        answer["nextToken"] = base64.b64encode(str(start + size).encode()).decode()
    return answer


def check_tags(tags):
    keys = [tag.get("key") or "" for tag in tags or []]
    if len(keys) > MAX_TAGS:
        raise invalid(f"Too many tags. A resource can have at most {MAX_TAGS} tags.")
    for key in keys:
        if not key:
            raise invalid("Tag keys cannot be null or empty.")
        if keys.count(key) > 1:
            raise invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
        if key.lower().startswith("aws:"):
            raise invalid("Tag keys and values that start with 'aws:' are reserved for AWS use.")
    return [{"key": tag["key"], "value": tag.get("value") or ""} for tag in tags or []]


def merged(*lists):
    """Merged tags; the first list with a key wins."""
    found = {}
    for tag in (tag for tags in lists for tag in tags):
        found.setdefault(tag["key"], tag["value"])
    return [{"key": key, "value": value} for key, value in found.items()]


def operation(name, answer):
    """Answers an operation with answer(backend, params), after bringing the account's tasks and services up to date."""

    def respond(self):
        with lock:
            backend = self.ecs_backend
            clock_of(backend).advance()
            return ActionResult(answer(backend, json.loads(self.body or "{}")))

    setattr(EC2ContainerServiceResponse, name, respond)


def shown(**fields):
    """The fields of an answer that are not None."""
    return {name: value for name, value in fields.items() if value is not None}
