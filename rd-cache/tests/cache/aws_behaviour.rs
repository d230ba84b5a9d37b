//! What ElastiCache does and no other API would: docs/aws-behaviour.md has the list.

use rd_testkit::faults::{Call, Calls, Fault, Proxy, Rule};
use rd_testkit::network::SETTINGS;
use rd_testkit::{ELASTICACHE, World, endpoint};
use serde_json::json;

const BUSY: Fault = refusal("InvalidReplicationGroupState");

const fn refusal(code: &'static str) -> Fault {
    Fault::Refuse { status: 400, code }
}

fn with(keys: &str) -> String {
    format!("{SETTINGS}[cache]\n{keys}\n")
}

fn applied(settings: &str) -> (World, Proxy) {
    let proxy = Proxy::start(endpoint());
    let world = World::at(settings, proxy.url());
    world.network();
    world.rd("rd-cache").args("apply -y").ok();
    proxy.rules(Vec::new(), None);
    (world, proxy)
}

fn count(proxy: &Proxy, operation: &str) -> usize {
    let calls = proxy.calls().into_iter();
    calls.filter(|call| call.operation == operation).count()
}

fn has_no_changes(world: &World) {
    assert_eq!(world.rd("rd-cache").args("plan").ok().actions(), [""; 0]);
}

/// A token makes the group busy, and a busy group refuses tags: the token must not be set again meanwhile.
#[test]
fn a_token_is_set_once_while_tags_are_refused() {
    let (world, proxy) = applied(SETTINGS);
    let secret =
        json!({"SecretId": world.id("cache.secret.redis"), "ForceDeleteWithoutRecovery": true});
    world.json("secretsmanager.DeleteSecret", &secret);
    let tags = |call: &Call| call.operation == "AddTagsToResource";
    proxy.rules(vec![Rule::at_first(Calls::Matching(tags), 4, BUSY)], None);
    world.rd("rd-cache").args("apply -y").ok();
    let calls = proxy.calls().into_iter();
    let tokens = calls.filter(|call| call.form("AuthToken").is_some());
    assert_eq!(tokens.count(), 1);
    assert_eq!(count(&proxy, "AddTagsToResource"), 5);
    has_no_changes(&world);
}

/// ElastiCache copies tags to every node: the next change is refused until it has.
#[test]
fn a_change_is_repeated_until_the_tags_are_copied() {
    let (world, proxy) = applied(SETTINGS);
    let settings = with("node_type = \"cache.t4g.small\"\n[tags]\nOwner = \"platform\"");
    world.settings(&settings);
    let rule = Rule::at_first(Calls::Of("ModifyReplicationGroup"), 4, BUSY);
    proxy.rules(vec![rule], None);
    world.rd("rd-cache").args("apply -y").ok();
    assert_eq!(count(&proxy, "ModifyReplicationGroup"), 5);
    has_no_changes(&world);
}

/// The group says available while a node that was added is still being created.
#[test]
fn a_node_that_is_added_is_waited_for() {
    let (world, proxy) = applied(SETTINGS);
    world.settings(&with("nodes = 2\n"));
    // The first reads are those of the plan.
    let creating = Rule {
        calls: Calls::Of("DescribeCacheClusters"),
        first: 3,
        times: 3,
        fault: Fault::Rewrite {
            from: "<CacheClusterStatus>available</CacheClusterStatus>",
            to: "<CacheClusterStatus>creating</CacheClusterStatus>",
        },
    };
    proxy.rules(vec![creating], None);
    world.rd("rd-cache").args("apply -y").ok();
    assert_eq!(proxy.happened(), 3);
    has_no_changes(&world);
}

#[test]
fn deletes_are_repeated_while_something_is_in_use() {
    let (world, proxy) = applied(&with("[cache.parameters]\ntimeout = 300"));
    let rules = [
        ("DeleteReplicationGroup", "InvalidReplicationGroupState"),
        (
            "DeleteCacheParameterGroup",
            "InvalidCacheParameterGroupState",
        ),
        // Interfaces of deleted nodes linger.
        ("DeleteCacheSubnetGroup", "DependencyViolation"),
    ];
    let rules =
        rules.map(|(operation, code)| Rule::at_first(Calls::Of(operation), 3, refusal(code)));
    proxy.rules(rules.to_vec(), None);
    world.rd("rd-cache").args("destroy -y").ok();
    for operation in [
        "DeleteReplicationGroup",
        "DeleteCacheParameterGroup",
        "DeleteCacheSubnetGroup",
    ] {
        assert_eq!(count(&proxy, operation), 4, "{operation}");
    }
}

