"""What all operations of Application Auto Scaling share: the scalable target of a call, errors, and pages.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
https://docs.aws.amazon.com/autoscaling/application/APIReference/CommonErrors.html
https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalableTargets.html
"""

import json
from typing import NamedTuple

from moto.applicationautoscaling.models import _target_params_are_valid
from moto.core.exceptions import JsonRESTError


def refused(code, message):
    return JsonRESTError(code, message)


def invalid(message):
    return refused("ValidationException", message)


class Subject(NamedTuple):
    """What is scaled: namespace, resource and dimension."""

    namespace: str
    resource: str
    dimension: str

    def __str__(self):
        return (
            f"service namespace: {self.namespace}, resource ID: {self.resource}, scalable dimension: {self.dimension}"
        )


def subject(response):
    response._validate_params()
    found = Subject(*(response._get_param(name) for name in ("ServiceNamespace", "ResourceId", "ScalableDimension")))
    _target_params_are_valid(*found)
    return found


def found_target(response):
    """The scalable target of the call, which must be registered."""
    about = subject(response)
    target = response.applicationautoscaling_backend.targets.get(about.dimension, {}).get(about.resource)
    if target is None:
        raise refused("ObjectNotFoundException", f"No scalable target registered for {about}")
    return target, about


def selected(response, items):
    """The items of the namespace, and of the resource and dimension if given."""
    response._validate_params()
    namespace = response._get_param("ServiceNamespace")
    resource, dimension = response._get_param("ResourceId"), response._get_param("ScalableDimension")
    if dimension and not resource:
        raise invalid("You must specify a resource ID when a scalable dimension is specified")
    return [
        one
        for one in items
        if one.service_namespace == namespace
        and resource in (None, one.resource_id)
        and dimension in (None, one.scalable_dimension)
    ]


def answer(response, name, items, describe, largest=50):
    """One page of the items, each as `describe` returns it."""
    size = response._get_int_param("MaxResults", largest)
    if not 1 <= size <= largest:
        raise invalid(
            f"1 validation error detected: Value '{size}' at 'maxResults' failed to satisfy constraint: Member must "
            f"have value between 1 and {largest}"
        )
    token = response._get_param("NextToken")
    if token and not token.isdigit():
        raise refused("InvalidNextTokenException", "The next token is invalid")
    start = int(token or 0)
    page = {name: [describe(one) for one in items[start : start + size]]}
    if start + size < len(items):
        page["NextToken"] = str(start + size)
    return json.dumps(page)


def given(**values):
    """The fields that have a value."""
    return {name: value for name, value in values.items() if value is not None}
