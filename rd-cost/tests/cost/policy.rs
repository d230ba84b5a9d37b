//! `policy`: what IAM asks for the commands.

use rd_testkit::World;
use serde_json::{Value, json};

#[test]
fn a_command_needs_no_more_than_its_calls() {
    let world = World::new("project = \"shop\"\nenvironment = \"test\"\n");
    let policy = |what: &str| -> Value {
        let line = format!("policy --for {what} --account 123456789012");
        serde_json::from_str(&world.rd("rd-cost").args(&line).ok().stdout).unwrap()
    };
    let forecast = policy("forecast");
    assert_eq!(
        forecast["Statement"],
        json!([{
            "Effect": "Allow", "Resource": ["*"],
            "Action": [
                "ce:GetCostAndUsage", "ce:GetCostForecast", "ce:GetTags", "ce:ListCostAllocationTags",
            ],
        }])
    );
    let live = policy("estimate");
    assert_eq!(
        live["Statement"][0]["Action"],
        json!(["cloudwatch:GetMetricData"])
    );
    let waste = policy("waste").to_string();
    assert!(
        waste.contains("arn:aws:s3:::shop-test-sessions-*"),
        "{waste}"
    );
    let all = policy("all").to_string();
    assert!(all.contains("ce:StartCostAllocationTagBackfill"), "{all}");
    let wrong = world.rd("rd-cost").args("policy --for settings").code(2);
    assert!(
        wrong.stderr.contains("--for accepts: all, "),
        "{}",
        wrong.stderr
    );
}
