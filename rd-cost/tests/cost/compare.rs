//! `compare`: the estimate of what the states have, next to what AWS has charged.

use super::actual::{ago, given, tags};
use rd_testkit::World;
use serde_json::{Value, json};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\nregion = \"eu-central-1\"\n\
                        [net]\nazs = 1\nnat = \"single\"\nflow_logs = false\n";

/// A row of the stack's costs, with what was used.
fn row(days_ago: i64, service: &str, usage_type: &str, amount: &str, usage: &str) -> Value {
    json!({
        "day": ago(days_ago).to_string(), "service": service, "usage_type": usage_type, "amount": amount,
        "usage": usage, "unit": "Hrs", "tags": {"Project": "shop", "Environment": "test", "rd:slice": "net"},
    })
}

/// Ten days: the gateway all the time, more data than assumed, an address that was there for a half of the time, something
/// that no estimate has, a credit, and a day that is not complete.
fn rows() -> Vec<Value> {
    let mut rows = Vec::new();
    for day in 3..13 {
        rows.push(row(
            day,
            "EC2 - Other",
            "EUC1-NatGateway-Hours",
            "1.248",
            "24",
        ));
        rows.push(row(
            day,
            "EC2 - Other",
            "EUC1-NatGateway-Bytes",
            "0.52",
            "10",
        ));
        let vpc = "Amazon Virtual Private Cloud";
        rows.push(row(day, vpc, "EUC1-PublicIPv4:InUseAddress", "0.06", "12"));
        rows.push(row(day, "AmazonEC2", "EUC1-BoxUsage:t4g.nano", "0.1", "24"));
        rows.push(row(
            day,
            "AmazonEC2",
            "EUC1-DataTransfer-In-Bytes",
            "0",
            "3",
        ));
    }
    rows.push(row(1, "EC2 - Other", "EUC1-NatGateway-Hours", "99", "24"));
    let mut credit = row(5, "EC2 - Other", "EUC1-NatGateway-Hours", "-9", "0");
    credit["record_type"] = json!("Credit");
    rows.push(credit);
    rows
}

fn of<'a>(compared: &'a [Value], usage_type: &str) -> &'a Value {
    let mut found = compared
        .iter()
        .filter(|one| one["usage_types"][0] == usage_type);
    found.next().unwrap()
}

#[test]
fn each_item_is_next_to_what_aws_has_charged() {
    let world = World::new(SETTINGS);
    world.rd("rd-net").args("apply -y").ok();
    given(&world, &rows(), &json!({"tags": tags("Active")}));
    let done = world.rd("rd-cost").args("compare --since 12d").ok();
    assert!(done.stderr.contains("1 request"), "{}", done.stderr);
    let compared = done.of_type("compared");

    let gateway = of(&compared, "EUC1-NatGateway-Hours");
    assert_eq!(gateway["item"], "NAT gateway");
    // 240 hours at 0.052, and nothing to explain.
    assert_eq!(
        (
            &gateway["estimated"],
            &gateway["charged"],
            &gateway["difference"]
        ),
        (&json!("12.48"), &json!("12.48"), &json!("0"))
    );
    assert_eq!(
        (&gateway["in"], &gateway["explanation"]),
        (&json!("both"), &Value::Null)
    );

    let data = of(&compared, "EUC1-NatGateway-Bytes");
    // 100 GB in 240 of 730 hours are 304 a month.
    let why = data["explanation"].as_str().unwrap();
    assert!(why.contains("used 100 GB, assumed 16.44, within"), "{why}");
    assert!(why.ends_with("set cost.usage.nat_gb = 300"), "{why}");

    let address = of(&compared, "EUC1-PublicIPv4:InUseAddress");
    let why = address["explanation"].as_str().unwrap();
    assert_eq!(
        why,
        "120 instead of 240 hours: it existed for a part of the time"
    );

    let other = of(&compared, "EUC1-BoxUsage:t4g.nano");
    assert_eq!(
        (&other["in"], &other["item"]),
        (&json!("charge"), &Value::Null)
    );
    assert_eq!(other["difference"], "1");

    let total = &done.of_type("compared_total")[0];
    assert_eq!(
        (&total["days"], &total["charged"]),
        (&json!(10), &json!("19.28"))
    );
    assert_eq!(total["until"], ago(3).to_string());

    let text = world
        .rd("rd-cost")
        .args("compare --since 12d --format text");
    let text = text.ok().stdout;
    for part in [
        "charged, and not in the estimate",
        "1 more usage type at 0.00",
        "10 complete days",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let markdown = world
        .rd("rd-cost")
        .args("compare --since 12d --format markdown");
    let markdown = markdown.ok().stdout;
    assert!(
        markdown.contains("| NAT gateway | EUC1-NatGateway-Hours | 12.48 | 12.48 | 0.00 |"),
        "{markdown}"
    );
}

#[test]
fn days_before_the_stack_and_incomplete_days_are_left_out() {
    let world = World::new(SETTINGS);
    given(&world, &rows(), &json!({"tags": tags("Active")}));
    let done = world
        .rd("rd-cost")
        .args("compare --until")
        .arg(&ago(0).to_string())
        .ok();
    let total = &done.of_type("compared_total")[0];
    // The first day with costs may not be whole.
    assert_eq!(
        (&total["since"], &total["days"]),
        (&json!(ago(11).to_string()), &json!(9))
    );
    assert!(done.stderr.contains("are left out"), "{}", done.stderr);
    let none = world.rd("rd-cost").args("compare --since 1d").code(2);
    assert!(none.stderr.contains("no complete day"), "{}", none.stderr);
}
