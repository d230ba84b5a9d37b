//! The new instance: restored next to the old one, and configured like it.

use super::Source;
use crate::clients::Clients;
use crate::commands::stored_secret::StoredSecret;
use crate::commands::wait_for_instance::{set_password_and_wait, wait_until_available};
use crate::engine_version::Version;
use crate::kinds::database_secret::Database;
use crate::kinds::db_instance::diff::diff;
use crate::kinds::db_instance::model::{Live, REPLACED_TAG, RESTORED_TAG, Spec, live};
use crate::kinds::db_instance::modify::{known_texts, modify};
use crate::kinds::db_instance::read::describe;
use crate::kinds::db_instance::support::check_restore;
use crate::slice::{Data, INSTANCE};
use crate::{log_groups, rds};
use aws_sdk_rds::types::Tag;
use rd_common::aws::Explain;
use rd_common::commands::slice_context::SliceContext;
use rd_common::stack::{ADDRESS_TAG, FINAL_SNAPSHOT_TAG, short_hash};
use rd_common::{Change, Ctx, Error, Result, sdk_tags, tags_from_sdk};
use rd_secret::secret::GIVEN_GENERATION_TAG;
use rd_secret::value::current;
use std::time::Duration;

/// How long an instance may be available without showing a change: RDS starts changes within minutes.
const VISIBLE_WITHIN: Duration = Duration::from_secs(15 * 60);

/// Returns the name of the instance restored from `source`, available, configured like the old one, and with the
/// current password. Starts the restore unless an earlier run has.
pub async fn restore(
    data: &SliceContext<Data>,
    spec: &Spec,
    source: &Source,
    current_id: &str,
) -> Result<String> {
    let ctx = &data.ctx;
    let secret = StoredSecret::of(data)?;
    secret.refuse_managed("restore")?;
    let instances = describe(&ctx.clients, None).await?;
    let existing = instances.iter().find(|instance| {
        let tags = tags_from_sdk!(instance.tag_list());
        ctx.stack.owns(ctx.slice, &tags)
            && tags.get(RESTORED_TAG) == Some(&source.tag_value())
            && !tags.contains_key(REPLACED_TAG)
    });
    let id = match existing.and_then(|instance| instance.db_instance_identifier()) {
        Some(id) => id.to_owned(),
        None => {
            let current = instances
                .iter()
                .find(|one| one.db_instance_identifier() == Some(current_id));
            let current = current.map(live);
            start_restore(data, spec, source, current_id, current.as_ref()).await?
        }
    };
    let instance = wait_until_available(ctx, &id, |_| true).await?;
    configure(ctx, &id, spec, instance).await?;
    // It has the password of the snapshot; the secret has the current one.
    let content = current::<_, Database>(ctx, &secret.arn).await?;
    if let Some(password) = content.generated {
        set_password_and_wait(ctx, &id, &password).await?;
    }
    Ok(id)
}

/// Changes what the restore call cannot set, until the instance has every setting of `spec`.
async fn configure(ctx: &Ctx<Clients>, id: &str, spec: &Spec, mut instance: Live) -> Result<()> {
    let desired = Spec {
        apply_immediately: true,
        ..spec.clone()
    };
    let differences = |live: &Live, requested: Option<&Spec>| -> Vec<Change> {
        let mut changes = diff(&desired, live, requested);
        changes.retain(|change| !change.replaces && change.path != "engine_version");
        changes
    };
    let mut requested = None;
    loop {
        let changes = differences(&instance, requested);
        if changes.is_empty() {
            return Ok(());
        }
        ctx.retrying(|| modify(ctx, id, &instance, &desired, &changes))
            .await?;
        // A field that AWS does not report has the requested value from here on.
        requested = Some(&desired);
        let deadline = ctx.clock.deadline(VISIBLE_WITHIN);
        instance = wait_until_available(ctx, id, |live| {
            differences(live, requested).len() < changes.len() || deadline.is_over()
        })
        .await?;
        let remaining = differences(&instance, requested);
        let stuck = remaining.len() >= changes.len();
        if let Some(change) = remaining.first().filter(|_| stuck) {
            return Err(Error::failed(format!(
                "{id}: `{}` is {} instead of {}, although AWS accepted the change",
                change.path, change.before, change.after
            ))
            .hint("see its events in the RDS console: something may undo the change; run the same command again to continue"));
        }
    }
}

