//! The attributes that are copied from a state. A state holds passwords in plain text, so that everything else is left
//! where it is: nothing outside of this list can get into a record, a log, an error or a state of rd.

/// What is needed of every type.
const OF_ALL: [&str; 2] = ["id", "arn"];

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
            "db_subnet_group_name",
            "vpc_security_group_ids",
            "replicate_source_db",
        ],
    ),
    ("aws_db_subnet_group", &["name", "subnet_ids"]),
    (
        "aws_ecs_service",
        &[
            "name",
            "network_configuration",
            "load_balancer",
            "task_definition",
            "cluster",
        ],
    ),
    ("aws_eip", &["allocation_id", "vpc"]),
    ("aws_elasticache_cluster", &["security_group_ids"]),
    (
        "aws_elasticache_replication_group",
        &[
            "replication_group_id",
            "security_group_ids",
            "subnet_group_name",
        ],
    ),
    ("aws_elasticache_subnet_group", &["name", "subnet_ids"]),
    (
        "aws_alb",
        &[
            "name",
            "security_groups",
            "subnets",
            "load_balancer_type",
            "vpc_id",
        ],
    ),
    (
        "aws_lb",
        &[
            "name",
            "security_groups",
            "subnets",
            "load_balancer_type",
            "vpc_id",
        ],
    ),
    (
        "aws_lb_target_group",
        &["name", "port", "vpc_id", "target_type"],
    ),
    ("aws_default_route_table", &["vpc_id", "route"]),
    ("aws_default_security_group", &["vpc_id"]),
    ("aws_flow_log", &["vpc_id", "log_destination_type"]),
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

/// Whether an attribute of a type is copied.
pub fn is_needed(kind: &str, name: &str) -> bool {
    let of_type = OF_TYPE.iter().find(|(of, _)| *of == kind);
    OF_ALL.contains(&name) || of_type.is_some_and(|(_, names)| names.contains(&name))
}
