//! The target group of the service: it exists, accepts IP addresses, and a listener forwards to it.

use super::not_checked;
use crate::names::last;
use crate::service_context::ServiceContext;
use crate::simulation::is_denied;
use aws_sdk_ecs::types::Service;
use aws_sdk_elasticloadbalancingv2::types::{ProtocolEnum, TargetTypeEnum};
use futures_util::future::try_join_all;
use rd_common::Result;
use rd_common::aws::Explain;
use rd_common::output::check_report::CheckStep;

/// A step for each target group that the service registers its tasks with, and one for the listeners of its load
/// balancer.
pub async fn check(service: &ServiceContext, live: &Service) -> Result<Vec<CheckStep>> {
    let arns = live.load_balancers().iter();
    let arns = arns.filter_map(|one| Some((one.target_group_arn()?, one.container_port())));
    let lines = try_join_all(arns.map(|(arn, port)| group(service, arn, port))).await?;
    Ok(lines.into_iter().flatten().collect())
}

async fn group(service: &ServiceContext, arn: &str, port: Option<i32>) -> Result<Vec<CheckStep>> {
    let (what, listener) = ("target group", "listener");
    let elb = &service.ctx().clients.elb;
    let call = elb.describe_target_groups().target_group_arns(arn).send();
    let answer = match call.await.doing("read the target group") {
        Err(error) if is_denied(&error) => {
            let why = "these credentials lack elasticloadbalancing:DescribeTargetGroups";
            return Ok(vec![not_checked(what, why)]);
        }
        Err(error) if error.is(&["TargetGroupNotFound", "TargetGroupNotFoundException"]) => {
            let reason = format!(
                "{} does not exist: run rd-edge apply, then rd-ecs apply",
                target_group_name(arn)
            );
            return Ok(vec![CheckStep::new(what, false, reason)]);
        }
        other => other?,
    };
    let Some(group) = answer.target_groups().first() else {
        let reason = format!(
            "{} does not exist: run rd-edge apply",
            target_group_name(arn)
        );
        return Ok(vec![CheckStep::new(what, false, reason)]);
    };
    let name = group.target_group_name().unwrap_or_default();
    if group.target_type() != Some(&TargetTypeEnum::Ip) {
        let reason = format!(
            "{name} does not have the target type ip, which Fargate tasks need: run rd-edge apply"
        );
        return Ok(vec![CheckStep::new(what, false, reason)]);
    }
    let reason = match port {
        Some(port) => format!("{name}, tasks on port {port}"),
        None => name.to_owned(),
    };
    let mut lines = vec![CheckStep::new(what, true, reason)];
    let Some(balancer) = group.load_balancer_arns().first() else {
        let reason = format!("no listener forwards to {name}: run rd-edge apply");
        lines.push(CheckStep::new(listener, false, reason));
        return Ok(lines);
    };
    let call = elb.describe_listeners().load_balancer_arn(balancer);
    let listed = call.into_paginator().items().send().try_collect().await;
    let listed = match listed.doing("read the listeners") {
        Err(error) if is_denied(&error) => {
            let reason = format!("{} forwards to {name}", balancer_name(balancer));
            lines.push(CheckStep::new(listener, true, reason));
            return Ok(lines);
        }
        other => other?,
    };
    let ports: Vec<String> = listed
        .iter()
        .map(|one| {
            let protocol = one.protocol().map_or("", ProtocolEnum::as_str);
            format!("{protocol}:{}", one.port().unwrap_or_default())
        })
        .collect();
    let reason = format!(
        "{} forwards to {name} ({})",
        balancer_name(balancer),
        ports.join(", ")
    );
    lines.push(CheckStep::new(listener, true, reason));
    Ok(lines)
}

/// The name of a target group, from `targetgroup/<name>/<id>` at the end of its ARN.
fn target_group_name(arn: &str) -> &str {
    let mut parts = arn.rsplit('/');
    parts.next();
    parts.next().unwrap_or_else(|| last(arn))
}

/// The name of a load balancer, from `loadbalancer/app/<name>/<id>` at the end of its ARN.
fn balancer_name(arn: &str) -> &str {
    target_group_name(arn)
}
