//! Policy documents, as IAM gives them back.

use rd_common::Stack;
use serde_json::{Value, json};

/// Lets one of AWS's services use a role, for this account's resources alone.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>
pub fn trust(service: &str, account: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": account}},
        }],
    })
}

/// The same, for resources of `service` in this region alone whose ARN ends like `resource`, which may have a `*`.
pub fn trust_for(principal: &str, stack: &Stack, service: &str, resource: &str) -> Value {
    let (partition, region, account) = (stack.partition(), &stack.region, stack.account());
    let source = format!("arn:{partition}:{service}:{region}:{account}:{resource}");
    let mut trust = trust(principal, account);
    trust["Statement"][0]["Condition"]["ArnLike"] = json!({"aws:SourceArn": source});
    trust
}

/// A document that IAM gives back, percent-encoded (RFC 3986); null where there is none.
pub fn decode(text: Option<&str>) -> Value {
    let Some(text) = text else {
        return Value::Null;
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let hex = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16)).unwrap_or(0) as u8;
        bytes.push(if byte == b'%' {
            hex(rest.next()) * 16 + hex(rest.next())
        } else {
            byte
        });
    }
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_decoded() {
        assert_eq!(decode(Some("%7B%22a%22%3A%201%7D")), json!({"a": 1}));
        assert_eq!(decode(Some("{\"a\":1}")), json!({"a": 1}));
        assert_eq!(decode(None), Value::Null);
    }
}
