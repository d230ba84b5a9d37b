//! `[cost.usage]` from CloudWatch: what was used in the last days, scaled to a month.

mod bucket;
mod load_balancer;
mod logs;
mod network;
mod not_measured;
mod topic;

pub use load_balancer::arn_suffix;
pub use network::endpoint_bytes;

use super::metrics::{Metric, Numbers, Window, gigabytes};
use crate::line::Source;
use crate::money::HOURS;
use crate::owned::{Owned, OwnedResources};
use crate::usage::{Amount, Usage};
use not_measured::{NOT_MEASURED, NOT_MEASURED_OF_STACK};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// By key of `[cost.usage]`: where its number is from, or why it is still assumed.
pub type Sources = BTreeMap<&'static str, Source>;

/// How the numbers of the days become that of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    /// Bytes, summed up: GB in a month.
    Bytes,
    /// A number of events, summed up: their number in a month.
    Count,
    /// The same in thousands.
    Thousands,
    /// Capacity units of each hour, summed up: their mean.
    HourlyMean,
    /// Bytes that are stored: the newest number, in GB.
    Stored,
}

/// A key with the metrics whose sum it is.
struct Rule<'a> {
    key: &'static str,
    /// What CloudWatch is asked, in words.
    from: &'static str,
    set: fn(&mut Usage) -> &mut Amount,
    scale: Scale,
    /// Whether no number means zero: AWS reports some metrics only where they are not zero.
    absent_is_zero: bool,
    /// What is missing where there is no resource, such as `NAT gateway`.
    what: &'static str,
    metrics: Vec<(&'a Owned, Metric)>,
}

/// The rules for what the states have.
fn rules(owned: &OwnedResources) -> Vec<Rule<'_>> {
    let mut rules = vec![network::nat(owned), network::endpoints(owned)];
    rules.extend(load_balancer::load_balancer(owned));
    rules.extend(logs::logs(owned));
    rules.extend(bucket::bucket(owned));
    rules.push(topic::mails(owned));
    rules
}

/// The metrics that [`measure`] needs for what the states have.
pub fn metrics(owned: &OwnedResources) -> BTreeSet<Metric> {
    let rules = rules(owned).into_iter();
    rules
        .flat_map(|rule| rule.metrics.into_iter().map(|(_, metric)| metric))
        .collect()
}

/// Puts what was used into `usage`, scaled to a month, and says of each key where its number is from.
pub fn measure(
    usage: &mut Usage,
    owned: &OwnedResources,
    numbers: &Numbers,
    window: Window,
) -> Sources {
    let mut sources = Sources::new();
    for (key, why) in NOT_MEASURED.into_iter().chain(NOT_MEASURED_OF_STACK) {
        sources.insert(key, Source::Assumed(why.to_owned()));
    }
    for rule in rules(owned) {
        let source = match rule.number(numbers, window) {
            Ok(number) => {
                *(rule.set)(usage) = Amount(number.normalize().into());
                Source::Measured(format!("{}, {}", rule.from, window.text()))
            }
            Err(why) => Source::Assumed(why),
        };
        sources.insert(rule.key, source);
    }
    sources
}

