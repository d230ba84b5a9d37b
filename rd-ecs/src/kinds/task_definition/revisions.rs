//! The revisions of a family: lists the active ones, and deregisters old ones.

use crate::clients::Clients;
use crate::kinds::repository::revision_tags;
use aws_sdk_ecs::types::{SortOrder, TaskDefinitionStatus};
use rd_common::aws::Explain;
use rd_common::{Ctx, Result};

/// The ARNs of the active revisions, the newest first.
pub async fn active(ctx: &Ctx<Clients>, family: &str) -> Result<Vec<String>> {
    let call = ctx
        .clients
        .ecs
        .list_task_definitions()
        .family_prefix(family)
        .status(TaskDefinitionStatus::Active)
        .sort(SortOrder::Desc);
    let mut items = call.into_paginator().items().send();
    let mut arns = Vec::new();
    while let Some(arn) = items.next().await {
        arns.push(arn.doing("list the revisions")?);
    }
    Ok(arns)
}

/// Deregisters a revision: no new task can be started from it.
pub async fn deregister(ctx: &Ctx<Clients>, arn: &str) -> Result<()> {
    let call = ctx.clients.ecs.deregister_task_definition();
    match call
        .task_definition(arn)
        .send()
        .await
        .doing("deregister a revision")
    {
        // Another run has deregistered it, and deletes it.
        Err(error) if error.summary.contains("in the process of being deleted") => Ok(()),
        other => other.map(|_| ()),
    }
}

/// Deregisters all but the newest `keep` revisions, and never one that the service runs or deploys. Their images lose the
/// tags that have kept them.
pub async fn prune(ctx: &Ctx<Clients>, cluster: &str, family: &str, keep: usize) -> Result<()> {
    let all = active(ctx, family).await?;
    let name = &ctx.clients.names.service;
    let service = ctx.clients.reads.service(cluster, name).await?;
    let mut kept: Vec<String> = service.as_ref().map_or(Vec::new(), |service| {
        let deployed = service
            .deployments()
            .iter()
            .filter_map(|one| one.task_definition());
        let used = deployed.chain(service.task_definition());
        used.map(str::to_owned).collect()
    });
    for (at, arn) in all.into_iter().enumerate() {
        if kept.contains(&arn) {
            continue;
        }
        if at < keep {
            kept.push(arn);
        } else {
            ctx.retrying(|| deregister(ctx, &arn)).await?;
        }
    }
    revision_tags::clean_up(ctx, &kept).await
}
