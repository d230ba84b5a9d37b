//! Application load balancers without requests. CloudWatch has a number of requests only where there were some: no number is
//! zero.
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html>

use super::finding::{Candidate, Finding};
use super::look::Look;
use crate::observed::{Metric, arn_suffix};
use aws_sdk_elasticloadbalancingv2::types::{LoadBalancerSchemeEnum, LoadBalancerTypeEnum};
use rd_common::Result;
use rd_common::aws::Explain;

pub(super) async fn candidates(look: &Look<'_>) -> Result<Vec<Candidate>> {
    let ours = look.owned.of_kind("load_balancer");
    let ours: Vec<String> = ours.map(|one| one.id.clone()).collect();
    if ours.is_empty() && !look.account {
        return Ok(Vec::new());
    }
    let mut pages = look
        .clients
        .elb
        .describe_load_balancers()
        .into_paginator()
        .items()
        .send();
    let mut all = Vec::new();
    while let Some(one) = pages.next().await {
        let one = one.doing("list the load balancers")?;
        let (Some(arn), Some(LoadBalancerTypeEnum::Application)) =
            (one.load_balancer_arn().map(str::to_owned), one.r#type())
        else {
            continue;
        };
        let address = look.address(&arn);
        if address.is_none() && !look.account {
            continue;
        }
        let suffix = arn_suffix(&arn);
        let requests = Metric::of(
            "AWS/ApplicationELB",
            "RequestCount",
            "Sum",
            "LoadBalancer",
            suffix,
        );
        let too_new = look.is_too_new(one.created_time());
        let public = one.scheme() != Some(&LoadBalancerSchemeEnum::Internal);
        let zones = i64::try_from(one.availability_zones().len()).unwrap_or(0);
        let addresses = match public {
            true => look.hourly("VPC/public-ipv4-in-use-hour", zones),
            false => Some(rust_decimal::Decimal::ZERO),
        };
        let hours = look.hourly("ElasticLoadBalancing/alb-hour", 1);
        let usd = hours
            .zip(addresses)
            .map(|(hours, addresses)| hours + addresses);
        let command = match &address {
            Some(_) => "rd-edge destroy".to_owned(),
            None => format!("aws elbv2 delete-load-balancer --load-balancer-arn {arn}"),
        };
        let (name, days) = (
            one.load_balancer_name().unwrap_or(&arn).to_owned(),
            look.window.days,
        );
        all.push(Candidate::new(vec![requests.clone()], move |numbers| {
            let Some(count) = numbers.sum_or_zero(&requests) else {
                return Some(Finding::without_numbers(&name, "RequestCount").at(address));
            };
            if !count.is_zero() {
                return None;
            }
            let why = format!("no request in {days} days");
            let found = Finding::wasted(&name, usd, why, command).at(address);
            Some(found.too_new_if(too_new, days))
        }));
    }
    Ok(all)
}
