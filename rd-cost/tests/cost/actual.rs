//! `report`, `forecast` and `tags`: what Cost Explorer has, asked as rarely as possible.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use rd_testkit::faults::{Calls, Fault, Proxy, Rule};
use rd_testkit::{Done, World, endpoint};
use serde_json::{Value, json};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\nregion = \"eu-central-1\"\n";

/// The day so many days ago, in UTC.
pub fn ago(days: i64) -> Date {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    today.saturating_sub(days.days())
}

/// A row of the stack's costs.
pub fn row(days_ago: i64, service: &str, amount: &str) -> Value {
    json!({
        "day": ago(days_ago).to_string(), "service": service, "usage_type": format!("{service}-Hours"),
        "amount": amount, "tags": {"Project": "shop", "Environment": "test", "rd:slice": "net"},
    })
}

/// The tags of a stack, with their status.
pub fn tags(status: &str) -> Value {
    let tags = ["Project", "Environment", "rd:slice"];
    let tags = tags.map(
        |key| json!({"TagKey": key, "Status": status, "LastUpdatedDate": "2026-10-01T00:00:00Z"}),
    );
    json!(tags)
}

/// What the account of the world was charged.
pub fn given(world: &World, rows: &[Value], more: &Value) {
    let mut input = more.clone();
    input["account"] = json!(world.account);
    input["rows"] = json!(rows);
    world.aws_local("/aws-local/costs", &input);
}

fn active(world: &World, rows: &[Value]) {
    given(world, rows, &json!({"tags": tags("Active")}));
}

fn cost(world: &World, line: &str) -> Done {
    world.rd("rd-cost").args(line).ok()
}

#[test]
fn costs_are_told_by_service_and_day_with_credits_apart() {
    let world = World::new(SETTINGS);
    let mut credit = row(5, "AmazonRDS", "-1.5");
    credit["record_type"] = json!("Credit");
    let mut others = row(5, "AmazonRDS", "1000");
    others["tags"]["Project"] = json!("other");
    let rows = [
        row(6, "AmazonRDS", "2.25"),
        row(5, "AmazonRDS", "2.25"),
        row(5, "AmazonEC2", "1.1234567891"),
        row(1, "AmazonRDS", "0.25"),
        credit,
        others,
    ];
    active(&world, &rows);
    let report = cost(&world, "report --since 7d");
    let spent = report.of_type("spent");
    assert_eq!(spent.len(), 5, "{}", report.stdout);
    let incomplete: Vec<&Value> = spent
        .iter()
        .filter(|one| one["incomplete"] == true)
        .collect();
    assert_eq!(incomplete.len(), 1);
    assert_eq!(spent[0]["day"], ago(6).to_string());
    let kinds: Vec<&str> = spent
        .iter()
        .filter_map(|one| one["kind"].as_str())
        .collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "credit").count(), 1);
    let total = &report.of_type("spent_total")[0];
    assert_eq!(total["amount"], "4.3734567891");
    // 2.25 + 1.1234567891 - 1.5 over the three days that are complete and after the first one with costs.
    assert_eq!(total["mean_of_complete_days"], "0.62");
    assert!(
        report
            .stderr
            .contains("1 request to Cost Explorer, 0.01 USD"),
        "{}",
        report.stderr
    );

    let text = cost(&world, "report --since 7d --format text");
    assert!(
        text.stdout.contains("       4.75  AmazonRDS"),
        "{}",
        text.stdout
    );
    assert!(
        text.stdout.contains("      -1.50  credits and discounts"),
        "{}",
        text.stdout
    );
    let by_slice = cost(&world, "report --since 7d --by slice");
    assert_eq!(by_slice.of_type("spent")[0]["key"], "net");
}

#[test]
fn answers_are_kept_and_requests_limited() {
    let world = World::new(SETTINGS);
    active(&world, &[row(5, "AmazonRDS", "1")]);
    cost(&world, "report --since 9d");
    let again = cost(&world, "report --since 9d --cached");
    assert!(
        again.stderr.contains("no request to Cost Explorer"),
        "{}",
        again.stderr
    );
    let other = world
        .rd("rd-cost")
        .args("report --since 8d --cached")
        .code(1);
    assert!(
        other.stderr.contains("no earlier run has kept this answer"),
        "{}",
        other.stderr
    );
    let none = world
        .rd("rd-cost")
        .args("report --since 8d --max-requests 0")
        .code(6);
    assert!(none.stderr.contains("--max-requests"), "{}", none.stderr);
    // Two pages are two requests.
    let rows: Vec<Value> = (0..600).map(|n| row(4, &format!("s{n}"), "1")).collect();
    active(&world, &rows);
    let few = world
        .rd("rd-cost")
        .args("report --since 5d --max-requests 1")
        .code(6);
    assert!(
        few.stderr.contains("the answer needs more"),
        "{}",
        few.stderr
    );
    let all = cost(&world, "report --since 5d");
    assert_eq!(all.of_type("spent").len(), 601);
    assert!(all.stderr.contains("2 requests"), "{}", all.stderr);
}

