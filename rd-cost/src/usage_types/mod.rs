//! Under which usage type AWS charges for each item of the price list. A usage type has the region in front, as in
//! `EUC1-NatGateway-Hours` or `eu-central-1-KMS-Keys`; most of us-east-1 have none.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/aws-usage-report-understand.html>
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_billing.html>

mod region;
mod table;

pub use region::without_region;

use table::{DASHBOARD, HOURS, ITEMS};

/// What AWS charges for an item.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Charge {
    /// A part of the service's name in Cost Explorer; empty where the usage type is of one service alone.
    pub service: &'static str,
    /// The usage type without its region.
    pub usage_type: String,
}

impl Charge {
    /// Whether a usage type of a service, as Cost Explorer names both, is this charge.
    pub fn is(&self, service: &str, usage_type: &str) -> bool {
        let core = without_region(usage_type);
        // A dashboard with up to 50 metrics has a usage type of its own, at the same price.
        let core = core
            .strip_suffix("-Basic")
            .filter(|core| *core == DASHBOARD)
            .unwrap_or(core);
        core == self.usage_type && service.contains(self.service)
    }
}

/// A hosted zone, which is charged for the whole month on its first day.
pub const HOSTED_ZONE: &str = "HostedZone";

/// What AWS charges for an item of the price list; none where it is not known.
pub fn of_item(item: &str) -> Option<Charge> {
    let charge = |service, usage_type: &str| Charge {
        service,
        usage_type: usage_type.to_owned(),
    };
    if let Some((_, service, usage_type)) = ITEMS.iter().find(|(name, _, _)| *name == item) {
        return Some(charge(service, usage_type));
    }
    if let Some((_, usage_type)) = HOURS.iter().find(|(name, _)| *name == item) {
        return Some(charge("", usage_type));
    }
    if let Some(node) = node_of(item) {
        return Some(charge("ElastiCache", &format!("NodeUsage:{node}")));
    }
    let (class, multi_az) = class_of(item)?;
    let usage = if multi_az {
        "Multi-AZUsage"
    } else {
        "InstanceUsage"
    };
    Some(charge("", &format!("{usage}:{class}")))
}

/// The instance class of an item of RDS, and whether it is Multi-AZ; none for another item.
pub fn class_of(item: &str) -> Option<(&str, bool)> {
    let class = item.strip_prefix("RDS/rds-postgresql-")?;
    match class.strip_suffix("-single-az-hour") {
        Some(class) => Some((class, false)),
        None => Some((class.strip_suffix("-multi-az-hour")?, true)),
    }
}

/// The node type of an item of ElastiCache; none for another item.
pub fn node_of(item: &str) -> Option<&str> {
    let rest = item.strip_prefix("ElastiCache/elasticache-")?;
    let (_, node) = rest.strip_suffix("-hour")?.split_once('-')?;
    node.starts_with("cache.").then_some(node)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prices::Prices;

    #[test]
    fn a_usage_type_loses_its_region_and_nothing_else() {
        for (whole, core) in [
            ("EUC1-NatGateway-Hours", "NatGateway-Hours"),
            ("NatGateway-Hours", "NatGateway-Hours"),
            ("EU-RDS:GP3-Storage", "RDS:GP3-Storage"),
            ("APN2-CW:AlarmMonitorUsage", "CW:AlarmMonitorUsage"),
            ("eu-central-1-KMS-Keys", "KMS-Keys"),
            ("us-east-1-KMS-Requests", "KMS-Requests"),
            ("Global-DataTransfer-Out-Bytes", "DataTransfer-Out-Bytes"),
            ("DNS-Queries", "DNS-Queries"),
            ("LoadBalancerUsage", "LoadBalancerUsage"),
        ] {
            let charge = Charge {
                service: "",
                usage_type: core.to_owned(),
            };
            assert!(charge.is("", whole), "{whole}");
        }
    }

    #[test]
    fn services_share_usage_types() {
        let is = |item: &str, service: &str, usage: &str| of_item(item).unwrap().is(service, usage);
        let stored = "EUC1-TimedStorage-ByteHrs";
        assert!(is(
            "ECR/storage-gb-month",
            "Amazon EC2 Container Registry (ECR)",
            stored
        ));
        assert!(is(
            "S3/standard-gb-month-first-50TB",
            "Amazon Simple Storage Service",
            stored
        ));
        assert!(is(
            "CloudWatchLogs/logs-storage-gb-month",
            "AmazonCloudWatch",
            stored
        ));
        assert!(!is(
            "CloudWatchLogs/logs-storage-gb-month",
            "Amazon Simple Storage Service",
            stored
        ));
        let dashboard = "CloudWatch/dashboard-month-after-3-free";
        assert!(is(
            dashboard,
            "AmazonCloudWatch",
            "DashboardsUsageHour-Basic"
        ));
        assert!(is(dashboard, "AmazonCloudWatch", "DashboardsUsageHour"));
        let node = "ElastiCache/elasticache-valkey-cache.t4g.micro-hour";
        assert!(is(
            node,
            "Amazon ElastiCache",
            "EU-NodeUsage:cache.t4g.micro"
        ));
        assert!(!is(
            node,
            "Amazon ElastiCache",
            "EU-ExtendedSupportYr3-NodeUsage:cache.t4g.micro"
        ));
        let db = "RDS/rds-postgresql-db.t4g.medium-multi-az-hour";
        assert!(is(
            db,
            "Amazon Relational Database Service",
            "Multi-AZUsage:db.t4g.medium"
        ));
    }

    #[test]
    fn every_item_that_an_estimate_uses_has_a_usage_type() {
        // What is in the list, and in no estimate.
        let unused = [
            "CloudWatch/alarm-composite",
            "CloudWatch/api-request",
            "CloudWatch/container-insights-enhanced",
            "CloudWatch/get-metric-data",
            "CloudWatchLogs/logs-ingest-infrequent",
            "CloudWatchLogs/logs-live-tail",
            "CostExplorer/",
            "DynamoDB/pitr",
            "DynamoDB/storage",
            "RDS/rds-snapshot-export",
            "S3/glacier-ir-get",
            "S3/glacier-ir-put",
            "S3/ia-get",
            "S3/ia-put",
            "SNS/api-request",
            "SavingsPlans/",
            "SystemsManager/",
        ];
        let prices = Prices::of_region("us-east-1");
        for (item, _) in prices.all() {
            let is_unused = unused.iter().any(|name| item.starts_with(name));
            assert_eq!(of_item(item).is_none(), is_unused, "{item}");
        }
    }
}
