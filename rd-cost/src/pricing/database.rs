//! The database: instance, storage and its growth, backups, what monitors it, Extended Support.
//! <https://aws.amazon.com/rds/postgresql/pricing/>

use super::Sheet;
use crate::inventory::Resource;
use crate::line::Range;
use jiff::civil::{Date, date};
use rust_decimal::Decimal;

/// The days on which the standard support of each major version of PostgreSQL ends.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html>
const STANDARD_SUPPORT: [(&str, Date); 7] = [
    ("11", date(2024, 2, 29)),
    ("12", date(2025, 2, 28)),
    ("13", date(2026, 2, 28)),
    ("14", date(2027, 2, 28)),
    ("15", date(2028, 2, 29)),
    ("16", date(2029, 2, 28)),
    ("17", date(2030, 2, 28)),
];

/// The I/O operations a second and the throughput in MiB/s that gp3 storage has without charge from 400 GiB on.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html#gp3-storage>
const GP3_INCLUDED: (i64, i64) = (12_000, 500);

/// A database instance, with one line for each thing that is paid for.
pub(super) fn instance(sheet: &mut Sheet<'_>, db: &Resource) {
    let zones = match db.is("multi_az") {
        true => "multi-az",
        false => "single-az",
    };
    let class = db.text("instance_class");
    let price = format!("RDS/rds-postgresql-{class}-{zones}-hour");
    let item = match db.is("multi_az") {
        true => format!("{class}, Multi-AZ"),
        false => class.to_owned(),
    };
    sheet.hourly(db, &item, &price, 1);
    storage(sheet, db, zones);
    backups(sheet, db);
    monitoring(sheet, db);
    extended_support(sheet, db);
}

fn storage(sheet: &mut Sheet<'_>, db: &Resource, zones: &str) {
    let kind = db.text("storage_type");
    let (size, most) = (
        db.number("allocated_storage"),
        db.number("max_allocated_storage"),
    );
    let price = format!("RDS/rds-{kind}-{zones}-gb-month");
    sheet.fixed(db, &format!("{kind} storage"), &price, size);
    let room = Decimal::from((most - size).max(0));
    let growth = sheet.usage(|usage| usage.database_growth_gb).up_to(room);
    let key = "cost.usage.database_growth_gb";
    // Without a price, the line of the storage says so.
    if sheet.terms.prices.get(&price).is_some() {
        sheet.assumed(db, "growth of the storage", &price, key, growth);
    }
    if kind != "gp3" {
        // Of io1 and io2, each operation a second is paid for.
        let price = format!("RDS/rds-{kind}-{zones}-iops-month");
        sheet.fixed(
            db,
            &format!("{kind} I/O operations"),
            &price,
            db.number("iops"),
        );
        return;
    }
    let (iops, throughput) = GP3_INCLUDED;
    if db.number("iops") > iops || db.number("storage_throughput") > throughput {
        let reason =
            "no price known for I/O operations and throughput beyond those that gp3 includes";
        sheet.unknown(db, "I/O of the storage", reason.to_owned());
    }
}

/// Backups and snapshots, of which as much as the storage is free.
fn backups(sheet: &mut Sheet<'_>, db: &Resource) {
    let free = Decimal::from(db.number("allocated_storage"));
    let beyond = sheet.usage(|usage| usage.database_backup_gb).beyond(free);
    let (price, key) = (
        "RDS/rds-backup-beyond-free-gb-month",
        "cost.usage.database_backup_gb",
    );
    sheet.assumed(db, "backups beyond the free size", price, key, beyond);
}

/// What is paid for beyond the free metrics of the instance.
fn monitoring(sheet: &mut Sheet<'_>, db: &Resource) {
    let seconds = db.number("monitoring_seconds");
    if seconds > 0 {
        let minute = sheet.usage(|usage| usage.database_monitoring_gb);
        let logs: Range = minute * (Decimal::from(60) / Decimal::from(seconds));
        let key = "cost.usage.database_monitoring_gb";
        let price = "CloudWatchLogs/logs-ingest-standard-gb";
        sheet.assumed(db, "logs of Enhanced Monitoring", price, key, logs);
    }
    if db.text("database_insights") == "advanced" {
        let reason = "no price known for the vCPU-hours of Database Insights".to_owned();
        sheet.unknown(db, "Database Insights, advanced", reason);
    } else if db.is("performance_insights") && db.number("performance_insights_days") > 7 {
        let reason = "no price known for Performance Insights beyond 7 days".to_owned();
        sheet.unknown(db, "Performance Insights", reason);
    }
}

/// AWS charges for the vCPU-hours of an instance whose major version is past its standard support, if it is enrolled. It
/// is upgraded otherwise.
fn extended_support(sheet: &mut Sheet<'_>, db: &Resource) {
    let major = db
        .text("engine_version")
        .split('.')
        .next()
        .unwrap_or_default();
    let ends = STANDARD_SUPPORT
        .iter()
        .find(|(version, _)| *version == major);
    let Some((_, ends)) = ends.filter(|_| db.is("extended_support")) else {
        return;
    };
    let item = format!("Extended Support of PostgreSQL {major}");
    if sheet.terms.today > *ends {
        let reason = format!("standard support ended on {ends}; no price known for its vCPU-hours");
        sheet.unknown(db, &item, reason);
    } else {
        sheet.nothing_yet(
            db,
            &item,
            format!("nothing until standard support ends on {ends}"),
        );
    }
}
