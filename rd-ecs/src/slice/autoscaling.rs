//! Autoscaling of the service: its range of tasks, target tracking for CPU and memory, and schedules.

use crate::config::Config;
use crate::kinds::scalable_target::{self, ScalableTarget};
use crate::kinds::scaling_policy::{self, ScalingPolicy};
use crate::kinds::scheduled_action::{self, ScheduledAction};
use crate::names::Names;
use rd_common::{Part, Parts, Stack};

/// Adds the scalable target, its two target tracking policies and the scheduled actions; nothing where autoscaling is off.
pub fn autoscaling(
    parts: &mut Parts,
    stack: &Stack,
    names: &Names,
    config: &Config,
    service: &Part,
) {
    if !config.autoscaling {
        return;
    }
    let target = parts.add::<ScalableTarget>(
        "api",
        scalable_target::Spec {
            resource_id: names.scalable(),
            service_arn: service.id(),
            min: config.min_tasks,
            max: config.max_tasks,
            scheduled: !config.schedules.is_empty(),
        },
    );
    let or = |name: &Option<String>, part: &str| {
        let name = name.clone();
        name.unwrap_or_else(|| stack.name_of(&format!("api-{part}")))
    };
    for (name, metric, percent, own) in [
        (
            "cpu",
            "ECSServiceAverageCPUUtilization",
            config.cpu_target,
            &config.cpu_policy_name,
        ),
        (
            "memory",
            "ECSServiceAverageMemoryUtilization",
            config.memory_target,
            &config.memory_policy_name,
        ),
    ] {
        parts.add::<ScalingPolicy>(
            name,
            scaling_policy::Spec {
                resource_id: target.id(),
                name: or(own, name),
                metric: metric.to_owned(),
                target: percent,
                scale_in_cooldown: config.scale_in_cooldown_seconds,
                scale_out_cooldown: config.scale_out_cooldown_seconds,
            },
        );
    }
    for (name, schedule) in &config.schedules {
        parts.add::<ScheduledAction>(
            name,
            scheduled_action::Spec {
                resource_id: target.id(),
                name: or(&schedule.name, name),
                schedule: schedule.at.clone(),
                timezone: schedule.timezone.clone(),
                min: schedule.min,
                max: schedule.max,
            },
        );
    }
}
