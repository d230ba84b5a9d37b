//! `secret`: a secret with a generated value.
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html>
//!
//! A secret is created with a generated value, so that the resources created after it find the value, also in a run
//! after a kill.

use crate::generate::generate;
use crate::value::{CURRENT, Fields, put, write};
use crate::{SecretForm, Secrets};
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::types::Tag;
use rd_common::arn::last_part;
use rd_common::aws::Explain;
use rd_common::{
    Attribute, Change, CreateRequest, Ctx, Deletion, Details, Diff, Error, Found, Kind, Result,
    Tags, Wanted, attribute, sdk_tags, tags_from_sdk, touches,
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

const NOT_FOUND: &str = "ResourceNotFoundException";

/// Whether two keys are the same, one of which may be an ARN and the other the id in it.
fn same_key(live: Option<&str>, desired: Option<&str>) -> bool {
    match (live, desired) {
        (None, None) => true,
        (Some(live), Some(desired)) => live == desired || last_part(live) == desired,
        _ => false,
    }
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

/// The tags of the secret of this name, if it is scheduled for deletion.
async fn scheduled_for_deletion(client: &Client, name: &str) -> Result<Option<Tags>> {
    let call = client.describe_secret().secret_id(name);
    let answer = match call.send().await.doing("read the secret") {
        Err(error) if error.is(&[NOT_FOUND]) => return Ok(None),
        other => other?,
    };
    Ok(answer.deleted_date().map(|_| tags_from_sdk!(answer.tags())))
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
    type Spec = Spec;
    type Live = Live;
    type Clients = C;

    async fn find(ctx: &Ctx<C>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let mut found = Vec::new();
        for one in wanted {
            let Some(id) = one.id_or(|spec| &spec.name) else {
                continue;
            };
            let call = ctx.clients.secrets().describe_secret().secret_id(id);
            let answer = match call.send().await.doing("read the secret") {
                Err(error) if error.is(&[NOT_FOUND]) => continue,
                other => other?,
            };
            if answer.deleted_date().is_some() {
                continue;
            }
            let arn = answer.arn().unwrap_or_default().to_owned();
            let tags = tags_from_sdk!(answer.tags());
            found.push(Found {
                address: one.address.clone(),
                id: arn.clone(),
                live: Live {
                    generation: tags.get(GENERATION_TAG).cloned().unwrap_or_default(),
                    name: answer.name().unwrap_or_default().to_owned(),
                    description: answer.description().unwrap_or_default().to_owned(),
                    kms_key: answer
                        .kms_key_id()
                        .filter(|key| !key.ends_with(DEFAULT_KEY))
                        .map(str::to_owned),
                    changed: answer.last_changed_date().map(ToString::to_string),
                    arn,
                },
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
                match scheduled_for_deletion(ctx.clients.secrets(), &spec.name).await? {
                    Some(old) if old.is_empty() || ctx.stack.owns(ctx.slice, &old) => {
                        restore::<C, F>(ctx, spec, &tags).await
                    }
                    Some(_) => Err(belongs_to_another_stack(&spec.name)),
                    None => Err(error),
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
            Err(error) if error.is(&["InvalidRequestException"]) => Ok(Deletion::Accepted),
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
