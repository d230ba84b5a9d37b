//! `estimate --usage live`: usage from CloudWatch.

use super::lines;
use rd_testkit::World;
use rd_testkit::endpoint;
use rd_testkit::faults::{Calls, Fault, Proxy, Rule};
use serde_json::{Value, json};

pub const SETTINGS: &str =
    "project = \"shop\"\nenvironment = \"test\"\nregion = \"us-east-1\"\n[net]\nazs = 1\n";

/// A metric of which every one of the last 14 days has this value.
pub fn metric(namespace: &str, name: &str, dimensions: &Value, a_day: f64) -> Value {
    json!({"namespace": namespace, "name": name, "dimensions": dimensions, "days": vec![a_day; 14]})
}

/// Lets CloudWatch have these metrics.
pub fn given(world: &World, metrics: &[Value]) {
    world.aws_local(
        "/aws-local/metrics",
        &json!({"account": world.account, "metrics": metrics}),
    );
}

/// Lets all resources of a state be this many days older.
pub fn age(world: &World, slice: &str, days: i64) {
    let file = world.state_file("shop/test", slice);
    let mut state: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    for (_, resource) in state["resources"].as_object_mut().unwrap() {
        let since: jiff::Timestamp = resource["since"].as_str().unwrap().parse().unwrap();
        let since = since - jiff::SignedDuration::from_hours(24 * days);
        resource["since"] = json!(since.to_string());
    }
    std::fs::write(&file, state.to_string()).unwrap();
}

/// The id of the resource at an address.
pub fn id(world: &World, address: &str) -> String {
    let slice = address.split('.').next().unwrap();
    let state = std::fs::read(world.state_file("shop/test", slice)).unwrap();
    let state: Value = serde_json::from_slice(&state).unwrap();
    state["resources"][address]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn line<'a>(lines: &'a [Value], item: &str) -> &'a Value {
    lines.iter().find(|line| line["item"] == item).unwrap()
}

#[test]
fn usage_is_what_cloudwatch_has_counted_and_says_so() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    world.rd("rd-net").args("apply -y").ok();
    world.rd("rd-store").args("apply -y").ok();
    let (gateway, bucket) = (
        id(&world, "net.nat_gateway.a"),
        id(&world, "store.bucket.sessions"),
    );
    let gb = f64::from(1 << 30);
    let of = json!({"NatGatewayId": gateway});
    given(
        &world,
        &[
            metric("AWS/NATGateway", "BytesInFromSource", &of, 2.0 * gb),
            metric("AWS/NATGateway", "BytesInFromDestination", &of, gb),
            metric(
                "AWS/S3",
                "BucketSizeBytes",
                &json!({"BucketName": bucket, "StorageType": "StandardStorage"}),
                7.0 * gb,
            ),
        ],
    );
    let young = world.rd("rd-cost").args("estimate --usage live").ok();
    let (young, _) = lines(&young);
    assert_eq!(line(&young, "NAT data")["quantity"], "50");
    assert_eq!(
        line(&young, "NAT data")["assumed_because"],
        "the NAT gateway is less than a whole day old"
    );

    for slice in ["net", "store"] {
        age(&world, slice, 20);
    }
    let before = proxy.calls().len();
    let done = world.rd("rd-cost").args("estimate --usage live").ok();
    let (measured, _) = lines(&done);
    let asked = proxy.calls();
    let asked = asked[before..].iter();
    assert_eq!(
        asked
            .filter(|call| call.operation == "GetMetricData")
            .count(),
        1
    );
    // 3 GB a day, in 730 hours.
    let nat = line(&measured, "NAT data");
    assert_eq!(nat["quantity"], "91.25");
    assert_eq!(nat["usd_month"], "4.10625");
    let from = nat["measured_by"].as_str().unwrap();
    assert!(
        from.starts_with(
            "AWS/NATGateway BytesInFromSource and BytesInFromDestination, 14 days to 20"
        ),
        "{from}"
    );
    assert_eq!(line(&measured, "objects in Standard")["quantity"], "7");
    let uploads = line(&measured, "uploads and lists");
    assert_eq!(uploads["quantity"], "100000");
    assert_eq!(
        uploads["assumed_because"],
        "CloudWatch has no number of the bucket"
    );
    assert!(
        done.stderr.contains("metrics of CloudWatch, 0.0000"),
        "{}",
        done.stderr
    );
    let text = world
        .rd("rd-cost")
        .args("estimate --usage live --format text")
        .ok();
    assert!(
        text.stdout
            .contains("measured: AWS/S3 BucketSizeBytes, the newest, 14 days to"),
        "{}",
        text.stdout
    );

    // What is in one region is neither priced nor looked for in another.
    for command in ["estimate", "waste", "savings"] {
        let line = format!("{command} --region eu-central-1");
        let wrong = world.rd("rd-cost").args(&line).code(6).stderr;
        assert!(wrong.contains("belongs to region us-east-1"), "{wrong}");
    }

    // The plan of a pipe is measured by what the states have.
    let plan = world.rd("rd-net").args("plan").ok().stdout;
    let piped = world.rd("rd-cost").args("estimate --usage live");
    let (piped, _) = lines(&piped.stdin(plan).ok());
    assert_eq!(line(&piped, "NAT data")["quantity"], "91.25");

    let code = "AccessDenied";
    let refuse = Fault::Refuse { status: 403, code };
    proxy.rules(
        vec![Rule::at_first(Calls::Of("GetMetricData"), 9, refuse)],
        None,
    );
    let refused = world.rd("rd-cost").args("estimate --usage live").code(1);
    assert!(
        refused.stderr.contains("cannot read the metrics"),
        "{}",
        refused.stderr
    );
    world.rd("rd-cost").args("estimate").ok();
}
