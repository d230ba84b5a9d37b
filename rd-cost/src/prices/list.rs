//! The list prices in `list.txt`, which is part of the program. Only the lines of one region are made into prices, which
//! takes less than a millisecond.

use crate::line::Price;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::str::FromStr;

const LIST: &str = include_str!("list.txt");

/// What stands in the place of a region for prices that no region changes.
pub const GLOBAL: &str = "global";

/// The price of each item in `region`.
pub fn of_region(region: &str) -> BTreeMap<String, Price> {
    let mut origins: BTreeMap<&str, &str> = BTreeMap::new();
    let mut prices = BTreeMap::new();
    for line in LIST.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            origins.extend(comment.split_once(" = "));
            continue;
        }
        let mut words = line.split(' ');
        let (Some(item), Some(unit), Some(date), Some(origin)) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            continue;
        };
        let price = words
            .filter_map(|word| word.split_once('='))
            .find(|(_, regions)| regions.split(',').any(|one| one == region || one == GLOBAL));
        if let Some(usd) = price.and_then(|(usd, _)| Decimal::from_str(usd).ok()) {
            let price = Price {
                usd,
                unit: unit.to_owned(),
                date: date.to_owned(),
                origin: origins.get(origin).unwrap_or(&"").to_string(),
            };
            prices.insert(item.to_owned(), price);
        }
    }
    prices
}

/// The unit of an item, whichever region has a price for it; that of its name where none has.
pub fn unit(item: &str) -> &'static str {
    let named = LIST.lines().find_map(|line| {
        let rest = line.strip_prefix(item)?.strip_prefix(' ')?;
        rest.split(' ').next()
    });
    named.unwrap_or_else(|| match item {
        _ if item.ends_with("-iops-month") => "IOPS-month",
        _ if item.ends_with("-gb-month") => "GB-month",
        _ if item.ends_with("-gb") => "GB",
        _ => "hour",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_list_is_whole() {
        let mut seen = BTreeSet::new();
        let mut regions = BTreeSet::new();
        for line in LIST.lines().filter(|line| !line.starts_with('#')) {
            let words: Vec<&str> = line.split(' ').collect();
            assert!(
                words.len() > 4 && words[2].parse::<jiff::civil::Date>().is_ok(),
                "{line}"
            );
            for word in &words[4..] {
                let (usd, names) = word.split_once('=').unwrap();
                assert!(Decimal::from_str(usd).unwrap() > Decimal::ZERO, "{line}");
                for region in names.split(',') {
                    assert!(seen.insert((words[0], region)), "{} {region}", words[0]);
                    regions.insert(region);
                }
            }
        }
        assert_eq!(regions.len(), 34);
        assert_eq!(seen.len(), 2606);
    }

    #[test]
    fn a_price_has_unit_date_and_origin_and_stays_in_its_region() {
        let prices = of_region("us-east-1");
        let nat = &prices["VPC/nat-gateway-hour"];
        assert_eq!(nat.usd, Decimal::new(45, 3));
        assert_eq!(
            (nat.unit.as_str(), nat.date.as_str()),
            ("hour", "2025-10-28")
        );
        assert_eq!(nat.origin, "AWS pricing pages");
        assert!(prices.contains_key("Route53/hosted-zone-month-first-25"));
        let spain = of_region("eu-south-2");
        assert!(!spain.contains_key("ElastiCache/elasticache-redis-cache.t4g.micro-hour"));
        let nowhere: Vec<String> = of_region("xx-north-9").into_keys().collect();
        assert_eq!(nowhere.len(), 2, "{nowhere:?}");
    }
}
