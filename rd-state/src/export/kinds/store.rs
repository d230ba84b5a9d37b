//! The bucket, of which Terraform makes a resource for each of its configurations.

use super::Part;
use crate::export::hcl::{Body, Expression};
use crate::export::resource::Resource;
use crate::export::stack::Source;
use serde_json::Value;

pub fn bucket(source: &Source<'_>) -> Part {
    let mut bucket = source.resource("aws_s3_bucket").import(source.id);
    bucket.set("bucket", source.get("name"));
    // The provider's own argument.
    bucket.ignored.push("force_destroy");
    bucket.tags(&source.tags());
    let reference = Expression::Reference(format!("{}.id", bucket.address()));
    let part = |kind: &str| {
        let mut part = source.resource(kind).import(source.id);
        part.set("bucket", reference.clone());
        part
    };
    let mut all = vec![bucket];

    let mut access = part("aws_s3_bucket_public_access_block");
    for key in [
        "block_public_acls",
        "ignore_public_acls",
        "block_public_policy",
        "restrict_public_buckets",
    ] {
        access.set(key, &source.get("public_access_block")[key]);
    }
    all.push(access);

    let mut ownership = part("aws_s3_bucket_ownership_controls");
    ownership.block("rule", |rule| {
        rule.set("object_ownership", source.get("ownership"));
    });
    all.push(ownership);

    let mut encryption = part("aws_s3_bucket_server_side_encryption_configuration");
    let settings = source.get("encryption");
    encryption.block("rule", |rule| {
        rule.set("bucket_key_enabled", &settings["bucket_key"]);
        rule.block("apply_server_side_encryption_by_default", |default| {
            default.set("sse_algorithm", &settings["algorithm"]);
            default.set("kms_master_key_id", &settings["kms_key"]);
        });
    });
    all.push(encryption);

    // Without versions, the bucket can be one that never had them or one that no longer has: the state does not tell.
    if source.is("versioning") {
        let mut versioning = part("aws_s3_bucket_versioning");
        versioning.block("versioning_configuration", |of| of.set("status", "Enabled"));
        all.push(versioning);
    }

    let mut policy = part("aws_s3_bucket_policy");
    policy.set("policy", Expression::Json(source.get("policy").clone()));
    all.push(policy);

    all.extend(lifecycle(
        source.get("lifecycle"),
        part("aws_s3_bucket_lifecycle_configuration"),
    ));
    all.extend(cors(
        source.get("cors"),
        part("aws_s3_bucket_cors_configuration"),
    ));
    Part::Resources(all)
}

fn lifecycle(rules: &Value, mut resource: Resource) -> Option<Resource> {
    let rules = rules.as_array().filter(|rules| !rules.is_empty())?;
    for one in rules {
        resource.block("rule", |rule| {
            rule.set("id", &one["id"]);
            let is_on = one["enabled"].as_bool().unwrap_or(false);
            rule.set("status", if is_on { "Enabled" } else { "Disabled" });
            rule.block("filter", |filter| filter.set("prefix", &one["prefix"]));
            for transition in one["transitions"].as_array().into_iter().flatten() {
                rule.block("transition", |to| {
                    to.set("days", &transition[0]);
                    to.set("storage_class", &transition[1]);
                });
            }
            let days = |rule: &mut Body, name: &str, argument: &str, key: &str| {
                if !one[key].is_null() {
                    rule.block(name, |of| of.set(argument, &one[key]));
                }
            };
            days(rule, "expiration", "days", "expire_days");
            days(
                rule,
                "noncurrent_version_expiration",
                "noncurrent_days",
                "noncurrent_days",
            );
            days(
                rule,
                "abort_incomplete_multipart_upload",
                "days_after_initiation",
                "multipart_days",
            );
        });
    }
    Some(resource)
}

fn cors(rules: &Value, mut resource: Resource) -> Option<Resource> {
    let rules = rules.as_array().filter(|rules| !rules.is_empty())?;
    for one in rules {
        resource.block("cors_rule", |rule| {
            rule.set("allowed_origins", &one["origins"]);
            rule.set("allowed_methods", &one["methods"]);
            rule.set("allowed_headers", &one["headers"]);
            rule.set("expose_headers", &one["expose"]);
            rule.set("max_age_seconds", &one["max_age_seconds"]);
        });
    }
    Some(resource)
}
