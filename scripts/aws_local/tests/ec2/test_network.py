"""The additions to EC2."""

from aws_local.tests.case import Case, client


def tcp(port, **peer):
    return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **peer}]


class Requests(Case):
    def test_a_dry_run_changes_nothing(self):
        with self.refused("DryRunOperation"):
            self.ec2.create_vpc(CidrBlock="10.0.0.0/16", DryRun=True)
        self.assertEqual([vpc for vpc in self.ec2.describe_vpcs()["Vpcs"] if not vpc["IsDefault"]], [])

    def test_a_token_makes_a_create_idempotent(self):
        vpc, _, _ = self.network()
        first = self.ec2.create_route_table(VpcId=vpc, ClientToken="t")["RouteTable"]["RouteTableId"]
        again = self.ec2.create_route_table(VpcId=vpc, ClientToken="t")["RouteTable"]["RouteTableId"]
        other = self.ec2.create_route_table(VpcId=vpc, ClientToken="u")["RouteTable"]["RouteTableId"]
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)
        elsewhere, _, _ = self.network()
        with self.refused("IdempotentParameterMismatch"):
            self.ec2.create_route_table(VpcId=elsewhere, ClientToken="t")


class States(Case):
    def test_a_vpc_and_a_subnet_are_pending_at_first(self):
        vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]
        subnet = self.ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="10.0.0.0/24")["Subnet"]
        self.assertEqual((vpc["State"], subnet["State"]), ("pending", "pending"))
        for state in ("pending", "available"):
            vpcs = self.ec2.describe_vpcs(VpcIds=[vpc["VpcId"]])["Vpcs"]
            subnets = self.ec2.describe_subnets(SubnetIds=[subnet["SubnetId"]])["Subnets"]
            self.assertEqual((vpcs[0]["State"], subnets[0]["State"]), (state, state))

    def test_an_internet_gateway_is_attached_and_detached_in_two_steps(self):
        vpc, _, _ = self.network()
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]

        def attachments():
            found = self.ec2.describe_internet_gateways(InternetGatewayIds=[gateway])["InternetGateways"]
            return [one["State"] for one in found[0]["Attachments"]]

        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        self.assertEqual([attachments(), attachments()], [["attaching"], ["available"]])
        self.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        self.assertEqual([attachments(), attachments()], [["detaching"], []])
        with self.refused("Gateway.NotAttached"):
            self.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)

    def test_a_route_table_is_associated_and_disassociated_in_two_steps(self):
        _, subnet, table = self.network()

        def associations():
            found = self.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
            return [one["AssociationState"]["State"] for one in found[0]["Associations"]]

        association = self.ec2.associate_route_table(SubnetId=subnet, RouteTableId=table)["AssociationId"]
        self.assertEqual([associations(), associations()], [["associating"], ["associated"]])
        self.ec2.disassociate_route_table(AssociationId=association)
        self.assertEqual([associations(), associations()], [["disassociating"], []])


class Filters(Case):
    def test_a_filter_matches_any_of_several_values(self):
        vpc, subnet, table = self.network()
        other = self.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
        for one in (subnet, other):
            self.ec2.associate_route_table(SubnetId=one, RouteTableId=table)
        for values in ([subnet], [subnet, "subnet-0"], [subnet, other]):
            filters = [{"Name": "association.subnet-id", "Values": values}]
            found = self.ec2.describe_route_tables(Filters=filters)["RouteTables"]
            self.assertEqual([one["RouteTableId"] for one in found], [table], values)
        filters = [{"Name": "association.subnet-id", "Values": ["subnet-0"]}]
        self.assertEqual(self.ec2.describe_route_tables(Filters=filters)["RouteTables"], [])


