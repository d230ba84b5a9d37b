//! Objects in the bucket by storage class, and requests.

use super::{Rule, Scale};
use crate::observed::Metric;
use crate::owned::OwnedResources;
use crate::usage::{Amount, Usage};

/// The storage of the bucket by class, and its requests.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html>
pub(super) fn bucket(owned: &OwnedResources) -> Vec<Rule<'_>> {
    type Of = (&'static str, &'static str, fn(&mut Usage) -> &mut Amount);
    const CLASSES: [Of; 3] = [
        ("StandardStorage", "cost.usage.store_standard_gb", |usage| {
            &mut usage.store_standard_gb
        }),
        ("StandardIAStorage", "cost.usage.store_ia_gb", |usage| {
            &mut usage.store_ia_gb
        }),
        (
            "GlacierInstantRetrievalStorage",
            "cost.usage.store_glacier_ir_gb",
            |usage| &mut usage.store_glacier_ir_gb,
        ),
    ];
    let buckets = || owned.of_kind("bucket");
    let mut rules: Vec<Rule<'_>> = CLASSES
        .into_iter()
        .map(|(class, key, set)| Rule {
            key,
            from: "AWS/S3 BucketSizeBytes, the newest",
            set,
            scale: Scale::Stored,
            absent_is_zero: false,
            what: "bucket",
            metrics: buckets()
                .map(|one| (one, bucket_size(&one.id, class)))
                .collect(),
        })
        .collect();
    // Only of a bucket with request metrics, which cost; `EntireBucket` is what the console names their filter.
    let requests = |names: &[&'static str]| {
        let mut all = Vec::new();
        for one in buckets() {
            all.extend(names.iter().map(|name| {
                let dimensions = vec![
                    ("BucketName", one.id.clone()),
                    ("FilterId", "EntireBucket".to_owned()),
                ];
                let metric = Metric {
                    namespace: "AWS/S3",
                    name,
                    stat: "Sum",
                    dimensions,
                };
                (one, metric)
            }));
        }
        all
    };
    let requests = [
        Rule {
            key: "cost.usage.store_put_thousands",
            from: "AWS/S3 PutRequests, PostRequests and ListRequests",
            set: |usage| &mut usage.store_put_thousands,
            scale: Scale::Thousands,
            absent_is_zero: false,
            what: "bucket",
            metrics: requests(&["PutRequests", "PostRequests", "ListRequests"]),
        },
        Rule {
            key: "cost.usage.store_get_thousands",
            from: "AWS/S3 GetRequests",
            set: |usage| &mut usage.store_get_thousands,
            scale: Scale::Thousands,
            absent_is_zero: false,
            what: "bucket",
            metrics: requests(&["GetRequests"]),
        },
    ];
    rules.extend(requests);
    rules
}

/// The bytes of a bucket in a storage class, once a day.
pub(super) fn bucket_size(bucket: &str, storage_type: &str) -> Metric {
    Metric {
        namespace: "AWS/S3",
        name: "BucketSizeBytes",
        stat: "Average",
        dimensions: vec![
            ("BucketName", bucket.to_owned()),
            ("StorageType", storage_type.to_owned()),
        ],
    }
}
