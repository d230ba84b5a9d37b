//! `repository`: the ECR repository of the stack's images, with its lifecycle policy.
//! <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html>

pub mod images;
pub mod lifecycle;
pub mod revision_tags;

use crate::clients::Clients;
use aws_sdk_ecr::types::{
    EncryptionConfiguration, EncryptionType, ImageScanningConfiguration, ImageTagMutability, Tag,
};
use rd_common::aws::Explain;
use rd_common::{
    Attribute, Change, CreateRequest, Ctx, Deletion, Diff, Error, Found, Kind, Note, Result, Tags,
    Wanted, attribute, sdk_tags, tags_from_sdk, touches,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The kind `repository`; its id is the repository's name.
pub struct Repository;

impl Repository {
    /// The address of its images without a tag: the registry's host and the repository's name.
    pub const URL: Attribute<String> = attribute!(Live, url);
}

/// The settings of the repository.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The repository's name, which is its id.
    pub name: String,
    /// Whether ECR scans an image for vulnerabilities when it is pushed.
    pub scan_on_push: bool,
    /// Whether tags are immutable: a pushed tag cannot move to another image.
    pub immutable_tags: bool,
    /// The KMS key that encrypts images; none for AES-256 with a key of AWS's.
    pub kms_key: Option<String>,
    /// The lifecycle policy, which deletes old images.
    pub lifecycle: Value,
}

/// The repository as ECR describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The name of the repository.
    pub name: String,
    /// The ARN of the repository.
    pub arn: String,
    /// The registry's host and the repository's name, to which images are pushed.
    pub url: String,
    /// Whether ECR scans an image for vulnerabilities when it is pushed.
    pub scan_on_push: bool,
    /// Whether tags are immutable: a pushed tag cannot move to another image.
    pub immutable_tags: bool,
    /// The filters for tags to which the setting about immutable tags does not apply; rd sets none.
    #[serde(default)]
    pub tag_exclusions: Vec<String>,
    /// The ARN of the KMS key; none for AES-256.
    pub kms_key: Option<String>,
    /// The lifecycle policy; null where there is none.
    pub lifecycle: Value,
}

const GONE: &str = "RepositoryNotFoundException";

fn mutability(immutable: bool) -> ImageTagMutability {
    if immutable {
        ImageTagMutability::Immutable
    } else {
        ImageTagMutability::Mutable
    }
}

async fn policy(ctx: &Ctx<Clients>, name: &str) -> Result<Value> {
    let call = ctx.clients.ecr.get_lifecycle_policy().repository_name(name);
    match call.send().await.doing("read the lifecycle policy") {
        Err(error) if error.is(&["LifecyclePolicyNotFoundException", GONE]) => Ok(Value::Null),
        other => {
            let text = other?.lifecycle_policy_text.unwrap_or_default();
            let document = serde_json::from_str(&text).unwrap_or(Value::Null);
            Ok(lifecycle::normalised(document))
        }
    }
}

async fn read(ctx: &Ctx<Clients>, name: &str) -> Result<Option<Live>> {
    let repositories = async {
        let call = ctx.clients.ecr.describe_repositories();
        match call
            .repository_names(name)
            .send()
            .await
            .doing("read the repository")
        {
            Err(error) if error.is(&[GONE]) => Ok(Vec::new()),
            other => Ok(other?.repositories.unwrap_or_default()),
        }
    };
    let (repositories, lifecycle) = tokio::try_join!(repositories, policy(ctx, name))?;
    let mut repositories = repositories.into_iter();
    let repository = repositories.find(|one| one.repository_name() == Some(name));
    Ok(repository.map(|one| Live {
        name: name.to_owned(),
        arn: one.repository_arn().unwrap_or_default().to_owned(),
        url: one.repository_uri().unwrap_or_default().to_owned(),
        scan_on_push: one
            .image_scanning_configuration()
            .is_some_and(ImageScanningConfiguration::scan_on_push),
        immutable_tags: matches!(
            one.image_tag_mutability(),
            Some(ImageTagMutability::Immutable | ImageTagMutability::ImmutableWithExclusion)
        ),
        tag_exclusions: one
            .image_tag_mutability_exclusion_filters()
            .iter()
            .map(|filter| filter.filter().to_owned())
            .collect(),
        kms_key: one
            .encryption_configuration()
            .and_then(|encryption| encryption.kms_key())
            .map(str::to_owned),
        lifecycle,
    }))
}

