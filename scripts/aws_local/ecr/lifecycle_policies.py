"""Lifecycle policies: the rules are checked as a whole, written as AWS writes them, ordered by priority.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutLifecyclePolicy.html
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetLifecyclePolicy.html
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteLifecyclePolicy.html
"""

import datetime
import json

from moto.ecr.exceptions import InvalidParameterException, LifecyclePolicyNotFoundException
from moto.ecr.models import ECRBackend

# The first evaluation is within a day; until then AWS returns this.
NEVER = datetime.datetime.fromtimestamp(0, datetime.timezone.utc)
RULE = ["rulePriority", "description", "selection", "action"]
SELECTION = ["tagStatus", "tagPatternList", "tagPrefixList", "countType", "countUnit", "countNumber"]


def _invalid(reason):
    return InvalidParameterException(
        "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: "
        f"'Lifecycle policy validation failure: {reason}'"
    )


def _check(rules):
    """Checks the rules together; moto checks each on its own."""
    priorities = [rule["rulePriority"] for rule in rules]
    if len(set(priorities)) < len(priorities):
        raise _invalid("Rule priorities must be unique.")
    for rule in rules:
        selection = rule["selection"]
        lists = [name for name in ("tagPrefixList", "tagPatternList") if selection.get(name)]
        if selection["tagStatus"] == "tagged" and len(lists) != 1:
            raise _invalid("tagStatus 'tagged' requires a tagPrefixList or a tagPatternList.")
        if selection["tagStatus"] != "tagged" and lists:
            raise _invalid(f"{lists[0]} is allowed with tagStatus 'tagged' only.")
        if (selection["countType"] == "sinceImagePushed") != ("countUnit" in selection):
            raise _invalid("countUnit is required with countType 'sinceImagePushed', and allowed with it only.")
        if selection["tagStatus"] == "any" and rule["rulePriority"] != max(priorities):
            raise _invalid("A rule with tagStatus 'any' must have the highest value for rulePriority.")


def _ordered(value, names):
    return {name: value[name] for name in names if name in value}


def _spelled(rules):
    rules = sorted(rules, key=lambda rule: rule["rulePriority"])
    rules = [{**_ordered(rule, RULE), "selection": _ordered(rule["selection"], SELECTION)} for rule in rules]
    return json.dumps({"rules": [_ordered(rule, RULE) for rule in rules]}, separators=(",", ":"))


def _found(backend, registry_id, repository_name):
    repository = backend._get_repository(repository_name, registry_id)
    if not repository.lifecycle_policy:
        raise LifecyclePolicyNotFoundException(repository_name, repository.registry_id)
    return repository


def _answer(repository, text, **more):
    where = {"registryId": repository.registry_id, "repositoryName": repository.name}
    return {**where, "lifecyclePolicyText": text, **more}


def _get(self, registry_id, repository_name):
    repository = _found(self, registry_id, repository_name)
    return _answer(repository, repository.lifecycle_policy, lastEvaluatedAt=NEVER)


def _delete(self, registry_id, repository_name):
    repository = _found(self, registry_id, repository_name)
    text, repository.lifecycle_policy = repository.lifecycle_policy, None
    return _answer(repository, text, lastEvaluatedAt=NEVER)


def install():
    plain = ECRBackend.put_lifecycle_policy

    def put_lifecycle_policy(self, registry_id, repository_name, lifecycle_policy_text):
        repository = self._get_repository(repository_name, registry_id)
        before = repository.lifecycle_policy
        plain(self, registry_id, repository_name, lifecycle_policy_text)
        repository.lifecycle_policy = before
        rules = json.loads(lifecycle_policy_text)["rules"]
        _check(rules)
        repository.lifecycle_policy = _spelled(rules)
        return _answer(repository, repository.lifecycle_policy)

    ECRBackend.put_lifecycle_policy = put_lifecycle_policy
    ECRBackend.get_lifecycle_policy = _get
    ECRBackend.delete_lifecycle_policy = _delete
