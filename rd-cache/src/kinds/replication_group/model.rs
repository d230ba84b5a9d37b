//! What we want of a replication group, and what AWS says there is, in the same words.

use aws_sdk_elasticache::types::{
    AutomaticFailoverStatus, CacheCluster, MultiAzStatus, PendingAutomaticFailoverStatus,
    ReplicationGroup as Group,
};
use rd_common::stack::FINAL_SNAPSHOT_TAG;
use rd_common::{Input, Tags};
use rd_secret::secret::GIVEN_GENERATION_TAG;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What we want.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// Its name, which is its id.
    pub id: String,
    /// What it is for.
    pub description: String,
    /// `redis` or `valkey`.
    pub engine: String,
    /// `7.1`.
    pub engine_version: String,
    /// `cache.t4g.micro`.
    pub node_type: String,
    /// How many nodes; from two on, a replica takes over where the primary fails.
    pub nodes: i32,
    /// The secret that has the token.
    pub secret_arn: Input,
    /// Which generation of it: another one has another token, which is set then.
    pub secret_generation: Input,
    /// Where it stands.
    pub subnet_group: Input,
    /// Its groups.
    pub security_group_ids: Vec<Input>,
    /// Its parameters: a group of ours, or the family's default.
    pub parameter_group: Input,
    /// The KMS key of what is stored; else AWS's own.
    pub kms_key: Option<String>,
    /// For how many days snapshots are kept; 0 for none.
    pub snapshot_retention_days: i32,
    /// `hh:mm-hh:mm`, UTC.
    pub snapshot_window: String,
    /// `ddd:hh:mm-ddd:hh:mm`, UTC.
    pub maintenance_window: String,
    /// Whether AWS raises the minor version.
    pub auto_minor_version_upgrade: bool,
    /// Whether changes are made at once, not in the window.
    pub apply_immediately: bool,
    /// Whether a snapshot is taken when it is deleted.
    pub final_snapshot: bool,
}

impl Spec {
    /// Whether a replica takes over where the primary fails.
    pub fn fails_over(&self) -> bool {
        self.nodes > 1
    }
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Its id.
    pub id: String,
    /// `primary` or `replica`.
    pub role: String,
    /// Its zone.
    pub zone: String,
    /// AWS's word.
    pub status: String,
}

/// The attribute that has the id of a node, from 1 on.
pub fn node_id(number: usize) -> String {
    format!("node_{number}_id")
}

/// What there is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// AWS's word: `available`, `modifying`, …
    pub status: String,
    /// What it is for.
    pub description: String,
    /// The host to connect to.
    pub host: Option<String>,
    /// The host of the replicas.
    pub reader_host: Option<String>,
    /// The port.
    pub port: Option<i32>,
    /// `redis` or `valkey`; none where AWS did not say.
    pub engine: Option<String>,
    /// `7.1.0`; none before there is a node.
    pub engine_version: Option<String>,
    /// `cache.t4g.micro`.
    pub node_type: String,
    /// The nodes, by id.
    pub nodes: Vec<Node>,
    /// Their ids, for references: [`node_id`].
    #[serde(flatten)]
    pub node_ids: BTreeMap<String, String>,
    /// Whether a replica takes over where the primary fails.
    pub automatic_failover: bool,
    /// Whether the nodes are kept in different zones.
    pub multi_az: bool,
    /// Where it stands; none before there is a node.
    pub subnet_group: Option<String>,
    /// Its groups, sorted; none before there is a node.
    pub security_group_ids: Option<Vec<String>>,
    /// Its parameters; none before there is a node.
    pub parameter_group: Option<String>,
    /// `in-sync`, `pending-reboot`, `applying`.
    pub parameters_status: String,
    /// Whether what is stored is encrypted.
    pub at_rest_encryption: bool,
    /// Whether connections are.
    pub transit_encryption: bool,
    /// Whether a token is asked for.
    pub auth_token: bool,
    /// The key's ARN.
    pub kms_key: Option<String>,
    /// Days.
    pub snapshot_retention_days: i32,
    /// `hh:mm-hh:mm`.
    pub snapshot_window: String,
    /// `ddd:hh:mm-ddd:hh:mm`; none before there is a node.
    pub maintenance_window: Option<String>,
    /// Whether AWS raises the minor version.
    pub auto_minor_version_upgrade: Option<bool>,
    /// Whether a snapshot is taken when we delete it; none where no tag says so.
    pub final_snapshot: Option<bool>,
    /// The generation of the secret whose token it has; empty where no tag says so.
    pub secret_generation: String,
    /// What was asked for and waits, by the names above.
    pub pending: BTreeMap<String, Value>,
}

