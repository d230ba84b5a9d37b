//! Changes that were made outside of rd show as drift, field by field, and the next apply reverts them.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::{Done, World};

const SETTINGS: &str =
    "project = \"shop\"\nenvironment = \"test\"\n[net]\nazs = 1\nendpoints = [\"logs\"]\n";

struct Ids {
    state: serde_json::Value,
}

impl Ids {
    fn of(world: &World) -> Self {
        let text = std::fs::read_to_string(world.state_file("shop/test", "net")).unwrap();
        Self {
            state: serde_json::from_str(&text).unwrap(),
        }
    }

    fn get(&self, address: &str) -> &str {
        self.state["resources"][address]["id"].as_str().unwrap()
    }
}

fn fields(plan: &Done, address: &str) -> Vec<(String, String)> {
    let change = plan
        .of_type("change")
        .into_iter()
        .find(|c| c["address"] == address)
        .unwrap();
    let fields = change["fields"].as_array().unwrap();
    fields
        .iter()
        .map(|f| {
            (
                f["path"].as_str().unwrap().to_owned(),
                f["cause"].as_str().unwrap().to_owned(),
            )
        })
        .collect()
}

/// Applies, makes `change` outside of rd, and expects a plan with exactly these `actions`. Unless `drifted` is empty,
/// the first action must be due to these drifted fields. After an apply, a plan must have no actions.
fn drift(change: impl Fn(&World, &Ids), actions: &[&str], drifted: &[&str]) {
    let world = World::new(SETTINGS);
    world.rd("rd-net").args("apply -y").ok();
    change(&world, &Ids::of(&world));
    let plan = world.rd("rd-net").args("plan").ok();
    assert_eq!(plan.actions(), actions);
    if let Some((_, address)) = actions.first().and_then(|a| a.split_once(' ')) {
        let causes = fields(&plan, address);
        let wanted: Vec<(String, String)> = drifted
            .iter()
            .map(|path| ((*path).to_owned(), "drift".to_owned()))
            .collect();
        if !drifted.is_empty() {
            assert_eq!(causes, wanted);
        }
    }
    world.rd("rd-net").args("apply -y").ok();
    assert_eq!(world.rd("rd-net").args("plan").ok().actions(), [""; 0]);
}

#[test]
fn dns_hostnames_of_the_vpc() {
    drift(
        |world, ids| {
            let vpc = ids.get("net.vpc.main");
            world.ec2(
                "ModifyVpcAttribute",
                &[("VpcId", vpc), ("EnableDnsHostnames.Value", "false")],
            );
        },
        &["update net.vpc.main"],
        &["enable_dns_hostnames"],
    );
}

#[test]
fn public_addresses_of_a_subnet() {
    drift(
        |world, ids| {
            let subnet = ids.get("net.subnet.public-a");
            world.ec2(
                "ModifySubnetAttribute",
                &[("SubnetId", subnet), ("MapPublicIpOnLaunch.Value", "true")],
            );
        },
        &["update net.subnet.public-a"],
        &["map_public_ip_on_launch"],
    );
}

#[test]
fn drifted_tags_are_reverted_and_unmanaged_tags_are_kept() {
    let world = World::new(&format!("{SETTINGS}[tags]\nOwner = \"platform\"\n"));
    world.rd("rd-net").args("apply -y").ok();
    let ids = Ids::of(&world);
    let vpc = ids.get("net.vpc.main");
    world.ec2(
        "CreateTags",
        &[
            ("ResourceId.1", vpc),
            ("Tag.1.Key", "Owner"),
            ("Tag.1.Value", "somebody"),
            ("Tag.2.Key", "CostCenter"),
            ("Tag.2.Value", "42"),
        ],
    );
    let plan = world.rd("rd-net").args("plan").ok();
    assert_eq!(plan.actions(), ["update net.vpc.main"]);
    assert_eq!(
        fields(&plan, "net.vpc.main"),
        [("tags.Owner".to_owned(), "drift".to_owned())]
    );
    world.rd("rd-net").args("apply -y").ok();
    assert_eq!(world.rd("rd-net").args("plan").ok().actions(), [""; 0]);
    let tags = world.ec2(
        "DescribeTags",
        &[("Filter.1.Name", "resource-id"), ("Filter.1.Value.1", vpc)],
    );
    assert!(
        tags.body.contains("CostCenter") && tags.body.contains("platform"),
        "{}",
        tags.body
    );

    // A tag that is removed from the settings is deleted.
    world.settings(SETTINGS);
    let plan = world.rd("rd-net").args("plan").ok();
    assert!(plan.actions().contains(&"update net.vpc.main".to_owned()));
    world.rd("rd-net").args("apply -y").ok();
    let tags = world.ec2(
        "DescribeTags",
        &[("Filter.1.Name", "resource-id"), ("Filter.1.Value.1", vpc)],
    );
    assert!(
        tags.body.contains("CostCenter") && !tags.body.contains("platform"),
        "{}",
        tags.body
    );
}

#[test]
fn an_unmanaged_rule_is_revoked() {
    drift(
        |world, ids| {
            let group = ids.get("net.security_group.db");
            world.ec2(
                "AuthorizeSecurityGroupIngress",
                &[
                    ("GroupId", group),
                    ("IpPermissions.1.IpProtocol", "tcp"),
                    ("IpPermissions.1.FromPort", "22"),
                    ("IpPermissions.1.ToPort", "22"),
                    ("IpPermissions.1.IpRanges.1.CidrIp", "0.0.0.0/0"),
                ],
            );
        },
        &["update net.security_group.db"],
        &[],
    );
}

