//! AWS's Price List: the prices of a region, one product at a time. A query answers with more products than one: Extended
//! Support, burst and Outposts stand next to what is asked for.
//! <https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html>

mod answer;
mod product;

pub use answer::Answer;

use answer::exact;
use aws_sdk_pricing::Client;
use aws_sdk_pricing::config::{Builder, Region};
use aws_sdk_pricing::types::{Filter, FilterType};
use product::{Product, product_of, why_not};
use rd_common::aws::{Aws, Explain, QuotasAreFinal};
use rd_common::{Error, Result};
use serde_json::Value;
use std::collections::BTreeMap;

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
            return Ok(Answer::None(why_not(item).to_owned()));
        };
        let question = format!(
            "{} {:?} {:?}",
            product.service, product.place, product.attributes
        );
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
        let mut filters = Vec::new();
        if let Some(name) = product.place.attribute() {
            filters.push(filter(name, &self.region)?);
        }
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
                    Error::failed(format!(
                        "the Price List has a product that is not JSON: {e}"
                    ))
                })?);
            }
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(all);
            }
        }
    }
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

    #[test]
    fn the_endpoint_is_the_nearest_of_three() {
        assert_eq!(endpoint_region("eu-west-1"), Some("eu-central-1"));
        assert_eq!(endpoint_region("ap-southeast-2"), Some("ap-south-1"));
        assert_eq!(endpoint_region("sa-east-1"), Some("us-east-1"));
        assert_eq!(endpoint_region("cn-north-1"), None);
        assert_eq!(endpoint_region("us-gov-west-1"), None);
    }
}