impl Rule<'_> {
    /// The number of a month; why there is none otherwise.
    fn number(&self, numbers: &Numbers, window: Window) -> Result<Decimal, String> {
        if self.metrics.is_empty() {
            return Err(format!("the states have no {}", self.what));
        }
        let day = Decimal::from(24);
        let mut total = Decimal::ZERO;
        let mut some = false;
        for (owned, metric) in &self.metrics {
            let hours = window.hours_of(owned.since);
            if hours < day {
                return Err(format!("the {} is less than a whole day old", self.what));
            }
            let found = match self.scale {
                Scale::Stored => numbers.last(metric),
                _ => numbers.sum(metric),
            };
            some |= found.is_some();
            let found = match found {
                Some(found) => found,
                None if !self.absent_is_zero => continue,
                None => numbers
                    .sum_or_zero(metric)
                    .ok_or("CloudWatch did not answer")?,
            };
            total += match self.scale {
                Scale::Bytes => gigabytes(found) / hours * HOURS,
                Scale::Count => found / hours * HOURS,
                Scale::Thousands => found / Decimal::ONE_THOUSAND / hours * HOURS,
                Scale::HourlyMean => found / hours,
                Scale::Stored => gigabytes(found),
            };
        }
        match some || self.absent_is_zero {
            true => Ok(total.round_dp(6)),
            false => Err(format!("CloudWatch has no number of the {}", self.what)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_source() {
        let owned = OwnedResources::default();
        let window = Window::before(jiff::Timestamp::now(), 14);
        let mut usage = Usage::default();
        let sources = measure(&mut usage, &owned, &Numbers::default(), window);
        let keys: Vec<&str> = sources.keys().copied().collect();
        let mut all = Usage::KEYS.to_vec();
        all.sort_unstable();
        assert_eq!(keys, all);
        // Without a stack, all is as it was.
        assert_eq!(usage, Usage::default());
    }

    #[test]
    fn numbers_of_days_are_scaled_to_a_month() {
        let now: jiff::Timestamp = "2026-11-27T19:00:00Z".parse().unwrap();
        let window = Window::before(now, 14);
        let owned = |kind: &str, id: &str, since: &str| Owned {
            address: format!("edge.{kind}.main"),
            slice: "edge".to_owned(),
            kind: kind.to_owned(),
            id: id.to_owned(),
            spec: serde_json::Value::Null,
            since: since.parse().unwrap(),
        };
        let arn = "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/shop/50dc6c495c0c9188";
        let old = "2026-01-01T00:00:00Z";
        // Of the gateway, a week is known; of the cluster, an afternoon.
        let all = OwnedResources::of(vec![
            owned("load_balancer", arn, old),
            owned("nat_gateway", "nat-1", "2026-11-20T00:00:00Z"),
            owned("cluster", "shop", "2026-11-26T12:00:00Z"),
            owned("bucket", "shop-sessions", old),
        ]);
        let balancer = |name| {
            let of = "app/shop/50dc6c495c0c9188";
            Metric::of("AWS/ApplicationELB", name, "Sum", "LoadBalancer", of)
        };
        let nat = |name| Metric::of("AWS/NATGateway", name, "Sum", "NatGatewayId", "nat-1");
        let gb = |count: i64| Decimal::from(count << 30);
        let mut numbers = Numbers::default();
        numbers.set(
            &balancer("ConsumedLCUs"),
            &[Decimal::from(84), Decimal::from(84)],
        );
        numbers.set(&nat("BytesInFromSource"), &[gb(40), gb(2)]);
        numbers.set(&nat("BytesInFromDestination"), &[gb(42)]);
        let class = "StandardStorage";
        numbers.set(
            &bucket::bucket_size("shop-sessions", class),
            &[gb(10), gb(12)],
        );
        let mut usage = Usage::default();
        let sources = measure(&mut usage, &all, &numbers, window);
        let typical = |amount: Amount| {
            assert!(amount.0.is_exact());
            amount.0.typical
        };
        // 168 capacity units in 336 hours; 84 GB in 168 hours; the newest size; no bytes reported is none.
        assert_eq!(typical(usage.lcu), Decimal::new(5, 1));
        assert_eq!(typical(usage.nat_gb), Decimal::from(365));
        assert_eq!(typical(usage.store_standard_gb), Decimal::from(12));
        assert_eq!(typical(usage.egress_gb), Decimal::ZERO);
        let why = |key: &str| match &sources[key] {
            Source::Measured(from) => from.clone(),
            Source::Assumed(why) => format!("assumed: {why}"),
        };
        assert_eq!(
            why("cost.usage.lcu"),
            "AWS/ApplicationELB ConsumedLCUs, 14 days to 2026-11-26"
        );
        assert_eq!(
            why("cost.usage.container_insights_gb"),
            "assumed: the cluster is less than a whole day old"
        );
        assert_eq!(
            why("cost.usage.store_get_thousands"),
            "assumed: CloudWatch has no number of the bucket"
        );
        assert_eq!(
            why("cost.usage.alarm_mails"),
            "assumed: the states have no topic"
        );
        assert_eq!(usage.log_gb, Usage::default().log_gb);
    }
}
