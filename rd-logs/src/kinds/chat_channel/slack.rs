//! `slack_channel`: a channel of a Slack workspace.
//! <https://docs.aws.amazon.com/chatbot/latest/APIReference/API_CreateSlackChannelConfiguration.html>

use super::{
    LOGGING_LEVEL, Live, NOT_FOUND, Spec, arn, condition, diff, disabled, ensure_role, explain,
    found, not_authorized, retag, sdk_tags, tags_of, topics,
};
use crate::clients::Clients;
use crate::names::SLACK_NAME;
use aws_sdk_chatbot::types::SlackChannelConfiguration;
use rd_common::aws::Explain;
use rd_common::resource::kind::ReplaceOrder;
use rd_common::{
    Change, Condition, CreateRequest, Ctx, Deletion, Found, Kind, Note, Result, Retry, Tags, Wanted,
};
use rd_iam::propagation::retry_while_refused;

/// The kind `slack_channel`, of which name and workspace cannot change.
pub struct SlackChannel;

/// What its ARN has for it.
pub const TYPE: &str = "slack-channel";

fn live(described: &SlackChannelConfiguration) -> Live {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    Live {
        arn: described.chat_configuration_arn().to_owned(),
        team: described.slack_team_id().to_owned(),
        tenant: None,
        channel: described.slack_channel_id().to_owned(),
        role_arn: described.iam_role_arn().to_owned(),
        topics: described.sns_topic_arns().to_vec(),
        guardrails: described.guardrail_policy_arns().to_vec(),
        logging_level: text(described.logging_level()),
        disabled: disabled(described.state(), described.state_reason()),
    }
}

async fn all(ctx: &Ctx<Clients>) -> Result<Vec<(Live, Tags)>> {
    let call = ctx.clients.chatbot.describe_slack_channel_configurations();
    let mut pages = call.into_paginator().send();
    let mut all = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.doing("list the Slack channels")?;
        for one in page.slack_channel_configurations() {
            let tags = tags_of(ctx, one.chat_configuration_arn(), one.tags.clone()).await?;
            all.push((live(one), tags));
        }
    }
    Ok(all)
}

