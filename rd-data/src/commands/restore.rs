//! `restore`: a new instance beside the old one, from a snapshot or a moment, with the same network, parameters and
//! protection. Every step can be repeated: the new one's name follows from what it is restored from, its tags say so,
//! and the switch begins with the state, from where an apply makes the rest true.

use super::{give_password, until_available};
use crate::clients::Clients;
use crate::kinds::Database;
use crate::kinds::db_instance::compare::diff;
use crate::kinds::db_instance::model::{Live, REPLACED_TAG, RESTORED_TAG, Spec, live};
use crate::kinds::db_instance::modify::{modify, texts};
use crate::kinds::db_instance::{DbInstance, describe, one};
use crate::rds;
use crate::slice::{Data, INSTANCE, SECRET};
use crate::version::Version;
use jiff::Timestamp;
use rd_common::aws::Explain;
use rd_common::cli::Program;
use rd_common::engine::wait::{Look, until};
use rd_common::stack::{ADDRESS_TAG, FINAL_SNAPSHOT_TAG, short_hash};
use rd_common::state::document::Phase;
use rd_common::ui::prompt;
use rd_common::verbs::desk::Desk;
use rd_common::verbs::edit;
use rd_common::{Cx, Error, Exit, Kind, Result, Tags, sibling};
use rd_secret::Secrets;
use rd_secret::secret::GIVEN_GENERATION_TAG;
use rd_secret::value::current;

/// Flags of `restore`.
#[derive(clap::Args, Clone, Debug)]
#[group(required = true, multiple = true)]
pub struct RestoreArgs {
    /// The snapshot to restore; `rd-data snapshots` lists them
    #[arg(long, value_name = "ID", conflicts_with = "to_time")]
    snapshot: Option<String>,
    /// The moment to restore, such as 2026-03-01T02:10:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    to_time: Option<Timestamp>,
    /// Switch to it: the secret leads to it, and the state takes it over; the old one is kept
    #[arg(long)]
    switch: bool,
    /// Delete the instances that were replaced; without a source, also those that were never switched to
    #[arg(long)]
    delete_old: bool,
    /// Do not ask before deleting
    #[arg(long, short)]
    yes: bool,
}

fn moment(text: &str) -> std::result::Result<Timestamp, String> {
    text.parse()
        .map_err(|_| "a moment is written like 2026-03-01T02:10:00Z".to_owned())
}

/// What to restore from.
enum Source {
    Snapshot(String),
    Moment(Timestamp),
}

impl Source {
    fn of(args: &RestoreArgs) -> Option<Self> {
        let snapshot = args.snapshot.clone().map(Source::Snapshot);
        snapshot.or(args.to_time.map(Source::Moment))
    }

    /// The value of the new instance's tag.
    fn tag(&self) -> String {
        match self {
            Source::Snapshot(id) => format!("snapshot {id}"),
            Source::Moment(time) => format!("moment {time}"),
        }
    }
}

/// Runs it.
pub async fn run(program: &Program, args: &RestoreArgs) -> Result<Exit> {
    let source = Source::of(args);
    if source.is_none() && (args.switch || !args.delete_old) {
        return Err(Error::usage("nothing to restore is named")
            .hint("give --snapshot ID (rd-data snapshots lists them) or --to-time TIME"));
    }
    let desk = Desk::<Data>::open(program).await?;
    let mut exit = Exit::Done;
    if let Some(source) = &source {
        let cx = &desk.cx;
        let spec: Spec = desk.spec(INSTANCE)?;
        let (_, old) = desk.resource(INSTANCE)?;
        let new = restored(&desk, &spec, source, old).await?;
        if args.switch {
            switch(program, &desk, old, &new).await?;
            exit = converge(program)?;
            if exit != Exit::Done {
                return Ok(exit);
            }
            // Done to the end: the same source can be restored once more.
            DbInstance::tag(cx, &new, &Tags::new(), &[RESTORED_TAG.to_owned()]).await?;
        }
        let old = one(cx, old).await?.map(|_| old).filter(|old| *old != new);
        tell(program, source, old, &new, args.switch);
    }
    if args.delete_old && exit == Exit::Done {
        delete_old(program, args, source.is_some()).await?;
    }
    Ok(exit)
}

