//! `replication_group`: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReplicationGroup.html>

pub mod compare;
mod memory;
pub mod model;
pub mod modify;

use crate::clients::Clients;
use crate::elasticache;
use aws_sdk_elasticache::types::{CacheCluster, ReplicationGroup as Group};
use jiff::Timestamp;
use model::{Live, Spec, live};
use rd_common::aws::Explain;
use rd_common::stack::FINAL_SNAPSHOT_TAG;
use rd_common::{
    Change, CreateRequest, Ctx, Details, Found, Kind, Readiness, ReplaceOrder, Result, Tags,
    Timeouts, Wanted,
};
use rd_iam::service_linked_role;
use rd_secret::secret::GIVEN_GENERATION_TAG;
use std::time::Duration;

/// The kind.
pub struct ReplicationGroup;

async fn group(ctx: &Ctx<Clients>, id: &str) -> Result<Option<Group>> {
    let call = ctx.clients.elasticache.describe_replication_groups();
    let answer = call.replication_group_id(id).send().await;
    match answer.doing("read the replication group") {
        Err(error) if elasticache::is_gone(&error) => Ok(None),
        other => Ok(other?.replication_groups().first().cloned()),
    }
}

/// Every node of the account: ElastiCache has no way to ask for those of a group.
async fn clusters(ctx: &Ctx<Clients>) -> Result<Vec<CacheCluster>> {
    let mut all = Vec::new();
    let mut marker = None;
    loop {
        let call = ctx.clients.elasticache.describe_cache_clusters();
        let page = call
            .set_marker(marker)
            .send()
            .await
            .doing("read the nodes")?;
        all.extend(page.cache_clusters.unwrap_or_default());
        marker = page.marker.filter(|marker| !marker.is_empty());
        if marker.is_none() {
            return Ok(all);
        }
    }
}

/// The group of this name, with its nodes and tags.
pub async fn read(ctx: &Ctx<Clients>, id: &str) -> Result<Option<(Live, Tags)>> {
    let arn = elasticache::arn(ctx, "replicationgroup", id);
    let (group, clusters, tags) =
        tokio::try_join!(group(ctx, id), clusters(ctx), elasticache::tags(ctx, &arn))?;
    let Some(group) = group else {
        return Ok(None);
    };
    let tags = tags.unwrap_or_default();
    Ok(Some((live(&group, &clusters, &tags), tags)))
}

