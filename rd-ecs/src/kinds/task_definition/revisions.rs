//! The revisions of a family: which there are, and which go.

use crate::clients::Clients;
use aws_sdk_ecs::types::{SortOrder, TaskDefinitionStatus};
use rd_common::aws::Explain;
use rd_common::{Ctx, Result};

/// The ARNs of the active revisions, the newest first.
pub async fn active(ctx: &Ctx<Clients>, family: &str) -> Result<Vec<String>> {
    let mut arns = Vec::new();
    let mut next = None;
    loop {
        let call = ctx
            .clients
            .ecs
            .list_task_definitions()
            .family_prefix(family)
            .status(TaskDefinitionStatus::Active)
            .sort(SortOrder::Desc)
            .set_next_token(next);
        let answer = call.send().await.doing("list the revisions")?;
        arns.extend(answer.task_definition_arns.unwrap_or_default());
        next = answer.next_token;
        if next.is_none() {
            return Ok(arns);
        }
    }
}

/// Takes a revision out of use: no task is started from it any more.
pub async fn deregister(ctx: &Ctx<Clients>, arn: &str) -> Result<()> {
    let call = ctx.clients.ecs.deregister_task_definition();
    let call = call.task_definition(arn).send();
    call.await.doing("deregister a revision").map(|_| ())
}

/// Takes all but the newest `keep` out of use; what the service runs stays.
pub async fn prune(ctx: &Ctx<Clients>, cluster: &str, family: &str, keep: usize) -> Result<()> {
    let all = active(ctx, family).await?;
    if all.len() <= keep {
        return Ok(());
    }
    let service = ctx.clients.reads.service(cluster, family).await?;
    let used: Vec<&str> = service.as_ref().map_or(Vec::new(), |service| {
        let deployed = service
            .deployments()
            .iter()
            .filter_map(|one| one.task_definition());
        deployed.chain(service.task_definition()).collect()
    });
    for arn in all.iter().skip(keep) {
        if !used.contains(&arn.as_str()) {
            deregister(ctx, arn).await?;
        }
    }
    Ok(())
}
