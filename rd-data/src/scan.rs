//! What AWS has of the database in a VPC, as resources of Terraform: `rd-state adopt --scan` maps them as those of a state.

use crate::clients::Clients;
use crate::kinds::db_instance::model::{Live, live};
use crate::kinds::db_instance::read::{describe, name};
use crate::kinds::db_parameter_group::read_values;
use crate::log_groups::PREFIX;
use aws_sdk_rds::types::DbInstance as Instance;
use rd_common::terraform_resources::NAMES_OF_DATABASE_SECRETS;
use rd_common::{Ctx, Result, ScanRequest, TerraformResources};
use rd_iam::Iam;
use rd_log_group::Logs;
use rd_secret::Secrets;
use serde_json::json;

/// The instances in the VPC, with what they name, and the secrets.
pub async fn scan(ctx: &Ctx<Clients>, request: &ScanRequest) -> Result<TerraformResources> {
    let vpc = request.vpc_id()?;
    let mut all = TerraformResources::default();
    let instances = describe(&ctx.clients, None).await?;
    let in_vpc = instances.iter().filter(|one| {
        let group = one.db_subnet_group();
        let is_there = group.is_some_and(|group| group.vpc_id() == Some(vpc));
        is_there && one.db_instance_status() != Some("deleting")
    });
    for instance in in_vpc {
        let one = live(instance);
        add_instance(instance, &one, &mut all);
        add_named(ctx, name(instance), &one, &mut all).await?;
    }
    if all.of("aws_db_instance").next().is_some() {
        let secrets = ctx.clients.secrets();
        rd_secret::scan::add(secrets, request, &NAMES_OF_DATABASE_SECRETS, &mut all).await?;
    }
    Ok(all)
}

/// The instance and its subnet group. Pure.
fn add_instance(instance: &Instance, one: &Live, all: &mut TerraformResources) {
    let id = name(instance);
    let managed = one.managed_secret.iter();
    let managed: Vec<_> = managed.map(|arn| json!({"secret_arn": arn})).collect();
    let values = json!({
        "identifier": id,
        "arn": one.arn,
        "engine": instance.engine(),
        "engine_version": version(one),
        "instance_class": one.instance_class,
        "allocated_storage": one.allocated_storage,
        "max_allocated_storage": one.max_allocated_storage,
        "storage_type": one.storage_type,
        "iops": one.iops,
        "multi_az": one.multi_az,
        "db_name": one.db_name,
        "username": one.username,
        "db_subnet_group_name": one.db_subnet_group,
        "parameter_group_name": one.db_parameter_group,
        "vpc_security_group_ids": one.security_group_ids,
        "replicate_source_db": instance.read_replica_source_db_instance_identifier(),
        "backup_retention_period": one.backup_retention_days,
        "backup_window": one.backup_window,
        "maintenance_window": one.maintenance_window,
        "auto_minor_version_upgrade": one.auto_minor_version_upgrade,
        "enabled_cloudwatch_logs_exports": one.log_exports,
        "performance_insights_enabled": one.performance_insights,
        "performance_insights_retention_period": one.performance_insights_days,
        "database_insights_mode": one.database_insights,
        "monitoring_interval": one.monitoring_seconds,
        "monitoring_role_arn": one.monitoring_role_arn,
        "deletion_protection": one.deletion_protection,
        "ca_cert_identifier": one.ca_certificate,
        "master_user_secret": managed,
    });
    all.add("aws_db_instance", id, values);
    if let Some(group) = instance.db_subnet_group() {
        let subnets = group.subnets().iter();
        let subnets: Vec<&str> = subnets.filter_map(|one| one.subnet_identifier()).collect();
        let name = group.db_subnet_group_name().unwrap_or_default();
        let is_known = all.texts("aws_db_subnet_group", "id").contains(&name);
        if !is_known {
            let values = json!({"name": name, "arn": group.db_subnet_group_arn(), "vpc_id": group.vpc_id(),
                                "subnet_ids": subnets});
            all.add("aws_db_subnet_group", name, values);
        }
    }
}

/// The version as the settings should have it: where AWS upgrades the instance to newer minor versions, the major version alone.
fn version(one: &Live) -> &str {
    let major = one.engine_version.split('.').next();
    let major = major.filter(|_| one.auto_minor_version_upgrade);
    major.unwrap_or(&one.engine_version)
}

/// What the instance names: its parameter group, the role of Enhanced Monitoring, and the log groups of its exports.
async fn add_named(
    ctx: &Ctx<Clients>,
    id: &str,
    one: &Live,
    all: &mut TerraformResources,
) -> Result<()> {
    let group = &one.db_parameter_group;
    let is_known = all
        .texts("aws_db_parameter_group", "id")
        .contains(&group.as_str());
    if !group.starts_with("default.") && !is_known {
        let values = read_values(&ctx.clients.rds, group, Some("user")).await?;
        let parameters = values.unwrap_or_default().into_iter();
        let parameters: Vec<_> = parameters
            .map(|(name, value)| json!({"name": name, "value": value}))
            .collect();
        let values = json!({"name": group, "parameter": parameters});
        all.add("aws_db_parameter_group", group, values);
    }
    if let Some(role) = one.monitoring_role_arn.as_deref() {
        rd_iam::scan::add_role(ctx.clients.iam(), role, all).await?;
    }
    let prefix = format!("{PREFIX}{id}/");
    rd_log_group::scan::add_with_prefix(ctx.clients.logs(), &prefix, all).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_rds::types::{DbSubnetGroup, Subnet};

    #[test]
    fn an_instance_has_the_attributes_of_terraform_and_one_subnet_group() {
        let group = DbSubnetGroup::builder()
            .db_subnet_group_name("web")
            .vpc_id("vpc-1")
            .subnets(Subnet::builder().subnet_identifier("subnet-1").build());
        let instance = |id: &str, upgrades| {
            Instance::builder()
                .db_instance_identifier(id)
                .engine("postgres")
                .engine_version("16.4")
                .auto_minor_version_upgrade(upgrades)
                .db_subnet_group(group.clone().build())
                .build()
        };
        let mut all = TerraformResources::default();
        for one in [instance("one", true), instance("two", false)] {
            add_instance(&one, &live(&one), &mut all);
        }
        assert_eq!(
            all.addresses(),
            [
                "aws_db_instance.one",
                "aws_db_subnet_group.web",
                "aws_db_instance.two"
            ]
        );
        assert_eq!(
            all.texts("aws_db_instance", "engine_version"),
            ["16", "16.4"]
        );
        let groups: Vec<_> = all.of("aws_db_subnet_group").collect();
        assert_eq!(groups[0]["subnet_ids"], json!(["subnet-1"]));
    }
}