/// Starts the restore and returns the new instance's name. The name is derived from the source and from the instance
/// that is replaced, so that running it again creates no second instance.
async fn start_restore(
    data: &SliceContext<Data>,
    spec: &Spec,
    source: &Source,
    current_id: &str,
    current: Option<&Live>,
) -> Result<String> {
    let ctx = &data.ctx;
    let resource = current.map_or("", |live| live.resource_id.as_str());
    let id = format!(
        "{}-r{}",
        spec.identifier,
        short_hash(&format!("{} {resource}", source.tag_value()))
    );
    let mut tags = ctx.stack.tags_for(INSTANCE);
    tags.remove(ADDRESS_TAG);
    tags.insert(RESTORED_TAG.to_owned(), source.tag_value());
    tags.insert(
        FINAL_SNAPSHOT_TAG.to_owned(),
        spec.final_snapshot.to_string(),
    );
    tags.insert(
        GIVEN_GENERATION_TAG.to_owned(),
        spec.secret_generation.text().to_owned(),
    );
    let tags = Some(sdk_tags!(Tag, tags));
    let groups = Some(known_texts(&spec.security_group_ids));
    let logs = Some(spec.log_exports.clone());
    let version = match source {
        Source::Snapshot(snapshot) => check_snapshot(ctx, snapshot, current).await?,
        Source::PointInTime(_) => current.map(|live| live.engine_version.clone()),
    };
    if let Some(version) = version {
        check_restore(&ctx.clients, spec, &version).await?;
    }
    log_groups::create_for(ctx, &data.state, &id).await?;
    let doing = "restore the database";
    let rds = &ctx.clients.rds;
    // Not the storage type: a restore to another one ends in hours in which the storage cannot be changed.
    // https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-rds/pull/267
    let start = async || match source {
        Source::Snapshot(snapshot) => rds
            .restore_db_instance_from_db_snapshot()
            .db_instance_identifier(&id)
            .db_snapshot_identifier(snapshot)
            .db_instance_class(&spec.instance_class)
            .db_subnet_group_name(spec.db_subnet_group.text())
            .set_vpc_security_group_ids(groups.clone())
            .db_parameter_group_name(spec.db_parameter_group.text())
            .multi_az(spec.multi_az)
            .publicly_accessible(spec.publicly_accessible)
            .auto_minor_version_upgrade(spec.auto_minor_version_upgrade)
            .set_enable_cloudwatch_logs_exports(logs.clone())
            .copy_tags_to_snapshot(spec.copy_tags_to_snapshot)
            .deletion_protection(spec.deletion_protection)
            .engine_lifecycle_support(spec.lifecycle_support())
            .set_tags(tags.clone())
            .send()
            .await
            .doing(doing)
            .map(|_| ()),
        Source::PointInTime(time) => {
            let time = aws_smithy_types::DateTime::from_secs(time.as_second());
            rds.restore_db_instance_to_point_in_time()
                .source_db_instance_identifier(current_id)
                .target_db_instance_identifier(&id)
                .restore_time(time)
                .db_instance_class(&spec.instance_class)
                .db_subnet_group_name(spec.db_subnet_group.text())
                .set_vpc_security_group_ids(groups.clone())
                .db_parameter_group_name(spec.db_parameter_group.text())
                .multi_az(spec.multi_az)
                .publicly_accessible(spec.publicly_accessible)
                .auto_minor_version_upgrade(spec.auto_minor_version_upgrade)
                .set_enable_cloudwatch_logs_exports(logs.clone())
                .copy_tags_to_snapshot(spec.copy_tags_to_snapshot)
                .deletion_protection(spec.deletion_protection)
                .engine_lifecycle_support(spec.lifecycle_support())
                .set_tags(tags.clone())
                .send()
                .await
                .doing(doing)
                .map(|_| ())
        }
    };
    // Its name is derived, so that a second attempt finds what the first one has created.
    match ctx.retrying(start).await {
        Err(error) if error.is(&["DBInstanceAlreadyExists"]) => Ok(id),
        Err(error) if matches!(source, Source::PointInTime(_)) => {
            let latest = current.and_then(|live| live.latest_restorable_time.as_deref());
            let days = current.map_or(0, |live| live.backup_retention_days);
            Err(error.hint(format!(
                "choose a time within the last {days} days, at the latest {}",
                latest.unwrap_or("(there are no backups)")
            )))
        }
        other => other.map(|()| id),
    }
}

/// Refuses a snapshot that does not exist, is not complete, or is of another major version, before anything is created.
/// Returns its version.
async fn check_snapshot(
    ctx: &Ctx<Clients>,
    snapshot: &str,
    current: Option<&Live>,
) -> Result<Option<String>> {
    let call = ctx.clients.rds.describe_db_snapshots();
    let answer = call.db_snapshot_identifier(snapshot).send().await;
    let answer = match answer.doing("read the snapshot") {
        Err(error) if rds::is_not_found(&error) => {
            return Err(Error::usage(format!("there is no snapshot {snapshot}"))
                .hint("rd-data snapshots lists the existing ones"));
        }
        other => other?,
    };
    let found = answer
        .db_snapshots()
        .first()
        .ok_or_else(|| rds::incomplete_answer("snapshot"))?;
    if found.status() != Some("available") {
        return Err(Error::failed(format!(
            "the snapshot {snapshot} is {}, not available",
            found.status().unwrap_or("?")
        ))
        .hint("wait until it is available; rd-data snapshots shows the status"));
    }
    let major = |text: Option<&str>| Some(Version::parse(text?)?.major);
    let (snapshot_major, current_major) = (
        major(found.engine_version()),
        major(current.map(|live| live.engine_version.as_str())),
    );
    if snapshot_major != current_major && current_major.is_some() {
        return Err(Error::refused(format!(
            "the snapshot is of PostgreSQL {}, but the database is {}: the parameters of one do not work for the other",
            found.engine_version().unwrap_or("?"),
            current.map_or("?", |live| live.engine_version.as_str())
        ))
        .hint("restore it in an environment with that engine_version, and upgrade it there"));
    }
    Ok(found.engine_version().map(str::to_owned))
}
