//! Changing an instance in place.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html>

use super::model::{Live, Spec};
use crate::clients::Clients;
use crate::kinds::database_secret::Database;
use crate::rds;
use aws_sdk_rds::types::CloudwatchLogsExportConfiguration;
use rd_common::aws::Explain;
use rd_common::stack::FINAL_SNAPSHOT_TAG;
use rd_common::{Change, Ctx, Error, Input, Result, Tags, touches};
use rd_secret::generate::Generated;
use rd_secret::secret::GIVEN_GENERATION_TAG;
use rd_secret::value::current;

/// Makes the changes, all of them in one call, after the password and the tags.
pub async fn modify(
    ctx: &Ctx<Clients>,
    id: &str,
    live: &Live,
    spec: &Spec,
    changes: &[Change],
) -> Result<()> {
    let has = |path: &str| touches(changes, path);
    let mut tags = Tags::new();
    if has("final_snapshot") {
        let value = spec.final_snapshot.to_string();
        tags.insert(FINAL_SNAPSHOT_TAG.to_owned(), value);
    }
    if has("secret_generation") {
        let secret = spec.secret_arn.text();
        let content = current::<_, Database>(ctx, secret).await?;
        let Some(password) = content.generated else {
            return Err(Error::failed("the secret has no password")
                .hint("rd-data rotate generates one and sets it in RDS and in the secret"));
        };
        set_password(ctx, id, &password).await?;
        let generation = spec.secret_generation.text().to_owned();
        tags.insert(GIVEN_GENERATION_TAG.to_owned(), generation);
    }
    rds::change_tags(ctx, &live.arn, &tags, &[]).await?;
    if changes.len() == tags.len() {
        return Ok(());
    }
    if live.is_full() && has("allocated_storage") {
        return raise_full_storage(ctx, id, live, spec).await;
    }
    let call = ctx
        .clients
        .rds
        .modify_db_instance()
        .db_instance_identifier(id)
        .apply_immediately(spec.apply_immediately);
    let storage = StorageRequest::of(live, spec, has);
    let call = call
        .set_iops(storage.iops)
        .set_storage_throughput(storage.throughput)
        .set_db_instance_class(has("instance_class").then(|| spec.instance_class.clone()))
        .set_allocated_storage(storage.size)
        .set_storage_type(has("storage_type").then(|| spec.storage_type.clone()))
        .set_multi_az(has("multi_az").then_some(spec.multi_az))
        .set_engine_version(has("engine_version").then(|| spec.engine_version.clone()))
        .set_allow_major_version_upgrade(
            (has("engine_version") && spec.allow_major_upgrade).then_some(true),
        )
        .set_backup_retention_period(
            has("backup_retention_days").then_some(spec.backup_retention_days),
        )
        .set_ca_certificate_identifier(has("ca_certificate").then(|| spec.ca_certificate.clone()))
        .set_db_parameter_group_name(
            has("db_parameter_group").then(|| spec.db_parameter_group.text().to_owned()),
        )
        .set_vpc_security_group_ids(
            has("security_group_ids").then(|| known_texts(&spec.security_group_ids)),
        )
        .set_preferred_backup_window(has("backup_window").then(|| spec.backup_window.clone()))
        .set_preferred_maintenance_window(
            has("maintenance_window").then(|| spec.maintenance_window.clone()),
        )
        .set_auto_minor_version_upgrade(
            has("auto_minor_version_upgrade").then_some(spec.auto_minor_version_upgrade),
        )
        .set_deletion_protection(has("deletion_protection").then_some(spec.deletion_protection))
        .set_publicly_accessible(has("publicly_accessible").then_some(spec.publicly_accessible))
        .set_copy_tags_to_snapshot(
            has("copy_tags_to_snapshot").then_some(spec.copy_tags_to_snapshot),
        )
        .set_max_allocated_storage(has("max_allocated_storage").then(|| storage_limit(spec, live)))
        .set_cloudwatch_logs_export_configuration(
            has("log_exports").then(|| export_changes(&live.log_exports, &spec.log_exports)),
        );
    let monitoring = has("monitoring_seconds") || has("monitoring_role_arn");
    let call = call
        .set_monitoring_interval(monitoring.then(|| spec.monitoring_seconds.unwrap_or(0)))
        .set_monitoring_role_arn(spec.monitoring_role().filter(|_| monitoring))
        .set_enable_iam_database_authentication(
            spec.iam_authentication
                .filter(|_| has("iam_authentication")),
        );
    // RDS checks the mode together with the retention.
    let insights =
        has("performance_insights") || has("performance_insights_days") || has("database_insights");
    let mode = spec.database_insights.as_deref().filter(|_| insights);
    let call = call
        .set_database_insights_mode(mode.map(Into::into))
        .set_enable_performance_insights(insights.then_some(spec.performance_insights))
        .set_performance_insights_retention_period(
            (insights && spec.performance_insights).then_some(spec.performance_insights_days),
        );
    match call.send().await.doing("change the instance") {
        // What differs is as desired by now, such as after an answer that was lost.
        Err(error) if error.summary.contains("No modifications were requested") => Ok(()),
        other => other.map_err(rds::retry_if_temporary).map(|_| ()),
    }
}

