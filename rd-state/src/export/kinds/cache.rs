//! The kinds of the cache.

use super::data::parameters;
use crate::export::resource::Resource;
use crate::export::stack::Source;

pub fn cache_parameter_group(source: &Source<'_>) -> Resource {
    let mut group = source
        .resource("aws_elasticache_parameter_group")
        .import(source.id);
    group.set("name", source.get("name"));
    group.set("family", source.get("family"));
    group.set("description", source.get("description"));
    group.tags(&source.tags());
    parameters(&mut group, source, false);
    group
}

pub fn cache_subnet_group(source: &Source<'_>) -> Resource {
    let mut group = source
        .resource("aws_elasticache_subnet_group")
        .import(source.id);
    group.set("name", source.get("name"));
    group.set("description", source.get("description"));
    group.set(
        "subnet_ids",
        source.references("aws_subnet", "id", source.spec("subnet_ids")),
    );
    group.tags(&source.tags());
    group
}

pub fn replication_group(source: &Source<'_>) -> Resource {
    let mut cache = source
        .resource("aws_elasticache_replication_group")
        .import(source.id);
    cache.set("replication_group_id", source.id);
    cache.set("description", source.get("description"));
    cache.set("engine", source.get("engine"));
    cache.set("engine_version", source.spec("engine_version"));
    cache.set("node_type", source.get("node_type"));
    cache.set("num_cache_clusters", source.spec("nodes"));
    cache.set(
        "automatic_failover_enabled",
        source.get("automatic_failover"),
    );
    cache.set("multi_az_enabled", source.get("multi_az"));
    let subnets = source.spec("subnet_group");
    cache.set(
        "subnet_group_name",
        source.reference("aws_elasticache_subnet_group", "name", subnets),
    );
    let groups = source.spec("security_group_ids");
    cache.set(
        "security_group_ids",
        source.references("aws_security_group", "id", groups),
    );
    let parameters = source.spec("parameter_group");
    let parameters = source.reference("aws_elasticache_parameter_group", "name", parameters);
    cache.set("parameter_group_name", parameters);
    cache.set("port", source.get("port"));
    // Not told of a group without nodes.
    let is_on = |key: &str| source.get(key).as_bool().unwrap_or(true);
    cache.set("at_rest_encryption_enabled", is_on("at_rest_encryption"));
    cache.set("transit_encryption_enabled", is_on("transit_encryption"));
    cache.set("kms_key_id", source.spec("kms_key"));
    cache.set(
        "snapshot_retention_limit",
        source.get("snapshot_retention_days"),
    );
    cache.set("snapshot_window", source.get("snapshot_window"));
    cache.set("maintenance_window", source.get("maintenance_window"));
    cache.set(
        "auto_minor_version_upgrade",
        source.get("auto_minor_version_upgrade"),
    );
    let topic = source.spec("events_topic");
    cache.set(
        "notification_topic_arn",
        source.reference("aws_sns_topic", "arn", topic),
    );
    for (kind, group) in source.spec("logs").as_object().into_iter().flatten() {
        cache.block("log_delivery_configuration", |log| {
            log.set("log_type", kind.as_str());
            log.set("destination_type", "cloudwatch-logs");
            log.set(
                "destination",
                source.reference("aws_cloudwatch_log_group", "name", group),
            );
            log.set("log_format", "json");
        });
    }
    // The token stays in the secret. The provider does not read the topic; the others are its own arguments.
    cache.ignored.extend([
        "notification_topic_arn",
        "auth_token",
        "auth_token_update_strategy",
        "apply_immediately",
        "final_snapshot_identifier",
    ]);
    cache.tags(&source.tags());
    cache
}
