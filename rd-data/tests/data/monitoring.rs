//! Enhanced Monitoring with its role, and logging in with a token of IAM.

use rd_testkit::faults::{Calls, Fault, Proxy, Rule};
use rd_testkit::network::SETTINGS;
use rd_testkit::{RDS, World, endpoint};

const INSTANCE: &str = "update data.db_instance.postgres";

fn with(keys: &str) -> String {
    format!("{SETTINGS}[data]\n{keys}\n")
}

fn described(world: &World, tag: &str) -> Option<String> {
    let answer = world.query(RDS, "DescribeDBInstances", &[]);
    answer.tag(tag).map(str::to_owned)
}

fn modify(world: &World, changes: &[(&str, &str)]) {
    let id = world.id("data.db_instance.postgres");
    let mut all = vec![
        ("DBInstanceIdentifier", id.as_str()),
        ("ApplyImmediately", "true"),
    ];
    all.extend(changes);
    world.query(RDS, "ModifyDBInstance", &all);
}

fn plan(world: &World) -> Vec<String> {
    world.rd("rd-data").args("plan").ok().actions()
}

fn applies(world: &World, actions: &[&str]) {
    assert_eq!(plan(world), actions);
    world.rd("rd-data").args("apply -y").ok();
    assert_eq!(plan(world), [""; 0]);
}

#[test]
fn monitoring_gets_a_role_and_gives_it_back() {
    let proxy = Proxy::start(endpoint());
    let on = with("monitoring_seconds = 60\niam_authentication = true");
    let world = World::at(&on, proxy.url());
    world.network();
    // RDS does not know the role at first.
    const UNKNOWN: Fault = Fault::RefuseSaying {
        status: 400,
        code: "InvalidParameterValue",
        message: "The role does not allow ENHANCED_MONITORING to assume it",
    };
    let rule = Rule::at_first(Calls::Of("CreateDBInstance"), 2, UNKNOWN);
    proxy.rules(vec![rule], None);
    world.rd("rd-data").args("apply -y").ok();
    assert_eq!(proxy.happened(), 2);
    assert_eq!(plan(&world), [""; 0]);
    let role = world.id("data.role.monitoring");
    let arn = described(&world, "MonitoringRoleArn").unwrap();
    assert!(arn.ends_with(&format!(":role/{role}")), "{arn}");

    modify(&world, &[("MonitoringInterval", "0")]);
    modify(&world, &[("EnableIAMDatabaseAuthentication", "false")]);
    applies(&world, &[INSTANCE]);
    assert_eq!(
        described(&world, "MonitoringInterval").as_deref(),
        Some("60")
    );

    // Without the settings, monitoring goes with its role, and the rest stays.
    world.settings(SETTINGS);
    applies(&world, &["delete data.role.monitoring", INSTANCE]);
    assert_eq!(
        described(&world, "MonitoringInterval").as_deref(),
        Some("0")
    );
    let iam = described(&world, "IAMDatabaseAuthenticationEnabled");
    assert_eq!(iam.as_deref(), Some("true"));

    // What others turn on stays, until a setting says otherwise.
    let theirs = [
        ("MonitoringInterval", "30"),
        ("MonitoringRoleArn", arn.as_str()),
    ];
    modify(&world, &theirs);
    assert_eq!(plan(&world), [""; 0]);
    world.settings(&with("monitoring_seconds = 0\niam_authentication = false"));
    applies(&world, &[INSTANCE]);
    assert_eq!(
        described(&world, "MonitoringInterval").as_deref(),
        Some("0")
    );
}
