"""The network interfaces of DB instances and cache nodes. They use the security groups and subnets, so that EC2 shows
them as in use and does not delete them.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/VPCs.EC.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html
"""

import threading

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import ec2_backends
from moto.ec2.models.elastic_network_interfaces import NetworkInterface, NetworkInterfaceBackend
from moto.elasticache.models import ElastiCacheBackend
from moto.elasticache.responses import ElastiCacheResponse
from moto.rds.models import RDSBackend
from moto.rds.responses import RDSResponse

from aws_local.elasticache import replication_groups, subnet_groups

_lock = threading.Lock()


class DataInterface(NetworkInterface):
    """Created by RDS or ElastiCache, which alone may delete it."""


def _in_zone(subnets, zone):
    return next((one for one in subnets if one.availability_zone == zone), subnets[0])


def _of_databases(backend):
    """Pairs of the instance and zone that an interface belongs to, and its description, subnet and security groups."""
    for database in backend.databases.values():
        group = getattr(database, "db_subnet_group", None)
        if group is None or database.db_cluster_identifier is not None:
            continue
        zones = [database.availability_zone, database.secondary_availability_zone]
        for zone in filter(None, zones):
            yield (
                (database.dbi_resource_id, zone),
                ("RDSNetworkInterface", _in_zone(group._subnets, zone), database.vpc_security_group_ids),
            )


def _of_nodes(backend):
    for group in replication_groups.groups(backend):
        subnets = subnet_groups.find(backend, group.cache_subnet_group_name).own_subnets
        for member in group.members:
            yield (
                member.arn,
                (f"ElastiCache {member.name}", _in_zone(subnets, member.zone), group.security_group_ids),
            )


def update(backend, owner, wanted):
    """Creates, deletes and changes the owner's interfaces as desired."""
    if not wanted and not backend.has_interfaces:
        return
    backend.has_interfaces = bool(wanted)
    ec2 = ec2_backends[backend.account_id][backend.region_name]
    with _lock:
        existing = {one.of: one for one in ec2.enis.values() if isinstance(one, DataInterface) and one.owner == owner}
        for of, interface in existing.items():
            if of not in wanted or wanted[of][1].id != interface.subnet.id:
                del ec2.enis[interface.id]
        for of, (description, subnet, groups) in wanted.items():
            interface = existing.get(of)
            if interface is None or interface.id not in ec2.enis:
                interface = DataInterface(ec2, subnet, None, description=description)
                interface.of, interface.owner, interface.status = of, owner, "in-use"
                interface.requester_managed, interface.requester_id = True, owner
                ec2.enis[interface.id] = interface
            interface._group_set = [one for one in map(ec2.get_security_group_from_id, groups) if one]


def _after(response_class, backend_of, owner, found):
    plain = response_class.call_action

    def call_action(self):
        try:
            return plain(self)
        finally:
            # These reads change nothing. Others may: DescribeReplicationGroups, for one, completes a deletion.
            if not (self._get_action() or "List").startswith(("List", "DescribeDB")):
                backend = backend_of(self)
                update(backend, owner, dict(found(backend)))

    response_class.call_action = call_action


def install():
    delete = NetworkInterfaceBackend.delete_network_interface

    def delete_network_interface(self, eni_id):
        if isinstance(self.enis.get(eni_id), DataInterface):
            message = f"Network interface '{eni_id}' is currently in use."
            raise EC2ClientError("InvalidNetworkInterface.InUse", message)
        return delete(self, eni_id)

    NetworkInterfaceBackend.delete_network_interface = delete_network_interface
    RDSBackend.has_interfaces = ElastiCacheBackend.has_interfaces = False
    _after(RDSResponse, lambda response: response.backend, "amazon-rds", _of_databases)
    _after(ElastiCacheResponse, lambda response: response.elasticache_backend, "amazon-elasticache", _of_nodes)
