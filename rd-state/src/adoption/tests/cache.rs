//! The cache, in configurations of different styles.

use super::data::secret;
use super::net::own_style;
use super::{map_with, settings, table, why};
use crate::adoption::Mapping;
use crate::terraform::tests::one;
use serde_json::{Value, json};

fn group(id: &str, more: &Value) -> Value {
    let mut attributes = json!({
        "id": id, "replication_group_id": id, "engine": "redis", "engine_version": "6.x",
        "engine_version_actual": "6.2.6", "node_type": "cache.t4g.small", "num_cache_clusters": 2,
        "num_node_groups": 1, "subnet_group_name": "shop-cache", "parameter_group_name": "shop-redis6",
        "snapshot_retention_limit": 3, "snapshot_window": "02:00-03:00", "maintenance_window": "sun:06:30-sun:07:30",
        "auto_minor_version_upgrade": "false", "auth_token": "planted", "security_group_ids": ["sg-4"],
    });
    for (name, value) in more.as_object().unwrap() {
        attributes[name] = value.clone();
    }
    one(
        "aws_elasticache_replication_group",
        &id.replace('-', "_"),
        attributes,
    )
}

fn parameters(list: &Value) -> Value {
    let attributes = json!({"id": "shop-redis6", "name": "shop-redis6", "parameter": list});
    one("aws_elasticache_parameter_group", "main", attributes)
}

fn lines(mapping: &Mapping) -> Vec<String> {
    let mut decisions = table(mapping);
    decisions.retain(|line| line.contains("-> cache."));
    decisions
}

#[test]
fn a_cache_with_what_it_names() {
    let mut resources = own_style();
    resources.extend([
        group("shop-live", &json!({})),
        group("shards", &json!({"num_node_groups": 3})),
        one(
            "aws_elasticache_cluster",
            "node",
            json!({"id": "shop-live-001", "replication_group_id": "shop-live"}),
        ),
        one("aws_elasticache_cluster", "alone", json!({"id": "alone"})),
        one(
            "aws_elasticache_subnet_group",
            "main",
            json!({"id": "shop-cache", "name": "shop-cache", "vpc_id": "vpc-1"}),
        ),
        parameters(&json!([{"name": "maxmemory-policy", "value": "allkeys-lru"}])),
    ]);
    resources.extend(secret(
        "shop/token",
        &["aws_elasticache_replication_group.shop_live"],
    ));
    let mapping = map_with(&resources, &[]);
    assert_eq!(mapping.questions, []);
    let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/token-AbCdEf";
    assert_eq!(
        lines(&mapping),
        [
            "aws_elasticache_cluster.node -> cache.replication_group.redis ()",
            "aws_elasticache_parameter_group.main -> cache.cache_parameter_group.main (shop-redis6)",
            "aws_elasticache_replication_group.shop_live -> cache.replication_group.redis (shop-live)",
            "aws_elasticache_subnet_group.main -> cache.cache_subnet_group.main (shop-cache)",
            &format!("aws_secretsmanager_secret.shop_token -> cache.secret.redis ({arn})"),
            "aws_secretsmanager_secret_version.shop_token -> cache.secret_version.redis ()",
        ]
    );
    let mut settings = settings(&mapping);
    settings.retain(|one| one.starts_with("cache."));
    assert_eq!(
        settings,
        [
            "cache.name = \"shop-live\"",
            "cache.engine = \"redis\"",
            "cache.node_type = \"cache.t4g.small\"",
            "cache.nodes = 2",
            "cache.snapshot_retention_days = 3",
            "cache.engine_version = \"6.2\"",
            "cache.snapshot_window = \"02:00-03:00\"",
            "cache.auto_minor_version_upgrade = false",
            "cache.parameters = { \"maxmemory-policy\" = \"allkeys-lru\" }",
        ]
    );
    assert!(why(&mapping, "aws_elasticache_replication_group.shards").contains("several shards"));
    assert!(why(&mapping, "aws_elasticache_cluster.alone").contains("replication groups alone"));
}

#[test]
fn a_parameter_group_without_parameters_and_a_cache_without_a_token_stay_as_they_are() {
    let resources = [
        group("shop", &json!({"engine": "valkey"})),
        parameters(&json!([])),
    ];
    let mapping = map_with(&resources, &[]);
    assert_eq!(
        lines(&mapping),
        ["aws_elasticache_replication_group.shop -> cache.replication_group.redis (shop)"]
    );
    assert!(mapping.stays[0].why.contains("without parameters"));
    assert!(mapping.notes[0].contains("rd-cache rotate"));
    assert!(settings(&mapping).contains(&"cache.engine = \"valkey\"".to_owned()));
}
