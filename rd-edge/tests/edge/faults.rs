//! The slice `edge`, with a fault at every change that a command makes: nothing is lost, created twice, or left behind.
//! And resources that AWS itself reports as failed.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::faults::{Calls, Fault, Proxy, Rule, Scenario};
use rd_testkit::network::SETTINGS;
use rd_testkit::{Done, ELB, World, endpoint};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const FEW: usize = 3;

fn prepared(world: &World) {
    world.network();
    world.zone(&world.domain());
    world.settings(&world.edge(""));
}

fn applied(world: &World) {
    prepared(world);
    world.rd("rd-edge").args("apply -y").ok();
}

fn zone(world: &World) -> String {
    let listed = world.route53("GET", "/2013-04-01/hostedzone", "");
    let id = listed.tag("Id").unwrap();
    id.trim_start_matches("/hostedzone/").to_owned()
}

fn certificates(world: &World) -> Vec<Value> {
    let all = world.json("CertificateManager.ListCertificates", &json!({}));
    all["CertificateSummaryList"].as_array().unwrap().clone()
}

/// Destroys the stack, with the validation record.
fn destroy(world: &World) {
    let destroy = world
        .rd("rd-edge")
        .args("destroy -y --delete-validation-records");
    destroy.ok();
}

fn is_complete(world: &World) {
    exists_once(world, 0);
}

/// The validation record of the name before stays.
fn is_replaced(world: &World) {
    exists_once(world, 1);
}

/// Every resource is up to date and exists once, and a destroy deletes all of them but `kept` records.
fn exists_once(world: &World, kept: usize) {
    assert_eq!(world.rd("rd-edge").args("plan").ok().actions(), [""; 0]);
    let state = std::fs::read_to_string(world.state_file("shop/test", "edge")).unwrap();
    assert!(
        !state.contains("creating") && !state.contains("deposed"),
        "{state}"
    );
    let count = |list: &str, tag: &str| world.query(ELB, list, &[]).body.matches(tag).count();
    assert_eq!(
        [
            count("DescribeLoadBalancers", "<LoadBalancerName>"),
            count("DescribeTargetGroups", "<TargetGroupName>"),
            certificates(world).len(),
            world.records(&zone(world)).len(),
        ],
        [1, 1, 1, 2 + kept]
    );
    destroy(world);
    only_records_are_left(world, kept);
}

fn nothing_is_left(world: &World) {
    only_records_are_left(world, 0);
}

fn only_records_are_left(world: &World, count: usize) {
    for list in ["DescribeLoadBalancers", "DescribeTargetGroups"] {
        let left = world.query(ELB, list, &[]).body;
        assert!(!left.contains("shop-test"), "{left}");
    }
    assert_eq!(certificates(world), [json!(null); 0]);
    let records = world.records(&zone(world));
    assert_eq!(records.len(), count, "{records:?}");
    let state = world.rd("rd-state").args("list edge").ok();
    assert_eq!(state.stdout, "");
}

const APPLY: Scenario = Scenario {
    settings: SETTINGS,
    prepare: prepared,
    command: |world| world.rd("rd-edge").args("apply -y"),
    check: is_complete,
};

const UPDATE: Scenario = Scenario {
    settings: SETTINGS,
    prepare: |world| {
        applied(world);
        world.settings(&format!(
            "{}health_path = \"/ready\"\nderegistration_delay_seconds = 5\n\
             rules.metrics = {{ priority = 10, paths = [\"/metrics\"], status = 404 }}\n[tags]\nOwner = \"platform\"\n",
            world.edge("http2 = false\nssl_policy = \"ELBSecurityPolicy-TLS13-1-3-2021-06\"")
        ));
    },
    command: |world| world.rd("rd-edge").args("apply -y"),
    check: is_complete,
};

/// Another name and another port replace the certificate, the records and the target group.
const REPLACE: Scenario = Scenario {
    settings: SETTINGS,
    prepare: |world| {
        applied(world);
        world.settings(&world.edge("host = \"shop\""));
        world.set_output("net", "app_port", 8080);
    },
    command: |world| world.rd("rd-edge").args("apply -y"),
    check: is_replaced,
};

const DESTROY: Scenario = Scenario {
    settings: SETTINGS,
    prepare: applied,
    command: |world| {
        world
            .rd("rd-edge")
            .args("destroy -y --delete-validation-records")
    },
    check: nothing_is_left,
};

rd_testkit::fault_walks! {
    FEW,
    apply: APPLY,
    update: UPDATE,
    replace: REPLACE,
    destroy: DESTROY,
}

/// A world behind a proxy with these settings of `[edge]`, and with a zone if asked for.
fn faulty(keys: &str, with_zone: bool) -> (World, Proxy) {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    world.network();
    if with_zone {
        world.zone(&world.domain());
    }
    world.settings(&world.edge(keys));
    (world, proxy)
}

/// Runs a command that must fail at once, not after a timeout.
fn fails_at_once(world: &World, args: &str) -> Done {
    let start = Instant::now();
    let failed = world.rd("rd-edge").args(args).code(1);
    assert!(start.elapsed() < Duration::from_secs(20), "it waited");
    failed
}

