//! What AWS does and no other API would: docs/aws-behaviour.md has the list.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::faults::{Calls, Fault, Proxy, Rule};
use rd_testkit::network::SETTINGS;
use rd_testkit::{Done, ELB, World, endpoint};
use serde_json::{Value, json};

/// A world with a zone for its domain and these keys of `[edge]`, and the proxy that records its calls.
fn prepared(keys: &str) -> (World, Proxy, String) {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    world.network();
    let zone = world.zone(&world.domain());
    world.settings(&world.edge(keys));
    (world, proxy, zone)
}

fn has_no_changes(world: &World) {
    assert_eq!(world.rd("rd-edge").args("plan").ok().actions(), [""; 0]);
}

fn retried(done: &Done) -> usize {
    let refused = |line: &&str| line.ends_with(" 400") || line.contains("NotFound");
    done.stderr.lines().filter(refused).count()
}

#[test]
fn what_was_just_created_is_found_later() {
    let (world, _, _) = prepared("");
    for what in ["target-group", "load-balancer", "certificate"] {
        let lag = json!({"what": what, "times": 3, "account": world.account});
        world.aws_local("/aws-local/elb-lag", &lag);
    }
    let apply = world.rd("rd-edge").args("apply -y -v").ok();
    assert!(retried(&apply) >= 3, "{}", apply.stderr);
    has_no_changes(&world);
    // A successor is switched to and tagged just as early.
    world.set_output("net", "app_port", 8080);
    world.rd("rd-edge").args("apply -y").ok();
    has_no_changes(&world);
}

#[test]
fn validation_records_stay_for_other_regions_unless_asked() {
    let (world, proxy, zone) = prepared("");
    world.rd("rd-edge").args("apply -y").ok();
    world.rd("rd-edge").args("destroy -y").ok();
    let left = world.records(&zone);
    assert!(left.len() == 1 && left[0].ends_with(" CNAME"), "{left:?}");
    let state = world.rd("rd-state").args("list edge").ok();
    assert_eq!(state.stdout, "");
    // The next certificate of the name uses it again, and nobody has to look for others.
    let calls = proxy.calls();
    assert!(
        !calls
            .iter()
            .any(|call| call.operation == "ListCertificates" && call.mutates)
    );
    world.rd("rd-edge").args("apply -y").ok();
    has_no_changes(&world);
    // As does that of another name, and its own record goes at last.
    world.settings(&world.edge("host = \"shop\""));
    let plan = world.rd("rd-edge").args("plan").ok();
    assert!(plan.stderr.contains("stay in Route 53"), "{}", plan.stderr);
    let apply = world.rd("rd-edge").args("apply -y").ok();
    assert!(
        !apply.stderr.contains("stay in Route 53"),
        "{}",
        apply.stderr
    );
    let cnames =
        |records: Vec<String>| records.iter().filter(|one| one.ends_with(" CNAME")).count();
    assert_eq!(cnames(world.records(&zone)), 2);
    let destroy = world
        .rd("rd-edge")
        .args("destroy -y --delete-validation-records");
    destroy.ok();
    let left = world.records(&zone);
    assert!(left.len() == 1 && left[0].contains("api."), "{left:?}");
}

#[test]
fn names_with_the_same_letters_have_addresses_of_their_own() {
    let (world, _, zone) = prepared("");
    let domain = world.domain();
    world.settings(&world.edge(&format!(
        "names = [\"x.y.{domain}\", \"x-y.{domain}\", \"star.{domain}\", \"*.{domain}\", \"validation.api.{domain}\"]"
    )));
    let apply = world.rd("rd-edge").args("apply -y").ok();
    // Six names, of which two share a validation record with no other.
    let records = world.records(&zone);
    assert_eq!(records.len(), 12, "{records:?}");
    let made = apply.actions();
    let count = made
        .iter()
        .filter(|one| one.starts_with("create edge.dns_record."))
        .count();
    assert_eq!(count, 12, "{made:?}");
    has_no_changes(&world);
    // Each address is stable, also once the other name is gone.
    world.settings(&world.edge(&format!("names = [\"x-y.{domain}\"]")));
    let fewer = world.rd("rd-edge").args("apply -y").ok().actions();
    let changed = |what: &str| {
        let records = fewer.iter().filter(|one| one.contains("dns_record"));
        records.filter(|one| one.starts_with(what)).count()
    };
    assert_eq!((changed("create"), changed("replace")), (0, 0), "{fewer:?}");
    has_no_changes(&world);
    world.rd("rd-edge").args("destroy -y").ok();
}

