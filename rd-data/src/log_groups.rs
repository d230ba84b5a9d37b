//! The log groups of the instance's exported logs. rd creates them before the instance: RDS would create them without
//! retention, and they would outlive the instance.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html>

use crate::clients::Clients;
use crate::config::Config;
use crate::kinds::db_instance::read::describe;
use rd_common::state::document::Document;
use rd_common::{Ctx, Error, Kind, Part, Parts, Result};
use rd_log_group::{LogGroup, Logs, Spec, read};
use serde::Deserialize;

/// The prefix of the names that RDS writes to.
pub const PREFIX: &str = "/aws/rds/instance/";

/// Adds a log group for each exported log of `instance` to the resource list, named after the export.
pub fn log_groups(parts: &mut Parts, config: &Config, instance: &str) -> Vec<Part> {
    let group = |export: &String| {
        parts.add::<LogGroup<Clients>>(
            export,
            Spec {
                name: format!("{PREFIX}{instance}/{export}"),
                retention_days: config.log_retention_days,
                kms_key: config.log_kms_key.clone(),
            },
        )
    };
    config.log_exports.iter().map(group).collect()
}

/// Creates the log groups of a second instance, with the settings that the state has for those of the current one.
pub async fn create_for(ctx: &Ctx<Clients>, state: &Document, instance: &str) -> Result<()> {
    for (address, resource) in &state.resources {
        if resource.kind != LogGroup::<Clients>::NAME {
            continue;
        }
        let spec = Spec::deserialize(&resource.spec).map_err(|e| {
            Error::failed(format!(
                "{address} has an unexpected form in the state: {e}"
            ))
        })?;
        let spec = Spec {
            name: name_for(&spec.name, instance),
            ..spec
        };
        let tags = ctx.stack.tags_for(address);
        ctx.retrying(|| rd_log_group::ensure(ctx, &spec, &tags))
            .await?;
    }
    Ok(())
}

/// Replaces the log groups in the state with those of another instance. The old groups stay with their instance.
pub fn switch_to(state: &mut Document, instance: &str) {
    for resource in state.resources.values_mut() {
        if resource.kind == LogGroup::<Clients>::NAME
            && let Some(id) = &resource.id
        {
            let name = name_for(id, instance);
            resource.spec["name"] = name.as_str().into();
            resource.id = Some(name);
        }
    }
}

/// Deletes this stack's log groups of deleted instances: of `identifier`, and of those restored from it, whose names
/// begin with it. The groups of `current` are kept.
pub async fn delete_orphans(ctx: &Ctx<Clients>, identifier: &str, current: &str) -> Result<()> {
    let logs = ctx.clients.logs();
    let groups = read::with_prefix(logs, &format!("{PREFIX}{identifier}")).await?;
    if groups.is_empty() {
        return Ok(());
    }
    let instances = describe(&ctx.clients, None).await?;
    let existing: Vec<&str> = instances
        .iter()
        .filter_map(|instance| instance.db_instance_identifier())
        .chain([current])
        .collect();
    for group in groups {
        let gone = instance_of(&group.name).is_some_and(|instance| !existing.contains(&instance));
        if gone
            && let Some(tags) = read::tags(logs, &group.arn).await?
            && ctx.stack.owns(ctx.slice, &tags)
        {
            ctx.retrying(|| rd_log_group::delete(logs, &group.name))
                .await?;
        }
    }
    Ok(())
}

/// The instance in the name of a log group; none if it is not a log group of RDS.
fn instance_of(group: &str) -> Option<&str> {
    let (instance, _export) = group.strip_prefix(PREFIX)?.split_once('/')?;
    Some(instance)
}

/// The name of the log group of the same export of another instance.
fn name_for(group: &str, instance: &str) -> String {
    let export = group.rsplit('/').next().unwrap_or(group);
    format!("{PREFIX}{instance}/{export}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_group_is_named_after_its_instance() {
        let group = "/aws/rds/instance/shop-test-postgres/postgresql";
        assert_eq!(instance_of(group), Some("shop-test-postgres"));
        assert_eq!(instance_of("/aws/lambda/x/y"), None);
        let name = name_for(group, "shop-test-postgres-r0badcafe");
        assert_eq!(
            name,
            "/aws/rds/instance/shop-test-postgres-r0badcafe/postgresql"
        );
    }
}
