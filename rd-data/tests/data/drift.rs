//! Drift of the database: every setting that can be changed outside of rd.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::drift::{Drift, each_is_put_back};
use rd_testkit::faults::Proxy;
use rd_testkit::network::SETTINGS;
use rd_testkit::{RDS, World, endpoint};
use serde_json::json;

const INSTANCE: &str = "data.db_instance.postgres";
const PARAMETERS: &str = "data.db_parameter_group.main";
const SECRET: &str = "data.secret.database";
const VERSION: &str = "data.secret_version.database";

/// Changes the instance immediately.
fn modify(world: &World, parameters: &[(&str, &str)]) {
    let id = world.id(INSTANCE);
    let mut all = vec![
        ("DBInstanceIdentifier", id.as_str()),
        ("ApplyImmediately", "true"),
    ];
    all.extend(parameters);
    world.query(RDS, "ModifyDBInstance", &all);
}

fn tag(world: &World, key: &str, value: &str) {
    let arn = format!(
        "arn:aws:rds:us-east-1:{}:db:{}",
        world.account,
        world.id(INSTANCE)
    );
    let tag = [
        ("ResourceName", arn.as_str()),
        ("Tags.Tag.1.Key", key),
        ("Tags.Tag.1.Value", value),
    ];
    world.query(RDS, "AddTagsToResource", &tag);
}

/// Changes one member of the secret's value.
fn rewrite(world: &World, member: &str, to: &str) {
    let arn = world.id(SECRET);
    let now = world.json("secretsmanager.GetSecretValue", &json!({"SecretId": arn}));
    let mut value: serde_json::Value =
        serde_json::from_str(now["SecretString"].as_str().unwrap()).unwrap();
    value[member] = json!(to);
    let put = json!({"SecretId": arn, "SecretString": value.to_string()});
    world.json("secretsmanager.PutSecretValue", &put);
}

