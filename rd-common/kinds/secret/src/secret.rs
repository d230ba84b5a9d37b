//! `secret`: a secret with a generated value.
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html>
//!
//! A secret is created with a generated value, so that the resources created after it find the value, also in a run
//! after a kill.

use crate::description::{NOT_FOUND, describe};
use crate::generate::generate;
use crate::value::{CURRENT, Fields, is_deleted, put, write};
use crate::{SecretForm, Secrets};
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::types::Tag;
use rd_common::arn::last_part;
use rd_common::aws::Explain;
use rd_common::{
    Attribute, Change, CreateRequest, Ctx, Deletion, Details, Diff, Error, Found, Kind, Result,
    Retry, Tags, Wanted, attribute, sdk_tags, tags_from_sdk, touches,
};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// The kind `secret`, for a slice with clients `C` and a secret of form `F`.
pub struct Secret<C, F>(PhantomData<(C, F)>);

impl<C, F> Secret<C, F> {
    /// The generation of the secret, for the resource whose password or token it is.
    pub const GENERATION: Attribute<String> = attribute!(Live, generation);
}

/// For how many days a deleted secret can be restored: the minimum that AWS allows.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html>
const RECOVERY_DAYS: i64 = 7;

/// AWS's own key, which encrypts a secret without a KMS key. AWS may report it or leave it out.
const DEFAULT_KEY: &str = "alias/aws/secretsmanager";

/// The desired secret, without its generated value.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The secret's name, `<project>/<environment>/<thing>`.
    pub name: String,
    /// The description that the console shows.
    pub description: String,
    /// The KMS key that encrypts it; none for AWS's own key.
    pub kms_key: Option<String>,
    /// The members of the first value that are known before anything is created.
    pub fields: Fields,
}

/// The secret that AWS has, without its value.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The name of the secret, unique in the account and region.
    pub name: String,
    /// The secret's ARN, which is its id.
    pub arn: String,
    /// The description that the console shows.
    pub description: String,
    /// The KMS key; none for AWS's own key.
    pub kms_key: Option<String>,
    /// The id of the secret's first value, from the tag `rd:generation`. A secret that was created again has another
    /// one; a rotation does not change it.
    pub generation: String,
    /// The time of the last change, in ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<String>,
}

/// The secret's tag that holds its generation.
const GENERATION_TAG: &str = "rd:generation";

/// The tag of the resource that checks the value, with the generation of the value that was set there: AWS never
/// reports the value itself.
pub const GIVEN_GENERATION_TAG: &str = "rd:secret-generation";

/// Whether two keys are the same, one of which may be an ARN and the other the id in it. AWS may report the key of an
/// alias instead of the alias; whose alias it is, it does not report.
fn same_key(live: Option<&str>, desired: Option<&str>) -> bool {
    let alias = |key: &str| key.find("alias/").map(|at| key[at..].to_owned());
    match (live, desired) {
        (None, None) => true,
        (Some(live), Some(desired)) => match (alias(live), alias(desired)) {
            (Some(live), Some(desired)) => live == desired,
            (None, Some(_)) => true,
            _ => live == desired || last_part(live) == desired || last_part(desired) == live,
        },
        _ => false,
    }
}

/// The secret of an answer, with its tags; none if it is scheduled for deletion.
fn live(answer: &DescribeSecretOutput) -> Option<(Live, Tags)> {
    if answer.deleted_date().is_some() {
        return None;
    }
    let tags = tags_from_sdk!(answer.tags());
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let live = Live {
        generation: tags.get(GENERATION_TAG).cloned().unwrap_or_default(),
        name: text(answer.name()),
        description: text(answer.description()),
        kms_key: answer
            .kms_key_id()
            .filter(|key| !key.ends_with(DEFAULT_KEY))
            .map(str::to_owned),
        changed: answer.last_changed_date().map(ToString::to_string),
        arn: text(answer.arn()),
    };
    Some((live, tags))
}

async fn set_tags(client: &Client, id: &str, set: &Tags) -> Result<()> {
    let call = client
        .tag_resource()
        .secret_id(id)
        .set_tags(Some(sdk_tags!(Tag, set)));
    call.send().await.doing("set the secret's tags").map(|_| ())
}

/// The codes of `CreateSecret` for a name that is in use.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html>
const NAME_IN_USE: [&str; 2] = ["InvalidRequestException", "ResourceExistsException"];

/// What is known of the secret of a name that is in use.
enum Named {
    /// It is scheduled for deletion, and has these tags.
    ScheduledForDeletion(Tags),
    /// It exists, and is not to be deleted.
    Exists,
    /// It is not visible: it was deleted without a recovery window a moment ago, or created a moment ago.
    Unseen,
}

