//! The new instance: restored beside the old one, and set up as the old one is.

use super::Source;
use crate::clients::Clients;
use crate::commands::{give_password, until_available};
use crate::kinds::Database;
use crate::kinds::db_instance::compare::diff;
use crate::kinds::db_instance::describe;
use crate::kinds::db_instance::model::{Live, REPLACED_TAG, RESTORED_TAG, Spec, live};
use crate::kinds::db_instance::modify::{modify, texts};
use crate::slice::{Data, INSTANCE, SECRET};
use crate::version::Version;
use crate::{log_groups, rds};
use rd_common::aws::Explain;
use rd_common::commands::slice_context::SliceContext;
use rd_common::stack::{ADDRESS_TAG, FINAL_SNAPSHOT_TAG, short_hash};
use rd_common::{Change, Ctx, Error, Result};
use rd_secret::Secrets;
use rd_secret::secret::GIVEN_GENERATION_TAG;
use rd_secret::value::current;
use std::time::Duration;

/// For how long an instance may be available without what was changed on it: AWS begins within minutes.
const SEEN_WITHIN: Duration = Duration::from_secs(15 * 60);

/// The instance restored from the source, ready and set up as the old one is; made, where an earlier run did not.
pub async fn restored(
    slice_context: &SliceContext<Data>,
    spec: &Spec,
    source: &Source,
    current_id: &str,
) -> Result<String> {
    let ctx = &slice_context.ctx;
    let there = describe(&ctx.clients, None).await?;
    let made = there.iter().find(|instance| {
        let tags = rds::map(instance.tag_list());
        ctx.stack.owns(ctx.slice, &tags)
            && tags.get(RESTORED_TAG) == Some(&source.tag())
            && !tags.contains_key(REPLACED_TAG)
    });
    let id = match made.and_then(|instance| instance.db_instance_identifier()) {
        Some(id) => id.to_owned(),
        None => {
            let now = there
                .iter()
                .find(|one| one.db_instance_identifier() == Some(current_id));
            let now = now.map(live);
            make(slice_context, spec, source, current_id, now.as_ref()).await?
        }
    };
    let there = until_available(ctx, &id, |_| true).await?;
    set_up(ctx, &id, spec, there).await?;
    // It has the password of its time; the secret has today's.
    let (_, secret) = slice_context.resource(SECRET)?;
    let content = current::<Database>(ctx.clients.secrets(), secret).await?;
    if let Some(password) = content.generated {
        give_password(ctx, &id, &password).await?;
    }
    Ok(id)
}

/// Sets what the restore call cannot set.
async fn set_up(ctx: &Ctx<Clients>, id: &str, spec: &Spec, mut there: Live) -> Result<()> {
    let wanted = Spec {
        apply_immediately: true,
        ..spec.clone()
    };
    let left = |live: &Live, asked: Option<&Spec>| -> Vec<Change> {
        let mut changes = diff(&wanted, live, asked);
        changes.retain(|change| !change.replaces && change.path != "engine_version");
        changes
    };
    let mut asked = None;
    loop {
        let changes = left(&there, asked);
        if changes.is_empty() {
            return Ok(());
        }
        ctx.retrying(|| modify(ctx, id, &there, &wanted, &changes))
            .await?;
        // From here on, what AWS does not tell is as it was asked for.
        asked = Some(&wanted);
        let given = ctx.clock.deadline(SEEN_WITHIN);
        there = until_available(ctx, id, |live| {
            left(live, asked).len() < changes.len() || given.is_over()
        })
        .await?;
        let still = left(&there, asked);
        if let Some(change) = still.first().filter(|_| still.len() >= changes.len()) {
            return Err(Error::failed(format!(
                "{id}: `{}` is {} and not {}, although AWS took the change",
                change.path, change.before, change.after
            ))
            .hint("look at its events in the RDS console: something may set it back; the same command goes on"));
        }
    }
}

