//! Policy documents: trust policies, and decoding documents that IAM returns.

use rd_common::Stack;
use rd_common::arn::Arn;
use serde_json::{Value, json};

/// A trust policy that allows an AWS service to use a role, only for resources of this account.
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

/// A trust policy that allows `principal` to use a role, only for resources of `service` in the stack's region and
/// account whose ARN ends with `resource`, which may contain `*`.
pub fn trust_for(principal: &str, stack: &Stack, service: &str, resource: &str) -> Value {
    let source = Arn::regional(stack, service, resource);
    let mut trust = trust(principal, stack.account());
    trust["Statement"][0]["Condition"]["ArnLike"] = json!({"aws:SourceArn": source.to_string()});
    trust
}

/// Decodes a document that IAM returns percent-encoded (RFC 3986); null without a document.
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
