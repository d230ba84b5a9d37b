//! The names of all kinds with the longest project and environment: AWS accepts them, or a check refuses them before any
//! call.

use rd_common::slices::SLICES;
use rd_testkit::{Rd, World};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Settings with the longest names, and with every kind of resource.
pub const LONGEST: &str = r#"
project = "abcdefghijklmnopqrstuvwx"
environment = "abcdefghijklmnop"
region = "us-east-1"
domain = "shop.example.com"

[net]
nat = "per-az"
endpoints = "private"
flow_logs = true

[edge]
names = ["*.shop.example.com"]
hosted_zone = "Z0123456789ABCDEFGHIJ"

[cache.parameters]
maxmemory-policy = "allkeys-lru"

[ecs.parameters]
LOG_LEVEL = "info"

[ecs.schedules]
night = { at = "cron(0 20 ? * MON-FRI *)", min = 0, max = 0 }

[logs]
alert_email = "ops@example.com"
"#;

/// The characters of a name besides letters and digits.
type Punctuation = &'static str;

/// A kind, the field of its spec that names it, and AWS's limit and characters, from the page of the API that creates it.
/// No field where AWS gives an id instead of taking a name, or the name is not made of the stack's.
const NAMES: [(&str, &str, usize, Punctuation); 44] = [
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
    (
        "security_group",
        "group_name",
        255,
        "._-:/()#,@[]+=&;{}!$* ",
    ),
    ("vpc", "", 0, ""),
    ("subnet", "", 0, ""),
    ("internet_gateway", "", 0, ""),
    ("internet_gateway_attachment", "", 0, ""),
    ("elastic_ip", "", 0, ""),
    ("nat_gateway", "", 0, ""),
    ("route_table", "", 0, ""),
    ("route", "", 0, ""),
    ("route_table_association", "", 0, ""),
    ("vpc_endpoint", "", 0, ""),
    ("default_security_group", "", 0, ""),
    ("security_group_rule", "", 0, ""),
    ("flow_log", "", 0, ""),
    // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
    ("log_group", "name", 512, "._-/#"),
    // https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
    ("role", "name", 64, "_+=,.@-"),
    ("role_policy", "name", 128, "_+=,.@-"),
    // https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSubnetGroup.html
    ("db_subnet_group", "name", 255, "._- "),
    ("db_parameter_group", "name", 255, "-"),
    // https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
    // A restore adds `-r` and eight characters.
    ("db_instance", "identifier", 63 - 10, "-"),
    // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
    ("secret", "name", 512, "/_+=.@-"),
    ("secret_version", "", 0, ""),
    // https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateCacheSubnetGroup.html
    ("cache_subnet_group", "name", 255, "-"),
    ("cache_parameter_group", "name", 255, "-"),
    // https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html
    ("replication_group", "id", 40, "-"),
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    ("bucket", "name", 63, ".-"),
    ("certificate", "", 0, ""),
    ("certificate_validation", "", 0, ""),
    ("dns_record", "", 0, ""),
    // https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
    ("load_balancer", "name", 32, "-"),
    // Cut to 32 where the group is created (`target_group::name_start`).
    ("target_group", "name_prefix", usize::MAX, "-"),
    ("listener", "", 0, ""),
    // https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
    ("repository", "name", 256, "._-/"),
    // https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
    ("parameter", "name", 1011, "._-/"),
    // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html
    ("cluster", "name", 255, "_-"),
    ("task_definition", "family", 255, "_-"),
    ("service", "name", 255, "_-"),
    ("scalable_target", "", 0, ""),
    // https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html
    ("scaling_policy", "name", 256, "-_"),
    ("scheduled_action", "name", 256, "-_"),
    // https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
    ("topic", "name", 256, "_-"),
    ("subscription", "", 0, ""),
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    ("alarm", "name", 255, "_-:. "),
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html
    ("dashboard", "name", 255, "_-"),
];

/// The kinds of all resources of a stack with these settings and their fields, by address, from a plan without AWS.
fn planned(settings: &str) -> BTreeMap<String, (String, BTreeMap<String, Value>)> {
    let world = World::new(settings);
    let plan = |slice: &&str| world.rd(&format!("rd-{slice}")).args("plan --offline");
    let done = Rd::pipe(SLICES.iter().map(plan).collect());
    for one in &done {
        assert_eq!(one.code, 0, "{}", one.stderr);
    }
    let changes = done
        .last()
        .into_iter()
        .flat_map(|last| last.of_type("change"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    changes
        .map(|one| {
            let fields = one["fields"].as_array().into_iter().flatten();
            let fields = fields.map(|field| (text(&field["path"]), field["after"].clone()));
            (
                text(&one["address"]),
                (text(&one["kind"]), fields.collect()),
            )
        })
        .collect()
}

#[test]
fn aws_accepts_the_names_of_every_kind_with_the_longest_names() {
    for region in ["us-east-1", "ap-southeast-1", "us-gov-west-1"] {
        let settings = LONGEST.replace("us-east-1", region);
        let mut seen = BTreeSet::new();
        for (address, (kind, fields)) in planned(&settings) {
            let row = NAMES.iter().find(|(name, ..)| *name == kind);
            let Some((_, field, longest, punctuation)) = row else {
                panic!("{address}: no limit is known for the kind {kind}");
            };
            seen.insert(kind.clone());
            if field.is_empty() {
                continue;
            }
            let Some(name) = fields.get(*field).and_then(Value::as_str) else {
                panic!("{address}: no name in {fields:?}");
            };
            // Offline, the account is not known.
            let name = name.replace("<account>", "123456789012");
            assert!(name.len() <= *longest, "{address}: {name} is too long");
            let allowed = |c: char| c.is_ascii_alphanumeric() || punctuation.contains(c);
            assert!(name.chars().all(allowed), "{address}: {name}");
        }
        let missing: Vec<&str> = NAMES
            .iter()
            .map(|(kind, ..)| *kind)
            .filter(|kind| !kind.is_empty() && !seen.contains(*kind))
            .collect();
        assert!(
            missing.is_empty(),
            "no resource of these kinds: {missing:?}"
        );
    }
}

/// One more character in a project or an environment is refused before any call.
#[test]
fn longer_names_are_refused_before_any_call() {
    for (key, value) in [
        ("project", "abcdefghijklmnopqrstuvwx"),
        ("environment", "abcdefghijklmnop"),
    ] {
        let settings = LONGEST.replace(
            &format!("{key} = \"{value}\""),
            &format!("{key} = \"{value}y\""),
        );
        let world = World::new(&settings);
        let done = world.rd("rd-net").args("plan --offline").code(2);
        assert!(done.stderr.contains(key), "{}", done.stderr);
    }
}
