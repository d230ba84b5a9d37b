//! `rd-state adopt --scan`: what is decided by AWS alone is what a state of Terraform decides, next to another stack.

use crate::adopt::{SETTINGS, adopt, seen, terraform_network};
use crate::adopt_database::{Legacy, PLANTED};
use crate::adopt_edge::terraform_entry;
use rd_testkit::{Done, World};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn scan(world: &World, flags: &str) -> Done {
    let scan = world.rd("rd-state").args("adopt --scan").args(flags);
    scan.run()
}

/// The rd addresses with their ids, without what AWS knows only as a part of another resource.
fn decided(done: &Done) -> BTreeSet<(String, String)> {
    let mapping = &done.of_type("mapping")[0];
    let decisions = mapping["decisions"].as_array().cloned();
    let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let decisions = decisions.unwrap_or_default();
    let pairs = decisions
        .iter()
        .map(|one| (text(one, "address"), text(one, "id")));
    pairs.filter(|(_, id)| !id.is_empty()).collect()
}

#[test]
fn a_network_is_adopted_from_aws_alone_and_given_back() {
    let world = World::new(SETTINGS);
    // Another stack in the same account, and the stack that is meant.
    terraform_network(&world, "");
    let others = seen(&world, true).join("\n");
    let state = terraform_network(&world, "");
    let (before, with_tags) = (seen(&world, false), seen(&world, true));
    let vpcs = world.ec2("DescribeVpcs", &[]).body;

    let unclear = scan(&world, "--dry-run");
    assert_eq!(unclear.code, 6, "{}", unclear.stderr);
    let question = "2 VPCs can be that of the stack: vpc-";
    assert!(unclear.stderr.contains(question), "{}", unclear.stderr);
    assert!(unclear.stderr.contains("Team=web"), "{}", unclear.stderr);
    let none = scan(&world, "--dry-run --tag Team=nobody");
    assert_eq!(none.code, 6, "{}", none.stderr);
    assert!(
        none.stderr.contains("no VPC in us-east-1 has"),
        "{}",
        none.stderr
    );

    let by_state = adopt(&world, &state, "--dry-run");
    assert_eq!(by_state.code, 0, "{}", by_state.stderr);
    let by_state = decided(&by_state);
    let vpc = by_state
        .iter()
        .find(|(address, _)| address == "net.vpc.main");
    let vpc = vpc.map(|(_, id)| id.clone()).unwrap_or_default();
    assert!(vpcs.contains(&vpc) && !others.contains(&vpc));
    let dry = scan(&world, &format!("--vpc {vpc} --dry-run"));
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    let found = decided(&dry);
    assert!(found.len() > 25, "{found:?}");
    let lost: Vec<_> = by_state.difference(&found).collect();
    assert!(lost.is_empty(), "{lost:?}");
    for (address, id) in &found {
        assert!(
            !others.contains(id.as_str()),
            "{address} is {id} of the other stack"
        );
    }
    for change in dry.of_type("change") {
        assert_ne!(change["action"], "create", "{change}");
    }
    assert!(
        dry.stderr.contains("no bucket is adopted"),
        "{}",
        dry.stderr
    );
    assert_eq!(seen(&world, true), with_tags);

    let done = scan(&world, &format!("--vpc {vpc} -y"));
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(done.stderr.contains("no removed blocks"), "{}", done.stderr);
    assert_eq!(seen(&world, false), before, "only tags change");
    let planned = world.rd("rd-net").args("plan --exit-code").run();
    assert_eq!(planned.code, 0, "{}{}", planned.stdout, planned.stderr);
    let again = scan(&world, &format!("--vpc {vpc} -y"));
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert_eq!(again.of_type("applied").len(), 0);

    world.rd("rd-state").args("adopt --undo -y").ok();
    assert_eq!(
        seen(&world, true),
        with_tags,
        "the tags are those of before"
    );
}

#[test]
fn the_bucket_that_is_named_is_adopted_with_the_network() {
    let world = World::new(SETTINGS);
    terraform_network(&world, "nat = \"none\"\n");
    let (own, other) = (
        format!("files-{}", world.account),
        format!("sessions-{}", world.account),
    );
    for name in [&own, &other] {
        let done = world.s3("PUT", &format!("/{name}"), "");
        assert!(done.status < 300, "{}", done.body);
    }
    let rule = "<LifecycleConfiguration><Rule><ID>old</ID><Status>Enabled</Status><Filter><Prefix></Prefix></Filter>\
                <Expiration><Days>400</Days></Expiration></Rule></LifecycleConfiguration>";
    world.s3("PUT", &format!("/{own}?lifecycle"), rule);
    let lifecycle = || world.s3("GET", &format!("/{own}?lifecycle"), "").body;
    let before = lifecycle();

    let with_tags = seen(&world, true);
    let missing = scan(&world, "--bucket no-such-bucket-of-ours -y");
    assert_eq!(missing.code, 6, "{}", missing.stderr);
    let why = "the bucket no-such-bucket-of-ours does not exist";
    assert!(missing.stderr.contains(why), "{}", missing.stderr);
    assert_eq!(seen(&world, true), with_tags, "nothing was adopted");
    let done = scan(&world, &format!("--bucket {own} -y"));
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_eq!(lifecycle(), before);
    assert_eq!(world.id("store.bucket.sessions"), own);
    for program in ["rd-net", "rd-store"] {
        let planned = world.rd(program).args("plan --exit-code").run();
        assert_eq!(planned.code, 0, "{}{}", planned.stdout, planned.stderr);
    }
    let tags = world.s3("GET", &format!("/{other}?tagging"), "");
    assert_eq!(tags.status, 404, "{}", tags.body);
}

