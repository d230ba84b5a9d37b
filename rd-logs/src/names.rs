//! Names, addresses and console URL of the topic and the dashboard, of which a stack has one each.

use rd_common::Stack;
use rd_iam::role;

/// The address of the topic in the state.
pub const TOPIC_ADDRESS: &str = "logs.topic.alarms";
/// The address of the subscription to rd-cache's topic in the state.
pub const CACHE_SUBSCRIPTION_ADDRESS: &str = "logs.subscription.cache-email";
/// The address of the dashboard in the state.
pub const DASHBOARD_ADDRESS: &str = "logs.dashboard.overview";
/// The name of the topic, which AWS has with the stack's name before it.
pub const TOPIC_NAME: &str = "alarms";
/// The name of rd-cache's topic, which AWS has with the stack's name before it.
pub const CACHE_TOPIC_NAME: &str = "cache-events";
/// The name of the dashboard, which AWS has with the stack's name before it.
pub const DASHBOARD_NAME: &str = "overview";

/// The name of the subscription to the events of RDS, which AWS has with the stack's name before it.
pub const EVENTS_NAME: &str = "events";

/// The name of the configuration of the Slack channel, which AWS has with the stack's name before it.
pub const SLACK_NAME: &str = "slack";
/// The name of the configuration of the Teams channel, which AWS has with the stack's name before it.
pub const TEAMS_NAME: &str = "teams";

/// The name of the role with which AWS Chatbot reads the charts of alarms.
pub fn chat_role(stack: &Stack) -> String {
    role::name(stack, "chat")
}

/// The URL of a dashboard in the AWS console of the stack's partition.
pub fn dashboard_url(stack: &Stack, name: &str) -> String {
    let region = &stack.region;
    let console = match stack.partition() {
        "aws-cn" => "console.amazonaws.cn",
        "aws-eusc" => "console.amazonaws-eusc.eu",
        "aws-us-gov" => "console.amazonaws-us-gov.com",
        _ => "console.aws.amazon.com",
    };
    format!(
        "https://{region}.{console}/cloudwatch/home?region={region}#dashboards/dashboard/{name}"
    )
}
