//! The bucket's policy: nothing over plain HTTP.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html>

use crate::settings::unset;
use aws_sdk_s3::Client;
use rd_common::aws::Explain;
use rd_common::{Error, Result, Retry};
use serde_json::{Value, json};

/// The policy that is wanted.
pub fn wanted(bucket_arn: &str) -> Value {
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

/// Reads it; null where there is none.
pub async fn get(s3: &Client, bucket: &str) -> Result<Value> {
    let answer = s3.get_bucket_policy().bucket(bucket).send().await;
    let policy = unset(answer.doing("read the bucket policy"))?.and_then(|answer| answer.policy);
    Ok(policy.map_or(Value::Null, |text| {
        normal(&serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }))
}

/// Sets it.
pub async fn put(s3: &Client, bucket: &str, wanted: &Value) -> Result<()> {
    let call = s3
        .put_bucket_policy()
        .bucket(bucket)
        .policy(wanted.to_string());
    let answer = call.send().await.doing("set the bucket policy").map(|_| ());
    // The access block was changed a moment ago.
    answer.map_err(|error: Error| {
        if error.is(&["OperationAborted"]) {
            error.retry(Retry::NotDone)
        } else {
            error
        }
    })
}

/// A policy in one form, by meaning: members by name, lists of strings sorted, a list of one as its item. S3 gives
/// back what it was given in an order of its own, and a principal of `*` in more than one way.
pub fn normal(policy: &Value) -> Value {
    match policy {
        Value::Object(members) => {
            let mut sorted: Vec<(String, Value)> = members
                .iter()
                .map(|(name, value)| {
                    let value = if name == "Principal" && *value == json!({"AWS": "*"}) {
                        json!("*")
                    } else {
                        normal(value)
                    };
                    (name.clone(), value)
                })
                .collect();
            sorted.sort_by(|a, b| a.0.cmp(&b.0));
            sorted.into_iter().collect()
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(normal).collect();
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
    fn order_and_lists_of_one_mean_nothing() {
        let a = json!({"Statement": [{"Action": ["s3:*"], "Resource": ["b", "a"], "Principal": {"AWS": "*"}}]});
        let b =
            json!({"Statement": [{"Resource": ["a", "b"], "Principal": "*", "Action": "s3:*"}]});
        assert_eq!(normal(&a), normal(&b));
        assert_ne!(normal(&a), normal(&json!({"Statement": []})));
    }
}