impl Kind for SlackChannel {
    const NAME: &'static str = "slack_channel";
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    const CHECKED_WITH_AWS: &'static [&'static str] = &["team"];

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        Ok(found(ctx, TYPE, SLACK_NAME, wanted, &all(ctx).await?))
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let spec = request.spec;
        ensure_role(ctx).await?;
        let call = ctx
            .clients
            .chatbot
            .create_slack_channel_configuration()
            .configuration_name(&spec.name)
            .slack_team_id(&spec.team)
            .slack_channel_id(&spec.channel)
            .iam_role_arn(spec.role_arn.text())
            .set_sns_topic_arns(Some(topics(spec)))
            .set_guardrail_policy_arns(Some(spec.guardrails.clone()))
            .logging_level(LOGGING_LEVEL)
            .set_tags(Some(sdk_tags(request.tags)?));
        let create = async || call.clone().send().await.doing("create the Slack channel");
        retry_while_refused(ctx, create).await.map_err(explain)?;
        Ok(arn(&ctx.stack, TYPE, &spec.name))
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        _live: &Live,
        spec: &Spec,
        _changes: &[Change],
    ) -> Result<()> {
        let call = ctx
            .clients
            .chatbot
            .update_slack_channel_configuration()
            .chat_configuration_arn(id)
            .slack_channel_id(&spec.channel)
            .iam_role_arn(spec.role_arn.text())
            .set_sns_topic_arns(Some(topics(spec)))
            .set_guardrail_policy_arns(Some(spec.guardrails.clone()))
            .logging_level(LOGGING_LEVEL);
        let update = async || call.clone().send().await.doing("change the Slack channel");
        let changed = retry_while_refused(ctx, update).await;
        changed.map(|_| ()).map_err(explain)
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let call = ctx.clients.chatbot.delete_slack_channel_configuration();
        let answer = call.chat_configuration_arn(id).send().await;
        Deletion::of(answer.doing("delete the Slack channel"), &NOT_FOUND)
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        retag(ctx, id, set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        diff(TYPE, spec, live)
    }

    fn replace_order(_: &[Change]) -> ReplaceOrder {
        ReplaceOrder::DeleteFirst
    }

    fn condition(_: &Ctx<Clients>, _: &str, live: &Live) -> Condition {
        condition(live)
    }

    /// The workspace must be authorized, which is told before anything is changed.
    async fn check_with_aws(
        ctx: &Ctx<Clients>,
        spec: &Spec,
        _live: Option<&Live>,
        _changes: &[Change],
    ) -> Result<Vec<Note>> {
        let mut pages = ctx
            .clients
            .chatbot
            .describe_slack_workspaces()
            .into_paginator()
            .send();
        let mut known = Vec::new();
        while let Some(page) = pages.next().await {
            let page = match page.doing("list the Slack workspaces") {
                // It may not ask, or the answer is none: Chatbot itself refuses it in the apply.
                Err(error) if error.retry == Retry::Never => return Ok(Vec::new()),
                other => other?,
            };
            for one in page.slack_workspaces() {
                if one.slack_team_id() == spec.team {
                    let Some(reason) = disabled(one.state(), one.state_reason()) else {
                        return Ok(Vec::new());
                    };
                    return Err(not_authorized(
                        "the Slack workspace",
                        &spec.team,
                        &[],
                        Some(&reason),
                    ));
                }
                known.push(format!(
                    "{} ({})",
                    one.slack_team_id(),
                    one.slack_team_name()
                ));
            }
        }
        Err(not_authorized(
            "the Slack workspace",
            &spec.team,
            &known,
            None,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_chatbot::Client;
    use rd_common::Readiness;
    use rd_testkit::canned::{answering, sdk_config};

    #[tokio::test]
    async fn a_slack_channel_is_read_as_aws_describes_it() {
        let body = r#"{"SlackChannelConfigurations":[{"SlackTeamName":"Team","SlackTeamId":"T0123ABCD",
            "SlackChannelId":"C0123ABCD","SlackChannelName":"alarms",
            "ChatConfigurationArn":"arn:aws:chatbot::123456789012:chat-configuration/slack-channel/shop-test-slack",
            "IamRoleArn":"arn:aws:iam::123456789012:role/chat",
            "SnsTopicArns":["arn:aws:sns:us-east-1:123456789012:shop-test-alarms"],
            "ConfigurationName":"shop-test-slack","LoggingLevel":"NONE",
            "GuardrailPolicyArns":["arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"],"UserAuthorizationRequired":false,
            "Tags":[{"TagKey":"Project","TagValue":"shop"}],"State":"ENABLED","StateReason":""},
            {"SlackTeamName":"Team","SlackTeamId":"T0123ABCD","SlackChannelId":"C2","SlackChannelName":"other",
            "ChatConfigurationArn":"arn:aws:chatbot::123456789012:chat-configuration/slack-channel/other",
            "IamRoleArn":"arn:aws:iam::123456789012:role/other","SnsTopicArns":[],
            "State":"DISABLED","StateReason":"the app was removed"}]}"#;
        let client = Client::new(&sdk_config(answering(body)));
        let answer = client.describe_slack_channel_configurations().send().await;
        let answer = answer.unwrap();
        let [first, second] = answer.slack_channel_configurations() else {
            panic!("{answer:?}");
        };
        let spec = Spec {
            name: "shop-test-slack".into(),
            team: "T0123ABCD".into(),
            tenant: None,
            channel: "C0123ABCD".into(),
            role_arn: "arn:aws:iam::123456789012:role/chat".into(),
            topics: vec!["arn:aws:sns:us-east-1:123456789012:shop-test-alarms".into()],
            guardrails: vec!["arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess".into()],
        };
        let live_first = live(first);
        assert_eq!(SlackChannel::diff(&spec, &live_first, None), []);
        assert_eq!(live_first.disabled, None);
        assert_eq!(SlackChannel::ready(&live_first), Readiness::Ready);
        let live_second = live(second);
        let paths: Vec<String> = SlackChannel::diff(&spec, &live_second, None)
            .into_iter()
            .map(|change| change.path)
            .collect();
        assert_eq!(
            paths,
            [
                "name",
                "channel",
                "role_arn",
                "topics",
                "guardrails",
                "logging_level"
            ]
        );
        assert_eq!(live_second.disabled.as_deref(), Some("the app was removed"));
    }
}
