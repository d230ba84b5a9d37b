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

/// The members of a statement that hold one text or a list of them, in any order.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>
const LISTS: [&str; 4] = ["Action", "NotAction", "Resource", "NotResource"];

/// The members of a statement whose members hold such lists, at some depth.
const OBJECTS: [&str; 3] = ["Principal", "NotPrincipal", "Condition"];

/// The document to compare with the one that IAM has: that one itself where both mean the same, since IAM mixes single
/// texts with lists of one.
pub fn compared_with<'a>(live: &'a Value, wanted: &'a Value) -> &'a Value {
    match canonical(live) == canonical(wanted) {
        true => live,
        false => wanted,
    }
}

/// A document in which every list is one, in order.
fn canonical(document: &Value) -> Value {
    let mut document = document.clone();
    if let Some(statements) = document.get_mut("Statement") {
        if statements.is_object() {
            *statements = json!([statements.take()]);
        }
        for statement in statements.as_array_mut().into_iter().flatten() {
            for (name, value) in statement.as_object_mut().into_iter().flatten() {
                if LISTS.contains(&name.as_str()) {
                    *value = list(value.take());
                } else if OBJECTS.contains(&name.as_str()) {
                    *value = lists_within(value.take());
                }
            }
        }
    }
    document
}

/// The lists at the leaves of an object.
fn lists_within(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (name, lists_within(value)))
            .collect(),
        other => list(other),
    }
}

/// A list in order, without repetition. Condition values are texts, also where they were written as numbers or booleans.
fn list(value: Value) -> Value {
    let mut all = match value {
        Value::Array(all) => all,
        one => vec![one],
    };
    for one in &mut all {
        if one.is_boolean() || one.is_number() {
            *one = Value::String(one.to_string());
        }
    }
    all.sort_by_key(Value::to_string);
    all.dedup();
    Value::Array(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_compared_by_meaning() {
        let ours = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::a/*",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Condition": {"StringEquals": {"aws:SourceAccount": "1"}, "Bool": {"aws:SecureTransport": true}},
        }]});
        let theirs = json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": ["arn:aws:s3:::a/*"],
            "Principal": {"Service": ["ecs-tasks.amazonaws.com"]},
            "Condition": {"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:SourceAccount": ["1"]}},
        }});
        assert_eq!(compared_with(&theirs, &ours), &theirs);
        let changes = [
            ("/Statement/0/Effect", json!("Deny")),
            ("/Statement/0/Action/0", json!("s3:*")),
            ("/Statement/0/Principal", json!("*")),
            ("/Statement/0/Condition/StringEquals", json!({})),
            ("/Version", json!("2008-10-17")),
        ];
        for (path, value) in changes {
            let mut other = ours.clone();
            *other.pointer_mut(path).unwrap() = value;
            assert_eq!(compared_with(&theirs, &other), &other, "{path}");
        }
    }

    #[test]
    fn documents_are_decoded() {
        assert_eq!(decode(Some("%7B%22a%22%3A%201%7D")), json!({"a": 1}));
        assert_eq!(decode(Some("{\"a\":1}")), json!({"a": 1}));
        assert_eq!(decode(None), Value::Null);
    }
}
