//! Which product of the Price List an item of our list is: its service, its attributes, and its usage type. Attributes are
//! those of the products next to it, which would fit otherwise.
//! <https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_Product.html>

use crate::usage_types::{class_of, node_of, of_item};

/// How a product names the region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// By the attribute `regionCode`, as most do.
    Region,
    /// By `fromRegionCode`: traffic has two ends.
    From,
    /// Not at all: the price is the same everywhere.
    Anywhere,
}

/// What an item is in the Price List.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// The code of the service.
    pub service: &'static str,
    /// How it names the region.
    pub place: Place,
    /// Attributes with their values, besides the region.
    pub attributes: Vec<(&'static str, String)>,
    /// The usage type without its region.
    pub usage_type: String,
    /// The attribute `operation`, where products of one usage type differ by it. It may be empty, which no query can ask for.
    pub operation: Option<&'static str>,
    /// The quantity at which its tier begins; none for the first tier that costs something.
    pub tier: Option<i64>,
}

impl Product {
    /// Asks for one by an attribute.
    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.attributes.push((name, value.to_owned()));
        self
    }
}

/// Why an item is not asked for.
pub fn why_not(item: &str) -> &'static str {
    match item {
        // The Price List has prices on demand, and DescribeSpotPriceHistory those of EC2.
        _ if item.starts_with("ECS/fargate-spot-") => {
            "no API of AWS has the prices of Fargate Spot"
        }
        _ if item.starts_with("SavingsPlans/") => "the Price List has no rates of Savings Plans",
        _ => "no source says under which usage type the Price List has it",
    }
}

/// The product of an item; none where it is not known.
pub fn product_of(item: &str) -> Option<Product> {
    let (group, name) = item.split_once('/')?;
    let product = |service| {
        Some(Product {
            service,
            place: Place::Region,
            attributes: Vec::new(),
            usage_type: of_item(item)?.usage_type,
            operation: None,
            tier: None,
        })
    };
    let family = |service, family| Some(product(service)?.with("productFamily", family));
    match group {
        "VPC" if name.starts_with("nat-") => family("AmazonEC2", "NAT Gateway"),
        "VPC" => product("AmazonVPC"),
        "ElasticLoadBalancing" => family("AWSELB", "Load Balancer-Application"),
        "ECS" if name.starts_with("fargate-spot-") => None,
        "ECS" => product("AmazonECS"),
        "RDS" => rds(item, product("AmazonRDS")?),
        "ElastiCache" => Some(cache(item, product("AmazonElastiCache")?)),
        "SecretsManager" => product("AWSSecretsManager"),
        "KMS" => product("awskms"),
        "ECR" => product("AmazonECR"),
        "DynamoDB" => product("AmazonDynamoDB"),
        "SNS" => Some(family("AmazonSNS", "Message Delivery")?.with("endpointType", "SMTP")),
        "S3" => s3(name, product("AmazonS3")?),
        "CloudWatchLogs" => product("AmazonCloudWatch"),
        "CloudWatch" if name.starts_with("dashboard-") => Some(Product {
            place: Place::Anywhere,
            ..family("AmazonCloudWatch", "Dashboard")?
        }),
        "CloudWatch" => product("AmazonCloudWatch"),
        "Route53" => Some(Product {
            place: Place::Anywhere,
            ..match name.starts_with("hosted-zone-") {
                true => family("AmazonRoute53", "DNS Zone")?,
                false => family("AmazonRoute53", "DNS Query")?,
            }
        }),
        "DataTransfer" => Some(traffic(name, product("AWSDataTransfer")?)),
        _ => None,
    }
}

