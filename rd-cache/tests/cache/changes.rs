//! Changes of the cache: nodes, engine, parameters, changes pending until the maintenance window, and refused ones.

use rd_testkit::faults::{Call, Calls, Fault, Proxy, Rule};
use rd_testkit::network::SETTINGS;
use rd_testkit::{ELASTICACHE, World, endpoint};

const GROUP: &str = "cache.replication_group.redis";

fn applied(settings: &str) -> World {
    let world = World::new(settings);
    world.network();
    world.rd("rd-cache").args("apply -y").ok();
    world
}

fn with(keys: &str) -> String {
    format!("{SETTINGS}[cache]\n{keys}\n")
}

fn described(world: &World, tag: &str) -> String {
    let answer = world.query(ELASTICACHE, "DescribeReplicationGroups", &[]);
    answer.tag(tag).unwrap_or_default().to_owned()
}

fn nodes(world: &World) -> usize {
    let answer = world.query(ELASTICACHE, "DescribeReplicationGroups", &[]);
    answer.body.matches("<NodeGroupMember>").count()
}

fn settles(world: &World, actions: &[&str]) {
    let plan = world.rd("rd-cache").args("plan").ok();
    assert_eq!(plan.actions(), actions);
    world.rd("rd-cache").args("apply -y").ok();
    assert_eq!(world.rd("rd-cache").args("plan").ok().actions(), [""; 0]);
}

const UPDATE: [&str; 1] = ["update cache.replication_group.redis"];

#[test]
fn failover_is_enabled_with_several_nodes_and_disabled_with_one() {
    let world = applied(SETTINGS);
    assert_eq!(
        (nodes(&world), described(&world, "AutomaticFailover")),
        (1, "disabled".into())
    );
    world.settings(&with("nodes = 3"));
    settles(&world, &UPDATE);
    assert_eq!(
        (nodes(&world), described(&world, "AutomaticFailover")),
        (3, "enabled".into())
    );
    assert_eq!(described(&world, "MultiAZ"), "enabled");
    world.settings(&with("nodes = 2"));
    settles(&world, &UPDATE);
    world.settings(SETTINGS);
    settles(&world, &UPDATE);
    assert_eq!(
        (nodes(&world), described(&world, "AutomaticFailover")),
        (1, "disabled".into())
    );
}

#[test]
fn settings_are_changed_in_place() {
    let world = applied(SETTINGS);
    world.settings(&with(
        "nodes = 2\nnode_type = \"cache.m7g.large\"\nsnapshot_retention_days = 7\nsnapshot_window = \"01:00-02:00\"\n\
         maintenance_window = \"mon:03:00-mon:04:00\"\nauto_minor_version_upgrade = false\nfinal_snapshot = true\n\
         [cache.parameters]\nmaxmemory-policy = \"allkeys-lru\"",
    ));
    settles(
        &world,
        &[
            "create cache.cache_parameter_group.main",
            "update cache.replication_group.redis",
        ],
    );
    assert_eq!(described(&world, "CacheNodeType"), "cache.m7g.large");
    // Back to the defaults: the parameter group is deleted once nothing uses it.
    world.settings(SETTINGS);
    settles(
        &world,
        &[
            "delete cache.cache_parameter_group.main",
            "update cache.replication_group.redis",
        ],
    );
}

/// ElastiCache wants failover changed before it removes the last replica, and changes it at once only if it is told to.
#[test]
fn nodes_are_added_and_removed_where_other_changes_wait_for_the_window() {
    let later = "apply_immediately = false\n";
    let world = applied(&with(later));
    for (count, failover) in [(2, "enabled"), (1, "disabled")] {
        world.settings(&with(&format!("{later}nodes = {count}")));
        settles(&world, &UPDATE);
        assert_eq!(
            (nodes(&world), described(&world, "AutomaticFailover")),
            (count, failover.into())
        );
        assert_eq!(described(&world, "MultiAZ"), failover);
    }
}

#[test]
fn a_change_to_valkey_waits_for_the_window_as_a_whole() {
    let settings = |engine: &str| {
        with(&format!(
            "apply_immediately = false\nengine = \"{engine}\"\n"
        ))
    };
    let world = applied(&settings("redis"));
    world.settings(&settings("valkey"));
    settles(&world, &UPDATE);
    assert_eq!(described(&world, "Engine"), "redis");
}

