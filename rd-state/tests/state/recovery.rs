//! States that are edited, lost, broken, rebuilt, restored and fixed.

#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::World;
use serde_json::Value;

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n[net]\nazs = 1\n";

fn applied() -> World {
    let world = World::new(SETTINGS);
    world.rd("rd-net").args("apply -y").ok();
    world
}

fn state(world: &World) -> Value {
    serde_json::from_str(&world.rd("rd-state").args("pull net").ok().stdout).unwrap()
}

fn id(world: &World, address: &str) -> String {
    state(world)["resources"][address]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn nothing_to_do(world: &World) {
    let plan = world.rd("rd-net").args("plan").ok();
    assert_eq!(plan.actions(), [""; 0]);
}

#[test]
fn only_the_next_version_is_pushed_and_force_reports_what_is_forgotten() {
    let world = applied();
    let mut pulled = state(&world);
    let same = world
        .rd("rd-state")
        .args("push net")
        .stdin(pulled.to_string())
        .code(6);
    assert!(
        same.stderr.contains("but the next serial is")
            && same.stderr.contains("no resource would be forgotten"),
        "{}",
        same.stderr
    );

    let serial = pulled["serial"].as_u64().unwrap();
    pulled["serial"] = (serial + 1).into();
    world
        .rd("rd-state")
        .args("push net")
        .stdin(pulled.to_string())
        .ok();
    assert_eq!(state(&world)["serial"], serial + 1);

    let vpc = id(&world, "net.vpc.main");
    pulled["resources"]
        .as_object_mut()
        .unwrap()
        .remove("net.vpc.main");
    pulled["lineage"] = "another".into();
    let refused = world
        .rd("rd-state")
        .args("push net")
        .stdin(pulled.to_string())
        .code(6);
    assert!(
        refused.stderr.contains(&format!("net.vpc.main {vpc}")),
        "{}",
        refused.stderr
    );
    let forced = world
        .rd("rd-state")
        .args("push net --force --format text")
        .stdin(pulled.to_string())
        .ok();
    assert!(
        forced
            .stdout
            .contains(&format!("forgotten: net.vpc.main {vpc}")),
        "{}",
        forced.stdout
    );
    // The forgotten VPC is found again by its tags.
    assert_eq!(
        world.rd("rd-net").args("plan").ok().actions(),
        ["adopt net.vpc.main"]
    );

    for (text, wanted) in [
        ("{", "cannot be read"),
        ("{\"format\":\"rd-state/9\"}", "rd-state/9"),
    ] {
        let done = world
            .rd("rd-state")
            .args("push net --force")
            .stdin(text)
            .code(1);
        assert!(done.stderr.contains(wanted), "{}", done.stderr);
    }
    pulled["stack"] = "shop-production".into();
    world
        .rd("rd-state")
        .args("push net --force")
        .stdin(pulled.to_string())
        .code(6);
}

#[test]
fn a_resource_is_moved_removed_and_imported() {
    let world = applied();
    world
        .rd("rd-state")
        .args("mv net.security_group.db net.security_group.api")
        .code(6);
    world
        .rd("rd-state")
        .args("mv net.security_group.db net.vpc.db")
        .code(2);
    world
        .rd("rd-state")
        .args("mv net.security_group.nothing net.security_group.other")
        .code(2);

    let group = id(&world, "net.security_group.db");
    world
        .rd("rd-state")
        .args("mv net.security_group.db net.security_group.old")
        .ok();
    assert_eq!(id(&world, "net.security_group.old"), group);
    let rule = &state(&world)["resources"]["net.security_group_rule.db-in-api"]["depends_on"];
    assert!(
        rule.to_string().contains("net.security_group.old"),
        "{rule}"
    );
    world
        .rd("rd-state")
        .args("mv net.security_group.old net.security_group.db")
        .ok();
    nothing_to_do(&world);

    let removed = world
        .rd("rd-state")
        .args("rm net.security_group.db net.vpc_endpoint.s3")
        .ok();
    assert!(removed.stdout.contains(&group), "{}", removed.stdout);
    world
        .rd("rd-state")
        .args("rm net.security_group.db")
        .code(2);
    let imported = world
        .rd("rd-state")
        .args("import net.security_group.db")
        .arg(&group)
        .ok();
    assert_eq!(imported.actions(), ["adopt net.security_group.db"]);
    assert_eq!(
        world.rd("rd-net").args("plan").ok().actions(),
        ["adopt net.vpc_endpoint.s3"]
    );
}

#[test]
fn an_import_is_checked_against_aws_first() {
    let world = applied();
    let rd = |address: &str, id: &str| world.rd("rd-state").args("import").arg(address).arg(id);
    let vpc = id(&world, "net.vpc.main");
    let twice = rd("net.vpc.main", &vpc).code(6);
    assert!(
        twice.stderr.contains("already") && twice.stderr.contains("rd-state rm"),
        "{}",
        twice.stderr
    );
    world.rd("rd-state").args("rm net.vpc.main").ok();
    let gone = rd("net.vpc.main", "vpc-00000000000000000").code(2);
    assert!(gone.stderr.contains("AWS has no vpc"), "{}", gone.stderr);
    let unwanted = rd("net.vpc.other", &vpc).code(2);
    assert!(
        unwanted.stderr.contains("similar addresses: net.vpc.main"),
        "{}",
        unwanted.stderr
    );
    rd("what", &vpc).code(2);
    rd("net.vpc.main", &vpc).ok();
    nothing_to_do(&world);

    // A resource of another stack is refused.
    let other = World::new(&SETTINGS.replace("test", "other"));
    other.rd("rd-net").args("apply -y").ok();
    let state = other.rd("rd-state").args("show net.vpc.main").ok().stdout;
    let other_vpc = serde_json::from_str::<Value>(&state).unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    other.settings(SETTINGS);
    let refused = other
        .rd("rd-state")
        .args("import net.vpc.main")
        .arg(&other_vpc)
        .code(6);
    assert!(
        refused.stderr.contains("belongs to another stack"),
        "{}",
        refused.stderr
    );
}

#[test]
fn versions_are_compared_and_restored() {
    let world = applied();
    let first = state(&world)["serial"].as_u64().unwrap();
    world.settings(&format!("{SETTINGS}app_port = 8080\n"));
    world.rd("rd-net").args("apply -y").ok();
    let diff = world.rd("rd-state").args(&format!("diff net {first}")).ok();
    let lines: Vec<Value> = diff
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let path = |path: &str| {
        lines
            .iter()
            .find(|line| line["path"] == path)
            .cloned()
            .unwrap_or_default()
    };
    assert_eq!(path("net.app_port")["after"], 8080);
    assert_eq!(
        path("net.security_group_rule.alb-out-api.port")["before"],
        3001
    );
    let text = world
        .rd("rd-state")
        .args(&format!("diff net {first} {first} --format text"))
        .ok();
    assert_eq!(text.stdout, "no differences\n");

    let newest = state(&world)["serial"].as_u64().unwrap();
    world
        .rd("rd-state")
        .args(&format!("restore net {first}"))
        .ok();
    assert_eq!(state(&world)["serial"], newest + 1);
    assert_eq!(state(&world)["outputs"]["app_port"], 3001);
    world.rd("rd-state").args("restore net 9999").code(2);
    // The state is older than AWS's resources: an apply makes them agree again.
    world.rd("rd-net").args("apply -y").ok();
    nothing_to_do(&world);
}

/// What a newer version has added to a state stays when this version writes it.
#[test]
fn unknown_members_survive_an_apply() {
    let world = applied();
    let file = world.state_file("shop/test", "net");
    let mut newer = state(&world);
    newer["shards"] = serde_json::json!({"count": 2});
    newer["resources"]["net.vpc.main"]["region"] = "eu-west-1".into();
    std::fs::write(&file, newer.to_string()).unwrap();
    world.settings(&format!("{SETTINGS}app_port = 8080\n"));
    world.rd("rd-net").args("apply -y").ok();
    let written = state(&world);
    assert_eq!(written["outputs"]["app_port"], 8080);
    assert_eq!(written["shards"], newer["shards"]);
    let vpc = &written["resources"]["net.vpc.main"];
    assert_eq!(vpc["region"], "eu-west-1");
}

#[test]
fn a_lost_state_is_rebuilt() {
    let world = World::new(&format!(
        "{SETTINGS}endpoints = [\"logs\"]\nflow_logs = true\n"
    ));
    world.rd("rd-net").args("apply -y").ok();
    world.rd("rd-store").args("apply -y").ok();
    let outputs = world.rd("rd-state").args("outputs").ok().stdout;
    std::fs::remove_dir_all(world.path().join(".rd")).unwrap();
    let rebuilt = world.rd("rd-state").args("rebuild").ok();
    assert!(
        rebuilt
            .actions()
            .iter()
            .all(|action| action.starts_with("adopt "))
    );
    nothing_to_do(&world);
    assert_eq!(world.rd("rd-store").args("plan").ok().actions(), [""; 0]);
    assert_eq!(world.rd("rd-state").args("outputs").ok().stdout, outputs);
    // The state of one slice only; then again, with nothing lost.
    std::fs::remove_file(world.state_file("shop/test", "net")).unwrap();
    world.rd("rd-state").args("rebuild net").ok();
    nothing_to_do(&world);
    assert!(
        world
            .rd("rd-state")
            .args("rebuild")
            .ok()
            .actions()
            .is_empty()
    );
    world.rd("rd-net").args("destroy -y").ok();
    assert_eq!(world.inventory(), [""; 0]);
}

#[test]
fn the_doctor_finds_and_fixes_inconsistencies() {
    let world = applied();
    world.rd("rd-state").args("doctor net").ok();

    // An untracked resource, as a run on another machine that lost its state would leave.
    let vpc = id(&world, "net.vpc.main");
    let subnet = world.ec2(
        "CreateSubnet",
        // In the zone of another public subnet, whose block must not move.
        &[
            ("VpcId", &vpc),
            ("CidrBlock", "10.0.200.0/24"),
            ("AvailabilityZone", "us-east-1a"),
        ],
    );
    let untracked = subnet.tag("subnetId").unwrap().to_owned();
    let tags = [
        ("Project", "shop"),
        ("Environment", "test"),
        ("ManagedBy", "rd"),
        ("rd:slice", "net"),
        ("rd:address", "net.subnet.public-z"),
    ];
    for (key, value) in tags {
        world.ec2(
            "CreateTags",
            &[
                ("ResourceId.1", &untracked),
                ("Tag.1.Key", key),
                ("Tag.1.Value", value),
            ],
        );
    }
    // A resource that the state has forgotten, one that was deleted in AWS, and a file that others can read.
    world.rd("rd-state").args("rm net.vpc_endpoint.s3").ok();
    world.ec2(
        "DeleteVpcEndpoints",
        &[("VpcEndpointId.1", &id(&world, "net.vpc_endpoint.dynamodb"))],
    );
    let file = world.state_file("shop/test", "net");
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();

    let found = world.rd("rd-state").args("doctor net").code(1);
    for text in [
        "other users can read or write",
        &untracked,
        "net.subnet.public-z",
        "net.vpc_endpoint.s3",
        "exists in AWS but is missing in the state",
        "net.vpc_endpoint.dynamodb",
        "is in the state but not in AWS",
        "--fix",
    ] {
        assert!(
            found.stderr.contains(text),
            "`{text}` is not in:\n{}",
            found.stderr
        );
    }
    let fixed = world.rd("rd-state").args("doctor net --fix").ok().end();
    assert!(fixed["counts"]["findings"].as_u64() > Some(0), "{fixed}");
    assert_eq!(fixed["counts"]["fixed"], fixed["counts"]["findings"]);
    world.rd("rd-state").args("doctor net").ok();
    let plan = world.rd("rd-net").args("plan").ok();
    assert_eq!(
        plan.actions(),
        [
            "create net.vpc_endpoint.dynamodb",
            "delete net.subnet.public-z"
        ]
    );
    world.rd("rd-net").args("apply -y").ok();
    nothing_to_do(&world);
    world.rd("rd-net").args("destroy -y").ok();
    assert_eq!(world.inventory(), [""; 0]);
}

#[test]
fn the_doctor_finds_an_interrupted_step() {
    let world = applied();
    let mut pulled = state(&world);
    pulled["serial"] = (pulled["serial"].as_u64().unwrap() + 1).into();
    pulled["resources"]["net.vpc.main"]["phase"] = "created".into();
    world
        .rd("rd-state")
        .args("push net")
        .stdin(pulled.to_string())
        .ok();
    let found = world.rd("rd-state").args("doctor net --fix").code(1);
    assert!(
        found
            .stderr
            .contains("it was created but never became ready")
            && found.stderr.contains("rd-net apply"),
        "{}",
        found.stderr
    );
    world.rd("rd-net").args("apply -y").ok();
    world.rd("rd-state").args("doctor net").ok();
}
