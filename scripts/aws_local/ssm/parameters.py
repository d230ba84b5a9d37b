"""Parameters: validation of names, values, tiers and keys; the tier of each; and how parameters are described.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeParameters.html
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
"""

import re

from moto.core.responses import ActionResult
from moto.kms.models import kms_backends
from moto.ssm.exceptions import ParameterVersionNotFound, SSMException, ValidationException
from moto.ssm.models import SimpleSystemManagerBackend
from moto.ssm.responses import SimpleSystemManagerResponse
from moto.ssm.utils import parameter_arn

STANDARD, ADVANCED, INTELLIGENT = "Standard", "Advanced", "Intelligent-Tiering"
# Bytes.
LARGEST = {STANDARD: 4096, ADVANCED: 8192, INTELLIGENT: 8192}
MAX_LEVELS = 15
MAX_NAME = 1011
MAX_TAGS = 50
MAX_PAGE = 50
NAME = re.compile(r"[a-zA-Z0-9_./-]+")


def refused(code, message):
    return SSMException(code, message)


def _check_name(backend, name):
    if not NAME.fullmatch(name) or "//" in name or name.endswith("/"):
        raise ValidationException(
            'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of '
            "sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the "
            "following 3 symbols .-_"
        )
    if "/" in name and not name.startswith("/"):
        raise ValidationException("Parameter name must be a fully qualified name.")
    if name.count("/") > MAX_LEVELS:
        message = (
            f"Parameter name is exceeding the maximum number of hierarchy levels ({MAX_LEVELS}). Specify a name with "
            "fewer levels."
        )
        raise refused("HierarchyLevelLimitExceededException", message)
    if len(parameter_arn(backend.account_id, backend.region_name, name)) > MAX_NAME:
        raise ValidationException(f"Parameter name must have at most {MAX_NAME} characters, its ARN included.")


def _check_value(value, pattern):
    if "{{" in value:
        raise ValidationException('Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.')
    if pattern and not re.fullmatch(pattern, value):
        message = f"Parameter value, cannot be validated against allowedPattern: {pattern}"
        raise refused("ParameterPatternMismatchException", message)


def _check_key(backend, kind, key):
    if not key:
        return
    if kind != "SecureString":
        raise ValidationException("KeyId is required for SecureString type parameter only.")
    kms = kms_backends[backend.account_id][backend.region_name]
    alias = kms.get_alias_name(key)
    if alias == "alias/aws/ssm":
        return
    key_id = kms.get_key_id_from_alias(alias) if alias.startswith("alias/") else kms.get_key_id(key)
    if key_id not in kms.keys:
        raise refused("InvalidKeyId", f"Invalid keyId {key}")


def _check_tags(tags, existing=()):
    keys = [tag["Key"] for tag in tags]
    if any(key.lower().startswith("aws:") for key in keys):
        raise ValidationException("Tag keys can't be prefixed with aws:")
    if len(set(keys) | set(existing)) > MAX_TAGS:
        message = f"The request exceeded the limit of {MAX_TAGS} tags for the resource."
        raise refused("TooManyTagsError", message)


def _tier(requested, before, value):
    """The parameter's tier: the requested one, by default a standard one, or the one that AWS chooses for its size."""
    size = len(value.encode())
    had = before.tier if before else None
    wanted = requested or STANDARD
    if wanted == STANDARD and had == ADVANCED:
        raise ValidationException(
            "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the "
            "advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced "
            "parameter and recreate it as a standard parameter."
        )
    if size > LARGEST[wanted]:
        text = f"{wanted} tier parameters support a maximum parameter value of {LARGEST[wanted]} characters."
        if wanted == STANDARD:
            text += " To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier."
        raise ValidationException(f"{text} For more information, see the Systems Manager documentation.")
    if wanted == INTELLIGENT:
        return ADVANCED if had == ADVANCED or size > LARGEST[STANDARD] else STANDARD
    return wanted


def describe_parameters(self):
    size = int(self._get_param("MaxResults") or 10)
    if not 1 <= size <= MAX_PAGE:
        raise ValidationException(
            f"1 validation error detected: Value '{size}' at 'maxResults' failed to satisfy constraint: Member must "
            f"have value less than or equal to {MAX_PAGE}"
        )
    backend = self.ssm_backend
    found = backend.describe_parameters(self._get_param("Filters"), self._get_param("ParameterFilters"))
    start = int((self._get_param("NextToken") or "0").strip())
    shown = []
    for parameter in found[start : start + size]:
        described = parameter.describe_response_object(False)
        described["ARN"] = parameter_arn(backend.account_id, backend.region_name, parameter.name)
        described["LastModifiedUser"] = f"arn:{backend.partition}:iam::{backend.account_id}:root"
        shown.append(described)
    token = str(start + size) if start + size < len(found) else None
    return ActionResult({"Parameters": shown, "NextToken": token})


def _selector(name):
    """The version or label at the end of a name."""
    last = name.split(":parameter/")[-1]
    return f":{last.split(':', 1)[1]}" if ":" in last else None


def install():
    backend, response = SimpleSystemManagerBackend, SimpleSystemManagerResponse
    put, get, tag = backend.put_parameter, backend.get_parameter, backend.add_tags_to_resource
    answer, answers = response.get_parameter, response.get_parameters

    def put_parameter(self, name, description, value, kind, pattern, key, overwrite, tags, data_type, tier, policies):
        before = self._parameters[name][-1] if name and name in self._parameters else None
        if value and not name.lower().lstrip("/").startswith(("aws", "ssm")):
            _check_name(self, name)
            _check_value(value, pattern or (before.allowed_pattern if before else None))
            _check_key(self, kind or (before.parameter_type if before else None), key)
            _check_tags(tags or [])
            if before is None or overwrite:
                tier = _tier(tier, before, value)
        return put(
            self, name, description, value, kind, pattern, key, overwrite, tags, data_type, tier=tier, policies=policies
        )

    def get_parameter(self, name):
        found = get(self, name)
        plain = self._strip_parameter_arn(name).split(":")
        if found is None and len(plain) == 2 and plain[0] in self._parameters:
            raise ParameterVersionNotFound(
                f"Systems Manager could not find label {plain[1]} of {plain[0]}. Verify the label and try again."
            )
        return found

    def add_tags_to_resource(self, resource_type, resource_id, tags):
        existing = self.list_tags_for_resource(resource_type, resource_id)
        _check_tags([{"Key": key} for key in tags], existing)
        return tag(self, resource_type, resource_id, tags)

    def get_one(self):
        result = answer(self)
        selector = _selector(self._get_param("Name"))
        if selector:
            result.result["Parameter"]["Selector"] = selector
        return result

    def get_some(self):
        names = self._get_param("Names")
        if len(set(names)) < len(names):
            raise ValidationException("Duplicate parameter names are not allowed in one request.")
        result = answers(self)
        result.result["Parameters"].sort(key=lambda one: one["Name"])
        return result

    backend.put_parameter = put_parameter
    backend.get_parameter = get_parameter
    backend.add_tags_to_resource = add_tags_to_resource
    response.get_parameter = get_one
    response.get_parameters = get_some
    response.describe_parameters = describe_parameters