/// The instance restored from the source, ready and set up as the old one is; made, where an earlier run did not.
async fn restored(
    desk: &Desk<Data>,
    spec: &Spec,
    source: &Source,
    current_id: &str,
) -> Result<String> {
    let cx = &desk.cx;
    let there = describe(cx, None).await?;
    let made = there.iter().find(|instance| {
        let tags = rds::map(instance.tag_list());
        cx.stack.owns(cx.slice, &tags)
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
            make(cx, spec, source, current_id, now.as_ref()).await?
        }
    };
    let mut there = until_available(cx, &id, |_| true).await?;
    // What the restore call cannot set.
    let wanted = Spec {
        apply_immediately: true,
        ..spec.clone()
    };
    loop {
        let changes: Vec<_> = diff(&wanted, &there, None)
            .into_iter()
            .filter(|change| !change.replaces && change.path != "engine_version")
            .collect();
        if changes.is_empty() {
            break;
        }
        cx.repeating(|| modify(cx, &id, &there, &wanted, &changes))
            .await?;
        there = until_available(cx, &id, |live| {
            let left = diff(&wanted, live, None);
            let left = left
                .iter()
                .filter(|change| !change.replaces && change.path != "engine_version");
            left.count() < changes.len()
        })
        .await?;
    }
    // It has the password of its time; the secret has today's.
    let (_, secret) = desk.resource(SECRET)?;
    let content = current::<Database>(cx.clients.secrets(), secret).await?;
    if let Some(password) = content.generated {
        give_password(cx, &id, &password).await?;
    }
    Ok(id)
}

