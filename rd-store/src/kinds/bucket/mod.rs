//! `bucket`: an S3 bucket with its settings. The create call sets name and tags; each setting is a field that `diff`
//! compares and `update` sets, and has a file of its own: what is desired, how it is read, how it is set.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>

pub mod cors;
pub mod encryption;
pub mod lifecycle;
pub mod ownership;
pub mod policy;
pub mod public_access;
pub mod size;
pub mod tags;
pub mod versioning;

use crate::bucket_contents;
use crate::clients::Clients;
use crate::s3_errors::{explain, explain_change, explain_read};
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration, Tag};
use rd_common::aws::Explain;
use rd_common::{
    Change, CreateRequest, Ctx, Deletion, Details, Diff, Found, Kind, Result, Retry, Tags, Wanted,
    sdk_tags, touches,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The kind `bucket`, whose id is the bucket's name.
pub struct Bucket;

/// The region whose buckets are created without a location constraint.
const DEFAULT_REGION: &str = "us-east-1";

/// The desired bucket with all of its settings.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The bucket's name, which is also its id.
    pub name: String,
    /// The four switches of the public access block.
    pub public_access_block: public_access::PublicAccessBlock,
    /// The object ownership in AWS's words.
    pub ownership: String,
    /// The default encryption of new objects.
    pub encryption: encryption::Encryption,
    /// Whether versioning is enabled.
    pub versioning: bool,
    /// The bucket policy as JSON.
    pub policy: Value,
    /// The lifecycle rules, by id.
    pub lifecycle: Vec<lifecycle::Rule>,
    /// The CORS rules in order.
    pub cors: Vec<cors::Rule>,
}

/// The bucket as S3 describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The bucket's name, which is also its id.
    pub name: String,
    /// The four switches of the public access block.
    pub public_access_block: public_access::PublicAccessBlock,
    /// The object ownership in AWS's words; none where it is not configured.
    pub ownership: Option<String>,
    /// The default encryption of new objects.
    pub encryption: encryption::Encryption,
    /// The types of encryption that the bucket refuses.
    #[serde(default)]
    pub blocked_encryption: Vec<String>,
    /// Whether versioning is enabled.
    pub versioning: bool,
    /// The bucket policy as JSON, normalized; null where there is none.
    pub policy: Value,
    /// The lifecycle rules, by id.
    pub lifecycle: Vec<lifecycle::Rule>,
    /// The CORS rules in order.
    pub cors: Vec<cors::Rule>,
}

/// Reads all settings and the tags at the same time; none where the bucket does not exist.
async fn read(s3: &Client, name: &str) -> Result<Option<(Live, Tags)>> {
    let settings = tokio::try_join!(
        public_access::get(s3, name),
        ownership::get(s3, name),
        encryption::get(s3, name),
        versioning::get(s3, name),
        policy::get(s3, name),
        lifecycle::get(s3, name),
        cors::get(s3, name),
        tags::get(s3, name),
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
                encryption: encryption.encryption,
                blocked_encryption: encryption.blocked,
                versioning,
                policy,
                lifecycle,
                cors,
            },
            tags,
        ))),
        Err(error) if error.is(&["NoSuchBucket", "NotFound"]) => Ok(None),
        Err(error) => Err(explain_read(error, name)),
    }
}

impl Kind for Bucket {
    const NAME: &'static str = "bucket";
    const DATA: Option<&'static str> = Some("the objects in it");
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    // Settings show their old values again for a while, or none.
    // https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/s3/wait.go
    const READS_IN_A_ROW: u32 = 3;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let mut found = Vec::new();
        for one in wanted {
            let Some(name) = one.id_or(|spec| &spec.name) else {
                continue;
            };
            // A bucket that does not exist yet costs one call, not one for each setting.
            if one.id.is_none()
                && let Err(error) = tags::get(&ctx.clients.s3, &name).await
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
        let create = async |tags: Option<Vec<Tag>>| {
            let location =
                (region != DEFAULT_REGION).then(|| BucketLocationConstraint::from(region.as_str()));
            let configuration = (location.is_some() || tags.is_some()).then(|| {
                CreateBucketConfiguration::builder()
                    .set_location_constraint(location)
                    .set_tags(tags)
                    .build()
            });
            let call = ctx.clients.s3.create_bucket().bucket(name);
            call.set_create_bucket_configuration(configuration)
                .send()
                .await
                .doing("create the bucket")
        };
        let answer = match create(Some(sdk_tags!(Tag, request.tags))).await {
            // Tags need s3:TagResource besides s3:CreateBucket, and S3 refuses both without it. The tags follow at once:
            // until then, the state says that the bucket is this stack's.
            // https://github.com/hashicorp/terraform-provider-aws/pull/45251
            Err(refused) if refused.is(&["AccessDenied"]) => {
                create(None).await.map_err(|_| refused)
            }
            other => other,
        };
        match answer {
            Err(error) if error.is(&["BucketAlreadyOwnedByYou"]) => Ok(name.clone()),
            Err(error) => Err(explain(error, name)),
            Ok(_) => Ok(name.clone()),
        }
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        live: &Live,
        spec: &Spec,
        changes: &[Change],
    ) -> Result<()> {
        // One at a time, because S3 refuses concurrent changes of a bucket. What restricts access comes first.
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
                encryption::put(s3, id, &spec.encryption, &live.blocked_encryption).await?;
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
        changed.await.map_err(|error| explain_change(error, id))
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let s3 = &ctx.clients.s3;
        let answer = s3.delete_bucket().bucket(id).send().await;
        match answer.doing("delete the bucket") {
            Err(error) if error.is(&["BucketNotEmpty"]) => {
                if ctx.clients.may_delete_objects() {
                    // Something was written after the bucket had been emptied, or S3 does not know it empty yet.
                    bucket_contents::delete_all(ctx, id).await?;
                    return Err(error.retry(Retry::Later));
                }
                if bucket_contents::is_empty(s3, id).await? {
                    return Err(error.retry(Retry::Later));
                }
                Err(error.hint("it still has objects or versions: rd-store destroy --delete-objects deletes them with the bucket"))
            }
            other => Deletion::of(other, &["NoSuchBucket"]).map_err(|error| explain(error, id)),
        }
    }

    async fn details(ctx: &Ctx<Clients>, id: &str, _: &Live) -> Result<Details> {
        let mut details = Details::new();
        details.insert("size".to_owned(), size::size(ctx, id).await?.into());
        Ok(details)
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        tags::change(ctx, id, set, remove)
            .await
            .map_err(|error| explain_change(error, id))
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
            .field("versioning", live.versioning, spec.versioning);
        if !encryption::same(&live.encryption, &spec.encryption) {
            diff.field("encryption", &live.encryption, &spec.encryption);
        }
        if live.policy != policy::normalize(&spec.policy) {
            diff.field("policy", &live.policy, &spec.policy);
        }
        diff.field("lifecycle", &live.lifecycle, &spec.lifecycle);
        if !cors::same(&live.cors, &spec.cors) {
            diff.field("cors", &live.cors, &spec.cors);
        }
        diff.finish()
    }
}
