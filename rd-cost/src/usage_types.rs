//! Under which usage type AWS charges for each item of the price list. A usage type has the region in front, as in
//! `EUC1-NatGateway-Hours` or `eu-central-1-KMS-Keys`; most of us-east-1 have none.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/aws-usage-report-understand.html>
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_billing.html>

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

const DASHBOARD: &str = "DashboardsUsageHour";
const CLOUDWATCH: &str = "CloudWatch";
const S3: &str = "Simple Storage Service";
const ROUTE53: &str = "Route 53";
const SNS: &str = "Simple Notification Service";

/// Each item with its service, where the usage type alone is not enough, and its usage type.
const ITEMS: [(&str, &str, &str); 50] = [
    (
        "CloudWatch/alarm-high-resolution-month",
        CLOUDWATCH,
        "CW:HighResAlarmMonitorUsage",
    ),
    (
        "CloudWatch/alarm-standard-metric-month",
        CLOUDWATCH,
        "CW:AlarmMonitorUsage",
    ),
    (
        "CloudWatch/custom-metric-month-first-10000",
        CLOUDWATCH,
        "CW:MetricMonitorUsage",
    ),
    (
        "CloudWatch/dashboard-month-after-3-free",
        CLOUDWATCH,
        DASHBOARD,
    ),
    (
        "CloudWatchLogs/logs-ingest-standard-gb",
        CLOUDWATCH,
        "DataProcessing-Bytes",
    ),
    (
        "CloudWatchLogs/logs-insights-scanned-gb",
        CLOUDWATCH,
        "DataScanned-Bytes",
    ),
    (
        "CloudWatchLogs/logs-storage-gb-month",
        CLOUDWATCH,
        "TimedStorage-ByteHrs",
    ),
    (
        "CloudWatchLogs/vended-logs-first-10TB-gb",
        CLOUDWATCH,
        "VendedLog-Bytes",
    ),
    (
        "DataTransfer/between-zones-gb",
        "",
        "DataTransfer-Regional-Bytes",
    ),
    (
        "DataTransfer/internet-out-gb-next-100TB",
        "",
        "DataTransfer-Out-Bytes",
    ),
    (
        "DataTransfer/internet-out-gb-next-10TB-after-100GB-free",
        "",
        "DataTransfer-Out-Bytes",
    ),
    (
        "DataTransfer/internet-out-gb-next-40TB",
        "",
        "DataTransfer-Out-Bytes",
    ),
    (
        "DataTransfer/internet-out-gb-over-150TB",
        "",
        "DataTransfer-Out-Bytes",
    ),
    (
        "DynamoDB/on-demand-read-request-unit",
        "DynamoDB",
        "ReadRequestUnits",
    ),
    (
        "DynamoDB/on-demand-write-request-unit",
        "DynamoDB",
        "WriteRequestUnits",
    ),
    (
        "ECR/storage-gb-month",
        "Container Registry",
        "TimedStorage-ByteHrs",
    ),
    ("ECS/fargate-arm-gb-hour", "", "Fargate-ARM-GB-Hours"),
    (
        "ECS/fargate-arm-vcpu-hour",
        "",
        "Fargate-ARM-vCPU-Hours:perCPU",
    ),
    (
        "ECS/fargate-ephemeral-storage-gb-hour-over-20GB",
        "",
        "Fargate-EphemeralStorage-GB-Hours",
    ),
    (
        "ECS/fargate-spot-arm-gb-hour",
        "",
        "SpotUsage-Fargate-ARM-GB-Hours",
    ),
    (
        "ECS/fargate-spot-arm-vcpu-hour",
        "",
        "SpotUsage-Fargate-ARM-vCPU-Hours:perCPU",
    ),
    (
        "ECS/fargate-spot-x86-gb-hour",
        "",
        "SpotUsage-Fargate-GB-Hours",
    ),
    (
        "ECS/fargate-spot-x86-vcpu-hour",
        "",
        "SpotUsage-Fargate-vCPU-Hours:perCPU",
    ),
    ("ECS/fargate-x86-gb-hour", "", "Fargate-GB-Hours"),
    ("ECS/fargate-x86-vcpu-hour", "", "Fargate-vCPU-Hours:perCPU"),
    (
        "ElastiCache/elasticache-backup-gb-month",
        "ElastiCache",
        "BackupUsage",
    ),
    ("ElasticLoadBalancing/alb-hour", "", "LoadBalancerUsage"),
    ("ElasticLoadBalancing/alb-lcu-hour", "", "LCUUsage"),
    ("KMS/customer-key-month", "", "KMS-Keys"),
    ("KMS/request-symmetric", "", "KMS-Requests"),
    (
        "RDS/rds-backup-beyond-free-gb-month",
        "",
        "RDS:ChargedBackupUsage",
    ),
    (
        "RDS/rds-gp3-multi-az-gb-month",
        "",
        "RDS:Multi-AZ-GP3-Storage",
    ),
    ("RDS/rds-gp3-single-az-gb-month", "", "RDS:GP3-Storage"),
    ("Route53/hosted-zone-month-first-25", ROUTE53, HOSTED_ZONE),
    ("Route53/standard-query-first-1B", ROUTE53, "DNS-Queries"),
    ("S3/glacier-ir-gb-month", S3, "TimedStorage-GIR-ByteHrs"),
    ("S3/glacier-ir-retrieval-gb", S3, "Retrieval-GIR"),
    ("S3/ia-retrieval-gb", S3, "Retrieval-SIA"),
    (
        "S3/lifecycle-transition-to-glacier-ir-request",
        S3,
        "Requests-Tier4",
    ),
    (
        "S3/lifecycle-transition-to-ia-request",
        S3,
        "Requests-Tier4",
    ),
    (
        "S3/standard-gb-month-first-50TB",
        S3,
        "TimedStorage-ByteHrs",
    ),
    ("S3/standard-get-request", S3, "Requests-Tier2"),
    ("S3/standard-ia-gb-month", S3, "TimedStorage-SIA-ByteHrs"),
    (
        "S3/standard-put-copy-post-list-request",
        S3,
        "Requests-Tier1",
    ),
    (
        "SNS/email-notification-after-1000-free",
        SNS,
        "DeliveryAttempts-SMTP",
    ),
    (
        "SecretsManager/api-request",
        "",
        "AWSSecretsManagerAPIRequest",
    ),
    (
        "SecretsManager/secret-month",
        "",
        "AWSSecretsManager-Secrets",
    ),
    (
        "VPC/interface-endpoint-gb-first-1PB",
        "",
        "VpcEndpoint-Bytes",
    ),
    (
        "VPC/interface-endpoint-hour-per-az",
        "",
        "VpcEndpoint-Hours",
    ),
    ("VPC/nat-gateway-gb", "", "NatGateway-Bytes"),
];