const TABLE: [Drift; 28] = [
    Drift {
        address: INSTANCE,
        path: "instance_class",
        change: |world| modify(world, &[("DBInstanceClass", "db.t4g.large")]),
    },
    Drift {
        address: INSTANCE,
        path: "multi_az",
        change: |world| modify(world, &[("MultiAZ", "true")]),
    },
    Drift {
        address: INSTANCE,
        path: "max_allocated_storage",
        change: |world| modify(world, &[("MaxAllocatedStorage", "200")]),
    },
    Drift {
        address: INSTANCE,
        path: "backup_retention_days",
        change: |world| modify(world, &[("BackupRetentionPeriod", "9")]),
    },
    Drift {
        address: INSTANCE,
        path: "backup_window",
        change: |world| modify(world, &[("PreferredBackupWindow", "10:00-11:00")]),
    },
    Drift {
        address: INSTANCE,
        path: "maintenance_window",
        change: |world| {
            modify(
                world,
                &[("PreferredMaintenanceWindow", "tue:10:00-tue:11:00")],
            );
        },
    },
    Drift {
        address: INSTANCE,
        path: "auto_minor_version_upgrade",
        change: |world| modify(world, &[("AutoMinorVersionUpgrade", "false")]),
    },
    Drift {
        address: INSTANCE,
        path: "deletion_protection",
        change: |world| modify(world, &[("DeletionProtection", "true")]),
    },
    Drift {
        address: INSTANCE,
        path: "copy_tags_to_snapshot",
        change: |world| modify(world, &[("CopyTagsToSnapshot", "false")]),
    },
    Drift {
        address: INSTANCE,
        path: "publicly_accessible",
        change: |world| modify(world, &[("PubliclyAccessible", "true")]),
    },
    Drift {
        address: INSTANCE,
        path: "log_exports",
        change: |world| {
            let disable = "CloudwatchLogsExportConfiguration.DisableLogTypes.member.1";
            modify(world, &[(disable, "upgrade")]);
        },
    },
    Drift {
        address: "data.log_group.postgresql",
        path: "retention_days",
        change: |world| {
            let input = json!({"logGroupName": "/aws/rds/instance/shop-test-postgres/postgresql"});
            world.json("Logs_20140328.DeleteRetentionPolicy", &input);
        },
    },
    Drift {
        address: INSTANCE,
        path: "performance_insights",
        change: |world| modify(world, &[("EnablePerformanceInsights", "false")]),
    },
    Drift {
        address: INSTANCE,
        path: "performance_insights_days",
        change: |world| {
            let days = ("PerformanceInsightsRetentionPeriod", "731");
            modify(world, &[("EnablePerformanceInsights", "true"), days]);
        },
    },
    Drift {
        address: INSTANCE,
        path: "ca_certificate",
        change: |world| modify(world, &[("CACertificateIdentifier", "rds-ca-ecc384-g1")]),
    },
    Drift {
        address: INSTANCE,
        path: "storage_type",
        change: |world| modify(world, &[("StorageType", "gp2")]),
    },
    Drift {
        address: INSTANCE,
        path: "db_parameter_group",
        change: |world| modify(world, &[("DBParameterGroupName", "default.postgres17")]),
    },
    Drift {
        address: INSTANCE,
        path: "security_group_ids",
        change: |world| {
            let other = world.output("net", "redis_security_group_id");
            modify(
                world,
                &[(
                    "VpcSecurityGroupIds.VpcSecurityGroupId.1",
                    other.as_str().unwrap(),
                )],
            );
        },
    },
    Drift {
        address: INSTANCE,
        path: "final_snapshot",
        change: |world| tag(world, "rd:final-snapshot", "true"),
    },
    Drift {
        address: INSTANCE,
        path: "tags.Project",
        change: |world| tag(world, "Project", "somebody's"),
    },
    Drift {
        address: PARAMETERS,
        path: "parameters.rds.force_ssl",
        change: |world| {
            let group = world.id(PARAMETERS);
            let change = [
                ("DBParameterGroupName", group.as_str()),
                ("Parameters.Parameter.1.ParameterName", "rds.force_ssl"),
                ("Parameters.Parameter.1.ParameterValue", "0"),
                ("Parameters.Parameter.1.ApplyMethod", "immediate"),
            ];
            world.query(RDS, "ModifyDBParameterGroup", &change);
        },
    },
    Drift {
        address: PARAMETERS,
        path: "parameters.work_mem",
        change: |world| {
            let group = world.id(PARAMETERS);
            let change = [
                ("DBParameterGroupName", group.as_str()),
                ("Parameters.Parameter.1.ParameterName", "work_mem"),
                ("Parameters.Parameter.1.ParameterValue", "65536"),
                ("Parameters.Parameter.1.ApplyMethod", "immediate"),
            ];
            world.query(RDS, "ModifyDBParameterGroup", &change);
        },
    },
    Drift {
        address: "data.db_subnet_group.main",
        path: "description",
        change: |world| {
            let subnets = world.output("net", "private_subnet_ids");
            let group = world.id("data.db_subnet_group.main");
            let change = [
                ("DBSubnetGroupName", group.as_str()),
                ("DBSubnetGroupDescription", "mine"),
                ("SubnetIds.SubnetIdentifier.1", subnets[0].as_str().unwrap()),
                ("SubnetIds.SubnetIdentifier.2", subnets[1].as_str().unwrap()),
            ];
            world.query(RDS, "ModifyDBSubnetGroup", &change);
        },
    },
    Drift {
        address: "data.db_subnet_group.main",
        path: "subnet_ids",
        change: |world| {
            let subnets = world.output("net", "public_subnet_ids");
            let group = world.id("data.db_subnet_group.main");
            let private = world.output("net", "private_subnet_ids");
            let change = [
                ("DBSubnetGroupName", group.as_str()),
                ("SubnetIds.SubnetIdentifier.1", private[0].as_str().unwrap()),
                ("SubnetIds.SubnetIdentifier.2", private[1].as_str().unwrap()),
                ("SubnetIds.SubnetIdentifier.3", subnets[0].as_str().unwrap()),
            ];
            world.query(RDS, "ModifyDBSubnetGroup", &change);
        },
    },
    Drift {
        address: SECRET,
        path: "description",
        change: |world| {
            let change = json!({"SecretId": world.id(SECRET), "Description": "mine"});
            world.json("secretsmanager.UpdateSecret", &change);
        },
    },
    Drift {
        address: SECRET,
        path: "tags.Environment",
        change: |world| {
            let tags = json!([{"Key": "Environment", "Value": "other"}]);
            let change = json!({"SecretId": world.id(SECRET), "Tags": tags});
            world.json("secretsmanager.TagResource", &change);
        },
    },
    Drift {
        address: VERSION,
        path: "fields.host",
        change: |world| rewrite(world, "host", "elsewhere.example.com"),
    },
    Drift {
        address: VERSION,
        path: "url",
        change: |world| rewrite(world, "url", "postgresql://elsewhere"),
    },
];