#[test]
fn a_rule_of_the_default_group_is_revoked() {
    drift(
        |world, ids| {
            let vpc = ids.get("net.vpc.main");
            let groups = world.ec2(
                "DescribeSecurityGroups",
                &[
                    ("Filter.1.Name", "vpc-id"),
                    ("Filter.1.Value.1", vpc),
                    ("Filter.2.Name", "group-name"),
                    ("Filter.2.Value.1", "default"),
                ],
            );
            let group = groups.tag("groupId").unwrap();
            world.ec2(
                "AuthorizeSecurityGroupEgress",
                &[
                    ("GroupId", group),
                    ("IpPermissions.1.IpProtocol", "-1"),
                    ("IpPermissions.1.IpRanges.1.CidrIp", "0.0.0.0/0"),
                ],
            );
        },
        &["update net.default_security_group.main"],
        &[],
    );
}

#[test]
fn a_revoked_rule_is_created_again() {
    drift(
        |world, ids| {
            let (group, rule) = (
                ids.get("net.security_group.db"),
                ids.get("net.security_group_rule.db-in-api"),
            );
            world.ec2(
                "RevokeSecurityGroupIngress",
                &[("GroupId", group), ("SecurityGroupRuleId.1", rule)],
            );
        },
        &["create net.security_group_rule.db-in-api"],
        &[],
    );
}

#[test]
fn the_description_of_a_rule() {
    drift(
        |world, ids| {
            let (group, rule) = (
                ids.get("net.security_group.db"),
                ids.get("net.security_group_rule.db-in-api"),
            );
            world.ec2(
                "UpdateSecurityGroupRuleDescriptionsIngress",
                &[
                    ("GroupId", group),
                    ("SecurityGroupRuleDescription.1.SecurityGroupRuleId", rule),
                    ("SecurityGroupRuleDescription.1.Description", "mine"),
                ],
            );
        },
        &["update net.security_group_rule.db-in-api"],
        &["description"],
    );
}

#[test]
fn a_route_with_another_target() {
    drift(
        |world, ids| {
            let (table, gateway) = (
                ids.get("net.route_table.private-a"),
                ids.get("net.internet_gateway.main"),
            );
            world.ec2(
                "ReplaceRoute",
                &[
                    ("RouteTableId", table),
                    ("DestinationCidrBlock", "0.0.0.0/0"),
                    ("GatewayId", gateway),
                ],
            );
        },
        &["update net.route.private-a-internet"],
        &["gateway_id", "nat_gateway_id"],
    );
}

#[test]
fn a_subnet_with_another_route_table() {
    drift(
        |world, ids| {
            let (subnet, table) = (
                ids.get("net.subnet.private-a"),
                ids.get("net.route_table.public"),
            );
            let tables = world.ec2(
                "DescribeRouteTables",
                &[
                    ("Filter.1.Name", "association.subnet-id"),
                    ("Filter.1.Value.1", subnet),
                ],
            );
            let association = tables.tag("routeTableAssociationId").unwrap();
            world.ec2(
                "ReplaceRouteTableAssociation",
                &[("AssociationId", association), ("RouteTableId", table)],
            );
        },
        &["update net.route_table_association.private-a"],
        &["route_table_id"],
    );
}

#[test]
fn an_endpoint_without_private_dns() {
    drift(
        |world, ids| {
            let endpoint = ids.get("net.vpc_endpoint.logs");
            world.ec2(
                "ModifyVpcEndpoint",
                &[("VpcEndpointId", endpoint), ("PrivateDnsEnabled", "false")],
            );
        },
        &["update net.vpc_endpoint.logs"],
        &["private_dns_enabled"],
    );
}

#[test]
fn a_deleted_nat_gateway_is_created_again_and_its_route_updated() {
    drift(
        |world, ids| {
            let gateway = ids.get("net.nat_gateway.a");
            world.ec2("DeleteNatGateway", &[("NatGatewayId", gateway)]);
        },
        &[
            "create net.nat_gateway.a",
            "update net.route.private-a-internet",
        ],
        &[],
    );
}

#[test]
fn status_shows_drift_and_missing_resources() {
    let world = World::new(SETTINGS);
    world.rd("rd-net").args("apply -y").ok();
    let ids = Ids::of(&world);
    world.ec2(
        "ModifyVpcAttribute",
        &[
            ("VpcId", ids.get("net.vpc.main")),
            ("EnableDnsSupport.Value", "false"),
        ],
    );
    world.ec2(
        "DeleteNatGateway",
        &[("NatGatewayId", ids.get("net.nat_gateway.a"))],
    );
    let status = world.rd("rd-net").args("status").ok();
    let health = |address: &str| {
        let all = status.of_type("status");
        all.iter().find(|s| s["address"] == address).unwrap()["health"].clone()
    };
    assert_eq!(health("net.vpc.main"), "drifted");
    assert_eq!(health("net.nat_gateway.a"), "gone");
    assert_eq!(health("net.subnet.public-a"), "ready");
    assert!(status.end()["counts"]["ready"].as_u64().unwrap() > 10);
}
