"""DB subnet groups: they need RDS's service-linked role; validation of subnets, changes, and deletion, which is refused
for a group in use.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSubnetGroup.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBSubnetGroup.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBSubnetGroup.html
"""

from moto.core.responses import ActionResult
from moto.ec2.exceptions import InvalidSubnetIdError
from moto.ec2.models import ec2_backends
from moto.rds.exceptions import InvalidParameterValue, RDSClientError
from moto.rds.models import DBSubnetGroup, RDSBackend
from moto.rds.responses import RDSResponse

from aws_local.iam import service_linked_roles

DEFAULT = "default"
ROLE = "AWSServiceRoleForRDS"


def _subnets(backend, ids):
    ec2 = ec2_backends[backend.account_id][backend.region_name]
    found = []
    for one in ids:
        try:
            found.append(ec2.get_subnet(one))
        except InvalidSubnetIdError:
            raise RDSClientError("InvalidSubnet", f"The requested subnet {one} is invalid.") from None
    if len({one.vpc_id for one in found}) > 1:
        raise RDSClientError("InvalidSubnet", "The requested subnets are not all in a common VPC.")
    zones = sorted({one.availability_zone for one in found})
    if len(zones) < 2:
        raise RDSClientError(
            "DBSubnetGroupDoesNotCoverEnoughAZs",
            "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: "
            f"{', '.join(zones)}. Add subnets to cover at least 2 AZs.",
        )
    return found


def users(backend, group):
    """The instances in a subnet group, and those with a pending change to it."""
    return [
        one.db_instance_identifier
        for one in backend.databases.values()
        if group.name in ((one._db_subnet_group_name or "").lower(), one.pending.get("DBSubnetGroupName"))
    ]


def default_group(backend):
    """The default group: the subnets of the default VPC."""
    if DEFAULT not in backend.subnet_groups:
        ec2 = ec2_backends[backend.account_id][backend.region_name]
        vpc = next((one for one in ec2.vpcs.values() if one.is_default), None)
        subnets = [one for by_id in ec2.subnets.values() for one in by_id.values() if vpc and one.vpc_id == vpc.id]
        if not subnets:
            raise RDSClientError("InvalidSubnet", "No default subnet detected in VPC.")
        backend.subnet_groups[DEFAULT] = DBSubnetGroup(backend, DEFAULT, DEFAULT, subnets, [])
    return backend.subnet_groups[DEFAULT]


def create_db_subnet_group(self):
    name, description = self.params.get("DBSubnetGroupName"), self.params.get("DBSubnetGroupDescription")
    if not name or name.lower() == DEFAULT:
        raise InvalidParameterValue("The parameter DBSubnetGroupName is not a valid identifier.")
    if not description:
        raise InvalidParameterValue("The parameter DBSubnetGroupDescription must be provided and must not be blank.")
    if not service_linked_roles.exists(self.backend.account_id, self.backend.partition, ROLE):
        # https://github.com/terraform-aws-modules/terraform-aws-rds/issues/364
        raise InvalidParameterValue(
            "Missing necessary credentials. Please check "
            "http://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAM.ServiceLinkedRoles.html"
        )
    if name in self.backend.subnet_groups:
        raise RDSClientError("DBSubnetGroupAlreadyExists", f"The DB subnet group '{name}' already exists.")
    subnets = _subnets(self.backend, self.params.get("SubnetIds", []))
    group = self.backend.create_subnet_group(name, description, subnets, self.params.get("Tags", []))
    return ActionResult({"DBSubnetGroup": group})


def modify_db_subnet_group(self):
    group = self.backend.describe_db_subnet_groups(self.params.get("DBSubnetGroupName"))[0]
    subnets = _subnets(self.backend, self.params.get("SubnetIds", []))
    if subnets[0].vpc_id != group.vpc_id:
        raise RDSClientError("InvalidSubnet", "The requested subnets are not in the VPC of the DB subnet group.")
    left = {one.availability_zone for one in subnets}
    inside = [one for one in self.backend.databases.values() if getattr(one, "db_subnet_group", None) is group]
    used = {one.availability_zone for one in inside}
    if used - left:
        raise RDSClientError(
            "SubnetAlreadyInUse", f"The subnets in {', '.join(sorted(used - left))} are used by a DB instance."
        )
    group._subnets = subnets
    if self.params.get("DBSubnetGroupDescription") is not None:
        group.description = self.params["DBSubnetGroupDescription"]
    return ActionResult({"DBSubnetGroup": group})


def _described(plain):
    def subnets(group):
        # None of them is on an Outpost.
        return [{**one, "SubnetOutpost": {}} for one in plain.fget(group)]

    return property(subnets, plain.fset)


def install():
    DBSubnetGroup.subnets = _described(DBSubnetGroup.subnets)
    delete = RDSBackend.delete_subnet_group

    def delete_subnet_group(self, subnet_name):
        group = self.subnet_groups.get(subnet_name)
        using = users(self, group) if group else []
        if using:
            raise RDSClientError(
                "InvalidDBSubnetGroupStateFault",
                f"Cannot delete the subnet group '{group.name}' because at least one database instance: "
                f"{using[0]} is still using it.",
            )
        return delete(self, subnet_name)

    DBSubnetGroup.supported_network_types = ["IPV4"]
    RDSBackend.delete_subnet_group = delete_subnet_group
    RDSResponse.create_db_subnet_group = create_db_subnet_group
    RDSResponse.modify_db_subnet_group = modify_db_subnet_group
