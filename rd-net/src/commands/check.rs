//! `check FROM TO PORT`: can the one reach the other? Reads what is live, not what was planned.

use crate::clients::Clients;
use crate::ec2::read::Query;
use crate::path::{End, Entry, Hop, Rule, Subnet, follow};
use crate::rules::GROUPS;
use crate::services::{Endpoint, reach};
use crate::slice::Net;
use aws_sdk_ec2::types::{
    Filter, NetworkAcl, RouteState, RouteTable, VpcEndpoint, VpcEndpointType,
};
use ipnet::Ipv4Net;
use rd_common::aws::{Aws, Explain};
use rd_common::context::Context;
use rd_common::output::check_report::CheckReport;
use rd_common::{Document, Error, Exit, Result, Slice};

/// The name of what is outside.
const INTERNET: &str = "internet";
/// The name of AWS's services, each reached through its endpoint or through the internet.
const AWS: &str = "aws";

/// Flags of `check`.
#[derive(clap::Args, Clone, Debug)]
pub struct CheckArgs {
    /// The group that calls: alb, api, db, redis, endpoints, or internet
    #[arg(value_parser = end_name)]
    from: String,
    /// The group that is called, internet, or aws for the services that tasks need
    #[arg(value_parser = to_name)]
    to: String,
    /// The TCP port
    #[arg(value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
}

fn end_name(text: &str) -> std::result::Result<String, String> {
    let names: Vec<&str> = GROUPS
        .iter()
        .map(|(name, _)| *name)
        .chain([INTERNET])
        .collect();
    if names.contains(&text) {
        Ok(text.to_owned())
    } else {
        Err(format!("one of {}", names.join(", ")))
    }
}

fn to_name(text: &str) -> std::result::Result<String, String> {
    if text == AWS {
        return Ok(text.to_owned());
    }
    end_name(text).map_err(|names| format!("{names}, {AWS}"))
}

/// Runs it: exit 0 where everything lets through, 1 where something blocks.
pub async fn run(context: &Context, args: &CheckArgs) -> Result<Exit> {
    let state = context
        .load_state(Net::NAME)
        .await?
        .filter(|state| !state.resources.is_empty())
        .ok_or_else(|| {
            Error::failed(format!(
                "the network of {} was never applied",
                context.stack.name()
            ))
            .hint("run rd-net apply first, or check --environment")
        })?;
    let aws = Aws::connect(&context.access, &context.stack.region).await?;
    aws.check_credentials().await?;
    let picture = Picture::read(&Clients::new(&aws), &state).await?;
    let (from, rules) = (picture.end(&args.from), &picture.rules);
    let steps = match args.to.as_str() {
        AWS => {
            let doors = picture.end("endpoints");
            reach(&from, &doors, &picture.endpoints, args.port, rules)
        }
        to => follow(&from, &picture.end(to), args.port, rules),
    };
    let head = serde_json::json!({"from": args.from, "to": args.to, "port": args.port});
    let report = CheckReport {
        subject: &format!("{} → {}:{}", args.from, args.to, args.port),
        head: head.as_object().cloned().unwrap_or_default(),
        verdict_key: "reachable",
        passed: "open",
        failed: "blocked",
    };
    Ok(report.show(&context.printer, &steps))
}

/// What was read.
struct Picture {
    groups: Vec<(String, String)>,
    public: Vec<Subnet>,
    private: Vec<Subnet>,
    rules: Vec<Rule>,
    endpoints: Vec<Endpoint>,
}

fn id<'a>(state: &'a Document, address: &str) -> Option<&'a str> {
    state.resources.get(address)?.id.as_deref()
}

fn block(text: Option<&str>) -> Option<Ipv4Net> {
    text?.parse().ok()
}

