//! Changes of the database: made in place, pending until the maintenance window, and refused.

use rd_testkit::faults::{Calls, Fault, Proxy, Rule};
use rd_testkit::network::SETTINGS;
use rd_testkit::{Done, RDS, World, endpoint};
use serde_json::{Value, json};

fn applied(settings: &str) -> World {
    let world = World::new(settings);
    world.network();
    world.rd("rd-data").args("apply -y").ok();
    world
}

fn with(keys: &str) -> String {
    format!("{SETTINGS}[data]\n{keys}\n")
}

fn described(world: &World, tag: &str) -> String {
    let answer = world.query(RDS, "DescribeDBInstances", &[]);
    answer.tag(tag).unwrap_or_default().to_owned()
}

fn pending(done: &Done, kind: &str) -> Option<String> {
    let records = done.of_type(kind);
    let one = records
        .iter()
        .find(|one| one["address"] == "data.db_instance.postgres")?;
    one["waits"].as_str().map(str::to_owned)
}

#[test]
fn settings_are_changed_in_place() {
    let world = applied(SETTINGS);
    world.settings(&with(
        "instance_class = \"db.m7g.large\"\nallocated_storage = 50\nmax_allocated_storage = 500\nmulti_az = true\n\
         backup_retention_days = 14\nbackup_window = \"01:00-02:00\"\nmaintenance_window = \"mon:02:30-mon:03:30\"\n\
         auto_minor_version_upgrade = false\nlog_exports = [\"postgresql\"]\nperformance_insights_days = 31\n\
         deletion_protection = true\nfinal_snapshot = true\nca_certificate = \"rds-ca-rsa4096-g1\"\n\
         [data.parameters]\nwork_mem = 16384\n",
    ));
    let plan = world.rd("rd-data").args("plan").ok();
    assert_eq!(
        plan.actions(),
        [
            "delete data.log_group.upgrade",
            "update data.db_instance.postgres",
            "update data.db_parameter_group.main"
        ]
    );
    world.rd("rd-data").args("apply -y").ok();
    assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);
    assert_eq!(described(&world, "DBInstanceClass"), "db.m7g.large");
    assert_eq!(described(&world, "AllocatedStorage"), "50");

    // Back to the defaults, except for the storage.
    world.settings(&with(
        "allocated_storage = 50\nperformance_insights = false\nmax_allocated_storage = 0\nlog_exports = []",
    ));
    world.rd("rd-data").args("apply -y").ok();
    assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);
    assert_eq!(described(&world, "DBInstanceClass"), "db.t4g.medium");
}

#[test]
fn insights_follow_the_settings_or_stay_as_they_are() {
    let world = applied(SETTINGS);
    assert_eq!(
        described(&world, "EngineLifecycleSupport"),
        "open-source-rds-extended-support-disabled"
    );
    world.settings(&with(
        "database_insights = \"advanced\"\nperformance_insights_days = 465",
    ));
    world.rd("rd-data").args("apply -y").ok();
    assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);
    assert_eq!(described(&world, "DatabaseInsightsMode"), "advanced");
    // Unset: whoever turned it on, it stays.
    world.settings(&with("performance_insights_days = 465"));
    assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);
    world.settings(&with("database_insights = \"standard\""));
    world.rd("rd-data").args("apply -y").ok();
    assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);
    assert_eq!(described(&world, "DatabaseInsightsMode"), "standard");
}

/// Edition 1 leaves the mode to AWS; edition 2 sees it. Extended Support is as it was when the instance was created.
#[test]
fn another_edition_changes_the_mode_of_insights_alone() {
    let world = applied(SETTINGS);
    let turn_on = [
        ("DBInstanceIdentifier", "shop-test-postgres"),
        ("DatabaseInsightsMode", "advanced"),
        ("EnablePerformanceInsights", "true"),
        ("PerformanceInsightsRetentionPeriod", "465"),
        ("ApplyImmediately", "true"),
    ];
    world.query(RDS, "ModifyDBInstance", &turn_on);
    let days = with("performance_insights_days = 465");
    world.settings(&days);
    assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);
    world.settings(&format!("edition = 2\n{days}"));
    let plan = world.rd("rd-data").args("plan").ok();
    assert_eq!(plan.actions(), ["update data.db_instance.postgres"]);
    let change = plan.of_type("change").into_iter();
    let change = change.filter(|one| one["action"] == "update");
    let fields: Vec<serde_json::Value> = change
        .flat_map(|one| one["fields"].as_array().unwrap().clone())
        .collect();
    assert_eq!(fields.len(), 1, "{fields:?}");
    assert_eq!(
        (
            &fields[0]["path"],
            &fields[0]["before"],
            &fields[0]["after"]
        ),
        (
            &"database_insights".into(),
            &"advanced".into(),
            &"standard".into()
        )
    );
    world.rd("rd-data").args("apply -y").ok();
    assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);
    assert_eq!(described(&world, "DatabaseInsightsMode"), "standard");
}

