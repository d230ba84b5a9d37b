//! Changing a replication group in place, in stages: ElastiCache accepts the next change only when the last one is
//! complete, and failover needs a replica that exists.

use super::ReplicationGroup;
use super::log_delivery;
use super::model::{Live, Spec};
use super::offered::explain_node_type;
use crate::clients::Clients;
use crate::elasticache;
use crate::kinds::cache_secret::Token;
use aws_sdk_elasticache::types::AuthTokenUpdateStrategyType as Strategy;
use rd_common::aws::Explain;
use rd_common::stack::FINAL_SNAPSHOT_TAG;
use rd_common::{Change, Ctx, Error, Input, Kind, Result, Retry, Tags, touches};
use rd_secret::generate::Generated;
use rd_secret::secret::GIVEN_GENERATION_TAG;
use rd_secret::value::current;

/// The fields that other calls than `ModifyReplicationGroup` change.
const CHANGED_BY_OTHER_CALLS: [&str; 3] = ["nodes", "final_snapshot", "secret_generation"];

/// Makes the next stage of the changes; the engine calls it again for the rest once the group is available. The stages:
/// a token from another secret, tags, more nodes, a first token, failover, other settings, logs, fewer nodes. Each makes the
/// group busy, tags included: ElastiCache copies them to the nodes.
pub async fn modify(
    ctx: &Ctx<Clients>,
    id: &str,
    live: &Live,
    spec: &Spec,
    changes: &[Change],
) -> Result<()> {
    let has = |path: &str| touches(changes, path);
    let mut tags = Tags::new();
    if has("final_snapshot") {
        let value = spec.final_snapshot.to_string();
        tags.insert(FINAL_SNAPSHOT_TAG.to_owned(), value);
    }
    if has("secret_generation") && !has("auth_token") {
        set_token(ctx, id, &read_token(ctx, spec).await?, Strategy::Set).await?;
    }
    if has("secret_generation") {
        let generation = spec.secret_generation.text().to_owned();
        tags.insert(GIVEN_GENERATION_TAG.to_owned(), generation);
    }
    if !tags.is_empty() {
        let arn = elasticache::arn(ctx, "replicationgroup", id);
        // The token makes the group busy, which refuses tags then: only they are repeated, since another token would make it
        // busy again.
        let limit = ReplicationGroup::TIMEOUTS.limit;
        let change = || elasticache::change_tags(ctx, &arn, &tags, &[]);
        let may_repeat = |error: &Error| error.retry != Retry::Never;
        return ctx.retrying_for(limit, |_| {}, may_repeat, change).await;
    }
    let nodes = i32::try_from(live.nodes.len()).unwrap_or(i32::MAX);
    if nodes < spec.nodes {
        let call = ctx.clients.elasticache.increase_replica_count();
        return call
            .replication_group_id(id)
            .new_replica_count(spec.nodes - 1)
            .apply_immediately(true)
            .send()
            .await
            .doing("add nodes")
            .map(|_| ())
            .or_else(elasticache::ignore_no_operation);
    }
    if has("auth_token") {
        return set_token(ctx, id, &read_token(ctx, spec).await?, Strategy::Set).await;
    }
    // Failover follows from the number of nodes, which changes at once, too.
    if has("automatic_failover") || has("multi_az") {
        let call = ctx.clients.elasticache.modify_replication_group();
        return call
            .replication_group_id(id)
            .automatic_failover_enabled(spec.fails_over())
            .multi_az_enabled(spec.fails_over())
            .apply_immediately(true)
            .send()
            .await
            .doing("change the failover")
            .map(|_| ())
            .or_else(elasticache::ignore_no_operation);
    }
    let is_of_logs = |change: &Change| change.path.starts_with("logs.");
    let has_settings = changes.iter().any(|change| {
        !CHANGED_BY_OTHER_CALLS.contains(&change.path.as_str()) && !is_of_logs(change)
    });
    if has_settings {
        return modify_settings(ctx, id, live, spec, changes).await;
    }
    // After the version, on which it depends which logs there are.
    if changes.iter().any(is_of_logs) {
        return log_delivery::change(ctx, id, live, spec, changes).await;
    }
    if nodes > spec.nodes {
        let call = ctx.clients.elasticache.decrease_replica_count();
        return call
            .replication_group_id(id)
            .new_replica_count(spec.nodes - 1)
            .apply_immediately(true)
            .send()
            .await
            .doing("remove nodes")
            .map(|_| ())
            .or_else(elasticache::ignore_no_operation);
    }
    Ok(())
}

