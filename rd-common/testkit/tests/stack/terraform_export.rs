//! `rd-state export --terraform`: the files, and Terraform's own plan of them where it is installed.

#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use crate::terraform::Terraform;
use insta::{assert_snapshot, with_settings};
use rd_common::slices::SLICES;
use rd_testkit::{Rd, World};
use serde_json::{Value, json};
use std::path::Path;

/// Nearly every kind of resource, with values that Terraform's language must quote.
const SETTINGS: &str = r#"
project = "shop"
environment = "test"
edition = 2
domain = "DOMAIN"

[net]
flow_logs = true
endpoints = ["logs"]
ingress = ["10.0.0.0/8"]
rules = { vpn = { group = "db", port = 5432, from = "10.8.0.0/16" } }

[data]
log_exports = ["postgresql"]
monitoring_seconds = 60

[data.parameters]
log_min_duration_statement = 1000

[cache]
events = true
nodes = 2
log_exports = ["slow-log"]

[cache.parameters]
maxmemory-policy = "allkeys-lru"

[store]
cors_origins = ["https://app.example.com"]
lifecycle_rules = { exports = { prefix = "exports/", retention_days = 7 } }

[edge]
stickiness_seconds = 3600

[edge.rules]
metrics = { priority = 10, paths = ["/metrics"], status = 404, body = "no ${such} page" }
old = { priority = 20, hosts = ["www.example.com"], methods = ["GET"], redirect = "https://example.com/new" }
office = { priority = 30, source_ips = ["10.0.0.0/8"], paths = ["/admin/*"] }

[ecs]
container_insights = true
health_command = ["CMD-SHELL", "wget -qO- http://localhost:3001/health"]
task_policies = ["arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]

[ecs.environment]
TEMPLATE = "${not.interpolated} %{nor this}"

[ecs.parameters]
LOG_LEVEL = "info"

[ecs.schedules]
night = { at = "cron(0 20 ? * MON-FRI *)", min = 0, max = 1 }

[logs]
alert_email = "ops@example.com"
"#;

/// What differs from run to run.
const FILTERS: [(&str, &str); 11] = [
    (r"\b[a-z]+-[0-9a-f]{17}", "<id>"),
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<uuid>"),
    (r"\b\d{12}\b", "<account>"),
    (r"(:secret:[\w/]+)-\w{6}\b", "$1-<random>"),
    (r"/[0-9a-f]{16}\b", "/<id>"),
    (r"shop-test-api-[0-9a-f]{6}\b", "shop-test-api-<random>"),
    (r"\bZ[0-9A-Z]{12,}", "<zone>"),
    (r"t\d{12}([._-])", "t<account>$1"),
    (r"_[0-9a-f]{32}\.", "_<random>."),
    (r"\.[a-z]{10}\.acm-validations", ".<random>.acm-validations"),
    (r"-alb-\d{10}\.", "-alb-<random>."),
];

fn applied() -> World {
    let world = World::new(SETTINGS);
    world.settings(&SETTINGS.replace("DOMAIN", &world.domain()));
    world.zone(&world.domain());
    let apply = |slice: &&str| world.rd(&format!("rd-{slice}")).args("apply -y");
    for one in Rd::pipe(SLICES.iter().map(apply).collect()) {
        assert_eq!(one.code, 0, "{}", one.stderr);
    }
    world
}

/// The passwords of database and cache, of which none may be in a file.
fn passwords(world: &World) -> [String; 2] {
    [
        ("shop/test/database", "password"),
        ("shop/test/redis", "token"),
    ]
    .map(|(name, member)| {
        let answer = world.json("secretsmanager.GetSecretValue", &json!({"SecretId": name}));
        let value: Value = serde_json::from_str(answer["SecretString"].as_str().unwrap()).unwrap();
        value[member].as_str().unwrap().to_owned()
    })
}

/// `terraform plan` of the export, or why there is none. `BENCH_TF_PLUGINS` names the folder with the provider.
fn terraform_plan(world: &World, folder: &Path) -> Result<String, &'static str> {
    let terraform = Terraform::at(world, folder)?;
    let overridden = "provider \"aws\" {\n  s3_use_path_style           = true\n  skip_credentials_validation = true\n  \
                      skip_metadata_api_check     = true\n}\n";
    std::fs::write(folder.join("local_override.tf"), overridden).unwrap();
    terraform.succeeds(&["fmt", "-check", "-diff"]);
    terraform.init();
    Ok(terraform.plan())
}

#[test]
fn a_stack_becomes_a_configuration_whose_plan_only_imports() {
    let world = applied();
    let done = world.rd("rd-state").args("export --terraform tf").ok();
    let report: Value = serde_json::from_str(&done.stdout).unwrap();
    let folder = world.path().join("tf");
    let names = report["files"].as_array().unwrap().iter();
    let files = names.map(|name| {
        let name = name.as_str().unwrap();
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        format!("# {name}\n{text}")
    });
    let files: String = files.collect::<Vec<_>>().join("\n");
    for password in passwords(&world) {
        world.keeps(&password, std::slice::from_ref(&done));
    }
    with_settings!({filters => FILTERS.to_vec(), omit_expression => true}, {
        assert_snapshot!("terraform_export", files);
    });
    let left = report["left"].as_array().unwrap().iter();
    let left: Vec<&str> = left.map(|one| one["address"].as_str().unwrap()).collect();
    let validation = left
        .iter()
        .position(|one| one.starts_with("edge.certificate_validation"));
    assert_eq!(left.len(), 6, "{left:?}");
    assert!(validation.is_some(), "{left:?}");
    for address in [
        "data.secret_version.database",
        "cache.secret_version.redis",
        "ecs.scheduled_action.night",
        "logs.subscription.email",
        "logs.subscription.cache-email",
    ] {
        assert!(left.contains(&address), "{address}: {left:?}");
    }
    match terraform_plan(&world, &folder) {
        Ok(plan) => {
            let expected = format!(
                "Plan: {} to import, 0 to add, 0 to change, 0 to destroy.",
                report["imports"]
            );
            assert!(plan.contains(&expected), "{plan}");
        }
        Err(reason) => eprintln!("skipped: {reason}"),
    }
}

#[test]
fn files_of_terraform_are_not_mixed_and_a_stack_without_states_is_an_error() {
    let world = World::new("project = \"shop\"\nenvironment = \"test\"\n");
    let nothing = world.rd("rd-state").args("export --terraform tf").code(2);
    assert!(
        nothing.stderr.contains("no states to export"),
        "{}",
        nothing.stderr
    );
    assert!(!world.path().join("tf").exists());
    world.rd("rd-store").args("apply -y").ok();
    std::fs::create_dir(world.path().join("tf")).unwrap();
    std::fs::write(world.path().join("tf/mine.tf"), "").unwrap();
    let refused = world.rd("rd-state").args("export --terraform tf").code(6);
    assert!(refused.stderr.contains("mine.tf"), "{}", refused.stderr);
    assert_eq!(
        std::fs::read_dir(world.path().join("tf")).unwrap().count(),
        1
    );
    let done = world
        .rd("rd-state")
        .args("export --terraform other --format text")
        .ok();
    assert!(
        done.stdout.contains("7 to import, 0 to add"),
        "{}",
        done.stdout
    );
}