async fn named(client: &Client, name: &str) -> Result<Named> {
    let Some(answer) = describe(client, name).await? else {
        return Ok(Named::Unseen);
    };
    Ok(match answer.deleted_date() {
        Some(_) => Named::ScheduledForDeletion(tags_from_sdk!(answer.tags())),
        None => Named::Exists,
    })
}

/// The refusal to restore a deleted secret that does not belong to this stack.
fn belongs_to_another_stack(name: &str) -> Error {
    Error::refused(format!(
        "the secret {name} is scheduled for deletion and does not belong to this stack"
    ))
    .hint(format!(
        "nothing was changed; to free the name, run aws secretsmanager restore-secret --secret-id {name}, then \
         delete-secret --force-delete-without-recovery; or choose another project or environment in rd.toml"
    ))
}

/// Restores a secret that is scheduled for deletion, with a new value: anybody may have the old one.
async fn restore<C: Secrets, F: SecretForm>(
    ctx: &Ctx<C>,
    spec: &Spec,
    tags: &Tags,
) -> Result<String> {
    let client = ctx.clients.secrets();
    let call = client.restore_secret().secret_id(&spec.name);
    let answer = call.send().await.doing("restore the deleted secret")?;
    let arn = answer.arn.unwrap_or_else(|| spec.name.clone());
    // Repeated here: once the secret is restored, another create would find a secret that is not to be deleted.
    ctx.retrying(|| set_tags(client, &arn, tags)).await?;
    let value = generate()?;
    ctx.retrying(|| put::<F>(client, &arn, &spec.fields, &value, CURRENT))
        .await?;
    Ok(arn)
}

impl<C: Secrets, F: SecretForm> Kind for Secret<C, F> {
    const NAME: &'static str = "secret";
    const DATA: Option<&'static str> = Some("its value, once the recovery window is over");
    const WHILE_GONE: Option<&'static str> = Some("tasks that start cannot read it");
    type Spec = Spec;
    type Live = Live;
    type Clients = C;

