//! What EC2 does and no other API would: docs/aws-behaviour.md has the list.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::faults::{Call, Calls, Fault, Proxy, Rule};
use rd_testkit::{Done, World, endpoint};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n[net]\nazs = 1\nendpoints = [\"logs\"]\nflow_logs = true\n";

fn world() -> (World, Proxy) {
    let proxy = Proxy::start(endpoint());
    (World::at(SETTINGS, proxy.url()), proxy)
}

fn refused(call: Calls, times: usize, code: &'static str) -> Rule {
    Rule::at_first(call, times, Fault::Refuse { status: 400, code })
}

fn apply(world: &World) -> Done {
    world.rd("rd-net").args("apply -y").ok()
}

fn destroy(world: &World) {
    world.rd("rd-net").args("destroy -y").ok();
    assert_eq!(world.inventory(), [""; 0]);
}

fn has_no_changes(world: &World) {
    assert_eq!(world.rd("rd-net").args("plan").ok().actions(), [""; 0]);
}

/// The calls of an apply, each refused twice with a code for what it names.
#[test]
fn each_create_outlasts_ids_that_are_not_known_yet() {
    let (world, proxy) = world();
    let rules = [
        ("ModifyVpcAttribute", "InvalidVpcID.NotFound"),
        ("CreateSubnet", "InvalidVpcID.NotFound"),
        ("CreateRouteTable", "InvalidVpcID.NotFound"),
        ("CreateSecurityGroup", "InvalidVpcID.NotFound"),
        ("AttachInternetGateway", "InvalidInternetGatewayID.NotFound"),
        ("AssociateRouteTable", "InvalidRouteTableID.NotFound"),
        ("CreateRoute", "InvalidParameterException"),
        ("CreateNatGateway", "InvalidElasticIpID.NotFound"),
        ("CreateVpcEndpoint", "InvalidRouteTableID.NotFound"),
        ("AuthorizeSecurityGroupIngress", "InvalidGroup.NotFound"),
        ("AuthorizeSecurityGroupEgress", "InvalidGroup.NotFound"),
        ("CreateFlowLogs", "InvalidVpcId.NotFound"),
    ];
    let count = rules.len();
    let rules = rules.map(|(operation, code)| refused(Calls::Of(operation), 2, code));
    proxy.rules(rules.to_vec(), None);
    apply(&world);
    assert_eq!(proxy.happened(), 2 * count);
    has_no_changes(&world);
}

#[test]
fn changes_and_tags_outlast_what_is_refused_for_now() {
    let (world, proxy) = world();
    let two_zones = SETTINGS.replace("azs = 1", "azs = 2");
    world.settings(&two_zones);
    apply(&world);
    let rules = [
        ("ModifyVpcEndpoint", "OperationInProgress"),
        ("CreateTags", "InvalidGroup.NotFound"),
        ("DeleteTags", "InvalidVpcID.NotFound"),
        (
            "ReplaceRouteTableAssociation",
            "InvalidRouteTableID.NotFound",
        ),
        ("DeleteRoute", "InvalidParameterException"),
        ("DeleteSecurityGroup", "InvalidGroup.InUse"),
    ];
    let rules = rules.map(|(operation, code)| refused(Calls::Of(operation), 2, code));
    proxy.rules(rules.to_vec(), None);
    // Subnet b moves to a table of its own, and back.
    world.settings(&format!(
        "{two_zones}nat = \"per-az\"\n[tags]\nOwner = \"platform\"\n"
    ));
    apply(&world);
    has_no_changes(&world);
    world.settings(&two_zones);
    apply(&world);
    has_no_changes(&world);
    destroy(&world);
    assert_eq!(proxy.happened(), 12);
}

#[test]
fn a_subnet_that_is_associated_already_gets_the_desired_table() {
    let (world, proxy) = world();
    // AWS has done it, and the first answer says that it was done before.
    let lost = Rule::once(Calls::Of("AssociateRouteTable"), 0, Fault::LoseAnswer);
    let again = Rule {
        calls: Calls::Of("AssociateRouteTable"),
        first: 1,
        times: 1,
        fault: Fault::Refuse {
            status: 400,
            code: "Resource.AlreadyAssociated",
        },
    };
    proxy.rules(vec![lost, again], None);
    apply(&world);
    has_no_changes(&world);
}

#[test]
fn an_attachment_is_waited_for_in_both_directions() {
    let (world, proxy) = world();
    let attaching = Fault::Rewrite {
        from: "<state>available</state>",
        to: "<state>attaching</state>",
    };
    let rule = Rule::at_first(Calls::Of("DescribeInternetGateways"), 5, attaching);
    proxy.rules(vec![rule], None);
    apply(&world);
    let calls = proxy.calls();
    let at = |operation: &str| {
        let is = |call: &Call| call.operation == operation;
        let position = calls.iter().position(is);
        position.unwrap_or_else(|| panic!("{operation} was not called"))
    };
    let looks = calls[..at("CreateRoute")].iter();
    let looks = looks.filter(|call| call.operation == "DescribeInternetGateways");
    assert!(looks.count() > 5);

    let detaching = Fault::Rewrite {
        from: "<state>available</state>",
        to: "<state>detaching</state>",
    };
    let rule = Rule::at_first(Calls::Of("DescribeInternetGateways"), 99, detaching);
    proxy.rules(vec![rule], None);
    let plan = world.rd("rd-net").args("plan").ok();
    assert!(
        plan.actions()
            .contains(&"create net.internet_gateway_attachment.main".to_owned()),
        "{:?}",
        plan.actions()
    );
    proxy.rules(Vec::new(), None);
    has_no_changes(&world);
}

/// The local API refuses to release the address of a NAT gateway as AWS does: with `AuthFailure` while the gateway has it,
/// and with the code of the network interface once after that.
#[test]
fn an_address_is_released_once_its_nat_gateway_is_gone() {
    let (world, proxy) = world();
    apply(&world);
    destroy(&world);
    let calls = proxy.calls();
    assert!(Calls::Of("ReleaseAddress").count(&calls) >= 2);
    assert!(
        !calls
            .iter()
            .any(|call| call.operation == "DisassociateAddress")
    );
}

#[test]
fn a_nat_gateway_that_failed_says_why_and_is_replaced() {
    let (world, proxy) = world();
    let failed = Fault::Rewrite {
        from: "<state>available</state>",
        to: "<state>failed</state><failureCode>Resource.AlreadyAssociated</failureCode>\
             <failureMessage>Elastic IP address is already associated</failureMessage>",
    };
    let rule = Rule::at_first(Calls::Of("DescribeNatGateways"), 99, failed);
    proxy.rules(vec![rule], None);
    let done = world.rd("rd-net").args("apply -y").code(1);
    assert!(
        done.stderr.contains("Resource.AlreadyAssociated")
            && done.stderr.contains("already associated"),
        "{}",
        done.stderr
    );
    proxy.rules(Vec::new(), None);
    apply(&world);
    has_no_changes(&world);
}

/// What GuardDuty's Runtime Monitoring leaves in a VPC is named by the delete that it stops.
#[test]
fn what_guardduty_leaves_in_the_vpc_is_named() {
    let (world, _proxy) = world();
    world.settings("project = \"shop\"\nenvironment = \"test\"\n[net]\nazs = 1\nnat = \"none\"\n");
    apply(&world);
    let vpc = world.id("net.vpc.main");
    let subnet = world.id("net.subnet.private-a");
    let name = format!("GuardDutyManagedSecurityGroup-{vpc}");
    let group = [
        ("VpcId", vpc.as_str()),
        ("GroupName", &name),
        ("GroupDescription", "Managed by GuardDuty"),
    ];
    let group = world.ec2("CreateSecurityGroup", &group);
    let group = group.tag("groupId").unwrap();
    let endpoint = [
        ("VpcId", vpc.as_str()),
        ("ServiceName", "com.amazonaws.us-east-1.guardduty-data"),
        ("VpcEndpointType", "Interface"),
        ("SubnetId.1", &subnet),
        ("SecurityGroupId.1", group),
        ("TagSpecification.1.ResourceType", "vpc-endpoint"),
        ("TagSpecification.1.Tag.1.Key", "GuardDutyManaged"),
        ("TagSpecification.1.Tag.1.Value", "true"),
    ];
    let endpoint = world.ec2("CreateVpcEndpoint", &endpoint);
    let endpoint = endpoint.tag("vpcEndpointId").unwrap().to_owned();
    let stuck = world
        .rd("rd-net")
        .args("destroy -y")
        .env("RD_WAIT_SCALE", "0.002");
    let stuck = stuck.code(1);
    let named = |text: &str| {
        assert!(stuck.stderr.contains(text), "{text}: {}", stuck.stderr);
    };
    named(&format!(
        "{endpoint} (created by GuardDuty Runtime Monitoring"
    ));

    // Without its endpoint, the group alone keeps the VPC.
    world.ec2("DeleteVpcEndpoints", &[("VpcEndpointId.1", &endpoint)]);
    for _ in 0..2 {
        world.ec2("DescribeVpcEndpoints", &[]);
    }
    let stuck = world
        .rd("rd-net")
        .args("destroy -y")
        .env("RD_WAIT_SCALE", "0.002");
    let stuck = stuck.code(1);
    let text = format!("{group} ({name}, created by GuardDuty");
    assert!(stuck.stderr.contains(&text), "{}", stuck.stderr);
    world.ec2("DeleteSecurityGroup", &[("GroupId", group)]);
    destroy(&world);
}

#[test]
fn a_rule_of_another_group_that_keeps_a_group_is_named() {
    let (world, _proxy) = world();
    apply(&world);
    let other = [
        ("VpcId", world.id("net.vpc.main")),
        ("GroupName", "bastion".to_owned()),
        ("GroupDescription", "bastion".to_owned()),
    ];
    let other = other.each_ref().map(|(key, value)| (*key, value.as_str()));
    let other = world.ec2("CreateSecurityGroup", &other);
    let other = other.tag("groupId").unwrap();
    let db = world.id("net.security_group.db");
    let rule = [
        ("GroupId", other),
        ("IpPermissions.1.IpProtocol", "tcp"),
        ("IpPermissions.1.FromPort", "5432"),
        ("IpPermissions.1.ToPort", "5432"),
        ("IpPermissions.1.Groups.1.GroupId", &db),
    ];
    world.ec2("AuthorizeSecurityGroupIngress", &rule);
    let stuck = world
        .rd("rd-net")
        .args("destroy -y")
        .env("RD_WAIT_SCALE", "0.002");
    let stuck = stuck.code(1);
    let text = format!("of {other} (in tcp 5432 from {db})");
    assert!(stuck.stderr.contains(&text), "{}", stuck.stderr);
    world.ec2("DeleteSecurityGroup", &[("GroupId", other)]);
    destroy(&world);
}

/// The names of services in a plan.
fn service_names(done: &Done) -> Vec<String> {
    let changes = done.of_type("change").into_iter();
    let endpoints = changes.filter(|change| change["kind"] == "vpc_endpoint");
    let names = endpoints.map(|change| {
        let mut fields = change["fields"].as_array().unwrap().iter();
        let name = fields
            .find(|field| field["path"] == "service_name")
            .unwrap();
        name["after"].as_str().unwrap().to_owned()
    });
    let mut names: Vec<String> = names.collect();
    names.sort_by_key(|name| name.rsplit("-1.").next().map(str::to_owned));
    names
}

#[test]
fn services_of_china_have_the_names_that_aws_tells() {
    let proxy = Proxy::start(endpoint());
    let settings =
        "project = \"shop\"\nenvironment = \"test\"\nregion = \"cn-north-1\"\n[net]\nazs = 1\n";
    let world = World::at(
        &format!("{settings}endpoints = [\"ecr.api\", \"logs\"]\n"),
        proxy.url(),
    );
    let names = [
        "com.amazonaws.cn-north-1.dynamodb",
        "cn.com.amazonaws.cn-north-1.ecr.api",
        "com.amazonaws.cn-north-1.logs",
        "com.amazonaws.cn-north-1.s3",
    ];
    let asked = || Calls::Of("DescribeVpcEndpointServices").count(&proxy.calls());
    assert_eq!(service_names(&world.rd("rd-net").args("plan").ok()), names);
    apply(&world);
    let before = asked();
    assert!(before > 0);
    // AWS is not asked again where no endpoint changes.
    has_no_changes(&world);
    assert_eq!(asked(), before);
    world.rd("rd-net").args("destroy -y").ok();
}

#[test]
fn a_zone_without_the_service_is_left_out() {
    let (world, proxy) = world();
    world.settings(&SETTINGS.replace("azs = 1", "azs = 2"));
    let elsewhere = Fault::Rewrite {
        from: "<item>us-east-1b</item>",
        to: "",
    };
    let describe = Calls::Of("DescribeVpcEndpointServices");
    proxy.rules(vec![Rule::at_first(describe, 999, elsewhere)], None);
    apply(&world);
    has_no_changes(&world);
    let subnet = world.id("net.subnet.private-a");
    let found = world.ec2("DescribeVpcEndpoints", &[]).body;
    let there = format!("<subnetIdSet><item>{subnet}</item></subnetIdSet>");
    assert!(found.replace(['\n', ' '], "").contains(&there), "{found}");
    // Once the service is there, the endpoint is extended.
    proxy.rules(Vec::new(), None);
    assert_eq!(apply(&world).actions(), ["update net.vpc_endpoint.logs"]);
    has_no_changes(&world);
}

#[test]
fn a_service_without_endpoints_is_refused_and_without_the_permission_to_ask_it_is_assumed() {
    let (world, proxy) = world();
    let missing = SETTINGS.replace("\"logs\"", "\"nothing\"");
    world.settings(&missing);
    let done = world.rd("rd-net").args("plan").code(2);
    assert!(
        done.stderr
            .contains("us-east-1 has no interface endpoint for `nothing`"),
        "{}",
        done.stderr
    );
    world.settings(SETTINGS);
    let denied = Fault::Refuse {
        status: 403,
        code: "UnauthorizedOperation",
    };
    let describe = Calls::Of("DescribeVpcEndpointServices");
    proxy.rules(vec![Rule::at_first(describe, 999, denied)], None);
    let plan = world.rd("rd-net").args("plan").ok();
    assert!(service_names(&plan).contains(&"com.amazonaws.us-east-1.logs".to_owned()));
}

#[test]
fn a_check_names_block_public_access() {
    let (world, proxy) = world();
    apply(&world);
    let blocked = Fault::Rewrite {
        from: "<internetGatewayBlockMode>off",
        to: "<internetGatewayBlockMode>block-ingress",
    };
    let rule = Rule::at_first(Calls::Of("DescribeSubnets"), 999, blocked);
    proxy.rules(vec![rule], None);
    let inbound = world.rd("rd-net").args("check internet alb 443").code(1);
    assert!(
        inbound.stdout.contains("VPC Block Public Access") && inbound.stdout.contains("exclusion"),
        "{}",
        inbound.stdout
    );
    world.rd("rd-net").args("check api internet 443").ok();
}

#[test]
fn other_names_for_throttled_and_still_in_use_are_repeated() {
    let (world, proxy) = world();
    let throttled = refused(Calls::Of("CreateVpc"), 1, "EC2ThrottledException");
    proxy.rules(vec![throttled], None);
    apply(&world);
    assert_eq!(proxy.happened(), 1);
    let in_use = Fault::Refuse {
        status: 409,
        code: "DeleteConflict",
    };
    let in_use = Rule::once(Calls::Of("DeleteRole"), 0, in_use);
    proxy.rules(vec![in_use], None);
    destroy(&world);
    assert_eq!(proxy.happened(), 1);
}

/// A change that is refused for good, with AWS's text, and the hint of the error.
fn hint_of(
    operation: &'static str,
    status: u16,
    code: &'static str,
    message: &'static str,
) -> String {
    let (world, proxy) = world();
    let fault = Fault::RefuseSaying {
        status,
        code,
        message,
    };
    proxy.rules(vec![Rule::at_first(Calls::Of(operation), 999, fault)], None);
    let done = world.rd("rd-net").args("apply -y").run();
    assert_ne!(done.code, 0);
    assert!(proxy.happened() >= 1);
    done.stderr
}

#[test]
fn an_endpoint_in_the_way_of_a_private_name_is_explained() {
    let message = "private-dns-enabled cannot be set because there is already a conflicting DNS domain for \
                   logs.us-east-1.amazonaws.com in the VPC vpc-0f86b2b1e8c1d5a07";
    let text = hint_of("CreateVpcEndpoint", 400, "InvalidParameter", message);
    assert!(
        text.contains("delete it, or remove the service from net.endpoints"),
        "{text}"
    );
}

#[test]
fn a_role_that_flow_logs_may_not_get_is_named_with_the_service() {
    let message = "You are not authorized to perform this operation.";
    let text = hint_of("CreateFlowLogs", 403, "UnauthorizedOperation", message);
    for part in [
        "iam:PassRole on arn:aws:iam::",
        ":role/",
        " to vpc-flow-logs.amazonaws.com",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// The part of docs/aws-behaviour.md about this slice.
fn page() -> String {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/aws-behaviour.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, section) = page.split_once("\n## Network\n").unwrap();
    section.split("\n## ").next().unwrap().to_owned()
}

#[test]
fn the_page_has_each_operation_of_a_life_cycle() {
    let (world, proxy) = world();
    apply(&world);
    world.rd("rd-net").args("check api internet 443").run();
    let changed = SETTINGS.replace("azs = 1", "azs = 2\nnat = \"per-az\"\napp_port = 8080");
    world.settings(&format!("{changed}[tags]\nOwner = \"platform\"\n"));
    apply(&world);
    world.settings(&SETTINGS.replace("azs = 1", "azs = 2\nnat = \"none\""));
    apply(&world);
    destroy(&world);
    let calls = proxy
        .calls()
        .into_iter()
        .filter(|call| call.service == "ec2");
    let mut operations: Vec<String> = calls.map(|call| call.operation).collect();
    operations.sort();
    operations.dedup();
    assert!(operations.len() > 30, "{operations:?}");
    let page = page();
    let missing: Vec<&String> = operations
        .iter()
        .filter(|one| !page.contains(&format!("`ec2:{one}`")))
        .collect();
    assert_eq!(missing, [""; 0]);
}
