//! What IAM asks for the calls of rd-logs.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awschatbot.html>
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html>
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html>
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html>
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html>

use crate::config::Config;
use crate::names::{CACHE_TOPIC_NAME, SLACK_NAME, TEAMS_NAME, chat_role};
use rd_common::permissions::{Call, Condition, Grant, Resources, needs};
use rd_common::settings::Settings;
use rd_common::{Document, Stack};
use rd_iam::permissions::service_linked_roles;
use rd_iam::service_linked_role;
use std::collections::BTreeMap;

const CHATBOT: &str = "chatbot";
const CLOUDWATCH: &str = "CloudWatch";
const LOGS: &str = "CloudWatch Logs";
const RDS: &str = "RDS";
const SNS: &str = "SNS";

/// AWS Chatbot gets its role by these calls.
const PASS_ROLE: Grant = Grant::on("iam:PassRole", "role").when(Condition::Is(
    "StringEquals",
    "iam:PassedToService",
    "chatbot.amazonaws.com",
));

/// The calls of this program.
pub const CALLS: &[Call] = &[
    needs(
        CHATBOT,
        "DescribeSlackChannelConfigurations",
        "plan",
        &[Grant::any("chatbot:DescribeSlackChannelConfigurations")],
    ),
    needs(
        CHATBOT,
        "ListMicrosoftTeamsChannelConfigurations",
        "plan",
        &[Grant::any(
            "chatbot:ListMicrosoftTeamsChannelConfigurations",
        )],
    ),
    needs(
        CHATBOT,
        "DescribeSlackWorkspaces",
        "plan",
        &[Grant::any("chatbot:DescribeSlackWorkspaces")],
    ),
    needs(
        CHATBOT,
        "ListMicrosoftTeamsConfiguredTeams",
        "plan",
        &[Grant::any("chatbot:ListMicrosoftTeamsConfiguredTeams")],
    ),
    needs(
        CHATBOT,
        "ListTagsForResource",
        "plan",
        &[Grant::on("chatbot:ListTagsForResource", "channel")],
    ),
    needs(
        CHATBOT,
        "CreateSlackChannelConfiguration",
        "apply",
        &[
            Grant::any("chatbot:CreateSlackChannelConfiguration"),
            Grant::on("chatbot:TagResource", "channel"),
            PASS_ROLE,
        ],
    ),
    needs(
        CHATBOT,
        "CreateMicrosoftTeamsChannelConfiguration",
        "apply",
        &[
            Grant::any("chatbot:CreateMicrosoftTeamsChannelConfiguration"),
            Grant::on("chatbot:TagResource", "channel"),
            PASS_ROLE,
        ],
    ),
    needs(
        CHATBOT,
        "UpdateSlackChannelConfiguration",
        "apply",
        &[
            Grant::on("chatbot:UpdateSlackChannelConfiguration", "channel"),
            PASS_ROLE,
        ],
    ),
    needs(
        CHATBOT,
        "UpdateMicrosoftTeamsChannelConfiguration",
        "apply",
        &[
            Grant::on(
                "chatbot:UpdateMicrosoftTeamsChannelConfiguration",
                "channel",
            ),
            PASS_ROLE,
        ],
    ),
    needs(
        CHATBOT,
        "DeleteSlackChannelConfiguration",
        "apply",
        &[Grant::on(
            "chatbot:DeleteSlackChannelConfiguration",
            "channel",
        )],
    ),
    needs(
        CHATBOT,
        "DeleteMicrosoftTeamsChannelConfiguration",
        "apply",
        &[Grant::on(
            "chatbot:DeleteMicrosoftTeamsChannelConfiguration",
            "channel",
        )],
    ),
    needs(
        CHATBOT,
        "TagResource",
        "apply",
        &[Grant::on("chatbot:TagResource", "channel")],
    ),
    needs(
        CHATBOT,
        "UntagResource",
        "apply",
        &[Grant::on("chatbot:UntagResource", "channel")],
    ),
    needs(
        CLOUDWATCH,
        "ListDashboards",
        "~scan",
        &[Grant::any("cloudwatch:ListDashboards")],
    ),
    // Of topics whose names are in no settings yet.
    needs(
        SNS,
        "GetTopicAttributes",
        "~scan",
        &[Grant::any("sns:GetTopicAttributes")],
    ),
    needs(
        SNS,
        "ListSubscriptionsByTopic",
        "~scan",
        &[Grant::any("sns:ListSubscriptionsByTopic")],
    ),
    needs(
        CLOUDWATCH,
        "DescribeAlarms",
        "plan alarms metrics ~scan",
        &[Grant::on("cloudwatch:DescribeAlarms", "any_alarm")],
    ),
    needs(
        CLOUDWATCH,
        "DescribeAlarmHistory",
        "alarms",
        &[Grant::on("cloudwatch:DescribeAlarmHistory", "any_alarm")],
    ),
    needs(
        CLOUDWATCH,
        "ListTagsForResource",
        "plan",
        &[Grant::on(
            "cloudwatch:ListTagsForResource",
            "alarm dashboard",
        )],
    ),
    needs(
        CLOUDWATCH,
        "PutMetricAlarm",
        "apply",
        &[Grant::on(
            "cloudwatch:PutMetricAlarm cloudwatch:TagResource",
            "alarm",
        )],
    ),
    needs(
        CLOUDWATCH,
        "DeleteAlarms",
        "apply",
        &[Grant::on("cloudwatch:DeleteAlarms", "alarm")],
    ),
    needs(
        CLOUDWATCH,
        "GetDashboard",
        "plan metrics dashboard",
        &[Grant::on("cloudwatch:GetDashboard", "dashboard")],
    ),
    needs(
        CLOUDWATCH,
        "PutDashboard",
        "apply",
        &[Grant::on(
            "cloudwatch:PutDashboard cloudwatch:TagResource",
            "dashboard",
        )],
    ),
    needs(
        CLOUDWATCH,
        "DeleteDashboards",
        "apply",
        &[Grant::on("cloudwatch:DeleteDashboards", "dashboard")],
    ),
    needs(
        CLOUDWATCH,
        "TagResource",
        "apply",
        &[Grant::on("cloudwatch:TagResource", "alarm dashboard")],
    ),
    needs(
        CLOUDWATCH,
        "UntagResource",
        "apply",
        &[Grant::on("cloudwatch:UntagResource", "alarm dashboard")],
    ),
    needs(
        CLOUDWATCH,
        "GetMetricData",
        "metrics",
        &[Grant::any("cloudwatch:GetMetricData")],
    ),
    needs(
        LOGS,
        "DescribeLogGroups",
        "groups tail search insights",
        &[Grant::any("logs:DescribeLogGroups")],
    ),
    needs(
        LOGS,
        "DescribeLogStreams",
        "groups tail search",
        &[Grant::on("logs:DescribeLogStreams", "log_group")],
    ),
    needs(
        LOGS,
        "FilterLogEvents",
        "tail search",
        &[Grant::on("logs:FilterLogEvents", "log_group")],
    ),
    needs(
        LOGS,
        "StartLiveTail",
        "tail",
        &[Grant::on("logs:StartLiveTail", "log_group")],
    ),
    needs(
        LOGS,
        "StartQuery",
        "insights",
        &[Grant::on("logs:StartQuery", "log_group")],
    ),
    needs(
        LOGS,
        "GetQueryResults",
        "insights",
        &[Grant::any("logs:GetQueryResults")],
    ),
    needs(
        LOGS,
        "StopQuery",
        "insights",
        &[Grant::any("logs:StopQuery")],
    ),
    needs(
        RDS,
        "DescribeEventSubscriptions",
        "plan",
        &[Grant::on(
            "rds:DescribeEventSubscriptions",
            "event_subscription",
        )],
    ),
    needs(
        RDS,
        "ListTagsForResource",
        "plan",
        &[Grant::on("rds:ListTagsForResource", "event_subscription")],
    ),
    needs(
        RDS,
        "CreateEventSubscription",
        "apply",
        &[Grant::on(
            "rds:CreateEventSubscription rds:AddTagsToResource",
            "event_subscription",
        )],
    ),
    needs(
        RDS,
        "ModifyEventSubscription",
        "apply",
        &[Grant::on(
            "rds:ModifyEventSubscription",
            "event_subscription",
        )],
    ),
    needs(
        RDS,
        "AddSourceIdentifierToSubscription",
        "apply",
        &[Grant::on(
            "rds:AddSourceIdentifierToSubscription",
            "event_subscription",
        )],
    ),
    needs(
        RDS,
        "RemoveSourceIdentifierFromSubscription",
        "apply",
        &[Grant::on(
            "rds:RemoveSourceIdentifierFromSubscription",
            "event_subscription",
        )],
    ),
    needs(
        RDS,
        "DeleteEventSubscription",
        "apply",
        &[Grant::on(
            "rds:DeleteEventSubscription",
            "event_subscription",
        )],
    ),
    needs(
        RDS,
        "AddTagsToResource",
        "apply",
        &[Grant::on("rds:AddTagsToResource", "event_subscription")],
    ),
    needs(
        RDS,
        "RemoveTagsFromResource",
        "apply",
        &[Grant::on(
            "rds:RemoveTagsFromResource",
            "event_subscription",
        )],
    ),
    needs(
        SNS,
        "ListSubscriptionsByTopic",
        "plan subscriptions",
        &[Grant::on(
            "sns:ListSubscriptionsByTopic",
            "topic cache_topic",
        )],
    ),
    needs(
        SNS,
        "GetSubscriptionAttributes",
        "plan subscriptions",
        &[Grant::any("sns:GetSubscriptionAttributes")],
    ),
    needs(
        SNS,
        "Subscribe",
        "apply subscriptions",
        &[Grant::on("sns:Subscribe", "topic cache_topic")],
    ),
    needs(
        SNS,
        "Unsubscribe",
        "apply",
        &[Grant::any("sns:Unsubscribe")],
    ),
    needs(
        SNS,
        "SetSubscriptionAttributes",
        "apply subscriptions",
        &[Grant::any("sns:SetSubscriptionAttributes")],
    ),
    needs(
        SNS,
        "ConfirmSubscription",
        "subscriptions",
        &[Grant::on("sns:ConfirmSubscription", "topic cache_topic")],
    ),
    needs(
        SNS,
        "Publish",
        "subscriptions",
        &[
            Grant::on("sns:Publish", "topic"),
            Grant::on("kms:Decrypt kms:GenerateDataKey", "key").when(Condition::Via("sns")),
        ],
    ),
];