class Rules(Case):
    def test_descriptions_between_groups_are_kept_and_changed_by_rule(self):
        vpc, _, _ = self.network()
        one, other = self.group(vpc, "one"), self.group(vpc, "other")
        pair = [{"GroupId": other, "Description": "first"}]
        created = self.ec2.authorize_security_group_ingress(GroupId=one, IpPermissions=tcp(80, UserIdGroupPairs=pair))[
            "SecurityGroupRules"
        ][0]
        filters = [{"Name": "group-id", "Values": [one]}]

        def description():
            rules = self.ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
            return [rule.get("Description") for rule in rules if not rule["IsEgress"]]

        self.assertEqual(description(), ["first"])
        described = [{"SecurityGroupRuleId": created["SecurityGroupRuleId"], "Description": "second"}]
        self.ec2.update_security_group_rule_descriptions_ingress(GroupId=one, SecurityGroupRuleDescriptions=described)
        self.assertEqual(description(), ["second"])
        pair[0]["Description"] = "third"
        with self.refused("InvalidPermission.Duplicate"):
            self.ec2.authorize_security_group_ingress(GroupId=one, IpPermissions=tcp(80, UserIdGroupPairs=pair))


class EndpointServices(Case):
    def test_services_are_found_by_name_and_some_of_china_have_other_names(self):
        def names(region, *values):
            filters = [{"Name": "service-name", "Values": list(values)}]
            return client("ec2", region).describe_vpc_endpoint_services(Filters=filters)["ServiceNames"]

        self.assertEqual(names("us-east-1", "com.amazonaws.us-east-1.logs", "no"), ["com.amazonaws.us-east-1.logs"])
        other = "cn.com.amazonaws.cn-north-1.ecr.api"
        self.assertEqual(names("cn-north-1", "com.amazonaws.cn-north-1.ecr.api", other), [other])
        vpc, _, _ = self.network()
        with self.refused("InvalidServiceName"):
            self.ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-east-1.nothing")


class Endpoints(Case):
    def test_an_interface_endpoint_has_interfaces_in_its_groups(self):
        vpc, subnet, _ = self.network()
        group = self.group(vpc, "endpoints")
        created = self.ec2.create_vpc_endpoint(
            VpcId=vpc,
            ServiceName="com.amazonaws.us-east-1.logs",
            VpcEndpointType="Interface",
            SubnetIds=[subnet],
            SecurityGroupIds=[group],
            PrivateDnsEnabled=True,
        )["VpcEndpoint"]
        filters = [{"Name": "group-id", "Values": [group]}]
        interfaces = self.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
        self.assertEqual([one["SubnetId"] for one in interfaces], [subnet])
        with self.refused("DependencyViolation"):
            self.ec2.delete_security_group(GroupId=group)

        filters = [{"Name": "vpc-endpoint-id", "Values": [created["VpcEndpointId"]]}]

        def found():
            return self.ec2.describe_vpc_endpoints(Filters=filters)["VpcEndpoints"]

        def change():
            self.ec2.modify_vpc_endpoint(VpcEndpointId=created["VpcEndpointId"], PrivateDnsEnabled=False)

        with self.refused("OperationInProgress"):
            change()
        self.assertEqual([found()[0]["State"] for _ in range(2)], ["pending", "available"])
        change()
        self.assertEqual([one["PrivateDnsEnabled"] for one in found()], [False])

        self.ec2.delete_vpc_endpoints(VpcEndpointIds=[created["VpcEndpointId"]])
        with self.refused("DependencyViolation"):
            self.ec2.delete_security_group(GroupId=group)
        self.assertEqual(found()[0]["State"], "deleted")
        self.assertEqual(found(), [])
        self.ec2.delete_security_group(GroupId=group)
        deleted = self.ec2.delete_vpc_endpoints(VpcEndpointIds=[created["VpcEndpointId"]])["Unsuccessful"]
        self.assertEqual(deleted[0]["Error"]["Code"], "InvalidVpcEndpoint.NotFound")

    def test_a_gateway_endpoint_has_routes_in_its_route_tables(self):
        vpc, _, table = self.network()
        other = self.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        created = self.ec2.create_vpc_endpoint(
            VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3", RouteTableIds=[table]
        )["VpcEndpoint"]
        self.assertFalse(created["PrivateDnsEnabled"], "only interfaces have private names")
        created = created["VpcEndpointId"]
        self.ec2.modify_vpc_endpoint(VpcEndpointId=created, AddRouteTableIds=[other], RemoveRouteTableIds=[table])

        def routes(table_id):
            found = self.ec2.describe_route_tables(RouteTableIds=[table_id])["RouteTables"][0]["Routes"]
            return [route["GatewayId"] for route in found if route.get("DestinationPrefixListId")]

        self.assertEqual((routes(table), routes(other)), ([], [created]))


