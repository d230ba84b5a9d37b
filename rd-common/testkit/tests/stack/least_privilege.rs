//! The whole life of a stack, each program with a role of its own that has the policy that it prints, and no other. The
//! local API evaluates the policies as IAM does, for each resource of each request (`scripts/aws_local/authorization`).

use rd_common::slices::SLICES;
use rd_testkit::{Rd, World};
use serde_json::json;

/// Every kind of resource, in the smallest number.
const SETTINGS: &str = r#"
project = "shop"
environment = "test"
domain = "DOMAIN"

[net]
endpoints = ["logs"]
flow_logs = true
flow_logs_kms_key = "KEY"

[data]
final_snapshot = true
kms_key = "KEY"
secret_kms_key = "KEY"
log_kms_key = "KEY"

[cache]
events = true
final_snapshot = true
kms_key = "KEY"
log_exports = ["slow-log"]
log_kms_key = "KEY"

[cache.parameters]
maxmemory-policy = "allkeys-lru"

[edge.rules]
metrics = { priority = 10, paths = ["/metrics"], status = 404 }

[ecs]
bootstrap = "none"
kms_key = "KEY"
log_kms_key = "KEY"
decrypt_keys = ["KEY"]

[ecs.parameters]
LOG_LEVEL = "info"

[ecs.schedules]
night = { at = "cron(0 20 ? * MON-FRI *)", min = 0, max = 1 }

[logs]
alert_email = "ops@example.com"
kms_key = "KEY"
database_events = true
"#;

/// The same with another value of what every slice can change in place.
fn changed(settings: &str) -> String {
    let same = settings
        .replace("[cache]\n", "[cache]\nnodes = 2\n")
        .replace("[data]\n", "[data]\nbackup_retention_days = 3\n")
        .replace("[\"logs\"]", "[\"logs\", \"sts\"]\nnat = \"per-az\"")
        .replace(
            "[ecs]\n",
            "[ecs]\nmax_tasks = 3\nexec = false\nkeep_images = 7\n",
        )
        .replace("\"info\"", "\"debug\"")
        .replace("[\"/metrics\"]", "[\"/metrics\", \"/debug\"]")
        .replace("[\"slow-log\"]", "[\"slow-log\", \"engine-log\"]");
    format!(
        "{same}latency_p95_seconds = 2.0\n[edge]\nidle_timeout_seconds = 61\nhealth_path = \"/up\"\n\
         [store]\nretention_days = 100\ncors_origins = [\"https://example.com\"]\n\
         [data.parameters]\nlog_min_duration_statement = 1000\n[tags]\nOwner = \"platform\"\n"
    )
}

fn program(world: &World, slice: &str, what: &str) -> Rd {
    world.restricted(&format!("rd-{slice}"), what)
}

fn in_both_forms(world: &World) {
    for slice in SLICES {
        let plan = program(world, slice, "plan");
        plan.args("plan --exit-code").code(0);
        program(world, slice, "plan").args("status").ok();
    }
}

/// A key that CloudWatch Logs may use, and whoever IAM allows.
fn key(world: &World) -> String {
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": format!("arn:aws:iam::{}:root", world.account)},
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Effect": "Allow",
                "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
                "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
                "Resource": "*",
            },
        ],
    });
    let made = world.json(
        "TrentService.CreateKey",
        &json!({"Policy": policy.to_string()}),
    );
    made["KeyMetadata"]["Arn"]
        .as_str()
        .expect("an ARN")
        .to_owned()
}

#[test]
fn a_stack_lives_with_the_printed_policies_alone() {
    let world = World::new("");
    let settings = SETTINGS
        .replace("DOMAIN", &world.domain())
        .replace("KEY", &key(&world));
    world.settings(&settings);
    world.zone(&world.domain());
    for slice in SLICES {
        program(&world, slice, "apply").args("apply -y").ok();
    }
    in_both_forms(&world);

    let mut failed = Vec::new();
    for (slice, command) in [
        ("net", "check api db 5432"),
        ("data", "snapshot before --wait"),
        ("data", "snapshots"),
        ("data", "rotate"),
        ("data", "reboot -y"),
        ("data", "restore --snapshot before --switch"),
        ("data", "restore --delete-old -y"),
        ("cache", "snapshot before --wait"),
        ("cache", "snapshots"),
        ("cache", "rotate"),
        ("store", "usage"),
        ("edge", "targets"),
        ("edge", "records"),
        ("ecs", "tasks"),
        ("ecs", "images"),
        ("ecs", "revisions"),
        ("ecs", "deploy --tag v1"),
        ("ecs", "run -- true"),
        ("ecs", "restart"),
        ("ecs", "scale 1"),
        ("logs", "groups"),
        ("logs", "alarms"),
        ("logs", "subscriptions"),
        ("logs", "search --since 1h"),
    ] {
        if command.starts_with("deploy") {
            world.image("v1", "arm64");
        }
        let what = command.split(' ').next().unwrap_or_default();
        let done = program(&world, slice, what).args(command).run();
        if done.code != 0 {
            failed.push(format!("rd-{slice} {command}: {}", done.stderr));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));

    // Tags of such a bucket are S3 Control's.
    let bucket = program(&world, "store", "plan")
        .args("output bucket_name")
        .ok();
    let controls = "<AbacStatus><Status>Enabled</Status></AbacStatus>";
    let path = format!("/{}?abac", bucket.stdout.trim());
    assert!(world.s3("PUT", &path, controls).status < 300);

    world.settings(&changed(&settings));
    for slice in SLICES {
        program(&world, slice, "apply").args("apply -y").ok();
    }
    in_both_forms(&world);

    for slice in SLICES.iter().rev() {
        let flag = match *slice {
            "store" => "--delete-objects",
            "ecs" => "--delete-images",
            _ => "",
        };
        program(&world, slice, "apply")
            .args(&format!("destroy -y {flag}"))
            .ok();
    }
}

/// A role that may only plan cannot apply, and the error says what is missing.
#[test]
fn an_apply_with_the_policy_of_a_plan_is_refused() {
    let world = World::new("project = \"shop\"\nenvironment = \"test\"\n");
    for (slice, action, resource) in [
        ("net", "ec2:CreateVpc", "vpc/*"),
        (
            "store",
            "s3:CreateBucket",
            "arn:aws:s3:::shop-test-sessions-",
        ),
        ("logs", "sns:CreateTopic", ":shop-test-alarms"),
    ] {
        let refused = program(&world, slice, "plan").args("apply -y").code(1);
        for part in [
            format!("allow {action} on"),
            resource.to_owned(),
            format!("rd-{slice} policy --for apply"),
        ] {
            assert!(refused.stderr.contains(&part), "{part}: {}", refused.stderr);
        }
    }
}

/// Resources of another stack, and of nobody, are out of reach.
#[test]
fn the_policy_of_one_stack_does_not_reach_another() {
    let world = World::new("project = \"shop\"\nenvironment = \"test\"\n");
    world.rd("rd-net").args("apply -y").ok();
    let policy = world
        .rd("rd-net")
        .args(&format!(
            "policy --for apply --account {} -e other --new-environment",
            world.account
        ))
        .ok()
        .stdout;
    let destroy = world.with_policy("rd-net", "other", policy.trim());
    let refused = destroy.args("destroy -y").code(1);
    assert!(
        refused.stderr.contains("not authorized"),
        "{}",
        refused.stderr
    );
    world.rd("rd-net").args("destroy -y").ok();
}
