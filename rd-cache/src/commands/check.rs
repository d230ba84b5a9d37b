//! `check`: why can the service not reach the cache? Every step from the service to its answer, yes or no.

use crate::kinds::Token;
use crate::kinds::replication_group::model::Live;
use crate::kinds::replication_group::{ReplicationGroup, read as read_group};
use crate::slice::{Cache, GROUP, PORT, SECRET};
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::check_report::{CheckReport, CheckStep};
use rd_common::{Exit, Kind, Readiness, Result, other_program};
use rd_secret::Secrets;
use rd_secret::check::check;
use serde_json::{Value, json};

/// Runs it: exit 0 where every step is right.
pub async fn run(context: &Context) -> Result<Exit> {
    let slice_context = SliceContext::<Cache>::open(context).await?;
    let there = match slice_context.resource(GROUP) {
        Ok((_, id)) => read_group(&slice_context.ctx, id)
            .await?
            .map(|(live, _)| live),
        Err(_) => None,
    };
    let mut steps = vec![state(there.as_ref())];
    if let Some(live) = &there {
        steps.extend(nodes(live));
        steps.push(groups(context, live).await?);
        steps.push(encryption(live));
    }
    let path = ["check", "api", "redis", &PORT.to_string()];
    steps.extend(other_program::check(context, "net", &path)?);
    let arn = slice_context.resource(SECRET).ok().map(|(_, arn)| arn);
    let endpoint = there.as_ref().and_then(|live| live.host.as_deref());
    let client = slice_context.ctx.clients.secrets();
    steps.extend(check::<Token>(client, arn, endpoint, "rd-cache").await?);
    let report = CheckReport {
        subject: &slice_context.config.name(&context.stack),
        head: json!({"replication_group": slice_context.resource(GROUP).ok().map(|(_, id)| id)})
            .as_object()
            .cloned()
            .unwrap_or_default(),
        verdict_key: "ok",
        passed: "check passed",
        failed: "check failed",
    };
    Ok(report.show(&context.printer, &steps))
}

fn state(live: Option<&Live>) -> CheckStep {
    let what = "replication group";
    let Some(live) = live else {
        return CheckStep::new(what, false, "not there: run rd-cache apply");
    };
    if ReplicationGroup::ready(live) == Readiness::Ready {
        let at = live.host.as_deref().unwrap_or("(no endpoint)");
        CheckStep::new(what, true, format!("{}, {at}", live.status))
    } else {
        CheckStep::new(
            what,
            false,
            format!("{}: wait, or see its events", live.status),
        )
    }
}

fn nodes(live: &Live) -> Vec<CheckStep> {
    live.nodes
        .iter()
        .map(|node| {
            let ok = matches!(node.status.as_str(), "available" | "");
            let what = format!("node {}", node.id);
            CheckStep::new(what, ok, format!("{} {}", node.role, node.status).trim())
        })
        .collect()
}

async fn groups(context: &Context, live: &Live) -> Result<CheckStep> {
    let net = context.load_state("net").await?;
    let wanted = net.and_then(|mut net| net.outputs.remove("redis_security_group_id"));
    let wanted = wanted.as_ref().and_then(Value::as_str).unwrap_or_default();
    let has = live.security_group_ids.clone().unwrap_or_default();
    let ok = has.iter().any(|group| group == wanted);
    let has = has.join(", ");
    let reason = if ok {
        has
    } else {
        format!("it has {has}, not {wanted}: run rd-cache apply")
    };
    Ok(CheckStep::new("security group", ok, reason))
}

fn encryption(live: &Live) -> CheckStep {
    let ok = live.transit_encryption && live.auth_token;
    let reason = match (live.transit_encryption, live.auth_token) {
        (true, true) => "TLS and a token: the URL is rediss://",
        (true, false) => "TLS, but no token is asked for: run rd-cache apply",
        (false, _) => "no TLS: the secret's rediss:// URL cannot connect: run rd-cache apply",
    };
    CheckStep::new("encryption", ok, reason)
}
