//! `waste` of what is only kept: versions, uploads, images, alarms, log groups, snapshots, leftovers. Of each there is one
//! that is wasted, one that is not, and one that is too young.

use super::live::{SETTINGS, given, id, metric};
use rd_testkit::{CLOUDWATCH, ELASTICACHE, World};
use serde_json::{Value, json};

/// What `rd-cost waste` finds of a kind.
fn found(world: &World, kind: &str, flags: &str) -> Vec<Value> {
    let done = world.rd("rd-cost").args("waste").args(flags).ok();
    let found = done.of_type("waste").into_iter();
    found.filter(|one| one["kind"] == kind).collect()
}

fn resources(found: &[Value]) -> Vec<&str> {
    let names = found.iter().map(|one| one["resource"].as_str().unwrap());
    names.collect()
}

fn older(world: &World, days: i64) {
    let account = &world.account;
    world.aws_local("/aws-local/age", &json!({"account": account, "days": days}));
}

#[test]
fn old_versions_and_unfinished_uploads_of_the_bucket() {
    let world = World::new(SETTINGS);
    world.rd("rd-store").args("apply -y").ok();
    let bucket = id(&world, "store.bucket.sessions");
    let put = |path: &str, body: &str| {
        let method = if path.ends_with("uploads") {
            "POST"
        } else {
            "PUT"
        };
        let done = world.s3(method, &format!("/{bucket}/{path}"), body);
        assert!(done.status < 300, "{}", done.body);
    };
    // The last version is current, whatever its age.
    put("current", "x");
    older(&world, 50);
    assert_eq!(found(&world, "bucket", "").len(), 0);
    put("a%20b?uploads", "");
    put("c?uploads", "");
    for _ in 0..2 {
        put("session", &"x".repeat(2_000_000));
    }
    older(&world, 40);
    put("young?uploads", "");
    put("session", "x");
    assert_eq!(found(&world, "bucket", "").len(), 0);
    older(&world, 10);
    let all = found(&world, "bucket", "");
    let told: Vec<_> = all
        .iter()
        .map(|one| [&one["why"], &one["usd_month"], &one["command"]])
        .collect();
    assert_eq!(
        told[0],
        [
            &json!("2 noncurrent versions older than 45 days, 0.004 GB"),
            // 4,000,000 bytes at 0.023 a GB.
            &json!("0.0000856817"),
            &json!("rd-store apply --set store.noncurrent_days=30"),
        ],
        "{all:?}"
    );
    assert_eq!(
        told[1],
        [
            &json!("2 uploads not ended for 45 days; the size is not known"),
            &Value::Null,
            &json!("rd-store apply --set store.multipart_days=7"),
        ]
    );
    assert_eq!(all.len(), 2);
    assert_eq!(all[0]["address"], "store.bucket.sessions");
}

#[test]
fn alarms_without_data_that_are_this_stacks() {
    let world = World::new(SETTINGS);
    let alarm = |name: &str, environment: Option<&str>| {
        let mut parameters = vec![
            ("AlarmName", name),
            ("MetricName", "m"),
            ("Namespace", "n"),
            ("Statistic", "Sum"),
            ("Period", "60"),
            ("EvaluationPeriods", "1"),
            ("Threshold", "1"),
            ("ComparisonOperator", "GreaterThanThreshold"),
        ];
        if let Some(environment) = environment {
            parameters.extend([
                ("Tags.member.1.Key", "Project"),
                ("Tags.member.1.Value", "shop"),
                ("Tags.member.2.Key", "Environment"),
                ("Tags.member.2.Value", environment),
                ("Tags.member.3.Key", "ManagedBy"),
                ("Tags.member.3.Value", "rd"),
            ]);
        }
        world.query(CLOUDWATCH, "PutMetricAlarm", &parameters);
    };
    alarm("shop-test-left", Some("test"));
    // Another environment of the project, and one that somebody has made.
    alarm("shop-test-x-latency", Some("test-x"));
    alarm("shop-test-own", None);
    alarm("shop-test-well", Some("test"));
    let state = [
        ("AlarmName", "shop-test-well"),
        ("StateValue", "OK"),
        ("StateReason", "test"),
    ];
    world.query(CLOUDWATCH, "SetAlarmState", &state);
    let young = found(&world, "alarm", "");
    assert_eq!(resources(&young), ["shop-test-left"]);
    assert_eq!(young[0]["verdict"], "too_new");
    older(&world, 20);
    let old = found(&world, "alarm", "");
    assert_eq!(resources(&old), ["shop-test-left"]);
    assert_eq!(
        (&old[0]["verdict"], &old[0]["usd_month"]),
        (&json!("wasted"), &json!("0.1"))
    );
    let all = found(&world, "alarm", "--account");
    assert_eq!(
        resources(&all),
        ["shop-test-left", "shop-test-own", "shop-test-x-latency"]
    );
}

