//! What IAM asks for the calls that look at what exists: `estimate --usage live`, `waste` and `savings`. All of them read.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>

use rd_common::permissions::{Call, Grant, needs};

const CLOUDWATCH: &str = "CloudWatch";
const EC2: &str = "EC2";
const ECR: &str = "ECR";
const ELASTICACHE: &str = "ElastiCache";
const RDS: &str = "RDS";
const S3: &str = "S3";

/// The calls that read what exists and how much of it is used.
pub const CALLS: &[Call] = &[
    needs(
        CLOUDWATCH,
        "GetMetricData",
        "estimate waste savings",
        &[Grant::any("cloudwatch:GetMetricData")],
    ),
    needs(
        CLOUDWATCH,
        "DescribeAlarms",
        "waste",
        // A list of alarms is allowed for all or none.
        &[Grant::on("cloudwatch:DescribeAlarms", "any_alarm")],
    ),
    needs(
        CLOUDWATCH,
        "ListTagsForResource",
        "waste",
        &[Grant::on("cloudwatch:ListTagsForResource", "any_alarm")],
    ),
    needs(
        "CloudWatch Logs",
        "DescribeLogGroups",
        "waste",
        &[Grant::any("logs:DescribeLogGroups")],
    ),
    needs(
        EC2,
        "DescribeNatGateways",
        "waste savings",
        &[Grant::any("ec2:DescribeNatGateways")],
    ),
    needs(
        EC2,
        "DescribeAddresses",
        "waste",
        &[Grant::any("ec2:DescribeAddresses")],
    ),
    needs(
        EC2,
        "DescribeVpcEndpoints",
        "waste savings",
        &[Grant::any("ec2:DescribeVpcEndpoints")],
    ),
    needs(
        ECR,
        "DescribeRepositories",
        "waste",
        &[Grant::on("ecr:DescribeRepositories", "any_repository")],
    ),
    needs(
        ECR,
        "DescribeImages",
        "waste",
        &[Grant::on("ecr:DescribeImages", "any_repository")],
    ),
    needs(
        ELASTICACHE,
        "DescribeReplicationGroups",
        "waste savings",
        &[Grant::any("elasticache:DescribeReplicationGroups")],
    ),
    needs(
        ELASTICACHE,
        "DescribeSnapshots",
        "waste",
        &[Grant::any("elasticache:DescribeSnapshots")],
    ),
    needs(
        ELASTICACHE,
        "DescribeReservedCacheNodes",
        "savings",
        &[Grant::any("elasticache:DescribeReservedCacheNodes")],
    ),
    needs(
        ELASTICACHE,
        "DescribeReservedCacheNodesOfferings",
        "savings",
        &[Grant::any(
            "elasticache:DescribeReservedCacheNodesOfferings",
        )],
    ),
    needs(
        "Elastic Load Balancing v2",
        "DescribeLoadBalancers",
        "waste",
        &[Grant::any("elasticloadbalancing:DescribeLoadBalancers")],
    ),
    needs(
        RDS,
        "DescribeDBInstances",
        "waste savings",
        &[Grant::any("rds:DescribeDBInstances")],
    ),
    needs(
        RDS,
        "DescribeDBSnapshots",
        "waste",
        &[Grant::any("rds:DescribeDBSnapshots")],
    ),
    needs(
        RDS,
        "DescribeReservedDBInstances",
        "savings",
        &[Grant::any("rds:DescribeReservedDBInstances")],
    ),
    needs(
        RDS,
        "DescribeReservedDBInstancesOfferings",
        "savings",
        &[Grant::any("rds:DescribeReservedDBInstancesOfferings")],
    ),
    needs(
        S3,
        "ListObjectVersions",
        "waste",
        &[Grant::on("s3:ListBucketVersions", "bucket")],
    ),
    needs(
        S3,
        "ListMultipartUploads",
        "waste",
        &[Grant::on("s3:ListBucketMultipartUploads", "bucket")],
    ),
    needs(
        "Resource Groups Tagging API",
        "GetResources",
        "waste",
        &[Grant::any("tag:GetResources")],
    ),
];
