//! `targets`: the tasks behind the load balancer, with their health and the reason for it.

use crate::aws_errors::is_not_found;
use crate::clients::Clients;
use crate::slice::Edge;
use aws_sdk_elasticloadbalancingv2::types::TargetDescription;
use rd_common::aws::Explain;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::table::table;
use rd_common::{Ctx, Error, Exit, Result};
use serde::Serialize;

/// The address of the target group.
const TARGET_GROUP: &str = "edge.target_group.api";

/// A target: one task of the service.
#[derive(Clone, Debug, Serialize)]
pub struct Target {
    /// The IP address of the task.
    pub id: String,
    /// The port on which it receives requests.
    pub port: i32,
    /// The availability zone of the task.
    pub zone: String,
    /// The health: `healthy`, `unhealthy`, `initial`, `draining`, `unused`, `unavailable`.
    pub state: String,
    /// AWS's code for the reason, such as `Target.Timeout`.
    pub reason: String,
    /// AWS's description of the reason.
    pub description: String,
}

/// Reads the targets of a target group with their health.
pub async fn read_targets(ctx: &Ctx<Clients>, group: &str) -> Result<Vec<Target>> {
    let call = ctx.clients.elb.describe_target_health();
    let answer = call.target_group_arn(group).send().await;
    let answer = match answer.doing("read the targets' health") {
        Err(error) if is_not_found(&error) => {
            return Err(
                Error::failed("the target group no longer exists").hint("run rd-edge apply")
            );
        }
        other => other?,
    };
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let targets = answer.target_health_descriptions().iter().map(|one| {
        let (target, health) = (one.target(), one.target_health());
        Target {
            id: text(target.and_then(|target| target.id())),
            port: target.and_then(TargetDescription::port).unwrap_or(0),
            zone: text(target.and_then(|target| target.availability_zone())),
            state: health
                .and_then(|health| health.state())
                .map(|state| state.as_str().to_owned())
                .unwrap_or_default(),
            reason: health
                .and_then(|health| health.reason())
                .map(|reason| reason.as_str().to_owned())
                .unwrap_or_default(),
            description: text(health.and_then(|health| health.description())),
        }
    });
    Ok(targets.collect())
}

/// The ARN of the target group in the state.
pub fn target_group_arn(edge: &SliceContext<Edge>) -> Result<&str> {
    edge.resource(TARGET_GROUP).map(|(_, arn)| arn)
}

/// Prints the targets: a table for people, one JSON document for programs.
pub async fn run(context: &Context) -> Result<Exit> {
    let edge = SliceContext::<Edge>::open(context).await?;
    let group = target_group_arn(&edge)?;
    let targets = read_targets(&edge.ctx, group).await?;
    if context.printer.is_json() {
        let document = serde_json::json!({"target_group_arn": group, "targets": targets});
        context.printer.text(&format!("{document}\n"));
    } else if targets.is_empty() {
        context
            .printer
            .text("no targets: no task is running, or none has registered yet\n");
    } else {
        let cells: Vec<Vec<String>> = targets
            .into_iter()
            .map(|one| {
                let reason = [one.reason, one.description]
                    .into_iter()
                    .filter(|text| !text.is_empty())
                    .collect::<Vec<_>>()
                    .join(": ");
                vec![
                    format!("{}:{}", one.id, one.port),
                    one.zone,
                    one.state,
                    reason,
                ]
            })
            .collect();
        context
            .printer
            .text(&table(&["TARGET", "ZONE", "STATE", "WHY"], &cells));
    }
    Ok(Exit::Done)
}
