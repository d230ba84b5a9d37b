//! What we want of an instance, and what AWS says there is, in the same words.

use crate::rds;
use aws_sdk_rds::types::DbInstance as Instance;
use rd_common::stack::FINAL_SNAPSHOT_TAG;
use rd_common::{Input, Tags};
use rd_secret::secret::GIVEN_GENERATION_TAG;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What we want.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The name of the first one; a restored one has a name of its own.
    pub identifier: String,
    /// `17`, or `17.4`.
    pub engine_version: String,
    /// `db.t4g.medium`.
    pub instance_class: String,
    /// GiB.
    pub allocated_storage: i32,
    /// GiB up to which AWS lets the storage grow; 0 for no growth.
    pub max_allocated_storage: i32,
    /// `gp3`.
    pub storage_type: String,
    /// The KMS key of the storage; else AWS's own.
    pub kms_key: Option<String>,
    /// Whether a standby waits in another zone.
    pub multi_az: bool,
    /// The database that is made with it.
    pub db_name: String,
    /// The user that owns it.
    pub username: String,
    /// The secret that has the user's password.
    pub secret_arn: Input,
    /// Which generation of it: another one has another password, which is set then.
    pub secret_generation: Input,
    /// Where it stands.
    pub db_subnet_group: Input,
    /// Its groups.
    pub security_group_ids: Vec<Input>,
    /// Its parameters.
    pub db_parameter_group: Input,
    /// For how many days AWS keeps what any moment can be restored from.
    pub backup_retention_days: i32,
    /// `hh:mm-hh:mm`, UTC.
    pub backup_window: String,
    /// `ddd:hh:mm-ddd:hh:mm`, UTC.
    pub maintenance_window: String,
    /// Whether AWS raises the minor version.
    pub auto_minor_version_upgrade: bool,
    /// Whether a change of the major version is meant.
    pub allow_major_upgrade: bool,
    /// Whether changes are made at once, not in the window.
    pub apply_immediately: bool,
    /// The logs that go to CloudWatch.
    pub log_exports: Vec<String>,
    /// Whether Performance Insights is on.
    pub performance_insights: bool,
    /// For how many days it remembers.
    pub performance_insights_days: i32,
    /// Whether AWS refuses to delete it.
    pub deletion_protection: bool,
    /// Whether a snapshot is taken when it is deleted.
    pub final_snapshot: bool,
    /// Whether it has an address on the internet.
    pub publicly_accessible: bool,
    /// Whether snapshots bear its tags.
    pub copy_tags_to_snapshot: bool,
    /// The authority that signs its certificate.
    pub ca_certificate: String,
}

/// What there is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// AWS's word: `available`, `modifying`, `storage-full`, …
    pub status: String,
    /// Its ARN.
    pub arn: String,
    /// The id that AWS gives it, and to no other ever.
    pub resource_id: String,
    /// The host to connect to.
    pub host: Option<String>,
    /// The port.
    pub port: Option<i32>,
    /// `17.6`.
    pub engine_version: String,
    /// `db.t4g.medium`.
    pub instance_class: String,
    /// GiB.
    pub allocated_storage: i32,
    /// GiB; 0 for no growth.
    pub max_allocated_storage: i32,
    /// `gp3`.
    pub storage_type: String,
    /// Whether the storage is encrypted.
    pub storage_encrypted: bool,
    /// The key's ARN.
    pub kms_key: Option<String>,
    /// Whether a standby waits in another zone.
    pub multi_az: bool,
    /// The database that was made with it.
    pub db_name: Option<String>,
    /// The user that owns it.
    pub username: String,
    /// Where it stands.
    pub db_subnet_group: String,
    /// Its groups, sorted.
    pub security_group_ids: Vec<String>,
    /// Its parameters.
    pub db_parameter_group: String,
    /// `in-sync`, `pending-reboot`, `applying`.
    pub parameters_status: String,
    /// Days.
    pub backup_retention_days: i32,
    /// `hh:mm-hh:mm`.
    pub backup_window: String,
    /// `ddd:hh:mm-ddd:hh:mm`.
    pub maintenance_window: String,
    /// Whether AWS raises the minor version.
    pub auto_minor_version_upgrade: bool,
    /// The logs that go to CloudWatch, sorted.
    pub log_exports: Vec<String>,
    /// Whether Performance Insights is on; none where AWS did not say.
    pub performance_insights: Option<bool>,
    /// Days.
    pub performance_insights_days: Option<i32>,
    /// Whether AWS refuses to delete it.
    pub deletion_protection: bool,
    /// Whether a snapshot is taken when we delete it; none where no tag says so.
    pub final_snapshot: Option<bool>,
    /// The generation of the secret whose password it has; empty where no tag says so.
    pub secret_generation: String,
    /// Whether it has an address on the internet.
    pub publicly_accessible: bool,
    /// Whether snapshots bear its tags.
    pub copy_tags_to_snapshot: bool,
    /// The authority that signed its certificate.
    pub ca_certificate: Option<String>,
    /// Until when that is valid, in ISO 8601.
    pub certificate_valid_till: Option<String>,
    /// Up to which moment it can be restored.
    pub latest_restorable_time: Option<String>,
    /// What was asked for and waits, by the names above.
    pub pending: BTreeMap<String, Value>,
}

