//! The autoscaling of the service: its range of tasks, the policies for CPU and memory, and the schedules.

use crate::adoption::mapper::Mapper;
use crate::terraform::{Block, Resource};

const TABLE: &str = "ecs";

/// The number of tasks at which rd's defaults begin and end.
const DEFAULT_RANGE: (i64, i64) = (1, 4);

/// The policies: the part, the metric, and the key with its default.
const POLICIES: [(&str, &str, &str, f64); 2] = [
    ("cpu", "ECSServiceAverageCPUUtilization", "cpu_target", 70.0),
    (
        "memory",
        "ECSServiceAverageMemoryUtilization",
        "memory_target",
        80.0,
    ),
];

/// The cooldowns: the key, the attribute, and rd's default. AWS's own is 300 s.
/// <https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TargetTrackingScalingPolicyConfiguration.html>
const COOLDOWNS: [(&str, &str, i64); 2] = [
    ("scale_in_cooldown_seconds", "scale_in_cooldown", 300),
    ("scale_out_cooldown_seconds", "scale_out_cooldown", 60),
];
const AWS_COOLDOWN: i64 = 300;

/// Decides what scales the service `resource`, such as `service/web/api`, which has `desired` tasks.
pub fn map(mapper: &mut Mapper<'_>, resource: &str, desired: Option<i64>) {
    let of_service = |one: &&Resource| one.text("resource_id") == resource;
    let mut targets = mapper.of("aws_appautoscaling_target");
    targets.retain(of_service);
    let Some(target) = targets.first() else {
        let mapping = &mut mapper.mapping;
        mapping.set(TABLE, "autoscaling", "false".to_owned());
        if let Some(desired) = desired {
            mapping.set(TABLE, "desired", desired.to_string());
        }
        return;
    };
    let how = "the range of tasks of the service";
    mapper.claim(target, "ecs.scalable_target.api", resource, how);
    let min = target.number("min_capacity").unwrap_or(DEFAULT_RANGE.0);
    let max = target.number("max_capacity").unwrap_or(DEFAULT_RANGE.1);
    let mapping = &mut mapper.mapping;
    for (key, value, default) in [
        ("min_tasks", min, DEFAULT_RANGE.0),
        ("max_tasks", max, DEFAULT_RANGE.1),
    ] {
        if value != default {
            mapping.set(TABLE, key, value.to_string());
        }
    }
    // The default is 1 or 2, which must be in the range.
    if min > 1 || max < 2 {
        let desired = desired.unwrap_or(min).clamp(min, max.max(min));
        mapping.set(TABLE, "desired", desired.to_string());
    }
    policies(mapper, resource);
    schedules(mapper, resource);
}

/// The configuration of a policy that tracks this metric; none for any other.
fn tracking<'a>(policy: &'a Resource, metric: &str) -> Option<Block<'a>> {
    let blocks = policy.blocks("target_tracking_scaling_policy_configuration");
    blocks.into_iter().find(|block| {
        let metrics = block.blocks("predefined_metric_specification");
        let mut names = metrics.iter().map(|one| one.text("predefined_metric_type"));
        names.any(|name| name == metric)
    })
}

fn policies(mapper: &mut Mapper<'_>, resource: &str) {
    let mut has_cooldowns = false;
    for (part, metric, key, default) in POLICIES {
        let mut all = mapper.of("aws_appautoscaling_policy");
        all.retain(|one| one.text("resource_id") == resource);
        let Some((policy, tracking)) = all
            .into_iter()
            .find_map(|one| Some((one, tracking(one, metric)?)))
        else {
            continue;
        };
        let id = format!("{resource}:{}", policy.text("name"));
        let how = format!("the policy for {part}");
        mapper.claim(policy, &format!("ecs.scaling_policy.{part}"), &id, &how);
        let key_of_name = format!("{part}_policy_name");
        mapper
            .mapping
            .set_text(TABLE, &key_of_name, policy.text("name"));
        let target = tracking.decimal("target_value").unwrap_or(default);
        if (target - default).abs() > f64::EPSILON && (10.0..=100.0).contains(&target) {
            mapper.mapping.set(TABLE, key, format!("{target:?}"));
        }
        if has_cooldowns {
            continue;
        }
        has_cooldowns = true;
        for (key, attribute, default) in COOLDOWNS {
            // Terraform has 0 where nothing was set.
            let value = tracking.number(attribute).filter(|value| *value > 0);
            let value = value.unwrap_or(AWS_COOLDOWN);
            if value != default && (0..=3600).contains(&value) {
                mapper.mapping.set(TABLE, key, value.to_string());
            }
        }
    }
}

/// The schedules that set both limits; others stay in Terraform, since rd has none that sets one.
fn schedules(mapper: &mut Mapper<'_>, resource: &str) {
    for one in mapper.of("aws_appautoscaling_scheduled_action") {
        let actions = one.blocks("scalable_target_action");
        let limits = actions.iter().find_map(|action| {
            let whole = |name| {
                let text = action.text(name).parse().ok();
                action.number(name).or(text)
            };
            Some((whole("min_capacity")?, whole("max_capacity")?))
        });
        let (Some((min, max)), true) = (limits, one.text("resource_id") == resource) else {
            continue;
        };
        let name = one.text("name");
        let key: String = name
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_lowercase()
                } else {
                    '-'
                }
            })
            .collect();
        let id = format!("{resource}:{name}");
        let address = format!("ecs.scheduled_action.{key}");
        mapper.claim(one, &address, &id, "a schedule of the range of tasks");
        if !mapper.has(&address, &id) {
            continue;
        }
        let text = |value: &str| serde_json::Value::from(value).to_string();
        let timezone = match one.text("timezone") {
            "" => "UTC",
            other => other,
        };
        let value = format!(
            "{{ at = {}, timezone = {}, min = {min}, max = {max}, name = {} }}",
            text(one.text("schedule")),
            text(timezone),
            text(name)
        );
        mapper.mapping.set("ecs.schedules", &key, value);
    }
}
