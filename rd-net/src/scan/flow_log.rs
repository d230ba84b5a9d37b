//! The flow log of the VPC, with what it writes to and its role.

use crate::clients::Clients;
use crate::describe::Query;
use crate::kinds::flow_log::group_name;
use aws_sdk_ec2::types::LogDestinationType;
use rd_common::{Ctx, Result, TerraformResources};
use serde_json::json;

/// Adds each flow log of the VPC. One to a bucket has neither log group nor role.
pub async fn add(ctx: &Ctx<Clients>, vpc: &str, all: &mut TerraformResources) -> Result<()> {
    let query = Query::by("resource-id", [vpc.to_owned()]);
    let logs = ctx.clients.describe.flow_logs.ask(query).await?;
    for log in logs.iter() {
        let kind = log.log_destination_type().map(LogDestinationType::as_str);
        let role = log.deliver_logs_permission_arn();
        let values = json!({"vpc_id": vpc, "log_destination_type": kind, "log_destination": log.log_destination(),
                            "log_group_name": log.log_group_name(), "iam_role_arn": role});
        all.add(
            "aws_flow_log",
            log.flow_log_id().unwrap_or_default(),
            values,
        );
        if kind.is_some_and(|kind| kind != LogDestinationType::CloudWatchLogs.as_str()) {
            continue;
        }
        let name = log.log_group_name().map(str::to_owned);
        let name = name.or_else(|| log.log_destination().map(group_name));
        if let Some(name) = name {
            rd_log_group::scan::add(&ctx.clients.logs, &name, all).await?;
        }
        if let Some(role) = role {
            rd_iam::scan::add_role(&ctx.clients.iam, role, all).await?;
        }
    }
    Ok(())
}
