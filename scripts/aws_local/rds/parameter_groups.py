"""DB parameter groups: the parameters of the family, their allowed values and when changes take effect, resets, and
whether each instance is in sync with its group.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBParameters.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBParameterGroup.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ResetDBParameterGroup.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBParameterGroupStatus.html
"""

from moto.core.responses import ActionResult
from moto.rds.exceptions import InvalidParameterCombination, InvalidParameterValue, RDSClientError
from moto.rds.models import DBInstance, DBParameterGroup
from moto.rds.responses import RDSResponse

from aws_local.pages import paged
from aws_local.rds import parameter_list

MOST_AT_ONCE = 20
DEFAULT = "default."


class DBParameterGroupNotFound(RDSClientError):
    def __init__(self, name):
        super().__init__("DBParameterGroupNotFound", f"DBParameterGroup not found: {name}")


def find(backend, name):
    """A parameter group. The default group of a family always exists."""
    if name in backend.db_parameter_groups:
        return backend.db_parameter_groups[name]
    family = (name or "").removeprefix(DEFAULT)
    if (name or "").startswith(DEFAULT) and parameter_list.of_family(family):
        group = DBParameterGroup(
            backend=backend,
            db_parameter_group_name=name,
            db_parameter_group_family=family,
            description=f"Default parameter group for {family}",
        )
        backend.db_parameter_groups[name] = group
        return group
    raise DBParameterGroupNotFound(name)


def changeable(backend, name):
    group = find(backend, name)
    if group.name.startswith(DEFAULT):
        raise InvalidParameterValue(f"Default DBParameterGroup cannot be modified: {group.name}")
    return group


def of_instance(database):
    """The name of the parameter group of an instance."""
    return database.db_parameter_groups()[0].name


def members(backend, group):
    return [one for one in backend.databases.values() if of_instance(one) == group.name]


def check_fits(group, family):
    if group.family != family:
        raise InvalidParameterCombination(
            f"The parameter group {group.name} with DBParameterGroupFamily {group.family} can't be used for this "
            f"instance. Please use a parameter group with DBParameterGroupFamily {family}"
        )


def _values(group):
    """The current values of all parameters of a group."""
    known = parameter_list.of_family(group.family)
    if known is None:
        return list(group.parameters.values())
    found = []
    for name, parameter in known.items():
        own = group.parameters.get(name)
        if own and own["ParameterValue"] != parameter.get("ParameterValue"):
            found.append({**parameter, **own, "Source": "user"})
        else:
            # A parameter that is set to its default keeps its Source.
            # https://github.com/hashicorp/terraform-provider-aws/issues/593
            found.append(parameter)
    return found


def _method(parameter, requested):
    if requested not in ("immediate", "pending-reboot"):
        raise InvalidParameterValue(f"Invalid apply method: {requested}")
    if requested == "immediate" and parameter and parameter["ApplyType"] == "static":
        raise InvalidParameterCombination("cannot use immediate apply method for static parameter")
    return requested


def _known(group, name):
    known = parameter_list.of_family(group.family)
    if known is None:
        return None
    if name not in known:
        raise InvalidParameterValue(f"Could not find parameter with name: {name}")
    if not known[name]["IsModifiable"]:
        raise InvalidParameterValue(f"The parameter {name} cannot be modified.")
    return known[name]


def _checked(group, changes):
    if len(changes) > MOST_AT_ONCE:
        raise InvalidParameterValue(f"A maximum of {MOST_AT_ONCE} parameters can be modified in a single request.")
    for change in changes:
        parameter = _known(group, change.get("ParameterName"))
        _method(parameter, change.get("ApplyMethod"))
        value = change.get("ParameterValue")
        if value is None:
            raise InvalidParameterValue("The parameter ParameterValue must be provided and must not be blank.")
        if parameter and not parameter_list.allows(parameter, value):
            raise InvalidParameterValue(
                f"Invalid parameter value: {value} for: {change['ParameterName']} allowed values are: "
                f"{parameter.get('AllowedValues', '')}"
            )


def _wait_for_reboot(backend, group):
    for database in members(backend, group):
        database.parameter_apply_status = "pending-reboot"


