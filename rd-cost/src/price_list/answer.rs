//! The price in an answer of the Price List: of the product that fits exactly, and of none where several with different
//! prices fit.

use super::product::{Place, Product};
use crate::usage_types::without_region;
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::BTreeSet;

/// What the Price List says of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Its price in US dollars for a unit of AWS's, and the day from which it counts.
    Price(Decimal, String),
    /// No price, and why.
    None(String),
}

impl Place {
    /// The attribute that has the region; none where the price is the same everywhere.
    pub fn attribute(self) -> Option<&'static str> {
        match self {
            Place::Region => Some("regionCode"),
            Place::From => Some("fromRegionCode"),
            Place::Anywhere => None,
        }
    }
}

/// The price of what fits exactly, among the products of an answer.
pub fn exact(found: &[Value], wanted: &Product, region: &str) -> Answer {
    let fits = |one: &&Value| {
        let attributes = &one["product"]["attributes"];
        let is = |name: &str, value: &str| match name {
            "productFamily" => one["product"][name] == value,
            _ => attributes[name] == value,
        };
        let text = |name: &str| attributes[name].as_str().unwrap_or_default();
        let place = wanted.place.attribute();
        place.is_none_or(|name| is(name, region))
            && without_region(text("usagetype")) == wanted.usage_type
            && wanted
                .operation
                .is_none_or(|operation| text("operation") == operation)
            && wanted
                .attributes
                .iter()
                .all(|(name, value)| is(name, value))
    };
    let prices = found.iter().filter(fits);
    let prices: Vec<(Decimal, String)> = prices
        .filter_map(|one| price_of(one, wanted.tier))
        .collect();
    let different: BTreeSet<Decimal> = prices.iter().map(|(price, _)| *price).collect();
    match (different.len(), prices.into_iter().next()) {
        (1, Some((price, day))) => Answer::Price(price, day),
        (0, _) => Answer::None(format!(
            "no product with the usage type {}",
            wanted.usage_type
        )),
        (count, _) => Answer::None(format!("{count} products with different prices fit")),
    }
}

/// The price on demand of a product, and its day: that of the tier which begins at a quantity, or of the first which costs
/// something.
fn price_of(product: &Value, tier: Option<i64>) -> Option<(Decimal, String)> {
    let terms = product["terms"]["OnDemand"].as_object()?;
    let term = terms.values().next().filter(|_| terms.len() == 1)?;
    let dimensions = term["priceDimensions"].as_object()?;
    let number = |value: &Value| value.as_str().and_then(|text| text.parse::<Decimal>().ok());
    let mut tiers: Vec<(Decimal, Decimal)> = dimensions
        .values()
        .filter_map(|one| {
            let begins = number(&one["beginRange"]).unwrap_or_default();
            Some((begins, number(&one["pricePerUnit"]["USD"])?))
        })
        .filter(|(begins, price)| {
            *price > Decimal::ZERO && tier.is_none_or(|tier| *begins == Decimal::from(tier))
        })
        .collect();
    tiers.sort_unstable();
    let day = term["effectiveDate"].as_str().unwrap_or_default();
    let day = day.split('T').next().unwrap_or_default().to_owned();
    tiers.first().map(|(_, price)| (*price, day))
}

#[cfg(test)]
mod tests {
    use super::super::product::product_of;
    use super::*;
    use serde_json::json;

    /// A product of Frankfurt, in the form of AWS.
    fn product(family: &str, usage_type: &str, more: &Value, tiers: &[(&str, &str)]) -> Value {
        let dimensions = tiers.iter().enumerate().map(|(index, (begins, usd))| {
            let one = json!({
                "rateCode": format!("X.Y.{index}"), "unit": "GB-Mo", "beginRange": begins, "endRange": "Inf",
                "description": "", "appliesTo": [], "pricePerUnit": {"USD": usd},
            });
            (format!("X.Y.{index}"), one)
        });
        let dimensions: serde_json::Map<String, Value> = dimensions.collect();
        let mut attributes =
            json!({"regionCode": "eu-central-1", "usagetype": usage_type, "operation": ""});
        attributes
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({
            "product": {"productFamily": family, "attributes": attributes, "sku": usage_type},
            "serviceCode": "", "version": "20261101", "publicationDate": "2026-11-01T00:00:00Z",
            "terms": {"OnDemand": {"X.Y": {
                "sku": "X", "offerTermCode": "Y", "effectiveDate": "2026-11-01T00:00:00Z", "termAttributes": {},
                "priceDimensions": dimensions,
            }}},
        })
    }

    fn node(usage_type: &str, engine: &str, usd: &str) -> Value {
        let more = json!({"instanceType": "cache.t4g.micro", "cacheEngine": engine});
        product("Cache Instance", usage_type, &more, &[("0", usd)])
    }

    fn asked(item: &str, found: &[Value]) -> Answer {
        exact(found, &product_of(item).unwrap(), "eu-central-1")
    }

    fn price(usd: &str) -> Answer {
        Answer::Price(usd.parse().unwrap(), "2026-11-01".to_owned())
    }

