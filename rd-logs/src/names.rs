//! Names and addresses of the resources that there is one of: the topic and the dashboard.

use rd_common::Stack;

/// Where the topic is in the state.
pub const TOPIC: &str = "logs.topic.alarms";
/// Where the dashboard is.
pub const DASHBOARD: &str = "logs.dashboard.overview";
/// The topic's name, behind the stack's.
pub const TOPIC_NAME: &str = "alarms";
/// The dashboard's.
pub const DASHBOARD_NAME: &str = "overview";

/// Where the console shows a dashboard.
pub fn url(stack: &Stack, name: &str) -> String {
    let region = &stack.region;
    let console = match stack.partition() {
        "aws-cn" => "console.amazonaws.cn",
        "aws-us-gov" => "console.amazonaws-us-gov.com",
        _ => "console.aws.amazon.com",
    };
    format!(
        "https://{region}.{console}/cloudwatch/home?region={region}#dashboards/dashboard/{name}"
    )
}
