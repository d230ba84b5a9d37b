//! What AWS has in one VPC, as resources of Terraform: `rd-state adopt --scan` maps them as those of a state.

mod flow_log;
mod read;

pub use read::scan;

use aws_sdk_ec2::types::{
    InternetGateway, NatGateway, NatGatewayState, RouteTable, SecurityGroup, SecurityGroupRule,
    Subnet, Vpc, VpcEndpoint, VpcEndpointType,
};
use rd_common::TerraformResources;
use serde_json::json;
use std::collections::BTreeSet;

/// The group that AWS makes with each VPC.
const DEFAULT_GROUP: &str = "default";

/// What was read of one VPC.
#[derive(Default)]
struct Found {
    /// The subnets in it.
    subnets: Vec<Subnet>,
    /// The internet gateways attached to it.
    internet_gateways: Vec<InternetGateway>,
    /// Its NAT gateways, also deleted ones.
    nat_gateways: Vec<NatGateway>,
    /// The route tables, also the main one.
    route_tables: Vec<RouteTable>,
    /// Its VPC endpoints, also those of services.
    endpoints: Vec<VpcEndpoint>,
    /// The security groups, also the default one.
    groups: Vec<SecurityGroup>,
    /// The rules of those groups.
    rules: Vec<SecurityGroupRule>,
}

/// The resources of the VPC. Pure.
fn resources(vpc: &Vpc, found: &Found) -> TerraformResources {
    let id = vpc.vpc_id().unwrap_or_default();
    let mut all = TerraformResources::default();
    all.add("aws_vpc", id, json!({"cidr_block": vpc.cidr_block()}));
    for one in &found.subnets {
        let values = json!({"vpc_id": id, "arn": one.subnet_arn(), "cidr_block": one.cidr_block(),
                            "availability_zone": one.availability_zone()});
        all.add("aws_subnet", one.subnet_id().unwrap_or_default(), values);
    }
    for one in &found.internet_gateways {
        let gateway = one.internet_gateway_id().unwrap_or_default();
        all.add("aws_internet_gateway", gateway, json!({"vpc_id": id}));
    }
    let mut addresses = BTreeSet::new();
    for one in found.nat_gateways.iter().filter(|one| exists(one)) {
        let allocation = one.nat_gateway_addresses().iter();
        let allocation = allocation.filter_map(|one| one.allocation_id()).next();
        addresses.extend(allocation);
        let values = json!({"allocation_id": allocation, "subnet_id": one.subnet_id()});
        let gateway = one.nat_gateway_id().unwrap_or_default();
        all.add("aws_nat_gateway", gateway, values);
    }
    for one in addresses {
        all.add("aws_eip", one, json!({}));
    }
    for one in &found.route_tables {
        add_table(&mut all, id, one);
    }
    let own = found.endpoints.iter();
    for one in own.filter(|one| one.requester_managed() != Some(true)) {
        let kind = one.vpc_endpoint_type().map(VpcEndpointType::as_str);
        let groups = one.groups().iter().filter_map(|one| one.group_id());
        let values = json!({"vpc_id": id, "service_name": one.service_name(), "vpc_endpoint_type": kind,
                            "security_group_ids": groups.collect::<Vec<_>>(), "subnet_ids": one.subnet_ids()});
        let endpoint = one.vpc_endpoint_id().unwrap_or_default();
        all.add("aws_vpc_endpoint", endpoint, values);
    }
    let mut default = None;
    for one in &found.groups {
        let group = one.group_id().unwrap_or_default();
        let kind = if one.group_name() == Some(DEFAULT_GROUP) {
            default = Some(group);
            "aws_default_security_group"
        } else {
            "aws_security_group"
        };
        let values = json!({"vpc_id": id, "name": one.group_name()});
        all.add(kind, group, values);
    }
    let rules = found.rules.iter();
    // The default group is adopted whole: its rules stay as they are.
    for one in rules.filter(|one| one.group_id() != default) {
        add_rule(&mut all, one);
    }
    all
}

fn exists(gateway: &NatGateway) -> bool {
    !matches!(
        gateway.state(),
        Some(NatGatewayState::Deleted | NatGatewayState::Deleting | NatGatewayState::Failed)
    )
}

/// A route table with its routes and associations. The main one is AWS's.
fn add_table(all: &mut TerraformResources, vpc: &str, table: &RouteTable) {
    let id = table.route_table_id().unwrap_or_default();
    let is_main = table
        .associations()
        .iter()
        .any(|one| one.main() == Some(true));
    let kind = if is_main {
        "aws_default_route_table"
    } else {
        "aws_route_table"
    };
    all.add(kind, id, json!({"vpc_id": vpc}));
    for one in table.routes() {
        let gateway = one.gateway_id();
        if let Some(block) = one.destination_cidr_block()
            && gateway != Some("local")
        {
            let values = json!({"route_table_id": id, "destination_cidr_block": block, "gateway_id": gateway,
                                "nat_gateway_id": one.nat_gateway_id()});
            all.add("aws_route", &format!("{id}_{block}"), values);
        }
    }
    for one in table.associations() {
        if let Some(subnet) = one.subnet_id() {
            let values = json!({"subnet_id": subnet, "route_table_id": id});
            let association = one.route_table_association_id().unwrap_or_default();
            all.add("aws_route_table_association", association, values);
        }
    }
}

