//! What AWS has of the public entry in a VPC, as resources of Terraform: `rd-state adopt --scan` maps them as those of a state.

mod actions;
mod names;

use crate::aws_errors::is_not_found;
use crate::clients::Clients;
use crate::kinds::listener_certificate::read_certificates;
use crate::kinds::{load_balancer, target_group};
use aws_sdk_elasticloadbalancingv2::types::{
    LoadBalancer, LoadBalancerSchemeEnum, LoadBalancerStateEnum, LoadBalancerTypeEnum,
    ProtocolEnum, TargetGroup, TargetTypeEnum,
};
use rd_common::aws::Explain;
use rd_common::{Ctx, Result, ScanRequest, TerraformResources};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The load balancers and target groups in the VPC, with all that belongs to them.
pub async fn scan(ctx: &Ctx<Clients>, request: &ScanRequest) -> Result<TerraformResources> {
    let vpc = request.vpc_id()?;
    let elb = &ctx.clients.elb;
    let balancers = elb.describe_load_balancers().into_paginator();
    let groups = elb.describe_target_groups().into_paginator();
    let (balancers, groups) = tokio::join!(
        balancers.items().send().try_collect(),
        groups.items().send().try_collect(),
    );
    let balancers: Vec<LoadBalancer> = balancers.doing("list the load balancers")?;
    let groups: Vec<TargetGroup> = groups.doing("list the target groups")?;
    let mut all = TerraformResources::default();
    let in_vpc = balancers.iter().filter(|one| {
        let state = one.state().and_then(|state| state.code());
        one.vpc_id() == Some(vpc) && state != Some(&LoadBalancerStateEnum::Failed)
    });
    for one in in_vpc {
        let arn = one.load_balancer_arn().unwrap_or_default();
        let attributes = load_balancer::read_attributes(ctx, arn).await?;
        all.add(
            "aws_lb",
            arn,
            balancer(one, &attributes.unwrap_or_default()),
        );
        add_listeners(ctx, arn, &mut all).await?;
    }
    for one in groups.iter().filter(|one| one.vpc_id() == Some(vpc)) {
        let arn = one.target_group_arn().unwrap_or_default();
        let attributes = target_group::read_attributes(ctx, arn).await?;
        let values = group(one, &attributes.unwrap_or_default());
        all.add("aws_lb_target_group", arn, values);
    }
    names::add(ctx, &mut all).await?;
    Ok(all)
}

/// An attribute that is a number or a truth value, as JSON.
fn parsed(attributes: &BTreeMap<String, String>, name: &str) -> Value {
    let text = attributes.get(name);
    let parsed = text.and_then(|text| serde_json::from_str(text).ok());
    parsed.unwrap_or_default()
}

fn balancer(one: &LoadBalancer, attributes: &BTreeMap<String, String>) -> Value {
    let zones = one.availability_zones().iter();
    let subnets: Vec<&str> = zones.filter_map(|zone| zone.subnet_id()).collect();
    let kind = one.r#type().map(LoadBalancerTypeEnum::as_str);
    let logs = json!({"enabled": parsed(attributes, "access_logs.s3.enabled"),
                      "bucket": attributes.get("access_logs.s3.bucket"),
                      "prefix": attributes.get("access_logs.s3.prefix")});
    json!({
        "arn": one.load_balancer_arn(),
        "name": one.load_balancer_name(),
        "load_balancer_type": kind,
        "internal": one.scheme() == Some(&LoadBalancerSchemeEnum::Internal),
        "vpc_id": one.vpc_id(),
        "dns_name": one.dns_name(),
        "security_groups": one.security_groups(),
        "subnets": subnets,
        "idle_timeout": parsed(attributes, "idle_timeout.timeout_seconds"),
        "enable_http2": parsed(attributes, "routing.http2.enabled"),
        "enable_deletion_protection": parsed(attributes, "deletion_protection.enabled"),
        "access_logs": [logs],
    })
}

fn group(one: &TargetGroup, attributes: &BTreeMap<String, String>) -> Value {
    let check = json!({
        "path": one.health_check_path(),
        "matcher": one.matcher().and_then(|matcher| matcher.http_code()),
        "interval": one.health_check_interval_seconds(),
        "timeout": one.health_check_timeout_seconds(),
        "healthy_threshold": one.healthy_threshold_count(),
        "unhealthy_threshold": one.unhealthy_threshold_count(),
    });
    json!({
        "arn": one.target_group_arn(),
        "name": one.target_group_name(),
        "port": one.port(),
        "vpc_id": one.vpc_id(),
        "target_type": one.target_type().map(TargetTypeEnum::as_str),
        "health_check": [check],
        "deregistration_delay": parsed(attributes, "deregistration_delay.timeout_seconds"),
    })
}

/// What is listed; nothing where that whose parts these are was deleted since it was listed itself.
fn if_there<T>(listed: Result<Vec<T>>) -> Result<Vec<T>> {
    match listed {
        Err(error) if is_not_found(&error) => Ok(Vec::new()),
        other => other,
    }
}

/// Adds the listeners of a load balancer with their rules and further certificates.
async fn add_listeners(
    ctx: &Ctx<Clients>,
    balancer: &str,
    all: &mut TerraformResources,
) -> Result<()> {
    let call = ctx.clients.elb.describe_listeners();
    let pages = call.load_balancer_arn(balancer).into_paginator();
    let listeners = pages.items().send().try_collect().await;
    for one in if_there(listeners.doing("list the listeners"))? {
        let arn = one.listener_arn().unwrap_or_default();
        let own = one.certificates().first();
        let defaults = one.default_actions().iter();
        let values = json!({
            "arn": arn,
            "load_balancer_arn": balancer,
            "port": one.port(),
            "protocol": one.protocol().map(ProtocolEnum::as_str),
            "ssl_policy": one.ssl_policy(),
            "certificate_arn": own.and_then(|own| own.certificate_arn()),
            "default_action": defaults.map(actions::action).collect::<Vec<_>>(),
        });
        all.add("aws_lb_listener", arn, values);
        let call = ctx.clients.elb.describe_rules().listener_arn(arn);
        let rules = call.into_paginator().items().send().try_collect().await;
        for rule in if_there(rules.doing("list the listener's rules"))? {
            // The default action is a part of the listener.
            let Some(priority) = rule.priority().and_then(|text| text.parse::<i32>().ok()) else {
                continue;
            };
            let id = rule.rule_arn().unwrap_or_default();
            let conditions = rule.conditions().iter().map(actions::condition);
            let actions = rule.actions().iter().map(actions::action);
            let values = json!({"arn": id, "listener_arn": arn, "priority": priority,
                                "condition": conditions.collect::<Vec<_>>(),
                                "action": actions.collect::<Vec<_>>()});
            all.add("aws_lb_listener_rule", id, values);
        }
        if own.is_some() {
            for certificate in read_certificates(ctx, arn).await? {
                let values = json!({"listener_arn": arn, "certificate_arn": certificate});
                let id = format!("{arn}_{certificate}");
                all.add("aws_lb_listener_certificate", &id, values);
            }
        }
    }
    Ok(())
}
