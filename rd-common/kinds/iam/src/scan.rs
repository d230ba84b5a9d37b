//! Roles as resources of Terraform, for `rd-state adopt --scan`.

use crate::role::attached_policies;
use crate::{Client, NOT_FOUND};
use rd_common::aws::Explain;
use rd_common::{Result, TerraformResources};
use serde_json::json;

/// The roles that the consoles of ECS and RDS create once in an account, for all stacks in it.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html>
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Monitoring.OS.Enabling.html>
const SHARED: [&str; 2] = ["ecsTaskExecutionRole", "rds-monitoring-role"];

/// Adds the role with this ARN and its policies, where it exists, unless it is one of AWS's own or one that a console made for the
/// whole account: whoever uses such a role keeps it.
pub async fn add_role(iam: &Client, arn: &str, all: &mut TerraformResources) -> Result<()> {
    let Some((_, path)) = arn.split_once(":role/") else {
        return Ok(());
    };
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_of_aws = ["aws-service-role/", "service-role/"]
        .iter()
        .any(|start| path.starts_with(start));
    let is_known = all.texts("aws_iam_role", "arn").contains(&arn);
    if is_of_aws || is_known || SHARED.contains(&name) {
        return Ok(());
    }
    let call = iam.list_role_policies().role_name(name);
    let inline = call.into_paginator().items().send().try_collect().await;
    let inline: Vec<String> = match inline.doing("list the role's own policies") {
        Err(error) if error.is(&NOT_FOUND) => return Ok(()),
        other => other?,
    };
    all.add("aws_iam_role", name, json!({"name": name, "arn": arn}));
    for policy in inline {
        let values = json!({"name": policy, "role": name});
        all.add("aws_iam_role_policy", &format!("{name}:{policy}"), values);
    }
    for policy in attached_policies(iam, name).await? {
        let values = json!({"role": name, "policy_arn": policy});
        let id = format!("{name}/{policy}");
        all.add("aws_iam_role_policy_attachment", &id, values);
    }
    Ok(())
}