#[test]
fn log_groups_and_leftovers_that_are_this_stacks() {
    let world = World::new(SETTINGS);
    for group in [
        "/aws/rds/instance/shop-test-postgres/upgrade",
        "/aws/rds/instance/shop-test-x-postgres/upgrade",
        "/ecs/shop-test2-api",
        "/ecs/shop-test-api",
    ] {
        let group = json!({"logGroupName": group});
        world.json("Logs_20140328.CreateLogGroup", &group);
    }
    let retention = json!({"logGroupName": "/ecs/shop-test-api", "retentionInDays": 30});
    world.json("Logs_20140328.PutRetentionPolicy", &retention);
    let upgrade = "/aws/rds/instance/shop-test-postgres/upgrade";
    let groups = found(&world, "log_group", "");
    assert_eq!(resources(&groups), [upgrade]);
    let why = groups[0]["why"].as_str().unwrap();
    assert_eq!(why, "keeps its logs for ever, 0 GB now; no state has it");
    assert_eq!(found(&world, "log_group", "--account").len(), 3);

    // What the states have is no leftover; what another run has left is, also at the same address.
    world.rd("rd-net").args("apply -y").ok();
    assert_eq!(found(&world, "leftover", "").len(), 0);
    let vpc = |environment: &str| {
        let tag = |number: usize, key: &str, value: &str| {
            let name = format!("TagSpecification.1.Tag.{number}");
            [
                (format!("{name}.Key"), key.to_owned()),
                (format!("{name}.Value"), value.to_owned()),
            ]
        };
        let tags = [
            tag(1, "Project", "shop"),
            tag(2, "Environment", environment),
            tag(3, "ManagedBy", "rd"),
            tag(4, "rd:slice", "net"),
            tag(5, "rd:address", "net.vpc.main"),
        ];
        let mut parameters = vec![
            ("CidrBlock", "10.9.0.0/16"),
            ("TagSpecification.1.ResourceType", "vpc"),
        ];
        let tags = tags.iter().flatten();
        parameters.extend(tags.map(|(name, value)| (name.as_str(), value.as_str())));
        let made = world.ec2("CreateVpc", &parameters);
        made.tag("vpcId").unwrap().to_owned()
    };
    let left = vpc("test");
    vpc("test-x");
    let leftovers = found(&world, "leftover", "");
    assert_eq!(leftovers.len(), 1, "{leftovers:?}");
    let arn = leftovers[0]["resource"].as_str().unwrap();
    assert!(arn.ends_with(&left), "{arn}");
    assert_eq!(
        leftovers[0]["command"],
        "rd-state rebuild, then rd-net plan"
    );
}

#[test]
fn old_snapshots_of_the_cache() {
    let world = World::new(SETTINGS);
    for program in ["rd-net", "rd-cache"] {
        world.rd(program).args("apply -y").ok();
    }
    let snapshot = |name: &str, node: &str| {
        let parameters = [("SnapshotName", name), ("CacheClusterId", node)];
        world.query(ELASTICACHE, "CreateSnapshot", &parameters);
    };
    let group = [
        ("ReplicationGroupId", "shop-test-x-redis"),
        ("ReplicationGroupDescription", "another environment"),
        ("Engine", "redis"),
        ("CacheNodeType", "cache.t4g.micro"),
    ];
    world.query(ELASTICACHE, "CreateReplicationGroup", &group);
    snapshot("before-upgrade", "shop-test-redis-001");
    older(&world, 80);
    assert_eq!(found(&world, "snapshot", "").len(), 0);
    snapshot("young", "shop-test-redis-001");
    older(&world, 20);
    let old = found(&world, "snapshot", "");
    assert_eq!(resources(&old), ["before-upgrade"]);
    assert_eq!(
        old[0]["command"],
        "aws elasticache delete-snapshot --snapshot-name before-upgrade"
    );
    // A node of the smallest size, with all of its commands: used, and not too large.
    let node = json!({"CacheClusterId": "shop-test-redis-001", "CacheNodeId": "0001"});
    let metrics = [
        "CPUUtilization",
        "SetTypeCmds",
        "DatabaseMemoryUsagePercentage",
    ];
    let metrics = metrics.map(|name| metric("AWS/ElastiCache", name, &node, 1.0));
    given(&world, &metrics);
    assert_eq!(found(&world, "cache", "").len(), 0);
}

