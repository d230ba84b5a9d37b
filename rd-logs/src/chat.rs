//! The channels of Slack and Teams that get the alarms, and the role with which AWS Chatbot acts for the people in them.

use crate::clients::Clients;
use crate::config::Config;
use crate::discover::Discovered;
use crate::kinds::chat_channel::{SlackChannel, Spec, TeamsChannel};
use crate::names::{SLACK_NAME, TEAMS_NAME, chat_role};
use rd_common::arn::Arn;
use rd_common::outputs::cache;
use rd_common::{Part, Parts, Stack};
use rd_iam::role::{self, Role};
use rd_iam::role_policy::{self, RolePolicy};
use serde_json::{Value, json};

/// The service that uses the role.
pub const PRINCIPAL: &str = "chatbot.amazonaws.com";

/// What the role allows: to draw the chart of an alarm. It is AWS's template of permissions for notifications.
/// <https://docs.aws.amazon.com/chatbot/latest/adminguide/chatbot-iam-policies.html>
fn permissions() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": ["cloudwatch:Describe*", "cloudwatch:Get*", "cloudwatch:List*"],
            "Resource": "*",
        }],
    })
}

/// Who may use the role. AWS documents no condition for the account with which Chatbot uses it; to give it to a configuration
/// takes `iam:PassRole` in this account.
fn trust() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": PRINCIPAL},
            "Action": "sts:AssumeRole",
        }],
    })
}

/// The policy beyond which nobody in a channel can do anything, also where somebody extends the role. Without one, it would
/// be `AdministratorAccess`.
fn guardrail(stack: &Stack) -> String {
    // AWS's managed policies have the account `aws`.
    let arn = Arn {
        account: "aws".to_owned(),
        ..Arn::global(stack, "iam", "policy/CloudWatchReadOnlyAccess")
    };
    arn.to_string()
}

/// Adds the channels that the settings name, and the role where there is one.
pub fn channels(
    parts: &mut Parts,
    stack: &Stack,
    config: &Config,
    discovered: &Discovered,
    topic: &Part,
) {
    if !config.has_chat() {
        return;
    }
    let role = parts.add::<Role<Clients>>(
        "chat",
        role::Spec {
            name: chat_role(stack),
            description: "Lets AWS Chatbot show the charts of alarms".to_owned(),
            trust: trust(),
            managed_policies: Vec::new(),
        },
    );
    parts.add::<RolePolicy<Clients>>(
        "chat",
        role_policy::Spec {
            role: role.id(),
            name: "charts".to_owned(),
            document: permissions(),
        },
    );
    let mut topics = vec![topic.id()];
    if discovered.cache_events {
        topics.push(cache::EVENTS_TOPIC_ARN.input());
    }
    let spec = |name: &str, team: &str, tenant: Option<&String>, channel: &str| Spec {
        name: stack.name_of(name),
        team: team.to_owned(),
        tenant: tenant.cloned(),
        channel: channel.to_owned(),
        role_arn: role.attribute(Role::<Clients>::ARN),
        topics: topics.clone(),
        guardrails: vec![guardrail(stack)],
    };
    if let (Some(team), Some(channel)) = (&config.slack_team, &config.slack_channel) {
        parts.add::<SlackChannel>("alarms", spec(SLACK_NAME, team, None, channel));
    }
    if let (Some(team), Some(tenant), Some(channel)) = (
        &config.teams_team,
        &config.teams_tenant,
        &config.teams_channel,
    ) {
        parts.add::<TeamsChannel>("alarms", spec(TEAMS_NAME, team, Some(tenant), channel));
    }
}