#[test]
fn snapshots_are_turned_on_of_a_replica() {
    let world = applied(&with("nodes = 2"));
    world.settings(&with("nodes = 2\nsnapshot_retention_days = 3"));
    settles(&world, &UPDATE);
    assert!(described(&world, "SnapshottingClusterId").ends_with("-002"));
}

/// While ElastiCache works on the group, it does not tell the tags.
#[test]
fn tags_that_are_not_told_are_as_last_applied() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    world.network();
    world.rd("rd-cache").args("apply -y").ok();
    let of_group = |call: &Call| {
        let arn = call.form("ResourceName").unwrap_or_default();
        call.operation == "ListTagsForResource" && arn.contains("replicationgroup")
    };
    const BUSY: Fault = Fault::Refuse {
        status: 400,
        code: "InvalidReplicationGroupState",
    };
    let rule = Rule::at_first(Calls::Matching(of_group), 99, BUSY);
    proxy.rules(vec![rule], None);
    assert_eq!(world.rd("rd-cache").args("plan").ok().actions(), [""; 0]);
    world.rd("rd-cache").args("status").ok();
    world.settings(&with("final_snapshot = true"));
    assert_eq!(world.rd("rd-cache").args("plan").ok().actions(), UPDATE);
    assert!(proxy.happened() > 0);
    // A delete waits until it knows whether a final snapshot is wanted.
    let rule = Rule::at_first(Calls::Matching(of_group), 3, BUSY);
    proxy.rules(vec![rule], None);
    world.rd("rd-cache").args("destroy -y").ok();
    let deleted = proxy.calls().into_iter();
    let deleted: Vec<Call> = deleted
        .filter(|call| call.operation == "DeleteReplicationGroup")
        .collect();
    assert_eq!(deleted.len(), 1);
    assert_eq!(deleted[0].form("FinalSnapshotIdentifier"), None);
}

/// AWS does not list a parameter that was set to its default among those that users have set.
#[test]
fn a_parameter_set_to_its_default_settles() {
    let world = applied(&with("[cache.parameters]\ntimeout = 0"));
    assert_eq!(world.rd("rd-cache").args("plan").ok().actions(), [""; 0]);
    world.settings(&with("[cache.parameters]\ntimeout = 60"));
    settles(&world, &["update cache.cache_parameter_group.main"]);
    world.settings(&with("[cache.parameters]\ntimeout = 0"));
    settles(&world, &["update cache.cache_parameter_group.main"]);
}

#[test]
fn redis_becomes_valkey_in_place_and_the_way_back_is_a_replacement() {
    let world = applied(&with("[cache.parameters]\ntimeout = 300"));
    world.settings(&with(
        "engine = \"valkey\"\n[cache.parameters]\ntimeout = 300",
    ));
    settles(
        &world,
        &[
            "replace cache.cache_parameter_group.main",
            "update cache.replication_group.redis",
        ],
    );
    assert_eq!(described(&world, "Engine"), "valkey");
    world.settings(&with(
        "engine = \"redis\"\n[cache.parameters]\ntimeout = 300",
    ));
    let plan = world.rd("rd-cache").args("plan").ok();
    assert!(
        plan.actions().contains(&format!("replace {GROUP}")),
        "{:?}",
        plan.actions()
    );
    world.rd("rd-cache").args("apply -y").ok();
    assert_eq!(described(&world, "Engine"), "redis");
    assert_eq!(world.rd("rd-cache").args("plan").ok().actions(), [""; 0]);
}

/// Edition 1 keeps Redis; the engine of edition 2 comes in place, and nothing else.
#[test]
fn another_edition_changes_the_engine_in_place() {
    let world = applied(SETTINGS);
    assert_eq!(described(&world, "Engine"), "redis");
    assert_eq!(world.rd("rd-cache").args("plan").ok().actions(), [""; 0]);
    let plan = world
        .rd("rd-cache")
        .args("plan --set edition=2 --set cache.events=false")
        .ok();
    assert_eq!(plan.actions(), UPDATE);
    let changed = plan.of_type("change").into_iter();
    let changed = changed.filter(|change| change["action"] == "update");
    let fields: Vec<String> = changed
        .flat_map(|change| change["fields"].as_array().unwrap().clone())
        .map(|field| format!("{} {} {}", field["path"], field["before"], field["after"]))
        .collect();
    let expected = [
        "\"engine\" \"redis\" \"valkey\"",
        "\"engine_version\" \"7.1.0\" \"8.2\"",
        "\"parameter_group\" \"default.redis7\" \"default.valkey8\"",
    ];
    assert_eq!(fields, expected);
    world.settings(&format!("{SETTINGS}edition = 2\n[cache]\nevents = false\n"));
    settles(&world, &UPDATE);
    assert_eq!(described(&world, "Engine"), "valkey");
}

