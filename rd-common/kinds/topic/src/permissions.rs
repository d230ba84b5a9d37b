//! What IAM asks for the calls of this crate. A slice names its topic `topic`.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html>

use rd_common::permissions::{Call, Grant, needs};

const SERVICE: &str = "SNS";

/// The calls of a slice that has a topic.
pub const CALLS: &[Call] = &[
    needs(
        SERVICE,
        "GetTopicAttributes",
        "plan",
        &[Grant::on("sns:GetTopicAttributes", "topic")],
    ),
    needs(
        SERVICE,
        "ListTagsForResource",
        "plan",
        &[Grant::on("sns:ListTagsForResource", "topic")],
    ),
    needs(
        SERVICE,
        "CreateTopic",
        "apply",
        &[Grant::on("sns:CreateTopic sns:TagResource", "topic")],
    ),
    needs(
        SERVICE,
        "SetTopicAttributes",
        "apply",
        &[Grant::on("sns:SetTopicAttributes", "topic")],
    ),
    needs(
        SERVICE,
        "DeleteTopic",
        "apply",
        &[Grant::on("sns:DeleteTopic", "topic")],
    ),
    needs(
        SERVICE,
        "TagResource",
        "apply",
        &[Grant::on("sns:TagResource", "topic")],
    ),
    needs(
        SERVICE,
        "UntagResource",
        "apply",
        &[Grant::on("sns:UntagResource", "topic")],
    ),
];
