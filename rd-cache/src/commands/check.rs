//! `check`: each step of the path from the service to the cache, passed or failed.

use crate::kinds::cache_secret::Token;
use crate::kinds::replication_group::model::Live;
use crate::kinds::replication_group::{ReplicationGroup, read};
use crate::slice::{Cache, GROUP, PORT, SECRET, SECRET_VERSION};
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::check_report::{CheckReport, CheckStep};
use rd_common::outputs::net;
use rd_common::{Exit, Kind, Result, other_program};
use rd_secret::check::check_secret;
use rd_secret::version::stored_form;
use serde_json::json;

/// Checks every step and prints the report; exits with 0 if every step passed.
pub async fn run(context: &Context) -> Result<Exit> {
    let cache = SliceContext::<Cache>::open(context).await?;
    let group = match cache.resource(GROUP) {
        Ok((_, id)) => read(&cache.ctx, id).await?.map(|(group, _)| group),
        Err(_) => None,
    };
    let mut steps = vec![check_status(group.as_ref())];
    if let Some(group) = &group {
        steps.extend(check_nodes(group));
        steps.push(check_security_group(context, group).await?);
        steps.push(check_encryption(group));
    }
    let arguments = ["check", "api", "redis", &PORT.to_string()];
    steps.extend(other_program::check(context, net::SLICE, &arguments)?);
    let arn = cache.resource(SECRET).ok().map(|(_, arn)| arn);
    let form = stored_form(&cache.state, SECRET_VERSION);
    let endpoint = group.as_ref().and_then(|group| group.host.as_deref());
    let clients = &cache.ctx.clients;
    steps.extend(check_secret::<Token>(clients, arn, form, endpoint, "rd-cache").await?);
    let report = CheckReport {
        subject: &cache.config.name(&context.stack),
        head: json!({"replication_group": cache.resource(GROUP).ok().map(|(_, id)| id)})
            .as_object()
            .cloned()
            .unwrap_or_default(),
        verdict_key: "ok",
        passed: "check passed",
        failed: "check failed",
    };
    Ok(report.show(&context.printer, &steps))
}

fn check_status(group: Option<&Live>) -> CheckStep {
    let step = "replication group";
    let Some(group) = group else {
        return CheckStep::new(step, false, "not found: run rd-cache apply");
    };
    let endpoint = group.host.as_deref();
    CheckStep::of_readiness(
        step,
        ReplicationGroup::ready(group),
        &group.status,
        endpoint,
        "ElastiCache",
    )
}

fn check_nodes(group: &Live) -> Vec<CheckStep> {
    group
        .nodes
        .iter()
        .map(|node| {
            let ok = matches!(node.status.as_str(), "available" | "");
            let step = format!("node {}", node.id);
            CheckStep::new(step, ok, format!("{} {}", node.role, node.status).trim())
        })
        .collect()
}

async fn check_security_group(context: &Context, group: &Live) -> Result<CheckStep> {
    let net = context.load_state(net::SLICE).await?;
    let expected = net.and_then(|net| net.output(&net::REDIS_SECURITY_GROUP_ID));
    let expected = expected.unwrap_or_default();
    let groups = group.security_group_ids.clone().unwrap_or_default();
    let ok = groups.contains(&expected);
    let groups = groups.join(", ");
    let reason = if ok {
        groups
    } else {
        format!("{groups} instead of {expected}: run rd-cache apply")
    };
    Ok(CheckStep::new("security group", ok, reason))
}

fn check_encryption(group: &Live) -> CheckStep {
    // What AWS does not report is what rd asked for.
    let tls = group.transit_encryption != Some(false);
    let token = group.auth_token != Some(false);
    let ok = tls && token;
    let reason = match (tls, token) {
        (true, true) => "TLS and a token required (the URL is rediss://)",
        (true, false) => "TLS, but no token required: run rd-cache apply",
        (false, _) => "no TLS, so the secret's rediss:// URL cannot connect: run rd-cache apply",
    };
    CheckStep::new("encryption", ok, reason)
}
