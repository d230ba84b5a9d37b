//! `records`: the DNS records that somebody must make where Route 53 does not have the domain.

use crate::config::Config;
use crate::discover::Discovered;
use crate::kinds::certificate::{Live, Record, live};
use crate::slice::{BALANCER, Edge};
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::printer::Format;
use rd_common::output::table::table;
use rd_common::{Document, Exit, Note, Result, Stack};
use serde::Serialize;

/// A record, and what it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Row {
    name: String,
    r#type: String,
    value: String,
    purpose: String,
    /// Whether ACM has seen it; none of what it does not look for.
    seen: Option<bool>,
}

/// For how many seconds a record is remembered, in a zone file.
const TTL_SECONDS: u32 = 300;

fn validation(record: &Record, seen: bool) -> Row {
    Row {
        name: record.name.clone(),
        r#type: record.r#type.clone(),
        value: record.value.clone(),
        purpose: format!("proves {}", record.domains.join(" and ")),
        seen: Some(seen),
    }
}

/// A name at the top of a zone cannot be a CNAME; providers call what serves there ALIAS or ANAME.
fn address(host: &str, balancer: &str) -> Row {
    let apex = host.split('.').count() == 2;
    Row {
        name: host.to_owned(),
        r#type: if apex { "ALIAS" } else { "CNAME" }.to_owned(),
        value: balancer.to_owned(),
        purpose: "leads clients to the load balancer".to_owned(),
        seen: None,
    }
}

/// The rows for a stack: of the names that Route 53 does not have, unless all are asked for.
fn rows(hosts: &[String], certificate: Option<&Live>, balancer: Option<&str>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    if let Some(certificate) = certificate {
        let records = certificate.validation_records.iter();
        let by_hand = records.filter(|one| one.domains.iter().any(|name| hosts.contains(name)));
        rows.extend(by_hand.map(|one| validation(one, certificate.seen.contains(&one.name))));
    }
    if let Some(balancer) = balancer {
        rows.extend(hosts.iter().map(|host| address(host, balancer)));
    }
    rows
}

fn cells(rows: &[Row]) -> String {
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let seen = match row.seen {
                Some(true) => "seen",
                Some(false) => "not seen yet",
                None => "-",
            };
            vec![
                row.name.clone(),
                row.r#type.clone(),
                row.value.clone(),
                seen.to_owned(),
                row.purpose.clone(),
            ]
        })
        .collect();
    table(&["NAME", "TYPE", "VALUE", "ACM", "PURPOSE"], &cells)
}

/// Lines of a zone file (RFC 1035). What it has no type for is a comment.
fn bind(rows: &[Row]) -> String {
    rows.iter()
        .map(|row| {
            let line = format!(
                "{}. {TTL_SECONDS} IN {} {}.",
                row.name, row.r#type, row.value
            );
            let comment = if row.r#type == "CNAME" { "" } else { "; " };
            format!("; {}\n{comment}{line}\n", row.purpose)
        })
        .collect()
}

/// The hosts that Route 53 does not have.
fn by_hand(hosts: Vec<String>, discovered: &Discovered) -> Vec<String> {
    hosts
        .into_iter()
        .filter(|host| !discovered.zones.contains_key(host))
        .collect()
}

/// Runs it.
pub async fn run(context: &Context) -> Result<Exit> {
    let slice_context = SliceContext::<Edge>::open(context).await?;
    let stack = &slice_context.ctx.stack;
    let hosts = slice_context.config.hosts(stack);
    let discovered = crate::discover::find(
        Some(&slice_context.ctx.clients),
        stack,
        &slice_context.config,
        &slice_context.state,
    )
    .await?;
    let hosts = by_hand(hosts, &discovered);
    let certificate = wanted(&slice_context).await?;
    let balancer = dns_name(&slice_context.state);
    let rows = rows(&hosts, certificate.as_ref(), balancer);
    let printer = &context.printer;
    match context.flags.format {
        Some(Format::Bind) => printer.text(&bind(&rows)),
        _ if printer.is_json() => {
            let status = certificate.map(|one| one.status);
            let document = serde_json::json!({"certificate_status": status, "records": rows});
            printer.text(&format!("{document}\n"));
        }
        _ if rows.is_empty() => printer.text("no records are to be made by hand\n"),
        _ => printer.text(&cells(&rows)),
    }
    Ok(Exit::Done)
}