/// Raises the storage of an instance whose disk is full at once, whatever `apply_immediately` says, and nothing else:
/// what else differs follows as usual. RDS then also applies what is pending for the maintenance window.
async fn raise_full_storage(ctx: &Ctx<Clients>, id: &str, live: &Live, spec: &Spec) -> Result<()> {
    let raised = Spec {
        storage_type: live.storage_type.clone(),
        iops: None,
        storage_throughput: None,
        ..spec.clone()
    };
    let storage = StorageRequest::of(live, &raised, |path| path == "allocated_storage");
    // The limit must not be below the new size.
    let limit =
        (live.max_allocated_storage < spec.allocated_storage).then(|| storage_limit(spec, live));
    let call = ctx
        .clients
        .rds
        .modify_db_instance()
        .db_instance_identifier(id)
        .apply_immediately(true)
        .set_allocated_storage(storage.size)
        .set_max_allocated_storage(limit)
        .set_iops(storage.iops)
        .set_storage_throughput(storage.throughput);
    call.send()
        .await
        .doing("raise the storage of the instance")
        .map_err(rds::retry_if_temporary)
        .map(|_| ())
}

/// The value of `MaxAllocatedStorage`. To turn growth off, RDS wants the size of the storage: the current one, which may
/// have grown beyond the setting.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html>
fn storage_limit(spec: &Spec, live: &Live) -> i32 {
    spec.max_allocated_storage
        .max(spec.allocated_storage)
        .max(live.allocated_storage)
}

/// The size in GiB from which on RDS stripes gp3, with its IOPS and its throughput in MiB a second at the least.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html>
const STRIPED_GIB: i32 = 400;
const STRIPED_IOPS: i32 = 12_000;
const STRIPED_THROUGHPUT: i32 = 500;

/// The storage in a request. IOPS and throughput, type and size are only changed together: all of them are in the request,
/// except for gp2, and for gp3 below [`STRIPED_GIB`], where neither of the first two may be.
/// <https://github.com/hashicorp/terraform-provider-aws/issues/28271>
/// <https://github.com/hashicorp/terraform-provider-aws/issues/28589>
struct StorageRequest {
    size: Option<i32>,
    iops: Option<i32>,
    throughput: Option<i32>,
}

impl StorageRequest {
    /// The request for the fields for which `has` is true.
    fn of(live: &Live, spec: &Spec, has: impl Fn(&str) -> bool) -> Self {
        let mut request = Self {
            size: has("allocated_storage").then_some(spec.allocated_storage),
            iops: None,
            throughput: None,
        };
        let paths = [
            "allocated_storage",
            "storage_type",
            "iops",
            "storage_throughput",
        ];
        let size = request.size.unwrap_or(live.allocated_storage);
        let is_gp3 = spec.storage_type == "gp3";
        let has_fixed = match spec.storage_type.as_str() {
            "gp3" => size < STRIPED_GIB,
            "io1" | "io2" => false,
            _ => true,
        };
        if !paths.into_iter().any(has) || has_fixed {
            return request;
        }
        request.size = Some(size);
        // What the storage has now holds for the same type alone, and not across the threshold.
        let stays = live.storage_type == spec.storage_type
            && (!is_gp3 || live.allocated_storage >= STRIPED_GIB);
        let now = |value: Option<i32>, least: i32| value.filter(|_| stays).unwrap_or(least);
        request.iops = Some(spec.iops.unwrap_or_else(|| now(live.iops, STRIPED_IOPS)));
        if is_gp3 {
            let throughput = || now(live.storage_throughput, STRIPED_THROUGHPUT);
            request.throughput = Some(spec.storage_throughput.unwrap_or_else(throughput));
        }
        request
    }
}

/// The texts of inputs that are all known, as they are in an update or a create.
pub fn known_texts(inputs: &[Input]) -> Vec<String> {
    inputs.iter().map(|input| input.text().to_owned()).collect()
}

/// Which logs to start and to stop exporting.
fn export_changes(live: &[String], desired: &[String]) -> CloudwatchLogsExportConfiguration {
    let only_in = |one: &[String], other: &[String]| -> Vec<String> {
        one.iter()
            .filter(|log| !other.contains(log))
            .cloned()
            .collect()
    };
    let (enable, disable) = (only_in(desired, live), only_in(live, desired));
    CloudwatchLogsExportConfiguration::builder()
        .set_enable_log_types((!enable.is_empty()).then_some(enable))
        .set_disable_log_types((!disable.is_empty()).then_some(disable))
        .build()
}

/// Sets the password of the instance's user at once, whatever `apply_immediately` says.
pub async fn set_password(ctx: &Ctx<Clients>, id: &str, password: &Generated) -> Result<()> {
    let call = ctx
        .clients
        .rds
        .modify_db_instance()
        .db_instance_identifier(id)
        .master_user_password(password.reveal())
        .apply_immediately(true);
    call.send()
        .await
        .doing("set the database's password")
        .map_err(rds::retry_if_temporary)
        .map(|_| ())
}
