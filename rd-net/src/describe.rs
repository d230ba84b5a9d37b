//! EC2's Describe calls. The queries of all kinds at one moment become one call. They select by filters, never by the
//! ids parameter: with a filter, the answer has the resources that exist; with the parameter, the call fails if one is
//! gone.

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

/// The most values that EC2 accepts in one filter.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Filter.html>
const FILTER_VALUES: usize = 200;

/// Selects every resource that matches at least one of its filter sets.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// The values by filter name. A resource matches if it has one of the values; each name is a call of its own.
    any_of: BTreeMap<&'static str, BTreeSet<String>>,
    /// Sets of filters. A resource matches if it matches all filters of a set; each set is a call of its own.
    all_of: BTreeSet<Vec<(String, String)>>,
}

impl Query {
    /// Selects resources for which `filter` has one of `values`; empty values are ignored.
    pub fn by(filter: &'static str, values: impl IntoIterator<Item = String>) -> Self {
        let mut query = Self::default();
        query.or(filter, values);
        query
    }

    /// Selects also resources for which `filter` has one of `values`.
    pub fn or(&mut self, filter: &'static str, values: impl IntoIterator<Item = String>) {
        let mut values = values
            .into_iter()
            .filter(|value| !value.is_empty())
            .peekable();
        if values.peek().is_some() {
            self.any_of.entry(filter).or_default().extend(values);
        }
    }

    /// Selects also resources that match all of `filters`, pairs of a name and a value.
    pub fn or_all(&mut self, filters: Vec<(String, String)>) {
        self.all_of.insert(filters);
    }

    /// The filters of the fewest calls that answer all queries, one list for each call.
    fn merged(queries: Vec<Query>) -> Vec<Vec<Filter>> {
        let mut all = Query::default();
        for query in queries {
            for (name, values) in query.any_of {
                all.any_of.entry(name).or_default().extend(values);
            }
            all.all_of.extend(query.all_of);
        }
        let mut sets = Vec::new();
        for (name, values) in all.any_of {
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
        for set in all.all_of {
            sets.push(
                set.into_iter()
                    .map(|(name, value)| Filter::builder().name(name).values(value).build())
                    .collect(),
            );
        }
        sets
    }
}

/// One Describe call, for items of type `T`.
pub type Describe<T> = Rc<Batch<Query, Vec<T>>>;

/// The Describe calls that the kinds share.
pub struct DescribeCalls {
    /// The call `DescribeVpcs`, in batches.
    pub vpcs: Describe<Vpc>,
    /// The call `DescribeSubnets`, in batches.
    pub subnets: Describe<Subnet>,
    /// The call `DescribeInternetGateways`, in batches.
    pub internet_gateways: Describe<InternetGateway>,
    /// The call `DescribeAddresses`, in batches.
    pub addresses: Describe<Address>,
    /// The call `DescribeNatGateways`, in batches.
    pub nat_gateways: Describe<NatGateway>,
    /// The call `DescribeRouteTables`, in batches.
    pub route_tables: Describe<RouteTable>,
    /// The call `DescribeVpcEndpoints`, in batches.
    pub vpc_endpoints: Describe<VpcEndpoint>,
    /// The call `DescribeSecurityGroups`, in batches.
    pub security_groups: Describe<SecurityGroup>,
    /// The call `DescribeSecurityGroupRules`, in batches.
    pub security_group_rules: Describe<SecurityGroupRule>,
    /// The call `DescribeFlowLogs`, in batches.
    pub flow_logs: Describe<FlowLog>,
}

/// Batches a call: merges the queries of one moment and sends the calls at the same time.
fn batched<T: 'static>(
    client: &Client,
    call: impl Fn(Client, Vec<Filter>) -> LocalBoxFuture<'static, Result<Vec<T>>> + 'static,
) -> Describe<T> {
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

/// A batched call that reads every page.
macro_rules! paged {
    ($client:expr, $operation:ident, $filters:ident, $doing:literal) => {
        batched($client, |client, filters| {
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

impl DescribeCalls {
    /// The Describe calls, sent by `client`.
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
            // DescribeAddresses has no pages.
            addresses: batched(client, |client, filters| {
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
