//! The desired instance and the instance that AWS has, with the same names for the same fields.

use aws_sdk_rds::types::DbInstance as Instance;
use rd_common::stack::FINAL_SNAPSHOT_TAG;
use rd_common::{Input, Tags, tags_from_sdk};
use rd_secret::secret::GIVEN_GENERATION_TAG;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The desired instance: settings, and references to the resources that it uses.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The name of the first instance; a restored instance has a name of its own.
    pub identifier: String,
    /// The version of PostgreSQL, such as `17` or `17.4`.
    pub engine_version: String,
    /// The instance class, such as `db.t4g.medium`.
    pub instance_class: String,
    /// The initial size of the storage in GiB.
    pub allocated_storage: i32,
    /// The size in GiB up to which RDS grows the storage; 0 for no growth.
    pub max_allocated_storage: i32,
    /// The storage type, such as `gp3`.
    pub storage_type: String,
    /// The I/O operations a second of the storage; none leaves them as they are.
    #[serde(default)]
    pub iops: Option<i32>,
    /// The throughput of the storage in MiB a second; none leaves it as it is.
    #[serde(default)]
    pub storage_throughput: Option<i32>,
    /// The KMS key of the storage; none for AWS's own key.
    pub kms_key: Option<String>,
    /// Whether there is a standby instance in another zone.
    pub multi_az: bool,
    /// The database that is created with the instance.
    pub db_name: String,
    /// The user that owns the database.
    pub username: String,
    /// The ARN of the secret that has the user's password.
    pub secret_arn: Input,
    /// The generation of the secret. A secret that was created again has another one, and another password to set.
    pub secret_generation: Input,
    /// The name of the subnet group.
    pub db_subnet_group: Input,
    /// The ids of the security groups.
    pub security_group_ids: Vec<Input>,
    /// The name of the parameter group.
    pub db_parameter_group: Input,
    /// For how many days the database can be restored to any point in time.
    pub backup_retention_days: i32,
    /// The daily backup window, `hh:mm-hh:mm` in UTC.
    pub backup_window: String,
    /// The weekly maintenance window, `ddd:hh:mm-ddd:hh:mm` in UTC.
    pub maintenance_window: String,
    /// Whether AWS upgrades the minor version.
    pub auto_minor_version_upgrade: bool,
    /// Whether a higher major version may be applied.
    pub allow_major_upgrade: bool,
    /// Whether changes are made at once rather than in the maintenance window.
    pub apply_immediately: bool,
    /// The logs that are exported to CloudWatch.
    pub log_exports: Vec<String>,
    /// The mode of Database Insights; none leaves it as it is.
    #[serde(default)]
    pub database_insights: Option<String>,
    /// Whether the instance is created or restored with Extended Support.
    #[serde(default)]
    pub extended_support: bool,
    /// Whether Performance Insights is enabled.
    pub performance_insights: bool,
    /// How many days Performance Insights keeps its data.
    pub performance_insights_days: i32,
    /// Every how many seconds Enhanced Monitoring reports; 0 for never, none leaves it as it is.
    #[serde(default)]
    pub monitoring_seconds: Option<i32>,
    /// The ARN of the role with which Enhanced Monitoring writes; none without it.
    #[serde(default)]
    pub monitoring_role_arn: Option<Input>,
    /// Whether users can log in with a token of IAM; none leaves it as it is.
    #[serde(default)]
    pub iam_authentication: Option<bool>,
    /// Whether AWS refuses to delete the instance.
    pub deletion_protection: bool,
    /// Whether a delete takes a final snapshot.
    pub final_snapshot: bool,
    /// Whether the instance has a public IP address.
    pub publicly_accessible: bool,
    /// Whether snapshots get the instance's tags.
    pub copy_tags_to_snapshot: bool,
    /// The authority that signs the server's certificate.
    pub ca_certificate: String,
}

