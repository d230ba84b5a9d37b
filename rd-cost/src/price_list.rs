//! AWS's Price List: the prices of a region, one product at a time. A query answers with more products than one: Extended
//! Support, burst and Outposts stand next to what is asked for. Only a product that fits exactly is taken, and none where
//! several with different prices fit.
//! <https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html>

use crate::usage_types::{class_of, node_of, of_item, without_region};
use aws_sdk_pricing::Client;
use aws_sdk_pricing::config::{Builder, Region};
use aws_sdk_pricing::types::{Filter, FilterType};
use rd_common::aws::{Aws, Explain, QuotasAreFinal};
use rd_common::{Error, Result};
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What an item is in the Price List.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Product {
    /// The code of the service.
    service: &'static str,
    /// Attributes with their values, besides the region.
    attributes: Vec<(&'static str, String)>,
    /// The usage type without its region.
    usage_type: String,
}

/// Which services have an item, and by what its products are narrowed down.
/// The rest of the list has other names in every region, or none there.
fn product_of(item: &str) -> Option<Product> {
    let usage_type = of_item(item)?.usage_type;
    let (group, _) = item.split_once('/')?;
    let plain = |attributes: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        attributes
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect()
    };
    let (service, attributes) = match group {
        "VPC" if item.starts_with("VPC/nat-") => {
            ("AmazonEC2", plain(&[("productFamily", "NAT Gateway")]))
        }
        "VPC" => ("AmazonVPC", Vec::new()),
        "ElasticLoadBalancing" => (
            "AWSELB",
            plain(&[("productFamily", "Load Balancer-Application")]),
        ),
        // Spot prices are not in the Price List.
        "ECS" if !item.contains("-spot-") => ("AmazonECS", Vec::new()),
        "RDS" => ("AmazonRDS", rds(item)?),
        "ElastiCache" => ("AmazonElastiCache", cache(item)?),
        "SecretsManager" => ("AWSSecretsManager", Vec::new()),
        "KMS" => ("awskms", Vec::new()),
        "ECR" => ("AmazonECR", Vec::new()),
        _ => return None,
    };
    Some(Product {
        service,
        attributes,
        usage_type,
    })
}

fn rds(item: &str) -> Option<Vec<(&'static str, String)>> {
    let deployment = |multi_az| match multi_az {
        true => "Multi-AZ".to_owned(),
        false => "Single-AZ".to_owned(),
    };
    let engine = ("databaseEngine", "PostgreSQL".to_owned());
    if let Some((class, multi_az)) = class_of(item) {
        let class = ("instanceType", class.to_owned());
        return Some(vec![
            engine,
            class,
            ("deploymentOption", deployment(multi_az)),
        ]);
    }
    let multi_az = item.contains("-multi-az-");
    item.starts_with("RDS/rds-gp3-").then(|| {
        let volume = ("volumeType", "General Purpose-GP3".to_owned());
        vec![engine, volume, ("deploymentOption", deployment(multi_az))]
    })
}

fn cache(item: &str) -> Option<Vec<(&'static str, String)>> {
    let node = node_of(item)?;
    let engine = match item.contains("-valkey-") {
        true => "Valkey",
        false => "Redis",
    };
    Some(vec![
        ("instanceType", node.to_owned()),
        ("cacheEngine", engine.to_owned()),
    ])
}

/// What the Price List says of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Its price in US dollars for a unit of AWS's, and the day from which it counts.
    Price(Decimal, String),
    /// No price, and why.
    None(String),
}

/// The Price List in one of its regions.
pub struct PriceList {
    client: Client,
    region: String,
    /// The products of each query, which several items share.
    products: BTreeMap<String, Vec<Value>>,
}

impl PriceList {
    /// For the prices of `region`. Fails where its partition has no Price List.
    pub fn new(aws: &Aws, region: &str) -> Result<Self> {
        let endpoint = endpoint_region(region).ok_or_else(|| {
            Error::usage(format!("there is no Price List for {region}"))
                .hint("write prices into a file, and pass it with --prices")
        })?;
        let config = Builder::from(&aws.config)
            .region(Region::new(endpoint))
            .interceptor(aws.interceptor())
            .retry_classifier(QuotasAreFinal);
        Ok(Self {
            client: Client::from_conf(config.build()),
            region: region.to_owned(),
            products: BTreeMap::new(),
        })
    }

    /// The price of an item of our list.
    pub async fn price(&mut self, item: &str) -> Result<Answer> {
        let Some(product) = product_of(item) else {
            return Ok(Answer::None(
                "the Price List does not have it under one name".to_owned(),
            ));
        };
        let question = format!("{} {:?}", product.service, product.attributes);
        if !self.products.contains_key(&question) {
            let found = self.products_of(&product).await?;
            self.products.insert(question.clone(), found);
        }
        let found = self.products.get(&question).map_or(&[][..], Vec::as_slice);
        Ok(exact(found, &product, &self.region))
    }