/// Starts the restore. Its name follows from the source and the instance that it is to replace, so that repeating it
/// makes no second one.
async fn make(
    cx: &Cx<Clients>,
    spec: &Spec,
    source: &Source,
    current_id: &str,
    now: Option<&Live>,
) -> Result<String> {
    let resource = now.map_or("", |live| live.resource_id.as_str());
    let id = format!(
        "{}-r{}",
        spec.identifier,
        short_hash(&format!("{} {resource}", source.tag()))
    );
    let mut tags = cx.stack.tags_for(INSTANCE);
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
    let doing = "restore the database";
    let rds = &cx.clients.rds;
    let answer = match source {
        Source::Snapshot(snapshot) => {
            fits(cx, snapshot, now).await?;
            rds.restore_db_instance_from_db_snapshot()
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
                .map(|_| ())
        }
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
async fn fits(cx: &Cx<Clients>, snapshot: &str, now: Option<&Live>) -> Result<()> {
    let call = cx.clients.rds.describe_db_snapshots();
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

/// Makes the new one the stack's instance: in the state first, then on the tags.
async fn switch(program: &Program, desk: &Desk<Data>, old: &str, new: &str) -> Result<()> {
    let cx = &desk.cx;
    let there = one(cx, new)
        .await?
        .ok_or_else(|| Error::failed(format!("{new} is gone")))?;
    let attributes = serde_json::to_value(live(&there)).unwrap_or_default();
    let key = program.key("data");
    edit::locked(program, &key, "rd-data restore", || async {
        let mut document = program
            .store
            .load(&key)
            .await?
            .ok_or_else(|| Error::failed("the state is gone"))?;
        let Some(resource) = document.resources.get_mut(INSTANCE) else {
            return Err(Error::failed(format!(
                "{INSTANCE} is not in the state any more"
            )));
        };
        if resource.id.as_deref() == Some(new) {
            return Ok(());
        }
        resource.id = Some(new.to_owned());
        resource.phase = Phase::Ready;
        resource.attributes = attributes;
        edit::save_next(program, &key, document, "restore --switch")
            .await
            .map(|_| ())
    })
    .await?;
    let own = Tags::from([(ADDRESS_TAG.to_owned(), INSTANCE.to_owned())]);
    DbInstance::tag(cx, new, &own, &[]).await?;
    // Also one that a run cut off here left with the address.
    for instance in describe(cx, None).await? {
        let id = instance.db_instance_identifier().unwrap_or_default();
        let tags = rds::map(instance.tag_list());
        let bears = cx.stack.owns(cx.slice, &tags)
            && tags
                .get(ADDRESS_TAG)
                .is_some_and(|address| address == INSTANCE);
        if id != new && (bears || id == old) {
            let replaced = Tags::from([(REPLACED_TAG.to_owned(), new.to_owned())]);
            DbInstance::tag(cx, id, &replaced, &[ADDRESS_TAG.to_owned()]).await?;
        }
    }
    Ok(())
}

/// An apply: the secret leads to the new instance, the outputs name it.
fn converge(program: &Program) -> Result<Exit> {
    let mut command = sibling::command(program, "data", &["apply", "-y"])?;
    command.args([
        "--format",
        if program.printer.is_json() {
            "json"
        } else {
            "text"
        },
    ]);
    let status = command.status().map_err(|e| sibling::cannot_run(&e))?;
    Ok(sibling::exit(status))
}

fn tell(program: &Program, source: &Source, old: Option<&str>, new: &str, switched: bool) {
    let text = if program.printer.is_json() {
        serde_json::json!({"restored": new, "from": source.tag(), "switched": switched, "old": old})
            .to_string()
    } else if !switched {
        format!(
            "{new} is restored from {}. To switch to it: the same command with --switch",
            source.tag()
        )
    } else {
        let kept = old.map_or(String::new(), |old| {
            format!(" {old} is kept: rd-data restore --delete-old deletes it")
        });
        format!("{new} is the database now, and the secret leads to it. Restart the service.{kept}")
    };
    program.printer.text(&format!("{text}\n"));
}

/// Deletes what was replaced, and, unless `replaced_only`, what was restored and never switched to.
async fn delete_old(program: &Program, args: &RestoreArgs, replaced_only: bool) -> Result<()> {
    let desk = Desk::<Data>::open(program).await?;
    let cx = &desk.cx;
    let (_, current_id) = desk.resource(INSTANCE)?;
    let mut old = Vec::new();
    for instance in describe(cx, None).await? {
        let tags = rds::map(instance.tag_list());
        let id = instance.db_instance_identifier().unwrap_or_default();
        let spare = tags.contains_key(REPLACED_TAG)
            || (!replaced_only
                && tags.contains_key(RESTORED_TAG)
                && !tags.contains_key(ADDRESS_TAG));
        if cx.stack.owns(cx.slice, &tags) && spare && id != current_id {
            old.push(
                live(&instance)
                    .arn
                    .rsplit(':')
                    .next()
                    .unwrap_or(id)
                    .to_owned(),
            );
        }
    }
    if old.is_empty() {
        program.printer.text(if program.printer.is_json() {
            "{\"deleted\":[]}\n"
        } else {
            "there is no old instance\n"
        });
        return Ok(());
    }
    if !args.yes {
        let question = format!(
            "{} is deleted for good. Only `yes` is taken as yes:",
            old.join(", ")
        );
        if !prompt::can_ask() || !prompt::ask(&question, &["yes"])? {
            return Err(
                Error::refused(format!("not confirmed: {} is kept", old.join(", ")))
                    .hint("give -y to delete without a question"),
            );
        }
    }
    for id in &old {
        unprotect(cx, id).await?;
        DbInstance::delete(cx, id).await?;
    }
    for id in &old {
        until(cx, id, DbInstance::PATIENCE.limit, async || {
            Ok(match one(cx, id).await? {
                Some(instance) => Look::Wait(live(&instance).status),
                None => Look::Done(()),
            })
        })
        .await?;
    }
    let text = if program.printer.is_json() {
        serde_json::json!({"deleted": old}).to_string()
    } else {
        format!("{} is deleted", old.join(", "))
    };
    program.printer.text(&format!("{text}\n"));
    Ok(())
}

/// Takes the protection off one that is to go: it was named, and confirmed.
async fn unprotect(cx: &Cx<Clients>, id: &str) -> Result<()> {
    let Some(instance) = one(cx, id).await? else {
        return Ok(());
    };
    if instance.deletion_protection() != Some(true) {
        return Ok(());
    }
    let call = cx.clients.rds.modify_db_instance();
    call.db_instance_identifier(id)
        .deletion_protection(false)
        .apply_immediately(true)
        .send()
        .await
        .doing("take the protection off")
        .map_err(rds::for_now)?;
    until_available(cx, id, |live| !live.deletion_protection)
        .await
        .map(|_| ())
}
