//! What IAM asks for the calls of the shared store: `rd-state policy` prints it, and a program needs it besides its own.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html>
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html>

use super::place::Place;
use crate::permissions::{Call, Condition, Grant, Resources, needs};
use crate::settings::StateSettings;
use crate::stack::Stack;

/// Only the locks of rd: others may keep theirs in the same table.
const OUR_LOCKS: Condition = Condition::Of(
    "ForAllValues:StringLike",
    "dynamodb:LeadingKeys",
    "lock_ids",
);

/// S3 decrypts with the caller's permissions for the key.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html>
const READ_KEY: Grant = Grant::on("kms:Decrypt", "state_key").when(Condition::Via("s3"));

/// The calls of a run that reads states (`plan`), or changes them (`apply`).
pub const CALLS: &[Call] = &[
    needs(
        "S3",
        "GetObject",
        "plan",
        &[
            Grant::on("s3:GetObject s3:GetObjectVersion", "state"),
            READ_KEY,
        ],
    ),
    needs(
        "S3",
        "HeadObject",
        "plan",
        &[
            Grant::on("s3:GetObject s3:GetObjectVersion", "state"),
            READ_KEY,
        ],
    ),
    // It also makes S3 tell a state that does not exist from one that may not be read.
    needs(
        "S3",
        "ListObjectsV2",
        "plan",
        &[Grant::on("s3:ListBucket", "bucket")],
    ),
    needs(
        "S3",
        "ListObjectVersions",
        "plan",
        &[Grant::on("s3:ListBucketVersions", "bucket")],
    ),
    needs(
        "S3",
        "GetBucketVersioning",
        "plan",
        &[Grant::on("s3:GetBucketVersioning", "bucket")],
    ),
    needs(
        "DynamoDB",
        "GetItem",
        "plan",
        &[Grant::on("dynamodb:GetItem", "table").when(OUR_LOCKS)],
    ),
    needs(
        "S3",
        "PutObject",
        "apply",
        &[
            Grant::on("s3:PutObject", "state"),
            Grant::on("kms:GenerateDataKey", "state_key").when(Condition::Via("s3")),
        ],
    ),
    needs(
        "DynamoDB",
        "PutItem",
        "apply",
        &[Grant::on("dynamodb:PutItem", "table").when(OUR_LOCKS)],
    ),
];

/// The ARNs of the names in the table, in an account. Pure.
pub fn resources(settings: &StateSettings, account: &str) -> Resources {
    let place = Place::of(settings);
    let stack = Stack {
        region: place.region.clone(),
        ..Stack::default()
    };
    // Set once, in a value that was just made.
    let _ = stack.account.set(account.to_owned());
    let (bucket, prefix) = (&place.bucket, &place.prefix);
    let tables = place.table.iter().map(|name| format!("table/{name}"));
    let lock_ids = place
        .table
        .iter()
        .map(|_| format!("rd/{bucket}/{prefix}/*"));
    Resources::of(&stack)
        .without_account("bucket", "s3", [bucket.clone()])
        .without_account("state", "s3", [format!("{bucket}/{prefix}/*")])
        .regional("table", "dynamodb", tables)
        .values("lock_ids", lock_ids.collect())
        .kms_key("state_key", place.kms_key.as_deref())
}
