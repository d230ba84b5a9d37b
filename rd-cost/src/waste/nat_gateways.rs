//! NAT gateways that nothing goes through.
//! <https://docs.aws.amazon.com/vpc/latest/userguide/metrics-dimensions-nat-gateway.html>

use super::finding::{Candidate, Finding};
use super::look::Look;
use crate::observed::Metric;
use aws_sdk_ec2::types::{Filter, NatGateway};
use rd_common::Result;
use rd_common::aws::Explain;
use rust_decimal::Decimal;

/// The bytes a day below which a gateway is idle: what checks and retries make.
const IDLE_BYTES_A_DAY: i64 = 1 << 20;

/// The gateways that exist.
pub(super) async fn available(look: &Look<'_>) -> Result<Vec<NatGateway>> {
    let state = Filter::builder().name("state").values("available").build();
    let call = look.clients.ec2.describe_nat_gateways();
    let mut filters = look.filters();
    filters.push(state);
    let mut pages = call
        .set_filter(Some(filters))
        .into_paginator()
        .items()
        .send();
    let mut all = Vec::new();
    while let Some(one) = pages.next().await {
        all.push(one.doing("list the NAT gateways")?);
    }
    Ok(all)
}

pub(super) async fn candidates(look: &Look<'_>) -> Result<Vec<Candidate>> {
    let mut all = Vec::new();
    for one in available(look).await? {
        let id = one.nat_gateway_id().unwrap_or_default().to_owned();
        let address = look.address(&id);
        let bytes = Metric::of(
            "AWS/NATGateway",
            "BytesOutToDestination",
            "Sum",
            "NatGatewayId",
            &id,
        );
        let too_new = look.is_too_new(one.create_time());
        let usd = look.hourly("VPC/nat-gateway-hour", 1);
        let addresses = i64::try_from(one.nat_gateway_addresses().len()).unwrap_or(1);
        let usd = usd.zip(look.hourly("VPC/public-ipv4-in-use-hour", addresses));
        let usd = usd.map(|(hours, addresses)| hours + addresses);
        let command = match &address {
            Some(_) => "rd-net apply --set net.nat=none".to_owned(),
            None => format!("aws ec2 delete-nat-gateway --nat-gateway-id {id}"),
        };
        let days = look.window.days;
        all.push(Candidate::new(vec![bytes.clone()], move |numbers| {
            let Some(sum) = numbers.sum(&bytes) else {
                // It reports every minute of its life.
                return (!too_new)
                    .then(|| Finding::without_numbers(&id, "BytesOutToDestination").at(address));
            };
            if sum > Decimal::from(IDLE_BYTES_A_DAY * days) {
                return None;
            }
            let why = format!("less than 1 MB a day went out in {days} days");
            let found = Finding::wasted(&id, usd, why, command).at(address);
            Some(found.too_new_if(too_new, days))
        }));
    }
    Ok(all)
}
