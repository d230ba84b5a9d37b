//! The database: the PostgreSQL instance, and what it names. A subnet group, a parameter group, a role or a log group is
//! one of its parts because the instance has its name.

use crate::adoption::mapper::Mapper;
use crate::adoption::secrets;
use crate::terraform::Resource;

const INSTANCE: &str = "data.db_instance.postgres";

/// What `[data]` has by default, by key: the attribute of Terraform that is the same, and the value as in TOML. A key whose
/// default depends on the environment has none, and is always written.
const SETTINGS: &[(&str, &str, Option<&str>)] = &[
    ("engine_version", "engine_version", Some("\"17\"")),
    (
        "instance_class",
        "instance_class",
        Some("\"db.t4g.medium\""),
    ),
    ("allocated_storage", "allocated_storage", Some("20")),
    (
        "max_allocated_storage",
        "max_allocated_storage",
        Some("100"),
    ),
    ("multi_az", "multi_az", Some("false")),
    ("db_name", "db_name", None),
    ("username", "username", Some("\"app\"")),
    ("backup_retention_days", "backup_retention_period", None),
    ("backup_window", "backup_window", Some("\"03:00-04:00\"")),
    (
        "maintenance_window",
        "maintenance_window",
        Some("\"sun:04:30-sun:05:30\""),
    ),
    (
        "auto_minor_version_upgrade",
        "auto_minor_version_upgrade",
        Some("true"),
    ),
    (
        "performance_insights",
        "performance_insights_enabled",
        Some("true"),
    ),
    ("deletion_protection", "deletion_protection", None),
];

/// The authorities that `[data]` knows, by the beginning of their names.
const AUTHORITIES: [&str; 2] = ["rds-ca-rsa", "rds-ca-ecc"];

const DEFAULT_AUTHORITY: &str = "rds-ca-rsa2048-g1";

const DEFAULT_LOGS: [&str; 2] = ["postgresql", "upgrade"];

/// The parameter that rd sets by default.
const DEFAULT_PARAMETER: (&str, &str) = ("log_min_duration_statement", "1000");

/// How many days log groups keep their events by default.
const DEFAULT_RETENTION: i64 = 30;

/// Decides what is a part of the database.
pub fn map(mapper: &mut Mapper<'_>) {
    let mut instances = mapper.of("aws_db_instance");
    instances.retain(|one| {
        let why = match one.text("engine") {
            "postgres" if one.text("replicate_source_db").is_empty() => return true,
            "postgres" => "rd has no read replicas",
            _ => "rd has PostgreSQL alone",
        };
        mapper.leave(one, why);
        false
    });
    instances.retain(|one| mapper.may_be_in_vpc(subnet_group(mapper, one)));
    let what = "the PostgreSQL database";
    let name = |one: &Resource| one.text("identifier").to_owned();
    let Some(instance) = mapper.pick_as(INSTANCE, &instances, what, name) else {
        return;
    };
    if let Some(group) = subnet_group(mapper, instance) {
        let address = "data.db_subnet_group.main";
        mapper.claim(
            group,
            address,
            group.text("name"),
            "the subnet group of the database",
        );
    }
    settings(mapper, instance);
    parameters(mapper, instance);
    monitoring(mapper, instance);
    log_groups(mapper, instance);
    if instance.blocks("master_user_secret").is_empty() {
        let secret = secrets::pick(mapper, &secrets::DATABASE, instance);
        let key = secret.map(|secret| secret.text("kms_key_id"));
        if let Some(key) = key.filter(|key| secrets::is_own_key(key)) {
            mapper.mapping.set_text("data", "secret_kms_key", key);
        }
        if secret.is_none() && mapper.mapping.questions.is_empty() {
            mapper.mapping.notes.push(
                "no secret has the database's password: the next apply creates one, whose password the database gets only \
                 with rd-data rotate; run that once the service reads the secret"
                    .to_owned(),
            );
        }
    } else {
        mapper.mapping.notes.push(
            "RDS manages the database's password, and still does: rd neither reads nor rotates it, and creates no secret"
                .to_owned(),
        );
    }
}

fn subnet_group<'a>(mapper: &Mapper<'a>, instance: &Resource) -> Option<&'a Resource> {
    let name = instance.text("db_subnet_group_name");
    let groups = mapper.of("aws_db_subnet_group");
    groups.into_iter().find(|one| one.text("name") == name)
}