#[test]
fn a_change_pending_until_the_window_is_neither_planned_nor_drift() {
    let world = applied(&with("apply_immediately = false"));
    let bigger = with("apply_immediately = false\ninstance_class = \"db.t4g.large\"");
    world.settings(&bigger);
    let plan = world.rd("rd-data").args("plan").ok();
    let mut risks = plan.of_type("change").into_iter();
    let risks = risks.find_map(|change| change.get("risks").cloned());
    let reason = "instance_class: the database restarts";
    let restarts = json!([{"danger": "downtime", "reason": reason}]);
    assert_eq!(risks, Some(restarts));
    let apply = world.rd("rd-data").args("apply -y").ok();
    let text = pending(&apply, "applied").unwrap();
    assert!(
        text.starts_with("until the maintenance window sun:04:30-sun:05:30")
            && text.contains("instance_class db.t4g.large"),
        "{text}"
    );
    assert_eq!(described(&world, "DBInstanceClass"), "db.t4g.medium");
    let plan = world.rd("rd-data").args("plan --exit-code").ok();
    assert_eq!(plan.actions(), [""; 0]);
    assert_eq!(pending(&plan, "change"), Some(text.clone()));
    let status = world.rd("rd-data").args("status").ok();
    assert_eq!(pending(&status, "status"), Some(text));

    // If it is to be made at once after all, it is a change again.
    world.settings(&bigger.replace("= false", "= true"));
    world.rd("rd-data").args("apply -y").ok();
    assert_eq!(described(&world, "DBInstanceClass"), "db.t4g.large");
    assert_eq!(
        pending(&world.rd("rd-data").args("plan").ok(), "change"),
        None
    );
}

#[test]
fn a_static_parameter_is_pending_until_a_reboot() {
    let world = applied(SETTINGS);
    world.settings(&format!(
        "{SETTINGS}[data.parameters]\nmax_connections = 200\n"
    ));
    world.rd("rd-data").args("apply -y").ok();
    let plan = world.rd("rd-data").args("plan --exit-code").ok();
    let text = pending(&plan, "change").unwrap();
    assert!(text.starts_with("until rd-data reboot"), "{text}");
    world.rd("rd-data").args("reboot").code(6);
    world.rd("rd-data").args("reboot -y").ok();
    assert_eq!(
        pending(&world.rd("rd-data").args("plan").ok(), "change"),
        None
    );
}

/// AWS does not list a parameter that was set to its default among those that users have set.
#[test]
fn a_parameter_set_to_its_default_settles() {
    let default =
        |value: &str| format!("{SETTINGS}[data.parameters]\n\"rds.force_ssl\" = {value}\n");
    let world = applied(&default("1"));
    assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);
    for value in ["0", "1"] {
        world.settings(&default(value));
        assert_eq!(
            world.rd("rd-data").args("plan").ok().actions(),
            ["update data.db_parameter_group.main"]
        );
        world.rd("rd-data").args("apply -y").ok();
        assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);
    }
    world.settings(SETTINGS);
    assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);
}

#[test]
fn an_unknown_parameter_is_named() {
    let world = applied(SETTINGS);
    world.settings(&format!("{SETTINGS}[data.parameters]\nwork_memory = 1\n"));
    let failed = world.rd("rd-data").args("apply -y").code(2);
    assert!(
        failed.stderr.contains("no parameter `work_memory`"),
        "{}",
        failed.stderr
    );
}

#[test]
fn a_major_upgrade_must_be_allowed_and_replaces_the_parameter_group() {
    let world = applied(&with("engine_version = \"16\""));
    assert!(described(&world, "EngineVersion").starts_with("16."));
    world.settings(&with("engine_version = \"17\""));
    let refused = world.rd("rd-data").args("plan").code(6);
    assert!(
        refused.stderr.contains("major upgrade") && refused.stderr.contains("allow_major_upgrade"),
        "{}",
        refused.stderr
    );
    world.settings(&with("engine_version = \"17\"\nallow_major_upgrade = true"));
    let plan = world.rd("rd-data").args("plan").ok();
    assert_eq!(
        plan.actions(),
        [
            "replace data.db_parameter_group.main",
            "update data.db_instance.postgres"
        ]
    );
    world.rd("rd-data").args("apply -y").ok();
    assert!(described(&world, "EngineVersion").starts_with("17."));
    assert_eq!(
        described(&world, "DBParameterGroupName"),
        "shop-test-postgres17"
    );
    let old = [("DBParameterGroupName", "shop-test-postgres16")];
    assert_eq!(
        world
            .try_query(RDS, "DescribeDBParameterGroups", &old)
            .status,
        404
    );
    assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);

    world.settings(&with("engine_version = \"16\"\nallow_major_upgrade = true"));
    let refused = world.rd("rd-data").args("plan").code(6);
    assert!(
        refused.stderr.contains("cannot be downgraded"),
        "{}",
        refused.stderr
    );
}

