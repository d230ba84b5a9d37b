//! The log group of the flow logs, where others work on it at the same time.
use rd_testkit::faults::{Calls, Fault, Proxy, Rule};
use rd_testkit::{World, endpoint};
use serde_json::{Value, json};

const SETTINGS: &str =
    "project = \"shop\"\nenvironment = \"test\"\n[net]\nnat = \"none\"\nflow_logs = true\n";

fn faulty(rules: Vec<Rule>) -> (World, Proxy) {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    proxy.rules(rules, None);
    (world, proxy)
}

fn aborted(operation: &'static str) -> Rule {
    let code = "OperationAbortedException";
    Rule::once(Calls::Of(operation), 0, Fault::Refuse { status: 400, code })
}

fn group(world: &World) -> Value {
    let all = world.json("Logs_20140328.DescribeLogGroups", &json!({}));
    all["logGroups"][0].clone()
}

#[test]
fn a_conflicting_change_is_repeated() {
    let (world, proxy) = faulty(vec![
        aborted("CreateLogGroup"),
        aborted("PutRetentionPolicy"),
    ]);
    world.rd("rd-net").args("apply -y").ok();
    assert_eq!(proxy.happened(), 2);
    assert_eq!(group(&world)["logGroupName"], "/vpc/shop-test");
    proxy.rules(vec![aborted("DeleteLogGroup")], None);
    world.rd("rd-net").args("destroy -y").ok();
    assert_eq!(proxy.happened(), 1);
    assert_eq!(group(&world), Value::Null);
}

#[test]
fn a_group_that_appears_meanwhile_is_ours_only_by_its_tags() {
    let hidden = Fault::Rewrite {
        from: "\"logGroups\"",
        to: "\"hidden\"",
    };
    let first_reads = Rule::at_first(Calls::Of("DescribeLogGroups"), 1, hidden);
    let (world, proxy) = faulty(vec![first_reads]);
    let foreign = json!({"logGroupName": "/vpc/shop-test", "tags": {"Team": "billing"}});
    world.json("Logs_20140328.CreateLogGroup", &foreign);
    let apply = world.rd("rd-net").args("apply -y").code(6);
    assert_eq!(proxy.happened(), 1);
    assert!(apply.stderr.contains("Team=billing"), "{}", apply.stderr);
    assert_eq!(group(&world)["retentionInDays"], Value::Null);
}
