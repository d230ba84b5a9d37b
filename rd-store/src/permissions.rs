//! What IAM asks for the calls of rd-store. S3's actions have other names than its operations.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html>

use crate::config::Config;
use rd_common::Stack;
use rd_common::permissions::{Call, Grant, Resources, needs};

/// A call about the bucket: its operation, the commands that make it, and the actions.
const fn bucket(operation: &'static str, commands: &'static str, grants: &'static [Grant]) -> Call {
    needs("S3", operation, commands, grants)
}

/// The calls of this program to S3.
pub const CALLS: &[Call] = &[
    bucket(
        "GetBucketTagging",
        "plan",
        &[Grant::on("s3:GetBucketTagging", "bucket")],
    ),
    bucket(
        "GetBucketEncryption",
        "plan",
        &[Grant::on("s3:GetEncryptionConfiguration", "bucket")],
    ),
    // Of a bucket whose name is in no settings yet.
    bucket(
        "GetBucketEncryption",
        "~scan",
        &[Grant::any("s3:GetEncryptionConfiguration")],
    ),
    bucket(
        "GetBucketLifecycleConfiguration",
        "plan",
        &[Grant::on("s3:GetLifecycleConfiguration", "bucket")],
    ),
    bucket(
        "GetBucketOwnershipControls",
        "plan",
        &[Grant::on("s3:GetBucketOwnershipControls", "bucket")],
    ),
    bucket(
        "GetBucketPolicy",
        "plan",
        &[Grant::on("s3:GetBucketPolicy", "bucket")],
    ),
    bucket(
        "GetBucketVersioning",
        "plan",
        &[Grant::on("s3:GetBucketVersioning", "bucket")],
    ),
    bucket(
        "GetBucketCors",
        "plan",
        &[Grant::on("s3:GetBucketCORS", "bucket")],
    ),
    bucket(
        "GetPublicAccessBlock",
        "plan",
        &[Grant::on("s3:GetBucketPublicAccessBlock", "bucket")],
    ),
    bucket(
        "CreateBucket",
        "apply",
        // With tags in the request, the permission to tag, too.
        &[Grant::on(
            "s3:CreateBucket s3:TagResource s3:PutBucketTagging",
            "bucket",
        )],
    ),
    bucket(
        "PutBucketTagging",
        "apply",
        &[Grant::on("s3:PutBucketTagging", "bucket")],
    ),
    bucket(
        "PutBucketEncryption",
        "apply",
        &[Grant::on("s3:PutEncryptionConfiguration", "bucket")],
    ),
    bucket(
        "PutBucketLifecycleConfiguration",
        "apply",
        &[Grant::on("s3:PutLifecycleConfiguration", "bucket")],
    ),
    bucket(
        "DeleteBucketLifecycle",
        "apply",
        &[Grant::on("s3:PutLifecycleConfiguration", "bucket")],
    ),
    bucket(
        "PutBucketOwnershipControls",
        "apply",
        &[Grant::on("s3:PutBucketOwnershipControls", "bucket")],
    ),
    bucket(
        "PutBucketPolicy",
        "apply",
        &[Grant::on("s3:PutBucketPolicy", "bucket")],
    ),
    bucket(
        "PutBucketVersioning",
        "apply",
        &[Grant::on("s3:PutBucketVersioning", "bucket")],
    ),
    bucket(
        "PutBucketCors",
        "apply",
        &[Grant::on("s3:PutBucketCORS", "bucket")],
    ),
    bucket(
        "DeleteBucketCors",
        "apply",
        &[Grant::on("s3:PutBucketCORS", "bucket")],
    ),
    bucket(
        "PutPublicAccessBlock",
        "apply",
        &[Grant::on("s3:PutBucketPublicAccessBlock", "bucket")],
    ),
    bucket(
        "DeleteBucket",
        "apply",
        &[Grant::on("s3:DeleteBucket", "bucket")],
    ),
    bucket(
        "ListObjectVersions",
        "apply usage",
        &[Grant::on("s3:ListBucketVersions", "bucket")],
    ),
    bucket(
        "DeleteObjects",
        "apply",
        &[Grant::on(
            "s3:DeleteObject s3:DeleteObjectVersion",
            "object",
        )],
    ),
    bucket(
        "ListMultipartUploads",
        "apply usage",
        &[Grant::on("s3:ListBucketMultipartUploads", "bucket")],
    ),
    bucket(
        "AbortMultipartUpload",
        "apply",
        &[Grant::on("s3:AbortMultipartUpload", "object")],
    ),
    bucket(
        "DeleteObject",
        "apply",
        &[Grant::on(
            "s3:DeleteObject s3:DeleteObjectVersion",
            "object",
        )],
    ),
    bucket(
        "GetBucketAbac",
        "apply",
        &[Grant::on("s3:GetBucketAbac", "bucket")],
    ),
    // A bucket that controls access by tags is tagged with these.
    needs(
        "S3 Control",
        "TagResource",
        "apply",
        &[Grant::on("s3:TagResource", "bucket")],
    ),
    needs(
        "S3 Control",
        "UntagResource",
        "apply",
        &[Grant::on("s3:UntagResource", "bucket")],
    ),
];

/// The ARNs of the names in the table.
pub fn resources(stack: &Stack, config: &Config) -> Resources {
    let all = Resources::of(stack);
    let name = config.bucket_name(all.stack());
    all.without_account("bucket", "s3", [name.clone()])
        .without_account("object", "s3", [format!("{name}/*")])
    // No row needs the bucket's KMS key: rd names it, and lists and deletes objects, but reads and writes none.
}