/// The tag of an instance that was replaced by a restored one, with that one's name, until it is deleted.
pub const REPLACED_TAG: &str = "rd:replaced-by";

/// The tag of an instance that was restored, with what from.
pub const RESTORED_TAG: &str = "rd:restored-from";

/// Reads an instance.
pub fn live(instance: &Instance) -> Live {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let mut groups: Vec<String> = instance
        .vpc_security_groups()
        .iter()
        .filter_map(|group| group.vpc_security_group_id().map(str::to_owned))
        .collect();
    groups.sort();
    let mut logs = instance.enabled_cloudwatch_logs_exports().to_vec();
    logs.sort();
    let tags: Tags = rds::map(instance.tag_list());
    let parameters = instance.db_parameter_groups().first();
    let endpoint = instance.endpoint();
    Live {
        status: text(instance.db_instance_status()),
        arn: text(instance.db_instance_arn()),
        resource_id: text(instance.dbi_resource_id()),
        host: endpoint.and_then(|endpoint| endpoint.address().map(str::to_owned)),
        port: endpoint.and_then(aws_sdk_rds::types::Endpoint::port),
        engine_version: text(instance.engine_version()),
        instance_class: text(instance.db_instance_class()),
        allocated_storage: instance.allocated_storage().unwrap_or(0),
        // A limit of what there is already is no growth.
        max_allocated_storage: instance
            .max_allocated_storage()
            .filter(|limit| Some(*limit) != instance.allocated_storage())
            .unwrap_or(0),
        storage_type: text(instance.storage_type()),
        storage_encrypted: instance.storage_encrypted().unwrap_or(false),
        kms_key: instance.kms_key_id().map(str::to_owned),
        multi_az: instance.multi_az().unwrap_or(false),
        db_name: instance.db_name().map(str::to_owned),
        username: text(instance.master_username()),
        db_subnet_group: text(
            instance
                .db_subnet_group()
                .and_then(|group| group.db_subnet_group_name()),
        ),
        security_group_ids: groups,
        db_parameter_group: text(parameters.and_then(|group| group.db_parameter_group_name())),
        parameters_status: text(parameters.and_then(|group| group.parameter_apply_status())),
        backup_retention_days: instance.backup_retention_period().unwrap_or(0),
        backup_window: text(instance.preferred_backup_window()),
        maintenance_window: text(instance.preferred_maintenance_window()).to_lowercase(),
        auto_minor_version_upgrade: instance.auto_minor_version_upgrade().unwrap_or(false),
        log_exports: logs,
        performance_insights: instance.performance_insights_enabled(),
        performance_insights_days: instance.performance_insights_retention_period(),
        deletion_protection: instance.deletion_protection().unwrap_or(false),
        final_snapshot: tags
            .get(FINAL_SNAPSHOT_TAG)
            .and_then(|value| value.parse().ok()),
        secret_generation: tags.get(GIVEN_GENERATION_TAG).cloned().unwrap_or_default(),
        publicly_accessible: instance.publicly_accessible().unwrap_or(false),
        copy_tags_to_snapshot: instance.copy_tags_to_snapshot().unwrap_or(false),
        ca_certificate: instance.ca_certificate_identifier().map(str::to_owned),
        certificate_valid_till: instance
            .certificate_details()
            .and_then(|details| details.valid_till().map(ToString::to_string)),
        latest_restorable_time: instance.latest_restorable_time().map(ToString::to_string),
        pending: pending(instance),
    }
}

fn pending(instance: &Instance) -> BTreeMap<String, Value> {
    let Some(values) = instance.pending_modified_values() else {
        return BTreeMap::new();
    };
    let all = [
        ("instance_class", json!(values.db_instance_class())),
        ("allocated_storage", json!(values.allocated_storage())),
        ("storage_type", json!(values.storage_type())),
        ("engine_version", json!(values.engine_version())),
        ("multi_az", json!(values.multi_az())),
        (
            "backup_retention_days",
            json!(values.backup_retention_period()),
        ),
        ("ca_certificate", json!(values.ca_certificate_identifier())),
        (
            "password",
            json!(values.master_user_password().map(|_| "(new)")),
        ),
    ];
    all.into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
