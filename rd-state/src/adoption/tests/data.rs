//! The database, in configurations of different styles.

use super::net::own_style;
use super::{map_with, settings, stays, table, why};
use crate::adoption::Mapping;
use crate::terraform::tests::{one, resource};
use serde_json::{Value, json};

/// An instance as the provider has it, in the VPC of the samples, with `more`.
pub(super) fn instance(name: &str, more: &Value) -> Value {
    let mut attributes = json!({
        "id": "db-ABC", "identifier": name, "engine": "postgres", "engine_version": "16.3", "db_name": "shop",
        "instance_class": "db.t4g.large", "allocated_storage": 50, "max_allocated_storage": 0, "storage_type": "gp2",
        "iops": 0, "multi_az": true, "username": "postgres", "db_subnet_group_name": "shop-db",
        "parameter_group_name": "shop-pg16", "replicate_source_db": "", "backup_retention_period": 14,
        "backup_window": "03:00-04:00", "maintenance_window": "mon:01:00-mon:02:00",
        "auto_minor_version_upgrade": false, "enabled_cloudwatch_logs_exports": ["postgresql"],
        "performance_insights_enabled": false, "performance_insights_retention_period": 0,
        "database_insights_mode": "standard", "monitoring_interval": 60,
        "monitoring_role_arn": "arn:aws:iam::123456789012:role/rds-monitoring", "deletion_protection": true,
        "skip_final_snapshot": false, "ca_cert_identifier": "rds-ca-rsa4096-g1", "password": "planted",
        "master_user_secret": [], "vpc_security_group_ids": ["sg-3"],
    });
    for (name, value) in more.as_object().unwrap() {
        attributes[name] = value.clone();
    }
    one("aws_db_instance", &name.replace('-', "_"), attributes)
}

fn subnet_group(name: &str, vpc: &str) -> Value {
    one(
        "aws_db_subnet_group",
        &name.replace('-', "_"),
        json!({"id": name, "name": name, "vpc_id": vpc}),
    )
}

/// A secret and its version, which refers to `of`.
pub(super) fn secret(name: &str, of: &[&str]) -> [Value; 2] {
    let arn = format!("arn:aws:secretsmanager:us-east-1:123456789012:secret:{name}-AbCdEf");
    let terraform = name.replace(['/', '-'], "_");
    let mut version = one(
        "aws_secretsmanager_secret_version",
        &terraform,
        json!({"id": format!("{arn}|v1"), "secret_id": arn, "secret_string": "planted"}),
    );
    version["instances"][0]["dependencies"] = json!(of);
    [
        one(
            "aws_secretsmanager_secret",
            &terraform,
            json!({"id": arn, "arn": arn, "name": name, "kms_key_id": ""}),
        ),
        version,
    ]
}

/// The decisions and what stays, of the slice alone.
fn lines(mapping: &Mapping) -> (Vec<String>, Vec<&str>) {
    let mut decisions = table(mapping);
    decisions.retain(|line| line.contains("-> data."));
    let mut stays = stays(mapping);
    stays.retain(|one| !one.starts_with("aws_route.") && !one.contains("\"ops\""));
    (decisions, stays)
}

