//! What AWS has of the cache in a VPC, as resources of Terraform: `rd-state adopt --scan` maps them as those of a state.

use crate::clients::Clients;
use crate::kinds::cache_parameter_group::read_values;
use crate::kinds::replication_group::model::live;
use crate::kinds::replication_group::read_clusters;
use aws_sdk_elasticache::types::{CacheCluster, CacheSubnetGroup, ReplicationGroup};
use rd_common::aws::Explain;
use rd_common::terraform_resources::NAMES_OF_CACHE_SECRETS;
use rd_common::{Ctx, Result, ScanRequest, TerraformResources};
use rd_secret::Secrets;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What ElastiCache lists of the account.
struct Listed {
    groups: Vec<ReplicationGroup>,
    nodes: Vec<CacheCluster>,
    subnet_groups: Vec<CacheSubnetGroup>,
}

/// The replication groups in the VPC, with what they name, and the secrets.
pub async fn scan(ctx: &Ctx<Clients>, request: &ScanRequest) -> Result<TerraformResources> {
    let vpc = request.vpc_id()?;
    let elasticache = &ctx.clients.elasticache;
    let groups = elasticache.describe_replication_groups();
    let groups = groups.into_paginator().items().send();
    let subnet_groups = elasticache.describe_cache_subnet_groups();
    let subnet_groups = subnet_groups.into_paginator().items().send();
    let (groups, subnet_groups, nodes) = tokio::join!(
        groups.try_collect(),
        subnet_groups.try_collect(),
        read_clusters(ctx)
    );
    let listed = Listed {
        groups: groups.doing("list the replication groups")?,
        nodes: nodes?,
        subnet_groups: subnet_groups.doing("list the subnet groups of the cache")?,
    };
    let mut all = TerraformResources::default();
    for group in add_groups(&listed, vpc, &mut all) {
        let values = read_values(ctx, &group, Some("user")).await?;
        let parameters = values.unwrap_or_default().into_iter();
        let parameters: Vec<Value> = parameters
            .map(|(name, value)| json!({"name": name, "value": value}))
            .collect();
        let values = json!({"name": group, "parameter": parameters});
        all.add("aws_elasticache_parameter_group", &group, values);
    }
    if !all
        .texts("aws_elasticache_replication_group", "id")
        .is_empty()
    {
        let secrets = ctx.clients.secrets();
        rd_secret::scan::add(secrets, request, &NAMES_OF_CACHE_SECRETS, &mut all).await?;
    }
    Ok(all)
}

/// Adds the replication groups in the VPC with their subnet groups, and the nodes without a group, and returns the names of
/// their own parameter groups. Pure.
fn add_groups(listed: &Listed, vpc: &str, all: &mut TerraformResources) -> BTreeSet<String> {
    let in_vpc: Vec<&CacheSubnetGroup> = listed
        .subnet_groups
        .iter()
        .filter(|one| one.vpc_id() == Some(vpc))
        .collect();
    let is_there = |name: Option<&str>| {
        let mut groups = in_vpc.iter();
        name.is_some() && groups.any(|one| one.cache_subnet_group_name() == name)
    };
    let (mut subnets, mut parameters) = (BTreeSet::new(), BTreeSet::new());
    for group in &listed.groups {
        let one = live(group, &listed.nodes, None);
        if !is_there(one.subnet_group.as_deref()) || one.status == "deleting" {
            continue;
        }
        let id = group.replication_group_id().unwrap_or_default();
        let values = json!({
            "replication_group_id": id,
            "arn": group.arn(),
            "security_group_ids": one.security_group_ids,
            "subnet_group_name": one.subnet_group,
            "parameter_group_name": one.parameter_group,
            "engine": one.engine,
            "engine_version_actual": one.engine_version,
            "node_type": one.node_type,
            "num_cache_clusters": group.member_clusters().len(),
            "num_node_groups": group.node_groups().len(),
            "snapshot_retention_limit": one.snapshot_retention_days,
            "snapshot_window": one.snapshot_window,
            "maintenance_window": one.maintenance_window,
            "auto_minor_version_upgrade": one.auto_minor_version_upgrade,
        });
        all.add("aws_elasticache_replication_group", id, values);
        subnets.extend(one.subnet_group);
        let own = one.parameter_group;
        parameters.extend(own.filter(|name| !name.starts_with("default.")));
    }
    for node in &listed.nodes {
        if node.replication_group_id().is_none() && is_there(node.cache_subnet_group_name()) {
            let id = node.cache_cluster_id().unwrap_or_default();
            all.add("aws_elasticache_cluster", id, json!({"arn": node.arn()}));
        }
    }
    for group in in_vpc {
        let name = group.cache_subnet_group_name().unwrap_or_default();
        if subnets.contains(name) {
            let subnets = group.subnets().iter();
            let subnets: Vec<&str> = subnets.filter_map(|one| one.subnet_identifier()).collect();
            let values =
                json!({"name": name, "arn": group.arn(), "vpc_id": vpc, "subnet_ids": subnets});
            all.add("aws_elasticache_subnet_group", name, values);
        }
    }
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_elasticache::types::CacheParameterGroupStatus;

    #[test]
    fn only_what_is_in_the_vpc_is_found() {
        let subnets = |name: &str, vpc: &str| {
            CacheSubnetGroup::builder()
                .cache_subnet_group_name(name)
                .vpc_id(vpc)
                .build()
        };
        let group = |id: &str| {
            ReplicationGroup::builder()
                .replication_group_id(id)
                .member_clusters(format!("{id}-001"))
                .build()
        };
        let node = |id: &str, group: Option<&str>, subnets: &str, parameters: &str| {
            let parameters =
                CacheParameterGroupStatus::builder().cache_parameter_group_name(parameters);
            CacheCluster::builder()
                .cache_cluster_id(id)
                .set_replication_group_id(group.map(str::to_owned))
                .cache_subnet_group_name(subnets)
                .cache_parameter_group(parameters.build())
                .build()
        };
        let listed = Listed {
            groups: vec![group("web"), group("other"), group("new")],
            nodes: vec![
                node("web-001", Some("web"), "ours", "own"),
                node("other-001", Some("other"), "theirs", "default.redis7"),
                node("alone", None, "ours", "default.redis7"),
            ],
            subnet_groups: vec![subnets("ours", "vpc-1"), subnets("theirs", "vpc-2")],
        };
        let mut all = TerraformResources::default();
        let parameters = add_groups(&listed, "vpc-1", &mut all);
        assert_eq!(parameters, BTreeSet::from(["own".to_owned()]));
        assert_eq!(
            all.addresses(),
            [
                "aws_elasticache_replication_group.web",
                "aws_elasticache_cluster.alone",
                "aws_elasticache_subnet_group.ours",
            ]
        );
    }
}