/// Storage classes share usage types with the overhead of others, and requests with those of other features.
fn s3(name: &str, product: Product) -> Option<Product> {
    Some(match name {
        "standard-gb-month-first-50TB" => product
            .with("productFamily", "Storage")
            .with("volumeType", "Standard"),
        "standard-ia-gb-month" | "glacier-ir-gb-month" => product.with("productFamily", "Storage"),
        "standard-put-copy-post-list-request" => product.with("group", "S3-API-Tier1"),
        "standard-get-request" => product.with("group", "S3-API-Tier2"),
        // The same usage type with an operation is a move to another class.
        "lifecycle-transition-to-ia-request" => Product {
            operation: Some(""),
            ..product.with("productFamily", "API Request")
        },
        // The usage type of these moves is not documented, and their price is another one.
        "lifecycle-transition-to-glacier-ir-request" => return None,
        _ => product,
    })
}

/// What leaves for the internet, by tiers, and what crosses a border between zones.
fn traffic(name: &str, product: Product) -> Product {
    let product = Product {
        place: Place::From,
        ..product
    };
    if name == "between-zones-gb" {
        return product.with("transferType", "IntraRegion");
    }
    let terabytes = match name {
        "internet-out-gb-next-40TB" => Some(10),
        "internet-out-gb-next-100TB" => Some(50),
        "internet-out-gb-over-150TB" => Some(150),
        _ => None,
    };
    Product {
        tier: terabytes.map(|terabytes| terabytes * 1024),
        ..product
            .with("transferType", "AWS Outbound")
            .with("toLocation", "External")
    }
}

fn rds(item: &str, product: Product) -> Option<Product> {
    let deployment = |multi_az| match multi_az {
        true => "Multi-AZ",
        false => "Single-AZ",
    };
    let zones = deployment(item.contains("-multi-az-"));
    // I/O operations are of no engine and of no volume type, and cost the same for all.
    if item.ends_with("-iops-month") {
        let product = product.with("productFamily", "Provisioned IOPS");
        return Some(product.with("deploymentOption", zones));
    }
    let product = product.with("databaseEngine", "PostgreSQL");
    if let Some((class, multi_az)) = class_of(item) {
        let product = product.with("instanceType", class);
        return Some(product.with("deploymentOption", deployment(multi_az)));
    }
    if item == "RDS/rds-backup-beyond-free-gb-month" {
        return Some(product.with("productFamily", "Storage Snapshot"));
    }
    let volume = match item.strip_prefix("RDS/rds-")?.split('-').next()? {
        "gp3" => "General Purpose-GP3",
        "io1" => "Provisioned IOPS",
        "io2" => "Provisioned IOPS-IO2",
        _ => return None,
    };
    Some(
        product
            .with("volumeType", volume)
            .with("deploymentOption", zones),
    )
}

fn cache(item: &str, product: Product) -> Product {
    let Some(node) = node_of(item) else {
        return product;
    };
    let engine = match item.contains("-valkey-") {
        true => "Valkey",
        false => "Redis",
    };
    product
        .with("instanceType", node)
        .with("cacheEngine", engine)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prices::Prices;

    #[test]
    fn every_item_of_an_estimate_has_a_product_or_a_reason() {
        let without = |item: &str| {
            ["ECS/fargate-spot-", "SavingsPlans/"]
                .iter()
                .any(|name| item.starts_with(name))
                || item == "S3/lifecycle-transition-to-glacier-ir-request"
        };
        let prices = Prices::of_region("us-east-1");
        // What is in the list, and in no estimate, has no usage type.
        let used = prices.all().filter(|(item, _)| of_item(item).is_some());
        let mut count = 0;
        for (item, _) in used {
            assert_eq!(product_of(item).is_none(), without(item), "{item}");
            count += 1;
        }
        assert!(count > 60, "{count}");
        for item in [
            "DataTransfer/between-zones-gb",
            "RDS/rds-io1-single-az-gb-month",
            "RDS/rds-io1-multi-az-iops-month",
            "RDS/rds-io2-single-az-gb-month",
        ] {
            assert!(product_of(item).is_some(), "{item}");
        }
        assert_eq!(product_of("no/such"), None);
        assert!(why_not("ECS/fargate-spot-arm-vcpu-hour").contains("Fargate Spot"));
    }
}