#[test]
fn images_that_nobody_pulls() {
    let world = World::new(SETTINGS);
    world.service("");
    world.rd("rd-ecs").args("apply -y").ok();
    for version in 1..=2 {
        world.image(&format!("old-{version}"), "arm64");
    }
    older(&world, 50);
    for version in 1..=10 {
        world.image(&format!("v{version}"), "arm64");
    }
    // All but the newest ten, if they are old enough.
    assert_eq!(found(&world, "image", "").len(), 0);
    older(&world, 50);
    let images = found(&world, "image", "");
    assert_eq!(resources(&images), ["shop-test-api"]);
    let why = images[0]["why"].as_str().unwrap();
    assert!(
        why.starts_with("2 images not pulled for 90 days, 0 GB"),
        "{why}"
    );
    let command = images[0]["command"].as_str().unwrap();
    assert_eq!(command.matches(" imageDigest=sha256:").count(), 2);
}

#[test]
fn endpoints_that_are_used_and_addresses_that_are_not() {
    let settings = format!("{SETTINGS}endpoints = \"private\"\n");
    let world = World::new(&settings);
    world.rd("rd-net").args("apply -y").ok();
    older(&world, 40);
    let endpoint = |name: &str| id(&world, &format!("net.vpc_endpoint.{name}"));
    let bytes = |name: &str, service: &str, gb_a_day: f64| {
        let dimensions = json!({
            "Endpoint Type": "Interface", "Service Name": format!("com.amazonaws.us-east-1.{service}"),
            "VPC Endpoint Id": endpoint(name), "VPC Id": id(&world, "net.vpc.main"),
        });
        let value = gb_a_day * f64::from(1 << 30);
        metric(
            "AWS/PrivateLinkEndpoints",
            "BytesProcessed",
            &dimensions,
            value,
        )
    };
    // One zone: 0.01 an hour, and 0.035 a GB less than through NAT: from 208.6 GB a month, which are 6.86 a day.
    given(
        &world,
        &[bytes("logs", "logs", 6.9), bytes("ecr-api", "ecr.api", 6.8)],
    );
    let endpoints = found(&world, "endpoint", "");
    let of = |name: &str| {
        let address = format!("net.vpc_endpoint.{name}");
        endpoints.iter().find(|one| one["address"] == *address)
    };
    assert!(of("logs").is_none(), "{endpoints:?}");
    let api = of("ecr-api").unwrap();
    let why = api["why"].as_str().unwrap();
    assert!(
        why.ends_with("GB a month; from 209 GB on it is cheaper than NAT"),
        "{why}"
    );

    let address = |flags: &str| found(&world, "address", flags).len();
    let tags = [
        ("Domain", "vpc"),
        ("TagSpecification.1.ResourceType", "elastic-ip"),
        ("TagSpecification.1.Tag.1.Key", "Project"),
        ("TagSpecification.1.Tag.1.Value", "shop"),
        ("TagSpecification.1.Tag.2.Key", "Environment"),
        ("TagSpecification.1.Tag.2.Value", "test"),
        ("TagSpecification.1.Tag.3.Key", "ManagedBy"),
        ("TagSpecification.1.Tag.3.Value", "rd"),
    ];
    world.ec2("AllocateAddress", &tags);
    world.ec2("AllocateAddress", &[("Domain", "vpc")]);
    assert_eq!((address(""), address("--account")), (1, 2));
}
