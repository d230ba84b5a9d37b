//! Drift of the cache: every setting that can be changed outside of rd.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::drift::{Drift, each_is_put_back};
use rd_testkit::network::SETTINGS;
use rd_testkit::{ELASTICACHE, World};
use serde_json::json;

const GROUP: &str = "cache.replication_group.redis";
const PARAMETERS: &str = "cache.cache_parameter_group.main";
const SUBNETS: &str = "cache.cache_subnet_group.main";
const SECRET: &str = "cache.secret.redis";

/// Changes the group immediately.
fn modify(world: &World, parameters: &[(&str, &str)]) {
    let id = world.id(GROUP);
    let mut all = vec![
        ("ReplicationGroupId", id.as_str()),
        ("ApplyImmediately", "true"),
    ];
    all.extend(parameters);
    world.query(ELASTICACHE, "ModifyReplicationGroup", &all);
}

fn tag(world: &World, key: &str, value: &str) {
    let arn = format!(
        "arn:aws:elasticache:us-east-1:{}:replicationgroup:{}",
        world.account,
        world.id(GROUP)
    );
    let tag = [
        ("ResourceName", arn.as_str()),
        ("Tags.Tag.1.Key", key),
        ("Tags.Tag.1.Value", value),
    ];
    world.query(ELASTICACHE, "AddTagsToResource", &tag);
}

const TABLE: [Drift; 17] = [
    Drift {
        address: GROUP,
        path: "node_type",
        change: |world| modify(world, &[("CacheNodeType", "cache.t4g.small")]),
    },
    Drift {
        address: GROUP,
        path: "description",
        change: |world| modify(world, &[("ReplicationGroupDescription", "mine")]),
    },
    Drift {
        address: GROUP,
        path: "nodes",
        change: |world| {
            let id = world.id(GROUP);
            let more = [
                ("ReplicationGroupId", id.as_str()),
                ("NewReplicaCount", "2"),
                ("ApplyImmediately", "true"),
            ];
            world.query(ELASTICACHE, "IncreaseReplicaCount", &more);
        },
    },
    Drift {
        address: GROUP,
        path: "multi_az",
        change: |world| modify(world, &[("MultiAZEnabled", "false")]),
    },
    Drift {
        address: GROUP,
        path: "automatic_failover",
        change: |world| {
            let off = ("AutomaticFailoverEnabled", "false");
            modify(world, &[off, ("MultiAZEnabled", "false")]);
        },
    },
    Drift {
        address: GROUP,
        path: "snapshot_retention_days",
        change: |world| modify(world, &[("SnapshotRetentionLimit", "9")]),
    },
    Drift {
        address: GROUP,
        path: "snapshot_window",
        change: |world| modify(world, &[("SnapshotWindow", "10:00-11:00")]),
    },
    Drift {
        address: GROUP,
        path: "maintenance_window",
        change: |world| {
            modify(
                world,
                &[("PreferredMaintenanceWindow", "tue:12:00-tue:13:00")],
            );
        },
    },
    Drift {
        address: GROUP,
        path: "auto_minor_version_upgrade",
        change: |world| modify(world, &[("AutoMinorVersionUpgrade", "false")]),
    },
    Drift {
        address: GROUP,
        path: "parameter_group",
        change: |world| modify(world, &[("CacheParameterGroupName", "default.redis7")]),
    },
    Drift {
        address: GROUP,
        path: "security_group_ids",
        change: |world| {
            let other = world.output("net", "db_security_group_id");
            modify(
                world,
                &[(
                    "SecurityGroupIds.SecurityGroupId.1",
                    other.as_str().unwrap(),
                )],
            );
        },
    },
    Drift {
        address: GROUP,
        path: "final_snapshot",
        change: |world| tag(world, "rd:final-snapshot", "true"),
    },
    Drift {
        address: GROUP,
        path: "tags.Project",
        change: |world| tag(world, "Project", "somebody's"),
    },
    Drift {
        address: PARAMETERS,
        path: "parameters.maxmemory-policy",
        change: |world| {
            let group = world.id(PARAMETERS);
            let name = "ParameterNameValues.ParameterNameValue.1.ParameterName";
            let value = "ParameterNameValues.ParameterNameValue.1.ParameterValue";
            let change = [
                ("CacheParameterGroupName", group.as_str()),
                (name, "maxmemory-policy"),
                (value, "noeviction"),
            ];
            world.query(ELASTICACHE, "ModifyCacheParameterGroup", &change);
        },
    },
    Drift {
        address: SUBNETS,
        path: "subnet_ids",
        change: |world| {
            let subnets = world.output("net", "private_subnet_ids");
            let public = world.output("net", "public_subnet_ids");
            let group = world.id(SUBNETS);
            let change = [
                ("CacheSubnetGroupName", group.as_str()),
                ("SubnetIds.SubnetIdentifier.1", subnets[0].as_str().unwrap()),
                ("SubnetIds.SubnetIdentifier.2", subnets[1].as_str().unwrap()),
                ("SubnetIds.SubnetIdentifier.3", public[0].as_str().unwrap()),
            ];
            world.query(ELASTICACHE, "ModifyCacheSubnetGroup", &change);
        },
    },
    Drift {
        address: SUBNETS,
        path: "description",
        change: |world| {
            let group = world.id(SUBNETS);
            let change = [
                ("CacheSubnetGroupName", group.as_str()),
                ("CacheSubnetGroupDescription", "mine"),
            ];
            world.query(ELASTICACHE, "ModifyCacheSubnetGroup", &change);
        },
    },
    Drift {
        address: "cache.secret_version.redis",
        path: "fields.host",
        change: |world| {
            let arn = world.id(SECRET);
            let now = world.json("secretsmanager.GetSecretValue", &json!({"SecretId": arn}));
            let mut value: serde_json::Value =
                serde_json::from_str(now["SecretString"].as_str().unwrap()).unwrap();
            value["host"] = json!("elsewhere");
            let put = json!({"SecretId": arn, "SecretString": value.to_string()});
            world.json("secretsmanager.PutSecretValue", &put);
        },
    },
];

