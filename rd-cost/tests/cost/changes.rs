//! What a setting changes: the lines of some addresses, and no others.

use super::{PRODUCTION, estimate, lines, offline_plan};
use rd_testkit::World;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Settings, and the addresses whose lines change with them; `stack` stands for lines without an address.
const TABLE: [(&str, &[&str]); 10] = [
    (
        "--set net.nat=none",
        &[
            "logs.alarm.nat-a-port-errors",
            "net.elastic_ip.nat-a",
            "net.nat_gateway.a",
        ],
    ),
    ("--set net.flow_logs=true", &["net.log_group.flow-logs"]),
    ("--set data.multi_az=true", &["data.db_instance.postgres"]),
    (
        "--set data.allocated_storage=50",
        &["data.db_instance.postgres"],
    ),
    (
        "--set cache.nodes=2",
        &[
            "cache.replication_group.redis",
            "logs.alarm.redis-2-evictions",
            "logs.alarm.redis-2-memory",
        ],
    ),
    ("--set store.standard_ia_days=0", &["store.bucket.sessions"]),
    ("--set ecs.desired=3", &["ecs.service.api"]),
    ("--set ecs.architecture=X86_64", &["ecs.service.api"]),
    ("--set ecs.retention_days=90", &["ecs.log_group.api"]),
    (
        "--set ecs.container_insights=false",
        &["ecs.cluster.main", "stack"],
    ),
];

/// The lines by address.
fn by_address(records: Vec<Value>) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in records {
        let address = line["address"].as_str().unwrap_or("stack").to_owned();
        found.entry(address).or_default().insert(line.to_string());
    }
    found
}

#[test]
fn a_setting_changes_the_lines_of_its_resources_alone() {
    let world = World::new(&format!("{PRODUCTION}region = \"us-east-1\"\n"));
    let lines_of = |flags: &str| {
        let done = estimate(&world, &offline_plan(&world, flags), "");
        by_address(lines(&done).0)
    };
    let base = lines_of("");
    let again = lines_of("");
    assert_eq!(base, again, "the same plan has the same estimate");
    for (flags, expected) in TABLE {
        let changed = lines_of(flags);
        let addresses: BTreeSet<&String> = base.keys().chain(changed.keys()).collect();
        let differ = addresses
            .into_iter()
            .filter(|address| base.get(*address) != changed.get(*address));
        let differ: Vec<&str> = differ.map(String::as_str).collect();
        assert_eq!(differ, expected, "{flags}");
    }
}

fn change(action: &str, class: &str, fields: &Value) -> String {
    let begin = json!({
        "type": "begin", "slice": "data", "format": "rd/1", "command": "plan", "stack": "shop-production",
        "region": "us-east-1", "tool_version": "0.1.0", "run": "r", "upstream": "none",
    });
    let change = json!({
        "type": "change", "slice": "data", "address": "data.db_instance.main", "kind": "db_instance", "action": action,
        "fields": fields,
        "spec": {
            "instance_class": class, "engine_version": "17", "allocated_storage": 20, "max_allocated_storage": 100,
            "storage_type": "gp3", "multi_az": false,
        },
    });
    let end = json!({"type": "end", "slice": "data", "status": "ok", "counts": {}, "serial": 1});
    format!("{begin}\n{change}\n{end}\n")
}

#[test]
fn a_plan_shows_what_it_adds_and_what_a_replacement_costs_meanwhile() {
    let world = World::new(&format!("{PRODUCTION}region = \"us-east-1\"\n"));
    let field = json!([{"path": "instance_class", "before": "db.t4g.small", "after": "db.t4g.medium", "cause": "config"}]);
    for (action, overlaps) in [("update", false), ("replace", true)] {
        let done = estimate(&world, &change(action, "db.t4g.medium", &field), "");
        let (lines, total) = lines(&done);
        let of = |item: &str| {
            lines
                .iter()
                .find(|line| line["item"] == item)
                .unwrap()
                .clone()
        };
        let (old, new) = (of("db.t4g.small"), of("db.t4g.medium"));
        assert_eq!(
            (&old["usd_month"], &old["usd_month_today"]),
            (&json!("0"), &json!("23.36"))
        );
        assert_eq!(
            (&new["usd_month"], &new["usd_month_today"]),
            (&json!("47.45"), &json!("0"))
        );
        assert_eq!(new["overlaps"].as_bool().unwrap_or(false), overlaps);
        assert_eq!(total["total"]["change"], "24.09");
        assert_eq!(total["total"]["today"], "25.66");
        assert_eq!(total["usd_month"], "49.75");
    }
    let gone = estimate(&world, &change("delete", "db.t4g.medium", &json!([])), "");
    let (_, total) = lines(&gone);
    assert_eq!(
        (&total["usd_month"], &total["total"]["change"]),
        (&json!("0"), &json!("-49.75"))
    );
    let text = estimate(
        &world,
        &change("update", "db.t4g.medium", &field),
        "--format text",
    );
    assert!(
        text.stdout.contains("+47.45") && text.stdout.contains("-23.36"),
        "{}",
        text.stdout
    );
    assert!(
        text.stdout
            .contains("today 25.66 → 49.75 USD a month (+24.09)"),
        "{}",
        text.stdout
    );
}

#[test]
fn extended_support_is_a_line_with_its_day() {
    let world = World::new(&format!("{PRODUCTION}region = \"us-east-1\"\n"));
    for (version, basis, says) in [
        ("13.20", "unknown", "standard support ended on 2026-02-28"),
        (
            "17.4",
            "fixed",
            "nothing until standard support ends on 2030-02-28",
        ),
    ] {
        let plan = change("none", "db.t4g.medium", &json!([])).replace(
            "\"engine_version\":\"17\"",
            &format!("\"engine_version\":\"{version}\",\"extended_support\":true"),
        );
        let (lines, _) = lines(&estimate(&world, &plan, ""));
        let line = lines.iter().find(|line| {
            line["item"]
                .as_str()
                .unwrap()
                .starts_with("Extended Support")
        });
        let line = line.unwrap();
        assert_eq!(line["basis"], basis);
        assert!(line["reason"].as_str().unwrap().contains(says), "{line}");
    }
}
