//! Reads the live network of the stack from AWS.

use crate::clients::Clients;
use crate::describe::Query;
use crate::reachability::live_network::{
    AclEntry, LiveEndpoint, LiveNetwork, LiveRoute, LiveRule, LiveSubnet,
};
use crate::slice::security_groups::GROUPS;
use aws_sdk_ec2::types::{
    Filter, NetworkAcl, RouteState, RouteTable, VpcEndpoint, VpcEndpointType,
};
use ipnet::Ipv4Net;
use rd_common::aws::Explain;
use rd_common::{Document, Result};

fn id_in_state<'a>(state: &'a Document, address: &str) -> Option<&'a str> {
    state.resources.get(address)?.id.as_deref()
}

fn parse_block(text: Option<&str>) -> Option<Ipv4Net> {
    text?.parse().ok()
}

impl LiveNetwork {
    /// Reads the resources that the state has, with one call for each kind, at the same time.
    pub async fn read(clients: &Clients, state: &Document) -> Result<Self> {
        let vpc = id_in_state(state, "net.vpc.main").unwrap_or_default();
        let in_vpc = || Query::by("vpc-id", [vpc.to_owned()]);
        let filter = Filter::builder().name("vpc-id").values(vpc).build();
        let describe = &clients.describe;
        let group_ids = state
            .resources
            .iter()
            .filter(|(address, _)| address.starts_with("net.security_group."));
        let group_ids: Vec<String> = group_ids
            .filter_map(|(_, resource)| resource.id.clone())
            .collect();
        let (groups, rules, subnets, tables, endpoints, acls) = tokio::try_join!(
            describe.security_groups.ask(in_vpc()),
            describe
                .security_group_rules
                .ask(Query::by("group-id", group_ids)),
            describe.subnets.ask(in_vpc()),
            describe.route_tables.ask(in_vpc()),
            describe.vpc_endpoints.ask(in_vpc()),
            async {
                clients
                    .ec2
                    .describe_network_acls()
                    .filters(filter)
                    .into_paginator()
                    .items()
                    .send()
                    .collect::<std::result::Result<Vec<_>, _>>()
                    .await
                    .doing("read the network ACLs")
            },
        )?;
        let existing: Vec<&str> = groups.iter().filter_map(|group| group.group_id()).collect();
        let groups = GROUPS.iter().filter_map(|(name, _)| {
            let known = id_in_state(state, &format!("net.security_group.{name}"))?;
            existing
                .contains(&known)
                .then(|| ((*name).to_owned(), known.to_owned()))
        });
        let tier = |tier: &str| -> Vec<LiveSubnet> {
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
                    Some(LiveSubnet {
                        id: id.to_owned(),
                        block: parse_block(subnet.cidr_block())?,
                        routes: routes_of(&tables, id),
                        acl: acl_entries_of(&acls, id),
                        internet_gateway_block_mode: subnet
                            .block_public_access_states()
                            .and_then(|states| states.internet_gateway_block_mode())
                            .map_or_else(String::new, |mode| mode.as_str().to_owned()),
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
                .map(|rule| LiveRule {
                    group: rule.group_id().unwrap_or_default().to_owned(),
                    egress: rule.is_egress().unwrap_or(false),
                    protocol: rule.ip_protocol().unwrap_or_default().to_owned(),
                    from_port: rule.from_port().unwrap_or(-1),
                    to_port: rule.to_port().unwrap_or(-1),
                    peer_block: parse_block(rule.cidr_ipv4()),
                    peer_group: rule
                        .referenced_group_info()
                        .and_then(|peer| peer.group_id().map(str::to_owned)),
                })
                .collect(),
        })
    }
}

/// An endpoint, and whether subnets with these route tables use it.
fn endpoint(one: &VpcEndpoint, tables: &[&RouteTable]) -> LiveEndpoint {
    let name = one.service_name().unwrap_or_default();
    let used = match one.vpc_endpoint_type() {
        Some(VpcEndpointType::Gateway) => tables.iter().all(|table| {
            let mut ids = one.route_table_ids().iter();
            ids.any(|id| Some(id.as_str()) == table.route_table_id())
        }),
        _ => one.private_dns_enabled() == Some(true),
    };
    LiveEndpoint {
        id: one.vpc_endpoint_id().unwrap_or_default().to_owned(),
        // `com.amazonaws.<region>.<service>`, in some regions with another beginning.
        service: name
            .split_once("amazonaws.")
            .and_then(|(_, rest)| rest.split_once('.'))
            .map_or(name, |(_, service)| service)
            .to_owned(),
        state: one
            .state()
            .map(|state| state.as_str().to_lowercase())
            .unwrap_or_default(),
        used,
    }
}

/// The route table that a subnet uses: its own, otherwise the VPC's main table.
fn table_of<'a>(tables: &'a [RouteTable], subnet: &str) -> Option<&'a RouteTable> {
    let with = |matches: &dyn Fn(&aws_sdk_ec2::types::RouteTableAssociation) -> bool| {
        tables
            .iter()
            .find(|table| table.associations().iter().any(matches))
    };
    with(&|a| a.subnet_id() == Some(subnet)).or_else(|| with(&|a| a.main() == Some(true)))
}

/// The routes of the route table that a subnet uses.
fn routes_of(tables: &[RouteTable], subnet: &str) -> Vec<LiveRoute> {
    let routes = table_of(tables, subnet)
        .map(aws_sdk_ec2::types::RouteTable::routes)
        .unwrap_or_default();
    routes
        .iter()
        .filter_map(|route| {
            Some(LiveRoute {
                destination: parse_block(route.destination_cidr_block())?,
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

/// The entries of the network ACL that a subnet uses: its own, otherwise the VPC's default ACL.
fn acl_entries_of(acls: &[NetworkAcl], subnet: &str) -> Vec<AclEntry> {
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
            Some(AclEntry {
                number: entry.rule_number().unwrap_or(i32::MAX),
                egress: entry.egress().unwrap_or(false),
                allow: entry
                    .rule_action()
                    .is_some_and(|action| action.as_str() == "allow"),
                protocol: entry.protocol().unwrap_or("-1").to_owned(),
                ports: entry
                    .port_range()
                    .and_then(|range| Some((range.from()?, range.to()?))),
                block: parse_block(entry.cidr_block())?,
            })
        })
        .collect()
}
