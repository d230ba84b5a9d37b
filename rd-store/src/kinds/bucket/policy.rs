//! The bucket policy: denies requests over plain HTTP.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html>

use crate::s3_errors::if_configured;
use aws_sdk_s3::Client;
use rd_common::aws::Explain;
use rd_common::{Error, Result};
use serde_json::{Map, Value, json};

/// The policy that denies every action on the bucket and its objects without TLS, and the statements of `[store]`.
pub fn desired(bucket_arn: &str, statements: &[Map<String, Value>]) -> Value {
    let mut policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "DenyPlainHttp",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket_arn, format!("{bucket_arn}/*")],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }],
    });
    if let Some(all) = policy["Statement"].as_array_mut() {
        all.extend(statements.iter().map(|one| complete(one, bucket_arn)));
    }
    policy
}

/// A statement of the settings with its resources as ARNs: without any, the bucket and all of its objects; a text that is
/// no ARN is a pattern of keys in the bucket.
fn complete(statement: &Map<String, Value>, bucket_arn: &str) -> Value {
    let arn = |resource: &Value| match resource.as_str() {
        Some(keys) if !keys.starts_with("arn:") => json!(format!("{bucket_arn}/{keys}")),
        _ => resource.clone(),
    };
    let mut statement = statement.clone();
    if !statement.contains_key("NotResource") {
        let resource = match statement.get("Resource") {
            None => json!([bucket_arn, format!("{bucket_arn}/*")]),
            Some(Value::Array(several)) => several.iter().map(arn).collect(),
            Some(one) => arn(one),
        };
        statement.insert("Resource".to_owned(), resource);
    }
    Value::Object(statement)
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
    answer.map_err(|error: Error| {
        if error.is(&["AccessDenied"]) {
            error.hint(
                "either the credentials lack s3:PutBucketPolicy, or a statement of policy_statements in [store] would make \
                 the bucket public, which its public access block forbids",
            )
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
    fn resources_of_a_statement_are_completed() {
        let statement = |resource: Value| {
            let all = json!({"Effect": "Allow", "Resource": resource});
            complete(all.as_object().unwrap(), "arn:aws:s3:::b")["Resource"].clone()
        };
        assert_eq!(statement(json!("logs/*")), json!("arn:aws:s3:::b/logs/*"));
        assert_eq!(
            statement(json!(["a/*", "arn:aws:s3:::other"])),
            json!(["arn:aws:s3:::b/a/*", "arn:aws:s3:::other"])
        );
        let none = json!({"Effect": "Deny"});
        assert_eq!(
            complete(none.as_object().unwrap(), "arn:aws:s3:::b")["Resource"],
            json!(["arn:aws:s3:::b", "arn:aws:s3:::b/*"])
        );
    }

    #[test]
    fn policies_of_the_same_meaning_are_equal() {
        let a = json!({"Statement": [{"Action": ["s3:*"], "Resource": ["b", "a"], "Principal": {"AWS": "*"}}]});
        let b =
            json!({"Statement": [{"Resource": ["a", "b"], "Principal": "*", "Action": "s3:*"}]});
        assert_eq!(normalize(&a), normalize(&b));
        assert_ne!(normalize(&a), normalize(&json!({"Statement": []})));
    }
}