/// The instance that AWS has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The status: `available`, `modifying`, `storage-full`, …
    pub status: String,
    /// Why the instance failed, from its newest event; none where it did not, or where AWS did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The ARN, which contains the name.
    pub arn: String,
    /// `DbiResourceId`, which AWS never gives to another instance.
    pub resource_id: String,
    /// The DNS name of the endpoint; none while the instance is being created.
    pub host: Option<String>,
    /// The port of the endpoint.
    pub port: Option<i32>,
    /// The full version of PostgreSQL, such as `17.6`.
    pub engine_version: String,
    /// The instance class, such as `db.t4g.medium`.
    pub instance_class: String,
    /// The current size of the storage in GiB.
    pub allocated_storage: i32,
    /// The size in GiB up to which RDS grows the storage, as RDS reports it: 0 or the current size where it does not
    /// grow, and the current size, too, where it has grown to its limit.
    pub max_allocated_storage: i32,
    /// The storage type, such as `gp3`.
    pub storage_type: String,
    /// The I/O operations a second that the storage is provisioned with; none if AWS did not report them.
    #[serde(default)]
    pub iops: Option<i32>,
    /// The throughput of the storage in MiB a second; none if AWS did not report it.
    #[serde(default)]
    pub storage_throughput: Option<i32>,
    /// Whether the storage is encrypted.
    pub storage_encrypted: bool,
    /// The ARN of the storage's KMS key.
    pub kms_key: Option<String>,
    /// Whether there is a standby instance in another zone.
    pub multi_az: bool,
    /// The database that was created with the instance.
    pub db_name: Option<String>,
    /// The user that owns the database.
    pub username: String,
    /// The name of the subnet group.
    pub db_subnet_group: String,
    /// The ids of the security groups, sorted.
    pub security_group_ids: Vec<String>,
    /// The name of the parameter group.
    pub db_parameter_group: String,
    /// The status of the parameters: `in-sync`, `pending-reboot` or `applying`.
    pub parameters_status: String,
    /// For how many days the database can be restored to any point in time.
    pub backup_retention_days: i32,
    /// The daily backup window, `hh:mm-hh:mm` in UTC.
    pub backup_window: String,
    /// The weekly maintenance window, `ddd:hh:mm-ddd:hh:mm` in UTC.
    pub maintenance_window: String,
    /// Whether AWS upgrades the minor version.
    pub auto_minor_version_upgrade: bool,
    /// The logs that are exported to CloudWatch, sorted.
    pub log_exports: Vec<String>,
    /// The mode of Database Insights; none if AWS did not report it.
    #[serde(default)]
    pub database_insights: Option<String>,
    /// Whether the instance is enrolled in Extended Support; none if AWS did not report it.
    #[serde(default)]
    pub extended_support: Option<bool>,
    /// Whether Performance Insights is enabled; none if AWS did not report it.
    pub performance_insights: Option<bool>,
    /// How many days Performance Insights keeps its data.
    pub performance_insights_days: Option<i32>,
    /// Every how many seconds Enhanced Monitoring reports; 0 for never.
    #[serde(default)]
    pub monitoring_seconds: i32,
    /// The ARN of the role with which Enhanced Monitoring writes; none without it.
    #[serde(default)]
    pub monitoring_role_arn: Option<String>,
    /// Whether users can log in with a token of IAM.
    #[serde(default)]
    pub iam_authentication: bool,
    /// Whether AWS refuses to delete the instance.
    pub deletion_protection: bool,
    /// Whether a delete takes a final snapshot, from the tag `rd:final-snapshot`; none without the tag.
    pub final_snapshot: Option<bool>,
    /// The generation of the secret whose password was set, from the tag `rd:secret-generation`; empty without the tag.
    pub secret_generation: String,
    /// The ARN of the secret with the password, where RDS manages it; none otherwise. rd creates no such instance, and keeps
    /// that of an adopted one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed_secret: Option<String>,
    /// Whether the instance has a public IP address.
    pub publicly_accessible: bool,
    /// Whether snapshots get the instance's tags.
    pub copy_tags_to_snapshot: bool,
    /// The authority that signed the server's certificate.
    pub ca_certificate: Option<String>,
    /// The time when the server's certificate expires, in ISO 8601.
    pub certificate_valid_till: Option<String>,
    /// The latest point in time that can be restored, in ISO 8601.
    pub latest_restorable_time: Option<String>,
    /// The changes that AWS makes later, by the names of these fields.
    pub pending: BTreeMap<String, Value>,
}

