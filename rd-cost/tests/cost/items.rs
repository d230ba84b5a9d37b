//! What the default stack does not have: Spot, Valkey, interface endpoints, keys, the shared store, paid monitoring.

use super::{PRODUCTION, estimate, lines, offline_plan};
use rd_testkit::World;
use serde_json::{Value, json};

fn find<'a>(lines: &'a [Value], item: &str) -> &'a Value {
    let found = lines.iter().find(|line| line["item"] == item);
    found.unwrap_or_else(|| panic!("no {item} in {lines:#?}"))
}

#[test]
fn spot_has_its_day_and_valkey_its_own_price() {
    let settings =
        "project = \"shop\"\nenvironment = \"test\"\nedition = 2\nregion = \"us-east-1\"\n";
    let world = World::new(settings);
    let (lines, _) = lines(&estimate(&world, &offline_plan(&world, ""), ""));
    // One task on FARGATE, the other three of autoscaling on Spot.
    let spot = find(&lines, "Fargate Spot, ARM vCPU");
    let numbers = ["quantity_low", "quantity", "quantity_high"].map(|name| spot[name].clone());
    assert_eq!(numbers, [json!("0"), json!("0"), json!("547.5")]);
    assert_eq!(
        spot["reason"],
        "the Spot price of 2026-09-28, which changes"
    );
    let on_demand = find(&lines, "Fargate, ARM vCPU");
    assert_eq!(
        (&on_demand["quantity"], &on_demand["reason"]),
        (&json!("182.5"), &Value::Null)
    );
    assert_eq!(
        find(&lines, "cache.t4g.micro, valkey")["usd_month"],
        "9.344"
    );
}

#[test]
fn interface_endpoints_cost_by_zone_and_keys_once() {
    let key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let world = World::new(&format!(
        "{PRODUCTION}region = \"us-east-1\"\n[net]\nendpoints = [\"logs\", \"secretsmanager\"]\n\
         [data]\nkms_key = \"{key}\"\n[store]\nkms_key = \"{key}\"\n"
    ));
    let plan = offline_plan(&world, "");
    let (lines, _) = lines(&estimate(&world, &plan, ""));
    let endpoints = lines
        .iter()
        .filter(|line| line["item"] == "interface endpoint");
    let endpoints: Vec<&Value> = endpoints.map(|line| &line["usd_month"]).collect();
    assert_eq!(endpoints, ["14.6", "14.6"]);
    let keys = find(&lines, "customer managed KMS keys");
    assert_eq!(
        (&keys["quantity"], &keys["usd_month"]),
        (&json!("1"), &json!("1"))
    );
    assert!(keys["address"].is_null());
}

#[test]
fn the_shared_store_has_lines_and_is_not_read() {
    let local = format!("{PRODUCTION}region = \"us-east-1\"\n");
    let world = World::at(&local, "http://127.0.0.1:9");
    let plan = world.rd("rd-net").args("plan --offline").ok().stdout;
    world.settings(&format!(
        "{local}[state]\nbackend = \"s3\"\nbucket = \"shop-state\"\ntable = \"shop-locks\"\nregion = \"eu-central-1\"\n"
    ));
    let done = estimate(&world, &plan, "");
    assert_eq!(done.code, 0, "{}", done.stderr);
    let (lines, _) = lines(&done);
    // 2000 requests at 0.0000054, the price of Frankfurt.
    assert_eq!(
        find(&lines, "requests to the bucket of the states")["usd_month"],
        "0.0108"
    );
    find(&lines, "requests to the table of the locks");
}

#[test]
fn what_has_no_price_is_unknown_and_says_so() {
    let world = World::new(&format!(
        "{PRODUCTION}region = \"us-east-1\"\n[data]\nstorage_type = \"io1\"\nallocated_storage = 100\n\
         max_allocated_storage = 200\niops = 3000\nperformance_insights_days = 31\nmonitoring_seconds = 30\n"
    ));
    let plan = world.rd("rd-data").args("plan --offline").ok().stdout;
    let (lines, total) = lines(&estimate(&world, &plan, ""));
    for (item, reason) in [
        ("io1 storage", "no price known for io1 storage in us-east-1"),
        (
            "io1 I/O operations",
            "no price known for io1 I/O operations in us-east-1",
        ),
        (
            "Performance Insights",
            "no price known for Performance Insights beyond 7 days",
        ),
    ] {
        let line = find(&lines, item);
        assert_eq!(
            (&line["basis"], &line["reason"]),
            (&json!("unknown"), &json!(reason))
        );
        assert!(line["usd_month"].is_null());
    }
    // Twice as often as each minute: twice the logs.
    assert_eq!(
        find(&lines, "logs of Enhanced Monitoring")["quantity"],
        "0.6"
    );
    assert_eq!(total["total"]["unknown"], 3);
    assert_eq!(total["total"]["slices"], json!(["data"]));
}
