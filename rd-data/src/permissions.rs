//! What IAM asks for the calls of rd-data.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html>

use crate::config::Config;
use crate::kinds::db_instance::DbInstance;
use crate::kinds::db_instance::model::Live;
use crate::monitoring_role;
use rd_common::permissions::{Call, Condition, Grant, Resources, needs};
use rd_common::{Document, Kind, Stack};
use rd_iam::permissions::service_linked_roles;
use rd_iam::service_linked_role;
use serde::Deserialize;

const SERVICE: &str = "RDS";

/// What RDS does with the key for its caller.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html>
const KEY: Grant = Grant::on(
    "kms:CreateGrant kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey",
    "key",
)
.when(Condition::Via("rds"));

/// Enhanced Monitoring gets its role by these calls.
const PASS_ROLE: Grant = Grant::on("iam:PassRole", "role").when(Condition::Is(
    "StringEquals",
    "iam:PassedToService",
    monitoring_role::PRINCIPAL,
));

/// The calls of this program to RDS.
pub const CALLS: &[Call] = &[
    needs(
        SERVICE,
        "DescribeDBInstances",
        "plan check reboot restore rotate snapshot snapshots ~scan",
        &[Grant::any("rds:DescribeDBInstances")],
    ),
    // Only of an instance that failed.
    needs(
        SERVICE,
        "DescribeEvents",
        "plan check reboot restore rotate snapshot snapshots",
        &[Grant::any("rds:DescribeEvents")],
    ),
    needs(
        SERVICE,
        "DescribeDBSubnetGroups",
        "plan",
        &[Grant::any("rds:DescribeDBSubnetGroups")],
    ),
    needs(
        SERVICE,
        "DescribeDBParameters",
        "plan check ~scan",
        &[Grant::any("rds:DescribeDBParameters")],
    ),
    needs(
        SERVICE,
        "DescribeDBSnapshots",
        "plan restore snapshot snapshots",
        &[Grant::any("rds:DescribeDBSnapshots")],
    ),
    needs(
        SERVICE,
        "DescribeDBEngineVersions",
        "plan restore",
        &[Grant::any("rds:DescribeDBEngineVersions")],
    ),
    needs(
        SERVICE,
        "DescribeDBMajorEngineVersions",
        "plan restore",
        &[Grant::any("rds:DescribeDBMajorEngineVersions")],
    ),
    needs(
        SERVICE,
        "DescribeOrderableDBInstanceOptions",
        "plan restore",
        &[Grant::any("rds:DescribeOrderableDBInstanceOptions")],
    ),
    needs(
        SERVICE,
        "ListTagsForResource",
        "plan check restore rotate snapshot",
        &[Grant::on(
            "rds:ListTagsForResource",
            "subnet_group parameter_group",
        )],
    ),
    needs(
        SERVICE,
        "CreateDBSubnetGroup",
        "apply",
        &[Grant::on(
            "rds:CreateDBSubnetGroup rds:AddTagsToResource",
            "subnet_group",
        )],
    ),
    needs(
        SERVICE,
        "ModifyDBSubnetGroup",
        "apply",
        &[Grant::on("rds:ModifyDBSubnetGroup", "subnet_group")],
    ),
    needs(
        SERVICE,
        "DeleteDBSubnetGroup",
        "apply",
        &[Grant::on("rds:DeleteDBSubnetGroup", "subnet_group")],
    ),
    needs(
        SERVICE,
        "CreateDBParameterGroup",
        "apply",
        &[Grant::on(
            "rds:CreateDBParameterGroup rds:AddTagsToResource",
            "parameter_group",
        )],
    ),
    needs(
        SERVICE,
        "ModifyDBParameterGroup",
        "apply",
        &[Grant::on("rds:ModifyDBParameterGroup", "parameter_group")],
    ),
    needs(
        SERVICE,
        "ResetDBParameterGroup",
        "apply",
        &[Grant::on("rds:ResetDBParameterGroup", "parameter_group")],
    ),
    needs(
        SERVICE,
        "DeleteDBParameterGroup",
        "apply",
        &[Grant::on("rds:DeleteDBParameterGroup", "parameter_group")],
    ),
    needs(
        SERVICE,
        "CreateDBInstance",
        "apply",
        &[
            Grant::on(
                "rds:CreateDBInstance",
                "instance any_default_group parameter_group subnet_group",
            ),
            Grant::on("rds:AddTagsToResource", "instance"),
            PASS_ROLE,
            KEY,
        ],
    ),
    needs(
        SERVICE,
        "ModifyDBInstance",
        "apply restore rotate",
        &[
            Grant::on(
                "rds:ModifyDBInstance",
                "instance any_default_group parameter_group subnet_group",
            ),
            PASS_ROLE,
        ],
    ),
    needs(
        SERVICE,
        "RebootDBInstance",
        "reboot restore",
        &[Grant::on("rds:RebootDBInstance", "instance")],
    ),
    needs(
        SERVICE,
        "DeleteDBInstance",
        "apply restore",
        &[
            Grant::on("rds:DeleteDBInstance", "instance"),
            // For the final snapshot.
            Grant::on(
                "rds:CreateDBSnapshot rds:AddTagsToResource",
                "instance snapshot",
            ),
        ],
    ),
    needs(
        SERVICE,
        "CreateDBSnapshot",
        "snapshot",
        &[
            Grant::on("rds:CreateDBSnapshot", "instance any_snapshot"),
            Grant::on("rds:AddTagsToResource", "any_snapshot"),
        ],
    ),
    needs(
        SERVICE,
        "RestoreDBInstanceFromDBSnapshot",
        "restore",
        &[
            Grant::on(
                "rds:RestoreDBInstanceFromDBSnapshot",
                "instance any_snapshot any_default_group parameter_group subnet_group",
            ),
            Grant::on("rds:AddTagsToResource", "instance"),
            KEY,
        ],
    ),
    needs(
        SERVICE,
        "RestoreDBInstanceToPointInTime",
        "restore",
        &[
            Grant::on(
                "rds:RestoreDBInstanceToPointInTime",
                "instance any_default_group parameter_group subnet_group",
            ),
            Grant::on("rds:AddTagsToResource", "instance"),
            KEY,
        ],
    ),
    needs(
        SERVICE,
        "AddTagsToResource",
        "apply restore rotate",
        &[Grant::on(
            "rds:AddTagsToResource",
            "instance subnet_group parameter_group",
        )],
    ),
    needs(
        SERVICE,
        "RemoveTagsFromResource",
        "apply restore",
        &[Grant::on(
            "rds:RemoveTagsFromResource",
            "instance subnet_group parameter_group",
        )],
    ),
];