/// One call takes at most 20 parameters; what is reset goes first.
#[test]
fn parameters_are_changed_in_batches_and_reset_first() {
    let names = [
        "acllog-max-len",
        "active-defrag-cycle-max",
        "active-defrag-threshold-lower",
        "hll-sparse-max-bytes",
        "lfu-decay-time",
        "lfu-log-factor",
        "list-compress-depth",
        "maxmemory-samples",
        "min-replicas-max-lag",
        "repl-backlog-ttl",
        "repl-timeout",
        "set-max-intset-entries",
        "slowlog-log-slower-than",
        "slowlog-max-len",
        "stream-node-max-entries",
        "tcp-keepalive",
        "tracking-table-max-keys",
        "zset-max-listpack-entries",
        "zset-max-listpack-value",
        "hash-max-listpack-entries",
        "hash-max-listpack-value",
    ];
    let all: String = names.iter().map(|name| format!("{name} = 50\n")).collect();
    let (world, proxy) = applied(&with(&format!("[cache.parameters]\n{all}")));
    has_no_changes(&world);
    let described = [
        ("CacheParameterGroupName", "shop-test-redis7"),
        ("Source", "user"),
    ];
    let described = world.query(ELASTICACHE, "DescribeCacheParameters", &described);
    assert_eq!(
        described.body.matches("<ParameterName>").count(),
        names.len()
    );
    world.settings(&with("[cache.parameters]\ntimeout = 300\n"));
    proxy.rules(Vec::new(), None);
    world.rd("rd-cache").args("apply -y").ok();
    let calls = proxy.calls().into_iter();
    let order: Vec<String> = calls
        .filter(|call| call.operation.ends_with("CacheParameterGroup") && call.mutates)
        .map(|call| call.operation)
        .collect();
    let reset = "ResetCacheParameterGroup";
    assert_eq!(order, [reset, reset, "ModifyCacheParameterGroup"]);
    has_no_changes(&world);
}

/// ElastiCache says what it has only when it is asked: a plan asks where the version is another one than before.
#[test]
fn a_version_that_elasticache_does_not_have_is_refused_before_any_change() {
    let (world, proxy) = applied(SETTINGS);
    has_no_changes(&world);
    assert_eq!(count(&proxy, "DescribeCacheEngineVersions"), 0);
    world.settings(&with("engine_version = \"7.4\""));
    for command in ["plan", "apply -y"] {
        let refused = world.rd("rd-cache").args(command).code(2);
        assert!(
            refused
                .stderr
                .contains("ElastiCache does not offer redis 7.4 in us-east-1"),
            "{}",
            refused.stderr
        );
        assert!(
            refused
                .stderr
                .contains("allowed for redis: 6.0, 6.2, 7.0, 7.1"),
            "{}",
            refused.stderr
        );
    }
    assert!(proxy.calls().iter().all(|call| !call.mutates));
    let offline = world.rd("rd-cache").args("plan --offline").ok();
    let unchecked = "not checked: engine, engine_version of cache.replication_group.redis";
    assert!(offline.stderr.contains(unchecked), "{}", offline.stderr);
    // Who may not ask learns it from the apply.
    let rule = Rule::at_first(
        Calls::Of("DescribeCacheEngineVersions"),
        9,
        refusal("AccessDenied"),
    );
    proxy.rules(vec![rule], None);
    world.settings(&with("engine = \"valkey\"\nengine_version = \"9.0\""));
    world.rd("rd-cache").args("apply -y").ok();
    has_no_changes(&world);
}

/// There is no call that lists node types, so ElastiCache's refusal says where to look.
#[test]
fn a_node_type_that_elasticache_does_not_have_is_explained() {
    let (world, _) = applied(SETTINGS);
    world.settings(&with("node_type = \"cache.x9.large\""));
    let refused = world.rd("rd-cache").args("apply -y").code(1);
    assert!(
        refused
            .stderr
            .contains("`cache.x9.large` is the node_type in [cache]"),
        "{}",
        refused.stderr
    );
}

