//! The attributes that are copied from a state. A state holds passwords in plain text, so that everything else is left
//! where it is: nothing outside of this list can get into a record, a log, an error or a state of rd.

use serde_json::Value;

/// What is needed of every type.
const OF_ALL: [&str; 2] = ["id", "arn"];

const LOAD_BALANCER: &[&str] = &[
    "name",
    "security_groups",
    "subnets",
    "load_balancer_type",
    "vpc_id",
    "internal",
    "dns_name",
    "idle_timeout",
    "enable_http2",
    "enable_deletion_protection",
    "access_logs",
];

const TARGET_GROUP: &[&str] = &[
    "name",
    "port",
    "vpc_id",
    "target_type",
    "health_check",
    "deregistration_delay",
];

const LISTENER: &[&str] = &[
    "load_balancer_arn",
    "port",
    "protocol",
    "certificate_arn",
    "ssl_policy",
    "default_action.type",
    "default_action.target_group_arn",
    "default_action.forward",
];

const LISTENER_CERTIFICATE: &[&str] = &["listener_arn", "certificate_arn"];

/// Without the conditions whose values may be secrets, such as a header that only a CDN knows.
const LISTENER_RULE: &[&str] = &[
    "listener_arn",
    "priority",
    "condition.host_header",
    "condition.path_pattern",
    "condition.http_request_method",
    "condition.source_ip",
    "action.type",
    "action.target_group_arn",
    "action.forward",
    "action.fixed_response",
    "action.redirect",
];

