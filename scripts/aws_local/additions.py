"""What moto lacks, added: each module named here fills one gap, from AWS's API reference. See docs/testing.md."""

import importlib

MODULES = [
    "ec2_filters",
    "ec2_requests",
    "ec2_rules",
    "ec2_endpoints",
    "ec2_nat",
    "ec2_in_use",
    "s3_policy",
    "s3_versioning",
    "controls",
    "elbv2_requests",
    "elbv2_interfaces",
    "elbv2_load_balancers",
    "elbv2_attributes",
    "elbv2_target_groups",
    "elbv2_targets",
    "elbv2_ssl_policies",
    "elbv2_certificates",
    "elbv2_listeners",
    "acm_certificates",
    "route53_zones",
    "route53_records",
    "cloudwatch_metrics",
    "rds_certificates",
    "rds_engine_versions",
    "rds_parameters",
    "rds_subnet_groups",
    "rds_instances",
    "rds_modifications",
    "rds_snapshots",
    "rds_tags",
    "elasticache_engine_versions",
    "elasticache_events",
    "elasticache_parameter_groups",
    "elasticache_subnet_groups",
    "elasticache_replication_groups",
    "elasticache_modifications",
    "elasticache_snapshots",
    "elasticache_tags",
    "data_interfaces",
    "secretsmanager_versions",
    "iam_service_roles",
]


def install():
    for name in MODULES:
        importlib.import_module(f"aws_local.{name}").install()