/// Starts the restore. Its name follows from the source and the instance that it is to replace, so that repeating it
/// makes no second one.
async fn make(
    slice_context: &SliceContext<Data>,
    spec: &Spec,
    source: &Source,
    current_id: &str,
    now: Option<&Live>,
) -> Result<String> {
    let ctx = &slice_context.ctx;
    let resource = now.map_or("", |live| live.resource_id.as_str());
    let id = format!(
        "{}-r{}",
        spec.identifier,
        short_hash(&format!("{} {resource}", source.tag()))
    );
    let mut tags = ctx.stack.tags_for(INSTANCE);
    tags.remove(ADDRESS_TAG);
    tags.insert(RESTORED_TAG.to_owned(), source.tag());
    tags.insert(
        FINAL_SNAPSHOT_TAG.to_owned(),
        spec.final_snapshot.to_string(),
    );
    tags.insert(
        GIVEN_GENERATION_TAG.to_owned(),
        spec.secret_generation.text().to_owned(),
    );
    let tags = Some(rds::list(&tags));
    let groups = Some(texts(&spec.security_group_ids));
    let logs = Some(spec.log_exports.clone());
    if let Source::Snapshot(snapshot) = source {
        fits(ctx, snapshot, now).await?;
    }
    log_groups::beside(ctx, &slice_context.state, &id).await?;
    let doing = "restore the database";
    let rds = &ctx.clients.rds;
    let answer = match source {
        Source::Snapshot(snapshot) => rds
            .restore_db_instance_from_db_snapshot()
            .db_instance_identifier(&id)
            .db_snapshot_identifier(snapshot)
            .db_instance_class(&spec.instance_class)
            .db_subnet_group_name(spec.db_subnet_group.text())
            .set_vpc_security_group_ids(groups)
            .db_parameter_group_name(spec.db_parameter_group.text())
            .multi_az(spec.multi_az)
            .publicly_accessible(spec.publicly_accessible)
            .auto_minor_version_upgrade(spec.auto_minor_version_upgrade)
            .storage_type(&spec.storage_type)
            .set_enable_cloudwatch_logs_exports(logs)
            .copy_tags_to_snapshot(spec.copy_tags_to_snapshot)
            .deletion_protection(spec.deletion_protection)
            .set_tags(tags)
            .send()
            .await
            .doing(doing)
            .map(|_| ()),
        Source::Moment(time) => {
            let time = aws_smithy_types::DateTime::from_secs(time.as_second());
            rds.restore_db_instance_to_point_in_time()
                .source_db_instance_identifier(current_id)
                .target_db_instance_identifier(&id)
                .restore_time(time)
                .db_instance_class(&spec.instance_class)
                .db_subnet_group_name(spec.db_subnet_group.text())
                .set_vpc_security_group_ids(groups)
                .db_parameter_group_name(spec.db_parameter_group.text())
                .multi_az(spec.multi_az)
                .publicly_accessible(spec.publicly_accessible)
                .auto_minor_version_upgrade(spec.auto_minor_version_upgrade)
                .storage_type(&spec.storage_type)
                .set_enable_cloudwatch_logs_exports(logs)
                .copy_tags_to_snapshot(spec.copy_tags_to_snapshot)
                .deletion_protection(spec.deletion_protection)
                .set_tags(tags)
                .send()
                .await
                .doing(doing)
                .map(|_| ())
        }
    };
    match answer {
        Err(error) if error.is(&["DBInstanceAlreadyExists"]) => Ok(id),
        Err(error) if matches!(source, Source::Moment(_)) => {
            let latest = now.and_then(|live| live.latest_restorable_time.as_deref());
            let days = now.map_or(0, |live| live.backup_retention_days);
            Err(error.hint(format!(
                "a moment within the last {days} days, at the latest {}",
                latest.unwrap_or("(no backups are kept)")
            )))
        }
        other => other.map(|()| id),
    }
}

/// Refuses a snapshot that does not fit, before anything is made.
async fn fits(ctx: &Ctx<Clients>, snapshot: &str, now: Option<&Live>) -> Result<()> {
    let call = ctx.clients.rds.describe_db_snapshots();
    let answer = call.db_snapshot_identifier(snapshot).send().await;
    let answer = match answer.doing("look at the snapshot") {
        Err(error) if rds::is_gone(&error) => {
            return Err(Error::usage(format!("there is no snapshot {snapshot}"))
                .hint("rd-data snapshots lists those that there are"));
        }
        other => other?,
    };
    let found = answer
        .db_snapshots()
        .first()
        .ok_or_else(|| rds::incomplete("snapshot"))?;
    if found.status() != Some("available") {
        return Err(Error::failed(format!(
            "the snapshot {snapshot} is {}, not available",
            found.status().unwrap_or("?")
        ))
        .hint("wait until it is: rd-data snapshots"));
    }
    let major = |text: Option<&str>| Some(Version::parse(text?)?.major);
    let (then, today) = (
        major(found.engine_version()),
        major(now.map(|live| live.engine_version.as_str())),
    );
    if then != today && today.is_some() {
        return Err(Error::refused(format!(
            "the snapshot is of PostgreSQL {}, the database is {}: its parameters do not fit",
            found.engine_version().unwrap_or("?"),
            now.map_or("?", |live| live.engine_version.as_str())
        ))
        .hint("restore it in an environment with that engine_version, and upgrade it there"));
    }
    Ok(())
}
