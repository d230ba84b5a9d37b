//! Databases that nobody connects to, or that are far larger than their use.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html>

use super::finding::{Candidate, Finding};
use super::look::Look;
use super::sizes::{database_sizes, smaller};
use crate::observed::{Metric, Numbers};
use rd_common::Result;
use rd_common::aws::Explain;
use rust_decimal::Decimal;

/// What a database is judged by.
struct Metrics {
    mean_cpu: Metric,
    cpu: Metric,
    connections: Metric,
    free_memory: Metric,
}

impl Metrics {
    fn of(id: &str) -> Self {
        let metric = |name, stat| Metric::of("AWS/RDS", name, stat, "DBInstanceIdentifier", id);
        Self {
            mean_cpu: metric("CPUUtilization", "Average"),
            cpu: metric("CPUUtilization", "Maximum"),
            connections: metric("DatabaseConnections", "Maximum"),
            free_memory: metric("FreeableMemory", "Minimum"),
        }
    }

    fn all(&self) -> Vec<Metric> {
        let all = [
            &self.mean_cpu,
            &self.cpu,
            &self.connections,
            &self.free_memory,
        ];
        all.map(Clone::clone).to_vec()
    }
}

/// A database as RDS lists it.
struct Database {
    id: String,
    address: Option<String>,
    class: String,
    zones: &'static str,
    too_new: bool,
}

pub(super) async fn candidates(look: &Look<'_>) -> Result<Vec<Candidate>> {
    let ours: Vec<String> = look
        .owned
        .of_kind("db_instance")
        .map(|one| one.id.clone())
        .collect();
    if ours.is_empty() && !look.account {
        return Ok(Vec::new());
    }
    let call = look.clients.rds.describe_db_instances();
    let mut pages = call.into_paginator().items().send();
    let mut all = Vec::new();
    while let Some(one) = pages.next().await {
        let one = one.doing("list the databases")?;
        let id = one.db_instance_identifier().unwrap_or_default().to_owned();
        let address = look.address(&id);
        // Other engines have other prices.
        let is_postgres = one.engine() == Some("postgres");
        if (address.is_none() && !look.account)
            || one.db_instance_status() != Some("available")
            || !is_postgres
        {
            continue;
        }
        let database = Database {
            too_new: look.is_too_new(one.instance_create_time()),
            class: one.db_instance_class().unwrap_or_default().to_owned(),
            zones: if one.multi_az() == Some(true) {
                "multi-az"
            } else {
                "single-az"
            },
            id,
            address,
        };
        let price = |class: &str| {
            look.hourly(
                &format!("RDS/rds-postgresql-{class}-{}-hour", database.zones),
                1,
            )
        };
        let now = price(&database.class);
        let next = database_sizes(&database.class).and_then(|sizes| match sizes {
            [.., next, _] => price(&format!("db.t4g.{}", next.0)),
            _ => None,
        });
        let (metrics, days) = (Metrics::of(&database.id), look.window.days);
        all.push(Candidate::new(metrics.all(), move |numbers| {
            judge(database, &metrics, numbers, (now, next), days)
        }));
    }
    Ok(all)
}

fn judge(
    database: Database,
    metrics: &Metrics,
    numbers: &Numbers,
    (now, next): (Option<Decimal>, Option<Decimal>),
    days: i64,
) -> Option<Finding> {
    let Database {
        id,
        address,
        class,
        too_new,
        ..
    } = database;
    let ours = address.is_some();
    let found = || {
        let Some(connections) = numbers.highest(&metrics.connections) else {
            return (!too_new).then(|| Finding::without_numbers(&id, "DatabaseConnections"));
        };
        if connections.is_zero() {
            let command = match ours {
                true => "rd-data destroy".to_owned(),
                false => format!(
                    "aws rds delete-db-instance --db-instance-identifier {id} --final-db-snapshot-identifier {id}-final"
                ),
            };
            let why = format!("nobody connected in {days} days");
            return Some(Finding::wasted(&id, now, why, command));
        }
        let sizes = database_sizes(&class)?;
        let (_, memory) = sizes.last()?;
        let mib = Decimal::from(1 << 20);
        let used = Decimal::from(*memory) - numbers.lowest(&metrics.free_memory)? / mib;
        let (mean, most) = (
            numbers.highest(&metrics.mean_cpu)?,
            numbers.highest(&metrics.cpu)?,
        );
        let (name, memory) = smaller(sizes, used, mean, most)?;
        // As many as PostgreSQL allows by default: the memory in bytes by 9,531,392.
        let allowed = Decimal::from(memory) * mib / Decimal::from(9_531_392);
        if connections * Decimal::TWO > allowed {
            return None;
        }
        let why = format!(
            "{class}: CPU at most {} %, {} MiB of memory, {} connections: db.t4g.{name} is enough",
            most.round(),
            used.round(),
            connections.round()
        );
        let class = format!("db.t4g.{name}");
        let command = match ours {
            true => format!("rd-data apply --set data.instance_class={class}"),
            false => format!(
                "aws rds modify-db-instance --db-instance-identifier {id} --db-instance-class {class}"
            ),
        };
        let usd = now.zip(next).map(|(now, next)| now - next);
        Some(Finding::wasted(&id, usd, why, command))
    };
    Some(found()?.at(address.clone()).too_new_if(too_new, days))
}