impl Kind for Repository {
    const NAME: &'static str = "repository";
    const DATA: Option<&'static str> = Some("the images in it");
    const WHILE_GONE: Option<&'static str> = Some("tasks that start cannot pull its images");
    const TAGS_NOT_READ: bool = true;
    const CHECKED_WITH_AWS: &'static [&'static str] = &["lifecycle"];
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let mut found = Vec::new();
        for one in wanted {
            let Some(name) = one.id_or(|spec| &spec.name) else {
                continue;
            };
            let Some(live) = read(ctx, &name).await? else {
                continue;
            };
            let tags = if one.id.is_some() && ctx.knows(&name) {
                None
            } else {
                let call = ctx.clients.ecr.list_tags_for_resource();
                let answer = call.resource_arn(&live.arn).send().await;
                match answer.doing("read the repository's tags") {
                    // It was deleted a moment ago, and the read before does not show that yet.
                    Err(error) if error.is(&[GONE]) => continue,
                    other => Some(tags_from_sdk!(other?.tags())),
                }
            };
            found.push(Found {
                address: one.address.clone(),
                id: name,
                live,
                tags,
            });
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let spec = request.spec;
        let scanning = ImageScanningConfiguration::builder().scan_on_push(spec.scan_on_push);
        let encryption = EncryptionConfiguration::builder()
            .encryption_type(match spec.kms_key {
                Some(_) => EncryptionType::Kms,
                None => EncryptionType::Aes256,
            })
            .set_kms_key(spec.kms_key.clone())
            .build()
            .map_err(|e| {
                Error::failed(format!("the encryption is incomplete: {e}")).caused_by(e)
            })?;
        let call = ctx
            .clients
            .ecr
            .create_repository()
            .repository_name(&spec.name)
            .image_scanning_configuration(scanning.build())
            .image_tag_mutability(mutability(spec.immutable_tags))
            .encryption_configuration(encryption)
            .set_tags(Some(sdk_tags!(Tag, request.tags)));
        match call.send().await.doing("create the repository") {
            Err(error) if error.is(&["RepositoryAlreadyExistsException"]) => Ok(spec.name.clone()),
            other => other.map(|_| spec.name.clone()),
        }
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        _live: &Live,
        spec: &Spec,
        changes: &[Change],
    ) -> Result<()> {
        let ecr = &ctx.clients.ecr;
        if touches(changes, "lifecycle") {
            revision_tags::keep_all_images(ctx).await?;
            let call = ecr.put_lifecycle_policy().repository_name(id);
            let call = call.lifecycle_policy_text(spec.lifecycle.to_string());
            call.send().await.doing("set the lifecycle policy")?;
        }
        if touches(changes, "scan_on_push") {
            let scanning = ImageScanningConfiguration::builder().scan_on_push(spec.scan_on_push);
            let call = ecr.put_image_scanning_configuration().repository_name(id);
            let call = call.image_scanning_configuration(scanning.build()).send();
            call.await.doing("set scan on push")?;
        }
        if touches(changes, "immutable_tags") || touches(changes, "tag_exclusions") {
            let call = ecr.put_image_tag_mutability().repository_name(id);
            let call = call.image_tag_mutability(mutability(spec.immutable_tags));
            call.send().await.doing("set tag immutability")?;
        }
        Ok(())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let call = ctx.clients.ecr.delete_repository().repository_name(id);
        match call.send().await.doing("delete the repository") {
            Err(error) if error.is(&["RepositoryNotEmptyException"]) => Err(error
                .hint("rd-ecs images lists its images; destroy --delete-images deletes all of them permanently")),
            other => Deletion::of(other, &[GONE]),
        }
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        let ecr = &ctx.clients.ecr;
        let Some(Live { arn, .. }) = read(ctx, id).await? else {
            return Ok(());
        };
        if !set.is_empty() {
            let call = ecr.tag_resource().resource_arn(&arn);
            let call = call.set_tags(Some(sdk_tags!(Tag, set))).send();
            call.await.doing("set the repository's tags")?;
        }
        if !remove.is_empty() {
            let call = ecr.untag_resource().resource_arn(&arn);
            let call = call.set_tag_keys(Some(remove.to_vec())).send();
            call.await.doing("remove the repository's tags")?;
        }
        Ok(())
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        let mut diff = Diff::new();
        diff.fixed("name", &live.name, &spec.name)
            .field("scan_on_push", live.scan_on_push, spec.scan_on_push)
            .field("immutable_tags", live.immutable_tags, spec.immutable_tags)
            .field("tag_exclusions", &live.tag_exclusions, [""; 0])
            .field("lifecycle", &live.lifecycle, &spec.lifecycle)
            .fixed_kms_key(live.kms_key.as_deref(), spec.kms_key.as_deref());
        // A change between AES-256 and a KMS key replaces the repository.
        if live.kms_key.is_some() != spec.kms_key.is_some() {
            diff.fixed("kms_key", &live.kms_key, &spec.kms_key);
        }
        diff.finish()
    }

    /// Refuses a lifecycle policy that would delete the image of a kept revision.
    async fn check_with_aws(
        ctx: &Ctx<Clients>,
        _spec: &Spec,
        live: Option<&Live>,
        _changes: &[Change],
    ) -> Result<Vec<Note>> {
        // Where tags can move, an apply moves them.
        if live.is_none_or(|live| !live.immutable_tags) {
            return Ok(Vec::new());
        }
        match revision_tags::check_tags_are_free(ctx).await {
            Err(error) if error.is(&revision_tags::DENIED) => Ok(Vec::new()),
            checked => checked.map(|()| Vec::new()),
        }
    }

    /// Refuses a replacement, which would delete the images.
    fn validate(spec: &Spec, _live: &Live, _last: Option<&Spec>, changes: &[Change]) -> Result<()> {
        if changes.iter().any(|change| change.replaces) {
            return Err(Error::refused(format!(
                "this change would replace the repository {} and delete its images",
                spec.name
            ))
            .hint("set kms_key back; or push the images to another repository, delete this one manually, and apply again"));
        }
        Ok(())
    }
}