/// The value of `Engine` in RDS's API.
pub const ENGINE: &str = "postgres";

/// The values of `EngineLifecycleSupport`. Without one, AWS enrols a new instance.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/extended-support-creating-db-instance.html>
const EXTENDED_SUPPORT: &str = "open-source-rds-extended-support";
const NO_EXTENDED_SUPPORT: &str = "open-source-rds-extended-support-disabled";

impl Spec {
    /// The value of `MonitoringRoleArn`, which RDS takes only where Enhanced Monitoring is on.
    pub fn monitoring_role(&self) -> Option<String> {
        let is_on = self.monitoring_seconds.is_some_and(|seconds| seconds > 0);
        let role = self.monitoring_role_arn.as_ref().filter(|_| is_on);
        role.map(|role| role.text().to_owned())
    }

    /// The value of `EngineLifecycleSupport`.
    pub fn lifecycle_support(&self) -> &'static str {
        if self.extended_support {
            EXTENDED_SUPPORT
        } else {
            NO_EXTENDED_SUPPORT
        }
    }
}

/// The tag of an instance that a restored one replaced. Its value is the name of the restored instance.
pub const REPLACED_TAG: &str = "rd:replaced-by";

/// The tag of a restored instance. Its value is what was restored, such as `snapshot before-migration`.
pub const RESTORED_TAG: &str = "rd:restored-from";

impl Live {
    /// Whether the disk is full: then the storage must be raised at once.
    pub fn is_full(&self) -> bool {
        self.status == "storage-full"
    }

    /// Whether RDS does not grow the storage (any more).
    pub fn does_not_grow(&self) -> bool {
        self.max_allocated_storage <= self.allocated_storage
    }
}