/// Their delivery is changed at once, whatever waits for the window; unset, it stays as somebody has chosen it.
#[test]
fn logs_are_delivered_to_groups_of_the_slice() {
    let later = "apply_immediately = false\n";
    let world = applied(&with(&format!("{later}log_exports = [\"slow-log\"]")));
    let group = |log: &str| format!("/aws/vendedlogs/elasticache/shop-test-redis/{log}");
    assert_eq!(described(&world, "LogGroup"), group("slow-log"));
    assert_eq!(world.rd("rd-cache").args("plan").ok().actions(), [""; 0]);
    world.settings(&with(&format!(
        "{later}log_exports = [\"engine-log\"]\nnode_type = \"cache.t4g.small\""
    )));
    let actions = [
        "create cache.log_group.engine-log",
        "delete cache.log_group.slow-log",
        "update cache.replication_group.redis",
    ];
    settles(&world, &actions);
    assert_eq!(described(&world, "LogGroup"), group("engine-log"));
    assert_eq!(described(&world, "LogFormat"), "json");
    let logs = world.rd("rd-logs").args("groups").ok();
    assert!(
        logs.stdout.contains(&group("engine-log")),
        "{}",
        logs.stdout
    );
    let off = [
        ("ReplicationGroupId", "shop-test-redis"),
        ("ApplyImmediately", "true"),
        (
            "LogDeliveryConfigurations.LogDeliveryConfigurationRequest.1.LogType",
            "engine-log",
        ),
        (
            "LogDeliveryConfigurations.LogDeliveryConfigurationRequest.1.Enabled",
            "false",
        ),
    ];
    world.query(ELASTICACHE, "ModifyReplicationGroup", &off);
    settles(&world, &UPDATE);
    assert_eq!(described(&world, "LogGroup"), group("engine-log"));
    world.settings(&with(&format!(
        "{later}log_exports = []\nnode_type = \"cache.t4g.small\""
    )));
    settles(&world, &["delete cache.log_group.engine-log", UPDATE[0]]);
    assert_eq!(described(&world, "LogGroup"), "");
}

#[test]
fn an_engine_is_upgraded_and_not_downgraded() {
    let world = applied(&with("engine_version = \"7.0\""));
    world.settings(SETTINGS);
    settles(&world, &UPDATE);
    world.settings(&with("engine_version = \"6.2\""));
    let refused = world.rd("rd-cache").args("plan").code(6);
    assert!(
        refused.stderr.contains("cannot be downgraded"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_change_pending_until_the_window_is_neither_planned_nor_drift() {
    let world = applied(&with("apply_immediately = false"));
    world.settings(&with(
        "apply_immediately = false\nnode_type = \"cache.t4g.small\"",
    ));
    let apply = world.rd("rd-cache").args("apply -y").ok();
    let text = apply.of_type("applied")[0]["waits"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        text.starts_with("until the maintenance window sun:06:30")
            && text.contains("node_type cache.t4g.small"),
        "{text}"
    );
    assert_eq!(
        world.rd("rd-cache").args("plan --exit-code").ok().actions(),
        [""; 0]
    );
    world.settings(&with(
        "apply_immediately = true\nnode_type = \"cache.t4g.small\"",
    ));
    settles(&world, &UPDATE);
    assert_eq!(described(&world, "CacheNodeType"), "cache.t4g.small");
}

#[test]
fn a_final_snapshot_is_kept_and_has_a_unique_name() {
    let world = applied(&with("final_snapshot = true"));
    for _ in 0..2 {
        world.rd("rd-cache").args("destroy -y").ok();
        world.rd("rd-cache").args("apply -y").ok();
    }
    let left = world.query(ELASTICACHE, "DescribeSnapshots", &[]);
    assert_eq!(
        left.body
            .matches("<SnapshotName>shop-test-redis-final-")
            .count(),
        2,
        "{}",
        left.body
    );
}

#[test]
fn a_plan_without_changes_takes_at_most_ten_calls() {
    let world = applied(&with("[cache.parameters]\ntimeout = 300"));
    let plan = world.rd("rd-cache").args("plan -v").ok();
    let calls = plan
        .stderr
        .lines()
        .filter(|line| line.ends_with(" 200"))
        .count();
    assert!((1..=10).contains(&calls), "{}", plan.stderr);
}
