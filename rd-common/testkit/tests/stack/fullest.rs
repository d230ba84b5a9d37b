//! What people see of a whole stack with settings at their fullest: a plan has a line for each creation, a status is one screen.

use rd_testkit::World;
use serde_json::json;

const SLICES: [&str; 7] = ["net", "data", "cache", "store", "edge", "ecs", "logs"];

/// As much as settings can ask for in one stack.
const FULLEST: &str = r#"
project = "shop"
environment = "test"
region = "us-east-1"
[net]
azs = 3
nat = "per-az"
endpoints = "private"
flow_logs = true
rules = { vpn = { group = "db", port = 5432, from = "10.8.0.0/16" } }
[data]
multi_az = true
monitoring_seconds = 60
parameters = { log_min_duration_statement = "1000" }
[cache]
engine = "valkey"
engine_version = "8.2"
nodes = 3
log_exports = ["slow-log", "engine-log"]
events = true
parameters = { maxmemory-policy = "allkeys-lru" }
[store]
cors_origins = ["https://app.example.com"]
lifecycle_rules = { exports = { prefix = "exports/", retention_days = 7 } }
[edge]
rules = { metrics = { priority = 10, paths = ["/metrics"], status = 404 } }
[ecs]
environment = { NODE_ENV = "production" }
parameters = { LOG_LEVEL = "info", LOCALE = "en" }
[ecs.schedules]
night = { at = "cron(0 20 ? * MON-FRI *)", timezone = "Europe/Berlin", min = 0, max = 0 }
morning = { at = "cron(0 6 ? * MON-FRI *)", timezone = "Europe/Berlin", min = 1, max = 4 }
[logs]
alert_email = "ops@example.com"
slack_team = "T0123ABCD"
slack_channel = "C0123ABCD"
teams_team = "11111111-2222-3333-4444-555555555555"
teams_tenant = "66666666-7777-8888-9999-000000000000"
teams_channel = "19%3A0123abcd%40thread.tacv2"
database_events = true
"#;

/// Authorizes AWS Chatbot for the workspace and the team, as somebody does in the console.
fn authorize(world: &World) {
    let team = json!({
        "TeamId": "11111111-2222-3333-4444-555555555555", "TenantId": "66666666-7777-8888-9999-000000000000",
        "State": "ENABLED",
    });
    let both = json!({
        "account": world.account,
        "slack": [{"SlackTeamId": "T0123ABCD", "SlackTeamName": "Team", "State": "ENABLED"}],
        "teams": [team],
    });
    world.aws_local("/aws-local/chat", &both);
}

fn pipe(command: &str, end: &str) -> String {
    let pipe = SLICES.map(|slice| format!("rd-{slice} {command}"));
    format!("set -o pipefail; {} {end}", pipe.join(" | "))
}

/// However many resources there are: a line for each that is created, and at most eleven others, which are the stack, the
/// summary, a heading for each of the seven slices, and how to see more. 79 creations are 90 lines.
#[test]
fn a_plan_of_the_fullest_settings_has_a_line_for_each_creation() {
    let world = World::new(FULLEST);
    let line = pipe("plan --offline", "--format text");
    let text = world
        .rd("rd-net")
        .env("COLUMNS", "80")
        .shell(&line)
        .ok()
        .stdout;
    let created = text.lines().filter(|line| line.starts_with("+ ")).count();
    assert!(created > 120, "{created}:\n{text}");
    assert!(text.lines().count() <= created + 11, "{text}");
    let long: Vec<&str> = text
        .lines()
        .filter(|line| line.chars().count() > 80)
        .collect();
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn a_status_of_the_fullest_settings_is_one_screen_whether_all_is_well_or_nothing_is() {
    let world = World::new(FULLEST);
    authorize(&world);
    world.rd("rd-net").shell(&pipe("apply -y", "")).ok();
    let records = world.rd("rd-net").shell(&pipe("status", "")).ok().stdout;
    let reason = "in ALARM since 2026-11-27T01:00:00Z: Threshold Crossed: 3 datapoints [12.0, 14.0, 11.0] were greater \
                  than the threshold (10.0)";
    let spoilt = records.replace(
        "\"health\":\"ready\"",
        &format!("\"health\":\"unhealthy\",\"reason\":\"{reason}\""),
    );
    assert_ne!(spoilt, records);
    for records in [records, spoilt] {
        let view = world.rd("rd-state").args("view").stdin(records);
        let text = view.env("COLUMNS", "80").ok().stdout;
        assert!(text.lines().count() <= 24, "{text}");
    }
}