#[test]
fn where_nothing_is_found_the_tags_say_why() {
    let world = World::new(SETTINGS);
    given(
        &world,
        &[row(5, "AmazonRDS", "1")],
        &json!({"tags": tags("Inactive")}),
    );
    let nothing = cost(&world, "report");
    assert!(
        nothing
            .stderr
            .contains("the tags Project, Environment are not active"),
        "{}",
        nothing.stderr
    );
    let nothing = cost(&world, "forecast").stderr;
    assert!(nothing.contains("no costs are found"), "{nothing}");
    let month = |days_ago: i64| ago(days_ago).strftime("%Y-%m").to_string();
    let backfill = format!("tags --backfill {}", month(30));
    let inactive = world.rd("rd-cost").args(&backfill).code(1).stderr;
    assert!(inactive.contains("no tag is active"), "{inactive}");
    let shown = cost(&world, "tags --activate --format text");
    assert!(shown.stdout.contains("Project: active"), "{}", shown.stdout);
    let found = cost(&world, "report --since 8d");
    assert_eq!(found.of_type("spent").len(), 1);
    for days_ago in [-40, 430] {
        let line = format!("tags --backfill {}", month(days_ago));
        let refused = world.rd("rd-cost").args(&line).code(2).stderr;
        assert!(refused.contains("allowed: a month from "), "{refused}");
    }
    cost(&world, &backfill);
    // What was kept is of the time before the backfill.
    world
        .rd("rd-cost")
        .args("report --since 8d --cached")
        .code(1);
    let twice = world.rd("rd-cost").args(&backfill).code(1);
    assert!(
        twice.stderr.contains("one backfill in 24 hours"),
        "{}",
        twice.stderr
    );

    let member = World::new(SETTINGS);
    given(
        &member,
        &[row(5, "AmazonRDS", "1")],
        &json!({"member": true}),
    );
    let asked = cost(&member, "report");
    assert!(
        asked.stderr.contains("ask its management account"),
        "{}",
        asked.stderr
    );
    let refused = member.rd("rd-cost").args("tags").code(1);
    assert!(
        refused.stderr.contains("management account"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_forecast_is_awss_or_the_mean_of_complete_days() {
    let world = World::new(SETTINGS);
    let few: Vec<Value> = (1..8).map(|days| row(days, "AmazonRDS", "2")).collect();
    active(&world, &few);
    let mean = cost(&world, "forecast");
    let months = mean.of_type("forecast");
    assert_eq!(months.len(), 2, "{}", mean.stdout);
    let basis = months[0]["basis"].as_str().unwrap();
    assert!(
        basis.starts_with("the mean of 4 complete days, since AWS makes no forecast"),
        "{basis}"
    );
    // The days before the first costs are not part of it.
    let first: Date = format!("{}-01", months[1]["month"].as_str().unwrap())
        .parse()
        .unwrap();
    let expected = format!("{}.00", 2 * i32::from(first.days_in_month()));
    assert_eq!(months[1]["total"], expected);
    let more: Vec<Value> = (8..30).map(|days| row(days, "AmazonRDS", "2")).collect();
    active(&world, &more);
    std::fs::remove_dir_all(world.path().join(".rd/costs")).unwrap();
    let by_aws = cost(&world, "forecast");
    let months = by_aws.of_type("forecast");
    assert_eq!(months[0]["basis"], "AWS's forecast");
    let next: f64 = months[1]["total"].as_str().unwrap().parse().unwrap();
    let first: Date = format!("{}-01", months[1]["month"].as_str().unwrap())
        .parse()
        .unwrap();
    assert!(
        (next - 2.0 * f64::from(first.days_in_month())).abs() < 0.01,
        "{next}"
    );
    assert!(
        by_aws
            .stderr
            .contains("2 requests to Cost Explorer, 0.02 USD"),
        "{}",
        by_aws.stderr
    );
}

#[test]
fn refusals_say_what_to_do() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    active(&world, &[row(5, "AmazonRDS", "1")]);
    for (code, said) in [
        ("AccessDeniedException", "management account"),
        ("DataUnavailableException", "no data yet"),
        ("BillExpirationException", "14 months"),
        ("LimitExceededException", "wait a minute"),
    ] {
        let refuse = Fault::Refuse { status: 400, code };
        proxy.rules(
            vec![Rule::at_first(Calls::Of("GetCostAndUsage"), 9, refuse)],
            None,
        );
        let done = world.rd("rd-cost").args("report").code(1);
        assert!(done.stderr.contains(said), "{code}: {}", done.stderr);
    }
    // An account without net amounts.
    let refuse = Fault::Refuse {
        status: 400,
        code: "ValidationException",
    };
    proxy.rules(
        vec![Rule::at_first(Calls::Of("GetCostAndUsage"), 1, refuse)],
        None,
    );
    let net = cost(&world, "report --metric net");
    assert!(net.stderr.contains("these are unblended"), "{}", net.stderr);
    // Older accounts know the list price by its second name, and no metric is asked for a third time.
    let list = cost(&world, "report --metric list");
    assert_eq!(list.of_type("spent").len(), 1);
    assert!(list.stderr.contains("2 requests"), "{}", list.stderr);
    let early = world.rd("rd-cost").args("report --since 2020-01-01");
    let early = early.code(1).stderr;
    assert!(early.contains("AWS keeps 14 months"), "{early}");
    let backwards = world
        .rd("rd-cost")
        .args("report --since 2026-02-01 --until 2026-01-01")
        .code(2);
    assert!(
        backwards.stderr.contains("is after the last one"),
        "{}",
        backwards.stderr
    );
}