/// Fails unless a scan decides what a state has decided, of these slices.
fn decides_the_same(world: &World, by_state: &Done, slices: &[&str], vpc: &str) {
    let dry = scan(world, &format!("--dry-run --vpc {vpc}"));
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    let of_slices = |done: &Done| -> BTreeSet<(String, String)> {
        let all = decided(done).into_iter();
        let is_one = |address: &str| slices.contains(&address.split('.').next().unwrap_or(""));
        all.filter(|(address, _)| is_one(address)).collect()
    };
    let (state, found) = (of_slices(by_state), of_slices(&dry));
    assert!(!state.is_empty());
    let lost: Vec<_> = state.difference(&found).collect();
    assert!(lost.is_empty(), "{lost:#?}\n{}", dry.stdout);
    let other = found.difference(&state);
    // Those of AWS itself, which no state has.
    let other: Vec<_> = other
        .filter(|(address, _)| !address.contains(".log_group."))
        .collect();
    assert!(other.is_empty(), "{other:#?}");
}

#[test]
fn a_database_and_a_cache_are_what_a_state_says() {
    let world = World::new(crate::adopt_database::SETTINGS);
    world.rd("rd-net").args("apply -y --set net.nat=none").ok();
    let mut legacy = Legacy::in_network(&world);
    legacy.database(&[("MasterUserPassword", PLANTED)]);
    legacy.cache();
    legacy.secret("legacy/database", PLANTED);
    legacy.secret("legacy/redis", PLANTED);
    // It is no secret of the stack: it has neither word.
    world.json(
        "secretsmanager.CreateSecret",
        &json!({"Name": "other/token", "SecretString": PLANTED}),
    );
    // The network was made without rd, too.
    let vpc = world.output("net", "vpc_id");
    let vpc = vpc.as_str().unwrap();
    std::fs::remove_dir_all(world.path().join(".rd")).unwrap();
    let adopt = world.rd("rd-state").stdin(legacy.state());
    let by_state = adopt.args("adopt - --dry-run").ok();
    decides_the_same(&world, &by_state, &["data", "cache"], vpc);
    let all = scan(&world, &format!("--dry-run --vpc {vpc}"));
    world.keeps(PLANTED, &[all]);
}

#[test]
fn a_subnet_keeps_a_route_table_of_its_own() {
    let world = World::new(SETTINGS);
    world.rd("rd-net").args("apply -y --set net.nat=none").ok();
    let vpc = world.id("net.vpc.main");
    let gateway = world.id("net.internet_gateway.main");
    let subnet = world.id("net.subnet.public-b");
    let own = world.ec2("CreateRouteTable", &[("VpcId", vpc.as_str())]);
    let own = own.tag("routeTableId").unwrap();
    let route = [
        ("RouteTableId", own),
        ("DestinationCidrBlock", "0.0.0.0/0"),
        ("GatewayId", gateway.as_str()),
    ];
    world.ec2("CreateRoute", &route);
    let by_subnet = [
        ("Filter.1.Name", "association.subnet-id"),
        ("Filter.1.Value.1", subnet.as_str()),
    ];
    let tables = || world.ec2("DescribeRouteTables", &by_subnet).body;
    let before = tables();
    let (_, association) = before.split_once("<routeTableAssociationId>").unwrap();
    let mut all = before.split("<routeTableAssociationId>").skip(1);
    let of_subnet = all.find(|part| part.split("</item>").next().unwrap().contains(&subnet));
    let association = of_subnet.unwrap_or(association);
    let association = association.split('<').next().unwrap();
    let replace = [("AssociationId", association), ("RouteTableId", own)];
    world.ec2("ReplaceRouteTableAssociation", &replace);
    std::fs::remove_dir_all(world.path().join(".rd")).unwrap();

    let done = scan(&world, &format!("--vpc {vpc} -y"));
    assert_eq!(done.code, 0, "{}", done.stderr);
    let note = format!("the public subnet in us-east-1b keeps the route table {own}");
    assert!(done.stderr.contains(&note), "{}", done.stderr);
    let planned = world.rd("rd-net").args("plan --exit-code").run();
    assert_eq!(planned.code, 0, "{}{}", planned.stdout, planned.stderr);
    assert!(tables().contains(own));
}

#[test]
fn a_public_entry_is_what_a_state_says() {
    let world = World::new(SETTINGS);
    let state = terraform_entry(&world);
    let by_state = adopt(&world, &state, "--dry-run");
    assert_eq!(by_state.code, 0, "{}", by_state.stderr);
    let decided = decided(&by_state).into_iter();
    let mut vpcs = decided.filter(|(address, _)| address == "net.vpc.main");
    let (_, vpc) = vpcs.next().unwrap();
    decides_the_same(&world, &by_state, &["edge"], &vpc);
}

#[test]
fn flags_that_do_not_fit_are_refused() {
    let world = World::new(SETTINGS);
    for flags in [
        "--scan terraform.tfstate",
        "--scan --undo",
        "--undo --vpc vpc-1",
        "--undo --bucket x",
        "--scan --backend s3://a/b",
    ] {
        let done = world.rd("rd-state").args("adopt").args(flags).run();
        assert_eq!(done.code, 2, "{flags}: {}", done.stderr);
    }
    let done = scan(&world, "--vpc vpc-0000000000000dead --dry-run");
    assert_eq!(done.code, 6, "{}", done.stderr);
    assert!(
        done.stderr.contains("does not exist in us-east-1"),
        "{}",
        done.stderr
    );
}
