//! Reads what AWS has in one VPC.

use crate::clients::Clients;
use crate::describe::Query;
use crate::scan::{Found, flow_log, leave_out_without_table, resources};
use aws_sdk_ec2::types::{Tag, Vpc};
use rd_common::output::printer::print_info;
use rd_common::{Ctx, Error, Result, ScanRequest, TerraformResources};

/// The resources of the VPC that is meant.
pub async fn scan(ctx: &Ctx<Clients>, request: &ScanRequest) -> Result<TerraformResources> {
    let vpc = choose(&ctx.clients, request, &ctx.stack.region).await?;
    let id = vpc.vpc_id().unwrap_or_default();
    let mut found = read(&ctx.clients, id).await?;
    let left = leave_out_without_table(&mut found);
    if !left.is_empty() {
        print_info(&format!(
            "left out, since they use the main route table of the VPC: {}",
            left.join(", ")
        ));
    }
    let mut all = resources(&vpc, &found);
    flow_log::add(ctx, id, &mut all).await?;
    Ok(all)
}

/// The VPC that is meant; where several can be, it is a question.
async fn choose(clients: &Clients, request: &ScanRequest, region: &str) -> Result<Vpc> {
    let query = match &request.vpc {
        Some(id) => Query::by("vpc-id", [id.clone()]),
        None => Query::by("state", ["available".to_owned()]),
    };
    let mut all = clients.describe.vpcs.ask(query).await?.to_vec();
    if request.vpc.is_none() {
        all.retain(|one| one.is_default() != Some(true));
    }
    all.retain(|one| {
        request
            .tags
            .iter()
            .all(|(key, value)| has(one.tags(), key, value))
    });
    all.sort_by(|one, other| one.vpc_id().cmp(&other.vpc_id()));
    match all.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(Error::refused(match &request.vpc {
            Some(id) => format!("{id} does not exist in {region}, or lacks the tags of --tag"),
            None if request.tags.is_empty() => format!("no VPC is in {region} but the default one"),
            None => format!("no VPC in {region} has the tags of --tag"),
        })
        .hint("nothing was changed; check --vpc, --tag, the region and the account")),
        several => {
            let lines: Vec<String> = several.iter().map(describe).collect();
            Err(Error::refused(format!(
                "{} VPCs can be that of the stack: {}",
                several.len(),
                lines.join("; ")
            ))
            .hint("nothing was changed; name one with --vpc ID, or with --tag KEY=VALUE"))
        }
    }
}

fn has(tags: &[Tag], key: &str, value: &str) -> bool {
    let mut tags = tags.iter();
    tags.any(|tag| tag.key() == Some(key) && tag.value() == Some(value))
}

/// A VPC with its block and its tags.
fn describe(vpc: &Vpc) -> String {
    let tags = vpc.tags().iter();
    let mut tags: Vec<String> = tags
        .map(|tag| {
            let (key, value) = (tag.key(), tag.value());
            format!("{}={}", key.unwrap_or_default(), value.unwrap_or_default())
        })
        .collect();
    tags.sort();
    let head = [vpc.vpc_id(), vpc.cidr_block()];
    let head = head.into_iter().flatten().map(str::to_owned);
    head.chain(tags).collect::<Vec<_>>().join(" ")
}

async fn read(clients: &Clients, vpc: &str) -> Result<Found> {
    let calls = &clients.describe;
    let in_vpc = || Query::by("vpc-id", [vpc.to_owned()]);
    let attached = Query::by("attachment.vpc-id", [vpc.to_owned()]);
    let (subnets, internet_gateways, nat_gateways, route_tables, endpoints, groups) = tokio::try_join!(
        calls.subnets.ask(in_vpc()),
        calls.internet_gateways.ask(attached),
        calls.nat_gateways.ask(in_vpc()),
        calls.route_tables.ask(in_vpc()),
        calls.vpc_endpoints.ask(in_vpc()),
        calls.security_groups.ask(in_vpc()),
    )?;
    let ids = groups.iter().filter_map(|one| one.group_id());
    let ids: Vec<String> = ids.map(str::to_owned).collect();
    let rules = calls.security_group_rules.ask(Query::by("group-id", ids));
    let rules = rules.await?.to_vec();
    Ok(Found {
        subnets: subnets.to_vec(),
        internet_gateways: internet_gateways.to_vec(),
        nat_gateways: nat_gateways.to_vec(),
        route_tables: route_tables.to_vec(),
        endpoints: endpoints.to_vec(),
        groups: groups.to_vec(),
        rules,
    })
}
