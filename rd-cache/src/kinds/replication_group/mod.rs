//! `replication_group`: the cache, with a primary and its replicas.
//! <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReplicationGroup.html>

mod diff;
mod failure;
mod log_delivery;
mod memory;
pub mod model;
pub mod modify;
mod offered;
#[cfg(test)]
mod recorded_answers;
mod validate;

use crate::clients::Clients;
use crate::elasticache;
use crate::kinds::cache_parameter_group::CacheParameterGroup;
use aws_sdk_elasticache::types::{CacheCluster, ReplicationGroup as Group, Tag};
use jiff::Timestamp;
use model::{Live, Spec, live, node_id_attribute};
use rd_common::aws::Explain;
use rd_common::stack::FINAL_SNAPSHOT_TAG;
use rd_common::{
    Attribute, Change, Condition, CreateRequest, Ctx, Deletion, Details, Error, Found, Kind, Note,
    Readiness, ReplaceOrder, Result, Retry, Tags, Timeouts, Wanted, attribute, sdk_tags,
};
use rd_iam::service_linked_role;
use rd_secret::secret::GIVEN_GENERATION_TAG;
use std::time::Duration;

/// The kind `replication_group`: the cache with its nodes.
pub struct ReplicationGroup;

impl ReplicationGroup {
    /// The DNS name of the primary's endpoint.
    pub const HOST: Attribute<String> = attribute!(Live, host);
    /// The port of the endpoints.
    pub const PORT: Attribute<i32> = attribute!(Live, port);

    /// The id of node `number`, counted from 1.
    pub fn node_id(number: usize) -> Attribute<String, String> {
        Attribute::named(node_id_attribute(number))
    }
}

/// The statuses of a node that ElastiCache is working on. The blanks are AWS's.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CacheCluster.html>
const BUSY_NODE: [&str; 5] = [
    "creating",
    "deleting",
    "modifying",
    "snapshotting",
    "rebooting cluster nodes",
];

/// The statuses of a node that do not end by themselves.
const BROKEN_NODE: [&str; 2] = ["incompatible-network", "restore-failed"];

/// The status of a group that ElastiCache could not create.
const CREATE_FAILED: &str = "create-failed";

async fn read_group(ctx: &Ctx<Clients>, id: &str) -> Result<Option<Group>> {
    let call = ctx.clients.elasticache.describe_replication_groups();
    let answer = call.replication_group_id(id).send().await;
    match answer.doing("read the replication group") {
        Err(error) if elasticache::is_not_found(&error) => Ok(None),
        other => Ok(other?.replication_groups().first().cloned()),
    }
}

/// Reads every node of the account: ElastiCache cannot filter nodes by their group.
pub async fn read_clusters(ctx: &Ctx<Clients>) -> Result<Vec<CacheCluster>> {
    let clusters = ctx.clients.elasticache.describe_cache_clusters();
    let clusters = clusters.into_paginator().items().send();
    clusters.try_collect().await.doing("read the nodes")
}

/// Reads the group of this name with its nodes and tags; none if it does not exist. There are no tags if ElastiCache does
/// not tell them, as long as the group is not available.
pub async fn read(ctx: &Ctx<Clients>, id: &str) -> Result<Option<(Live, Option<Tags>)>> {
    let arn = elasticache::arn(ctx, "replicationgroup", id);
    let (group, clusters, tags) = tokio::try_join!(
        read_group(ctx, id),
        read_clusters(ctx),
        elasticache::read_group_tags(ctx, &arn)
    )?;
    let Some(group) = group else {
        return Ok(None);
    };
    let mut live = live(&group, &clusters, tags.as_ref());
    if live.status == CREATE_FAILED {
        live.failure = failure::newest_event(ctx, id).await;
    }
    Ok(Some((live, tags)))
}

