//! `check`: each step of the path from the service to the database, passed or failed.

use super::stored_secret::StoredSecret;
use crate::kinds::database_secret::Database;
use crate::kinds::db_instance::DbInstance;
use crate::kinds::db_instance::failure::with_cause;
use crate::kinds::db_instance::model::{Live, live};
use crate::kinds::db_instance::read::describe_one;
use crate::kinds::db_parameter_group::DbParameterGroup;
use crate::slice::{Data, INSTANCE, PORT};
use jiff::Timestamp;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::check_report::{CheckReport, CheckStep};
use rd_common::outputs::net;
use rd_common::{Exit, Kind, Result, Wanted, other_program};
use rd_secret::check::check_secret;
use serde_json::json;

/// Checks every step and prints the report; exits with 0 if every step passed.
pub async fn run(context: &Context) -> Result<Exit> {
    let data = SliceContext::<Data>::open(context).await?;
    let mut steps = Vec::new();
    let instance = match data.resource(INSTANCE) {
        Ok((_, id)) => match describe_one(&data.ctx, id).await? {
            Some(instance) => Some(with_cause(&data.ctx, id, live(&instance)).await),
            None => None,
        },
        Err(_) => None,
    };
    steps.push(check_status(instance.as_ref()));
    if let Some(instance) = &instance {
        steps.push(check_security_group(context, instance).await?);
        steps.push(check_parameters(&data, instance).await?);
        steps.push(check_certificate(instance));
    }
    let arguments = ["check", "api", "db", &PORT.to_string()];
    steps.extend(other_program::check(context, net::SLICE, &arguments)?);
    let secret = StoredSecret::of(&data).ok();
    let form = secret.as_ref().map(|one| one.form).unwrap_or_default();
    let arn = secret.as_ref().map(|one| one.arn.as_str());
    let endpoint = instance.as_ref().and_then(|live| live.host.as_deref());
    let clients = &data.ctx.clients;
    steps.extend(check_secret::<Database>(clients, arn, form, endpoint, "rd-data").await?);
    let report = CheckReport {
        subject: &context.stack.name_of("postgres"),
        head: json!({"instance": data.resource(INSTANCE).ok().map(|(_, id)| id)})
            .as_object()
            .cloned()
            .unwrap_or_default(),
        verdict_key: "ok",
        passed: "check passed",
        failed: "check failed",
    };
    Ok(report.show(&context.printer, &steps))
}

fn check_status(instance: Option<&Live>) -> CheckStep {
    let step = "instance";
    let Some(instance) = instance else {
        return CheckStep::new(step, false, "not found: run rd-data apply");
    };
    let endpoint = instance.host.as_deref();
    CheckStep::of_readiness(
        step,
        DbInstance::ready(instance),
        &instance.status,
        endpoint,
        "RDS",
    )
}

async fn check_security_group(context: &Context, instance: &Live) -> Result<CheckStep> {
    let net = context.load_state(net::SLICE).await?;
    let expected = net.and_then(|net| net.output(&net::DB_SECURITY_GROUP_ID));
    let expected = expected.unwrap_or_default();
    let groups = &instance.security_group_ids;
    let ok = groups.contains(&expected);
    let groups = groups.join(", ");
    let reason = if ok {
        groups
    } else {
        format!("{groups} instead of {expected}: run rd-data apply")
    };
    Ok(CheckStep::new("security group", ok, reason))
}

async fn check_parameters(data: &SliceContext<Data>, instance: &Live) -> Result<CheckStep> {
    let step = "parameters";
    let name = &instance.db_parameter_group;
    let wanted = Wanted {
        address: "data.db_parameter_group.main".to_owned(),
        id: Some(name.clone()),
        spec: None,
    };
    let found = DbParameterGroup::find(&data.ctx, &[wanted]).await?;
    let Some(group) = found.into_iter().next() else {
        let reason = format!("the group {name} was not found: run rd-data apply");
        return Ok(CheckStep::new(step, false, reason));
    };
    let force_ssl = group.live.parameters.get("rds.force_ssl");
    let is_plain = force_ssl.is_some_and(|value| value == "0");
    let tls = match is_plain {
        true => "TLS not required",
        false => "TLS required (the URL has sslmode=require)",
    };
    let status = &instance.parameters_status;
    Ok(match status.as_str() {
        "pending-reboot" => {
            let reason = format!("{name} is {status}; {tls}; run rd-data reboot");
            CheckStep::new(step, false, reason)
        }
        _ if is_plain => CheckStep::warning(step, format!("{name} is {status}; {tls}")),
        _ => CheckStep::new(step, true, format!("{name} is {status}; {tls}")),
    })
}

fn check_certificate(instance: &Live) -> CheckStep {
    let step = "certificate";
    let authority = instance.ca_certificate.as_deref().unwrap_or("(unknown)");
    let expiry = instance
        .certificate_valid_till
        .as_deref()
        .and_then(|text| text.parse::<Timestamp>().ok());
    match expiry {
        Some(expiry) if expiry < Timestamp::now() => {
            let reason =
                format!("{authority} expired {expiry}: set ca_certificate in [data] and apply");
            CheckStep::new(step, false, reason)
        }
        Some(expiry) => CheckStep::new(step, true, format!("{authority}, valid until {expiry}")),
        None => CheckStep::new(step, true, authority),
    }
}