impl Picture {
    async fn read(clients: &Clients, state: &Document) -> Result<Self> {
        let vpc = id(state, "net.vpc.main").unwrap_or_default();
        let in_vpc = || Query::by("vpc-id", [vpc.to_owned()]);
        let filter = Filter::builder().name("vpc-id").values(vpc).build();
        let reads = &clients.reads;
        let group_ids = state
            .resources
            .iter()
            .filter(|(address, _)| address.starts_with("net.security_group."));
        let group_ids: Vec<String> = group_ids
            .filter_map(|(_, resource)| resource.id.clone())
            .collect();
        let (groups, rules, subnets, tables, endpoints, acls) = tokio::try_join!(
            reads.security_groups.ask(in_vpc()),
            reads
                .security_group_rules
                .ask(Query::by("group-id", group_ids)),
            reads.subnets.ask(in_vpc()),
            reads.route_tables.ask(in_vpc()),
            reads.vpc_endpoints.ask(in_vpc()),
            async {
                let answer = clients
                    .ec2
                    .describe_network_acls()
                    .filters(filter)
                    .send()
                    .await;
                Ok(answer
                    .doing("read the network ACLs")?
                    .network_acls
                    .unwrap_or_default())
            },
        )?;
        let live: Vec<&str> = groups.iter().filter_map(|group| group.group_id()).collect();
        let groups = GROUPS.iter().filter_map(|(name, _)| {
            let known = id(state, &format!("net.security_group.{name}"))?;
            live.contains(&known)
                .then(|| ((*name).to_owned(), known.to_owned()))
        });
        let tier = |tier: &str| -> Vec<Subnet> {
            let prefix = format!("net.subnet.{tier}-");
            let known: Vec<&str> = state
                .resources
                .iter()
                .filter(|(address, _)| address.starts_with(&prefix))
                .filter_map(|(_, resource)| resource.id.as_deref())
                .collect();
            subnets
                .iter()
                .filter_map(|subnet| {
                    let id = subnet.subnet_id().filter(|id| known.contains(id))?;
                    Some(Subnet {
                        id: id.to_owned(),
                        block: block(subnet.cidr_block())?,
                        routes: hops(&tables, id),
                        acl: entries(&acls, id),
                    })
                })
                .collect()
        };
        let private = tier("private");
        let private_tables: Vec<&RouteTable> = private
            .iter()
            .filter_map(|subnet| table_of(&tables, &subnet.id))
            .collect();
        Ok(Self {
            groups: groups.collect(),
            public: tier("public"),
            endpoints: endpoints
                .iter()
                .map(|one| endpoint(one, &private_tables))
                .collect(),
            private,
            rules: rules
                .iter()
                .map(|rule| Rule {
                    group: rule.group_id().unwrap_or_default().to_owned(),
                    egress: rule.is_egress().unwrap_or(false),
                    protocol: rule.ip_protocol().unwrap_or_default().to_owned(),
                    from_port: rule.from_port().unwrap_or(-1),
                    to_port: rule.to_port().unwrap_or(-1),
                    block: block(rule.cidr_ipv4()),
                    peer: rule
                        .referenced_group_info()
                        .and_then(|peer| peer.group_id().map(str::to_owned)),
                })
                .collect(),
        })
    }

    fn end(&self, name: &str) -> End {
        if name == INTERNET {
            return End::Internet;
        }
        // Only the load balancer stands in the public subnets.
        let subnets = if name == "alb" {
            &self.public
        } else {
            &self.private
        };
        End::Group {
            name: name.to_owned(),
            id: self
                .groups
                .iter()
                .find(|(group, _)| group == name)
                .map(|(_, id)| id.clone()),
            subnets: subnets.clone(),
        }
    }
}

/// An endpoint, and whether subnets with these tables use it.
fn endpoint(one: &VpcEndpoint, tables: &[&RouteTable]) -> Endpoint {
    let name = one.service_name().unwrap_or_default();
    let used = match one.vpc_endpoint_type() {
        Some(VpcEndpointType::Gateway) => tables.iter().all(|table| {
            let mut ids = one.route_table_ids().iter();
            ids.any(|id| Some(id.as_str()) == table.route_table_id())
        }),
        _ => one.private_dns_enabled() == Some(true),
    };
    Endpoint {
        id: one.vpc_endpoint_id().unwrap_or_default().to_owned(),
        // `com.amazonaws.<region>.<service>`
        service: name.splitn(4, '.').last().unwrap_or_default().to_owned(),
        state: one
            .state()
            .map(|state| state.as_str().to_lowercase())
            .unwrap_or_default(),
        used,
    }
}

/// A subnet's table; the VPC's main one where it has none of its own.
fn table_of<'a>(tables: &'a [RouteTable], subnet: &str) -> Option<&'a RouteTable> {
    let of = |wanted: &dyn Fn(&aws_sdk_ec2::types::RouteTableAssociation) -> bool| {
        tables
            .iter()
            .find(|table| table.associations().iter().any(wanted))
    };
    of(&|a| a.subnet_id() == Some(subnet)).or_else(|| of(&|a| a.main() == Some(true)))
}

/// The routes of a subnet's table.
fn hops(tables: &[RouteTable], subnet: &str) -> Vec<Hop> {
    let routes = table_of(tables, subnet)
        .map(aws_sdk_ec2::types::RouteTable::routes)
        .unwrap_or_default();
    routes
        .iter()
        .filter_map(|route| {
            Some(Hop {
                destination: block(route.destination_cidr_block())?,
                target: route
                    .nat_gateway_id()
                    .or_else(|| route.gateway_id())
                    .unwrap_or("(other)")
                    .to_owned(),
                blackhole: route.state() == Some(&RouteState::Blackhole),
            })
        })
        .collect()
}

fn entries(acls: &[NetworkAcl], subnet: &str) -> Vec<Entry> {
    let own = acls.iter().find(|acl| {
        acl.associations()
            .iter()
            .any(|a| a.subnet_id() == Some(subnet))
    });
    let acl = own.or_else(|| acls.iter().find(|acl| acl.is_default() == Some(true)));
    let entries = acl
        .map(aws_sdk_ec2::types::NetworkAcl::entries)
        .unwrap_or_default();
    entries
        .iter()
        .filter_map(|entry| {
            Some(Entry {
                number: entry.rule_number().unwrap_or(i32::MAX),
                egress: entry.egress().unwrap_or(false),
                allow: entry
                    .rule_action()
                    .is_some_and(|action| action.as_str() == "allow"),
                protocol: entry.protocol().unwrap_or("-1").to_owned(),
                ports: entry
                    .port_range()
                    .and_then(|range| Some((range.from()?, range.to()?))),
                block: block(entry.cidr_block())?,
            })
        })
        .collect()
}
