//! Creating an instance with the password from its secret.

use super::model::{ENGINE, REPLACED_TAG, Spec};
use super::modify::known_texts;
use super::read::describe_one;
use crate::clients::Clients;
use crate::kinds::database_secret::Database;
use crate::rds;
use aws_sdk_rds::types::Tag;
use rd_common::aws::Explain;
use rd_common::stack::FINAL_SNAPSHOT_TAG;
use rd_common::{CreateRequest, Ctx, Error, Result, sdk_tags, tags_from_sdk};
use rd_iam::service_linked_role;
use rd_secret::secret::GIVEN_GENERATION_TAG;
use rd_secret::value::current;

/// Creates the instance, encrypted and with its tags, and returns its name.
pub async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
    let spec = request.spec;
    let ((), content) = tokio::try_join!(
        service_linked_role::ensure(&ctx.clients.iam, service_linked_role::RDS),
        current::<_, Database>(ctx, spec.secret_arn.text()),
    )?;
    let Some(password) = content.generated else {
        return Err(Error::failed("the secret has no password")
            .hint("delete the secret; the next apply creates it again"));
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
        .rds
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
        .set_iops(spec.iops)
        .set_storage_throughput(spec.storage_throughput)
        .storage_encrypted(true)
        .set_kms_key_id(spec.kms_key.clone())
        .multi_az(spec.multi_az)
        .db_name(&spec.db_name)
        .master_username(&spec.username)
        .master_user_password(password.reveal())
        .db_subnet_group_name(spec.db_subnet_group.text())
        .set_vpc_security_group_ids(Some(known_texts(&spec.security_group_ids)))
        .db_parameter_group_name(spec.db_parameter_group.text())
        .backup_retention_period(spec.backup_retention_days)
        .preferred_backup_window(&spec.backup_window)
        .preferred_maintenance_window(&spec.maintenance_window)
        .auto_minor_version_upgrade(spec.auto_minor_version_upgrade)
        .set_enable_cloudwatch_logs_exports(Some(spec.log_exports.clone()))
        .engine_lifecycle_support(spec.lifecycle_support())
        .set_database_insights_mode(spec.database_insights.as_deref().map(Into::into))
        .enable_performance_insights(spec.performance_insights)
        .set_performance_insights_retention_period(
            spec.performance_insights
                .then_some(spec.performance_insights_days),
        )
        .set_monitoring_interval(spec.monitoring_seconds)
        .set_monitoring_role_arn(spec.monitoring_role())
        .set_enable_iam_database_authentication(spec.iam_authentication)
        .deletion_protection(spec.deletion_protection)
        .publicly_accessible(spec.publicly_accessible)
        .copy_tags_to_snapshot(spec.copy_tags_to_snapshot)
        .ca_certificate_identifier(&spec.ca_certificate)
        .set_tags(Some(sdk_tags!(Tag, tags)));
    match call.send().await.doing("create the instance") {
        Err(error) if error.is(&["DBInstanceAlreadyExists"]) => {
            already_exists(ctx, &spec.identifier).await
        }
        other => other
            .map_err(rds::retry_if_temporary)
            .map(|_| spec.identifier.clone()),
    }
}

/// The engine found no instance before, so the one of this name was created by an attempt whose answer was lost, or it
/// was replaced by a restored instance. The latter must not become the database again.
async fn already_exists(ctx: &Ctx<Clients>, id: &str) -> Result<String> {
    let instance = describe_one(ctx, id).await?;
    let tags = instance.map(|instance| tags_from_sdk!(instance.tag_list()));
    if tags.is_some_and(|tags| tags.contains_key(REPLACED_TAG)) {
        return Err(Error::refused(format!(
            "the name {id} is in use by the instance that a restored one replaced"
        ))
        .hint("delete it with rd-data restore --delete-old, then apply"));
    }
    Ok(id.to_owned())
}
