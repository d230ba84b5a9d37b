//! The parts of `logs`: the topic that the alarms notify, its subscription by mail, and the alarms on what the stack has.

use crate::adoption::mapper::Mapper;
use crate::terraform::Resource;
use std::collections::BTreeSet;

const TABLE: &str = "logs";

/// The table with the names of alarms.
const NAMES: &str = "logs.alarm_names";

const TOPIC: &str = "logs.topic.alarms";

/// The bytes of the unit of rd's setting for free storage, GiB.
const GIB: f64 = 1_073_741_824.0;

/// An alarm that rd has: the last part of its address, namespace, metric, whether it goes off above its threshold, the key with
/// the threshold, and its default.
struct Rule(
    &'static str,
    &'static str,
    &'static str,
    bool,
    &'static str,
    f64,
);

const BALANCER: &str = "AWS/ApplicationELB";

/// The alarms of which a stack has one each, in the order of rd-logs.
const RULES: [Rule; 11] = [
    Rule(
        "alb-5xx",
        BALANCER,
        "HTTPCode_ELB_5XX_Count",
        true,
        "alb_5xx",
        10.0,
    ),
    Rule(
        "target-5xx",
        BALANCER,
        "HTTPCode_Target_5XX_Count",
        true,
        "target_5xx",
        10.0,
    ),
    Rule(
        "latency",
        BALANCER,
        "TargetResponseTime",
        true,
        "latency_p95_seconds",
        1.0,
    ),
    Rule(
        "unhealthy-hosts",
        BALANCER,
        "UnHealthyHostCount",
        true,
        "unhealthy_hosts",
        0.0,
    ),
    Rule(
        "ecs-cpu",
        "AWS/ECS",
        "CPUUtilization",
        true,
        "ecs_cpu_percent",
        90.0,
    ),
    Rule(
        "ecs-memory",
        "AWS/ECS",
        "MemoryUtilization",
        true,
        "ecs_memory_percent",
        90.0,
    ),
    Rule(
        "running-tasks",
        "ECS/ContainerInsights",
        "RunningTaskCount",
        false,
        "running_tasks",
        f64::NAN,
    ),
    Rule(
        "running-tasks",
        BALANCER,
        "HealthyHostCount",
        false,
        "running_tasks",
        f64::NAN,
    ),
    Rule(
        "db-cpu",
        "AWS/RDS",
        "CPUUtilization",
        true,
        "db_cpu_percent",
        90.0,
    ),
    Rule(
        "db-storage",
        "AWS/RDS",
        "FreeStorageSpace",
        false,
        "db_free_storage_gib",
        2.0,
    ),
    Rule(
        "db-connections",
        "AWS/RDS",
        "DatabaseConnections",
        true,
        "db_connections",
        300.0,
    ),
];

/// Decides which topic it is, and which alarms notify it.
pub fn map(mapper: &mut Mapper<'_>) {
    let alarms = mapper.of("aws_cloudwatch_metric_alarm");
    let notified: BTreeSet<&str> = alarms
        .iter()
        .filter(|alarm| RULES.iter().any(|rule| rule.is(alarm)))
        .flat_map(|alarm| alarm.texts("alarm_actions"))
        .collect();
    let mut topics = mapper.of("aws_sns_topic");
    topics.retain(|one| notified.contains(one.id()));
    let Some(topic) = mapper.pick(TOPIC, &topics, "the topic that the alarms notify") else {
        return;
    };
    let mapping = &mut mapper.mapping;
    mapping.set_text(TABLE, "topic_name", topic.text("name"));
    let key = topic.text("kms_master_key_id");
    if !key.is_empty() && !key.ends_with("alias/aws/sns") {
        mapping.set_text(TABLE, "kms_key", key);
    }
    for part in mapper.of("aws_sns_topic_policy") {
        if part.text("arn") == topic.id() {
            mapper.claim(part, TOPIC, "", "the policy of that topic");
        }
    }
    subscription(mapper, topic);
    dashboard(mapper);
    for Rule(part, ..) in &RULES {
        let rules = RULES.iter().filter(|rule| rule.0 == *part);
        let rules: Vec<&Rule> = rules.collect();
        let mut all = alarms.clone();
        all.retain(|one| one.texts("alarm_actions").contains(&topic.id()));
        all.retain(|one| rules.iter().any(|rule| rule.is(one)));
        alarm(mapper, part, &all, rules[0]);
    }
    numbered(mapper, &alarms, topic);
    // A table within the table comes after its keys.
    let settings = &mut mapper.mapping.settings;
    settings.sort_by_key(|one| one.table == NAMES);
}

impl Rule {
    fn is(&self, alarm: &Resource) -> bool {
        let Self(_, namespace, metric, above, ..) = self;
        alarm.text("namespace") == *namespace
            && alarm.text("metric_name") == *metric
            && alarm.text("comparison_operator").starts_with("Greater") == *above
    }
}

