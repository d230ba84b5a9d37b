"""Tags of scalable targets.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TagResource.html
https://docs.aws.amazon.com/autoscaling/application/APIReference/API_UntagResource.html
https://docs.aws.amazon.com/autoscaling/application/APIReference/API_ListTagsForResource.html
"""

import json

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse

from aws_local.application_autoscaling.requests import invalid, refused

MAX_TAGS = 50


def check(tags, existing=()):
    for key, value in tags.items():
        if not key.strip():
            raise invalid("Tag keys cannot be empty or blank")
        if key.lower().startswith("aws:"):
            raise invalid("Tag keys cannot begin with aws:")
        if not value.strip():
            raise invalid("Tag values cannot be empty or blank")
    if len(set(tags) | set(existing)) > MAX_TAGS:
        raise refused("TooManyTagsException", f"A resource has at most {MAX_TAGS} tags")


def _tags(response):
    """The target's tags; changes to the dict change the target."""
    arn = response._get_param("ResourceARN")
    for those in response.applicationautoscaling_backend.targets.values():
        for target in those.values():
            if target.arn == arn:
                return target.tags
    raise refused("ResourceNotFoundException", f"The resource {arn} does not exist")


def tag_resource(self):
    tags, given = _tags(self), self._get_param("Tags")
    check(given, tags)
    tags.update(given)
    return "{}"


def untag_resource(self):
    tags = _tags(self)
    for key in self._get_param("TagKeys"):
        tags.pop(key, None)
    return "{}"


def list_tags_for_resource(self):
    return json.dumps({"Tags": _tags(self)})


def install():
    ApplicationAutoScalingResponse.tag_resource = tag_resource
    ApplicationAutoScalingResponse.untag_resource = untag_resource
    ApplicationAutoScalingResponse.list_tags_for_resource = list_tags_for_resource
