//! `db_instance`: <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html>
//!
//! It is known by its tags: a restored instance takes the place of the first one under another name.

pub mod compare;
pub mod model;
pub mod modify;

use crate::clients::Clients;
use crate::kinds::Database;
use crate::rds;
use crate::slice::Data;
use aws_sdk_rds::types::DbInstance as Instance;
use jiff::Timestamp;
use model::{Live, REPLACED_TAG, Spec, live};
use rd_common::aws::Explain;
use rd_common::stack::{ADDRESS_TAG, FINAL_SNAPSHOT_TAG, short_hash};
use rd_common::{
    Change, CreateRequest, Ctx, Details, Error, Found, Kind, Readiness, Result, Retry, Slice,
    Stack, Tags, Timeouts, Wanted,
};
use rd_iam::service_linked_role;
use rd_secret::Secrets;
use rd_secret::secret::GIVEN_GENERATION_TAG;
use rd_secret::value::current;
use std::time::Duration;

/// The kind.
pub struct DbInstance;

/// Its engine.
pub const ENGINE: &str = "postgres";

/// Every instance of the account, or those with these names.
pub async fn describe(clients: &Clients, names: Option<Vec<String>>) -> Result<Vec<Instance>> {
    let filter = names.map(|names| {
        aws_sdk_rds::types::Filter::builder()
            .name("db-instance-id")
            .set_values(Some(names))
            .build()
    });
    let mut all = Vec::new();
    let mut marker = None;
    loop {
        let call = clients.rds.describe_db_instances();
        let call = call
            .set_filters(filter.clone().map(|filter| vec![filter]))
            .set_marker(marker);
        let page = match call.send().await.doing("read the instance") {
            Err(error) if rds::is_gone(&error) => return Ok(all),
            other => other?,
        };
        all.extend(page.db_instances.unwrap_or_default());
        marker = page.marker.filter(|marker| !marker.is_empty());
        if marker.is_none() {
            return Ok(all);
        }
    }
}

/// The name of the instance whose tags say that it is the one at `address`.
pub async fn bearing(clients: &Clients, stack: &Stack, address: &str) -> Result<Option<String>> {
    let all = describe(clients, None).await?;
    let bears = |instance: &&Instance| {
        let tags = rds::map(instance.tag_list());
        stack.owns(Data::NAME, &tags) && tags.get(ADDRESS_TAG).is_some_and(|one| one == address)
    };
    Ok(all
        .iter()
        .find(bears)
        .map(|instance| name(instance).to_owned()))
}

/// The instance of this name.
pub async fn one(ctx: &Ctx<Clients>, id: &str) -> Result<Option<Instance>> {
    Ok(describe(&ctx.clients, Some(vec![id.to_owned()]))
        .await?
        .into_iter()
        .next())
}

fn name(instance: &Instance) -> &str {
    instance.db_instance_identifier().unwrap_or_default()
}

/// The instances for one question: by its id; else by its tags; else by its name.
fn matching<'a>(
    ctx: &Ctx<Clients>,
    wanted: &Wanted<Spec>,
    instances: &'a [Instance],
) -> Vec<&'a Instance> {
    if let Some(id) = &wanted.id {
        return instances.iter().filter(|one| name(one) == id).collect();
    }
    let bears = |instance: &&Instance| {
        let tags = rds::map(instance.tag_list());
        ctx.stack.owns(ctx.slice, &tags) && tags.get(ADDRESS_TAG) == Some(&wanted.address)
    };
    let tagged: Vec<&Instance> = instances.iter().filter(bears).collect();
    let Some(spec) = wanted.spec.as_ref().filter(|_| tagged.is_empty()) else {
        return tagged;
    };
    // One that was replaced by a restored one keeps the name, and is not it.
    let named = instances.iter().filter(|one| {
        name(one) == spec.identifier && !rds::map(one.tag_list()).contains_key(REPLACED_TAG)
    });
    named.collect()
}

