//! What can be wrong with a log group's settings, under whichever key of `rd.toml` they stand.

use rd_common::Problem;

/// The days that CloudWatch Logs can keep events for.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
const RETENTION_DAYS: [i32; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

/// A retention that CloudWatch Logs does not have.
pub fn retention_problem(key: &str, days: i32) -> Option<Problem> {
    if RETENTION_DAYS.contains(&days) {
        return None;
    }
    let allowed = RETENTION_DAYS.map(|days| days.to_string()).join(", ");
    let what = format!("logs cannot be kept for {days} days");
    Some(Problem::new(key, what, allowed))
}

/// A KMS key that is not named by its ARN, the only name that CloudWatch Logs takes.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_AssociateKmsKey.html>
pub fn kms_key_problem(key: &str, arn: Option<&str>) -> Option<Problem> {
    let arn = arn.filter(|arn| {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let of_a_key = |parts: &[&str]| parts[2] == "kms" && parts[5].starts_with("key/");
        !(parts.len() == 6 && parts[0] == "arn" && of_a_key(&parts))
    })?;
    Some(Problem::new(
        key,
        format!("`{arn}` is not the ARN of a KMS key, and CloudWatch Logs takes no other name"),
        "arn:aws:kms:<region>:<account>:key/<id>, of a key whose policy lets logs.<region>.amazonaws.com use it",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retention_is_one_that_there_is() {
        assert!(retention_problem("retention_days", 30).is_none());
        assert!(retention_problem("retention_days", 31).is_some());
    }

    #[test]
    fn a_key_is_named_by_its_arn() {
        let wrong = |arn| kms_key_problem("log_kms_key", Some(arn)).is_some();
        assert!(!wrong(
            "arn:aws-cn:kms:cn-north-1:123456789012:key/1234abcd"
        ));
        assert!(wrong("arn:aws:kms:us-east-1:123456789012:alias/logs"));
        assert!(wrong("alias/logs"));
        assert!(wrong("1234abcd-12ab-34cd-56ef-1234567890ab"));
        assert!(kms_key_problem("log_kms_key", None).is_none());
    }
}