#[test]
fn each_setting_changed_outside_of_rd_is_shown_and_reset() {
    let world = World::new(&format!(
        "{SETTINGS}[cache]\nnodes = 2\nsnapshot_retention_days = 2\n[cache.parameters]\n\
         maxmemory-policy = \"allkeys-lru\"\n"
    ));
    world.network();
    world.rd("rd-cache").args("apply -y").ok();
    each_is_put_back(&world, "rd-cache", &TABLE);
}

#[test]
fn an_imported_group_without_a_token_gets_one() {
    let world = World::new(SETTINGS);
    world.network();
    let subnets = world.output("net", "private_subnet_ids");
    let group = world.output("net", "redis_security_group_id");
    let made = [
        ("CacheSubnetGroupName", "shop-test-redis"),
        ("CacheSubnetGroupDescription", "mine"),
        ("SubnetIds.SubnetIdentifier.1", subnets[0].as_str().unwrap()),
        ("SubnetIds.SubnetIdentifier.2", subnets[1].as_str().unwrap()),
    ];
    world.query(ELASTICACHE, "CreateCacheSubnetGroup", &made);
    let made = [
        ("ReplicationGroupId", "shop-test-redis"),
        ("ReplicationGroupDescription", "mine"),
        ("Engine", "redis"),
        ("EngineVersion", "7.1"),
        ("CacheNodeType", "cache.t4g.micro"),
        ("NumCacheClusters", "1"),
        ("CacheSubnetGroupName", "shop-test-redis"),
        (
            "SecurityGroupIds.SecurityGroupId.1",
            group.as_str().unwrap(),
        ),
        ("AtRestEncryptionEnabled", "true"),
        ("TransitEncryptionEnabled", "true"),
    ];
    world.query(ELASTICACHE, "CreateReplicationGroup", &made);
    let subnet_group = "cache.cache_subnet_group.main";
    let refused = world.rd("rd-cache").args("plan").code(6);
    for address in [subnet_group, GROUP] {
        let command = format!("rd-state import {address} shop-test-redis");
        assert!(refused.stderr.contains(&command), "{}", refused.stderr);
        let import = world.rd("rd-cache").args("import").arg(address);
        import.arg("shop-test-redis").ok();
    }
    world.rd("rd-cache").args("apply -y").ok();
    assert_eq!(world.rd("rd-cache").args("plan").ok().actions(), [""; 0]);
    let now = world.query(ELASTICACHE, "DescribeReplicationGroups", &[]);
    assert_eq!(now.tag("AuthTokenEnabled"), Some("true"));
}
