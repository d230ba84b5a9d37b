//! The tasks of the service on Fargate, by vCPU and by GB.
//! <https://aws.amazon.com/fargate/pricing/>

use super::{Sheet, schedule};
use crate::inventory::Resource;
use crate::line::Range;
use crate::money::HOURS;
use rust_decimal::Decimal;
use serde_json::Value;
use std::str::FromStr;

/// A service: its tasks, split between the capacity providers. The first 20 GB of a task's disk are free, and it has no
/// more.
pub(super) fn service(sheet: &mut Sheet<'_>, service: &Resource) {
    let Some(definition) = sheet.inventory.of_kind("task_definition").next() else {
        let reason = "the size of its tasks is not known: their task definition is not here";
        sheet.unknown(service, "tasks", reason.to_owned());
        return;
    };
    let size = |field: &str| Decimal::from_str(definition.text(field)).ok();
    let (Some(cpu), Some(memory)) = (size("cpu"), size("memory")) else {
        sheet.unknown(
            service,
            "tasks",
            "the size of its tasks is not known".to_owned(),
        );
        return;
    };
    let thousand = Decimal::from(1024);
    let (cpu, memory) = (cpu / thousand, memory / thousand);
    let (name, architecture) = match definition.text("architecture") {
        "ARM64" => ("ARM", "arm"),
        _ => ("x86", "x86"),
    };
    let tasks = schedule::tasks(sheet.inventory, service.number("desired_count"));
    let spot = tasks.map(|tasks| spot_share(&service.spec["capacity"], tasks));
    let on_demand = tasks - spot;
    for (kind, item, count) in [("", "Fargate", on_demand), ("spot-", "Fargate Spot", spot)] {
        let parts = [("vcpu", "vCPU", cpu), ("gb", "memory", memory)];
        for (unit, what, size) in parts {
            let price = format!("ECS/fargate-{kind}{architecture}-{unit}-hour");
            let hours: Range = count * size * HOURS;
            sheet.fixed(service, &format!("{item}, {name} {what}"), &price, hours);
            if kind == "spot-" && !hours.is_zero() {
                sheet.note_snapshot();
            }
        }
    }
}

/// How many of these tasks run on Fargate Spot: each provider gets its base first, and then the share of its weight.
fn spot_share(capacity: &Value, tasks: Decimal) -> Decimal {
    let providers: Vec<&Value> = capacity.as_array().into_iter().flatten().collect();
    let number = |of: &Value, field: &str| Decimal::from(of[field].as_i64().unwrap_or(0));
    let mut left = tasks;
    let mut spot = Decimal::ZERO;
    for provider in &providers {
        let base = number(provider, "base").min(left);
        left -= base;
        if provider["provider"] == "FARGATE_SPOT" {
            spot += base;
        }
    }
    let weights: Decimal = providers.iter().map(|one| number(one, "weight")).sum();
    let of_spot = providers
        .iter()
        .filter(|one| one["provider"] == "FARGATE_SPOT");
    let weight: Decimal = of_spot.map(|one| number(one, "weight")).sum();
    match weights.is_zero() {
        true => spot,
        false => spot + left * weight / weights,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn spot_gets_what_the_base_leaves_by_weight() {
        let capacity = |parts: &[(&str, i64, i64)]| -> Value {
            let one = |(provider, base, weight): &(&str, i64, i64)| json!({"provider": provider, "base": base, "weight": weight});
            parts.iter().map(one).collect()
        };
        let (on, spot) = ("FARGATE", "FARGATE_SPOT");
        let share =
            |parts: &[(&str, i64, i64)], tasks: i64| spot_share(&capacity(parts), tasks.into());
        assert_eq!(share(&[(on, 0, 1)], 3), 0.into());
        assert_eq!(share(&[(on, 1, 0), (spot, 0, 1)], 1), 0.into());
        assert_eq!(share(&[(on, 1, 0), (spot, 0, 1)], 4), 3.into());
        assert_eq!(share(&[(on, 0, 1), (spot, 2, 3)], 6), 5.into());
        assert_eq!(share(&[], 3), 0.into());
    }
}