/// The ARNs of the names in the table.
pub fn resources(stack: &Stack, config: &Config) -> Resources {
    let name = stack.name();
    let named = config.alarm_names.values();
    let named = named.map(|alarm| format!("alarm:{alarm}"));
    let alarms = [format!("alarm:{name}-*")].into_iter().chain(named);
    let all = Resources::of(stack)
        .regional("topic", "sns", [config.topic_name(stack)])
        // That of rd-cache, to which the same people are subscribed.
        .regional("cache_topic", "sns", [stack.name_of(CACHE_TOPIC_NAME)])
        .regional(
            "event_subscription",
            "rds",
            [format!("es:{}", config.events_name(stack))],
        )
        .regional("alarm", "cloudwatch", alarms)
        // A list of alarms is allowed for all or none.
        .regional("any_alarm", "cloudwatch", ["alarm:*"])
        .global(
            "dashboard",
            "cloudwatch",
            [format!("dashboard/{}", config.dashboard_name(stack))],
        )
        .kms_key("key", config.kms_key.as_deref())
        // Those of rd-ecs, rd-data, rd-cache, rd-net, and of Container Insights.
        .log_groups(
            "log_group",
            &[
                format!("/ecs/{name}-*"),
                format!("/aws/rds/instance/{name}-*"),
                // ElastiCache's names have 40 characters at most.
                cache_logs(&stack.name_within(40, "redis")),
                format!("/vpc/{name}"),
                format!("/aws/ecs/containerinsights/{name}-cluster/*"),
            ],
        );
    // Deletes need the role and the channels after the settings have none.
    let all = all
        .global("role", "iam", [format!("role/{}", chat_role(stack))])
        .values("attached_policy", Vec::new())
        .global(
            "channel",
            "chatbot",
            [
                format!(
                    "chat-configuration/slack-channel/{}",
                    stack.name_of(SLACK_NAME)
                ),
                format!(
                    "chat-configuration/microsoft-teams-channel/{}",
                    stack.name_of(TEAMS_NAME)
                ),
            ],
        );
    service_linked_roles(all, &[service_linked_role::CHATBOT])
}

/// The log groups of a cache.
fn cache_logs(cache: &str) -> String {
    format!("/aws/vendedlogs/elasticache/{cache}/*")
}

/// The log groups that the states of database and cache have: an adopted one has a name of its own.
pub fn log_groups_in(states: &BTreeMap<&str, Document>) -> Vec<String> {
    let states = ["data", "cache"]
        .iter()
        .filter_map(|slice| states.get(slice));
    let resources = states.flat_map(|state| state.resources.values());
    let groups = resources.filter(|one| one.kind == "log_group");
    groups.filter_map(|group| group.id.clone()).collect()
}

/// The log groups that have names which the settings of other slices give.
pub fn log_groups_named_in(settings: &Settings) -> Vec<String> {
    let cache = settings.text_of("cache", "name");
    let service = settings.text_of("ecs", "log_group_name").map(str::to_owned);
    let cluster = settings.text_of("ecs", "cluster_name");
    let cluster = cluster.map(|name| format!("/aws/ecs/containerinsights/{name}/*"));
    let flows = settings.text_of("net", "flow_logs_group_name");
    let flows = flows.map(str::to_owned);
    let others = service.into_iter().chain(cluster).chain(flows);
    cache.into_iter().map(cache_logs).chain(others).collect()
}
