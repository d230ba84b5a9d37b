//! Changes of the settings: Spot and off-hours outside of production, Valkey, gp3.

use super::{Saving, Search};
use crate::inventory::Resource;
use rust_decimal::Decimal;
use serde_json::json;

const WEEK: i64 = 168;

/// All that the settings can change.
pub(super) fn savings(search: &Search<'_>) -> Vec<Saving> {
    let mut all = Vec::new();
    for resource in search.inventory.resources.values() {
        let found = match resource.kind.as_str() {
            "service" => service(search, resource),
            "db_instance" => database(search, resource),
            "replication_group" => cache(search, resource),
            _ => Vec::new(),
        };
        all.extend(found);
    }
    all
}

fn only(address: &str, change: impl Fn(&mut Resource)) -> impl Fn(&mut Resource) {
    move |resource| {
        if resource.address == address {
            change(resource);
        }
    }
}

/// Spot and off-hours for the tasks of the service.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html>
fn service(search: &Search<'_>, service: &Resource) -> Vec<Saving> {
    let mut all = Vec::new();
    if search.is_production() {
        return all;
    }
    let address = &service.address;
    let is_spot = |one: &serde_json::Value| one["provider"] == "FARGATE_SPOT";
    let capacity = service.spec["capacity"].as_array();
    let several = service.number("desired_count") > 1;
    if several && !capacity.into_iter().flatten().any(is_spot) {
        let usd = search.saved_by(only(address, |service| {
            service.spec["capacity"] = json!([
                {"provider": "FARGATE", "base": 1, "weight": 0},
                {"provider": "FARGATE_SPOT", "base": 0, "weight": 1},
            ]);
        }));
        let texts = [
            "Fargate Spot for all tasks but one".to_owned(),
            "AWS stops Spot tasks two minutes after it says so, and the Spot price changes"
                .to_owned(),
            "ecs.capacity = \"FARGATE_SPOT\"".to_owned(),
        ];
        all.push(Saving::new("spot", address, usd, texts));
    }
    let scheduled = search
        .inventory
        .of_kind("scheduled_action")
        .next()
        .is_some();
    if !scheduled {
        let none = search.saved_by(only(address, |service| {
            service.spec["desired_count"] = json!(0);
        }));
        // With autoscaling, its minimum counts: `saved_by` knows nothing of the tasks that it would start again.
        let autoscaled = search.inventory.of_kind("scalable_target").next();
        let none = match autoscaled {
            Some(target) => search.saved_by(only(&target.address, |target| {
                target.spec["min"] = json!(0);
                target.spec["max"] = json!(0);
            })),
            None => none,
        };
        let usd = none.map(|usd| usd * unused(search.hours));
        let texts = [
            format!("no tasks outside of {} hours a week", search.hours),
            "the service answers nobody in these hours".to_owned(),
            "[ecs.schedules] in rd.toml, with min_tasks = 0 in the evening".to_owned(),
        ];
        all.push(Saving::new("off_hours", address, usd, texts));
    }
    all
}

/// The share of a week that is not among its used hours.
fn unused(hours: i64) -> Decimal {
    Decimal::from(WEEK - hours) / Decimal::from(WEEK)
}

/// Off-hours, storage and class of the database.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html>
fn database(search: &Search<'_>, database: &Resource) -> Vec<Saving> {
    let mut all = Vec::new();
    let address = &database.address;
    if database.text("storage_type") != "gp3" {
        let usd = search.saved_by(only(address, |database| {
            database.spec["storage_type"] = json!("gp3");
            database.spec["iops"] = json!(null);
        }));
        let texts = [
            format!("gp3 storage instead of {}", database.text("storage_type")),
            "3,000 I/O operations a second, 12,000 from 400 GiB on: compare them with ReadIOPS and WriteIOPS first".to_owned(),
            "data.storage_type = \"gp3\", without data.iops".to_owned(),
        ];
        all.push(Saving::new("gp3", address, usd, texts));
    }
    if !search.is_production() {
        let zones = if database.is("multi_az") {
            "multi-az"
        } else {
            "single-az"
        };
        let price = format!(
            "RDS/rds-postgresql-{}-{zones}-hour",
            database.text("instance_class")
        );
        let usd = search
            .look
            .hourly(&price, 1)
            .map(|usd| usd * unused(search.hours));
        let texts = [
            format!(
                "stopped outside of {} hours a week; storage and backups are still paid for",
                search.hours
            ),
            "AWS starts a stopped database again after 7 days".to_owned(),
            format!(
                "aws rds stop-db-instance --db-instance-identifier {}",
                database.text("identifier")
            ),
        ];
        all.push(Saving::new("off_hours", address, usd, texts));
    }
    all
}

/// Valkey in the place of Redis OSS.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/VersionManagement.HowTo.cross-engine-upgrade.html>
fn cache(search: &Search<'_>, cache: &Resource) -> Vec<Saving> {
    if cache.text("engine") != "redis" {
        return Vec::new();
    }
    let usd = search.saved_by(only(&cache.address, |cache| {
        cache.spec["engine"] = json!("valkey");
    }));
    let texts = [
        "Valkey instead of Redis OSS".to_owned(),
        "there is no way back to Redis OSS: test the clients first".to_owned(),
        "cache.engine = \"valkey\"".to_owned(),
    ];
    vec![Saving::new("valkey", &cache.address, usd, texts)]
}