fn settings(mapper: &mut Mapper<'_>, instance: &Resource) {
    let mapping = &mut mapper.mapping;
    for (key, attribute, default) in SETTINGS {
        if let Some(value) = instance.toml(attribute)
            && Some(value.as_str()) != *default
        {
            mapping.set("data", key, value);
        }
    }
    if instance.number("max_allocated_storage").is_none() {
        mapping.set("data", "max_allocated_storage", "0".to_owned());
    }
    // Another type, such as magnetic storage, stays as a given value: rd creates none of it.
    let storage = instance.text("storage_type");
    if storage.starts_with("io") || storage == "gp2" {
        mapping.set_text("data", "storage_type", storage);
    }
    if storage.starts_with("io")
        && let Some(iops) = instance.toml("iops")
    {
        mapping.set("data", "iops", iops);
    }
    let mut logs = instance.texts("enabled_cloudwatch_logs_exports");
    logs.sort_unstable();
    if logs != DEFAULT_LOGS {
        let logs: Vec<String> = logs.into_iter().map(str::to_owned).collect();
        mapping.set_list("data", "log_exports", &logs);
    }
    if instance.flag("performance_insights_enabled") == Some(true)
        && let Some(days) = instance.number("performance_insights_retention_period")
        && days != 7
    {
        mapping.set("data", "performance_insights_days", days.to_string());
    }
    if instance.text("database_insights_mode") == "advanced" {
        mapping.set_text("data", "database_insights", "advanced");
    }
    if let Some(skip) = instance.flag("skip_final_snapshot") {
        mapping.set("data", "final_snapshot", (!skip).to_string());
    }
    let authority = instance.text("ca_cert_identifier");
    let is_known = AUTHORITIES.iter().any(|one| authority.starts_with(one));
    if is_known && authority != DEFAULT_AUTHORITY {
        mapping.set_text("data", "ca_certificate", authority);
    }
}

/// The parameter group. One of AWS's own, `default.postgres17`, is no resource of Terraform, and stays.
fn parameters(mapper: &mut Mapper<'_>, instance: &Resource) {
    let name = instance.text("parameter_group_name");
    let groups = mapper.of("aws_db_parameter_group");
    let Some(group) = groups.into_iter().find(|one| one.text("name") == name) else {
        return;
    };
    let address = "data.db_parameter_group.main";
    mapper.claim(group, address, name, "the parameter group of the database");
    let all = group.blocks("parameter").into_iter();
    let all = all.map(|one| (one.text("name"), one.text("value")));
    let all: Vec<(&str, &str)> = all.filter(|one| *one != DEFAULT_PARAMETER).collect();
    mapper.mapping.set_texts("data", "parameters", &all);
}

/// Enhanced Monitoring, and the role with which RDS writes its metrics.
fn monitoring(mapper: &mut Mapper<'_>, instance: &Resource) {
    let Some(seconds) = instance
        .number("monitoring_interval")
        .filter(|one| *one > 0)
    else {
        return;
    };
    mapper
        .mapping
        .set("data", "monitoring_seconds", seconds.to_string());
    let arn = instance.text("monitoring_role_arn");
    let roles = mapper.of("aws_iam_role");
    let Some(role) = roles.into_iter().find(|one| one.text("arn") == arn) else {
        return;
    };
    let address = "data.role.monitoring";
    mapper.claim(role, address, role.id(), "the role of Enhanced Monitoring");
    for part in mapper.of("aws_iam_role_policy_attachment") {
        if part.text("role") == role.id() {
            mapper.claim(part, address, "", "a policy of that role");
        }
    }
}

fn log_groups(mapper: &mut Mapper<'_>, instance: &Resource) {
    let prefix = format!("/aws/rds/instance/{}/", instance.text("identifier"));
    let exports = instance.texts("enabled_cloudwatch_logs_exports");
    let mut first = true;
    for group in mapper.of("aws_cloudwatch_log_group") {
        let name = group.text("name");
        let Some(export) = name.strip_prefix(&prefix) else {
            continue;
        };
        if !exports.contains(&export) {
            continue;
        }
        let address = format!("data.log_group.{export}");
        mapper.claim(group, &address, name, "the log group of an exported log");
        // One setting is for all; a group that differs keeps what it has.
        if std::mem::take(&mut first) {
            mapper.log_group_settings(group, "data", DEFAULT_RETENTION);
        }
    }
}
