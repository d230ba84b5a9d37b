//! The size of the bucket, which S3 reports to CloudWatch once a day.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html>

use crate::clients::Clients;
use rd_common::{Ctx, Result};
use rd_metric::{Metric, Since};

/// The storage types of the classes that the lifecycle rules move objects to, each of which has a metric of its own.
const STORAGE_TYPES: [&str; 3] = [
    "StandardStorage",
    "StandardIAStorage",
    "GlacierInstantRetrievalStorage",
];

/// S3 has a number for each day, and may be a day late with it.
const SINCE: Since = Since {
    period: 86_400,
    range: 3 * 86_400,
};

/// The size of all versions of all objects, such as `1.5 GB`; `unknown` where CloudWatch has no number.
pub async fn size(ctx: &Ctx<Clients>, bucket: &str) -> Result<String> {
    let metrics = STORAGE_TYPES.map(|storage_type| Metric {
        namespace: "AWS/S3",
        name: "BucketSizeBytes",
        dimensions: vec![("BucketName", bucket), ("StorageType", storage_type)],
        stat: "Average",
    });
    let newest = rd_metric::newest(&ctx.clients.cloudwatch, &metrics, SINCE).await?;
    let known: Vec<f64> = newest.into_iter().flatten().collect();
    if known.is_empty() {
        return Ok("unknown".to_owned());
    }
    Ok(readable_size(known.into_iter().sum::<f64>()))
}

/// A size in the units of S3's bills, where 1 GB is 2^30 bytes.
pub fn readable_size(bytes: f64) -> String {
    let units = ["B", "KB", "MB", "GB", "TB", "PB"];
    let mut value = bytes;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    match unit {
        0 => format!("{bytes:.0} B"),
        _ => format!("{value:.1} {}", units[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::readable_size;

    #[test]
    fn sizes_are_readable() {
        assert_eq!(readable_size(0.0), "0 B");
        assert_eq!(readable_size(1536.0), "1.5 KB");
        assert_eq!(readable_size(5.0 * 1024.0 * 1024.0 * 1024.0), "5.0 GB");
    }
}
