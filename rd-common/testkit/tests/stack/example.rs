//! rd.example.toml: what stands there behind a # is the default, as it says.

use rd_testkit::World;

const EXAMPLE: &str = include_str!("../../../../rd.example.toml");

/// Keys without a default, or with one that depends on more than the settings.
const NO_DEFAULT: &[&str] = &[
    "state.bucket",
    "state.table",
    "state.region",
    "state.profile",
    "state.role_arn",
    "state.kms_key",
    "net.rules",
    "net.flow_logs_group_name",
    "net.flow_logs_role_name",
    "store.bucket",
    "store.kms_key",
    "store.cors_origins",
    "store.lifecycle_rules",
    "store.policy_statements",
    "data.kms_key",
    "data.log_kms_key",
    "data.iops",
    "data.storage_throughput",
    "data.secret_kms_key",
    "data.secret_member",
    "data.monitoring_seconds",
    "data.iam_authentication",
    "cache.kms_key",
    "cache.secret_member",
    "cache.log_exports",
    "cache.log_kms_key",
    "cache.parameters.maxmemory-policy",
    "edge.names",
    "edge.hosted_zone",
    "edge.certificate_arn",
    "edge.certificates",
    "edge.stickiness_seconds",
    "edge.rules",
    "edge.access_logs_bucket",
    "edge.access_logs_prefix",
    "ecs.cluster_name",
    "ecs.service_name",
    "ecs.repository_name",
    "ecs.task_family",
    "ecs.log_group_name",
    "ecs.execution_role_name",
    "ecs.task_role_name",
    "ecs.cpu_policy_name",
    "ecs.memory_policy_name",
    "ecs.health_command",
    "ecs.log_kms_key",
    "ecs.log_buffer",
    "ecs.kms_key",
    "ecs.environment.NODE_ENV",
    "ecs.parameters.LOG_LEVEL",
    "ecs.secrets.MAIL_KEY",
    "ecs.schedules.night",
    "ecs.schedules.morning",
    "logs.alert_email",
    "logs.slack_team",
    "logs.slack_channel",
    "logs.teams_team",
    "logs.teams_tenant",
    "logs.teams_channel",
    "logs.kms_key",
    "logs.topic_name",
    "logs.dashboard_name",
    "logs.alarm_names.db-cpu",
    "logs.running_tasks",
    "tags.Owner",
];

/// Every key that is commented out: its section, its name, its line.
fn commented() -> Vec<(String, String, String)> {
    let mut section = String::new();
    let mut found = Vec::new();
    for line in EXAMPLE.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
        }
        let Some((key, value)) = line
            .strip_prefix("# ")
            .and_then(|line| line.split_once(" = "))
        else {
            continue;
        };
        let key = key.trim_matches('"');
        let is_key = key.bytes().all(|b| {
            b.is_ascii_lowercase()
                || b.is_ascii_digit()
                || b"_.-O".contains(&b)
                || b.is_ascii_uppercase()
        });
        if is_key && !section.is_empty() && !section.starts_with("environments") {
            found.push((
                section.clone(),
                key.to_owned(),
                format!("\"{key}\" = {value}"),
            ));
        }
    }
    found
}

/// What a plan for an empty account would make.
fn changes(world: &World, section: &str, settings: &str) -> Vec<serde_json::Value> {
    world.settings(&format!(
        "project = \"replaydash\"\nedition = 2\nregion = \"us-east-1\"\ndomain = \"example.com\"\n{settings}"
    ));
    let slice = match section.split_once('.').map_or(section, |(slice, _)| slice) {
        // Every program reads it.
        "state" => "store",
        slice => slice,
    };
    if slice == "cost" {
        // It plans nothing; its settings say what an estimate is made with.
        let settings = world.rd("rd-cost").args("settings").ok().records();
        let pair = |one: &serde_json::Value| serde_json::json!([one["key"], one["value"]]);
        return settings.iter().map(pair).collect();
    }
    let plan = if slice == "logs" {
        // What it makes depends on what the others have.
        let line = ["net", "data", "cache", "edge", "logs"];
        let line = line.map(|one| format!("rd-{one} plan --offline"));
        world.rd("rd-logs").shell(&line.join(" | ")).ok()
    } else {
        world.rd(&format!("rd-{slice}")).args("plan --offline").ok()
    };
    let mut changes = plan.of_type("change");
    changes.extend(plan.of_type("output"));
    changes.retain(|one| one["slice"] == slice);
    assert!(!changes.is_empty());
    changes
}

#[test]
fn what_is_commented_out_is_the_default() {
    let world = World::new("");
    let all = commented();
    assert!(all.len() > 60, "{}", all.len());
    for (section, key, line) in all {
        if NO_DEFAULT.contains(&format!("{section}.{key}").as_str()) {
            continue;
        }
        let with = changes(&world, &section, &format!("[{section}]\n{line}\n"));
        let without = changes(&world, &section, "");
        assert_eq!(with, without, "[{section}] {line}");
    }
}