impl Kind for ReplicationGroup {
    const NAME: &'static str = "replication_group";
    const DATA: Option<&'static str> = Some("what is cached, but for its final snapshot");
    const WHILE_GONE: Option<&'static str> = Some("the cache does not answer");
    const IN_TAGS: &'static [(&'static str, &'static str)] = &[
        ("final_snapshot", FINAL_SNAPSHOT_TAG),
        ("secret_generation", GIVEN_GENERATION_TAG),
    ];
    const TIMEOUTS: Timeouts = Timeouts {
        first: Duration::from_millis(200),
        pause: Duration::from_secs(8),
        limit: Duration::from_secs(60 * 60),
    };
    const CHECKED_WITH_AWS: &'static [&'static str] = &["engine", "engine_version"];
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
                    tags,
                });
            }
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let spec = request.spec;
        let ((), token) = tokio::try_join!(
            service_linked_role::ensure(&ctx.clients.iam, service_linked_role::ELASTICACHE),
            modify::read_token(ctx, spec),
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
            .elasticache
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
            .set_security_group_ids(Some(modify::known_texts(&spec.security_group_ids)))
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
            .set_notification_topic_arn(spec.events_topic())
            .set_log_delivery_configurations(log_delivery::of_create(spec))
            .set_tags(Some(sdk_tags!(Tag, tags)));
        match call.send().await.doing("create the replication group") {
            // The engine found none before, so an attempt whose answer was lost has created it.
            Err(error) if error.is(&["ReplicationGroupAlreadyExists"]) => Ok(spec.id.clone()),
            other => other
                .map_err(elasticache::retry_if_temporary)
                .map_err(|error| offered::explain_node_type(error, &spec.node_type))
                .map(|_| spec.id.clone()),
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

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let Some((group, _)) = read(ctx, id).await? else {
            return Ok(Deletion::NotFound);
        };
        if group.status == "deleting" {
            return Ok(Deletion::Accepted);
        }
        if !group.tags_told {
            return Err(Error::failed(format!(
                "{id} is {}, and ElastiCache does not tell its tags",
                group.status
            ))
            .retry(Retry::Later));
        }
        // With milliseconds, a group of the same name that is deleted later gets another snapshot name.
        let time = Timestamp::now().strftime("%Y%m%d-%H%M%S-%3f");
        let name = format!("{id}-final-{time}");
        let call = ctx.clients.elasticache.delete_replication_group();
        let answer = call
            .replication_group_id(id)
            .retain_primary_cluster(false)
            // Without the tag, the data is kept.
            .set_final_snapshot_identifier(group.final_snapshot.unwrap_or(true).then_some(name))
            .send()
            .await;
        let codes = ["ReplicationGroupNotFoundFault", "ReplicationGroupNotFound"];
        elasticache::deleted(answer.doing("delete the replication group"), &codes)
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        let arn = elasticache::arn(ctx, "replicationgroup", id);
        elasticache::change_tags(ctx, &arn, set, remove).await
    }

    fn diff(spec: &Spec, live: &Live, last: Option<&Spec>) -> Vec<Change> {
        diff::diff(spec, live, last)
    }

    fn validate(spec: &Spec, live: &Live, _last: Option<&Spec>, changes: &[Change]) -> Result<()> {
        validate::validate(spec, live, changes)
    }

    async fn check_with_aws(
        ctx: &Ctx<Clients>,
        spec: &Spec,
        _live: Option<&Live>,
        _changes: &[Change],
    ) -> Result<Vec<Note>> {
        offered::check_version(ctx, spec).await.map(|()| Vec::new())
    }

    fn pending(live: &Live) -> Option<String> {
        diff::pending(live)
    }

    fn downtime(live: &Live, changes: &[Change]) -> Option<String> {
        diff::downtime(live, changes)
    }

    /// While a change of the engine is pending, the group has the parameter group of the old version.
    fn uses(live: &Live) -> Vec<(&'static str, String)> {
        let group = live.parameter_group.iter();
        group
            .map(|name| (CacheParameterGroup::NAME, name.clone()))
            .collect()
    }

    fn ready(live: &Live) -> Readiness {
        let node = |statuses: &[&str]| {
            let mut nodes = live.nodes.iter();
            let node = nodes.find(|node| statuses.contains(&node.status.as_str()));
            node.map(|node| format!("{} is {}", node.id, node.status))
        };
        match live.status.as_str() {
            "deleting" => Readiness::Leaving(live.status.clone()),
            CREATE_FAILED => Readiness::Failed(match &live.failure {
                Some(cause) => format!("{CREATE_FAILED}: {cause}"),
                None => CREATE_FAILED.to_owned(),
            }),
            status => match (node(&BROKEN_NODE), node(&BUSY_NODE)) {
                (Some(broken), _) => Readiness::Impaired(
                    broken,
                    "see the node's events in the ElastiCache console; incompatible-network: free addresses in the private \
                     subnets",
                ),
                // The group can be available while a node is being added or removed.
                (None, Some(busy)) if status == "available" => Readiness::Pending(busy),
                (None, _) if status == "available" => Readiness::Ready,
                (None, _) => Readiness::Pending(status.to_owned()),
            },
        }
    }

    fn replace_order(_: &[Change]) -> ReplaceOrder {
        // The name stays in use until the old group is deleted.
        ReplaceOrder::DeleteFirst
    }

    fn condition(_: &Ctx<Clients>, _: &str, live: &Live) -> Condition {
        match live.log_errors.iter().next() {
            Some((log, error)) => Condition::Unhealthy(format!("{log} is not delivered: {error}")),
            None => Condition::Healthy,
        }
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
        if let Some(on) = live.automatic_failover {
            details.insert("failover".to_owned(), on.to_string().into());
        }
        for (log, error) in &live.log_errors {
            details.insert(log.clone(), format!("not delivered: {error}").into());
        }
        let memory = memory::usage_percent(ctx, &live.nodes).await?;
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