/// Adds the secret of an adopted instance whose password RDS manages.
pub fn with_managed_secret(resources: Resources, data: Option<&Document>) -> Resources {
    let resources_of_data = data.into_iter().flat_map(|state| state.resources.values());
    let mut instances = resources_of_data.filter(|one| one.kind == DbInstance::NAME);
    let live = instances.find_map(|one| Live::deserialize(&one.attributes).ok());
    let arn = live.and_then(|live| live.managed_secret);
    resources.values("managed_secret", arn.into_iter().collect())
}

/// The ARNs of the names in the table.
pub fn resources(stack: &Stack, config: &Config) -> Resources {
    let name = stack.name_of("postgres");
    let secret = format!("{}/{}/database", stack.project, stack.environment);
    let all = Resources::of(stack)
        // A restore gives the instance another name.
        .regional(
            "instance",
            "rds",
            [format!("db:{name}"), format!("db:{name}-r*")],
        )
        .regional("subnet_group", "rds", [format!("subgrp:{name}")])
        // One for each major version: the name ends with it.
        .regional("parameter_group", "rds", [format!("pg:{name}*")])
        .regional("any_default_group", "rds", ["og:default*", "pg:default.*"])
        .regional("snapshot", "rds", [format!("snapshot:{name}-*")])
        .regional("any_snapshot", "rds", ["snapshot:*"])
        // Deletes need the role after monitoring was turned off.
        .global(
            "role",
            "iam",
            [format!("role/{}", monitoring_role::role_name(stack))],
        )
        .values(
            "attached_policy",
            vec![monitoring_role::managed_policy(stack)],
        )
        .kms_key("key", config.kms_key.as_deref())
        .secrets("secret", &[secret])
        // Only the state knows one.
        .values("managed_secret", Vec::new())
        .kms_key("secret_key", config.secret_kms_key.as_deref())
        .kms_key("log_key", config.log_kms_key.as_deref())
        .log_groups("log_group", &[format!("/aws/rds/instance/{name}*")]);
    service_linked_roles(all, &[service_linked_role::RDS])
}