    #[test]
    fn extended_support_and_other_engines_are_not_the_node() {
        let item = "ElastiCache/elasticache-redis-cache.t4g.micro-hour";
        let mut found = vec![
            node(
                "EUC1-ExtendedSupportYr1_Yr2-NodeUsage:cache.t4g.micro",
                "Redis",
                "0.015",
            ),
            node("EUC1-NodeUsage:cache.t4g.micro", "Valkey", "0.0144"),
            node("EUC1-NodeUsage:cache.t4g.micro", "Redis", "0.018"),
        ];
        assert_eq!(asked(item, &found), price("0.018"));
        // The same twice is no question; two prices are.
        found.push(node("EUC1-NodeUsage:cache.t4g.micro", "Redis", "0.018"));
        assert_eq!(asked(item, &found), price("0.018"));
        found.push(node("EUC1-NodeUsage:cache.t4g.micro", "Redis", "0.02"));
        let Answer::None(why) = asked(item, &found) else {
            panic!("one of several was taken")
        };
        assert!(why.contains("2 products"), "{why}");
        let Answer::None(why) = asked(item, &found[..1]) else {
            panic!("the surcharge was taken")
        };
        assert!(why.contains("no product"), "{why}");
    }

    #[test]
    fn the_first_tier_that_costs_something_is_the_price() {
        let usage = "eu-central-1-KMS-Requests";
        let tiers = [("0", "0"), ("20000", "0.000003")];
        let key = product("API Request", usage, &json!({}), &tiers);
        assert_eq!(asked("KMS/request-symmetric", &[key]), price("0.000003"));
    }

    #[test]
    fn storage_and_requests_of_s3_are_told_from_those_next_to_them() {
        let stored = "EUC1-TimedStorage-ByteHrs";
        let volume = |volume: &str| json!({"volumeType": volume});
        let tiers = [("0", "0.0245"), ("51200", "0.0235"), ("512000", "0.0225")];
        let found = [
            product(
                "Storage",
                stored,
                &volume("INTAAS3ObjectOverhead"),
                &[("0", "0.021")],
            ),
            product("Storage", stored, &volume("Standard"), &tiers),
        ];
        let item = "S3/standard-gb-month-first-50TB";
        assert_eq!(asked(item, &found), price("0.0245"));
        let moved = "EUC1-Requests-Tier4";
        let found = [
            product(
                "API Request",
                moved,
                &json!({"operation": "S3-INTTransition"}),
                &[("0", "0.02")],
            ),
            product("API Request", moved, &json!({}), &[("0", "0.00001")]),
        ];
        let item = "S3/lifecycle-transition-to-ia-request";
        assert_eq!(asked(item, &found), price("0.00001"));
    }

    #[test]
    fn traffic_has_two_ends_and_tiers() {
        let tiers = [
            ("0", "0.09"),
            ("10240", "0.085"),
            ("51200", "0.07"),
            ("153600", "0.05"),
        ];
        let ends = |from: &str, to: &str, kind: &str| json!({"fromRegionCode": from, "toLocation": to, "transferType": kind, "regionCode": null});
        let out = |from: &str, usage: &str, tiers: &[(&str, &str)]| {
            let more = ends(from, "External", "AWS Outbound");
            product("Data Transfer", usage, &more, tiers)
        };
        let found = [
            out("us-east-1", "DataTransfer-Out-Bytes", &[("0", "7")]),
            out("eu-central-1", "EUC1-DataTransfer-Out-Bytes", &tiers),
            product(
                "Data Transfer",
                "EUC1-DataTransfer-Regional-Bytes",
                &ends("eu-central-1", "EU (Frankfurt)", "IntraRegion"),
                &[("0", "0.01")],
            ),
        ];
        let of = |name: &str| asked(&format!("DataTransfer/{name}"), &found);
        assert_eq!(
            of("internet-out-gb-next-10TB-after-100GB-free"),
            price("0.09")
        );
        assert_eq!(of("internet-out-gb-next-40TB"), price("0.085"));
        assert_eq!(of("internet-out-gb-next-100TB"), price("0.07"));
        assert_eq!(of("internet-out-gb-over-150TB"), price("0.05"));
        assert_eq!(of("between-zones-gb"), price("0.01"));
    }

    #[test]
    fn some_products_are_in_no_region() {
        let nowhere = json!({"regionCode": "", "location": "Any"});
        let tiers = [("0", "0.5"), ("25", "0.1")];
        let found = [
            product("DNS Zone", "Global-RRSets", &nowhere, &[("0", "0.0015")]),
            product("DNS Zone", "HostedZone", &nowhere, &tiers),
            product("Dashboard", "DashboardsUsageHour", &nowhere, &[("0", "3")]),
            // That of the free tier.
            product(
                "Dashboard",
                "Global-DashboardsUsageHour",
                &nowhere,
                &[("0", "0")],
            ),
        ];
        let zone = "Route53/hosted-zone-month-first-25";
        assert_eq!(asked(zone, &found), price("0.5"));
        let dashboard = "CloudWatch/dashboard-month-after-3-free";
        assert_eq!(asked(dashboard, &found), price("3"));
    }
}
