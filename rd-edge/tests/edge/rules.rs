//! What the listener has beside its default action: rules, more certificates, and sessions that stay with a task.

use rd_testkit::drift::{Drift, each_is_put_back};
use rd_testkit::network::SETTINGS;
use rd_testkit::{ELB, World};

const METRICS: &str = "edge.listener_rule.metrics";
const RULES: &str = "[edge.rules.metrics]\npriority = 10\npaths = [\"/metrics\", \"/admin/*\"]\nstatus = 404\nbody = \"no\"\n\
    [edge.rules.old]\npriority = 20\nhosts = [\"old.example.com\"]\nredirect = \"https://www.example.com/#{path}\"\n\
    [edge.rules.office]\npriority = 5\npaths = [\"/admin/*\"]\nsource_ips = [\"203.0.113.0/24\"]\n";

fn applied(keys: &str) -> World {
    let world = World::new(SETTINGS);
    world.network();
    world.settings(&format!("{SETTINGS}[edge]\n{keys}\n{RULES}"));
    world.rd("rd-edge").args("apply -y").ok();
    world
}

fn has_no_changes(world: &World) {
    assert_eq!(world.rd("rd-edge").args("plan").ok().actions(), [""; 0]);
}

fn of_listener(world: &World, listener: &str, operation: &str) -> String {
    let arn = world.id(listener);
    world
        .query(ELB, operation, &[("ListenerArn", arn.as_str())])
        .body
}

#[test]
fn rules_and_certificates_come_change_and_go_with_the_listener() {
    let world = World::new(SETTINGS);
    world.network();
    let (first, more) = (
        world.certificate_of_others("api"),
        world.certificate_of_others("www"),
    );
    let keys = format!(
        "certificate_arn = \"{first}\"\ncertificates = [\"{more}\"]\nstickiness_seconds = 3600\n"
    );
    world.settings(&format!("{SETTINGS}[edge]\n{keys}{RULES}"));
    world.rd("rd-edge").args("apply -y").ok();
    has_no_changes(&world);
    let https = "edge.listener.https";
    let rules = of_listener(&world, https, "DescribeRules");
    for part in [
        "/metrics",
        "fixed-response",
        "www.example.com",
        "203.0.113.0/24",
    ] {
        assert!(rules.contains(part), "{rules}");
    }
    assert!(of_listener(&world, https, "DescribeListenerCertificates").contains(&more));

    let ids = world.id(METRICS);
    let changed =
        "[edge.rules.metrics]\npriority = 11\npaths = [\"/metrics\"]\nmethods = [\"GET\"]\n";
    world.settings(&format!(
        "{SETTINGS}[edge]\ncertificate_arn = \"{first}\"\nstickiness_seconds = 0\n{changed}"
    ));
    let reason = "its requests go where the next rule sends them";
    let gone = ["office", "old"].map(|name| format!("edge.listener_rule.{name}: {reason}"));
    assert_eq!(world.rd("rd-edge").args("plan").ok().risks(), gone);
    world.rd("rd-edge").args("apply -y").ok();
    has_no_changes(&world);
    assert_eq!(world.id(METRICS), ids);
    let rules = of_listener(&world, https, "DescribeRules");
    assert!(rules.contains("<Priority>11</Priority>") && !rules.contains("old.example.com"));
    assert!(!of_listener(&world, https, "DescribeListenerCertificates").contains(&more));

    world.rd("rd-edge").args("destroy -y").ok();
    assert_eq!(world.rd("rd-state").args("list edge").ok().stdout, "");
}

#[test]
fn the_default_certificate_and_another_one_are_exchanged() {
    let world = World::new(SETTINGS);
    world.network();
    let (first, more) = (
        world.certificate_of_others("api"),
        world.certificate_of_others("www"),
    );
    let serve = |default: &str, other: &str| {
        let keys = format!("certificate_arn = \"{default}\"\ncertificates = [\"{other}\"]\n");
        world.settings(&format!("{SETTINGS}[edge]\n{keys}"));
        world.rd("rd-edge").args("apply -y").ok();
        has_no_changes(&world);
        let https = "edge.listener.https";
        let listed = of_listener(&world, https, "DescribeListenerCertificates");
        assert!(
            listed.contains(default) && listed.contains(other),
            "{listed}"
        );
        let arn = world.id(https);
        let ask = [("ListenerArns.member.1", arn.as_str())];
        let told = world.query(ELB, "DescribeListeners", &ask).body;
        assert!(told.contains(default) && !told.contains(other), "{told}");
    };
    serve(&first, &more);
    serve(&more, &first);
    serve(&first, &more);
}