#[test]
fn each_setting_changed_outside_of_rd_is_shown_and_reset() {
    let world = World::new(SETTINGS);
    world.network();
    world.rd("rd-data").args("apply -y").ok();
    each_is_put_back(&world, "rd-data", &TABLE);
}

#[test]
fn a_secret_that_is_created_again_gives_the_database_its_new_password() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    world.network();
    world.rd("rd-data").args("apply -y").ok();
    // Deleted at once, or scheduled for deletion: the first is created again, the second is restored with a new value.
    for at_once in [true, false] {
        let secret = json!({"SecretId": world.id(SECRET), "ForceDeleteWithoutRecovery": at_once});
        world.json("secretsmanager.DeleteSecret", &secret);
        let plan = world.rd("rd-data").args("plan").ok();
        for action in [format!("create {SECRET}"), format!("update {INSTANCE}")] {
            assert!(plan.actions().contains(&action), "{:?}", plan.actions());
        }
        proxy.rules(Vec::new(), None);
        world.rd("rd-data").args("apply -y").ok();
        let now = world.json(
            "secretsmanager.GetSecretValue",
            &json!({"SecretId": "shop/test/database"}),
        );
        let value: serde_json::Value =
            serde_json::from_str(now["SecretString"].as_str().unwrap()).unwrap();
        let given: Vec<String> = proxy
            .calls()
            .iter()
            .filter_map(|call| call.form("MasterUserPassword"))
            .collect();
        assert_eq!(given, [value["password"].as_str().unwrap()]);
        assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);
    }
}

#[test]
fn a_deleted_database_is_not_created_again_automatically() {
    let world = World::new(SETTINGS);
    world.network();
    world.rd("rd-data").args("apply -y").ok();
    world.rd("rd-data").args("snapshot before --wait").ok();
    let delete = [
        ("DBInstanceIdentifier", "shop-test-postgres"),
        ("SkipFinalSnapshot", "true"),
    ];
    world.query(RDS, "DeleteDBInstance", &delete);
    for command in ["plan", "apply -y"] {
        let refused = world.rd("rd-data").args(command).code(6);
        assert!(
            refused.stderr.contains("no longer exists")
                && refused.stderr.contains("rd-data restore"),
            "{}",
            refused.stderr
        );
    }
    let status = world.rd("rd-data").args("status").ok();
    let all = status.of_type("status");
    let instance = all.iter().find(|one| one["address"] == INSTANCE).unwrap();
    assert_eq!(instance["health"], "gone");
    world
        .rd("rd-data")
        .args("restore --snapshot before --switch")
        .ok();
    assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);
}

#[test]
fn storage_that_has_grown_is_no_drift_and_lowering_it_is_refused() {
    let world = World::new(SETTINGS);
    world.network();
    world.rd("rd-data").args("apply -y").ok();
    modify(&world, &[("AllocatedStorage", "40")]);
    assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);

    world.settings(&format!("{SETTINGS}[data]\nallocated_storage = 60\n"));
    world.rd("rd-data").args("apply -y").ok();
    world.settings(&format!("{SETTINGS}[data]\nallocated_storage = 30\n"));
    let refused = world.rd("rd-data").args("plan").code(6);
    assert!(
        refused
            .stderr
            .contains("cannot be lowered from 60 GiB to 30"),
        "{}",
        refused.stderr
    );
}

#[test]
fn members_that_others_add_to_the_secret_are_kept_and_are_in_no_state() {
    let world = World::new(SETTINGS);
    world.network();
    world.rd("rd-data").args("apply -y").ok();
    rewrite(&world, "stripe_key", "planted-stripe");
    rewrite(&world, "host", "elsewhere");
    world.rd("rd-data").args("apply -y").ok();
    let state = std::fs::read_to_string(world.state_file("shop/test", "data")).unwrap();
    assert!(state.contains("secret_version") && !state.contains("planted-stripe"));
    let arn = json!({"SecretId": world.id(SECRET)});
    let now = world.json("secretsmanager.GetSecretValue", &arn);
    assert!(
        now["SecretString"]
            .as_str()
            .unwrap()
            .contains("planted-stripe")
    );
}
