//! `bucket`: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>
//!
//! The create call makes it with its tags; every setting is a field that `diff` compares and `update` sets.

use crate::clients::Clients;
use crate::settings::{
    cors, encryption, lifecycle, ownership, policy, public_access, unset, versioning,
};
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration, Tag, Tagging};
use rd_common::aws::Explain;
use rd_common::{
    Change, CreateRequest, Ctx, Diff, Error, Found, Kind, ReplaceOrder, Result, Retry, Tags,
    Wanted, touches,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The kind.
pub struct Bucket;

/// The region whose buckets are made without saying so.
const DEFAULT_REGION: &str = "us-east-1";

/// What we want.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// Its name, which is its id.
    pub name: String,
    /// The public access blocks.
    pub public_access_block: public_access::PublicAccessBlock,
    /// Who owns objects.
    pub ownership: String,
    /// How objects are encrypted.
    pub encryption: encryption::Encryption,
    /// Whether versions are kept.
    pub versioning: bool,
    /// Its policy.
    pub policy: Value,
    /// What happens to objects as they age.
    pub lifecycle: Vec<lifecycle::Rule>,
    /// Which web pages may call.
    pub cors: Vec<cors::Rule>,
}

/// What there is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// Its name.
    pub name: String,
    /// The public access blocks.
    pub public_access_block: public_access::PublicAccessBlock,
    /// Who owns objects.
    pub ownership: Option<String>,
    /// How objects are encrypted.
    pub encryption: encryption::Encryption,
    /// Whether versions are kept.
    pub versioning: bool,
    /// Its policy, in normal form.
    pub policy: Value,
    /// What happens to objects as they age.
    pub lifecycle: Vec<lifecycle::Rule>,
    /// Which web pages may call.
    pub cors: Vec<cors::Rule>,
}

fn tag_list(tags: &Tags) -> Result<Vec<Tag>> {
    let tags = tags
        .iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build());
    tags.collect::<std::result::Result<_, _>>()
        .map_err(crate::settings::incomplete)
}

