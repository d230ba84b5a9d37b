//! `check`: why can the service not reach the database? Every step from the service to its answer, yes or no.

use crate::kinds::Database;
use crate::kinds::db_instance::model::{Live, live};
use crate::kinds::db_instance::{DbInstance, one};
use crate::kinds::db_parameter_group::DbParameterGroup;
use crate::slice::{Data, INSTANCE, PORT, SECRET};
use jiff::Timestamp;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::check_report::{CheckReport, CheckStep};
use rd_common::{Exit, Kind, Readiness, Result, Wanted, other_program};
use rd_secret::Secrets;
use rd_secret::check::check;
use serde_json::{Value, json};

/// Runs it: exit 0 where every step is right.
pub async fn run(context: &Context) -> Result<Exit> {
    let slice_context = SliceContext::<Data>::open(context).await?;
    let mut steps = Vec::new();
    let instance = match slice_context.resource(INSTANCE) {
        Ok((_, id)) => one(&slice_context.ctx, id).await?,
        Err(_) => None,
    };
    let there = instance.as_ref().map(live);
    steps.push(state(there.as_ref()));
    if let Some(live) = &there {
        steps.push(groups(context, live).await?);
        steps.push(parameters(&slice_context, live).await?);
        steps.push(certificate(live));
    }
    let path = other_program::check(context, "net", &["check", "api", "db", &PORT.to_string()])?;
    steps.extend(path);
    let arn = slice_context.resource(SECRET).ok().map(|(_, arn)| arn);
    let endpoint = there.as_ref().and_then(|live| live.host.as_deref());
    let client = slice_context.ctx.clients.secrets();
    steps.extend(check::<Database>(client, arn, endpoint, "rd-data").await?);
    let report = CheckReport {
        subject: &context.stack.name_of("postgres"),
        head: json!({"instance": slice_context.resource(INSTANCE).ok().map(|(_, id)| id)})
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
    let what = "instance";
    let Some(live) = live else {
        return CheckStep::new(what, false, "not there: run rd-data apply");
    };
    match DbInstance::ready(live) {
        Readiness::Ready => {
            let at = live.host.as_deref().unwrap_or("(no endpoint)");
            CheckStep::new(what, true, format!("{}, {at}", live.status))
        }
        Readiness::Impaired(reason, hint) => {
            CheckStep::new(what, false, format!("{reason}: {hint}"))
        }
        _ => CheckStep::new(
            what,
            false,
            format!("{}: wait, or see its events", live.status),
        ),
    }
}

async fn groups(context: &Context, live: &Live) -> Result<CheckStep> {
    let net = context.load_state("net").await?;
    let wanted = net.and_then(|mut net| net.outputs.remove("db_security_group_id"));
    let wanted = wanted.as_ref().and_then(Value::as_str).unwrap_or_default();
    let ok = live.security_group_ids.iter().any(|group| group == wanted);
    let has = live.security_group_ids.join(", ");
    let reason = if ok {
        has
    } else {
        format!("it has {has}, not {wanted}: run rd-data apply")
    };
    Ok(CheckStep::new("security group", ok, reason))
}

async fn parameters(slice_context: &SliceContext<Data>, live: &Live) -> Result<CheckStep> {
    let what = "parameters";
    let wanted = Wanted {
        address: "data.db_parameter_group.main".to_owned(),
        id: Some(live.db_parameter_group.clone()),
        spec: None,
    };
    let found = DbParameterGroup::find(&slice_context.ctx, &[wanted]).await?;
    let Some(group) = found.into_iter().next() else {
        let reason = format!(
            "the group {} is not there: run rd-data apply",
            live.db_parameter_group
        );
        return Ok(CheckStep::new(what, false, reason));
    };
    let tls = match group
        .live
        .parameters
        .get("rds.force_ssl")
        .map(String::as_str)
    {
        Some("0") => "TLS is not demanded",
        _ => "TLS is demanded: the URL says sslmode=require",
    };
    let ok = live.parameters_status != "pending-reboot";
    let reason = format!(
        "{} is {}; {tls}",
        live.db_parameter_group, live.parameters_status
    );
    let reason = if ok {
        reason
    } else {
        format!("{reason}; rd-data reboot")
    };
    Ok(CheckStep::new(what, ok, reason))
}

fn certificate(live: &Live) -> CheckStep {
    let what = "certificate";
    let authority = live.ca_certificate.as_deref().unwrap_or("(not told)");
    let till = live
        .certificate_valid_till
        .as_deref()
        .and_then(|text| text.parse::<Timestamp>().ok());
    match till {
        Some(till) if till < Timestamp::now() => {
            let reason =
                format!("{authority} ended {till}: set ca_certificate in [data] and apply");
            CheckStep::new(what, false, reason)
        }
        Some(till) => CheckStep::new(what, true, format!("{authority}, valid until {till}")),
        None => CheckStep::new(what, true, authority),
    }
}
