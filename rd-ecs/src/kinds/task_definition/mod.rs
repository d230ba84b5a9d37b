//! `task_definition`: the task definition of the service. <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html>
//!
//! Its id is the family, and its live state is the revision that the service runs. A change registers a new revision, which
//! the service then deploys. Old revisions are kept for a rollback.

mod changed;
pub mod model;
pub mod register;
pub mod revisions;

use crate::clients::Clients;
use crate::kinds::repository::revision_tags::revision_of;
use crate::names::{COMMIT_TAG, TASK_DEFINITION};
use crate::read::{TaggedRevision, retag};
use aws_sdk_ecr::types::{ImageDetail, ImageIdentifier};
use model::{Live, Spec, live};
use rd_common::aws::Explain;
use rd_common::{
    Attribute, Change, CreateRequest, Ctx, Deletion, Details, Diff, Error, Found, Kind, Result,
    Retry, Tags, Wanted, attribute, is_unknown,
};
use serde_json::json;

/// An image as people know it: its tags in the stack's repository, which often name a commit, and the begin of its digest. The
/// reference alone where the tags cannot be read.
async fn image_name(ctx: &Ctx<Clients>, image: &str) -> String {
    let Some((place, digest)) = image.split_once('@') else {
        return image.to_owned();
    };
    let place = place.split_once('/').map_or(place, |(_, name)| name);
    let repository = &ctx.clients.names.repository;
    let short: String = digest.chars().take("sha256:".len() + 12).collect();
    let mut words = Vec::new();
    if place == repository {
        let id = ImageIdentifier::builder().image_digest(digest).build();
        let call = ctx
            .clients
            .ecr
            .describe_images()
            .repository_name(repository);
        // A status without tags is better than none.
        let images = call.image_ids(id).send().await;
        let images = images.map_or_else(
            |_| Vec::new(),
            |images| images.image_details.unwrap_or_default(),
        );
        let tags = images.iter().flat_map(ImageDetail::image_tags);
        words.extend(tags.filter(|tag| revision_of(tag).is_none()).cloned());
    }
    words.push(short);
    words.join(" ")
}

/// The kind `task_definition`; its id is the family.
pub struct TaskDefinition;

impl TaskDefinition {
    /// The ARN of the revision.
    pub const ARN: Attribute<String> = attribute!(Live, arn);
}

/// The most revisions that one call deletes.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteTaskDefinitions.html>
const MAX_PER_CALL: usize = 10;

/// The revision that counts as live: the one that the service runs. The newest one instead if there is no service, or if
/// the newest matches the settings and the service's does not.
async fn current(
    ctx: &Ctx<Clients>,
    cluster: Option<&str>,
    family: &str,
    spec: Option<&Spec>,
) -> Result<Option<TaggedRevision>> {
    let reads = &ctx.clients.reads;
    let service = async {
        match cluster {
            Some(cluster) => reads.service(cluster, &ctx.clients.names.service).await,
            None => Ok(None),
        }
    };
    // The service nearly always runs the newest revision, so that one is read at the same time.
    let (service, newest) = tokio::try_join!(service, reads.definition(family))?;
    let arn_of = |one: &TaggedRevision| one.definition.task_definition_arn().map(str::to_owned);
    let running = match service.and_then(|service| service.task_definition) {
        None => return Ok(newest),
        running if running == newest.as_ref().and_then(arn_of) => newest.clone(),
        Some(arn) => reads.definition(&arn).await?,
    };
    let matches = |one: &TaggedRevision| {
        let differs = |spec| content_changes(spec, &seen(ctx, family, one));
        // A value that is not known yet is not a difference.
        spec.is_some_and(|spec| differs(spec).iter().all(|change| is_unknown(&change.after)))
    };
    match running {
        Some(running) if spec.is_none() || matches(&running) => Ok(Some(running)),
        Some(running) => Ok(Some(newest.filter(matches).unwrap_or(running))),
        None => Ok(newest),
    }
}

/// A revision without what it keeps since it was adopted.
fn seen(ctx: &Ctx<Clients>, family: &str, revision: &TaggedRevision) -> Live {
    let whole = live(&revision.definition, &ctx.clients.names);
    let mut rest = json!(whole);
    ctx.hide_kept(TASK_DEFINITION, family, &mut rest);
    serde_json::from_value(rest).unwrap_or(whole)
}

