//! What AWS has of the service in a VPC, as resources of Terraform: `rd-state adopt --scan` maps them as those of a state.

mod definition;
mod image;
mod scaling;
mod service;

use crate::clients::Clients;
use aws_sdk_ecs::types::{Cluster, ClusterField, ClusterSettingName, Service, ServiceField};
use rd_common::aws::Explain;
use rd_common::{Ctx, Result, ScanRequest, TerraformResources};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// How many clusters, and how many services, one call describes.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeClusters.html>
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html>
const CLUSTERS_PER_CALL: usize = 100;
const SERVICES_PER_CALL: usize = 10;

/// The services whose tasks are in the subnets that were found, or in their target groups, with their clusters and all that they name.
pub async fn scan(ctx: &Ctx<Clients>, request: &ScanRequest) -> Result<TerraformResources> {
    let found = |kind| -> BTreeSet<&str> { request.found.texts(kind, "id").into_iter().collect() };
    let (subnets, groups) = (found("aws_subnet"), found("aws_lb_target_group"));
    // One on EC2 instances may have no subnets of its own.
    let is_here = |one: &&Service| {
        service::subnets(one).any(|subnet| subnets.contains(subnet))
            || service::target_groups(one).any(|group| groups.contains(group))
    };
    let mut all = TerraformResources::default();
    for cluster in clusters(ctx).await? {
        let services = services(ctx, &cluster).await?;
        let here: Vec<&Service> = services.iter().filter(is_here).collect();
        if here.is_empty() {
            continue;
        }
        add_cluster(&cluster, &mut all);
        for one in here {
            let id = one.service_arn().unwrap_or_default();
            all.add("aws_ecs_service", id, service::values(one));
            definition::add(ctx, one, &mut all).await?;
            scaling::add(ctx, one, &mut all).await?;
        }
    }
    Ok(all)
}

async fn clusters(ctx: &Ctx<Clients>) -> Result<Vec<Cluster>> {
    let arns = ctx.clients.ecs.list_clusters().into_paginator();
    let arns = arns.items().send().try_collect().await;
    let arns: Vec<String> = arns.doing("list the clusters")?;
    let mut all = Vec::new();
    for some in arns.chunks(CLUSTERS_PER_CALL) {
        let call = ctx
            .clients
            .ecs
            .describe_clusters()
            .include(ClusterField::Settings);
        let answer = call.set_clusters(Some(some.to_vec())).send().await;
        let answer = answer.doing("read the clusters")?;
        all.extend(answer.clusters.unwrap_or_default());
    }
    Ok(all)
}

async fn services(ctx: &Ctx<Clients>, cluster: &Cluster) -> Result<Vec<Service>> {
    let cluster = cluster.cluster_arn().unwrap_or_default();
    let arns = ctx.clients.ecs.list_services().cluster(cluster);
    let arns = arns.into_paginator().items().send().try_collect().await;
    let arns: Vec<String> = match arns.doing("list the services") {
        // It was deleted since it was listed.
        Err(error) if error.is(&["ClusterNotFoundException"]) => return Ok(Vec::new()),
        other => other?,
    };
    let mut all = Vec::new();
    for some in arns.chunks(SERVICES_PER_CALL) {
        let call = ctx.clients.ecs.describe_services().cluster(cluster);
        let call = call
            .set_services(Some(some.to_vec()))
            .include(ServiceField::Tags);
        let answer = call.send().await.doing("read the services")?;
        all.extend(answer.services.unwrap_or_default());
    }
    all.retain(|one| one.status() == Some("ACTIVE"));
    Ok(all)
}

fn add_cluster(cluster: &Cluster, all: &mut TerraformResources) {
    let arn = cluster.cluster_arn().unwrap_or_default();
    let settings = cluster.settings().iter();
    let settings: Vec<Value> = settings
        .map(
            |one| json!({"name": one.name().map(ClusterSettingName::as_str), "value": one.value()}),
        )
        .collect();
    let values = json!({"arn": arn, "name": cluster.cluster_name(), "setting": settings});
    all.add("aws_ecs_cluster", arn, values);
}
