//! Each item of the price list with its usage type.

/// A dashboard with more than 50 metrics.
pub(super) const DASHBOARD: &str = "DashboardsUsageHour";
const CLOUDWATCH: &str = "CloudWatch";
const S3: &str = "Simple Storage Service";
const ROUTE53: &str = "Route 53";
const SNS: &str = "Simple Notification Service";

/// Each item with its service, where the usage type alone is not enough, and its usage type.
pub(super) const ITEMS: [(&str, &str, &str); 57] = [
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
    (
        "RDS/rds-io1-multi-az-gb-month",
        "",
        "RDS:Multi-AZ-PIOPS-Storage",
    ),
    ("RDS/rds-io1-multi-az-iops-month", "", "RDS:Multi-AZ-PIOPS"),
    ("RDS/rds-io1-single-az-gb-month", "", "RDS:PIOPS-Storage"),
    ("RDS/rds-io1-single-az-iops-month", "", "RDS:PIOPS"),
    (
        "RDS/rds-io2-multi-az-gb-month",
        "",
        "RDS:Multi-AZ-PIOPS-Storage-IO2",
    ),
    (
        "RDS/rds-io2-single-az-gb-month",
        "",
        "RDS:PIOPS-Storage-IO2",
    ),
    ("RDS/rds-io2-single-az-iops-month", "", "RDS:IO2-PIOPS"),
    (
        "Route53/hosted-zone-month-first-25",
        ROUTE53,
        super::HOSTED_ZONE,
    ),
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
pub(super) const HOURS: [(&str, &str); 3] = [
    ("VPC/nat-gateway-hour", "NatGateway-Hours"),
    ("VPC/public-ipv4-idle-hour", "PublicIPv4:IdleAddress"),
    ("VPC/public-ipv4-in-use-hour", "PublicIPv4:InUseAddress"),
];