/// Terraform's dashboard stays, since rd makes one of its own. It gets another name where that one may have rd's.
fn dashboard(mapper: &mut Mapper<'_>) {
    let all = mapper.of("aws_cloudwatch_dashboard");
    let mut names = all.iter().map(|one| one.text("dashboard_name"));
    if let Some(name) = names.find(|name| name.ends_with("-overview")) {
        let other = format!("{name}-rd");
        mapper.mapping.set_text(TABLE, "dashboard_name", &other);
    }
}

/// The first subscription by mail. The others stay: rd has one, and leaves those that it does not know alone.
fn subscription(mapper: &mut Mapper<'_>, topic: &Resource) {
    let mut all = mapper.of("aws_sns_topic_subscription");
    all.retain(|one| one.text("topic_arn") == topic.id() && !one.text("endpoint").is_empty());
    let address = "logs.subscription.email";
    let Some(first) = all.first() else {
        return;
    };
    let confirmed =
        first.flag("pending_confirmation") != Some(true) && first.id().starts_with("arn:");
    let id = if confirmed { first.id() } else { "" };
    mapper.claim(first, address, id, "the subscription by mail");
    mapper
        .mapping
        .set_text(TABLE, "alert_email", first.text("endpoint"));
}

/// The alarm among those on its metric, with its threshold.
fn alarm<'a>(mapper: &mut Mapper<'a>, part: &str, all: &[&'a Resource], rule: &Rule) {
    let Rule(_, _, metric, _, key, default) = rule;
    let address = format!("logs.alarm.{part}");
    if mapper
        .mapping
        .decisions
        .iter()
        .any(|one| one.address == address)
        || mapper
            .mapping
            .questions
            .iter()
            .any(|one| one.address == address)
    {
        return;
    }
    let picked = match all {
        // Terraform's id of an alarm is its name.
        [one] => {
            mapper.claim(
                one,
                &address,
                one.text("alarm_name"),
                &format!("the alarm on {metric}"),
            );
            Some(*one)
        }
        all => mapper.pick(&address, all, &format!("the alarm on {metric}")),
    };
    let Some(picked) = picked else {
        return;
    };
    let name = picked.text("alarm_name");
    if !mapper.has(&address, name) {
        return;
    }
    let mapping = &mut mapper.mapping;
    let text = serde_json::Value::from(name).to_string();
    mapping.set(NAMES, part, text);
    let unit = if *key == "db_free_storage_gib" {
        GIB
    } else {
        1.0
    };
    let threshold = picked
        .decimal("threshold")
        .map(|threshold| threshold / unit);
    if let Some(threshold) = threshold.filter(|threshold| threshold != default) {
        mapping.set(TABLE, key, format!("{threshold:?}"));
    }
}

/// The alarms on what a stack has several of: nodes of the cache, by the number at the end of their names, and NAT gateways, by
/// the zone that the network's part has found.
fn numbered<'a>(mapper: &mut Mapper<'a>, alarms: &[&'a Resource], topic: &Resource) {
    let gateways: Vec<(String, String)> = mapper
        .mapping
        .decisions
        .iter()
        .filter_map(|one| {
            let zone = one.address.strip_prefix("net.nat_gateway.")?;
            Some((one.id.clone(), zone.to_owned()))
        })
        .collect();
    for one in alarms {
        if !one.texts("alarm_actions").contains(&topic.id()) {
            continue;
        }
        let dimensions = one.map("dimensions");
        let of = |name: &str| dimensions.get(name).copied().unwrap_or_default();
        let node = of("CacheClusterId").rsplit('-').next().unwrap_or_default();
        let node = node.parse::<u32>().ok().filter(|node| *node > 0);
        let zone = gateways.iter().find(|(id, _)| id == of("NatGatewayId"));
        let (part, rule) = match (one.text("metric_name"), node, zone) {
            ("DatabaseMemoryUsagePercentage", Some(node), _) => (
                format!("redis-{node}-memory"),
                Rule(
                    "",
                    "AWS/ElastiCache",
                    "DatabaseMemoryUsagePercentage",
                    true,
                    "redis_memory_percent",
                    80.0,
                ),
            ),
            ("Evictions", Some(node), _) => (
                format!("redis-{node}-evictions"),
                Rule(
                    "",
                    "AWS/ElastiCache",
                    "Evictions",
                    true,
                    "redis_evictions",
                    0.0,
                ),
            ),
            ("ErrorPortAllocation", _, Some((_, zone))) => (
                format!("nat-{zone}-port-errors"),
                Rule(
                    "",
                    "AWS/NATGateway",
                    "ErrorPortAllocation",
                    true,
                    "nat_port_errors",
                    0.0,
                ),
            ),
            _ => continue,
        };
        if rule.is(one) {
            alarm(mapper, &part, &[one], &rule);
        }
    }
}
