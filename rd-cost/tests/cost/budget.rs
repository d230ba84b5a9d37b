//! `budget`: an AWS budget of the stack's tags, with its mails.

use rd_testkit::World;
use serde_json::{Value, json};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\nregion = \"eu-central-1\"\n";

#[test]
fn a_budget_is_set_changed_and_removed() {
    let world = World::new(SETTINGS);
    let run = |line: &str| -> Value { world.rd("rd-cost").args(line).ok().records()[0].clone() };
    assert_eq!(run("budget")["limit"], Value::Null);
    let without = world.rd("rd-cost").args("budget --limit 200").code(2);
    assert!(
        without.stderr.contains("needs an address"),
        "{}",
        without.stderr
    );

    let made = run("budget --limit 200 --mail ops@example.com");
    assert_eq!(
        (&made["limit"], &made["of_stack"]),
        (&json!("200"), &json!(true))
    );
    let at = |of: &str, percent: &str, to: &[&str]| json!({"of": of, "percent": percent, "to": to});
    let ops = ["ops@example.com"];
    assert_eq!(
        made["mails"],
        json!([
            at("actual", "80", &ops),
            at("actual", "100", &ops),
            at("forecast", "100", &ops)
        ])
    );
    // The limit alone, then who gets the mails.
    let changed = run("budget --limit 99.5");
    assert_eq!(
        (&changed["limit"], &changed["mails"]),
        (&json!("99.5"), &made["mails"])
    );
    let both = run("budget --limit 99.5 --mail a@example.com --mail b@example.com");
    assert_eq!(
        both["mails"][0]["to"],
        json!(["a@example.com", "b@example.com"])
    );
    let text = world.rd("rd-cost").args("budget --format text").ok().stdout;
    assert!(
        text.contains("0.00 of 99.50 USD this month (0 %)"),
        "{text}"
    );
    assert!(
        text.contains("expected to be above 100 %: a@example.com"),
        "{text}"
    );

    assert_eq!(run("budget --remove")["limit"], Value::Null);
    world.rd("rd-cost").args("budget --remove").code(1);
    for wrong in [
        "budget --limit 0",
        "budget --limit 9 --mail ops",
        "budget --mail a@b.de",
    ] {
        world.rd("rd-cost").args(wrong).code(2);
    }
}

#[test]
fn a_budget_of_other_tags_is_left_alone() {
    let world = World::new(SETTINGS);
    let budget = json!({
        "BudgetName": "shop-test", "BudgetType": "COST", "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": "5", "Unit": "USD"},
        "CostFilters": {"TagKeyValue": ["user:Project$other"]},
    });
    let input = json!({"AccountId": world.account, "Budget": budget});
    world.json("AWSBudgetServiceGateway.CreateBudget", &input);
    let shown = world.rd("rd-cost").args("budget").ok().records()[0].clone();
    assert_eq!(
        (&shown["limit"], &shown["of_stack"]),
        (&json!("5"), &json!(false))
    );
    for line in ["budget --limit 9 --mail ops@example.com", "budget --remove"] {
        let refused = world.rd("rd-cost").args(line).code(6);
        assert!(
            refused.stderr.contains("this stack's tags"),
            "{}",
            refused.stderr
        );
    }
}