impl Kind for ReplicationGroup {
    const NAME: &'static str = "replication_group";
    const TIMEOUTS: Timeouts = Timeouts {
        first: Duration::from_millis(200),
        pause: Duration::from_secs(8),
        limit: Duration::from_secs(60 * 60),
    };
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let mut found = Vec::new();
        for one in wanted {
            let Some(id) = one.id_or(|spec| &spec.id) else {
                continue;
            };
            if let Some((live, tags)) = read(ctx, &id).await? {
                found.push(Found {
                    address: one.address.clone(),
                    id,
                    live,
                    tags: Some(tags),
                });
            }
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let spec = request.spec;
        let ((), token) = tokio::try_join!(
            service_linked_role::ensure(&ctx.clients.iam, service_linked_role::ELASTICACHE),
            modify::token(ctx, spec),
        )?;
        let mut tags = request.tags.clone();
        tags.extend([
            (
                FINAL_SNAPSHOT_TAG.to_owned(),
                spec.final_snapshot.to_string(),
            ),
            (
                GIVEN_GENERATION_TAG.to_owned(),
                spec.secret_generation.text().to_owned(),
            ),
        ]);
        let call = ctx
            .clients
            .elasticache_once
            .create_replication_group()
            .replication_group_id(&spec.id)
            .replication_group_description(&spec.description)
            .engine(&spec.engine)
            .engine_version(&spec.engine_version)
            .cache_node_type(&spec.node_type)
            .num_cache_clusters(spec.nodes)
            .automatic_failover_enabled(spec.fails_over())
            .multi_az_enabled(spec.fails_over())
            .cache_subnet_group_name(spec.subnet_group.text())
            .set_security_group_ids(Some(modify::texts(&spec.security_group_ids)))
            .cache_parameter_group_name(spec.parameter_group.text())
            .at_rest_encryption_enabled(true)
            .transit_encryption_enabled(true)
            .auth_token(token.reveal())
            .set_kms_key_id(spec.kms_key.clone())
            .snapshot_retention_limit(spec.snapshot_retention_days)
            .set_snapshot_window(
                (spec.snapshot_retention_days > 0).then(|| spec.snapshot_window.clone()),
            )
            .preferred_maintenance_window(&spec.maintenance_window)
            .auto_minor_version_upgrade(spec.auto_minor_version_upgrade)
            .set_tags(Some(elasticache::list(&tags)));
        match call.send().await.doing("create the replication group") {
            // Looked for before, so it is what an attempt with a lost answer made.
            Err(error) if error.is(&["ReplicationGroupAlreadyExists"]) => Ok(spec.id.clone()),
            other => other.map_err(elasticache::for_now).map(|_| spec.id.clone()),
        }
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        live: &Live,
        spec: &Spec,
        changes: &[Change],
    ) -> Result<()> {
        modify::modify(ctx, id, live, spec, changes).await
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<()> {
        let Some((there, _)) = read(ctx, id).await? else {
            return Ok(());
        };
        if there.status == "deleting" {
            return Ok(());
        }
        // Two lives of one name do not end in the same millisecond.
        let moment = Timestamp::now().strftime("%Y%m%d-%H%M%S-%3f");
        let name = format!("{id}-final-{moment}");
        let call = ctx.clients.elasticache.delete_replication_group();
        let answer = call
            .replication_group_id(id)
            .retain_primary_cluster(false)
            .set_final_snapshot_identifier(there.final_snapshot.unwrap_or(false).then_some(name))
            .send()
            .await;
        elasticache::deleted(answer.doing("delete the replication group").map(|_| ()))
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        elasticache::tag(
            ctx,
            &elasticache::arn(ctx, "replicationgroup", id),
            set,
            remove,
        )
        .await
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        compare::diff(spec, live)
    }

    fn validate(spec: &Spec, live: &Live, _last: Option<&Spec>, changes: &[Change]) -> Result<()> {
        compare::validate(spec, live, changes)
    }

    fn pending(live: &Live) -> Option<String> {
        compare::pending(live)
    }

    /// <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReplicationGroup.html>
    fn ready(live: &Live) -> Readiness {
        match live.status.as_str() {
            "available" => Readiness::Ready,
            "deleting" => Readiness::Leaving(live.status.clone()),
            "create-failed" => Readiness::Failed(live.status.clone()),
            other => Readiness::Pending(other.to_owned()),
        }
    }

    fn replace_order(_: &[Change]) -> ReplaceOrder {
        // The name is taken until the old one is gone.
        ReplaceOrder::DeleteFirst
    }

    async fn details(ctx: &Ctx<Clients>, _: &str, live: &Live) -> Result<Details> {
        let mut details = Details::new();
        let engine = live.engine.as_deref().unwrap_or_default();
        let version = live.engine_version.as_deref().unwrap_or_default();
        details.insert("engine".to_owned(), format!("{engine} {version}").into());
        details.insert("node type".to_owned(), live.node_type.clone().into());
        if let (Some(host), Some(port)) = (&live.host, live.port) {
            details.insert("endpoint".to_owned(), format!("{host}:{port}").into());
        }
        details.insert(
            "failover".to_owned(),
            live.automatic_failover.to_string().into(),
        );
        let memory = memory::used(ctx, &live.nodes).await?;
        for node in &live.nodes {
            let mut text = [&node.role, &node.zone, &node.status]
                .into_iter()
                .filter(|word| !word.is_empty())
                .cloned()
                .collect::<Vec<_>>()
                .join(", ");
            if let Some(percent) = memory.get(&node.id) {
                text.push_str(&format!(", memory {percent:.0} %"));
            }
            details.insert(node.id.clone(), text.into());
        }
        Ok(details)
    }
}