class NatGateways(Case):
    def states(self):
        return [gateway["State"] for gateway in self.ec2.describe_nat_gateways()["NatGateways"]]

    def test_deleting_releases_the_address_and_leaves_a_blackhole_route(self):
        _, subnet, table = self.network()
        address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        gateway = self.ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]
        self.assertEqual(gateway["ConnectivityType"], "public")
        gateway = gateway["NatGatewayId"]
        self.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=gateway)
        self.assertEqual(self.states(), ["pending"])
        self.assertEqual(self.states(), ["available"])
        with self.refused("AuthFailure"):
            self.ec2.release_address(AllocationId=address)
        self.ec2.delete_nat_gateway(NatGatewayId=gateway)
        self.assertEqual(self.states(), ["deleting"])
        with self.refused("AuthFailure"):
            self.ec2.release_address(AllocationId=address)
        self.assertEqual(self.states(), ["deleted"])
        with self.refused("InvalidNetworkInterfaceID.NotFound"):
            self.ec2.release_address(AllocationId=address)
        self.ec2.release_address(AllocationId=address)
        routes = self.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        self.assertEqual([route["State"] for route in routes if route.get("NatGatewayId")], ["blackhole"])
        with self.refused("NatGatewayNotFound"):
            self.ec2.delete_nat_gateway(NatGatewayId="nat-0")


class InUse(Case):
    def test_resources_in_use_cannot_be_deleted(self):
        vpc, subnet, table = self.network()
        one, other = self.group(vpc, "one"), self.group(vpc, "other")
        self.ec2.authorize_security_group_ingress(
            GroupId=one, IpPermissions=tcp(80, UserIdGroupPairs=[{"GroupId": other}])
        )
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        nat = self.ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
        self.ec2.associate_route_table(SubnetId=subnet, RouteTableId=table)
        with self.refused("DependencyViolation"):
            self.ec2.delete_security_group(GroupId=other)
        with self.refused("DependencyViolation"):
            self.ec2.delete_subnet(SubnetId=subnet)
        with self.refused("DependencyViolation"):
            self.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        with self.refused("DependencyViolation"):
            self.ec2.delete_vpc(VpcId=vpc)

        self.ec2.delete_nat_gateway(NatGatewayId=nat)
        for _ in range(2):
            self.ec2.describe_nat_gateways()
        with self.refused("InvalidNetworkInterfaceID.NotFound"):
            self.ec2.release_address(AllocationId=address)
        self.ec2.release_address(AllocationId=address)
        self.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        with self.refused("DependencyViolation"):
            self.ec2.delete_internet_gateway(InternetGatewayId=gateway)
        for _ in range(2):
            self.ec2.describe_internet_gateways()
        self.ec2.delete_internet_gateway(InternetGatewayId=gateway)
        self.ec2.delete_subnet(SubnetId=subnet)
        self.ec2.delete_route_table(RouteTableId=table)
        for group in (one, other):
            self.ec2.delete_security_group(GroupId=group)
        self.ec2.delete_vpc(VpcId=vpc)

    def test_a_default_group_cannot_be_deleted(self):
        vpc, _, _ = self.network()
        filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
        group = self.ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"]
        with self.refused("CannotDelete"):
            self.ec2.delete_security_group(GroupId=group)