fn modify_rule(world: &World, parameters: &[(&str, &str)]) {
    let arn = world.id(METRICS);
    let mut all = vec![("RuleArn", arn.as_str())];
    all.extend_from_slice(parameters);
    world.query(ELB, "ModifyRule", &all);
}

/// Sends the conditions that the rule has, and these parameters.
fn add_to_rule(world: &World, parameters: &[(&str, &str)]) {
    let paths = "Conditions.member.1.PathPatternConfig.Values.member";
    let (first, second) = (format!("{paths}.1"), format!("{paths}.2"));
    let mut all = vec![
        ("Conditions.member.1.Field", "path-pattern"),
        (first.as_str(), "/metrics"),
        (second.as_str(), "/admin/*"),
    ];
    all.extend_from_slice(parameters);
    modify_rule(world, &all);
}

fn stickiness(world: &World, key: &str, value: &str) {
    let arn = world.id("edge.target_group.api");
    let change = [
        ("TargetGroupArn", arn.as_str()),
        ("Attributes.member.1.Key", key),
        ("Attributes.member.1.Value", value),
    ];
    world.query(ELB, "ModifyTargetGroupAttributes", &change);
}

const DRIFTS: [Drift; 7] = [
    Drift {
        address: METRICS,
        path: "conditions",
        change: |world| {
            modify_rule(
                world,
                &[
                    ("Conditions.member.1.Field", "path-pattern"),
                    ("Conditions.member.1.Values.member.1", "/nothing"),
                ],
            );
        },
    },
    Drift {
        address: METRICS,
        path: "response",
        change: |world| {
            let config = "Actions.member.1.FixedResponseConfig";
            modify_rule(
                world,
                &[
                    ("Actions.member.1.Type", "fixed-response"),
                    (&format!("{config}.StatusCode"), "503"),
                    (&format!("{config}.ContentType"), "text/plain"),
                    (&format!("{config}.MessageBody"), "no"),
                ],
            );
        },
    },
    Drift {
        address: METRICS,
        path: "priority",
        change: |world| {
            let arn = world.id(METRICS);
            let change = [
                ("RulePriorities.member.1.RuleArn", arn.as_str()),
                ("RulePriorities.member.1.Priority", "30"),
            ];
            world.query(ELB, "SetRulePriorities", &change);
        },
    },
    Drift {
        address: METRICS,
        path: "other",
        change: |world| {
            add_to_rule(
                world,
                &[
                    ("Conditions.member.2.Field", "http-header"),
                    (
                        "Conditions.member.2.HttpHeaderConfig.HttpHeaderName",
                        "X-Debug",
                    ),
                    ("Conditions.member.2.HttpHeaderConfig.Values.member.1", "on"),
                ],
            );
        },
    },
    Drift {
        address: METRICS,
        path: "other",
        change: |world| {
            let rewrite = "Transforms.member.1.UrlRewriteConfig.Rewrites.member.1";
            add_to_rule(
                world,
                &[
                    ("Transforms.member.1.Type", "url-rewrite"),
                    (&format!("{rewrite}.Regex"), "^/metrics"),
                    (&format!("{rewrite}.Replace"), "/"),
                ],
            );
        },
    },
    Drift {
        address: "edge.target_group.api",
        path: "attributes.stickiness.enabled",
        change: |world| stickiness(world, "stickiness.enabled", "false"),
    },
    Drift {
        address: "edge.target_group.api",
        path: "attributes.stickiness.lb_cookie.duration_seconds",
        change: |world| stickiness(world, "stickiness.lb_cookie.duration_seconds", "60"),
    },
];

#[test]
fn each_part_of_a_rule_is_put_back() {
    let world = applied("stickiness_seconds = 3600");
    each_is_put_back(&world, "rd-edge", &DRIFTS);
}

#[test]
fn the_rule_of_another_with_the_same_priority_is_left_alone() {
    let world = World::new(SETTINGS);
    world.network();
    world.rd("rd-edge").args("apply -y").ok();
    let listener = world.id("edge.listener.http");
    let rule = [
        ("ListenerArn", listener.as_str()),
        ("Priority", "10"),
        ("Conditions.member.1.Field", "path-pattern"),
        ("Conditions.member.1.Values.member.1", "/theirs"),
        ("Actions.member.1.Type", "fixed-response"),
        ("Actions.member.1.FixedResponseConfig.StatusCode", "403"),
    ];
    world.query(ELB, "CreateRule", &rule);
    world.settings(&format!("{SETTINGS}[edge]\n{RULES}"));
    let apply = world.rd("rd-edge").args("apply -y").code(6);
    assert!(
        apply.stderr.contains("does not belong to this stack"),
        "{}",
        apply.stderr
    );
    let rules = of_listener(&world, "edge.listener.http", "DescribeRules");
    assert!(rules.contains("/theirs") && !rules.contains("/metrics"));
}