/// The certificate that the settings want, as ACM has it.
pub async fn wanted(slice_context: &SliceContext<Edge>) -> Result<Option<Live>> {
    let names = slice_context.config.hosts(&slice_context.ctx.stack);
    let spec = crate::kinds::certificate::Spec {
        names,
        key_algorithm: slice_context.config.key_algorithm.clone(),
    };
    let address = format!("edge.certificate.{}", spec.node_name());
    let Ok((_, arn)) = slice_context.resource(&address) else {
        return Ok(None);
    };
    let detail = slice_context.ctx.clients.reads.certificate(arn).await?;
    Ok(detail.as_ref().map(live))
}

fn dns_name(state: &Document) -> Option<&str> {
    state
        .resources
        .get(BALANCER)?
        .attributes
        .get("dns_name")?
        .as_str()
}

/// What a plan or an apply tells of HTTPS that is not there yet.
pub fn notes(
    stack: &Stack,
    config: &Config,
    discovered: &Discovered,
    state: &Document,
) -> Vec<Note> {
    let hosts = config.hosts(stack);
    if config.certificate_arn.is_some() {
        return Vec::new();
    }
    if hosts.is_empty() {
        return vec![Note {
            summary: "there is no HTTPS: the load balancer speaks plain HTTP, which anybody on the way can read and change"
                .to_owned(),
            hint: "set `domain` in rd.toml, or certificate_arn in [edge]".to_owned(),
        }];
    }
    if discovered.all_in_route53(&hosts) || discovered.issued {
        return Vec::new();
    }
    let spec = crate::kinds::certificate::Spec {
        names: hosts.clone(),
        key_algorithm: config.key_algorithm.clone(),
    };
    let address = format!("edge.certificate.{}", spec.node_name());
    let remembered = state.resources.get(&address);
    let certificate: Option<Live> =
        remembered.and_then(|one| serde_json::from_value(one.attributes.clone()).ok());
    let Some(certificate) = certificate else {
        return vec![Note {
            summary: format!(
                "Route 53 has no zone for {}: HTTPS comes with the apply after somebody has made the records",
                hosts.join(", ")
            ),
            hint: "apply shows the records".to_owned(),
        }];
    };
    let comes = match &discovered.carried {
        Some(carried) => format!(
            "the new certificate comes with the next apply after them; until then {} is served",
            carried.names.join(", ")
        ),
        None => "HTTPS comes with the next apply after them".to_owned(),
    };
    let rows = rows(
        &by_hand(hosts, discovered),
        Some(&certificate),
        dns_name(state),
    );
    vec![Note {
        summary: format!(
            "the certificate waits for these DNS records, and {comes}:\n{}",
            cells(&rows).trim_end()
        ),
        hint: "make them where the domain's DNS is; then: rd-edge wait && rd-edge apply -y"
            .to_owned(),
    }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_file_has_whole_names_and_no_cname_at_the_top() {
        let record = Record {
            domains: vec!["example.com".into(), "*.example.com".into()],
            name: "_x.example.com".into(),
            r#type: "CNAME".into(),
            value: "_y.acm-validations.aws".into(),
        };
        let rows = [
            validation(&record, false),
            address("api.example.com", "alb.elb.amazonaws.com"),
            address("example.com", "alb.elb.amazonaws.com"),
        ];
        assert_eq!(
            bind(&rows),
            "; proves example.com and *.example.com\n\
             _x.example.com. 300 IN CNAME _y.acm-validations.aws.\n\
             ; leads clients to the load balancer\n\
             api.example.com. 300 IN CNAME alb.elb.amazonaws.com.\n\
             ; leads clients to the load balancer\n\
             ; example.com. 300 IN ALIAS alb.elb.amazonaws.com.\n"
        );
    }
}
