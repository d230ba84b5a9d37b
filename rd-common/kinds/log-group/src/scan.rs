//! Log groups as resources of Terraform, for `rd-state adopt --scan`.

use crate::Client;
use crate::read::{Live, named, with_prefix};
use rd_common::{Result, TerraformResources};
use serde_json::json;

/// Adds the log group with this name, where it exists.
pub async fn add(logs: &Client, name: &str, all: &mut TerraformResources) -> Result<()> {
    if let Some(group) = named(logs, name).await? {
        add_group(&group, all);
    }
    Ok(())
}

/// Adds the log groups whose names begin with `prefix`.
pub async fn add_with_prefix(
    logs: &Client,
    prefix: &str,
    all: &mut TerraformResources,
) -> Result<()> {
    for group in with_prefix(logs, prefix).await? {
        add_group(&group, all);
    }
    Ok(())
}

fn add_group(group: &Live, all: &mut TerraformResources) {
    let values = json!({"name": group.name, "arn": group.arn, "kms_key_id": group.kms_key,
                        "retention_in_days": group.retention_days.unwrap_or_default()});
    all.add("aws_cloudwatch_log_group", &group.name, values);
}
