//! `rd-net scan`: what AWS has in one VPC, for `rd-state adopt --scan`. It only reads.

use crate::clients::Clients;
use crate::describe::Query;
use crate::scan::{Found, document, leave_out_without_table};
use aws_sdk_ec2::types::{Tag, Vpc};
use rd_common::aws::Aws;
use rd_common::context::Context;
use rd_common::output::printer::{print_at_once, print_info};
use rd_common::{Error, Exit, Result};

/// The flags that select the VPC of `rd-net scan`.
#[derive(clap::Args, Clone, Debug)]
pub struct ScanArgs {
    /// The VPC; by default the only one that is not AWS's default VPC
    #[arg(long, value_name = "ID")]
    vpc: Option<String>,
    /// Only a VPC with this tag; all of them where it is given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_tag)]
    tag: Vec<(String, String)>,
}

fn parse_tag(text: &str) -> std::result::Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("must be KEY=VALUE, such as Name=shop-production".to_owned()),
    }
}

/// Prints the resources of the VPC, in the form of `terraform show -json`.
pub async fn run(context: &Context, args: &ScanArgs) -> Result<Exit> {
    let aws = Aws::connect(&context.access, &context.stack.region).await?;
    aws.check_credentials().await?;
    let clients = Clients::new(&aws);
    let vpc = choose(&clients, args, &context.stack.region).await?;
    let mut found = read(&clients, vpc.vpc_id().unwrap_or_default()).await?;
    let left = leave_out_without_table(&mut found);
    if !left.is_empty() {
        print_info(&format!(
            "left out, since they use the main route table of the VPC: {}",
            left.join(", ")
        ));
    }
    print_at_once(&format!("{}\n", document(&vpc, &found)))?;
    Ok(Exit::Done)
}

/// The VPC that is meant; where several can be, it is a question.
async fn choose(clients: &Clients, args: &ScanArgs, region: &str) -> Result<Vpc> {
    let query = match &args.vpc {
        Some(id) => Query::by("vpc-id", [id.clone()]),
        None => Query::by("state", ["available".to_owned()]),
    };
    let mut all = clients.describe.vpcs.ask(query).await?.to_vec();
    if args.vpc.is_none() {
        all.retain(|one| one.is_default() != Some(true));
    }
    all.retain(|one| {
        args.tag
            .iter()
            .all(|(key, value)| has(one.tags(), key, value))
    });
    all.sort_by(|one, other| one.vpc_id().cmp(&other.vpc_id()));
    match all.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(Error::refused(match &args.vpc {
            Some(id) => format!("{id} does not exist in {region}, or lacks the tags of --tag"),
            None if args.tag.is_empty() => format!("no VPC is in {region} but the default one"),
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
