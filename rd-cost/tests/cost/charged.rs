//! `charged`: what AWS has charged this month, without a request.

use super::actual::{ago, given, row, tags};
use jiff::civil::Date;
use rd_testkit::{World, assert_fits};
use serde_json::{Value, json};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\nregion = \"eu-central-1\"\n";

#[test]
fn a_status_has_what_an_earlier_report_has_read() {
    let world = World::new(SETTINGS);
    let pipe = "set -o pipefail; rd-store status --no-stdin | rd-cost charged";
    let status = |format: &str| {
        let line = format!("{pipe} --format {format}");
        world.rd("rd-store").shell(&line).ok()
    };
    let before = status("json");
    assert_eq!(before.of_type("charged"), [Value::Null; 0]);
    let rows: Vec<Value> = (1..32).map(|days| row(days, "AmazonRDS", "2.5")).collect();
    given(&world, &rows, &json!({"tags": tags("Active")}));
    world.rd("rd-cost").args("report --since 40d").ok();
    // Without an API there is nothing to ask.
    let after = status("json");
    assert_fits("record", &after.stdout);
    let today: Date = ago(0);
    let days = i32::from(today.day()) - 1;
    let charged = after.of_type("charged");
    if days == 0 {
        assert_eq!(
            charged,
            [Value::Null; 0],
            "the report has no day of this month"
        );
        return;
    }
    assert_eq!(charged[0]["since"], today.first_of_month().to_string());
    assert_eq!(charged[0]["until"], ago(1).to_string());
    let amount: f64 = charged[0]["amount"].as_str().unwrap().parse().unwrap();
    assert!((amount - 2.5 * f64::from(days)).abs() < 0.001, "{amount}");
    let text = status("text").stdout;
    let line = format!(
        "{amount:.2} USD charged this month until {}, asked ",
        ago(1)
    );
    assert!(text.contains(&line), "{text}");
    assert_eq!(text.matches("shop-test").count(), 1, "one header: {text}");
    // Alone, and by another stack, of which nothing is kept.
    let alone = world
        .rd("rd-cost")
        .args("charged --format text --no-stdin")
        .ok();
    assert!(
        alone.stdout.contains("USD charged this month"),
        "{}",
        alone.stdout
    );
    let other = ["charged --no-stdin --set project=other"].join(" ");
    let other = world.rd("rd-cost").args(&other).ok();
    assert_eq!(other.of_type("charged"), [Value::Null; 0]);
    assert!(
        other.stderr.contains("rd-cost report asks AWS"),
        "{}",
        other.stderr
    );
}

/// A saved plan can have an estimate: that of prices and settings of now takes its place.
#[test]
fn an_estimate_replaces_an_earlier_one() {
    let world = World::new(super::PRODUCTION);
    let plan = super::offline_plan(&world, "");
    let first = super::estimate(&world, &plan, "");
    assert_eq!(first.code, 0, "{}", first.stderr);
    let again = super::estimate(&world, &first.stdout, "--usage high");
    assert_eq!(again.code, 0, "{}", again.stderr);
    let begins = again.of_type("begin");
    let of_cost = begins.iter().filter(|one| one["slice"] == "cost");
    assert_eq!(of_cost.count(), 1);
    assert_eq!(again.of_type("cost").len(), first.of_type("cost").len());
    let total = |done: &rd_testkit::Done| super::lines(done).1["usd_month"].clone();
    assert_ne!(total(&again), total(&first));
    // Another command of the same program adds to it.
    let both = world
        .rd("rd-cost")
        .args("charged")
        .stdin(first.stdout.clone())
        .ok();
    assert_eq!(both.of_type("cost").len(), first.of_type("cost").len());
}
