//! `waste`: what is paid for and not used.

use super::live::{SETTINGS, age, given, id, metric};
use rd_testkit::faults::{Calls, Fault, Proxy, Rule};
use rd_testkit::{CLOUDWATCH, Done, RDS, World, endpoint};
use serde_json::{Value, json};

fn waste(world: &World, flags: &str, code: i32) -> Done {
    let rd = world.rd("rd-cost").args("waste").args(flags);
    rd.code(code)
}

/// What was found of a kind.
fn of<'a>(found: &'a [Value], kind: &str) -> Vec<&'a Value> {
    found.iter().filter(|one| one["kind"] == kind).collect()
}

#[test]
fn what_nobody_uses_is_shown_with_its_price_and_the_command_that_ends_it() {
    let proxy = Proxy::start(endpoint());
    let settings = format!("{SETTINGS}endpoints = \"private\"\n").replace("azs = 1", "azs = 2");
    let world = World::at(&settings, proxy.url());
    for program in ["rd-net", "rd-data", "rd-cache", "rd-store", "rd-edge"] {
        world.rd(program).args("apply -y").ok();
    }
    let nat = id(&world, "net.nat_gateway.a");
    let gb = f64::from(1 << 30);
    let database = json!({"DBInstanceIdentifier": "shop-test-postgres"});
    let (node, cache) = (
        json!({"CacheClusterId": "shop-test-redis-001", "CacheNodeId": "0001"}),
        "AWS/ElastiCache",
    );
    let metrics = [
        metric(
            "AWS/NATGateway",
            "BytesOutToDestination",
            &json!({"NatGatewayId": nat}),
            0.0,
        ),
        metric("AWS/RDS", "CPUUtilization", &database, 3.0),
        metric("AWS/RDS", "DatabaseConnections", &database, 0.0),
        metric("AWS/RDS", "FreeableMemory", &database, 0.8 * gb),
        metric(cache, "CPUUtilization", &node, 2.0),
        metric(cache, "GetTypeCmds", &node, 5.0),
        metric(cache, "DatabaseMemoryUsagePercentage", &node, 1.0),
    ];
    given(&world, &metrics);

    // On the first day, nothing can be told.
    let done = waste(&world, "--fail", 0);
    let found = done.of_type("waste");
    let verdicts: Vec<&Value> = found.iter().map(|one| &one["verdict"]).collect();
    assert!(
        verdicts.iter().all(|one| **one == "too_new"),
        "{}",
        done.stdout
    );
    assert_eq!(of(&found, "nat_gateway")[0]["command"], Value::Null);

    world.aws_local(
        "/aws-local/age",
        &json!({"account": world.account, "days": 40}),
    );
    for slice in ["net", "data", "cache", "store", "edge"] {
        age(&world, slice, 40);
    }
    world.ec2("AllocateAddress", &[("Domain", "vpc")]);
    let before = proxy.calls().len();
    let done = waste(&world, "--fail", 7);
    let found = done.of_type("waste");
    let calls = proxy.calls();
    let asked = calls[before..]
        .iter()
        .filter(|call| call.operation == "GetMetricData");
    assert_eq!(asked.count(), 1);
    assert!(
        calls[before..].iter().all(|call| !call.mutates),
        "it only reads"
    );

    let nat_found = of(&found, "nat_gateway")[0];
    assert_eq!(nat_found["usd_month"], "36.5", "{}", done.stdout);
    assert_eq!(nat_found["address"], "net.nat_gateway.a");
    assert_eq!(nat_found["command"], "rd-net apply --set net.nat=none");
    // CloudWatch has no number of requests where there was none.
    let balancer = of(&found, "load_balancer")[0];
    assert_eq!(balancer["why"], "no request in 14 days");
    assert_eq!(balancer["usd_month"], "23.725");
    let endpoints = of(&found, "endpoint");
    assert!(endpoints.len() > 3, "{}", done.stdout);
    let why = endpoints[0]["why"].as_str().unwrap();
    assert!(
        why.ends_with("0 GB a month; from 417 GB on it is cheaper than NAT"),
        "{why}"
    );
    assert_eq!(endpoints[0]["usd_month"], "14.6");
    let database_found = of(&found, "database")[0];
    assert_eq!(database_found["why"], "nobody connected in 14 days");
    assert_eq!(database_found["command"], "rd-data destroy");
    // A cache of the smallest size that is used is well.
    assert_eq!(of(&found, "cache").len(), 0, "{}", done.stdout);
    // The address is not the stack's.
    assert_eq!(of(&found, "address").len(), 0);
    let total = &done.of_type("waste_total")[0];
    assert_eq!(total["not_checked"], 0, "{}", done.stdout);

    // What is only kept: each of these is paid for until somebody deletes it.
    for group in [
        "/aws/rds/instance/shop-test-postgres/iam-db-auth-error",
        "/ecs/shop-test2-api",
    ] {
        world.json(
            "Logs_20140328.CreateLogGroup",
            &json!({"logGroupName": group}),
        );
    }
    let alarm = [
        ("AlarmName", "shop-test-forgotten"),
        ("MetricName", "m"),
        ("Namespace", "n"),
        ("Statistic", "Sum"),
        ("Period", "60"),
        ("EvaluationPeriods", "1"),
        ("Threshold", "1"),
        ("ComparisonOperator", "GreaterThanThreshold"),
        ("Tags.member.1.Key", "Project"),
        ("Tags.member.1.Value", "shop"),
        ("Tags.member.2.Key", "Environment"),
        ("Tags.member.2.Value", "test"),
        ("Tags.member.3.Key", "ManagedBy"),
        ("Tags.member.3.Value", "rd"),
    ];
    world.query(CLOUDWATCH, "PutMetricAlarm", &alarm);
    let snapshot = [
        ("DBSnapshotIdentifier", "before-upgrade"),
        ("DBInstanceIdentifier", "shop-test-postgres"),
    ];
    world.query(RDS, "CreateDBSnapshot", &snapshot);
    let bucket = id(&world, "store.bucket.sessions");
    for body in ["first", "second"] {
        let put = world.s3("PUT", &format!("/{bucket}/a%20b"), body);
        assert!(put.status < 300, "{}", put.body);
    }
    let young = waste(&world, "", 0).of_type("waste");
    for (kind, count) in [
        ("alarm", 1),
        ("snapshot", 0),
        ("bucket", 0),
        ("log_group", 1),
    ] {
        assert_eq!(of(&young, kind).len(), count, "{kind}: {young:?}");
    }
    assert_eq!(of(&young, "alarm")[0]["verdict"], "too_new");
    world.aws_local(
        "/aws-local/age",
        &json!({"account": world.account, "days": 100}),
    );
    let old = waste(&world, "", 0).of_type("waste");
    let alarm = of(&old, "alarm")[0];
    assert_eq!(
        (&alarm["usd_month"], &alarm["verdict"]),
        (&json!("0.1"), &json!("wasted"))
    );
    let command = "aws rds delete-db-snapshot --db-snapshot-identifier before-upgrade";
    assert_eq!(of(&old, "snapshot")[0]["command"], command);
    let versions = of(&old, "bucket")[0]["why"].as_str().unwrap();
    assert!(
        versions.starts_with("1 noncurrent version older than 45 days, 0 GB"),
        "{versions}"
    );
    let group = of(&old, "log_group")[0];
    assert_eq!(
        group["resource"],
        "/aws/rds/instance/shop-test-postgres/iam-db-auth-error"
    );

    let account = waste(&world, "--account", 0);
    let found = account.of_type("waste");
    let address = of(&found, "address")[0];
    assert_eq!(address["usd_month"], "3.65");
    let command = address["command"].as_str().unwrap();
    assert!(
        command.starts_with("aws ec2 release-address --allocation-id eipalloc-"),
        "{command}"
    );

    // A database that is used, and far larger than its use.
    let medium = "apply -y --set data.instance_class=db.t4g.medium";
    world.rd("rd-data").args(medium).ok();
    let more = [
        metric("AWS/RDS", "DatabaseConnections", &database, 7.0),
        metric("AWS/RDS", "FreeableMemory", &database, 3.5 * gb),
    ];
    world.aws_local(
        "/aws-local/metrics",
        &json!({"account": world.account, "replace": true, "metrics": more}),
    );
    let text = waste(&world, "--format text", 0).stdout;
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    assert!(text.contains("db.t4g.small"), "{text}");
    let found = waste(&world, "", 0).of_type("waste");
    assert_eq!(of(&found, "database")[0]["usd_month"], "24.09");
    let markdown = waste(&world, "--format markdown", 0).stdout;
    assert!(
        markdown.contains("| `rd-net apply --set net.nat=none` |"),
        "{markdown}"
    );

    // What cannot be read is not checked; the rest is shown.
    let refuse = Fault::Refuse {
        status: 403,
        code: "AccessDenied",
    };
    proxy.rules(
        vec![Rule::at_first(Calls::Of("DescribeDBInstances"), 9, refuse)],
        None,
    );
    let done = waste(&world, "", 1);
    let found = done.of_type("waste");
    assert_eq!(of(&found, "database")[0]["verdict"], "not_checked");
    assert_eq!(of(&found, "nat_gateway")[0]["verdict"], "wasted");
    let refuse = Fault::Refuse {
        status: 400,
        code: "ThrottlingException",
    };
    proxy.rules(
        vec![Rule::at_first(Calls::Of("GetMetricData"), 99, refuse)],
        None,
    );
    let done = waste(&world, "", 1);
    let found = done.of_type("waste");
    assert_eq!(of(&found, "nat_gateway")[0]["verdict"], "not_checked");
    assert_eq!(of(&found, "load_balancer").len(), 1);
}
