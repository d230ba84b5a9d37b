//! The log groups that RDS writes what an instance exports to. RDS would make them without retention, and they would
//! outlive the instance.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html>

use crate::clients::Clients;
use crate::config::Config;
use crate::kinds::db_instance::describe;
use rd_common::state::document::Document;
use rd_common::{Ctx, Error, Kind, Part, Parts, Result};
use rd_log_group::{LogGroup, Logs, Spec, read};
use serde::Deserialize;

const FOLDER: &str = "/aws/rds/instance/";

/// A group for each log that the instance exports, at the address of the export.
pub fn log_groups(parts: &mut Parts, config: &Config, instance: &str) -> Vec<Part> {
    let group = |export: &String| {
        parts.add::<LogGroup<Clients>>(
            export,
            Spec {
                name: format!("{FOLDER}{instance}/{export}"),
                retention_days: config.log_retention_days,
                kms_key: config.log_kms_key.clone(),
            },
        )
    };
    config.log_exports.iter().map(group).collect()
}

/// Makes the groups of an instance beside the one that the state knows.
pub async fn beside(ctx: &Ctx<Clients>, state: &Document, instance: &str) -> Result<()> {
    for (address, resource) in &state.resources {
        if resource.kind != LogGroup::<Clients>::NAME {
            continue;
        }
        let spec = Spec::deserialize(&resource.spec)
            .map_err(|e| Error::failed(format!("{address} has an unexpected form: {e}")))?;
        let spec = Spec {
            name: moved(&spec.name, instance),
            ..spec
        };
        let tags = ctx.stack.tags_for(address);
        ctx.retrying(|| rd_log_group::ensure(ctx, &spec, &tags))
            .await?;
    }
    Ok(())
}

/// Lets the state know the groups of another instance in place of those that it knew. The old ones stay with their
/// instance.
pub fn take_over(state: &mut Document, instance: &str) {
    for resource in state.resources.values_mut() {
        if resource.kind == LogGroup::<Clients>::NAME
            && let Some(id) = &resource.id
        {
            let name = moved(id, instance);
            resource.spec["name"] = name.as_str().into();
            resource.id = Some(name);
        }
    }
}

/// Deletes the stack's groups of instances that are gone: `identifier` and those that were restored beside it.
pub async fn delete_orphans(ctx: &Ctx<Clients>, identifier: &str, current: &str) -> Result<()> {
    let logs = ctx.clients.logs();
    let groups = read::beginning_with(logs, &format!("{FOLDER}{identifier}")).await?;
    if groups.is_empty() {
        return Ok(());
    }
    let there = describe(&ctx.clients, None).await?;
    let there: Vec<&str> = there
        .iter()
        .filter_map(|instance| instance.db_instance_identifier())
        .chain([current])
        .collect();
    for group in groups {
        let gone = instance_of(&group.name).is_some_and(|instance| !there.contains(&instance));
        if gone
            && ctx
                .stack
                .owns(ctx.slice, &read::tags(logs, &group.arn).await?)
        {
            rd_log_group::delete(logs, &group.name).await?;
        }
    }
    Ok(())
}

fn instance_of(group: &str) -> Option<&str> {
    let (instance, _export) = group.strip_prefix(FOLDER)?.split_once('/')?;
    Some(instance)
}

fn moved(group: &str, instance: &str) -> String {
    let export = group.rsplit('/').next().unwrap_or(group);
    format!("{FOLDER}{instance}/{export}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_belongs_to_one_instance() {
        let group = "/aws/rds/instance/shop-test-postgres/postgresql";
        assert_eq!(instance_of(group), Some("shop-test-postgres"));
        assert_eq!(instance_of("/aws/lambda/x/y"), None);
        let there = moved(group, "shop-test-postgres-r0badcafe");
        assert_eq!(
            there,
            "/aws/rds/instance/shop-test-postgres-r0badcafe/postgresql"
        );
    }
}