def create_db_parameter_group(plain):
    def create(self):
        family, name = self.params.get("DBParameterGroupFamily") or "", self.params["DBParameterGroupName"]
        if family.startswith("postgres") and parameter_list.of_family(family) is None:
            raise InvalidParameterValue(f"ParameterGroupFamily {family} is not a valid parameter group family")
        valid = name[:1].isalpha() and name.replace("-", "").isalnum() and "--" not in name and name[-1] != "-"
        if not valid or len(name) > 255:
            raise InvalidParameterValue(
                "The parameter DBParameterGroupName is not a valid identifier. Identifiers must begin with a letter; "
                "must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two "
                "consecutive hyphens."
            )
        return plain(self)

    return create


def describe_db_parameter_groups(self):
    name = self.params.get("DBParameterGroupName")
    found = [find(self.backend, name)] if name else list(self.backend.db_parameter_groups.values())
    return paged(self.params, "DBParameterGroups", found)


def describe_db_parameters(self):
    group, source = find(self.backend, self.params.get("DBParameterGroupName")), self.params.get("Source")
    found = [one for one in _values(group) if not source or one.get("Source") == source]
    return paged(self.params, "Parameters", found)


def modify_db_parameter_group(self):
    group = changeable(self.backend, self.params.get("DBParameterGroupName"))
    changes = [one.original_dict() for one in self.params.get("Parameters", [])]
    _checked(group, changes)
    for change in changes:
        before = group.parameters.get(change["ParameterName"], {}).get("ParameterValue")
        group.update_parameters([change])
        if change["ApplyMethod"] == "pending-reboot" and before != change["ParameterValue"]:
            _wait_for_reboot(self.backend, group)
    return ActionResult({"DBParameterGroupName": group.name})


def reset_db_parameter_group(self):
    group = changeable(self.backend, self.params.get("DBParameterGroupName"))
    listed = self.params.get("Parameters") or []
    if listed and self.params.get("ResetAllParameters"):
        raise InvalidParameterCombination("ResetAllParameters and Parameters cannot be used in the same request.")
    if not listed and self.params.get("ResetAllParameters") is False:
        raise InvalidParameterCombination("Parameters are required when ResetAllParameters is not set.")
    names = {}
    for one in listed:
        names[one["ParameterName"]] = _method(_known(group, one["ParameterName"]), one.get("ApplyMethod"))
    if not listed:
        known = parameter_list.of_family(group.family) or {}
        for name in group.parameters:
            static = known.get(name, {}).get("ApplyType") == "static"
            names[name] = "pending-reboot" if static else "immediate"
    for name, method in names.items():
        if group.parameters.pop(name, None) and method == "pending-reboot":
            _wait_for_reboot(self.backend, group)
    return ActionResult({"DBParameterGroupName": group.name})


def delete_db_parameter_group(self):
    group = find(self.backend, self.params["DBParameterGroupName"])
    if group.name.startswith(DEFAULT):
        raise InvalidParameterValue(f"Default DBParameterGroup cannot be deleted: {group.name}")
    waiting = [one for one in self.backend.databases.values() if one.pending_parameter_group == group.name]
    if members(self.backend, group) or waiting:
        raise RDSClientError(
            "InvalidDBParameterGroupState",
            "One or more database instances are still members of this parameter group "
            f"{group.name}, so the group cannot be deleted",
        )
    self.backend.delete_db_parameter_group(group.name)
    return ActionResult({})


def _status(database):
    return [{"DBParameterGroupName": of_instance(database), "ParameterApplyStatus": database.parameter_apply_status}]


def install():
    DBInstance.parameter_apply_status = "in-sync"
    DBInstance.pending_parameter_group = None
    DBInstance.db_parameter_group_status_list = property(_status)
    RDSResponse.create_db_parameter_group = create_db_parameter_group(RDSResponse.create_db_parameter_group)
    RDSResponse.describe_db_parameter_groups = describe_db_parameter_groups
    RDSResponse.describe_db_parameters = describe_db_parameters
    RDSResponse.modify_db_parameter_group = modify_db_parameter_group
    RDSResponse.reset_db_parameter_group = reset_db_parameter_group
    RDSResponse.delete_db_parameter_group = delete_db_parameter_group
