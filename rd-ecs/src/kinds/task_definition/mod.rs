//! `task_definition`: what a task is. <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html>
//!
//! Known by its family: what there is of it is the revision that the service runs. A change makes another revision, and
//! the service is told to run that one. Old revisions stay, to roll back to.

pub mod model;
pub mod register;
pub mod revisions;

use crate::clients::Clients;
use crate::names::TASK_DEFINITION;
use crate::read::{Described, retag};
use model::{Live, Spec, live};
use rd_common::aws::Explain;
use rd_common::{
    Attribute, Change, CreateRequest, Ctx, Diff, Found, Kind, Result, Tags, Wanted, attribute,
    is_unknown,
};
use serde_json::json;

/// The kind.
pub struct TaskDefinition;

impl TaskDefinition {
    /// The ARN of the revision.
    pub const ARN: Attribute<String> = attribute!(Live, arn);
}

/// How many revisions one call deletes.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteTaskDefinitions.html>
const AT_ONCE: usize = 10;

/// The revision that counts: the one that the service runs; but the newest one, where that is as wanted and the
/// service's is not, or where there is no service.
async fn current(
    ctx: &Ctx<Clients>,
    cluster: Option<&str>,
    family: &str,
    spec: Option<&Spec>,
) -> Result<Option<Described>> {
    let reads = &ctx.clients.reads;
    let service = match cluster {
        Some(cluster) => reads.service(cluster, family).await?,
        None => None,
    };
    let runs = match service.and_then(|service| service.task_definition) {
        Some(arn) => reads.definition(&arn).await?,
        None => None,
    };
    let right = |one: &Described| {
        let differs = |spec| content_changes(spec, &live(&one.definition));
        // What is not known yet speaks for no other revision.
        spec.is_some_and(|spec| differs(spec).iter().all(|change| is_unknown(&change.after)))
    };
    match runs {
        Some(runs) if spec.is_none() || right(&runs) => Ok(Some(runs)),
        Some(runs) => {
            let newest = reads.definition(family).await?;
            Ok(Some(newest.filter(right).unwrap_or(runs)))
        }
        None => reads.definition(family).await,
    }
}

/// What differs between what is wanted and a revision.
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
        .field("log", &live.log, &spec.log)
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
            let Some(there) = current(ctx, cluster, &family, spec).await? else {
                continue;
            };
            found.push(Found {
                address: one.address.clone(),
                id: family,
                live: live(&there.definition),
                tags: Some(there.tags),
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
        _live: &Live,
        spec: &Spec,
        _changes: &[Change],
    ) -> Result<()> {
        // A revision that is right may be there: of a run that was cut off before the service was told.
        let newest = ctx.clients.reads.definition(id).await?;
        let right = newest
            .as_ref()
            .is_some_and(|newest| content_changes(spec, &live(&newest.definition)).is_empty());
        if right {
            return Ok(());
        }
        let tags = ctx.stack.tags_for(TASK_DEFINITION);
        register::register(ctx, spec, &tags).await?;
        revisions::prune(ctx, &spec.cluster, id, spec.keep_revisions).await
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<()> {
        let all = revisions::active(ctx, id).await?;
        for arn in &all {
            revisions::deregister(ctx, arn).await?;
        }
        for some in all.chunks(AT_ONCE) {
            let call = ctx.clients.ecs.delete_task_definitions();
            let call = call.set_task_definitions(Some(some.to_vec())).send();
            call.await.doing("delete the revisions")?;
        }
        Ok(())
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        let cluster = crate::names::cluster(&ctx.stack);
        let Some(there) = current(ctx, Some(&cluster), id, None).await? else {
            return Ok(());
        };
        let arn = there.definition.task_definition_arn().unwrap_or_default();
        retag(&ctx.clients.ecs, arn, set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        let mut changes = content_changes(spec, live);
        if !changes.is_empty() {
            // The change is another revision, which only its registration names.
            let another = json!({"$ref": format!("{TASK_DEFINITION}.arn")});
            changes.extend(Diff::new().field("arn", &live.arn, another).finish());
        }
        changes
    }
}