/// What is needed of a type besides. Values of blocks are copied whole, so that only those without secrets are listed.
const OF_TYPE: &[(&str, &[&str])] = &[
    ("aws_s3_bucket_cors_configuration", &["bucket"]),
    ("aws_s3_bucket_lifecycle_configuration", &["bucket"]),
    ("aws_s3_bucket_ownership_controls", &["bucket"]),
    ("aws_s3_bucket_policy", &["bucket"]),
    ("aws_s3_bucket_public_access_block", &["bucket"]),
    (
        "aws_s3_bucket_server_side_encryption_configuration",
        &["bucket", "rule"],
    ),
    ("aws_s3_bucket_versioning", &["bucket"]),
    (
        "aws_db_instance",
        &[
            "identifier",
            "engine",
            "engine_version",
            "instance_class",
            "allocated_storage",
            "max_allocated_storage",
            "storage_type",
            "iops",
            "multi_az",
            "db_name",
            "username",
            "db_subnet_group_name",
            "parameter_group_name",
            "vpc_security_group_ids",
            "replicate_source_db",
            "backup_retention_period",
            "backup_window",
            "maintenance_window",
            "auto_minor_version_upgrade",
            "enabled_cloudwatch_logs_exports",
            "performance_insights_enabled",
            "performance_insights_retention_period",
            "database_insights_mode",
            "monitoring_interval",
            "monitoring_role_arn",
            "deletion_protection",
            "skip_final_snapshot",
            "ca_cert_identifier",
            "master_user_secret",
        ],
    ),
    ("aws_db_parameter_group", &["name", "parameter"]),
    ("aws_db_subnet_group", &["name", "subnet_ids", "vpc_id"]),
    (
        "aws_ecs_service",
        &[
            "name",
            "network_configuration",
            "load_balancer",
            "task_definition",
            "cluster",
            "desired_count",
            "launch_type",
            "scheduling_strategy",
            "deployment_controller",
            "deployment_minimum_healthy_percent",
            "deployment_maximum_percent",
            "deployment_circuit_breaker",
            "health_check_grace_period_seconds",
            "enable_execute_command",
        ],
    ),
    // Its containers are in `containers`.
    (
        "aws_ecs_task_definition",
        &[
            "family",
            "cpu",
            "memory",
            "network_mode",
            "runtime_platform",
            "execution_role_arn",
            "task_role_arn",
        ],
    ),
    ("aws_ecs_cluster", &["name", "setting"]),
    ("aws_ecs_cluster_capacity_providers", &["cluster_name"]),
    (
        "aws_ecr_repository",
        &[
            "name",
            "repository_url",
            "image_tag_mutability",
            "image_scanning_configuration",
            "encryption_configuration",
        ],
    ),
    ("aws_ecr_lifecycle_policy", &["repository"]),
    ("aws_iam_role", &["name"]),
    ("aws_iam_role_policies_exclusive", &["role_name"]),
    ("aws_iam_role_policy_attachments_exclusive", &["role_name"]),
    ("aws_iam_role_policy", &["name", "role"]),
    ("aws_iam_role_policy_attachment", &["role", "policy_arn"]),
    (
        "aws_cloudwatch_metric_alarm",
        &[
            "alarm_name",
            "namespace",
            "metric_name",
            "comparison_operator",
            "threshold",
            "dimensions",
            "alarm_actions",
        ],
    ),
    ("aws_cloudwatch_dashboard", &["dashboard_name"]),
    ("aws_sns_topic", &["name", "kms_master_key_id"]),
    // The endpoint can be a webhook, whose URL is a secret: it is copied only where it is a mail address.
    (
        "aws_sns_topic_subscription",
        &["topic_arn", "protocol", "pending_confirmation"],
    ),
    (
        "aws_cloudwatch_log_group",
        &["name", "retention_in_days", "kms_key_id"],
    ),
    (
        "aws_appautoscaling_target",
        &["resource_id", "min_capacity", "max_capacity"],
    ),
    (
        "aws_appautoscaling_policy",
        &[
            "name",
            "resource_id",
            "policy_type",
            "target_tracking_scaling_policy_configuration",
        ],
    ),
    (
        "aws_appautoscaling_scheduled_action",
        &[
            "name",
            "resource_id",
            "schedule",
            "timezone",
            "scalable_target_action",
        ],
    ),
    ("aws_eip", &["allocation_id", "vpc"]),
    (
        "aws_elasticache_cluster",
        &["security_group_ids", "replication_group_id"],
    ),
    ("aws_elasticache_parameter_group", &["name", "parameter"]),
    (
        "aws_elasticache_replication_group",
        &[
            "replication_group_id",
            "security_group_ids",
            "subnet_group_name",
            "parameter_group_name",
            "engine",
            "engine_version",
            "engine_version_actual",
            "node_type",
            "num_cache_clusters",
            "num_node_groups",
            "snapshot_retention_limit",
            "snapshot_window",
            "maintenance_window",
            "auto_minor_version_upgrade",
        ],
    ),
    ("aws_alb", LOAD_BALANCER),
    ("aws_lb", LOAD_BALANCER),
    ("aws_lb_target_group", TARGET_GROUP),
    ("aws_alb_target_group", TARGET_GROUP),
    ("aws_lb_listener", LISTENER),
    ("aws_alb_listener", LISTENER),
    ("aws_lb_listener_certificate", LISTENER_CERTIFICATE),
    ("aws_alb_listener_certificate", LISTENER_CERTIFICATE),
    ("aws_lb_listener_rule", LISTENER_RULE),
    ("aws_alb_listener_rule", LISTENER_RULE),
    (
        "aws_elasticache_subnet_group",
        &["name", "subnet_ids", "vpc_id"],
    ),
    ("aws_secretsmanager_secret", &["name", "kms_key_id"]),
    ("aws_secretsmanager_secret_version", &["secret_id"]),
    (
        "aws_acm_certificate",
        &[
            "domain_name",
            "subject_alternative_names",
            "key_algorithm",
            "validation_method",
            "domain_validation_options",
        ],
    ),
    ("aws_acm_certificate_validation", &["certificate_arn"]),
    (
        "aws_route53_record",
        &["zone_id", "name", "fqdn", "type", "set_identifier", "alias"],
    ),
    ("aws_route53_zone", &["name"]),
    ("aws_default_route_table", &["vpc_id", "route"]),
    ("aws_default_security_group", &["vpc_id"]),
    (
        "aws_flow_log",
        &[
            "vpc_id",
            "log_destination_type",
            "log_destination",
            "log_group_name",
            "iam_role_arn",
        ],
    ),
    ("aws_internet_gateway", &["vpc_id"]),
    (
        "aws_internet_gateway_attachment",
        &["vpc_id", "internet_gateway_id"],
    ),
    (
        "aws_nat_gateway",
        &["allocation_id", "subnet_id", "connectivity_type"],
    ),
    (
        "aws_route",
        &[
            "route_table_id",
            "destination_cidr_block",
            "gateway_id",
            "nat_gateway_id",
        ],
    ),
    ("aws_route_table", &["vpc_id", "route"]),
    (
        "aws_route_table_association",
        &["subnet_id", "route_table_id"],
    ),
    (
        "aws_security_group",
        &["vpc_id", "name", "ingress", "egress"],
    ),
    (
        "aws_security_group_rule",
        &[
            "security_group_id",
            "type",
            "protocol",
            "from_port",
            "to_port",
            "cidr_blocks",
            "ipv6_cidr_blocks",
            "prefix_list_ids",
            "source_security_group_id",
            "security_group_rule_id",
        ],
    ),
    ("aws_subnet", &["vpc_id", "availability_zone", "cidr_block"]),
    ("aws_vpc", &["cidr_block", "default_security_group_id"]),
    (
        "aws_vpc_endpoint",
        &[
            "vpc_id",
            "service_name",
            "vpc_endpoint_type",
            "security_group_ids",
            "subnet_ids",
        ],
    ),
    (
        "aws_vpc_endpoint_route_table_association",
        &["vpc_endpoint_id", "route_table_id"],
    ),
    (
        "aws_vpc_security_group_egress_rule",
        &[
            "security_group_id",
            "ip_protocol",
            "from_port",
            "to_port",
            "cidr_ipv4",
            "prefix_list_id",
            "referenced_security_group_id",
        ],
    ),
    (
        "aws_vpc_security_group_ingress_rule",
        &[
            "security_group_id",
            "ip_protocol",
            "from_port",
            "to_port",
            "cidr_ipv4",
            "prefix_list_id",
            "referenced_security_group_id",
        ],
    ),
];

/// What is copied of an attribute; none where it is not needed. Of a block whose members are listed (`block.member`), only
/// those are copied: the others may be secrets, such as the client secret of a listener's action.
pub fn needed(kind: &str, name: &str, value: &Value) -> Option<Value> {
    let of_type = OF_TYPE.iter().find(|(of, _)| *of == kind);
    let names = of_type.map_or(&[][..], |(_, names)| *names);
    if OF_ALL.contains(&name) || names.contains(&name) {
        return Some(value.clone());
    }
    let members = names
        .iter()
        .filter_map(|one| one.strip_prefix(name)?.strip_prefix('.'));
    let members: Vec<&str> = members.collect();
    if members.is_empty() {
        return None;
    }
    let blocks = value.as_array()?.iter().filter_map(Value::as_object);
    let blocks = blocks.map(|block| {
        let all = block.iter();
        let needed = all.filter(|(name, _)| members.contains(&name.as_str()));
        needed
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    });
    Some(Value::Array(blocks.map(Value::Object).collect()))
}
