//! `teams_channel`: a channel of a Microsoft Teams team.
//! <https://docs.aws.amazon.com/chatbot/latest/APIReference/API_CreateMicrosoftTeamsChannelConfiguration.html>

use super::{
    LOGGING_LEVEL, Live, NOT_FOUND, Spec, arn, condition, diff, disabled, ensure_role, explain,
    found, not_authorized, retag, sdk_tags, tags_of, topics,
};
use crate::clients::Clients;
use crate::names::TEAMS_NAME;
use aws_sdk_chatbot::types::TeamsChannelConfiguration;
use rd_common::aws::Explain;
use rd_common::resource::kind::ReplaceOrder;
use rd_common::{
    Change, Condition, CreateRequest, Ctx, Deletion, Found, Kind, Note, Result, Retry, Tags, Wanted,
};
use rd_iam::propagation::retry_while_refused;

/// The kind `teams_channel`, of which name, team and tenant cannot change.
pub struct TeamsChannel;

/// What its ARN has for it.
const TYPE: &str = "microsoft-teams-channel";

fn live(described: &TeamsChannelConfiguration) -> Live {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    Live {
        arn: described.chat_configuration_arn().to_owned(),
        team: described.team_id().to_owned(),
        tenant: Some(described.tenant_id().to_owned()),
        channel: described.channel_id().to_owned(),
        role_arn: described.iam_role_arn().to_owned(),
        topics: described.sns_topic_arns().to_vec(),
        guardrails: described.guardrail_policy_arns().to_vec(),
        logging_level: text(described.logging_level()),
        disabled: disabled(described.state(), described.state_reason()),
    }
}

async fn all(ctx: &Ctx<Clients>) -> Result<Vec<(Live, Tags)>> {
    let call = ctx
        .clients
        .chatbot
        .list_microsoft_teams_channel_configurations();
    let mut pages = call.into_paginator().send();
    let mut all = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.doing("list the Teams channels")?;
        for one in page.team_channel_configurations() {
            let tags = tags_of(ctx, one.chat_configuration_arn(), one.tags.clone()).await?;
            all.push((live(one), tags));
        }
    }
    Ok(all)
}

impl Kind for TeamsChannel {
    const NAME: &'static str = "teams_channel";
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    const CHECKED_WITH_AWS: &'static [&'static str] = &["team", "tenant"];

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        Ok(found(ctx, TYPE, TEAMS_NAME, wanted, &all(ctx).await?))
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let spec = request.spec;
        ensure_role(ctx).await?;
        let call = ctx
            .clients
            .chatbot
            .create_microsoft_teams_channel_configuration()
            .configuration_name(&spec.name)
            .team_id(&spec.team)
            .tenant_id(spec.tenant.as_deref().unwrap_or_default())
            .channel_id(&spec.channel)
            .iam_role_arn(spec.role_arn.text())
            .set_sns_topic_arns(Some(topics(spec)))
            .set_guardrail_policy_arns(Some(spec.guardrails.clone()))
            .logging_level(LOGGING_LEVEL)
            .set_tags(Some(sdk_tags(request.tags)?));
        let create = async || call.clone().send().await.doing("create the Teams channel");
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
            .update_microsoft_teams_channel_configuration()
            .chat_configuration_arn(id)
            .channel_id(&spec.channel)
            .iam_role_arn(spec.role_arn.text())
            .set_sns_topic_arns(Some(topics(spec)))
            .set_guardrail_policy_arns(Some(spec.guardrails.clone()))
            .logging_level(LOGGING_LEVEL);
        let update = async || call.clone().send().await.doing("change the Teams channel");
        let changed = retry_while_refused(ctx, update).await;
        changed.map(|_| ()).map_err(explain)
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let call = ctx
            .clients
            .chatbot
            .delete_microsoft_teams_channel_configuration();
        let answer = call.chat_configuration_arn(id).send().await;
        Deletion::of(answer.doing("delete the Teams channel"), &NOT_FOUND)
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

    /// The team must be authorized, which is told before anything is changed.
    async fn check_with_aws(
        ctx: &Ctx<Clients>,
        spec: &Spec,
        _live: Option<&Live>,
        _changes: &[Change],
    ) -> Result<Vec<Note>> {
        let mut pages = ctx
            .clients
            .chatbot
            .list_microsoft_teams_configured_teams()
            .into_paginator()
            .send();
        let tenant = spec.tenant.as_deref().unwrap_or_default();
        let mut known = Vec::new();
        while let Some(page) = pages.next().await {
            let page = match page.doing("list the Teams teams") {
                // It may not ask, or the answer is none: Chatbot itself refuses it in the apply.
                Err(error) if error.retry == Retry::Never => return Ok(Vec::new()),
                other => other?,
            };
            for one in page.configured_teams() {
                let same = one.team_id().eq_ignore_ascii_case(&spec.team)
                    && one.tenant_id().eq_ignore_ascii_case(tenant);
                if same {
                    let Some(reason) = disabled(one.state(), one.state_reason()) else {
                        return Ok(Vec::new());
                    };
                    return Err(not_authorized(
                        "the Teams team",
                        &spec.team,
                        &[],
                        Some(&reason),
                    ));
                }
                known.push(format!("{} (tenant {})", one.team_id(), one.tenant_id()));
            }
        }
        let team = format!("{} of the tenant {tenant}", spec.team);
        Err(not_authorized("the Teams team", &team, &known, None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_chatbot::Client;
    use rd_testkit::canned::{answering, sdk_config};

    #[tokio::test]
    async fn a_teams_channel_is_read_as_aws_describes_it() {
        let body = r#"{"TeamChannelConfigurations":[{"ChannelId":"19%3AAbC%40thread.tacv2","ChannelName":"alarms",
            "TeamId":"11111111-2222-3333-4444-55555555abcd","TeamName":"Team",
            "TenantId":"66666666-7777-8888-9999-000000000000",
            "ChatConfigurationArn":"arn:aws:chatbot::123456789012:chat-configuration/microsoft-teams-channel/shop-test-teams",
            "IamRoleArn":"arn:aws:iam::123456789012:role/chat","SnsTopicArns":[],
            "ConfigurationName":"shop-test-teams","LoggingLevel":"NONE",
            "GuardrailPolicyArns":["arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"],"UserAuthorizationRequired":false,
            "Tags":[],"State":"ENABLED"}]}"#;
        let client = Client::new(&sdk_config(answering(body)));
        let call = client.list_microsoft_teams_channel_configurations();
        let answer = call.send().await.unwrap();
        let live = live(&answer.team_channel_configurations()[0]);
        let spec = Spec {
            name: "shop-test-teams".into(),
            // Somebody wrote the ids in the other case.
            team: "11111111-2222-3333-4444-55555555ABCD".into(),
            tenant: Some("66666666-7777-8888-9999-000000000000".into()),
            channel: "19%3aAbC%40thread.tacv2".into(),
            role_arn: "arn:aws:iam::123456789012:role/chat".into(),
            topics: Vec::new(),
            guardrails: vec!["arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess".into()],
        };
        assert_eq!(TeamsChannel::diff(&spec, &live, None), []);
        let moved = Spec {
            tenant: Some("00000000-7777-8888-9999-000000000000".into()),
            ..spec
        };
        let changes = TeamsChannel::diff(&moved, &live, None);
        assert_eq!(changes[0].path, "tenant");
    }
}
