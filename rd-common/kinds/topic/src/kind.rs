//! `topic`: an SNS topic.
//! <https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>
//!
//! Its ARN is its id, and follows from its name.

use crate::Topics;
use aws_sdk_sns::types::Tag;
use rd_common::arn::{Arn, last_part};
use rd_common::aws::Explain;
use rd_common::{
    Change, CreateRequest, Ctx, Deletion, Diff, Error, Found, Kind, Result, Retry, Stack, Tags,
    Wanted, sdk_tags, tags_from_sdk,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::marker::PhantomData;

/// The kind `topic`, for a slice with clients `C`. Only its name cannot change.
pub struct Topic<C>(PhantomData<C>);

/// The desired topic, with its policy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The name in AWS.
    pub name: String,
    /// The name of the sender in mails.
    pub display_name: String,
    /// The KMS key that encrypts its messages; none if they are not encrypted.
    pub kms_key: Option<String>,
    /// The access policy: who may publish to it.
    pub policy: Value,
}

/// The topic as AWS describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The ARN, which is the id.
    pub arn: String,
    /// The last part of the ARN.
    pub name: String,
    /// The name of the sender in mails.
    pub display_name: String,
    /// The KMS key that encrypts its messages; none if they are not encrypted.
    pub kms_key: Option<String>,
    /// The access policy: who may publish to it.
    pub policy: Value,
}

/// The error codes of SNS for a topic or subscription that does not exist.
pub const NOT_FOUND: [&str; 3] = ["NotFound", "NotFoundException", "ResourceNotFound"];

/// The ARN of a topic in the stack's account and region.
pub fn arn(stack: &Stack, name: &str) -> String {
    Arn::regional(stack, "sns", name).to_string()
}

/// Marks a denied change to be repeated: IAM does not see the tags of a new topic at once, where policies are bound to tags.
/// <https://github.com/hashicorp/terraform-provider-aws/pull/45018>
fn retry_if_tags_are_new(error: Error) -> Error {
    let denied = error.is(&["AuthorizationError", "AuthorizationErrorException"]);
    if denied && error.summary.contains("no identity-based policy allows") {
        error.retry(Retry::NotDone)
    } else {
        error
    }
}

async fn read<C: Topics>(ctx: &Ctx<C>, arn: &str) -> Result<Option<(Live, Tags)>> {
    let sns = ctx.clients.sns();
    let attributes = sns.get_topic_attributes().topic_arn(arn).send();
    let tags = sns.list_tags_for_resource().resource_arn(arn).send();
    let (attributes, tags) = tokio::join!(attributes, tags);
    let mut attributes = match attributes.doing("read the topic") {
        Err(error) if error.is(&NOT_FOUND) => return Ok(None),
        other => other?.attributes.unwrap_or_default(),
    };
    let tags = match tags.doing("read the topic's tags") {
        Err(error) if error.is(&NOT_FOUND) => return Ok(None),
        other => other?.tags.unwrap_or_default(),
    };
    let mut text = |name: &str| attributes.remove(name).filter(|text| !text.is_empty());
    let live = Live {
        arn: arn.to_owned(),
        name: last_part(arn).to_owned(),
        display_name: text("DisplayName").unwrap_or_default(),
        kms_key: text("KmsMasterKeyId"),
        policy: text("Policy")
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default(),
    };
    Ok(Some((live, tags_from_sdk!(tags))))
}

impl<C: Topics> Kind for Topic<C> {
    const NAME: &'static str = "topic";
    type Spec = Spec;
    type Live = Live;
    type Clients = C;

    async fn find(ctx: &Ctx<C>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let mut found = Vec::new();
        for one in wanted {
            let arn = match one.is_any() {
                true => Some(arn(&ctx.stack, &ctx.stack.name_of(C::TOPIC_NAME))),
                false => {
                    let named = || Some(arn(&ctx.stack, &one.spec.as_ref()?.name));
                    one.id.clone().or_else(named)
                }
            };
            let Some(arn) = arn else {
                continue;
            };
            let Some((live, tags)) = read(ctx, &arn).await? else {
                continue;
            };
            let Some(address) = one.address_of(&ctx.stack, ctx.slice, &tags) else {
                continue;
            };
            found.push(Found {
                address,
                id: arn,
                live,
                tags: Some(tags),
            });
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<C>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let spec = request.spec;
        let mut call = ctx
            .clients
            .sns()
            .create_topic()
            .name(&spec.name)
            .attributes("DisplayName", &spec.display_name)
            .attributes("Policy", spec.policy.to_string())
            .set_tags(Some(sdk_tags!(Tag, request.tags)));
        if let Some(key) = &spec.kms_key {
            call = call.attributes("KmsMasterKeyId", key);
        }
        let created = call.send().await.doing("create the topic")?;
        Ok(created.topic_arn.unwrap_or_default())
    }

    async fn update(
        ctx: &Ctx<C>,
        id: &str,
        _live: &Live,
        spec: &Spec,
        changes: &[Change],
    ) -> Result<()> {
        for change in changes {
            let (name, value) = match change.path.as_str() {
                "display_name" => ("DisplayName", spec.display_name.clone()),
                "kms_key" => ("KmsMasterKeyId", spec.kms_key.clone().unwrap_or_default()),
                "policy" => ("Policy", spec.policy.to_string()),
                _ => continue,
            };
            let call = ctx.clients.sns().set_topic_attributes().topic_arn(id);
            let call = call.attribute_name(name).attribute_value(value);
            let answer = call.send().await.doing("update the topic");
            answer.map_err(retry_if_tags_are_new)?;
        }
        Ok(())
    }

    async fn delete(ctx: &Ctx<C>, id: &str) -> Result<Deletion> {
        let call = ctx.clients.sns().delete_topic().topic_arn(id);
        // "This action is idempotent, so deleting a topic that does not exist does not result in an error."
        // https://docs.aws.amazon.com/sns/latest/api/API_DeleteTopic.html
        let answer = call.send().await.doing("delete the topic");
        Deletion::of(answer, &NOT_FOUND).map(Deletion::or_unconfirmed)
    }

    async fn tag(ctx: &Ctx<C>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        let sns = ctx.clients.sns();
        if !set.is_empty() {
            let call = sns.tag_resource().resource_arn(id);
            let call = call.set_tags(Some(sdk_tags!(Tag, set)));
            call.send().await.doing("set the topic's tags")?;
        }
        if !remove.is_empty() {
            let call = sns.untag_resource().resource_arn(id);
            let call = call.set_tag_keys(Some(remove.to_vec()));
            call.send().await.doing("remove the topic's tags")?;
        }
        Ok(())
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        Diff::new()
            .fixed("name", &live.name, &spec.name)
            .field("display_name", &live.display_name, &spec.display_name)
            .field("kms_key", &live.kms_key, &spec.kms_key)
            .field("policy", &live.policy, &spec.policy)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_a_new_topic_is_repeated_while_iam_does_not_know_its_tags() {
        let denied = |code: &str, why: &str| {
            let error = Error::failed(format!("cannot update the topic: {why}"));
            retry_if_tags_are_new(error.with_code(Some(code.to_owned()), None)).retry
        };
        let new = "not authorized because no identity-based policy allows the SNS:SetTopicAttributes action";
        assert_eq!(denied("AuthorizationError", new), Retry::NotDone);
        let other = "with an explicit deny in an identity-based policy";
        assert_eq!(denied("AuthorizationError", other), Retry::Never);
        assert_eq!(denied("InvalidParameter", new), Retry::Never);
    }
}