/// Changes all settings in one call.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyReplicationGroup.html>
async fn modify_settings(
    ctx: &Ctx<Clients>,
    id: &str,
    live: &Live,
    spec: &Spec,
    changes: &[Change],
) -> Result<()> {
    let has = |path: &str| touches(changes, path);
    let engine = has("engine");
    let versions = engine || has("engine_version");
    let topic = spec.events_topic.as_ref().map(Input::text);
    let topic = topic.filter(|_| has("events_topic"));
    let topic_status = |topic: &str| match topic {
        // A topic can be switched off, not taken away.
        "" => "inactive".to_owned(),
        _ => "active".to_owned(),
    };
    let turns_snapshots_on = live.snapshot_retention_days == 0 && spec.snapshot_retention_days > 0;
    let call = ctx
        .clients
        .elasticache
        .modify_replication_group()
        .replication_group_id(id)
        .apply_immediately(spec.apply_immediately)
        .set_replication_group_description(has("description").then(|| spec.description.clone()))
        .set_engine(versions.then(|| spec.engine.clone()))
        .set_engine_version(versions.then(|| spec.engine_version.clone()))
        .set_cache_node_type(has("node_type").then(|| spec.node_type.clone()))
        .set_cache_parameter_group_name(
            has("parameter_group").then(|| spec.parameter_group.text().to_owned()),
        )
        .set_security_group_ids(
            has("security_group_ids").then(|| known_texts(&spec.security_group_ids)),
        )
        .set_snapshot_retention_limit(
            has("snapshot_retention_days").then_some(spec.snapshot_retention_days),
        )
        .set_snapshotting_cluster_id(
            turns_snapshots_on
                .then(|| snapshotting_node(live))
                .flatten(),
        )
        .set_notification_topic_arn(topic.filter(|topic| !topic.is_empty()).map(str::to_owned))
        .set_notification_topic_status(topic.map(topic_status))
        .set_snapshot_window(has("snapshot_window").then(|| spec.snapshot_window.clone()))
        .set_preferred_maintenance_window(
            has("maintenance_window").then(|| spec.maintenance_window.clone()),
        )
        .set_auto_minor_version_upgrade(
            has("auto_minor_version_upgrade").then_some(spec.auto_minor_version_upgrade),
        );
    call.send()
        .await
        .doing("change the replication group")
        .map_err(|error| explain_node_type(error, &spec.node_type))
        .map(|_| ())
        .or_else(elasticache::ignore_no_operation)
}

/// The node of which ElastiCache takes snapshots, which it wants to be told when they are turned on or one is taken: a
/// replica where there is one, so that the primary does not slow down.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/backups-automatic.html>
pub fn snapshotting_node(live: &Live) -> Option<String> {
    let replica = live.nodes.iter().find(|node| node.role == "replica");
    let node = replica.or(live.nodes.first());
    node.map(|node| node.id.clone())
}

/// Reads the token from the secret; fails if the secret has none.
pub async fn read_token(ctx: &Ctx<Clients>, spec: &Spec) -> Result<Generated> {
    let content = current::<_, Token>(ctx, spec.secret_arn.text()).await?;
    content.generated.ok_or_else(|| {
        Error::failed("the secret has no token")
            .hint("rd-cache rotate generates one and sets it in ElastiCache and in the secret")
    })
}

/// The texts of inputs that are all known, as they are in an update or a create.
pub fn known_texts(inputs: &[Input]) -> Vec<String> {
    inputs.iter().map(|input| input.text().to_owned()).collect()
}

/// Sets another token at once, whatever `apply_immediately` says: `ROTATE` adds it to the old one, `SET` replaces the
/// old one.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html>
pub async fn set_token(
    ctx: &Ctx<Clients>,
    id: &str,
    token: &Generated,
    strategy: Strategy,
) -> Result<()> {
    let call = ctx.clients.elasticache.modify_replication_group();
    call.replication_group_id(id)
        .auth_token(token.reveal())
        .auth_token_update_strategy(strategy)
        .apply_immediately(true)
        .send()
        .await
        .doing("set the cache's token")
        .map(|_| ())
        .or_else(elasticache::ignore_no_operation)
}
