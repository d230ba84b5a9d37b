//! What IAM asks for the calls of `rd-state bootstrap`.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html>
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html>

use rd_common::permissions::{Call, Grant, needs};

const fn bucket(operation: &'static str, grants: &'static [Grant]) -> Call {
    needs("S3", operation, "bootstrap", grants)
}

const fn table(operation: &'static str, grants: &'static [Grant]) -> Call {
    needs("DynamoDB", operation, "bootstrap", grants)
}

/// The calls that create the bucket and the table, and set what differs. It tries the store as an apply uses it, too.
pub const BOOTSTRAP: &[Call] = &[
    bucket("HeadBucket", &[Grant::on("s3:ListBucket", "bucket")]),
    bucket("CreateBucket", &[Grant::on("s3:CreateBucket", "bucket")]),
    bucket(
        "GetBucketTagging",
        &[Grant::on("s3:GetBucketTagging", "bucket")],
    ),
    bucket(
        "PutBucketTagging",
        &[Grant::on("s3:PutBucketTagging", "bucket")],
    ),
    bucket(
        "GetPublicAccessBlock",
        &[Grant::on("s3:GetBucketPublicAccessBlock", "bucket")],
    ),
    bucket(
        "PutPublicAccessBlock",
        &[Grant::on("s3:PutBucketPublicAccessBlock", "bucket")],
    ),
    bucket(
        "GetBucketOwnershipControls",
        &[Grant::on("s3:GetBucketOwnershipControls", "bucket")],
    ),
    bucket(
        "PutBucketOwnershipControls",
        &[Grant::on("s3:PutBucketOwnershipControls", "bucket")],
    ),
    bucket(
        "GetBucketVersioning",
        &[Grant::on("s3:GetBucketVersioning", "bucket")],
    ),
    bucket(
        "PutBucketVersioning",
        &[Grant::on("s3:PutBucketVersioning", "bucket")],
    ),
    bucket(
        "GetBucketEncryption",
        &[Grant::on("s3:GetEncryptionConfiguration", "bucket")],
    ),
    bucket(
        "PutBucketEncryption",
        &[Grant::on("s3:PutEncryptionConfiguration", "bucket")],
    ),
    bucket(
        "GetBucketPolicy",
        &[Grant::on("s3:GetBucketPolicy", "bucket")],
    ),
    bucket(
        "PutBucketPolicy",
        &[Grant::on("s3:PutBucketPolicy", "bucket")],
    ),
    bucket(
        "GetBucketLifecycleConfiguration",
        &[Grant::on("s3:GetLifecycleConfiguration", "bucket")],
    ),
    bucket(
        "PutBucketLifecycleConfiguration",
        &[Grant::on("s3:PutLifecycleConfiguration", "bucket")],
    ),
    table(
        "DescribeTable",
        &[Grant::on("dynamodb:DescribeTable", "table")],
    ),
    table(
        "CreateTable",
        &[Grant::on(
            "dynamodb:CreateTable dynamodb:TagResource",
            "table",
        )],
    ),
    table(
        "ListTagsOfResource",
        &[Grant::on("dynamodb:ListTagsOfResource", "table")],
    ),
    table("UpdateTable", &[Grant::on("dynamodb:UpdateTable", "table")]),
    table(
        "DescribeContinuousBackups",
        &[Grant::on("dynamodb:DescribeContinuousBackups", "table")],
    ),
    table(
        "UpdateContinuousBackups",
        &[Grant::on("dynamodb:UpdateContinuousBackups", "table")],
    ),
];
