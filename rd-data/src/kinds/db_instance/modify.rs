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
use rd_secret::Secrets;
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
        let content = current::<Database>(ctx.clients.secrets(), secret).await?;
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
    let iops = has("allocated_storage").then(|| provisioned(live, spec.allocated_storage));
    let (iops, throughput) = iops.unwrap_or_default();
    let call = call
        .set_iops(iops)
        .set_storage_throughput(throughput)
        .set_db_instance_class(has("instance_class").then(|| spec.instance_class.clone()))
        .set_allocated_storage(has("allocated_storage").then_some(spec.allocated_storage))
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
    call.send()
        .await
        .doing("change the instance")
        .map_err(rds::retry_if_temporary)
        .map(|_| ())
}

/// Raises the storage of an instance whose disk is full at once, whatever `apply_immediately` says, and nothing else:
/// what else differs follows as usual. RDS then also applies what is pending for the maintenance window.
async fn raise_full_storage(ctx: &Ctx<Clients>, id: &str, live: &Live, spec: &Spec) -> Result<()> {
    let (iops, throughput) = provisioned(live, spec.allocated_storage);
    // The limit must not be below the new size.
    let limit =
        (live.max_allocated_storage < spec.allocated_storage).then(|| storage_limit(spec, live));
    let call = ctx
        .clients
        .rds
        .modify_db_instance()
        .db_instance_identifier(id)
        .apply_immediately(true)
        .allocated_storage(spec.allocated_storage)
        .set_max_allocated_storage(limit)
        .set_iops(iops)
        .set_storage_throughput(throughput);
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

/// The IOPS and the throughput that RDS wants with a new size of the storage: both from [`STRIPED_GIB`] on, even if they
/// stay as they are, and neither below.
/// <https://github.com/hashicorp/terraform-provider-aws/issues/28271>
fn provisioned(live: &Live, size: i32) -> (Option<i32>, Option<i32>) {
    if size < STRIPED_GIB {
        return (None, None);
    }
    if live.allocated_storage < STRIPED_GIB {
        return (Some(STRIPED_IOPS), Some(STRIPED_THROUGHPUT));
    }
    (
        Some(live.iops.unwrap_or(STRIPED_IOPS)),
        Some(live.storage_throughput.unwrap_or(STRIPED_THROUGHPUT)),
    )
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