    async fn products_of(&self, product: &Product) -> Result<Vec<Value>> {
        let filter = |field: &str, value: &str| {
            let filter = Filter::builder().r#type(FilterType::TermMatch);
            let filter = filter.field(field).value(value).build();
            filter.map_err(|e| Error::failed(format!("the query is incomplete: {e}")))
        };
        let mut filters = vec![filter("regionCode", &self.region)?];
        for (name, value) in &product.attributes {
            filters.push(filter(name, value)?);
        }
        let mut all = Vec::new();
        let mut token = None;
        loop {
            let call = self.client.get_products().service_code(product.service);
            let call = call
                .set_filters(Some(filters.clone()))
                .set_next_token(token);
            let answer = call.send().await.doing("read the Price List")?;
            for text in answer.price_list() {
                all.push(serde_json::from_str(text).map_err(|e| {
                    Error::failed(format!("the Price List has a product that is no JSON: {e}"))
                })?);
            }
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(all);
            }
        }
    }
}

/// The product that fits exactly, among those of an answer.
fn exact(found: &[Value], wanted: &Product, region: &str) -> Answer {
    let fits = |one: &&Value| {
        let attributes = &one["product"]["attributes"];
        let is = |name: &str, value: &str| match name {
            "productFamily" => one["product"][name] == value,
            _ => attributes[name] == value,
        };
        let usage_type = attributes["usagetype"].as_str().unwrap_or_default();
        is("regionCode", region)
            && without_region(usage_type) == wanted.usage_type
            && wanted
                .attributes
                .iter()
                .all(|(name, value)| is(name, value))
    };
    let prices: Vec<(Decimal, String)> = found.iter().filter(fits).filter_map(price_of).collect();
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

/// The price on demand of a product, and its day: that of the first tier which costs something.
fn price_of(product: &Value) -> Option<(Decimal, String)> {
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
        .filter(|(_, price)| *price > Decimal::ZERO)
        .collect();
    tiers.sort_unstable();
    let day = term["effectiveDate"].as_str().unwrap_or_default();
    let day = day.split('T').next().unwrap_or_default().to_owned();
    tiers.first().map(|(_, price)| (*price, day))
}

/// The region of the Price List's endpoint for a region: there are three. None in other partitions.
/// <https://docs.aws.amazon.com/general/latest/gr/billing.html>
fn endpoint_region(of: &str) -> Option<&'static str> {
    let area = of.split('-').next().unwrap_or_default();
    match area {
        _ if of.starts_with("us-gov-") || of.starts_with("us-iso") => None,
        "cn" | "eusc" => None,
        "eu" | "me" | "af" | "il" => Some("eu-central-1"),
        "ap" => Some("ap-south-1"),
        _ => Some("us-east-1"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn product(usage_type: &str, more: &Value, tiers: &[(&str, &str)]) -> Value {
        let dimensions = tiers.iter().enumerate().map(|(index, (begins, usd))| {
            let one = json!({"unit": "Hrs", "beginRange": begins, "pricePerUnit": {"USD": usd}});
            (format!("d{index}"), one)
        });
        let dimensions: serde_json::Map<String, Value> = dimensions.collect();
        let mut attributes = json!({"regionCode": "eu-central-1", "usagetype": usage_type});
        attributes
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({
            "product": {"productFamily": "Cache Instance", "attributes": attributes, "sku": usage_type},
            "terms": {"OnDemand": {"x": {
                "effectiveDate": "2026-11-01T00:00:00Z", "priceDimensions": dimensions,
            }}},
        })
    }

    fn node(usage_type: &str, engine: &str, usd: &str) -> Value {
        let more = json!({"instanceType": "cache.t4g.micro", "cacheEngine": engine});
        product(usage_type, &more, &[("0", usd)])
    }

    fn asked(item: &str, found: &[Value]) -> Answer {
        exact(found, &product_of(item).unwrap(), "eu-central-1")
    }

    #[test]
    fn extended_support_and_other_engines_are_not_the_node() {
        let item = "ElastiCache/elasticache-redis-cache.t4g.micro-hour";
        let price = |usd: &str| Answer::Price(usd.parse().unwrap(), "2026-11-01".to_owned());
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
        let key = product(
            "eu-central-1-KMS-Requests",
            &json!({}),
            &[("0", "0"), ("20000", "0.000003")],
        );
        let price = Answer::Price("0.000003".parse().unwrap(), "2026-11-01".to_owned());
        assert_eq!(asked("KMS/request-symmetric", &[key]), price);
    }

    #[test]
    fn the_endpoint_is_the_nearest_of_three() {
        assert_eq!(endpoint_region("eu-west-1"), Some("eu-central-1"));
        assert_eq!(endpoint_region("ap-southeast-2"), Some("ap-south-1"));
        assert_eq!(endpoint_region("sa-east-1"), Some("us-east-1"));
        assert_eq!(endpoint_region("cn-north-1"), None);
        assert_eq!(endpoint_region("us-gov-west-1"), None);
    }

    #[test]
    fn items_with_one_name_everywhere_have_a_product() {
        for item in [
            "VPC/nat-gateway-hour",
            "VPC/public-ipv4-in-use-hour",
            "ElasticLoadBalancing/alb-lcu-hour",
            "ECS/fargate-arm-vcpu-hour",
            "RDS/rds-postgresql-db.t4g.medium-multi-az-hour",
            "RDS/rds-gp3-single-az-gb-month",
            "SecretsManager/secret-month",
            "KMS/customer-key-month",
        ] {
            assert!(product_of(item).is_some(), "{item}");
        }
        for item in [
            "ECS/fargate-spot-arm-vcpu-hour",
            "Route53/hosted-zone-month-first-25",
            "no/such",
        ] {
            assert_eq!(product_of(item), None, "{item}");
        }
    }
}