impl Kind for DbInstance {
    const NAME: &'static str = "db_instance";
    const TIMEOUTS: Timeouts = Timeouts {
        first: Duration::from_millis(200),
        pause: Duration::from_secs(10),
        limit: Duration::from_secs(90 * 60),
    };
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let ids: Option<Vec<String>> = wanted.iter().map(|one| one.id.clone()).collect();
        let instances = describe(&ctx.clients, ids).await?;
        let found = |address: &str, instance: &Instance| Found {
            address: address.to_owned(),
            id: name(instance).to_owned(),
            live: live(instance),
            tags: Some(rds::map(instance.tag_list())),
        };
        let mut all = Vec::new();
        for one in wanted {
            if one.is_any() {
                for instance in &instances {
                    let tags = rds::map(instance.tag_list());
                    if let (true, Some(address)) =
                        (ctx.stack.owns(ctx.slice, &tags), tags.get(ADDRESS_TAG))
                    {
                        all.push(found(address, instance));
                    }
                }
                continue;
            }
            let here = matching(ctx, one, &instances);
            all.extend(
                here.into_iter()
                    .map(|instance| found(&one.address, instance)),
            );
        }
        Ok(all)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let spec = request.spec;
        let ((), content) = tokio::try_join!(
            service_linked_role::ensure(&ctx.clients.iam, service_linked_role::RDS),
            current::<Database>(ctx.clients.secrets(), spec.secret_arn.text()),
        )?;
        let Some(password) = content.generated else {
            return Err(Error::failed("the secret has no password")
                .hint("delete the secret; the next apply makes it again"));
        };
        let mut tags = request.tags.clone();
        tags.extend([
            (
                FINAL_SNAPSHOT_TAG.to_owned(),
                spec.final_snapshot.to_string(),
            ),
            (
                GIVEN_GENERATION_TAG.to_owned(),
                spec.secret_generation.text().to_owned(),
            ),
        ]);
        let call = ctx
            .clients
            .rds_once
            .create_db_instance()
            .db_instance_identifier(&spec.identifier)
            .engine(ENGINE)
            .engine_version(&spec.engine_version)
            .db_instance_class(&spec.instance_class)
            .allocated_storage(spec.allocated_storage)
            .set_max_allocated_storage(
                (spec.max_allocated_storage > 0).then_some(spec.max_allocated_storage),
            )
            .storage_type(&spec.storage_type)
            .storage_encrypted(true)
            .set_kms_key_id(spec.kms_key.clone())
            .multi_az(spec.multi_az)
            .db_name(&spec.db_name)
            .master_username(&spec.username)
            .master_user_password(password.reveal())
            .db_subnet_group_name(spec.db_subnet_group.text())
            .set_vpc_security_group_ids(Some(modify::texts(&spec.security_group_ids)))
            .db_parameter_group_name(spec.db_parameter_group.text())
            .backup_retention_period(spec.backup_retention_days)
            .preferred_backup_window(&spec.backup_window)
            .preferred_maintenance_window(&spec.maintenance_window)
            .auto_minor_version_upgrade(spec.auto_minor_version_upgrade)
            .set_enable_cloudwatch_logs_exports(Some(spec.log_exports.clone()))
            .enable_performance_insights(spec.performance_insights)
            .set_performance_insights_retention_period(
                spec.performance_insights
                    .then_some(spec.performance_insights_days),
            )
            .deletion_protection(spec.deletion_protection)
            .publicly_accessible(spec.publicly_accessible)
            .copy_tags_to_snapshot(spec.copy_tags_to_snapshot)
            .ca_certificate_identifier(&spec.ca_certificate)
            .set_tags(Some(rds::list(&tags)));
        match call.send().await.doing("create the instance") {
            Err(error) if error.is(&["DBInstanceAlreadyExists"]) => {
                made_before(ctx, &spec.identifier).await
            }
            other => other.map_err(rds::for_now).map(|_| spec.identifier.clone()),
        }
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        live: &Live,
        spec: &Spec,
        changes: &[Change],
    ) -> Result<()> {
        modify::modify(ctx, id, live, spec, changes).await
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<()> {
        let Some(instance) = one(ctx, id).await? else {
            return Ok(());
        };
        let there = live(&instance);
        if there.status == "deleting" {
            return Ok(());
        }
        let call = ctx
            .clients
            .rds
            .delete_db_instance()
            .db_instance_identifier(id);
        // Without a word on it, nothing is thrown away.
        let call = if there.final_snapshot.unwrap_or(true) {
            call.skip_final_snapshot(false)
                .final_db_snapshot_identifier(final_snapshot_name(
                    id,
                    &there.resource_id,
                    Timestamp::now(),
                ))
        } else {
            call.skip_final_snapshot(true)
        };
        match call.send().await.doing("delete the instance") {
            Err(error) if rds::is_gone(&error) => Ok(()),
            Err(error) if error.summary.contains("already being deleted") => Ok(()),
            Err(error) if is_protected(&error) => Err(protected(id)),
            other => other.map_err(rds::for_now).map(|_| ()),
        }
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        rds::tag(ctx, &rds::arn(ctx, "db", id), set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, last: Option<&Spec>) -> Vec<Change> {
        compare::diff(spec, live, last)
    }

    fn validate(spec: &Spec, live: &Live, _last: Option<&Spec>, changes: &[Change]) -> Result<()> {
        compare::validate(spec, live, changes)
    }

    fn allow_recreate(id: &str) -> Result<()> {
        Err(Error::refused(format!(
            "the instance {id} is gone, and a new, empty database would take its place"
        ))
        .hint(
            "nothing was changed; to have the data back: rd-data snapshots, then rd-data restore --snapshot ID --switch; \
             for an empty one: rd-state rm data.db_instance.postgres, then apply",
        ))
    }

    fn pending(live: &Live) -> Option<String> {
        compare::pending(live)
    }

    /// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html>
    fn ready(live: &Live) -> Readiness {
        match live.status.as_str() {
            "available" | "storage-optimization" | "storage-config-upgrade" => Readiness::Ready,
            "deleting" => Readiness::Leaving(live.status.clone()),
            "failed" | "restore-error" | "insufficient-capacity" => {
                Readiness::Failed(live.status.clone())
            }
            "storage-full" => Readiness::Impaired(
                live.status.clone(),
                "raise allocated_storage (and max_allocated_storage) in [data] and apply",
            ),
            "incompatible-parameters" => Readiness::Impaired(
                live.status.clone(),
                "the engine does not start with these parameters: set the last change in [data.parameters] back, apply, \
                 then rd-data reboot",
            ),
            "stopped" | "stopping" => Readiness::Impaired(
                live.status.clone(),
                "somebody stopped it: start it in the console; AWS starts it by itself after seven days",
            ),
            status
                if status.starts_with("incompatible-") || status.starts_with("inaccessible-") =>
            {
                Readiness::Impaired(
                    live.status.clone(),
                    "see the instance's events in the RDS console for the reason; its data can be restored beside it: \
                     rd-data restore",
                )
            }
            other => Readiness::Pending(other.to_owned()),
        }
    }

    async fn details(ctx: &Ctx<Clients>, id: &str, live: &Live) -> Result<Details> {
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
        add("class", Some(live.instance_class.clone()));
        let grows = match live.max_allocated_storage {
            0 => String::new(),
            limit => format!(", grows to {limit}"),
        };
        add(
            "storage",
            Some(format!(
                "{} GiB {}{grows}",
                live.allocated_storage, live.storage_type
            )),
        );
        add("multi-AZ", Some(live.multi_az.to_string()));
        add("endpoint", live.host.clone());
        add("last backup", last_backup(ctx, id).await?);
        add(
            "latest restorable time",
            live.latest_restorable_time.clone(),
        );
        add(
            "certificate",
            live.ca_certificate.clone().map(|ca| {
                let till = live.certificate_valid_till.as_deref();
                format!("{ca}, valid until {}", till.unwrap_or("(not told)"))
            }),
        );
        Ok(details)
    }
}

/// It was looked for, so one of this name is what an attempt with a lost answer made, or one that a restored one
/// replaced: that one is not taken back.
async fn made_before(ctx: &Ctx<Clients>, id: &str) -> Result<String> {
    let there = one(ctx, id).await?;
    let tags = there.map(|instance| rds::map(instance.tag_list()));
    if tags.is_some_and(|tags| tags.contains_key(REPLACED_TAG)) {
        return Err(Error::refused(format!(
            "the instance {id} was replaced by a restored one, and has the name"
        ))
        .hint("rd-data restore --delete-old deletes it; then apply"));
    }
    Ok(id.to_owned())
}

/// A name that no snapshot has: the moment is in it, and what AWS calls this instance and no other ever.
fn final_snapshot_name(id: &str, resource_id: &str, now: Timestamp) -> String {
    let moment = now.strftime("%Y%m%d-%H%M%S");
    format!("{id}-final-{moment}-{}", short_hash(resource_id))
}

fn is_protected(error: &Error) -> bool {
    error.is(&["InvalidParameterCombination"]) && error.summary.to_lowercase().contains("protect")
}

/// What to do about an instance that may not be deleted.
pub fn protected(id: &str) -> Error {
    Error::refused(format!("the instance {id} is protected against deletion")).hint(
        "set `protect = false` (or deletion_protection = false in [data]) in rd.toml and run rd-data apply; then \
         destroy",
    )
}

/// The end of the last automated backup; none where there is none, or where the credentials may not ask.
async fn last_backup(ctx: &Ctx<Clients>, id: &str) -> Result<Option<String>> {
    let call = ctx.clients.rds.describe_db_snapshots();
    let answer = call
        .db_instance_identifier(id)
        .snapshot_type("automated")
        .send()
        .await;
    let answer = match answer.doing("read the backups") {
        Err(error) if error.retry == Retry::Never => return Ok(None),
        other => other?,
    };
    let times = answer
        .db_snapshots()
        .iter()
        .filter_map(|snapshot| snapshot.snapshot_create_time());
    Ok(times
        .max_by_key(|time| time.as_nanos())
        .map(ToString::to_string))
}
