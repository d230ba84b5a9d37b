//! Describe calls, each made once for everybody who asks at the same time. Resources are asked for by filters, never by
//! the ids parameter: a filter answers with what there is, where the parameter fails for all when one is gone.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{
    Address, Filter, FlowLog, InternetGateway, NatGateway, RouteTable, SecurityGroup,
    SecurityGroupRule, Subnet, Vpc, VpcEndpoint,
};
use futures_util::future::LocalBoxFuture;
use rd_common::aws::Explain;
use rd_common::{Batch, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// EC2 takes this many values in one filter.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Filter.html>
const FILTER_VALUES: usize = 200;

/// What to read: everything that matches one of its filter sets.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Values by filter name; each name is a call of its own, its values are alternatives.
    pub any: BTreeMap<&'static str, BTreeSet<String>>,
    /// Filters that all must match, one call a set.
    pub all: BTreeSet<Vec<(String, String)>>,
}

impl Query {
    /// Resources whose `filter` is one of `values`.
    pub fn by(filter: &'static str, values: impl IntoIterator<Item = String>) -> Self {
        let mut query = Self::default();
        query.or(filter, values);
        query
    }

    /// Adds resources whose `filter` is one of `values`.
    pub fn or(&mut self, filter: &'static str, values: impl IntoIterator<Item = String>) {
        let mut values = values
            .into_iter()
            .filter(|value| !value.is_empty())
            .peekable();
        if values.peek().is_some() {
            self.any.entry(filter).or_default().extend(values);
        }
    }

    fn merged(queries: Vec<Query>) -> Vec<Vec<Filter>> {
        let mut all = Query::default();
        for query in queries {
            for (name, values) in query.any {
                all.any.entry(name).or_default().extend(values);
            }
            all.all.extend(query.all);
        }
        let mut sets = Vec::new();
        for (name, values) in all.any {
            let values: Vec<String> = values.into_iter().collect();
            for part in values.chunks(FILTER_VALUES) {
                sets.push(vec![
                    Filter::builder()
                        .name(name)
                        .set_values(Some(part.to_vec()))
                        .build(),
                ]);
            }
        }
        for set in all.all {
            sets.push(
                set.into_iter()
                    .map(|(name, value)| Filter::builder().name(name).values(value).build())
                    .collect(),
            );
        }
        sets
    }
}

/// A Describe call.
pub type Read<T> = Rc<Batch<Query, Vec<T>>>;

/// The Describe calls.
pub struct Reads {
    /// `DescribeVpcs`.
    pub vpcs: Read<Vpc>,
    /// `DescribeSubnets`.
    pub subnets: Read<Subnet>,
    /// `DescribeInternetGateways`.
    pub internet_gateways: Read<InternetGateway>,
    /// `DescribeAddresses`.
    pub addresses: Read<Address>,
    /// `DescribeNatGateways`.
    pub nat_gateways: Read<NatGateway>,
    /// `DescribeRouteTables`.
    pub route_tables: Read<RouteTable>,
    /// `DescribeVpcEndpoints`.
    pub vpc_endpoints: Read<VpcEndpoint>,
    /// `DescribeSecurityGroups`.
    pub security_groups: Read<SecurityGroup>,
    /// `DescribeSecurityGroupRules`.
    pub security_group_rules: Read<SecurityGroupRule>,
    /// `DescribeFlowLogs`.
    pub flow_logs: Read<FlowLog>,
}

fn read<T: 'static>(
    client: &Client,
    call: impl Fn(Client, Vec<Filter>) -> LocalBoxFuture<'static, Result<Vec<T>>> + 'static,
) -> Read<T> {
    let client = client.clone();
    Batch::new(move |queries| {
        let calls: Vec<_> = Query::merged(queries)
            .into_iter()
            .map(|set| call(client.clone(), set))
            .collect();
        Box::pin(async move {
            let mut items = Vec::new();
            for answer in futures_util::future::join_all(calls).await {
                items.extend(answer?);
            }
            Ok(items)
        })
    })
}

macro_rules! paged {
    ($client:expr, $operation:ident, $filters:ident, $doing:literal) => {
        read($client, |client, filters| {
            Box::pin(async move {
                client
                    .$operation()
                    .$filters(Some(filters))
                    .into_paginator()
                    .items()
                    .send()
                    .collect::<std::result::Result<Vec<_>, _>>()
                    .await
                    .doing($doing)
            })
        })
    };
}

impl Reads {
    /// The Describe calls of `client`.
    pub fn new(client: &Client) -> Self {
        Self {
            vpcs: paged!(client, describe_vpcs, set_filters, "read the VPCs"),
            subnets: paged!(client, describe_subnets, set_filters, "read the subnets"),
            internet_gateways: paged!(
                client,
                describe_internet_gateways,
                set_filters,
                "read the internet gateways"
            ),
            addresses: read(client, |client, filters| {
                Box::pin(async move {
                    let answer = client
                        .describe_addresses()
                        .set_filters(Some(filters))
                        .send()
                        .await;
                    Ok(answer
                        .doing("read the elastic IP addresses")?
                        .addresses
                        .unwrap_or_default())
                })
            }),
            nat_gateways: paged!(
                client,
                describe_nat_gateways,
                set_filter,
                "read the NAT gateways"
            ),
            route_tables: paged!(
                client,
                describe_route_tables,
                set_filters,
                "read the route tables"
            ),
            vpc_endpoints: paged!(
                client,
                describe_vpc_endpoints,
                set_filters,
                "read the VPC endpoints"
            ),
            security_groups: paged!(
                client,
                describe_security_groups,
                set_filters,
                "read the security groups"
            ),
            security_group_rules: paged!(
                client,
                describe_security_group_rules,
                set_filters,
                "read the security group rules"
            ),
            flow_logs: paged!(client, describe_flow_logs, set_filter, "read the flow logs"),
        }
    }
}
