//! `rd-ecs preflight` and `scripts/preflight`: what IAM says about the programs' policies before the first apply.

use rd_testkit::World;
use serde_json::{Value, json};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n";

/// The policy that allows what both allow.
fn both(one: &str, other: &str) -> String {
    let statements = |text: &str| -> Vec<Value> {
        let policy: Value = serde_json::from_str(text).expect("a policy");
        policy["Statement"].as_array().expect("statements").clone()
    };
    let all = [statements(one), statements(other)].concat();
    json!({"Version": "2012-10-17", "Statement": all}).to_string()
}

#[test]
fn missing_permissions_are_named_before_an_apply() {
    let world = World::new(SETTINGS);
    let policy = |program: &str, what: &str| {
        let line = format!("policy --for {what} --account {}", world.account);
        world.rd(program).args(&line).ok().stdout
    };
    let (data, own) = (policy("rd-data", "apply"), policy("rd-ecs", "preflight"));
    let line = format!("rd-ecs preflight <<'EOF'\n{data}EOF");

    let nothing = world
        .with_policy("rd-ecs", "nobody", &own)
        .shell(&line)
        .ok();
    let report: Value = serde_json::from_str(nothing.stdout.trim()).expect("JSON");
    assert_eq!(report["ok"], false, "{report}");
    let role = format!("arn:aws:iam::{}:role/nobody", world.account);
    assert_eq!(report["principal"], role.as_str());
    let steps = report["steps"].as_array().expect("steps");
    let rds = steps.iter().find(|one| one["step"] == "rds").expect("rds");
    let reason = rds["reason"].as_str().unwrap_or_default();
    assert!(reason.ends_with("no policy allows any of them"), "{reason}");

    let enough = world.with_policy("rd-ecs", "enough", &both(&data, &own));
    let enough = enough.shell(&line).ok();
    let report: Value = serde_json::from_str(enough.stdout.trim()).expect("JSON");
    assert_eq!(report["ok"], true, "{report}");

    // Of the two, one lacks a single action.
    let less = both(&data.replace("\"rds:CreateDBInstance\",", ""), &own);
    let less = world.with_policy("rd-ecs", "less", &less);
    let less = less.shell(&format!(
        "rd-ecs preflight --format text <<'EOF'\n{data}EOF"
    ));
    let less = less.ok().stdout;
    let refused: Vec<&str> = less.lines().filter(|one| one.starts_with('✗')).collect();
    assert_eq!(
        refused,
        ["✗ rds:CreateDBInstance: no policy allows it"],
        "{less}"
    );

    // A role that may ask nothing.
    let mute = world
        .with_policy("rd-ecs", "mute", &data)
        .shell(&line)
        .code(1);
    assert!(
        mute.stderr.contains("iam:SimulatePrincipalPolicy"),
        "{}",
        mute.stderr
    );
    let empty = world
        .rd("rd-ecs")
        .shell("rd-ecs preflight </dev/null")
        .code(2);
    assert!(
        empty.stderr.contains("rd-net policy | rd-ecs preflight"),
        "{}",
        empty.stderr
    );
    let nobody = world
        .rd("rd-ecs")
        .shell(&line.replace("<<", "--principal arn:aws:iam::1:user/x <<"));
    assert!(
        nobody
            .code(1)
            .stderr
            .contains("arn:aws:iam::1:user/x does not exist")
    );
}

#[test]
fn the_script_asks_for_all_programs_and_the_store() {
    let state = "[state]\nbackend = \"s3\"\nbucket = \"shop-state\"\ntable = \"locks\"\nregion = \"us-east-1\"\n";
    let world = World::new(&format!("{SETTINGS}{state}"));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/preflight");
    let all = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let admin = world.with_policy("rd-ecs", "admin", &all.to_string());
    let line = format!("{script} --for apply --format text -e test </dev/null");
    let done = admin.shell(&line).ok();
    for service in [
        "ec2",
        "rds",
        "elasticache",
        "s3",
        "acm",
        "ecs",
        "cloudwatch",
        "dynamodb",
    ] {
        let of_service = |line: &str| line.starts_with(&format!("✓ {service}: "));
        assert!(
            done.stdout.lines().any(of_service),
            "{service}: {}",
            done.stdout
        );
    }
    assert!(
        done.stdout.contains("has the permissions"),
        "{}",
        done.stdout
    );
    let cut = world.rd("rd-ecs").shell(&format!("{script} --for")).code(2);
    assert!(
        cut.stderr.contains("error: --for needs a value"),
        "{}",
        cut.stderr
    );
}