#[test]
fn a_database_with_what_it_names() {
    let mut resources = own_style();
    resources.extend([
        instance("shop-live", &json!({})),
        instance("replica", &json!({"replicate_source_db": "shop-live"})),
        instance("elsewhere", &json!({"db_subnet_group_name": "other"})),
        instance("words", &json!({"engine": "mysql"})),
        subnet_group("shop-db", "vpc-1"),
        subnet_group("other", "vpc-9"),
        one(
            "aws_db_parameter_group",
            "main",
            json!({"id": "shop-pg16", "name": "shop-pg16", "parameter": [
                {"name": "rds.force_ssl", "value": "0", "apply_method": "immediate"},
                {"name": "log_min_duration_statement", "value": "1000", "apply_method": "immediate"}]}),
        ),
        one(
            "aws_iam_role",
            "monitoring",
            json!({"id": "rds-monitoring", "name": "rds-monitoring",
            "arn": "arn:aws:iam::123456789012:role/rds-monitoring"}),
        ),
        one(
            "aws_iam_role_policy_attachment",
            "monitoring",
            json!({"id": "x", "role": "rds-monitoring"}),
        ),
        one(
            "aws_cloudwatch_log_group",
            "db",
            json!({"id": "/aws/rds/instance/shop-live/postgresql", "retention_in_days": 14, "kms_key_id": "",
                   "name": "/aws/rds/instance/shop-live/postgresql"}),
        ),
    ]);
    // Neither name says what it is: one refers to the instance.
    resources.extend(secret("shop/live", &["aws_db_instance.shop_live"]));
    resources.extend(secret("jwt", &["random_password.jwt"]));
    let mapping = map_with(&resources, &[]);
    assert_eq!(mapping.questions, []);
    let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/live-AbCdEf";
    let (decisions, stays) = lines(&mapping);
    assert_eq!(
        decisions,
        [
            "aws_cloudwatch_log_group.db -> data.log_group.postgresql (/aws/rds/instance/shop-live/postgresql)",
            "aws_db_instance.shop_live -> data.db_instance.postgres (shop-live)",
            "aws_db_parameter_group.main -> data.db_parameter_group.main (shop-pg16)",
            "aws_db_subnet_group.shop_db -> data.db_subnet_group.main (shop-db)",
            "aws_iam_role.monitoring -> data.role.monitoring (rds-monitoring)",
            "aws_iam_role_policy_attachment.monitoring -> data.role.monitoring ()",
            &format!("aws_secretsmanager_secret.shop_live -> data.secret.database ({arn})"),
            "aws_secretsmanager_secret_version.shop_live -> data.secret_version.database ()",
        ]
    );
    assert_eq!(
        stays,
        [
            "aws_db_instance.replica",
            "aws_db_instance.elsewhere",
            "aws_db_instance.words",
            "aws_db_subnet_group.other",
            "aws_secretsmanager_secret.jwt",
            "aws_secretsmanager_secret_version.jwt"
        ]
    );
    assert_eq!(
        why(&mapping, "aws_db_instance.replica"),
        "rd has no read replicas"
    );
    assert_eq!(
        why(&mapping, "aws_db_instance.words"),
        "rd has PostgreSQL alone"
    );
    let mut settings = settings(&mapping);
    settings.retain(|one| one.starts_with("data."));
    assert_eq!(
        settings,
        [
            "data.engine_version = \"16.3\"",
            "data.instance_class = \"db.t4g.large\"",
            "data.allocated_storage = 50",
            "data.max_allocated_storage = 0",
            "data.multi_az = true",
            "data.db_name = \"shop\"",
            "data.username = \"postgres\"",
            "data.backup_retention_days = 14",
            "data.maintenance_window = \"mon:01:00-mon:02:00\"",
            "data.auto_minor_version_upgrade = false",
            "data.performance_insights = false",
            "data.deletion_protection = true",
            "data.storage_type = \"gp2\"",
            "data.log_exports = [\"postgresql\"]",
            "data.final_snapshot = true",
            "data.ca_certificate = \"rds-ca-rsa4096-g1\"",
            "data.parameters = { \"rds.force_ssl\" = \"0\" }",
            "data.monitoring_seconds = 60",
            "data.log_retention_days = 14",
        ]
    );
    assert_eq!(mapping.notes, [""; 0]);
}

#[test]
fn the_module_of_the_community_with_a_password_that_rds_manages() {
    let of_module = |kind: &str, attributes: Value| {
        resource(
            "module.db.module.db_instance",
            kind,
            "this",
            &[(json!(0), attributes)],
        )
    };
    let mut database = instance(
        "shop",
        &json!({"parameter_group_name": "default.postgres16",
        "master_user_secret": [{"secret_arn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-1-x"}]}),
    );
    database = of_module(
        "aws_db_instance",
        database["instances"][0]["attributes"].clone(),
    );
    let resources = [
        database,
        of_module(
            "aws_db_subnet_group",
            json!({"id": "shop-db", "name": "shop-db", "vpc_id": "vpc-1"}),
        ),
        of_module("aws_db_option_group", json!({"id": "shop", "name": "shop"})),
    ];
    let mapping = map_with(&[&resources[..], &secret("postgres", &[])].concat(), &[]);
    assert_eq!(mapping.questions, []);
    let (decisions, stays) = lines(&mapping);
    assert_eq!(
        decisions,
        [
            "module.db.module.db_instance.aws_db_instance.this[0] -> data.db_instance.postgres (shop)",
            "module.db.module.db_instance.aws_db_subnet_group.this[0] -> data.db_subnet_group.main (shop-db)",
        ]
    );
    assert_eq!(stays.len(), 3, "{stays:?}");
    assert!(
        mapping.notes[0].starts_with("RDS manages"),
        "{:?}",
        mapping.notes
    );
}

#[test]
fn a_secret_is_known_by_its_password_or_its_name_or_asked_for() {
    let with = |name: &str, of: &[&str], answers: &[(&str, &str)]| {
        let mut database = instance("shop", &json!({}));
        database["instances"][0]["dependencies"] = json!(["random_password.db"]);
        let mut resources = vec![database];
        resources.extend(secret(name, of));
        map_with(&resources, answers)
    };
    let adopted = |mapping: &Mapping| {
        let mut all = mapping.decisions.iter();
        all.any(|one| one.address == "data.secret.database")
    };
    assert!(adopted(&with("app", &["random_password.db"], &[])));
    assert!(adopted(&with("my-Database", &[], &[])));
    let asked = with("app", &[], &[]);
    assert_eq!(
        asked.questions[0].candidates,
        ["aws_secretsmanager_secret.app"]
    );
    assert!(asked.notes.is_empty());
    let kept = with(
        "app",
        &[],
        &[("aws_secretsmanager_secret.app", "terraform")],
    );
    assert!(!adopted(&kept) && kept.questions.is_empty());
    assert!(kept.notes[0].contains("rd-data rotate"), "{:?}", kept.notes);
    let answer = [("aws_secretsmanager_secret.app", "data.secret.database")];
    assert!(adopted(&with("app", &[], &answer)));
}
