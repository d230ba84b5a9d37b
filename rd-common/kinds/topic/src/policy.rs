//! The statements of a topic's access policy: who may publish to it. IAM policies in the account may allow more.

use crate::kind::arn;
use rd_common::Stack;
use rd_common::arn::Arn;
use serde_json::{Value, json};

/// A policy of these statements.
pub fn policy(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// Lets a service publish to the topic `name`, about resources of the stack's account alone.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html>
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.GrantingPermissions.html>
pub fn from_service(stack: &Stack, name: &str, sid: &str, service: &str, source: &Arn) -> Value {
    json!({
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "SNS:Publish",
        "Resource": arn(stack, name),
        "Condition": {
            "StringEquals": {"aws:SourceAccount": stack.account()},
            "ArnLike": {"aws:SourceArn": source.to_string()},
        },
    })
}

/// Lets the account itself publish, which is how ElastiCache does: it names no service, as SNS's default policy does not.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ECEvents.SNS.html>
pub fn of_account(stack: &Stack, name: &str, sid: &str) -> Value {
    json!({
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": "SNS:Publish",
        "Resource": arn(stack, name),
        "Condition": {"StringEquals": {"aws:SourceOwner": stack.account()}},
    })
}
