//! Checks of a log group's settings, which several sections of `rd.toml` have under different keys.

use rd_common::Problem;
use rd_common::arn::Arn;

/// The numbers of days that CloudWatch Logs can keep events.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
const RETENTION_DAYS: [i32; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

/// The problem of a retention that CloudWatch Logs does not offer; none for a valid one. `key` is the setting.
pub fn retention_problem(key: &str, days: i32) -> Option<Problem> {
    if RETENTION_DAYS.contains(&days) {
        return None;
    }
    let allowed = RETENTION_DAYS.map(|days| days.to_string()).join(", ");
    let what = format!("logs cannot be kept for {days} days");
    Some(Problem::new(key, what, allowed))
}

/// The problem of a KMS key that is not an ARN, the only form that CloudWatch Logs accepts; none for a valid one.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_AssociateKmsKey.html>
pub fn kms_key_problem(key: &str, arn: Option<&str>) -> Option<Problem> {
    let arn = arn.filter(|arn| {
        let of_a_key = |arn: &Arn| arn.service == "kms" && arn.resource.starts_with("key/");
        !Arn::parse(arn).is_some_and(|arn| of_a_key(&arn))
    })?;
    Some(Problem::new(
        key,
        format!("`{arn}` is not the ARN of a KMS key, and CloudWatch Logs accepts nothing else"),
        "arn:aws:kms:<region>:<account>:key/<id>, of a key whose policy allows logs.<region>.amazonaws.com to use it",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retention_must_be_one_that_aws_offers() {
        assert!(retention_problem("retention_days", 30).is_none());
        assert!(retention_problem("retention_days", 31).is_some());
    }

    #[test]
    fn a_key_must_be_an_arn() {
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