async fn tags(s3: &Client, bucket: &str) -> Result<Tags> {
    let answer = unset(
        s3.get_bucket_tagging()
            .bucket(bucket)
            .send()
            .await
            .doing("read the bucket's tags"),
    )?;
    let tags = answer.map(|answer| answer.tag_set).unwrap_or_default();
    Ok(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
}

/// Reads it with all of its settings at once; none where it is not there.
async fn read(s3: &Client, name: &str) -> Result<Option<(Live, Tags)>> {
    let settings = tokio::try_join!(
        public_access::get(s3, name),
        ownership::get(s3, name),
        encryption::get(s3, name),
        versioning::get(s3, name),
        policy::get(s3, name),
        lifecycle::get(s3, name),
        cors::get(s3, name),
        tags(s3, name),
    );
    match settings {
        Ok((
            public_access_block,
            ownership,
            encryption,
            versioning,
            policy,
            lifecycle,
            cors,
            tags,
        )) => Ok(Some((
            Live {
                name: name.to_owned(),
                public_access_block,
                ownership,
                encryption,
                versioning,
                policy,
                lifecycle,
                cors,
            },
            tags,
        ))),
        Err(error) if error.is(&["NoSuchBucket", "NotFound"]) => Ok(None),
        Err(error) => Err(explained(error, name)),
    }
}

/// What S3's refusals mean for a bucket.
fn explained(error: Error, name: &str) -> Error {
    match error.code.as_deref() {
        Some("AccessDenied" | "AllAccessDisabled" | "BucketAlreadyExists") => {
            let hint = format!(
                "bucket names are shared by all of AWS: if {name} is another account's, set `bucket` in [store]; if it \
                 is this one's, the credentials lack a permission on it"
            );
            error.hint(hint)
        }
        Some(
            "PermanentRedirect"
            | "AuthorizationHeaderMalformed"
            | "IllegalLocationConstraintException",
        ) => {
            let hint = format!(
                "the bucket {name} is in another region: set that region, or another `bucket` in [store]"
            );
            error.hint(hint)
        }
        // Somebody, perhaps ourselves a moment ago, is changing or deleting it.
        Some("OperationAborted") => error.retry(Retry::Later),
        _ => error,
    }
}

impl Kind for Bucket {
    const NAME: &'static str = "bucket";
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let mut found = Vec::new();
        for one in wanted {
            let Some(name) = one.id_or(|spec| &spec.name) else {
                continue;
            };
            // One that nobody has made yet costs one call, not one for each setting.
            if one.id.is_none()
                && let Err(error) = tags(&ctx.clients.s3, &name).await
                && error.is(&["NoSuchBucket"])
            {
                continue;
            }
            if let Some((live, tags)) = read(&ctx.clients.s3, &name).await? {
                found.push(Found {
                    address: one.address.clone(),
                    id: name,
                    live,
                    tags: Some(tags),
                });
            }
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let name = &request.spec.name;
        let region = &ctx.stack.region;
        let mut configuration =
            CreateBucketConfiguration::builder().set_tags(Some(tag_list(request.tags)?));
        if region != DEFAULT_REGION {
            configuration =
                configuration.location_constraint(BucketLocationConstraint::from(region.as_str()));
        }
        let call = ctx.clients.s3_once.create_bucket().bucket(name);
        match call
            .create_bucket_configuration(configuration.build())
            .send()
            .await
            .doing("create the bucket")
        {
            Err(error) if error.is(&["BucketAlreadyOwnedByYou"]) => Ok(name.clone()),
            Err(error) => Err(explained(error, name)),
            Ok(_) => Ok(name.clone()),
        }
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        _live: &Live,
        spec: &Spec,
        changes: &[Change],
    ) -> Result<()> {
        // One after the other: S3 refuses changes of one bucket at the same time. What closes it comes first.
        let s3 = &ctx.clients.s3;
        let changed = async {
            if touches(changes, "public_access_block") {
                public_access::put(s3, id, spec.public_access_block).await?;
            }
            if touches(changes, "ownership") {
                ownership::put(s3, id, &spec.ownership).await?;
            }
            if touches(changes, "policy") {
                policy::put(s3, id, &spec.policy).await?;
            }
            if touches(changes, "encryption") {
                encryption::put(s3, id, &spec.encryption).await?;
            }
            if touches(changes, "versioning") {
                versioning::put(s3, id, spec.versioning).await?;
            }
            if touches(changes, "lifecycle") {
                lifecycle::put(s3, id, &spec.lifecycle).await?;
            }
            if touches(changes, "cors") {
                cors::put(s3, id, &spec.cors).await?;
            }
            Ok(())
        };
        changed.await.map_err(|error| explained(error, id))
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<()> {
        match ctx.clients.s3.delete_bucket().bucket(id).send().await.doing("delete the bucket") {
            Err(error) if error.is(&["NoSuchBucket"]) => Ok(()),
            Err(error) if error.is(&["BucketNotEmpty"]) => {
                Err(error.hint("objects or versions are in it: rd-store destroy --delete-objects deletes them with it"))
            }
            other => other.map(|_| ()).map_err(|error| explained(error, id)),
        }
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        // S3 takes only the whole set, and others may have put tags into it.
        let s3 = &ctx.clients.s3;
        let mut all = tags(s3, id).await?;
        all.extend(set.clone());
        all.retain(|key, _| !remove.contains(key));
        let tagging = Tagging::builder()
            .set_tag_set(Some(tag_list(&all)?))
            .build()
            .map_err(crate::settings::incomplete)?;
        s3.put_bucket_tagging()
            .bucket(id)
            .tagging(tagging)
            .send()
            .await
            .doing("set the bucket's tags")
            .map(|_| ())
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        let mut diff = Diff::new();
        diff.fixed("name", &live.name, &spec.name)
            .field(
                "public_access_block",
                live.public_access_block,
                spec.public_access_block,
            )
            .field("ownership", &live.ownership, &spec.ownership)
            .field("encryption", &live.encryption, &spec.encryption)
            .field("versioning", live.versioning, spec.versioning);
        if live.policy != policy::normal(&spec.policy) {
            diff.field("policy", &live.policy, &spec.policy);
        }
        diff.field("lifecycle", &live.lifecycle, &spec.lifecycle)
            .field("cors", &live.cors, &spec.cors);
        diff.finish()
    }

    fn replace_order(_: &[Change]) -> ReplaceOrder {
        ReplaceOrder::CreateFirst
    }
}