/// Reads a group, with all clusters of the account among which its nodes are.
pub fn live(group: &Group, clusters: &[CacheCluster], tags: &Tags) -> Live {
    let id = group.replication_group_id();
    let members: Vec<&CacheCluster> = clusters
        .iter()
        .filter(|cluster| {
            cluster.replication_group_id().is_some() && cluster.replication_group_id() == id
        })
        .collect();
    let first = members.first().copied();
    let shard = group.node_groups().first();
    let endpoint = shard.and_then(|shard| shard.primary_endpoint());
    let parameters = first.and_then(CacheCluster::cache_parameter_group);
    let statuses = members
        .iter()
        .filter_map(|member| member.cache_parameter_group()?.parameter_apply_status());
    let nodes = nodes(group, &members);
    Live {
        status: group.status().unwrap_or_default().to_owned(),
        description: group.description().unwrap_or_default().to_owned(),
        host: endpoint.and_then(|endpoint| endpoint.address().map(str::to_owned)),
        reader_host: shard
            .and_then(|shard| shard.reader_endpoint())
            .and_then(|endpoint| endpoint.address().map(str::to_owned)),
        port: endpoint.and_then(aws_sdk_elasticache::types::Endpoint::port),
        engine: group
            .engine()
            .or(first.and_then(CacheCluster::engine))
            .map(str::to_owned),
        engine_version: first.and_then(|cluster| cluster.engine_version().map(str::to_owned)),
        node_type: group
            .cache_node_type()
            .or(first.and_then(CacheCluster::cache_node_type))
            .unwrap_or_default()
            .to_owned(),
        node_ids: nodes
            .iter()
            .enumerate()
            .map(|(index, node)| (node_id(index + 1), node.id.clone()))
            .collect(),
        nodes,
        automatic_failover: matches!(
            group.automatic_failover(),
            Some(AutomaticFailoverStatus::Enabled | AutomaticFailoverStatus::Enabling)
        ),
        multi_az: group.multi_az() == Some(&MultiAzStatus::Enabled),
        subnet_group: first.and_then(|one| one.cache_subnet_group_name().map(str::to_owned)),
        security_group_ids: first.map(security_groups),
        parameter_group: parameters
            .and_then(|group| group.cache_parameter_group_name().map(str::to_owned)),
        parameters_status: statuses
            .max_by_key(|status| *status != "in-sync")
            .unwrap_or("in-sync")
            .to_owned(),
        at_rest_encryption: group.at_rest_encryption_enabled().unwrap_or(false),
        transit_encryption: group.transit_encryption_enabled().unwrap_or(false),
        auth_token: group.auth_token_enabled().unwrap_or(false),
        kms_key: group.kms_key_id().map(str::to_owned),
        snapshot_retention_days: group.snapshot_retention_limit().unwrap_or(0),
        snapshot_window: group.snapshot_window().unwrap_or_default().to_owned(),
        maintenance_window: first
            .and_then(|cluster| cluster.preferred_maintenance_window())
            .map(str::to_lowercase),
        auto_minor_version_upgrade: group
            .auto_minor_version_upgrade()
            .or(first.and_then(CacheCluster::auto_minor_version_upgrade)),
        final_snapshot: tags
            .get(FINAL_SNAPSHOT_TAG)
            .and_then(|value| value.parse().ok()),
        secret_generation: tags.get(GIVEN_GENERATION_TAG).cloned().unwrap_or_default(),
        pending: pending(group, &members),
    }
}

fn security_groups(cluster: &CacheCluster) -> Vec<String> {
    let mut groups: Vec<String> = cluster
        .security_groups()
        .iter()
        .filter_map(|group| group.security_group_id().map(str::to_owned))
        .collect();
    groups.sort();
    groups
}

fn nodes(group: &Group, members: &[&CacheCluster]) -> Vec<Node> {
    let roles: Vec<_> = group
        .node_groups()
        .iter()
        .flat_map(aws_sdk_elasticache::types::NodeGroup::node_group_members)
        .collect();
    let mut nodes: Vec<Node> = group
        .member_clusters()
        .iter()
        .map(|id| {
            let role = roles
                .iter()
                .find(|member| member.cache_cluster_id() == Some(id));
            let cluster = members
                .iter()
                .find(|cluster| cluster.cache_cluster_id() == Some(id));
            Node {
                id: id.clone(),
                role: role
                    .and_then(|role| role.current_role())
                    .unwrap_or_default()
                    .to_owned(),
                zone: role
                    .and_then(|role| role.preferred_availability_zone())
                    .unwrap_or_default()
                    .to_owned(),
                status: cluster
                    .and_then(|cluster| cluster.cache_cluster_status())
                    .unwrap_or_default()
                    .to_owned(),
            }
        })
        .collect();
    nodes.sort_by(|a, b| a.id.cmp(&b.id));
    nodes
}

fn pending(group: &Group, members: &[&CacheCluster]) -> BTreeMap<String, Value> {
    let of_group = group.pending_modified_values();
    let of_nodes = members
        .iter()
        .filter_map(|member| member.pending_modified_values());
    let mut all = vec![
        (
            "automatic_failover",
            json!(
                of_group
                    .and_then(|v| v.automatic_failover_status())
                    .map(|status| *status == PendingAutomaticFailoverStatus::Enabled)
            ),
        ),
        (
            "auth_token",
            json!(
                of_group
                    .and_then(|v| v.auth_token_status())
                    .map(aws_sdk_elasticache::types::AuthTokenUpdateStatus::as_str)
            ),
        ),
    ];
    for values in of_nodes {
        all.push(("node_type", json!(values.cache_node_type())));
        all.push(("engine_version", json!(values.engine_version())));
    }
    all.into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
