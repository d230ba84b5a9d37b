//! `cache_subnet_group`: the subnets in which ElastiCache places the nodes.
//! <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CacheSubnetGroup.html>

use crate::clients::Clients;
use crate::elasticache;
use aws_sdk_elasticache::types::{CacheSubnetGroup as ElastiCacheSubnetGroup, Tag};
use rd_common::aws::Explain;
use rd_common::resource::subnet_group::{self, Live, Spec};
use rd_common::{
    Change, CreateRequest, Ctx, Deletion, Found, Kind, ReplaceOrder, Result, Retry, Tags, Wanted,
    sdk_tags,
};
use rd_iam::service_linked_role;

/// The kind `cache_subnet_group`: the private subnets in which ElastiCache places nodes.
pub struct CacheSubnetGroup;

fn live(name: String, group: &ElastiCacheSubnetGroup) -> Live {
    let mut subnet_ids: Vec<String> = group
        .subnets()
        .iter()
        .filter_map(|subnet| subnet.subnet_identifier().map(str::to_owned))
        .collect();
    subnet_ids.sort();
    Live {
        name,
        description: group
            .cache_subnet_group_description()
            .unwrap_or_default()
            .to_owned(),
        subnet_ids,
        vpc_id: group.vpc_id().unwrap_or_default().to_owned(),
        status: None,
    }
}

impl Kind for CacheSubnetGroup {
    const NAME: &'static str = "cache_subnet_group";
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let mut found = Vec::new();
        for one in wanted {
            let Some(name) = one.id_or(|spec| &spec.name) else {
                continue;
            };
            let call = ctx.clients.elasticache.describe_cache_subnet_groups();
            let arn = elasticache::arn(ctx, "subnetgroup", &name);
            let (answer, tags) = tokio::join!(
                call.cache_subnet_group_name(&name).send(),
                elasticache::read_tags(ctx, &arn)
            );
            let answer = match answer.doing("read the cache's subnet group") {
                Err(error) if elasticache::is_not_found(&error) => continue,
                other => other?,
            };
            let (Some(group), Some(tags)) = (answer.cache_subnet_groups().first(), tags?) else {
                continue;
            };
            found.push(Found {
                address: one.address.clone(),
                id: name.clone(),
                live: live(name, group),
                tags: Some(tags),
            });
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        service_linked_role::ensure(&ctx.clients.iam, service_linked_role::ELASTICACHE).await?;
        let name = &request.spec.name;
        let call = ctx
            .clients
            .elasticache
            .create_cache_subnet_group()
            .cache_subnet_group_name(name)
            .cache_subnet_group_description(&request.spec.description)
            .set_subnet_ids(request.spec.subnet_ids.known().cloned())
            .set_tags(Some(sdk_tags!(Tag, request.tags)));
        match call.send().await.doing("create the cache's subnet group") {
            // The engine found none before, so an attempt whose answer was lost has created it.
            Err(error) if error.is(&["CacheSubnetGroupAlreadyExists"]) => Ok(name.clone()),
            other => other
                .map_err(elasticache::retry_if_temporary)
                .map(|_| name.clone()),
        }
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        _live: &Live,
        spec: &Spec,
        _changes: &[Change],
    ) -> Result<()> {
        let call = ctx
            .clients
            .elasticache
            .modify_cache_subnet_group()
            .cache_subnet_group_name(id)
            .cache_subnet_group_description(&spec.description)
            .set_subnet_ids(spec.subnet_ids.known().cloned());
        call.send()
            .await
            .doing("change the cache's subnet group")
            .map(|_| ())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let call = ctx.clients.elasticache.delete_cache_subnet_group();
        let answer = call.cache_subnet_group_name(id).send().await;
        let answer = answer.doing("delete the cache's subnet group");
        let codes = ["CacheSubnetGroupNotFoundFault", "CacheSubnetGroupNotFound"];
        elasticache::deleted(answer, &codes)
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        let arn = elasticache::arn(ctx, "subnetgroup", id);
        elasticache::change_tags(ctx, &arn, set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        subnet_group::diff(spec, live)
    }

    fn replace_order(_: &[Change]) -> ReplaceOrder {
        ReplaceOrder::DeleteFirst
    }

    async fn in_use_by(ctx: &Ctx<Clients>, id: &str) -> Result<Option<String>> {
        let clusters = ctx.clients.elasticache.describe_cache_clusters();
        let clusters = clusters.into_paginator().items().send();
        let clusters = clusters.try_collect().await;
        let clusters = match clusters.doing("read the nodes that use the subnet group") {
            // Only a hint is lost if the credentials do not allow the call.
            Err(error) if error.retry == Retry::Never => return Ok(None),
            other => other?,
        };
        let users: Vec<String> = clusters
            .iter()
            .filter(|cluster| cluster.cache_subnet_group_name() == Some(id))
            .map(|cluster| {
                format!(
                    "the node {} ({})",
                    cluster.cache_cluster_id().unwrap_or_default(),
                    cluster.cache_cluster_status().unwrap_or_default()
                )
            })
            .collect();
        Ok((!users.is_empty()).then(|| users.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::live;
    use crate::recorded::elasticache;

    #[tokio::test]
    async fn a_subnet_group_as_aws_describes_it() {
        let elasticache = elasticache(
            "DescribeCacheSubnetGroups",
            "<CacheSubnetGroups><CacheSubnetGroup><CacheSubnetGroupName>shop-test-redis</CacheSubnetGroupName>\
             <CacheSubnetGroupDescription> </CacheSubnetGroupDescription><VpcId>vpc-f151</VpcId><Subnets>\
             <Subnet><SubnetIdentifier>subnet-ecfb</SubnetIdentifier><SubnetAvailabilityZone><Name>us-east-1a</Name>\
             </SubnetAvailabilityZone></Subnet><Subnet><SubnetIdentifier>subnet-71bd</SubnetIdentifier>\
             <SubnetAvailabilityZone><Name>us-east-1d</Name></SubnetAvailabilityZone></Subnet></Subnets>\
             </CacheSubnetGroup></CacheSubnetGroups>",
        );
        let answer = elasticache
            .describe_cache_subnet_groups()
            .send()
            .await
            .unwrap();
        let live = live(
            "shop-test-redis".to_owned(),
            &answer.cache_subnet_groups()[0],
        );
        assert_eq!(live.subnet_ids, ["subnet-71bd", "subnet-ecfb"]);
        assert_eq!(
            (live.vpc_id.as_str(), live.description.as_str()),
            ("vpc-f151", " ")
        );
    }
}