fn group_status(world: &World, name: &str) -> u16 {
    let named = [("DBParameterGroupName", name)];
    world
        .try_query(RDS, "DescribeDBParameterGroups", &named)
        .status
}

/// What RDS does in the maintenance window.
fn pass_the_window(world: &World) {
    let id = world.id("data.db_instance.postgres");
    let change = [
        ("DBInstanceIdentifier", id.as_str()),
        ("CopyTagsToSnapshot", "true"),
        ("ApplyImmediately", "true"),
    ];
    world.query(RDS, "ModifyDBInstance", &change);
}

#[test]
fn a_major_upgrade_in_the_window_keeps_the_old_parameter_group_until_then() {
    let proxy = Proxy::start(endpoint());
    let old = with("engine_version = \"16\"\napply_immediately = false");
    let world = World::at(&old, proxy.url());
    world.network();
    world.rd("rd-data").args("apply -y").ok();
    let new =
        with("engine_version = \"17\"\nallow_major_upgrade = true\napply_immediately = false");
    world.settings(&new);
    let apply = world.rd("rd-data").args("apply -y").ok();
    let warnings = apply.of_type("diagnostic");
    assert!(
        warnings.iter().any(|one| {
            let text = one["summary"].as_str().unwrap_or_default();
            text.contains("shop-test-postgres16 is not deleted yet")
                && text.contains("until the maintenance window")
        }),
        "{warnings:?}"
    );
    // Neither a change nor an attempt until the window: RDS refuses the delete of a group in use.
    proxy.rules(Vec::new(), None);
    let plan = world.rd("rd-data").args("plan --exit-code").ok();
    assert_eq!(plan.actions(), [""; 0]);
    let group = plan.of_type("change");
    let group = group
        .iter()
        .find(|one| one["address"] == "data.db_parameter_group.main");
    let text = group.unwrap()["waits"].as_str().unwrap();
    assert!(
        text.contains("no longer uses the old shop-test-postgres16"),
        "{text}"
    );
    world.settings(&format!("{new}backup_retention_days = 3\n"));
    world.rd("rd-data").args("apply -y").ok();
    let calls = proxy.calls();
    assert!(
        calls
            .iter()
            .all(|call| call.operation != "DeleteDBParameterGroup")
    );
    assert_eq!(group_status(&world, "shop-test-postgres16"), 200);

    pass_the_window(&world);
    let plan = world.rd("rd-data").args("plan").ok();
    assert_eq!(plan.actions(), ["delete data.db_parameter_group.main"]);
    world.rd("rd-data").args("apply -y").ok();
    assert_eq!(group_status(&world, "shop-test-postgres16"), 404);
    assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);
}

#[test]
fn a_destroy_before_the_window_deletes_both_parameter_groups() {
    let world = applied(&with("engine_version = \"16\"\napply_immediately = false"));
    world.settings(&with(
        "engine_version = \"17\"\nallow_major_upgrade = true\napply_immediately = false",
    ));
    world.rd("rd-data").args("apply -y").ok();
    world.rd("rd-data").args("destroy -y").ok();
    for family in ["16", "17"] {
        let name = format!("shop-test-postgres{family}");
        assert_eq!(group_status(&world, &name), 404, "{name}");
    }
}

/// RDS refuses the old group although no instance of the stack has it: the apply succeeds, and a later one deletes it.
#[test]
fn an_old_parameter_group_that_stays_in_use_is_left_to_a_later_apply() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(&with("engine_version = \"16\""), proxy.url());
    world.network();
    world.rd("rd-data").args("apply -y").ok();
    world.settings(&with("engine_version = \"17\"\nallow_major_upgrade = true"));
    const IN_USE: Fault = Fault::Refuse {
        status: 400,
        code: "InvalidDBParameterGroupState",
    };
    let rule = Rule::at_first(Calls::Of("DeleteDBParameterGroup"), 99_999, IN_USE);
    proxy.rules(vec![rule], None);
    let quick = world.rd("rd-data").env("RD_WAIT_SCALE", "0.005");
    let apply = quick.args("apply -y").ok();
    assert!(
        apply
            .stderr
            .contains("shop-test-postgres16 is not deleted yet"),
        "{}",
        apply.stderr
    );
    proxy.rules(Vec::new(), None);
    let plan = world.rd("rd-data").args("plan").ok();
    assert_eq!(plan.actions(), ["delete data.db_parameter_group.main"]);
    world.rd("rd-data").args("apply -y").ok();
    assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);
}