#[test]
fn addresses_of_an_earlier_version_are_kept() {
    let (world, _, _) = prepared("");
    let domain = world.domain();
    let dashed = domain.replace('.', "-");
    world.settings(&world.edge(&format!("host = \"x.y\"\nnames = [\"*.{domain}\"]")));
    world.rd("rd-edge").args("apply -y").ok();
    let listed = || world.rd("rd-state").args("list edge").ok().stdout;
    let before = listed();
    for address in [
        format!("edge.dns_record.x-y-{dashed}"),
        format!("edge.dns_record.star-{dashed}"),
        format!("edge.dns_record.validation-{dashed}"),
    ] {
        assert!(before.contains(&address), "{address}: {before}");
    }
    // What is new gets other addresses, and nothing that is there is replaced.
    world.settings(&world.edge(&format!(
        "host = \"x.y\"\nnames = [\"*.{domain}\", \"x-y.{domain}\", \"star.{domain}\"]"
    )));
    let plan = world.rd("rd-edge").args("plan").ok().actions();
    let records = |what: &str| {
        let of = format!("{what} edge.dns_record.");
        plan.iter().filter(|one| one.starts_with(&of)).count()
    };
    assert_eq!(
        [records("create"), records("delete"), records("replace")],
        [4, 0, 0],
        "{plan:?}"
    );
}

#[test]
fn a_long_name_is_on_a_certificate_with_a_short_common_name() {
    let (world, _, _) = prepared("");
    let domain = world.domain();
    let long = "a-name-that-is-long-enough-to-be-too-long-for-a-common-name";
    world.settings(&world.edge(&format!("host = \"{long}\"")));
    let refused = world.rd("rd-edge").args("plan").code(2);
    assert!(
        refused.stderr.contains("at most 64 characters") && refused.stderr.contains("names"),
        "{}",
        refused.stderr
    );
    world.settings(&world.edge(&format!("host = \"{long}\"\nnames = [\"*.{domain}\"]")));
    let apply = world.rd("rd-edge").args("apply -y").ok();
    assert_eq!(apply.output("url"), format!("https://{long}.{domain}"));
    let all = world.json("CertificateManager.ListCertificates", &json!({}));
    let certificate = &all["CertificateSummaryList"][0];
    assert_eq!(certificate["DomainName"], format!("*.{domain}"));
    has_no_changes(&world);
}

#[test]
fn the_old_load_balancer_goes_once_all_name_servers_have_the_new_one() {
    let (world, proxy, _) = prepared("");
    world.rd("rd-edge").args("apply -y").ok();
    proxy.rules(Vec::new(), None);
    world.settings(&world.edge("name = \"front\""));
    world.rd("rd-edge").args("apply -y").ok();
    let calls = proxy.calls();
    let place = |is: &dyn Fn(&str, &str) -> bool| {
        let is = |call: &rd_testkit::faults::Call| is(&call.operation, &call.path);
        calls.iter().rposition(is).unwrap()
    };
    let changed = calls
        .iter()
        .position(|call| call.mutates && call.path.contains("/rrset"))
        .unwrap();
    let asked = place(&|_, path| path.contains("/change/"));
    let deleted = place(&|operation, _| operation == "DeleteLoadBalancer");
    assert!(changed < asked && asked < deleted);
    // The first answer is PENDING.
    let count = calls
        .iter()
        .filter(|call| call.path.contains("/change/"))
        .count();
    assert!(count >= 2, "{count}");
    has_no_changes(&world);
}

#[test]
fn without_the_permission_to_ask_for_a_change_an_apply_goes_on() {
    let (world, proxy, _) = prepared("");
    let denied = Fault::Refuse {
        status: 403,
        code: "AccessDenied",
    };
    let of_change = |call: &rd_testkit::faults::Call| call.path.contains("/change/");
    proxy.rules(
        vec![Rule::at_first(Calls::Matching(of_change), 999, denied)],
        None,
    );
    world.rd("rd-edge").args("apply -y").ok();
    has_no_changes(&world);
}

#[test]
fn a_load_balancer_that_recovers_is_kept() {
    let (world, proxy, _) = prepared("");
    let failed = Fault::Rewrite {
        from: "<Code>provisioning</Code>",
        to: "<Code>failed</Code><Reason>no free addresses</Reason>",
    };
    // The first one after the create is provisioning.
    let rule = Rule::at_first(Calls::Of("DescribeLoadBalancers"), 999, failed);
    proxy.rules(vec![rule], None);
    world.rd("rd-edge").args("apply -y").ok();
    assert!(proxy.happened() >= 1);
    has_no_changes(&world);
}

