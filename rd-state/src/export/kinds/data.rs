//! The kinds of the database.

use crate::export::resource::Resource;
use crate::export::stack::Source;
use serde_json::Value;

/// The parameters of a parameter group as blocks.
pub fn parameters(group: &mut Resource, source: &Source<'_>, with_method: bool) {
    let parameters = source.get("parameters").as_object();
    for (name, value) in parameters.into_iter().flatten() {
        group.block("parameter", |parameter| {
            parameter.set("name", name.as_str());
            parameter.set("value", value);
            if with_method {
                parameter.set("apply_method", "immediate");
            }
        });
    }
}

pub fn db_parameter_group(source: &Source<'_>) -> Resource {
    let mut group = source.resource("aws_db_parameter_group").import(source.id);
    group.set("name", source.get("name"));
    group.set("family", source.get("family"));
    group.set("description", source.get("description"));
    // The provider's own argument.
    group.ignored.push("skip_destroy");
    group.tags(&source.tags());
    parameters(&mut group, source, true);
    group
}

pub fn db_subnet_group(source: &Source<'_>) -> Resource {
    let mut group = source.resource("aws_db_subnet_group").import(source.id);
    group.set("name", source.get("name"));
    group.set("description", source.get("description"));
    group.set(
        "subnet_ids",
        source.references("aws_subnet", "id", source.spec("subnet_ids")),
    );
    group.tags(&source.tags());
    group
}

pub fn db_instance(source: &Source<'_>) -> Resource {
    let mut db = source.resource("aws_db_instance").import(source.id);
    db.set("identifier", source.id);
    db.set("engine", "postgres");
    db.set("engine_version", source.get("engine_version"));
    db.set("instance_class", source.get("instance_class"));
    db.set("allocated_storage", source.get("allocated_storage"));
    db.set("max_allocated_storage", source.get("max_allocated_storage"));
    db.set("storage_type", source.get("storage_type"));
    db.set("iops", source.spec("iops"));
    db.set("storage_throughput", source.spec("storage_throughput"));
    db.set("storage_encrypted", source.get("storage_encrypted"));
    db.set("kms_key_id", source.spec("kms_key"));
    db.set("multi_az", source.get("multi_az"));
    db.set("db_name", source.get("db_name"));
    db.set("username", source.get("username"));
    let subnets = source.spec("db_subnet_group");
    db.set(
        "db_subnet_group_name",
        source.reference("aws_db_subnet_group", "name", subnets),
    );
    let groups = source.spec("security_group_ids");
    db.set(
        "vpc_security_group_ids",
        source.references("aws_security_group", "id", groups),
    );
    let parameters = source.spec("db_parameter_group");
    let parameters = source.reference("aws_db_parameter_group", "name", parameters);
    db.set("parameter_group_name", parameters);
    db.set(
        "backup_retention_period",
        source.get("backup_retention_days"),
    );
    db.set("backup_window", source.get("backup_window"));
    db.set("maintenance_window", source.get("maintenance_window"));
    db.set(
        "auto_minor_version_upgrade",
        source.get("auto_minor_version_upgrade"),
    );
    let logs = source.get("log_exports");
    if logs.as_array().is_some_and(|logs| !logs.is_empty()) {
        db.set("enabled_cloudwatch_logs_exports", logs);
    }
    db.set("database_insights_mode", source.get("database_insights"));
    db.set(
        "performance_insights_enabled",
        source.get("performance_insights"),
    );
    if source.is("performance_insights") {
        let days = source.get("performance_insights_days");
        db.set("performance_insights_retention_period", days);
    }
    if source
        .get("monitoring_seconds")
        .as_i64()
        .is_some_and(|seconds| seconds > 0)
    {
        db.set("monitoring_interval", source.get("monitoring_seconds"));
        let role = source.get("monitoring_role_arn");
        db.set(
            "monitoring_role_arn",
            source.reference("aws_iam_role", "arn", role),
        );
    }
    db.set(
        "iam_database_authentication_enabled",
        source.get("iam_authentication"),
    );
    db.set("deletion_protection", source.get("deletion_protection"));
    db.set("publicly_accessible", source.get("publicly_accessible"));
    db.set("copy_tags_to_snapshot", source.get("copy_tags_to_snapshot"));
    db.set("ca_cert_identifier", source.get("ca_certificate"));
    let support = match source.spec("extended_support") {
        Value::Bool(true) => "open-source-rds-extended-support",
        _ => "open-source-rds-extended-support-disabled",
    };
    db.set("engine_lifecycle_support", support);
    if !source.text("managed_secret").is_empty() {
        db.set("manage_master_user_password", true);
    }
    // The password stays in the secret; the others are the provider's own arguments.
    db.ignored.extend([
        "password",
        "skip_final_snapshot",
        "final_snapshot_identifier",
        "apply_immediately",
    ]);
    db.tags(&source.tags());
    db
}
