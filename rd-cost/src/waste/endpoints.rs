//! Interface endpoints with less traffic than they need to be cheaper than the NAT gateway next to them.
//! <https://aws.amazon.com/privatelink/pricing/>

use super::finding::{Candidate, Finding};
use super::look::Look;
use super::nat_gateways;
use crate::money::{HOURS, plain};
use crate::observed::{endpoint_bytes, gigabytes};
use aws_sdk_ec2::types::{Filter, VpcEndpointType};
use rd_common::Result;
use rd_common::aws::Explain;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

pub(super) async fn candidates(look: &Look<'_>) -> Result<Vec<Candidate>> {
    let interface = Filter::builder()
        .name("vpc-endpoint-type")
        .values("Interface")
        .build();
    let mut filters = look.filters();
    filters.push(interface);
    let call = look.clients.ec2.describe_vpc_endpoints();
    let mut pages = call
        .set_filters(Some(filters))
        .into_paginator()
        .items()
        .send();
    let mut endpoints = Vec::new();
    while let Some(one) = pages.next().await {
        let one = one.doing("list the VPC endpoints")?;
        if one.vpc_endpoint_type() == Some(&VpcEndpointType::Interface) {
            endpoints.push(one);
        }
    }
    if endpoints.is_empty() {
        return Ok(Vec::new());
    }
    // Without a NAT gateway, an endpoint is the only way.
    let gateways = nat_gateways::available(look).await?;
    let with_nat: BTreeSet<&str> = gateways.iter().filter_map(|one| one.vpc_id()).collect();
    let mut all = Vec::new();
    for one in &endpoints {
        let vpc = one.vpc_id().unwrap_or_default();
        if !with_nat.contains(vpc) {
            continue;
        }
        let (id, service) = (
            one.vpc_endpoint_id().unwrap_or_default(),
            one.service_name().unwrap_or_default(),
        );
        let bytes = endpoint_bytes(id, service, vpc);
        let zones = i64::try_from(one.subnet_ids().len()).unwrap_or(1);
        let hours = look.hourly("VPC/interface-endpoint-hour-per-az", zones);
        let price = |item: &str| look.prices.get(item).map(|price| price.usd);
        let saved = price("VPC/nat-gateway-gb").zip(price("VPC/interface-endpoint-gb-first-1PB"));
        let Some((hours, saved)) = hours.zip(saved.map(|(nat, endpoint)| nat - endpoint)) else {
            let why = format!("no price known for it in {}", look.prices.region);
            let finding = Finding {
                why,
                ..Finding::without_numbers(id, "")
            };
            all.push(Candidate::known(finding.at(look.address(id))));
            continue;
        };
        let too_new = look.is_too_new(one.creation_timestamp());
        let address = look.address(id);
        let command = match &address {
            Some(_) => "rd-net apply --set net.endpoints=gateway".to_owned(),
            None => format!("aws ec2 delete-vpc-endpoints --vpc-endpoint-ids {id}"),
        };
        let (days, id) = (look.window.days, id.to_owned());
        let name = service.split_once(&format!("{}.", look.prices.region));
        let service = name.map_or(service, |(_, name)| name).to_owned();
        all.push(Candidate::new(vec![bytes.clone()], move |numbers| {
            let Some(sum) = numbers.sum_or_zero(&bytes) else {
                return Some(Finding::without_numbers(&id, "BytesProcessed").at(address));
            };
            let gb = gigabytes(sum) / Decimal::from(24 * days) * HOURS;
            let needed = break_even(hours, saved)?;
            if gb >= needed {
                return None;
            }
            let why = format!(
                "{service}: {} GB a month; from {} GB on it is cheaper than NAT",
                plain(gb.round_dp(1)),
                needed.round()
            );
            let found = Finding::wasted(&id, Some(hours - gb * saved), why, command);
            Some(found.at(address).too_new_if(too_new, days))
        }));
    }
    Ok(all)
}

/// The GB a month from which an endpoint is cheaper than the NAT gateway: its hours, by what a GB costs less. None where a GB
/// does not cost less.
fn break_even(hours: Decimal, saved: Decimal) -> Option<Decimal> {
    (saved > Decimal::ZERO).then(|| hours / saved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prices::Prices;

    #[test]
    fn the_break_even_of_an_endpoint_follows_from_prices() {
        let prices = Prices::of_region("us-east-1");
        let usd = |item: &str| prices.get(item).unwrap().usd;
        let hours = usd("VPC/interface-endpoint-hour-per-az") * HOURS * Decimal::TWO;
        let saved = usd("VPC/nat-gateway-gb") - usd("VPC/interface-endpoint-gb-first-1PB");
        assert_eq!(
            break_even(hours, saved).unwrap().round(),
            Decimal::from(417)
        );
        assert_eq!(break_even(hours, Decimal::ZERO), None);
    }
}