#[test]
fn a_deleted_secret_of_another_stack_is_not_restored() {
    let world = World::new(SETTINGS);
    world.network();
    let theirs = json!({
        "Name": "shop/test/database",
        "SecretString": "theirs",
        "Tags": [{"Key": "Project", "Value": "other"}],
    });
    world.json("secretsmanager.CreateSecret", &theirs);
    let named = json!({"SecretId": "shop/test/database"});
    world.json("secretsmanager.DeleteSecret", &named);
    let refused = world.rd("rd-data").args("apply -y").code(6);
    assert!(
        refused.stderr.contains("does not belong to this stack"),
        "{}",
        refused.stderr
    );
    let secret = world.json("secretsmanager.DescribeSecret", &named);
    assert!(!secret["DeletedDate"].is_null(), "{secret}");
}

#[test]
fn a_minor_version_is_raised_and_never_lowered() {
    let world = applied(&with("engine_version = \"17.4\""));
    assert_eq!(described(&world, "EngineVersion"), "17.4");
    world.settings(&with("engine_version = \"17.6\""));
    world.rd("rd-data").args("apply -y").ok();
    assert_eq!(described(&world, "EngineVersion"), "17.6");
    for lower in ["17.4", "17"] {
        world.settings(&with(&format!("engine_version = \"{lower}\"")));
        assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);
    }
}

#[test]
fn a_database_is_never_replaced_by_an_empty_one() {
    let world = applied(SETTINGS);
    for key in ["db_name = \"other\"", "username = \"other\""] {
        world.settings(&with(key));
        let refused = world.rd("rd-data").args("apply -y").code(6);
        assert!(
            refused.stderr.contains("a new, empty database"),
            "{}",
            refused.stderr
        );
    }
    assert_eq!(described(&world, "MasterUsername"), "app");
}

fn log_groups(world: &World) -> Value {
    let input = json!({"logGroupNamePrefix": "/aws/rds/"});
    world.json("Logs_20140328.DescribeLogGroups", &input)["logGroups"].take()
}

#[test]
fn protection_is_turned_off_first_and_a_final_snapshot_is_kept() {
    let protected = "project = \"shop\"\nenvironment = \"test\"\nprotect = true\n[data]\nfinal_snapshot = true\n";
    let world = applied(protected);
    world.settings(&protected.replace("protect = true", "protect = false"));
    let refused = world.rd("rd-data").args("destroy -y").code(6);
    assert!(refused.stderr.contains("apply"), "{}", refused.stderr);
    world.rd("rd-data").args("apply -y").ok();
    // Another user turns protection on.
    let id = world.id("data.db_instance.postgres");
    let protect = |on| {
        let change = [
            ("DBInstanceIdentifier", id.as_str()),
            ("DeletionProtection", on),
        ];
        world.query(RDS, "ModifyDBInstance", &change);
    };
    protect("true");
    let refused = world.rd("rd-data").args("destroy -y").code(6);
    assert!(
        refused.stderr.contains("protected against deletion"),
        "{}",
        refused.stderr
    );
    protect("false");
    world.rd("rd-data").args("destroy -y").ok();
    let left = world.query(RDS, "DescribeDBSnapshots", &[("SnapshotType", "manual")]);
    assert!(left.body.matches("shop-test-postgres-final-").count() > 0);
    assert_eq!(log_groups(&world), json!([]));
    // RDS has written a last line and created the group again: the next apply imports it.
    let group = json!({"logGroupName": "/aws/rds/instance/shop-test-postgres/postgresql"});
    world.json("Logs_20140328.CreateLogGroup", &group);
    // The second instance of the same name has another final snapshot.
    world.rd("rd-data").args("apply -y").ok();
    let groups = log_groups(&world);
    let kept: Vec<&Value> = groups
        .as_array()
        .unwrap()
        .iter()
        .map(|group| &group["retentionInDays"])
        .collect();
    assert_eq!(kept, [&json!(30), &json!(30)]);
    world.rd("rd-data").args("destroy -y").ok();
    let left = world.query(RDS, "DescribeDBSnapshots", &[("SnapshotType", "manual")]);
    assert_eq!(left.body.matches("<DBSnapshotIdentifier>").count(), 2);
}

#[test]
fn a_plan_without_changes_takes_eight_calls_and_reads_no_secret() {
    let world = applied(SETTINGS);
    let plan = world.rd("rd-data").args("plan -v").ok();
    let calls = plan
        .stderr
        .lines()
        .filter(|line| line.ends_with(" 200"))
        .count();
    assert_eq!(calls, 8, "{}", plan.stderr);
    assert!(!plan.stderr.contains("GetSecretValue"), "{}", plan.stderr);
}
