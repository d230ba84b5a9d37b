//! What IAM asks for the calls of `rd-state bootstrap`, and of `rd-state adopt` with Terraform's backend.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html>
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html>

use crate::terraform::{DIGEST, Place};
use rd_common::permissions::{Call, Condition, Grant, Resources, needs};

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

/// Only the lock and the digest of one state: others have theirs in the same table.
const ONE_STATE: Condition = Condition::Of(
    "ForAllValues:StringEquals",
    "dynamodb:LeadingKeys",
    "terraform_lock_ids",
);

const fn backend(service: &'static str, operation: &'static str, grants: &'static [Grant]) -> Call {
    needs(service, operation, "adopt", grants)
}

/// The calls that read Terraform's state from its backend, and take its lock there and give it back.
pub const ADOPT: &[Call] = &[
    // The list makes S3 tell a state that does not exist from one that may not be read.
    backend(
        "S3",
        "GetObject",
        &[
            Grant::on("s3:GetObject", "terraform_state"),
            Grant::on("s3:GetObject", "terraform_lock"),
            Grant::on("s3:ListBucket", "terraform_bucket"),
        ],
    ),
    backend(
        "S3",
        "PutObject",
        &[Grant::on("s3:PutObject", "terraform_lock")],
    ),
    backend(
        "S3",
        "DeleteObject",
        &[Grant::on("s3:DeleteObject", "terraform_lock")],
    ),
    backend(
        "DynamoDB",
        "GetItem",
        &[Grant::on("dynamodb:GetItem", "terraform_table").when(ONE_STATE)],
    ),
    backend(
        "DynamoDB",
        "PutItem",
        &[Grant::on("dynamodb:PutItem", "terraform_table").when(ONE_STATE)],
    ),
    backend(
        "DynamoDB",
        "DeleteItem",
        &[Grant::on("dynamodb:DeleteItem", "terraform_table").when(ONE_STATE)],
    ),
];

/// Adds the ARNs of Terraform's backend, in the region of `resources`.
#[must_use]
pub fn with_backend(resources: Resources, place: &Place) -> Resources {
    let Place { bucket, key, table } = place;
    let tables = table.iter().map(|name| format!("table/{name}"));
    let ids = table.iter().flat_map(|_| {
        let lock = place.path();
        [format!("{lock}{DIGEST}"), lock]
    });
    resources
        .without_account("terraform_bucket", "s3", [bucket.clone()])
        .without_account("terraform_state", "s3", [format!("{bucket}/{key}")])
        .without_account(
            "terraform_lock",
            "s3",
            [format!("{bucket}/{}", place.lock_file())],
        )
        .regional("terraform_table", "dynamodb", tables)
        .values("terraform_lock_ids", ids.collect())
}
