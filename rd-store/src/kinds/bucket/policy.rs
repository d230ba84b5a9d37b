//! The bucket policy: denies requests over plain HTTP.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html>

use crate::s3_errors::if_configured;
use aws_sdk_s3::Client;
use rd_common::aws::Explain;
use rd_common::{Error, Result, Retry};
use serde_json::{Value, json};

/// The policy that denies every action on the bucket and its objects without TLS.
pub fn desired(bucket_arn: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "DenyPlainHttp",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket_arn, format!("{bucket_arn}/*")],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }],
    })
}

/// Reads the bucket's policy, normalized; null where there is none.
pub async fn get(s3: &Client, bucket: &str) -> Result<Value> {
    let answer = s3.get_bucket_policy().bucket(bucket).send().await;
    let policy =
        if_configured(answer.doing("read the bucket policy"))?.and_then(|answer| answer.policy);
    Ok(policy.map_or(Value::Null, |text| {
        normalize(&serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }))
}

/// Sets the bucket's policy.
pub async fn put(s3: &Client, bucket: &str, desired: &Value) -> Result<()> {
    let call = s3
        .put_bucket_policy()
        .bucket(bucket)
        .policy(desired.to_string());
    let answer = call.send().await.doing("set the bucket policy").map(|_| ());
    // S3 still applies the change of the public access block that came just before.
    answer.map_err(|error: Error| {
        if error.is(&["OperationAborted"]) {
            error.retry(Retry::NotDone)
        } else {
            error
        }
    })
}

/// Brings a policy into a form in which policies of the same meaning are equal: members by name, lists of strings
/// sorted, a list of one string as that string, and the principal `{"AWS": "*"}` as `*`. S3 returns a policy in its own
/// order and spelling.
pub fn normalize(policy: &Value) -> Value {
    match policy {
        Value::Object(members) => {
            let mut sorted: Vec<(String, Value)> = members
                .iter()
                .map(|(name, value)| {
                    let value = if name == "Principal" && *value == json!({"AWS": "*"}) {
                        json!("*")
                    } else {
                        normalize(value)
                    };
                    (name.clone(), value)
                })
                .collect();
            sorted.sort_by(|a, b| a.0.cmp(&b.0));
            sorted.into_iter().collect()
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(normalize).collect();
            if items.iter().all(Value::is_string) {
                items.sort_by_key(Value::to_string);
                items.dedup();
                if items.len() == 1 {
                    return items.remove(0);
                }
            }
            Value::Array(items)
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_of_the_same_meaning_are_equal() {
        let a = json!({"Statement": [{"Action": ["s3:*"], "Resource": ["b", "a"], "Principal": {"AWS": "*"}}]});
        let b =
            json!({"Statement": [{"Resource": ["a", "b"], "Principal": "*", "Action": "s3:*"}]});
        assert_eq!(normalize(&a), normalize(&b));
        assert_ne!(normalize(&a), normalize(&json!({"Statement": []})));
    }
}
