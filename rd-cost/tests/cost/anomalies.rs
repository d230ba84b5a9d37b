//! `anomalies`: what stands out of the stack's history, and what AWS has found.

use super::actual::{ago, given, row, tags};
use rd_testkit::World;
use serde_json::{Value, json};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\nregion = \"eu-central-1\"\n";

#[test]
fn a_day_that_stands_out_is_named_with_what_is_usual() {
    let world = World::new(SETTINGS);
    let mut rows: Vec<Value> = (3..30).map(|days| row(days, "AmazonRDS", "2")).collect();
    rows.push(row(5, "AmazonRDS", "7.5"));
    // Not complete, and a credit.
    rows.push(row(1, "AmazonRDS", "99"));
    let mut credit = row(6, "AmazonEC2", "90");
    credit["record_type"] = json!("Tax");
    rows.push(credit);
    given(&world, &rows, &json!({"tags": tags("Active")}));
    let done = world.rd("rd-cost").args("anomalies").ok();
    let found = done.of_type("anomaly");
    assert_eq!(found.len(), 1, "{}", done.stdout);
    assert_eq!(
        (&found[0]["since"], &found[0]["by"]),
        (&json!(ago(5).to_string()), &json!("rd"))
    );
    assert_eq!(
        (&found[0]["amount"], &found[0]["usual"], &found[0]["impact"]),
        (&json!("9.5"), &json!("2"), &json!("7.5"))
    );
    assert!(
        done.stderr.contains("no monitor") && done.stderr.contains("2 requests"),
        "{}",
        done.stderr
    );

    let anomaly = json!({
        "AnomalyId": "a1", "AnomalyStartDate": format!("{}T00:00:00Z", ago(5)), "DimensionValue": "Amazon RDS",
        "RootCauses": [{"Service": "Amazon RDS", "UsageType": "EUC1-InstanceUsage:db.t4g.large", "Region": ""}],
        "AnomalyScore": {"MaxScore": 0.9, "CurrentScore": 0.9}, "Impact": {"MaxImpact": 7.5, "TotalImpact": 7.456},
        "MonitorArn": "arn:aws:ce::123456789012:anomalymonitor/m",
    });
    let monitor =
        json!({"MonitorName": "all", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"});
    given(
        &world,
        &[],
        &json!({"monitors": [monitor], "anomalies": [anomaly]}),
    );
    let done = world.rd("rd-cost").args("anomalies").ok();
    let by_aws = &done.of_type("anomaly")[1];
    assert_eq!(
        (&by_aws["by"], &by_aws["impact"]),
        (&json!("aws"), &json!("7.46"))
    );
    assert_eq!(
        by_aws["causes"],
        json!(["Amazon RDS EUC1-InstanceUsage:db.t4g.large"])
    );
    let text = world
        .rd("rd-cost")
        .args("anomalies --format text")
        .ok()
        .stdout;
    assert!(
        text.contains("AmazonRDS: 9.50 instead of about 2.00"),
        "{text}"
    );
    assert!(
        text.contains("to now  Amazon RDS: 7.46 more than expected"),
        "{text}"
    );
}
