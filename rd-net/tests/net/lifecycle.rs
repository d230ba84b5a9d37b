//! The life of a slice: plan, apply of exactly that plan, status, a plan without changes, outputs, destroy.

use rd_testkit::World;

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n";

#[test]
fn a_slice_is_planned_applied_and_destroyed() {
    let world = World::new(SETTINGS);
    let plan = world.rd("rd-net").args("plan").ok();
    assert!(!world.path().join(".rd").exists(), "a plan writes nothing");
    let planned = plan.actions();
    assert!(planned.iter().all(|action| action.starts_with("create ")));

    let apply = world.rd("rd-net").args("apply").stdin(plan.stdout).ok();
    assert_eq!(
        apply.actions(),
        planned,
        "the apply does exactly what was planned"
    );
    let vpc = apply.output("vpc_id");
    assert!(vpc.as_str().unwrap().starts_with("vpc-"));
    assert_eq!(
        apply.output("private_subnet_ids").as_array().unwrap().len(),
        2
    );

    let status = world.rd("rd-net").args("status").ok();
    let statuses = status.of_type("status");
    assert_eq!(statuses.len(), planned.len());
    assert!(
        statuses.iter().all(|status| status["health"] == "ready"),
        "{statuses:?}"
    );

    let again = world.rd("rd-net").args("plan --exit-code").ok();
    assert_eq!(again.actions(), [""; 0]);
    let output = world.rd("rd-net").args("output vpc_id").ok();
    assert_eq!(output.stdout.trim(), vpc.as_str().unwrap());

    let destroy = world.rd("rd-net").args("destroy -y").ok();
    assert_eq!(destroy.actions().len(), planned.len());
    for (call, tag) in [
        ("DescribeVpcs", "vpcId"),
        ("DescribeNatGateways", "natGatewayId"),
        ("DescribeAddresses", "allocationId"),
    ] {
        let answer = world.ec2(
            call,
            &[
                ("Filter.1.Name", "tag:ManagedBy"),
                ("Filter.1.Value.1", "rd"),
            ],
        );
        let left = answer.body.contains(&format!("<{tag}>"))
            && !answer.body.contains("<state>deleted</state>");
        assert!(!left, "{call}: {}", answer.body);
    }
    let after = world.rd("rd-net").args("plan").ok();
    assert_eq!(
        after.actions(),
        planned,
        "after a destroy, everything is to be created again"
    );
}

#[test]
fn a_plan_without_change_makes_at_most_twelve_calls() {
    let world = World::new(SETTINGS);
    world.rd("rd-net").args("apply -y").ok();
    let plan = world.rd("rd-net").args("plan -v").ok();
    let calls = plan.stderr.lines().find_map(|line| {
        let (head, _) = line.split_once(" calls to AWS")?;
        head.rsplit(' ').next()?.parse::<u32>().ok()
    });
    assert!(
        calls.is_some_and(|calls| (1..=12).contains(&calls)),
        "{}",
        plan.stderr
    );
}

#[test]
fn an_offline_plan_needs_no_credentials_and_is_marked() {
    let world = World::new(&format!("{SETTINGS}region = \"eu-central-1\"\n"));
    let plan = world
        .rd("rd-net")
        .args("plan --offline")
        .without("AWS_ACCESS_KEY_ID")
        .without("AWS_SECRET_ACCESS_KEY")
        .without("AWS_SESSION_TOKEN")
        .without("AWS_REGION")
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        .ok();
    assert_eq!(plan.of_type("begin")[0]["offline"], true);
    let zones = plan.output("availability_zones");
    assert_eq!(zones, serde_json::json!(["eu-central-1a", "eu-central-1b"]));
    assert_eq!(
        plan.of_type("output")[0]["unknown"],
        true,
        "ids are not known yet"
    );
    assert_eq!(plan.actions().len(), plan.of_type("change").len());
}

#[test]
fn without_a_state_resources_are_found_by_tags_and_names() {
    let world = World::new(SETTINGS);
    let first = world.rd("rd-net").args("apply -y").ok();
    std::fs::remove_dir_all(world.path().join(".rd")).unwrap();
    let plan = world.rd("rd-net").args("plan").ok();
    assert!(
        plan.actions()
            .iter()
            .all(|action| action.starts_with("adopt ")),
        "{:?}",
        plan.actions()
    );
    let again = world.rd("rd-net").args("apply -y").ok();
    assert_eq!(again.output("vpc_id"), first.output("vpc_id"));
    assert_eq!(world.rd("rd-net").args("plan").ok().actions(), [""; 0]);
    world.rd("rd-net").args("destroy -y").ok();
}

#[test]
fn a_protected_stack_is_not_destroyed() {
    let world = World::new("project = \"shop\"\n");
    world.rd("rd-net").args("apply -y").ok();
    let refused = world.rd("rd-net").args("destroy -y").code(6);
    assert!(
        refused.stderr.contains("shop-production is protected"),
        "{}",
        refused.stderr
    );

    // Protection ends with an apply, not with the setting alone, and a destroy of production needs the stack's name.
    world.settings("project = \"shop\"\nprotect = false\n");
    let still = world
        .rd("rd-net")
        .args("destroy --confirm shop-production")
        .code(6);
    assert!(
        still.stderr.contains("when it was last applied"),
        "{}",
        still.stderr
    );
    world.rd("rd-net").args("apply -y").ok();
    let unnamed = world.rd("rd-net").args("destroy -y").code(6);
    assert!(
        unnamed.stderr.contains("--confirm shop-production"),
        "{}",
        unnamed.stderr
    );
    world
        .rd("rd-net")
        .args("destroy --confirm shop-staging")
        .code(6);
    assert!(world.rd("rd-net").args("plan").ok().actions().is_empty());
    world
        .rd("rd-net")
        .args("destroy --confirm shop-production")
        .ok();
}
