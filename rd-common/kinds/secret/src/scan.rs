//! Secrets as resources of Terraform, for `rd-state adopt --scan`. No value is read.

use crate::Client;
use aws_sdk_secretsmanager::types::SecretListEntry;
use rd_common::aws::Explain;
use rd_common::{Result, ScanRequest, TerraformResources};
use serde_json::json;

/// Adds the secrets that the tasks of the VPC read. Where they read none, those with one of the words in their names.
/// Adds none where those of another slice were added before.
pub async fn add(
    client: &Client,
    request: &ScanRequest,
    words: &[&str],
    all: &mut TerraformResources,
) -> Result<()> {
    let kind = "aws_secretsmanager_secret";
    let definitions = request
        .found
        .texts("aws_ecs_task_definition", "container_definitions");
    let is_read_by_tasks = |secret: &SecretListEntry| {
        let arn = secret.arn().unwrap_or_default();
        let full = [format!("\"{arn}\""), format!("\"{arn}:")];
        let mut definitions = definitions.iter();
        definitions.any(|text| full.iter().any(|one| text.contains(one)))
    };
    let is_named = |secret: &SecretListEntry| {
        let name = secret.name().unwrap_or_default().to_lowercase();
        words.iter().any(|word| name.contains(word))
    };
    let known = request.found.texts(kind, "id");
    let pages = client.list_secrets().into_paginator().send();
    let pages: Vec<_> = pages.try_collect().await.doing("list the secrets")?;
    let secrets = pages
        .into_iter()
        .flat_map(|page| page.secret_list.unwrap_or_default());
    // One that a service manages is no secret of a stack, such as the one with a password that RDS manages.
    let own: Vec<SecretListEntry> = secrets
        .filter(|one| one.owning_service().is_none() && one.deleted_date().is_none())
        .collect();
    let are_read = own.iter().any(is_read_by_tasks);
    let mut secrets: Vec<SecretListEntry> = own
        .into_iter()
        .filter(|one| match are_read {
            true => is_read_by_tasks(one),
            false => is_named(one),
        })
        .filter(|one| !known.contains(&one.arn().unwrap_or_default()))
        .collect();
    secrets.sort_by(|one, other| one.name().cmp(&other.name()));
    for secret in secrets {
        let arn = secret.arn().unwrap_or_default();
        let values = json!({"arn": arn, "name": secret.name(), "kms_key_id": secret.kms_key_id()});
        all.add(kind, arn, values);
    }
    Ok(())
}
