//! `check`: why can the service not reach the database? Every step from the service to its answer, yes or no.

use crate::kinds::Database;
use crate::kinds::db_instance::model::{Live, live};
use crate::kinds::db_instance::{DbInstance, one};
use crate::kinds::db_parameter_group::DbParameterGroup;
use crate::slice::{Data, INSTANCE, PORT, SECRET};
use jiff::Timestamp;
use rd_common::check::{Report, Step};
use rd_common::cli::Program;
use rd_common::verbs::desk::Desk;
use rd_common::{Exit, Kind, Readiness, Result, Wanted, sibling};
use rd_secret::Secrets;
use rd_secret::check::check;
use serde_json::{Value, json};

/// Runs it: exit 0 where every step is right.
pub async fn run(program: &Program) -> Result<Exit> {
    let desk = Desk::<Data>::open(program).await?;
    let mut steps = Vec::new();
    let instance = match desk.resource(INSTANCE) {
        Ok((_, id)) => one(&desk.cx, id).await?,
        Err(_) => None,
    };
    let there = instance.as_ref().map(live);
    steps.push(state(there.as_ref()));
    if let Some(live) = &there {
        steps.push(groups(program, live).await?);
        steps.push(parameters(&desk, live).await?);
        steps.push(certificate(live));
    }
    let path = sibling::check(program, "net", &["check", "api", "db", &PORT.to_string()])?;
    steps.extend(path);
    let arn = desk.resource(SECRET).ok().map(|(_, arn)| arn);
    let endpoint = there.as_ref().and_then(|live| live.host.as_deref());
    let client = desk.cx.clients.secrets();
    steps.extend(check::<Database>(client, arn, endpoint, "rd-data").await?);
    let report = Report {
        what: &program.stack.name_of("postgres"),
        head: json!({"instance": desk.resource(INSTANCE).ok().map(|(_, id)| id)})
            .as_object()
            .cloned()
            .unwrap_or_default(),
        verdict: "ok",
        well: "nothing in the way",
        ill: "not as it must be",
    };
    Ok(report.show(&program.printer, &steps))
}

fn state(live: Option<&Live>) -> Step {
    let what = "instance";
    let Some(live) = live else {
        return Step::new(what, false, "not there: run rd-data apply");
    };
    match DbInstance::ready(live) {
        Readiness::Ready => {
            let at = live.host.as_deref().unwrap_or("(no endpoint)");
            Step::new(what, true, format!("{}, {at}", live.status))
        }
        Readiness::Impaired(reason, hint) => Step::new(what, false, format!("{reason}: {hint}")),
        _ => Step::new(
            what,
            false,
            format!("{}: wait, or see its events", live.status),
        ),
    }
}

async fn groups(program: &Program, live: &Live) -> Result<Step> {
    let net = program.store.load(&program.key("net")).await?;
    let wanted = net.and_then(|mut net| net.outputs.remove("db_security_group_id"));
    let wanted = wanted.as_ref().and_then(Value::as_str).unwrap_or_default();
    let ok = live.security_group_ids.iter().any(|group| group == wanted);
    let has = live.security_group_ids.join(", ");
    let reason = if ok {
        has
    } else {
        format!("it has {has}, not {wanted}: run rd-data apply")
    };
    Ok(Step::new("security group", ok, reason))
}

async fn parameters(desk: &Desk<Data>, live: &Live) -> Result<Step> {
    let what = "parameters";
    let wanted = Wanted {
        address: "data.db_parameter_group.main".to_owned(),
        id: Some(live.db_parameter_group.clone()),
        spec: None,
    };
    let found = DbParameterGroup::find(&desk.cx, &[wanted]).await?;
    let Some(group) = found.into_iter().next() else {
        let reason = format!(
            "the group {} is not there: run rd-data apply",
            live.db_parameter_group
        );
        return Ok(Step::new(what, false, reason));
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
    Ok(Step::new(what, ok, reason))
}

fn certificate(live: &Live) -> Step {
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
            Step::new(what, false, reason)
        }
        Some(till) => Step::new(what, true, format!("{authority}, valid until {till}")),
        None => Step::new(what, true, authority),
    }
}
