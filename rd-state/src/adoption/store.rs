//! The bucket of the sessions. An account has other buckets, too: only its name tells, or an answer.

use crate::adoption::mapper::Mapper;

/// The types that are parts of a bucket in rd.
const PARTS: [&str; 7] = [
    "aws_s3_bucket_cors_configuration",
    "aws_s3_bucket_lifecycle_configuration",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_policy",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_versioning",
];

const ADDRESS: &str = "store.bucket.sessions";

/// Decides which bucket it is.
pub fn map(mapper: &mut Mapper<'_>) {
    let buckets = mapper.of("aws_s3_bucket");
    let named = buckets.iter().filter(|one| one.id().contains("session"));
    let named: Vec<_> = named.copied().collect();
    let bucket = if named.is_empty() {
        mapper.ask(ADDRESS, &buckets, "the bucket of the sessions")
    } else {
        mapper.pick(ADDRESS, &named, "the bucket whose name has `session`")
    };
    let Some(bucket) = bucket else {
        return;
    };
    let name = bucket.id();
    mapper.mapping.set_text("store", "bucket", name);
    for kind in PARTS {
        for part in mapper.of(kind) {
            if part.text("bucket") != name {
                continue;
            }
            mapper.claim(part, ADDRESS, "", "a part of that bucket");
            let rules = part.blocks("rule").into_iter();
            let defaults =
                rules.flat_map(|rule| rule.blocks("apply_server_side_encryption_by_default"));
            let key = defaults
                .map(|one| one.text("kms_master_key_id"))
                .find(|key| !key.is_empty());
            if let Some(key) = key.filter(|_| kind.ends_with("encryption_configuration")) {
                mapper.mapping.set_text("store", "kms_key", key);
            }
        }
    }
}