/// From one major version to the next, the parameter group of the new family waits with the version.
#[test]
fn an_upgrade_of_valkey_in_the_window_waits_with_its_parameters() {
    let settings = |version: &str| {
        with(&format!(
            "engine = \"valkey\"\nengine_version = \"{version}\"\napply_immediately = false\n[cache.parameters]\ntimeout = 300"
        ))
    };
    let (world, _) = applied(&settings("8.2"));
    world.settings(&settings("9.0"));
    world.rd("rd-cache").args("apply -y").ok();
    has_no_changes(&world);
    world.settings(&settings("9.0").replace("= false", "= true"));
    world.rd("rd-cache").args("apply -y").ok();
    let now = world.query(ELASTICACHE, "DescribeCacheClusters", &[]);
    assert_eq!(now.tag("EngineVersion"), Some("9.0.0"));
    world.rd("rd-cache").args("apply -y").ok();
    has_no_changes(&world);
}

/// A group that somebody else has created without encryption keeps its data.
#[test]
fn a_group_without_encryption_is_never_replaced() {
    let (world, proxy) = applied(SETTINGS);
    let off = Fault::Rewrite {
        from: "<TransitEncryptionEnabled>true</TransitEncryptionEnabled>",
        to: "<TransitEncryptionEnabled>false</TransitEncryptionEnabled>",
    };
    proxy.rules(
        vec![Rule::at_first(
            Calls::Of("DescribeReplicationGroups"),
            99,
            off,
        )],
        None,
    );
    let refused = world.rd("rd-cache").args("plan").code(6);
    assert!(
        refused.stderr.contains("transit_encryption"),
        "{}",
        refused.stderr
    );
    assert!(
        refused
            .stderr
            .contains("--transit-encryption-mode preferred"),
        "{}",
        refused.stderr
    );
}

/// Nobody knows whether the data of an imported group may go.
#[test]
fn a_group_without_its_tag_leaves_a_final_snapshot() {
    let (world, proxy) = applied(SETTINGS);
    let arn = format!(
        "arn:aws:elasticache:us-east-1:{}:replicationgroup:shop-test-redis",
        world.account
    );
    let tag = [
        ("ResourceName", arn.as_str()),
        ("TagKeys.member.1", "rd:final-snapshot"),
    ];
    world.query(ELASTICACHE, "RemoveTagsFromResource", &tag);
    world.rd("rd-cache").args("destroy -y").ok();
    let calls = proxy.calls().into_iter();
    let mut names = calls.filter_map(|call| call.form("FinalSnapshotIdentifier"));
    assert!(names.any(|name| name.starts_with("shop-test-redis-final-")));
}

#[test]
fn the_page_has_each_operation_of_a_life_cycle() {
    let (world, first) = applied(&with("[cache.parameters]\ntimeout = 300"));
    let tags = "[tags]\nOwner = \"platform\"\n";
    let more = "nodes = 2\nnode_type = \"cache.t4g.small\"\nengine_version = \"7.1\"\n";
    let parameters = "[cache.parameters]\nmaxmemory-policy = \"noeviction\"\n";
    world.settings(&with(&format!("{more}{parameters}{tags}")));
    world.rd("rd-cache").args("apply -y").ok();
    world.rd("rd-cache").args("snapshot --wait").ok();
    let subnets = [
        ("CacheSubnetGroupName", "shop-test-redis"),
        ("CacheSubnetGroupDescription", "mine"),
    ];
    world.query(ELASTICACHE, "ModifyCacheSubnetGroup", &subnets);
    world.settings(&with("engine = \"valkey\""));
    world.rd("rd-cache").args("apply -y").ok();
    world.rd("rd-cache").args("destroy -y").ok();
    world.settings(SETTINGS);
    world.rd("rd-cache").args("apply -y").ok();
    let mut operations: Vec<String> = first
        .calls()
        .into_iter()
        .filter(|call| call.service == "elasticache")
        .map(|call| format!("| `elasticache:{}` |", call.operation))
        .collect();
    operations.sort();
    operations.dedup();
    assert!(operations.len() > 20, "{operations:?}");
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/aws-behaviour.md");
    let page = std::fs::read_to_string(page).unwrap();
    operations.retain(|row| !page.contains(row.as_str()));
    assert_eq!(operations, [""; 0]);
}