/// The differences between the settings and a revision.
fn content_changes(spec: &Spec, live: &Live) -> Vec<Change> {
    let mut diff = Diff::new();
    diff.field("cpu", &live.cpu, &spec.cpu)
        .field("memory", &live.memory, &spec.memory)
        .field("architecture", &live.architecture, &spec.architecture)
        .field(
            "execution_role_arn",
            &live.execution_role_arn,
            &spec.execution_role_arn,
        )
        .field("task_role_arn", &live.task_role_arn, &spec.task_role_arn)
        .field("image", &live.image, &spec.image)
        .field("command", &live.command, &spec.command)
        .field("entry_point", &live.entry_point, &spec.entry_point)
        .field("port", live.port, &spec.port)
        .field("environment", &live.environment, &spec.environment)
        .field("secrets", &live.secrets, &spec.secrets)
        .field("log", live.log.as_far_as(&spec.log), &spec.log)
        .field("health_check", &live.health_check, &spec.health_check)
        .field("stop_timeout", live.stop_timeout, spec.stop_timeout)
        .field("read_only", live.read_only, spec.read_only)
        .field("init", live.init, true)
        .field("others", &live.others, [""; 0]);
    if !live.active {
        diff.field("state", "inactive", "active");
    }
    diff.finish()
}

impl Kind for TaskDefinition {
    const NAME: &'static str = "task_definition";
    const READS_BY_SPEC: bool = true;
    const KEEPS_MEMBERS: &'static [&'static str] = &["environment", "secrets"];
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let mut found = Vec::new();
        for one in wanted {
            let Some(family) = one.id_or(|spec| &spec.family) else {
                continue;
            };
            let spec = one.spec.as_ref();
            let cluster = spec.map(|spec| spec.cluster.as_str());
            let Some(revision) = current(ctx, cluster, &family, spec).await? else {
                continue;
            };
            found.push(Found {
                address: one.address.clone(),
                id: family,
                live: Live {
                    commit: revision.tags.get(COMMIT_TAG).cloned(),
                    ..live(&revision.definition, &ctx.clients.names)
                },
                tags: Some(revision.tags),
            });
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        register::register(ctx, request.spec, request.tags).await?;
        Ok(request.spec.family.clone())
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        live: &Live,
        spec: &Spec,
        changes: &[Change],
    ) -> Result<()> {
        // An interrupted run may have registered the revision already.
        let newest = ctx.clients.reads.definition(id).await?;
        let registered = newest
            .as_ref()
            .is_some_and(|newest| content_changes(spec, &seen(ctx, id, newest)).is_empty());
        if registered {
            return Ok(());
        }
        let tags = ctx.stack.tags_for(TASK_DEFINITION);
        match ctx.clients.reads.definition(&live.arn).await? {
            Some(base) => {
                register::register_changed(ctx, &base, live, spec, changes, &tags).await?;
            }
            None => {
                register::register(ctx, spec, &tags).await?;
            }
        }
        revisions::prune(ctx, &spec.cluster, id, spec.keep_revisions).await
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let (listed, newest) =
            tokio::try_join!(revisions::active(ctx, id), ctx.clients.reads.definition(id))?;
        let newest = newest.filter(|one| live(&one.definition, &ctx.clients.names).active);
        let newest = newest.and_then(|one| one.definition.task_definition_arn);
        // A revision that was registered a moment ago may be missing in the list, and others with it.
        let unlisted = newest.filter(|arn| !listed.contains(arn));
        let is_complete = unlisted.is_none();
        let all: Vec<String> = unlisted.into_iter().chain(listed).collect();
        if all.is_empty() {
            return Ok(Deletion::NotFound);
        }
        for arn in &all {
            revisions::deregister(ctx, arn).await?;
        }
        for some in all.chunks(MAX_PER_CALL) {
            let call = ctx.clients.ecs.delete_task_definitions();
            let call = call.set_task_definitions(Some(some.to_vec())).send();
            call.await.doing("delete the revisions")?;
        }
        if is_complete {
            Ok(Deletion::Accepted)
        } else {
            let error = Error::failed(format!("the list of revisions of {id} is not complete yet"));
            Err(error.retry(Retry::Later))
        }
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        let cluster = &ctx.clients.names.cluster;
        let Some(revision) = current(ctx, Some(cluster), id, None).await? else {
            return Ok(());
        };
        let arn = revision
            .definition
            .task_definition_arn()
            .unwrap_or_default();
        retag(&ctx.clients.ecs, arn, set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        let mut changes = content_changes(spec, live);
        if !changes.is_empty() {
            // The change is a new revision, whose ARN is known only after its registration.
            let new_arn = json!({"$ref": format!("{TASK_DEFINITION}.arn")});
            changes.extend(Diff::new().field("arn", &live.arn, new_arn).finish());
        }
        changes
    }

    async fn details(ctx: &Ctx<Clients>, _: &str, live: &Live) -> Result<Details> {
        let mut details = Details::new();
        details.insert(
            "image".to_owned(),
            image_name(ctx, &live.image).await.into(),
        );
        if let Some(commit) = &live.commit {
            details.insert("commit".to_owned(), commit.clone().into());
        }
        Ok(details)
    }
}
