//! The desired replication group and the one that AWS has, with the same names for the same fields.

use aws_sdk_elasticache::types::{
    AutomaticFailoverStatus, CacheCluster, LogDeliveryConfiguration,
    LogDeliveryConfigurationStatus as LogStatus, MultiAzStatus, PendingAutomaticFailoverStatus,
    ReplicationGroup as Group,
};
use rd_common::stack::FINAL_SNAPSHOT_TAG;
use rd_common::{Input, Tags};
use rd_secret::secret::GIVEN_GENERATION_TAG;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The desired replication group: settings, and references to the resources that it uses.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The group's name, which is its id.
    pub id: String,
    /// The description that the console shows.
    pub description: String,
    /// The engine: `redis` or `valkey`.
    pub engine: String,
    /// The engine's version, such as `7.1`.
    pub engine_version: String,
    /// The node type, such as `cache.t4g.micro`.
    pub node_type: String,
    /// The number of nodes; with two or more, a replica takes over if the primary fails.
    pub nodes: i32,
    /// The ARN of the secret that has the token.
    pub secret_arn: Input,
    /// The generation of the secret. A secret that was created again has another one, and another token to set.
    pub secret_generation: Input,
    /// The name of the subnet group.
    pub subnet_group: Input,
    /// The ids of the security groups.
    pub security_group_ids: Vec<Input>,
    /// The name of the parameter group: the stack's own, or the default group of the family.
    pub parameter_group: Input,
    /// The KMS key of the data at rest; none for AWS's own key.
    pub kms_key: Option<String>,
    /// How many days daily snapshots are kept; 0 for no snapshots.
    pub snapshot_retention_days: i32,
    /// The daily snapshot window, `hh:mm-hh:mm` in UTC.
    pub snapshot_window: String,
    /// The weekly maintenance window, `ddd:hh:mm-ddd:hh:mm` in UTC.
    pub maintenance_window: String,
    /// Whether AWS upgrades the minor version.
    pub auto_minor_version_upgrade: bool,
    /// Whether changes are made at once rather than in the maintenance window.
    pub apply_immediately: bool,
    /// Whether a delete takes a final snapshot.
    pub final_snapshot: bool,
    /// The log groups to which ElastiCache delivers its logs, by log; none where the delivery stays as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logs: Option<BTreeMap<String, Input>>,
    /// The ARN of the topic to which ElastiCache publishes its events, empty for none; not set where it stays as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events_topic: Option<Input>,
}

impl Spec {
    /// Whether a replica takes over if the primary fails, which needs two nodes.
    pub fn fails_over(&self) -> bool {
        self.nodes > 1
    }

    /// The topic to which events are published; none where they are not, or where that stays as it is.
    pub fn events_topic(&self) -> Option<String> {
        let topic = self.events_topic.as_ref().map(Input::text)?;
        (!topic.is_empty()).then(|| topic.to_owned())
    }
}

/// One node of the group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// The node's id, `CacheClusterId` in AWS's API.
    pub id: String,
    /// The current role: `primary` or `replica`.
    pub role: String,
    /// The availability zone of the node.
    pub zone: String,
    /// The node's status, such as `available`.
    pub status: String,
}

/// The name of the attribute with the id of node `number`, counted from 1.
pub fn node_id_attribute(number: usize) -> String {
    format!("node_{number}_id")
}

/// The replication group that AWS has, with its nodes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The status: `available`, `modifying`, …
    pub status: String,
    /// Why the group failed, from its newest event; none where it did not, or where AWS did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The description that the console shows.
    pub description: String,
    /// The DNS name of the primary's endpoint; none while the group is being created.
    pub host: Option<String>,
    /// The DNS name of the reader endpoint.
    pub reader_host: Option<String>,
    /// The port of the endpoints.
    pub port: Option<i32>,
    /// The engine: `redis` or `valkey`; none if AWS did not report it.
    pub engine: Option<String>,
    /// The full version, such as `7.1.0`; none before there is a node.
    pub engine_version: Option<String>,
    /// The node type, such as `cache.t4g.micro`.
    pub node_type: String,
    /// The nodes, sorted by id.
    pub nodes: Vec<Node>,
    /// The ids of the nodes as attributes of their own; see [`node_id_attribute`].
    #[serde(flatten)]
    pub node_ids: BTreeMap<String, String>,
    /// Whether a replica takes over if the primary fails; none if AWS did not report it.
    pub automatic_failover: Option<bool>,
    /// Whether the nodes are in different zones; none if AWS did not report it.
    pub multi_az: Option<bool>,
    /// The name of the subnet group; none before there is a node.
    pub subnet_group: Option<String>,
    /// The ids of the security groups, sorted; none before there is a node.
    pub security_group_ids: Option<Vec<String>>,
    /// The name of the parameter group; none before there is a node.
    pub parameter_group: Option<String>,
    /// The status of the parameters: `in-sync`, `pending-reboot` or `applying`.
    pub parameters_status: String,
    /// Whether the data at rest is encrypted; none if AWS did not report it.
    pub at_rest_encryption: Option<bool>,
    /// Whether connections use TLS; none if AWS did not report it.
    pub transit_encryption: Option<bool>,
    /// Whether clients need a token; none if AWS did not report it.
    pub auth_token: Option<bool>,
    /// The ARN of the KMS key of the data at rest.
    pub kms_key: Option<String>,
    /// How many days daily snapshots are kept.
    pub snapshot_retention_days: i32,
    /// The daily snapshot window, `hh:mm-hh:mm` in UTC.
    pub snapshot_window: String,
    /// The weekly maintenance window, `ddd:hh:mm-ddd:hh:mm` in UTC; none before there is a node.
    pub maintenance_window: Option<String>,
    /// Whether AWS upgrades the minor version.
    pub auto_minor_version_upgrade: Option<bool>,
    /// Whether AWS told the tags, from which the next two fields are: it does not while the group is not available.
    #[serde(default)]
    pub tags_told: bool,
    /// Whether a delete takes a final snapshot, from the tag `rd:final-snapshot`; none without the tag.
    pub final_snapshot: Option<bool>,
    /// The generation of the secret whose token was set, from the tag `rd:secret-generation`; empty without the tag.
    pub secret_generation: String,
    /// The log groups to which ElastiCache delivers its logs, by log. One whose delivery failed, or is being turned off, is
    /// left out.
    #[serde(default)]
    pub logs: BTreeMap<String, String>,
    /// Why the delivery of a log failed, by log.
    #[serde(default)]
    pub log_errors: BTreeMap<String, String>,
    /// The ARN of the topic to which ElastiCache publishes its events, empty for none; not set before there is a node.
    #[serde(default)]
    pub events_topic: Option<String>,
    /// The changes that AWS makes later, by the names of these fields.
    pub pending: BTreeMap<String, Value>,
}