#[test]
fn a_load_balancer_that_failed_says_why_and_is_replaced() {
    let (world, proxy) = faulty("", true);
    let failed = Fault::Rewrite {
        from: "<Code>active</Code>",
        to: "<Code>failed</Code><Reason>no free addresses in subnet</Reason>",
    };
    let rule = Rule::at_first(Calls::Of("DescribeLoadBalancers"), 999, failed);
    proxy.rules(vec![rule], None);
    let done = fails_at_once(&world, "apply -y");
    assert!(
        done.stderr.contains("failed: no free addresses in subnet")
            && done.stderr.contains("the next apply replaces the resource"),
        "{}",
        done.stderr
    );
    let status = world.rd("rd-edge").args("status").ok().of_type("status");
    let balancer = status
        .iter()
        .find(|one| one["address"] == "edge.load_balancer.main");
    assert_eq!(balancer.unwrap()["health"], "failed");
    let plan = world.rd("rd-edge").args("plan").ok();
    let replaced = "replace edge.load_balancer.main".to_owned();
    assert!(plan.actions().contains(&replaced), "{:?}", plan.actions());
    let old = world.id("edge.load_balancer.main");
    proxy.rules(Vec::new(), None);
    world.rd("rd-edge").args("apply -y").ok();
    assert_ne!(world.id("edge.load_balancer.main"), old);
    is_complete(&world);
}

/// With the records in Route 53: ACM has given up before the apply, or gives up while it waits.
#[test]
fn a_certificate_that_failed_says_why_and_is_replaced() {
    let cases = [
        (
            "\"Status\": \"PENDING_VALIDATION\"",
            "\"Status\": \"FAILED\", \"FailureReason\": \"CAA_ERROR\"",
            "must name amazon.com",
        ),
        (
            "\"Status\": \"ISSUED\"",
            "\"Status\": \"VALIDATION_TIMED_OUT\"",
            "within 72 hours",
        ),
    ];
    for (from, to, words) in cases {
        let (world, proxy) = faulty("", true);
        let given_up = Fault::Rewrite { from, to };
        let rule = Rule::at_first(Calls::Of("DescribeCertificate"), 999, given_up);
        proxy.rules(vec![rule], None);
        let done = fails_at_once(&world, "apply -y");
        assert!(done.stderr.contains(words), "{}", done.stderr);
        let old = certificates(&world)[0]["CertificateArn"].clone();
        if to.contains("TIMED_OUT") {
            let plan = world.rd("rd-edge").args("plan").ok();
            let actions = plan.actions();
            let replaces = |one: &String| one.starts_with("replace edge.certificate.");
            assert!(actions.iter().any(replaces), "{actions:?}");
        }
        proxy.rules(Vec::new(), None);
        world.rd("rd-edge").args("apply -y").ok();
        if to.contains("FAILED") {
            assert_ne!(certificates(&world)[0]["CertificateArn"], old);
        }
        is_complete(&world);
    }
}

#[test]
fn a_certificate_whose_validation_timed_out_ends_the_wait_and_is_requested_again() {
    let (world, proxy) = faulty("", false);
    world.rd("rd-edge").args("apply -y").ok();
    let late = Fault::Rewrite {
        from: "\"Status\": \"PENDING_VALIDATION\"",
        to: "\"Status\": \"VALIDATION_TIMED_OUT\"",
    };
    let rule = |times| Rule::at_first(Calls::Of("DescribeCertificate"), times, late.clone());
    proxy.rules(vec![rule(999)], None);
    let done = fails_at_once(&world, "wait");
    assert!(
        done.stderr.contains("within 72 hours") && done.stderr.contains("requests another one"),
        "{}",
        done.stderr
    );
    // The apply sees the old certificate as timed out, and the new one as it is.
    let old = certificates(&world)[0]["CertificateArn"].clone();
    proxy.rules(vec![rule(1)], None);
    world.rd("rd-edge").args("apply -y").ok();
    let left = certificates(&world);
    assert_eq!(left.len(), 1);
    assert_ne!(left[0]["CertificateArn"], old);
    proxy.rules(Vec::new(), None);
    world.prove();
    world.rd("rd-edge").args("wait").ok();
    let apply = world.rd("rd-edge").args("apply -y").ok();
    assert_eq!(apply.output("https"), true);
}

#[test]
fn temporary_errors_are_retried() {
    let (world, proxy) = faulty("", true);
    let refused = |operation, code| {
        let status = 400;
        Rule::at_first(Calls::Of(operation), 2, Fault::Refuse { status, code })
    };
    // A certificate that was just issued is not visible to Elastic Load Balancing yet.
    proxy.rules(vec![refused("CreateListener", "CertificateNotFound")], None);
    world.rd("rd-edge").args("apply -y").ok();
    assert_eq!(proxy.happened(), 2);
    // What uses it is deleted, but still visible in some places.
    let rules = vec![
        refused("DeleteTargetGroup", "ResourceInUse"),
        refused("DeleteCertificate", "ResourceInUseException"),
    ];
    proxy.rules(rules, None);
    destroy(&world);
    assert_eq!(proxy.happened(), 4);
    nothing_is_left(&world);
}