#[test]
fn a_quota_of_certificates_ends_the_apply_at_once() {
    let (world, proxy, _) = prepared("");
    let quota = Fault::Refuse {
        status: 400,
        code: "LimitExceededException",
    };
    let rule = Rule::at_first(Calls::Of("RequestCertificate"), 999, quota);
    proxy.rules(vec![rule], None);
    let failed = world.rd("rd-edge").args("apply -y").code(1);
    assert!(
        failed.stderr.contains("Service Quotas"),
        "{}",
        failed.stderr
    );
    assert_eq!(proxy.happened(), 1);
    proxy.rules(Vec::new(), None);
    world.rd("rd-edge").args("apply -y").ok();
}

#[test]
fn a_record_among_several_of_its_name_is_not_taken_over() {
    let (world, _, zone) = prepared("");
    let set = format!(
        "<Name>api.{}</Name><Type>A</Type><SetIdentifier>eu</SetIdentifier><Weight>10</Weight><TTL>60</TTL>\
         <ResourceRecords><ResourceRecord><Value>192.0.2.1</Value></ResourceRecord></ResourceRecords>",
        world.domain()
    );
    world.change_record(&zone, "CREATE", &set);
    world.settings(&world.edge("overwrite_dns = true"));
    let refused = world.rd("rd-edge").args("apply -y").code(1);
    assert!(refused.stderr.contains("(A `eu`)"), "{}", refused.stderr);
    let path = format!("/2013-04-01/hostedzone/{zone}/rrset");
    assert!(world.route53("GET", &path, "").body.contains("192.0.2.1"));
}

/// Names of other certificates whose keys ACM does not list unless asked.
#[test]
fn the_keys_of_all_algorithms_are_read_as_they_are_asked_for() {
    for key in ["EC_prime256v1", "EC_secp384r1"] {
        let (world, proxy, _) = prepared(&format!("key_algorithm = \"{key}\""));
        world.rd("rd-edge").args("apply -y").ok();
        has_no_changes(&world);
        let again = world.rd("rd-edge").args("apply -y").ok();
        assert_eq!(again.actions(), [""; 0]);
        let requests = proxy
            .calls()
            .into_iter()
            .filter(|call| call.operation == "RequestCertificate");
        assert_eq!(requests.count(), 1);
        let arn = world.query(ELB, "DescribeLoadBalancers", &[]);
        assert_eq!(arn.tag("EnablePrefixForIpv6SourceNat"), Some("off"));
        assert_ne!(world.output("edge", "url"), Value::Null);
    }
}

/// The part of docs/aws-behaviour.md about this slice.
fn page() -> String {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/aws-behaviour.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, section) = page.split_once("\n## Front door\n").unwrap();
    section.split("\n## ").next().unwrap().to_owned()
}

#[test]
fn the_page_has_each_operation_of_a_life_cycle() {
    let (world, proxy, _) = prepared("");
    world.rd("rd-edge").args("apply -y").ok();
    world.rd("rd-edge").args("targets").ok();
    world.settings(&format!(
        "{}health_path = \"/ready\"\nderegistration_delay_seconds = 5\n[tags]\nOwner = \"platform\"\n",
        world.edge("http2 = false")
    ));
    world.rd("rd-edge").args("apply -y").ok();
    world.settings(&world.edge("host = \"shop\""));
    world.rd("rd-edge").args("apply -y").ok();
    let destroy = world
        .rd("rd-edge")
        .args("destroy -y --delete-validation-records");
    destroy.ok();
    let mut operations: Vec<String> = proxy
        .calls()
        .into_iter()
        .filter(|call| ["acm", "elasticloadbalancing", "route53"].contains(&call.service.as_str()))
        .map(|call| {
            let path = call.path.split('?').next().unwrap();
            match (call.service.as_str(), call.mutates) {
                ("route53", true) => "ChangeResourceRecordSets".to_owned(),
                ("route53", false) if path.contains("/change/") => "GetChange".to_owned(),
                ("route53", false) if path.ends_with("/rrset") => {
                    "ListResourceRecordSets".to_owned()
                }
                ("route53", false) => "ListHostedZones".to_owned(),
                _ => call.operation,
            }
        })
        .collect();
    operations.sort();
    operations.dedup();
    assert!(operations.len() > 25, "{operations:?}");
    let page = page();
    let missing: Vec<&String> = operations
        .iter()
        .filter(|one| !page.contains(&format!("`{one}`")))
        .collect();
    assert_eq!(missing, [""; 0]);
}
