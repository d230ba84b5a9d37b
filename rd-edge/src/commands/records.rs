//! `records`: prints the DNS records to create manually, for domains that are not in Route 53.

use super::desired_certificate::read_desired_certificate;
use crate::discover::discover;
use crate::manual_records::{
    as_table, as_zone_file, hosts_without_zone, load_balancer_name, manual_records,
};
use crate::slice::Edge;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::printer::Format;
use rd_common::{Exit, Result};

/// Prints the records as a table, a zone file, or one JSON document with the status of the certificate.
pub async fn run(context: &Context) -> Result<Exit> {
    let edge = SliceContext::<Edge>::open(context).await?;
    let stack = &edge.ctx.stack;
    let hosts = edge.config.hosts(stack);
    let clients = Some(&edge.ctx.clients);
    let certificate = read_desired_certificate(&edge).await?;
    let seen = |_: &str| serde_json::to_value(certificate.as_ref()?).ok();
    let discovered = discover(clients, stack, &edge.config, &edge.state, &seen).await?;
    let hosts = hosts_without_zone(hosts, &discovered);
    let load_balancer = load_balancer_name(&edge.state);
    let records = manual_records(&hosts, certificate.as_ref(), load_balancer.as_deref());
    let printer = &context.printer;
    match context.flags.format {
        Some(Format::Bind) => printer.text(&as_zone_file(&records)),
        _ if printer.is_json() => {
            let status = certificate.map(|one| one.status);
            let document = serde_json::json!({"certificate_status": status, "records": records});
            printer.text(&format!("{document}\n"));
        }
        _ if records.is_empty() => printer.text("no records to create manually\n"),
        _ => printer.text(&as_table(&records)),
    }
    Ok(Exit::Done)
}
