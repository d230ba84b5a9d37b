//! `secret`: <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html>
//!
//! It is made with a generated value, so that what is made after it finds the value there, also after a kill.

use crate::generate::generate;
use crate::value::{CURRENT, Fields, put, write};
use crate::{Form, Secrets};
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::types::Tag;
use rd_common::aws::Explain;
use rd_common::{
    Change, CreateRequest, Ctx, Details, Diff, Error, Found, Kind, Result, Tags, Wanted, touches,
};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// The kind, for a slice with clients `C`.
pub struct Secret<C, F>(PhantomData<(C, F)>);

/// For how many days a deleted secret can be had back: the least that AWS has.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html>
const RECOVERY_DAYS: i64 = 7;

/// The key that AWS encrypts with where none is named; it is not told.
const DEFAULT_KEY: &str = "alias/aws/secretsmanager";

/// What we want.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// Its name: `<project>/<environment>/<thing>`.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The KMS key that it is encrypted with; else AWS's own.
    pub kms_key: Option<String>,
    /// The members of its first value that are known before anything is made.
    pub fields: Fields,
}

/// What there is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// Its name.
    pub name: String,
    /// Its ARN, which is its id.
    pub arn: String,
    /// What it is for.
    pub description: String,
    /// The KMS key; none for AWS's own.
    pub kms_key: Option<String>,
    /// Which generated value it began with: another one where the secret was made again. Rotations leave it as it is.
    pub generation: String,
    /// When it was last changed, in ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<String>,
}

/// The tag with the generation.
const GENERATION_TAG: &str = "rd:generation";

/// The tag of what checks the value, with the generation that it was given: the value itself is not told.
pub const GIVEN_GENERATION_TAG: &str = "rd:secret-generation";

const GONE: &str = "ResourceNotFoundException";

fn list(tags: &Tags) -> Vec<Tag> {
    tags.iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect()
}

fn map(tags: &[Tag]) -> Tags {
    let pairs = tags.iter().filter_map(|tag| {
        let value = tag.value().unwrap_or_default();
        Some((tag.key()?.to_owned(), value.to_owned()))
    });
    pairs.collect()
}

/// A key as a name, an id or an ARN, as far as they can be compared.
fn same_key(live: Option<&str>, wanted: Option<&str>) -> bool {
    match (live, wanted) {
        (None, None) => true,
        (Some(live), Some(wanted)) => live == wanted || live.rsplit('/').next() == Some(wanted),
        _ => false,
    }
}

async fn set_tags(client: &Client, id: &str, set: &Tags) -> Result<()> {
    let call = client
        .tag_resource()
        .secret_id(id)
        .set_tags(Some(list(set)));
    call.send().await.doing("set the secret's tags").map(|_| ())
}

/// How a name that cannot be had is refused.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html>
const REFUSED: [&str; 2] = ["InvalidRequestException", "ResourceExistsException"];

/// The tags of the secret of this name, if it is scheduled for deletion.
async fn scheduled_for_deletion(client: &Client, name: &str) -> Result<Option<Tags>> {
    let call = client.describe_secret().secret_id(name);
    let answer = match call.send().await.doing("read the secret") {
        Err(error) if error.is(&[GONE]) => return Ok(None),
        other => other?,
    };
    Ok(answer.deleted_date().map(|_| map(answer.tags())))
}

/// What somebody else deleted is theirs to bring back.
fn not_ours(name: &str) -> Error {
    Error::refused(format!(
        "the secret {name} is somebody else's, and is scheduled for deletion"
    ))
    .hint(format!(
        "it was left alone; to free the name: aws secretsmanager restore-secret --secret-id {name}, then delete-secret \
         --force-delete-without-recovery; or choose another project or environment in rd.toml"
    ))
}

/// Brings back one that is scheduled for deletion, with a new value: nobody knows who still has the old one.
async fn revive<F: Form>(client: &Client, spec: &Spec, tags: &Tags) -> Result<String> {
    let call = client.restore_secret().secret_id(&spec.name);
    let answer = call.send().await.doing("restore the deleted secret")?;
    let arn = answer.arn.unwrap_or_else(|| spec.name.clone());
    set_tags(client, &arn, tags).await?;
    put::<F>(client, &arn, &spec.fields, &generate()?, CURRENT).await?;
    Ok(arn)
}

impl<C: Secrets, F: Form> Kind for Secret<C, F> {
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
                Err(error) if error.is(&[GONE]) => continue,
                other => other?,
            };
            if answer.deleted_date().is_some() {
                continue;
            }
            let arn = answer.arn().unwrap_or_default().to_owned();
            let tags = map(answer.tags());
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
            .secrets_once()
            .create_secret()
            .name(&spec.name)
            .description(&spec.description)
            .set_kms_key_id(spec.kms_key.clone())
            .set_tags(Some(list(&tags)))
            .secret_string(write::<F>(&spec.fields, &generate()?));
        match call.send().await.doing("create the secret") {
            Ok(answer) => answer
                .arn
                .ok_or_else(|| Error::failed("AWS's answer has no ARN of the secret")),
            // The name is kept for days after a delete. Whether that is why is looked at, not read from AWS's words.
            Err(error) if error.is(&REFUSED) => {
                match scheduled_for_deletion(ctx.clients.secrets(), &spec.name).await? {
                    Some(there) if there.is_empty() || ctx.stack.owns(ctx.slice, &there) => {
                        revive::<F>(ctx.clients.secrets(), spec, &tags).await
                    }
                    Some(_) => Err(not_ours(&spec.name)),
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

    async fn delete(ctx: &Ctx<C>, id: &str) -> Result<()> {
        let call = ctx.clients.secrets().delete_secret().secret_id(id);
        let answer = call.recovery_window_in_days(RECOVERY_DAYS).send().await;
        match answer.doing("delete the secret") {
            Err(error) if error.is(&[GONE]) => Ok(()),
            // It is scheduled for deletion already.
            Err(error) if error.is(&["InvalidRequestException"]) => Ok(()),
            other => other.map(|_| ()),
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
