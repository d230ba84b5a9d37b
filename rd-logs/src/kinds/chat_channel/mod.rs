//! `slack_channel` and `teams_channel`: a channel to which AWS Chatbot (now Amazon Q Developer in chat applications) sends
//! what the topics get.
//! <https://docs.aws.amazon.com/chatbot/latest/APIReference/Welcome.html>
//!
//! A configuration belongs to the account and to no region, and its ARN follows from its name. Chatbot subscribes to the
//! topics itself, with its service-linked role. Somebody has to authorize the Slack workspace or the Teams team once in the
//! console, which no call can do.

mod slack;
mod teams;

pub use slack::SlackChannel;
pub use teams::TeamsChannel;

use crate::clients::Clients;
use aws_sdk_chatbot::types::Tag;
use rd_common::arn::Arn;
use rd_common::aws::Explain;
use rd_common::{
    Change, Condition, Ctx, Diff, Error, Found, Input, Result, Retry, Stack, Tags, Wanted,
};
use rd_iam::service_linked_role;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The desired channel, and what it may do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The name of the configuration, from which its ARN follows.
    pub name: String,
    /// The id of the Slack workspace or of the Teams team.
    pub team: String,
    /// The id of the tenant that the Teams team belongs to; none for Slack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The id of the channel.
    pub channel: String,
    /// The role with which Chatbot acts for people in the channel.
    pub role_arn: Input,
    /// The topics whose messages are sent to the channel.
    pub topics: Vec<Input>,
    /// The ARNs of the policies beyond which nobody in the channel can do anything, whatever the role allows.
    pub guardrails: Vec<String>,
}

/// The channel as AWS describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Live {
    /// The ARN, which is the id.
    pub arn: String,
    /// The id of the Slack workspace or of the Teams team.
    pub team: String,
    /// The id of the tenant that the Teams team belongs to; none for Slack.
    pub tenant: Option<String>,
    /// The id of the channel.
    pub channel: String,
    /// The role with which Chatbot acts for people in the channel.
    pub role_arn: String,
    /// The ARNs of the topics whose messages are sent to the channel.
    pub topics: Vec<String>,
    /// The ARNs of the policies beyond which nobody in the channel can do anything.
    pub guardrails: Vec<String>,
    /// What Chatbot writes to CloudWatch Logs of us-east-1: `NONE`, `ERROR` or `INFO`.
    pub logging_level: String,
    /// Why AWS has disabled the configuration; none where it has not.
    pub disabled: Option<String>,
}

/// What Chatbot writes to its own log group: nothing. The group would be in another region, and without an end.
const LOGGING_LEVEL: &str = "NONE";

/// The code of Chatbot for a configuration that does not exist.
const NOT_FOUND: [&str; 1] = ["ResourceNotFoundException"];

/// The code of Chatbot for a configuration whose name exists.
const EXISTS: [&str; 1] = ["ConflictException"];

/// The ARN of a configuration of this type, such as `slack-channel`.
fn arn(stack: &Stack, kind: &str, name: &str) -> String {
    Arn::global(
        stack,
        "chatbot",
        format!("chat-configuration/{kind}/{name}"),
    )
    .to_string()
}

/// Those of all configurations of the account that are asked for, by their ARNs.
fn found(
    ctx: &Ctx<Clients>,
    kind: &str,
    name: &str,
    wanted: &[Wanted<Spec>],
    all: &[(Live, Tags)],
) -> Vec<Found<Live>> {
    let one = |one: &Wanted<Spec>| {
        let id = match (&one.id, &one.spec) {
            (Some(id), _) => id.clone(),
            (None, Some(spec)) => arn(&ctx.stack, kind, &spec.name),
            (None, None) => arn(&ctx.stack, kind, &ctx.stack.name_of(name)),
        };
        let (live, tags) = all.iter().find(|(live, _)| live.arn == id)?.clone();
        Some(Found {
            address: one.address_of(&ctx.stack, ctx.slice, &tags)?,
            id,
            live,
            tags: Some(tags),
        })
    };
    wanted.iter().filter_map(one).collect()
}

/// The tags in a list of configurations; where it has none, those that a call of its own returns.
async fn tags_of(ctx: &Ctx<Clients>, arn: &str, listed: Option<Vec<Tag>>) -> Result<Tags> {
    let tags = match listed {
        Some(tags) => tags,
        None => {
            let call = ctx.clients.chatbot.list_tags_for_resource();
            match call
                .resource_arn(arn)
                .send()
                .await
                .doing("read the channel's tags")
            {
                Err(error) if error.is(&NOT_FOUND) => Vec::new(),
                other => other?.tags.unwrap_or_default(),
            }
        }
    };
    let pair = |tag: Tag| (tag.tag_key, tag.tag_value);
    Ok(tags.into_iter().map(pair).collect())
}

/// Tags in the form of the SDK.
fn sdk_tags(tags: &Tags) -> Result<Vec<Tag>> {
    let tag = |(key, value): (&String, &String)| {
        let built = Tag::builder().tag_key(key).tag_value(value).build();
        built.map_err(|error| Error::failed(error.to_string()))
    };
    tags.iter().map(tag).collect()
}

