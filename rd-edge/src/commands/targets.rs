//! `targets`: who stands behind the load balancer, and how each is.

use crate::slice::Edge;
use crate::{clients::Clients, elb};
use aws_sdk_elasticloadbalancingv2::types::TargetDescription;
use rd_common::aws::Explain;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::table::table;
use rd_common::{Ctx, Error, Exit, Result};
use serde::Serialize;

/// Where the target group is in the state.
const GROUP: &str = "edge.target_group.api";

/// One target.
#[derive(Clone, Debug, Serialize)]
pub struct Target {
    /// Its address.
    pub id: String,
    /// Its port.
    pub port: i32,
    /// Its zone.
    pub zone: String,
    /// AWS's word: `healthy`, `unhealthy`, `initial`, `draining`, `unused`, `unavailable`.
    pub state: String,
    /// AWS's code for why.
    pub reason: String,
    /// AWS's words for why.
    pub description: String,
}

/// The targets of the stack's group.
pub async fn read(ctx: &Ctx<Clients>, group: &str) -> Result<Vec<Target>> {
    let call = ctx.clients.elb.describe_target_health();
    let answer = call.target_group_arn(group).send().await;
    let answer = match answer.doing("read the targets' health") {
        Err(error) if elb::is_gone(&error) => {
            return Err(Error::failed("the target group is gone").hint("run rd-edge apply"));
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

/// The target group of the state.
pub fn group(slice_context: &SliceContext<Edge>) -> Result<&str> {
    slice_context.resource(GROUP).map(|(_, arn)| arn)
}

/// Runs it: a table for people, one JSON document for programs.
pub async fn run(context: &Context) -> Result<Exit> {
    let slice_context = SliceContext::<Edge>::open(context).await?;
    let group = group(&slice_context)?;
    let targets = read(&slice_context.ctx, group).await?;
    if context.printer.is_json() {
        let document = serde_json::json!({"target_group_arn": group, "targets": targets});
        context.printer.text(&format!("{document}\n"));
    } else if targets.is_empty() {
        context
            .printer
            .text("no targets: no task runs, or none has registered yet\n");
    } else {
        let cells: Vec<Vec<String>> = targets
            .into_iter()
            .map(|one| {
                let why = [one.reason, one.description]
                    .into_iter()
                    .filter(|text| !text.is_empty())
                    .collect::<Vec<_>>()
                    .join(": ");
                vec![format!("{}:{}", one.id, one.port), one.zone, one.state, why]
            })
            .collect();
        context
            .printer
            .text(&table(&["TARGET", "ZONE", "STATE", "WHY"], &cells));
    }
    Ok(Exit::Done)
}