/// Converts RDS's answer, with lists sorted and windows in lower case, as they are compared.
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
    let tags: Tags = tags_from_sdk!(instance.tag_list());
    let parameters = instance.db_parameter_groups().first();
    let endpoint = instance.endpoint();
    Live {
        status: text(instance.db_instance_status()),
        failure: None,
        arn: text(instance.db_instance_arn()),
        resource_id: text(instance.dbi_resource_id()),
        host: endpoint.and_then(|endpoint| endpoint.address().map(str::to_owned)),
        port: endpoint.and_then(aws_sdk_rds::types::Endpoint::port),
        engine_version: text(instance.engine_version()),
        instance_class: text(instance.db_instance_class()),
        allocated_storage: instance.allocated_storage().unwrap_or(0),
        max_allocated_storage: instance.max_allocated_storage().unwrap_or(0),
        storage_type: text(instance.storage_type()),
        // 0 where the type of the storage has none.
        iops: instance.iops().filter(|iops| *iops > 0),
        storage_throughput: instance.storage_throughput().filter(|all| *all > 0),
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
        database_insights: instance
            .database_insights_mode()
            .map(|mode| mode.as_str().to_owned()),
        extended_support: instance
            .engine_lifecycle_support()
            .map(|support| support == EXTENDED_SUPPORT),
        performance_insights: instance.performance_insights_enabled(),
        performance_insights_days: instance.performance_insights_retention_period(),
        monitoring_seconds: instance.monitoring_interval().unwrap_or(0),
        monitoring_role_arn: instance.monitoring_role_arn().map(str::to_owned),
        iam_authentication: instance
            .iam_database_authentication_enabled()
            .unwrap_or(false),
        deletion_protection: instance.deletion_protection().unwrap_or(false),
        final_snapshot: tags
            .get(FINAL_SNAPSHOT_TAG)
            .and_then(|value| value.parse().ok()),
        secret_generation: tags.get(GIVEN_GENERATION_TAG).cloned().unwrap_or_default(),
        managed_secret: instance
            .master_user_secret()
            .and_then(|secret| secret.secret_arn().map(str::to_owned)),
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
        ("iops", json!(values.iops())),
        ("storage_throughput", json!(values.storage_throughput())),
        (
            "iam_authentication",
            json!(values.iam_database_authentication_enabled()),
        ),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorded;

    async fn read(instance: &str) -> Live {
        let instances = format!("<DBInstances><DBInstance>{instance}</DBInstance></DBInstances>");
        let client = recorded::rds("DescribeDBInstances", &instances);
        let answer = client.describe_db_instances().send().await.unwrap();
        live(&answer.db_instances()[0])
    }

    #[tokio::test]
    async fn an_instance_as_aws_describes_it() {
        let live = read(
            "<DBInstanceIdentifier>shop</DBInstanceIdentifier>\
             <DBInstanceClass>db.m6i.large</DBInstanceClass><Engine>postgres</Engine>\
             <DBInstanceStatus>available</DBInstanceStatus><MasterUsername>app</MasterUsername>\
             <DBName>shop</DBName>\
             <Endpoint><Address>shop.c1.us-west-2.rds.amazonaws.com</Address><Port>5432</Port>\
             <HostedZoneId>Z1</HostedZoneId></Endpoint>\
             <AllocatedStorage>100</AllocatedStorage>\
             <PreferredBackupWindow>11:09-11:39</PreferredBackupWindow>\
             <BackupRetentionPeriod>7</BackupRetentionPeriod><DBSecurityGroups/>\
             <VpcSecurityGroups><VpcSecurityGroupMembership>\
             <VpcSecurityGroupId>sg-2</VpcSecurityGroupId><Status>active</Status>\
             </VpcSecurityGroupMembership><VpcSecurityGroupMembership>\
             <VpcSecurityGroupId>sg-1</VpcSecurityGroupId><Status>active</Status>\
             </VpcSecurityGroupMembership></VpcSecurityGroups>\
             <DBParameterGroups><DBParameterGroup><DBParameterGroupName>shop-17</DBParameterGroupName>\
             <ParameterApplyStatus>pending-reboot</ParameterApplyStatus></DBParameterGroup></DBParameterGroups>\
             <DBSubnetGroup><DBSubnetGroupName>shop-subnets</DBSubnetGroupName></DBSubnetGroup>\
             <PreferredMaintenanceWindow>fri:06:10-fri:06:40</PreferredMaintenanceWindow>\
             <PendingModifiedValues><EngineVersion>17.6</EngineVersion>\
             <MasterUserPassword>****</MasterUserPassword></PendingModifiedValues>\
             <LatestRestorableTime>2026-09-28T05:25:00Z</LatestRestorableTime>\
             <MultiAZ>true</MultiAZ><EngineVersion>17.4</EngineVersion>\
             <AutoMinorVersionUpgrade>true</AutoMinorVersionUpgrade><Iops>3000</Iops>\
             <PubliclyAccessible>false</PubliclyAccessible><StorageType>io1</StorageType>\
             <DbInstancePort>0</DbInstancePort><StorageEncrypted>true</StorageEncrypted>\
             <KmsKeyId>arn:aws:kms:us-west-2:123456789012:key/19b5cf60</KmsKeyId>\
             <DbiResourceId>db-JS7E</DbiResourceId>\
             <CACertificateIdentifier>rds-ca-rsa2048-g1</CACertificateIdentifier>\
             <CopyTagsToSnapshot>true</CopyTagsToSnapshot><MonitoringInterval>60</MonitoringInterval>\
             <MonitoringRoleArn>arn:aws:iam::123456789012:role/rds-monitoring-role</MonitoringRoleArn>\
             <DBInstanceArn>arn:aws:rds:us-west-2:123456789012:db:shop</DBInstanceArn>\
             <IAMDatabaseAuthenticationEnabled>false</IAMDatabaseAuthenticationEnabled>\
             <DatabaseInsightsMode>standard</DatabaseInsightsMode>\
             <PerformanceInsightsEnabled>true</PerformanceInsightsEnabled>\
             <PerformanceInsightsRetentionPeriod>7</PerformanceInsightsRetentionPeriod>\
             <DeletionProtection>true</DeletionProtection><AssociatedRoles/>\
             <MasterUserSecret><SecretArn>arn:aws:secretsmanager:us-west-2:123456789012:secret:rds!db-1-x</SecretArn>\
             <SecretStatus>active</SecretStatus><KmsKeyId>arn:aws:kms:us-west-2:123456789012:key/19b5cf60</KmsKeyId>\
             </MasterUserSecret>\
             <MaxAllocatedStorage>1000</MaxAllocatedStorage>\
             <TagList><Tag><Key>rd:final-snapshot</Key><Value>true</Value></Tag></TagList>\
             <CertificateDetails><CAIdentifier>rds-ca-rsa2048-g1</CAIdentifier>\
             <ValidTill>2026-12-04T18:53:13Z</ValidTill></CertificateDetails>\
             <EngineLifecycleSupport>open-source-rds-extended-support</EngineLifecycleSupport>",
        )
        .await;
        assert_eq!(
            live.host.as_deref(),
            Some("shop.c1.us-west-2.rds.amazonaws.com")
        );
        assert_eq!((live.port, live.multi_az), (Some(5432), true));
        assert_eq!(live.security_group_ids, ["sg-1", "sg-2"]);
        assert_eq!(
            (
                live.db_parameter_group.as_str(),
                live.parameters_status.as_str()
            ),
            ("shop-17", "pending-reboot")
        );
        assert_eq!((live.iops, live.storage_throughput), (Some(3000), None));
        assert_eq!(live.max_allocated_storage, 1000);
        assert_eq!(
            (live.monitoring_seconds, live.iam_authentication),
            (60, false)
        );
        let role = "arn:aws:iam::123456789012:role/rds-monitoring-role";
        assert_eq!(live.monitoring_role_arn.as_deref(), Some(role));
        let secret = "arn:aws:secretsmanager:us-west-2:123456789012:secret:rds!db-1-x";
        assert_eq!(live.managed_secret.as_deref(), Some(secret));
        assert_eq!(live.extended_support, Some(true));
        assert_eq!(live.final_snapshot, Some(true));
        assert_eq!(
            live.certificate_valid_till.as_deref(),
            Some("2026-12-04T18:53:13Z")
        );
        let pending = BTreeMap::from([
            ("engine_version".to_owned(), json!("17.6")),
            ("password".to_owned(), json!("(new)")),
        ]);
        assert_eq!(live.pending, pending);
    }

    /// Instances of years ago, of other engines and just created ones lack members, and gp2 has a throughput of 0.
    #[tokio::test]
    async fn an_instance_without_all_of_its_members() {
        let live = read(
            "<DBInstanceIdentifier>shop</DBInstanceIdentifier><DBInstanceStatus>creating</DBInstanceStatus>\
             <DbInstancePort>0</DbInstancePort><StorageThroughput>0</StorageThroughput>\
             <PendingModifiedValues/>",
        )
        .await;
        assert_eq!((live.host, live.port), (None, None));
        assert_eq!((live.iops, live.storage_throughput), (None, None));
        assert_eq!(live.max_allocated_storage, 0);
        assert_eq!(
            (live.database_insights, live.extended_support),
            (None, None)
        );
        assert_eq!(live.performance_insights, None);
        assert_eq!(live.final_snapshot, None);
        assert!(live.pending.is_empty());
    }
}