async fn retag(ctx: &Ctx<Clients>, arn: &str, set: &Tags, remove: &[String]) -> Result<()> {
    let chatbot = &ctx.clients.chatbot;
    if !set.is_empty() {
        let call = chatbot.tag_resource().resource_arn(arn);
        let call = call.set_tags(Some(sdk_tags(set)?)).send();
        call.await.doing("set the channel's tags")?;
    }
    if !remove.is_empty() {
        let call = chatbot.untag_resource().resource_arn(arn);
        let call = call.set_tag_keys(Some(remove.to_vec())).send();
        call.await.doing("remove the channel's tags")?;
    }
    Ok(())
}

/// Makes sure that Chatbot's service-linked role exists: without it AWS refuses a channel, and keeps a configuration that
/// sends nothing.
async fn ensure_role(ctx: &Ctx<Clients>) -> Result<()> {
    let ensure = || service_linked_role::ensure(&ctx.clients.iam, service_linked_role::CHATBOT);
    ctx.clients.chatbot_role.get_or_try_init(ensure).await?;
    Ok(())
}

fn topics(spec: &Spec) -> Vec<String> {
    spec.topics
        .iter()
        .map(|topic| topic.text().to_owned())
        .collect()
}

/// What to do about a refusal.
fn explain(error: Error) -> Error {
    if error.summary.contains("already been configured") {
        return error.hint(
            "AWS allows one configuration of a channel in an account: choose another channel for this stack, or delete the \
             other configuration",
        );
    }
    // A read did not show it yet. The next one says whose it is.
    if error.is(&EXISTS) {
        return error.retry(Retry::NotDone);
    }
    error
}

/// A team that is not authorized, which nothing but the console can change.
fn not_authorized(what: &str, team: &str, known: &[String], disabled: Option<&str>) -> Error {
    let summary = match disabled {
        Some(reason) => {
            format!("the authorization of AWS Chatbot for {what} `{team}` is disabled: {reason}")
        }
        None => format!("AWS Chatbot is not authorized for {what} `{team}`"),
    };
    let known = match known {
        [] => "this account has none".to_owned(),
        known => format!("this account has {}", known.join(", ")),
    };
    Error::refused(summary).hint(format!(
        "authorize it once in the console, https://console.aws.amazon.com/chatbot, or correct the id; {known}"
    ))
}

fn diff(kind: &str, spec: &Spec, live: &Live) -> Vec<Change> {
    let name = live.arn.rsplit('/').next().unwrap_or_default();
    // Ids of Teams are hexadecimal, in either case.
    let id = |live: &str, spec: &str| -> Value {
        match live.eq_ignore_ascii_case(spec) {
            true => json!(live),
            false => json!(spec),
        }
    };
    let tenant = live.tenant.as_deref().unwrap_or_default();
    let topics: Vec<Value> = spec.topics.iter().map(|topic| json!(topic)).collect();
    let mut diff = Diff::new();
    diff.fixed("name", name, &spec.name)
        .fixed("team", &live.team, id(&live.team, &spec.team));
    if let Some(wanted) = &spec.tenant {
        diff.fixed("tenant", &live.tenant, id(tenant, wanted));
    }
    let channel = match kind {
        // The ids of Slack are compared as they are.
        slack::TYPE => json!(spec.channel),
        _ => id(&live.channel, &spec.channel),
    };
    diff.field("channel", &live.channel, channel)
        .field("role_arn", &live.role_arn, &spec.role_arn)
        .set("topics", &live.topics, &topics)
        .set("guardrails", &live.guardrails, &spec.guardrails)
        .field("logging_level", &live.logging_level, LOGGING_LEVEL)
        .finish()
}

fn condition(live: &Live) -> Condition {
    match &live.disabled {
        Some(reason) => Condition::Unhealthy(format!("DISABLED: {reason}")),
        None => Condition::Healthy,
    }
}

/// Why something is disabled; none where it is not.
fn disabled(state: Option<&str>, reason: Option<&str>) -> Option<String> {
    (state == Some("DISABLED")).then(|| reason.unwrap_or("AWS gives no reason").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_that_is_taken_is_explained_and_one_that_exists_is_read_again() {
        let error = |code: &str, text: &str| {
            explain(Error::failed(text).with_code(Some(code.to_owned()), None))
        };
        let taken = error(
            "InvalidRequestException",
            "cannot create the Slack channel: Slack channel with ID C1 in Slack team T1 has already been configured for AWS \
             account 123456789012",
        );
        assert!(
            taken
                .hint
                .as_deref()
                .is_some_and(|hint| hint.contains("another channel"))
        );
        assert_eq!(taken.retry, Retry::Never);
        let exists = error("ConflictException", "Resource with arn … already exists.");
        assert_eq!(exists.retry, Retry::NotDone);
    }

    #[test]
    fn a_team_that_is_not_authorized_is_told_with_those_that_are() {
        let error = not_authorized("the Slack workspace", "T9", &["T1 (Team)".to_owned()], None);
        assert!(error.summary.contains("`T9`"), "{}", error.summary);
        assert!(
            error
                .hint
                .as_deref()
                .is_some_and(|hint| hint.contains("T1 (Team)"))
        );
        let off = not_authorized("the Slack workspace", "T1", &[], Some("removed by Slack"));
        assert!(off.summary.ends_with("removed by Slack"), "{}", off.summary);
    }
}