/// Converts ElastiCache's answers: the group, and all nodes of the account, from which those of the group are taken.
/// `tags` is none if ElastiCache did not tell them.
pub fn live(group: &Group, clusters: &[CacheCluster], tags: Option<&Tags>) -> Live {
    let tag = |key| tags.and_then(|tags| tags.get(key));
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
        failure: None,
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
            .map(|(index, node)| (node_id_attribute(index + 1), node.id.clone()))
            .collect(),
        nodes,
        automatic_failover: group.automatic_failover().and_then(|status| match status {
            AutomaticFailoverStatus::Enabled | AutomaticFailoverStatus::Enabling => Some(true),
            AutomaticFailoverStatus::Disabled | AutomaticFailoverStatus::Disabling => Some(false),
            _ => None,
        }),
        multi_az: group.multi_az().and_then(|status| match status {
            MultiAzStatus::Enabled => Some(true),
            MultiAzStatus::Disabled => Some(false),
            _ => None,
        }),
        subnet_group: first.and_then(|one| one.cache_subnet_group_name().map(str::to_owned)),
        // Every node has a group; some answers leave them out.
        security_group_ids: first
            .map(security_groups)
            .filter(|groups| !groups.is_empty()),
        parameter_group: parameters
            .and_then(|group| group.cache_parameter_group_name().map(str::to_owned)),
        parameters_status: statuses
            .max_by_key(|status| *status != "in-sync")
            .unwrap_or("in-sync")
            .to_owned(),
        at_rest_encryption: group
            .at_rest_encryption_enabled()
            .or(first.and_then(CacheCluster::at_rest_encryption_enabled)),
        transit_encryption: group
            .transit_encryption_enabled()
            .or(first.and_then(CacheCluster::transit_encryption_enabled)),
        auth_token: group
            .auth_token_enabled()
            .or(first.and_then(CacheCluster::auth_token_enabled)),
        kms_key: group.kms_key_id().map(str::to_owned),
        snapshot_retention_days: group.snapshot_retention_limit().unwrap_or(0),
        snapshot_window: group.snapshot_window().unwrap_or_default().to_owned(),
        maintenance_window: first
            .and_then(|cluster| cluster.preferred_maintenance_window())
            .map(str::to_lowercase),
        auto_minor_version_upgrade: group
            .auto_minor_version_upgrade()
            .or(first.and_then(CacheCluster::auto_minor_version_upgrade)),
        tags_told: tags.is_some(),
        final_snapshot: tag(FINAL_SNAPSHOT_TAG).and_then(|value| value.parse().ok()),
        secret_generation: tag(GIVEN_GENERATION_TAG).cloned().unwrap_or_default(),
        logs: deliveries(group)
            .filter(|one| {
                let status = one.status();
                status != Some(&LogStatus::Error) && status != Some(&LogStatus::Disabling)
            })
            .filter_map(|one| Some((log_of(one)?, log_group_of(one)?)))
            .collect(),
        log_errors: deliveries(group)
            .filter(|one| one.status() == Some(&LogStatus::Error))
            .filter_map(|one| Some((log_of(one)?, one.message().unwrap_or("error").to_owned())))
            .collect(),
        events_topic: first.map(events_topic),
        pending: pending(group, &members),
    }
}

/// The topic of a node, of which ElastiCache has no other record; empty where events are not published.
fn events_topic(cluster: &CacheCluster) -> String {
    let notification = cluster.notification_configuration();
    let active = notification.filter(|one| one.topic_status() == Some("active"));
    let topic = active.and_then(|one| one.topic_arn());
    topic.unwrap_or_default().to_owned()
}

fn deliveries(group: &Group) -> impl Iterator<Item = &LogDeliveryConfiguration> {
    group.log_delivery_configurations().iter()
}

fn log_of(delivery: &LogDeliveryConfiguration) -> Option<String> {
    Some(delivery.log_type()?.as_str().to_owned())
}

/// The log group of a delivery; empty where it goes to Firehose.
fn log_group_of(delivery: &LogDeliveryConfiguration) -> Option<String> {
    let details = delivery.destination_details()?.cloud_watch_logs_details();
    let group = details.and_then(|details| details.log_group());
    Some(group.unwrap_or_default().to_owned())
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