fn add_rule(all: &mut TerraformResources, one: &SecurityGroupRule) {
    let kind = match one.is_egress() {
        Some(true) => "aws_vpc_security_group_egress_rule",
        _ => "aws_vpc_security_group_ingress_rule",
    };
    let peer = one.referenced_group_info().and_then(|one| one.group_id());
    let values = json!({"security_group_id": one.group_id(), "ip_protocol": one.ip_protocol(),
                        "from_port": one.from_port(), "to_port": one.to_port(), "cidr_ipv4": one.cidr_ipv4(),
                        "prefix_list_id": one.prefix_list_id(), "referenced_security_group_id": peer});
    let id = one.security_group_rule_id().unwrap_or_default();
    all.add(kind, id, values);
}

/// Takes out the subnets that use the main route table, and returns their ids: a subnet of rd has a table of its own, and an
/// association would change where its traffic goes.
fn leave_out_without_table(found: &mut Found) -> Vec<String> {
    let associations = found.route_tables.iter().flat_map(RouteTable::associations);
    let with: BTreeSet<&str> = associations.filter_map(|one| one.subnet_id()).collect();
    let id = |one: &Subnet| one.subnet_id().unwrap_or_default().to_owned();
    let (kept, left): (Vec<_>, Vec<_>) = std::mem::take(&mut found.subnets)
        .into_iter()
        .partition(|one| with.contains(id(one).as_str()));
    found.subnets = kept;
    left.iter().map(id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::{NatGatewayAddress, Route, RouteTableAssociation};

    fn nat(id: &str, state: NatGatewayState) -> NatGateway {
        let address = NatGatewayAddress::builder().allocation_id(format!("eipalloc-{id}"));
        NatGateway::builder()
            .nat_gateway_id(id)
            .state(state)
            .nat_gateway_addresses(address.build())
            .build()
    }

    fn table(id: &str, is_main: bool, subnet: Option<&str>) -> RouteTable {
        let local = Route::builder()
            .destination_cidr_block("10.0.0.0/16")
            .gateway_id("local");
        let internet = Route::builder()
            .destination_cidr_block("0.0.0.0/0")
            .gateway_id("igw-1");
        let association = RouteTableAssociation::builder()
            .route_table_association_id(format!("rtbassoc-{id}"))
            .main(is_main)
            .set_subnet_id(subnet.map(str::to_owned));
        RouteTable::builder()
            .route_table_id(id)
            .routes(local.build())
            .routes(internet.build())
            .associations(association.build())
            .build()
    }

    #[test]
    fn what_aws_or_a_service_owns_is_no_resource_of_the_stack() {
        let endpoint = |id: &str, is_managed| {
            VpcEndpoint::builder()
                .vpc_endpoint_id(id)
                .requester_managed(is_managed)
                .build()
        };
        let group = |id: &str, name: &str| {
            SecurityGroup::builder()
                .group_id(id)
                .group_name(name)
                .build()
        };
        let rule = |id: &str, group: &str, is_egress| {
            SecurityGroupRule::builder()
                .security_group_rule_id(id)
                .group_id(group)
                .is_egress(is_egress)
                .build()
        };
        let found = Found {
            nat_gateways: vec![
                nat("nat-1", NatGatewayState::Available),
                nat("nat-2", NatGatewayState::Deleted),
            ],
            route_tables: vec![
                table("rtb-1", true, None),
                table("rtb-2", false, Some("subnet-1")),
            ],
            endpoints: vec![endpoint("vpce-1", false), endpoint("vpce-2", true)],
            groups: vec![group("sg-1", "default"), group("sg-2", "web")],
            rules: vec![
                rule("sgr-1", "sg-1", false),
                rule("sgr-2", "sg-2", false),
                rule("sgr-3", "sg-2", true),
            ],
            ..Found::default()
        };
        let vpc = Vpc::builder().vpc_id("vpc-1").build();
        assert_eq!(
            resources(&vpc, &found).addresses(),
            [
                "aws_vpc.vpc-1",
                "aws_nat_gateway.nat-1",
                "aws_eip.eipalloc-nat-1",
                "aws_default_route_table.rtb-1",
                "aws_route.rtb-1_0.0.0.0/0",
                "aws_route_table.rtb-2",
                "aws_route.rtb-2_0.0.0.0/0",
                "aws_route_table_association.rtbassoc-rtb-2",
                "aws_vpc_endpoint.vpce-1",
                "aws_default_security_group.sg-1",
                "aws_security_group.sg-2",
                "aws_vpc_security_group_ingress_rule.sgr-2",
                "aws_vpc_security_group_egress_rule.sgr-3",
            ]
        );
    }

    #[test]
    fn a_subnet_on_the_main_route_table_is_left_out() {
        let subnet = |id: &str| Subnet::builder().subnet_id(id).build();
        let mut found = Found {
            subnets: vec![subnet("subnet-1"), subnet("subnet-2")],
            route_tables: vec![
                table("rtb-1", true, None),
                table("rtb-2", false, Some("subnet-1")),
            ],
            ..Found::default()
        };
        assert_eq!(leave_out_without_table(&mut found), ["subnet-2"]);
        assert_eq!(found.subnets, [subnet("subnet-1")]);
    }
}
