//! What `status` shows of an instance in addition to its health.

use super::model::Live;
use super::support::{shown, standard_support_until};
use crate::clients::Clients;
use crate::engine_version::Version;
use jiff::Timestamp;
use rd_common::aws::Explain;
use rd_common::{Ctx, Details, Result, Retry};
use rd_metric::{Metric, Since};

/// Engine, class, storage, endpoint, backups and certificate, by the names that `status` shows.
pub async fn details(ctx: &Ctx<Clients>, id: &str, live: &Live) -> Result<Details> {
    let (support, last_backup, free) = tokio::try_join!(
        support(ctx, live),
        last_backup(ctx, id),
        free_storage(ctx, id)
    )?;
    let mut details = Details::new();
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            details.insert(name.to_owned(), value.into());
        }
    };
    add(
        "engine",
        Some(format!("PostgreSQL {}", live.engine_version)),
    );
    add("standard support", support);
    add("class", Some(live.instance_class.clone()));
    let growth = if live.does_not_grow() {
        String::new()
    } else {
        format!(", grows to {}", live.max_allocated_storage)
    };
    add(
        "storage",
        Some(format!(
            "{} GiB {}{growth}",
            live.allocated_storage, live.storage_type
        )),
    );
    add("storage used", Some(storage_used(live, free)));
    if live.extended_support == Some(true) {
        let text = "enrolled: AWS charges for it once the version is past its standard support";
        add("extended support", Some(text.to_owned()));
    }
    add("multi-AZ", Some(live.multi_az.to_string()));
    add("endpoint", live.host.clone());
    add("last backup", last_backup);
    add(
        "latest restorable time",
        live.latest_restorable_time.clone(),
    );
    add(
        "certificate",
        live.ca_certificate.clone().map(|ca| {
            let until = live.certificate_valid_till.as_deref();
            format!("{ca}, valid until {}", until.unwrap_or("(unknown)"))
        }),
    );
    Ok(details)
}

/// CloudWatch has a number for each minute; the newest of the last quarter of an hour counts.
const SINCE: Since = Since {
    period: 60,
    range: 900,
};

/// The bytes of storage that are free; none where CloudWatch has no number yet, or the credentials do not allow the call.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html>
async fn free_storage(ctx: &Ctx<Clients>, id: &str) -> Result<Option<f64>> {
    let metric = Metric {
        namespace: "AWS/RDS",
        name: "FreeStorageSpace",
        dimensions: vec![("DBInstanceIdentifier", id)],
        stat: "Average",
    };
    let newest = rd_metric::newest(&ctx.clients.cloudwatch, &[metric], SINCE).await?;
    Ok(newest.into_iter().next().flatten())
}

/// How much of the allocated storage is used, such as `9.3 GiB (47 %)`.
fn storage_used(live: &Live, free: Option<f64>) -> String {
    let allocated = f64::from(live.allocated_storage);
    match free.filter(|_| allocated > 0.0) {
        Some(free) => {
            let used = (allocated - free / f64::from(1 << 30)).max(0.0);
            format!("{used:.1} GiB ({:.0} %)", used / allocated * 100.0)
        }
        None => "unknown".to_owned(),
    }
}

/// Until when AWS supports the major version without charging for it.
async fn support(ctx: &Ctx<Clients>, live: &Live) -> Result<Option<String>> {
    let Some(version) = Version::parse(&live.engine_version) else {
        return Ok(None);
    };
    let until = standard_support_until(&ctx.clients, version.major).await?;
    Ok(until.map(|until| shown(until, Timestamp::now())))
}

/// The time of the last automated backup; none if there is none, or if the credentials do not allow the call.
async fn last_backup(ctx: &Ctx<Clients>, id: &str) -> Result<Option<String>> {
    let call = ctx
        .clients
        .rds
        .describe_db_snapshots()
        .db_instance_identifier(id)
        .snapshot_type("automated");
    let snapshots = call.into_paginator().items().send();
    let snapshots = snapshots.try_collect().await;
    let snapshots = match snapshots.doing("read the backups") {
        Err(error) if error.retry == Retry::Never => return Ok(None),
        other => other?,
    };
    let times = snapshots
        .iter()
        .filter_map(|snapshot| snapshot.snapshot_create_time());
    Ok(times
        .max_by_key(|time| time.as_nanos())
        .map(ToString::to_string))
}