/// Items whose usage type is that of an hour of the address or gateway.
const HOURS: [(&str, &str); 3] = [
    ("VPC/nat-gateway-hour", "NatGateway-Hours"),
    ("VPC/public-ipv4-idle-hour", "PublicIPv4:IdleAddress"),
    ("VPC/public-ipv4-in-use-hour", "PublicIPv4:InUseAddress"),
];

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

/// A usage type without the region in front of it: `EUC1-`, `EU-`, `eu-central-1-`.
pub fn without_region(usage_type: &str) -> &str {
    if let Some((region, rest)) = usage_type.split_once('-')
        && is_short_name(region)
    {
        return rest;
    }
    let mut parts = usage_type.splitn(4, '-');
    let (Some(area), Some(side), Some(number), Some(rest)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return usage_type;
    };
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_number = number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit());
    match is_word(area) && is_word(side) && is_number {
        true => rest,
        false => usage_type,
    }
}

/// What stands in front of a usage type without being a region.
const SERVICES: [&str; 3] = ["AWS", "DNS", "KMS"];

/// Whether this is AWS's short name of a region, such as `EUC1`, `EU` or `USW2`, or `Global`.
fn is_short_name(text: &str) -> bool {
    let letters = text.trim_end_matches(|char: char| char.is_ascii_digit());
    let is_upper = letters.bytes().all(|byte| byte.is_ascii_uppercase());
    let is_name = (2..=4).contains(&letters.len()) && is_upper && text.len() - letters.len() <= 1;
    text == "Global" || is_name && !SERVICES.contains(&text)
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