    async fn find(ctx: &Ctx<C>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let mut found = Vec::new();
        for one in wanted {
            let Some(id) = one.id_or(|spec| &spec.name) else {
                continue;
            };
            let answer = ctx.clients.descriptions().of(&id).await?;
            let Some((live, tags)) = answer.as_ref().and_then(live) else {
                continue;
            };
            found.push(Found {
                address: one.address.clone(),
                id: live.arn.clone(),
                live,
                tags: Some(tags),
            });
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<C>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let spec = request.spec;
        let mut tags = request.tags.clone();
        tags.insert(GENERATION_TAG.to_owned(), request.token.to_owned());
        let call = ctx
            .clients
            .secrets()
            .create_secret()
            .name(&spec.name)
            .description(&spec.description)
            .set_kms_key_id(spec.kms_key.clone())
            .set_tags(Some(sdk_tags!(Tag, tags)))
            .secret_string(write::<F>(&spec.fields, &generate()?));
        match call.send().await.doing("create the secret") {
            Ok(answer) => answer
                .arn
                .ok_or_else(|| Error::failed("AWS's answer has no ARN of the secret")),
            // The name stays in use for days after a delete. The code has other causes, too, so the secret is read.
            Err(error) if error.is(&NAME_IN_USE) => {
                match named(ctx.clients.secrets(), &spec.name).await? {
                    Named::ScheduledForDeletion(old)
                        if old.is_empty() || ctx.stack.owns(ctx.slice, &old) =>
                    {
                        restore::<C, F>(ctx, spec, &tags).await
                    }
                    Named::ScheduledForDeletion(_) => Err(belongs_to_another_stack(&spec.name)),
                    // The name is in use for up to two minutes after a forced delete.
                    // https://github.com/hashicorp/terraform-provider-aws/issues/10259
                    Named::Unseen if is_deleted(&error) => Err(error.retry(Retry::Later)),
                    Named::Unseen | Named::Exists => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    async fn update(
        ctx: &Ctx<C>,
        id: &str,
        _live: &Live,
        spec: &Spec,
        changes: &[Change],
    ) -> Result<()> {
        let mut call = ctx.clients.secrets().update_secret().secret_id(id);
        if touches(changes, "description") {
            call = call.description(&spec.description);
        }
        if touches(changes, "kms_key") {
            call = call.kms_key_id(spec.kms_key.as_deref().unwrap_or(DEFAULT_KEY));
        }
        call.send().await.doing("change the secret").map(|_| ())
    }

    async fn delete(ctx: &Ctx<C>, id: &str) -> Result<Deletion> {
        let call = ctx.clients.secrets().delete_secret().secret_id(id);
        let answer = call.recovery_window_in_days(RECOVERY_DAYS).send().await;
        match answer.doing("delete the secret") {
            // The secret is scheduled for deletion already.
            Err(error) if is_deleted(&error) => Ok(Deletion::Accepted),
            other => Deletion::of(other, &[NOT_FOUND]),
        }
    }

    async fn tag(ctx: &Ctx<C>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        let client = ctx.clients.secrets();
        if !set.is_empty() {
            set_tags(client, id, set).await?;
        }
        if !remove.is_empty() {
            let call = client.untag_resource().secret_id(id);
            call.set_tag_keys(Some(remove.to_vec()))
                .send()
                .await
                .doing("remove the secret's tags")?;
        }
        Ok(())
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        let mut diff = Diff::new();
        diff.fixed("name", &live.name, &spec.name).field(
            "description",
            &live.description,
            &spec.description,
        );
        if !same_key(live.kms_key.as_deref(), spec.kms_key.as_deref()) {
            diff.field("kms_key", &live.kms_key, &spec.kms_key);
        }
        diff.finish()
    }

    async fn details(_: &Ctx<C>, _: &str, live: &Live) -> Result<Details> {
        let mut details = Details::new();
        details.insert("name".to_owned(), live.name.clone().into());
        if let Some(changed) = &live.changed {
            details.insert("last changed".to_owned(), changed.clone().into());
        }
        Ok(details)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rd_testkit::canned::{answering, sdk_config};
    use serde_json::{Value, json};

    async fn read(secret: &Value) -> Option<(Live, Tags)> {
        let client = Client::new(&sdk_config(answering(&secret.to_string())));
        live(
            &client
                .describe_secret()
                .secret_id("s")
                .send()
                .await
                .unwrap(),
        )
    }

    #[tokio::test]
    async fn a_secret_as_aws_describes_it() {
        let mut secret = json!({
            "ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/test/database-w6GyBA",
            "Name": "shop/test/database",
            "Description": "testing",
            "LastChangedDate": 1_650_877_037.74,
            "Tags": [{"Key": "rd:generation", "Value": "g1"}],
            "VersionIdsToStages": {"4be21a62-e591-43fb-9d27-4ae30d5d4f0a": ["AWSCURRENT"]},
            "CreatedDate": 1_588_314_002.731,
        });
        let (plain, tags) = read(&secret).await.unwrap();
        assert_eq!(
            (plain.name.as_str(), plain.kms_key),
            ("shop/test/database", None)
        );
        assert_eq!((plain.generation.as_str(), tags.len()), ("g1", 1));
        // AWS's own key is reported once it was set by its alias.
        secret["KmsKeyId"] = json!("alias/aws/secretsmanager");
        assert_eq!(read(&secret).await.unwrap().0.kms_key, None);
        secret["KmsKeyId"] = json!("arn:aws:kms:us-east-1:123456789012:key/36812ccf");
        let own = read(&secret).await.unwrap().0.kms_key;
        assert_eq!(
            own.as_deref(),
            Some("arn:aws:kms:us-east-1:123456789012:key/36812ccf")
        );
        // Scheduled for deletion: it is gone.
        secret["DeletedDate"] = json!(1_759_072_853.24);
        assert!(read(&secret).await.is_none());
        let bare = json!({"ARN": "arn", "Name": "shop"});
        let (bare, tags) = read(&bare).await.unwrap();
        assert_eq!(
            (bare.description.as_str(), bare.generation.as_str()),
            ("", "")
        );
        assert!(tags.is_empty());
    }

    #[test]
    fn keys_are_the_same_by_id_arn_and_alias() {
        const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/36812ccf";
        const ALIAS: &str = "arn:aws:kms:us-east-1:123456789012:alias/shop";
        let same = |live, desired| same_key(Some(live), Some(desired));
        assert!(same(KEY, KEY) && same(KEY, "36812ccf") && same("36812ccf", KEY));
        assert!(same("alias/shop", ALIAS) && same(ALIAS, "alias/shop") && same(KEY, "alias/shop"));
        assert!(!same(KEY, "other") && !same(ALIAS, "alias/other") && !same(ALIAS, KEY));
        assert!(same_key(None, None) && !same_key(None, Some(KEY)) && !same_key(Some(KEY), None));
    }

    #[test]
    fn a_deleted_secret_is_told_from_other_invalid_requests() {
        let says = |text: &str| {
            let code = Some("InvalidRequestException".to_owned());
            is_deleted(&Error::failed(text).with_code(code, None))
        };
        assert!(says(
            "You can't perform this operation on the secret because it was deleted."
        ));
        assert!(says("… because it was marked for deletion."));
        assert!(says(
            "… because a secret with this name is already scheduled for deletion."
        ));
        assert!(!says("You can't enable rotation without a function."));
    }
}
