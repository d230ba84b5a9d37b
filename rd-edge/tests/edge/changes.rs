//! Changes of the load balancer, the certificate and the DNS records: in place or by a replacement, and what is served
//! until it is complete.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::faults::Proxy;
use rd_testkit::network::SETTINGS;
use rd_testkit::{ELB, World, endpoint};
use serde_json::{Value, json};

const BALANCER: &str = "edge.load_balancer.main";
const GROUP: &str = "edge.target_group.api";

/// A world with a zone for its domain, applied with these keys, and the proxy that records its calls.
fn applied(keys: &str) -> (World, Proxy) {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    world.network();
    world.zone(&world.domain());
    world.settings(&world.edge(keys));
    world.rd("rd-edge").args("apply -y").ok();
    proxy.rules(Vec::new(), None);
    (world, proxy)
}

/// Edition 1 keeps its policy; that of edition 2 comes in place, and nothing else.
#[test]
fn another_edition_changes_the_policy_alone() {
    let (world, _) = applied("");
    let policy = |end: &str| format!("ELBSecurityPolicy-TLS13-1-2-Res-{end}");
    has_no_changes(&world);
    let plan = world.rd("rd-edge").args("plan --set edition=2").ok();
    assert_eq!(plan.actions(), ["update edge.listener.https"]);
    let change = plan.of_type("change").into_iter();
    let change = change.filter(|one| one["action"] == "update");
    let fields: Vec<Value> = change
        .flat_map(|one| one["fields"].as_array().unwrap().clone())
        .collect();
    assert_eq!(fields.len(), 1, "{fields:?}");
    assert_eq!(fields[0]["before"], policy("2021-06"));
    assert_eq!(fields[0]["after"], policy("PQ-2025-09"));
    world.settings(&format!("edition = 2\n{}", world.edge("")));
    world.rd("rd-edge").args("apply -y").ok();
    has_no_changes(&world);
}

fn has_no_changes(world: &World) {
    assert_eq!(world.rd("rd-edge").args("plan").ok().actions(), [""; 0]);
    let state = std::fs::read_to_string(world.state_file("shop/test", "edge")).unwrap();
    assert!(!state.contains("deposed"), "{state}");
}

/// The operations that changed something, in order.
fn changes(proxy: &Proxy) -> Vec<String> {
    let calls = proxy.calls().into_iter();
    calls
        .filter(|call| call.mutates)
        .map(|call| call.operation)
        .collect()
}

/// Fails the test unless these operations were called in this order, each once.
fn assert_order(proxy: &Proxy, expected: &[&str]) {
    let done = changes(proxy);
    let seen: Vec<&str> = done
        .iter()
        .map(String::as_str)
        .filter(|one| expected.contains(one))
        .collect();
    assert_eq!(seen, expected, "{done:?}");
}

fn certificates(world: &World) -> Vec<Value> {
    let all = json!({"Includes": {"keyTypes": ["RSA_2048", "EC_prime256v1"]}});
    let all = world.json("CertificateManager.ListCertificates", &all);
    all["CertificateSummaryList"].as_array().unwrap().clone()
}

fn groups(world: &World) -> usize {
    let all = world.query(ELB, "DescribeTargetGroups", &[]);
    all.body.matches("<TargetGroupName>").count()
}

/// The certificate that the HTTPS listener serves.
fn served_certificate(world: &World) -> String {
    let https = world.id("edge.listener.https");
    let ask = [("ListenerArns.member.1", https.as_str())];
    let answer = world.query(ELB, "DescribeListeners", &ask);
    answer.tag("CertificateArn").unwrap().to_owned()
}

#[test]
fn settings_are_changed_in_place() {
    let (world, _) = applied("");
    let ids = [BALANCER, GROUP, "edge.listener.https"].map(|address| world.id(address));
    world.settings(&format!(
        "{}health_path = \"/ready\"\nhealth_codes = \"200,204\"\nhealth_interval_seconds = 30\n\
         health_timeout_seconds = 10\nhealthy_threshold = 3\nunhealthy_threshold = 5\n\
         deregistration_delay_seconds = 0\nhttp2 = false\ndeletion_protection = true\n\
         ssl_policy = \"ELBSecurityPolicy-TLS13-1-3-2021-06\"\n[tags]\nOwner = \"platform\"\n",
        world.edge("idle_timeout_seconds = 120")
    ));
    let plan = world.rd("rd-edge").args("plan").ok();
    let dashed = world.domain().replace('.', "-");
    assert_eq!(
        plan.actions(),
        [
            format!("update edge.certificate.api-{dashed}"),
            "update edge.listener.http".to_owned(),
            "update edge.listener.https".to_owned(),
            format!("update {BALANCER}"),
            format!("update {GROUP}"),
        ]
    );
    let policy = "clients without a TLS version and cipher of the new policy cannot connect";
    let check = "tasks that fail the new health check get no requests, and ECS replaces them";
    assert_eq!(
        plan.risks(),
        [
            format!("{GROUP}: {check}"),
            format!("edge.listener.https: {policy}")
        ]
    );
    world.rd("rd-edge").args("apply -y").ok();
    has_no_changes(&world);
    let groups = world.query(ELB, "DescribeTargetGroups", &[]);
    assert_eq!(groups.tag("HealthCheckPath"), Some("/ready"));

    // Back to the defaults.
    world.settings(&world.edge(""));
    world.rd("rd-edge").args("apply -y").ok();
    has_no_changes(&world);
    let now = [BALANCER, GROUP, "edge.listener.https"].map(|address| world.id(address));
    assert_eq!(ids, now);
}

#[test]
fn access_logs_need_a_bucket_with_the_right_policy() {
    let (world, _) = applied("");
    let bucket = format!("logs-{}", world.account);
    assert_eq!(world.s3("PUT", &format!("/{bucket}"), "").status, 200);
    world.settings(&world.edge(&format!("access_logs_bucket = \"{bucket}\"")));
    let refused = world.rd("rd-edge").args("apply -y").code(1);
    assert!(
        refused.stderr.contains("Access Denied") && refused.stderr.contains("policy"),
        "{}",
        refused.stderr
    );
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": format!("arn:aws:s3:::{bucket}/*"),
    }]});
    let path = format!("/{bucket}?policy");
    assert!(world.s3("PUT", &path, &policy.to_string()).status < 300);
    world.rd("rd-edge").args("apply -y").ok();
    has_no_changes(&world);
    world.settings(&world.edge(""));
    world.rd("rd-edge").args("apply -y").ok();
    has_no_changes(&world);
}

#[test]
fn another_name_is_validated_issued_and_attached_before_the_old_certificate_is_deleted() {
    let (world, proxy) = applied("");
    let (domain, old) = (world.domain(), served_certificate(&world));
    let zone = world.zone(&format!("shop.{domain}"));
    world.settings(&world.edge(&format!("host = \"shop\"\nnames = [\"www.shop.{domain}\"]")));
    let apply = world.rd("rd-edge").args("apply -y").ok();
    assert_order(
        &proxy,
        &["RequestCertificate", "ModifyListener", "DeleteCertificate"],
    );
    assert_eq!(apply.output("url"), format!("https://shop.{domain}"));
    assert_ne!(served_certificate(&world), old);
    assert_eq!(
        (certificates(&world).len(), world.records(&zone).len()),
        (1, 4)
    );
    // The record of the old name is deleted once the new one points to the load balancer.
    let written = proxy
        .calls()
        .into_iter()
        .filter(|call| call.service == "route53" && call.mutates);
    let written: Vec<String> = written
        .map(|call| String::from_utf8_lossy(&call.body).into_owned())
        .collect();
    let last_create = written
        .iter()
        .rposition(|one| one.contains("<Action>CREATE"));
    let first_delete = written
        .iter()
        .position(|one| one.contains("<Action>DELETE"));
    assert!(
        last_create < first_delete && last_create.is_some(),
        "{written:?}"
    );
    has_no_changes(&world);
}

#[test]
fn another_key_is_another_certificate_with_the_same_validation_record() {
    let (world, proxy) = applied("");
    world.settings(&world.edge("key_algorithm = \"EC_prime256v1\""));
    world.rd("rd-edge").args("apply -y").ok();
    assert_order(
        &proxy,
        &["RequestCertificate", "ModifyListener", "DeleteCertificate"],
    );
    let left = certificates(&world);
    assert_eq!(
        (left.len(), &left[0]["KeyAlgorithm"]),
        (1, &json!("EC-prime256v1"))
    );
    assert!(!changes(&proxy).iter().any(|one| one.contains("rrset")));
    has_no_changes(&world);

    // A certificate of the settings replaces that of rd, whose validation record stays.
    let given = world.certificate_of_others("their");
    world.settings(&world.edge(&format!("certificate_arn = \"{given}\"")));
    world.rd("rd-edge").args("apply -y").ok();
    assert_eq!(
        (served_certificate(&world), certificates(&world).len()),
        (given, 1)
    );
    has_no_changes(&world);
}

#[test]
fn a_record_that_validates_another_certificate_is_kept() {
    let (world, _) = applied("");
    let zone = world.id(&format!(
        "edge.dns_record.api-{}",
        world.domain().replace('.', "-")
    ));
    let zone = zone.split('/').next().unwrap();
    let request = json!({
        "DomainName": format!("api.{}", world.domain()),
        "ValidationMethod": "DNS",
    });
    world.json("CertificateManager.RequestCertificate", &request);
    let destroy = world
        .rd("rd-edge")
        .args("destroy -y --delete-validation-records");
    destroy.ok();
    let left = world.records(zone);
    assert!(left.len() == 1 && left[0].ends_with("CNAME"), "{left:?}");
}

#[test]
fn without_route_53_the_old_certificate_is_served_until_the_new_one_is_issued() {
    let world = World::new(SETTINGS);
    world.network();
    world.settings(&world.edge(""));
    world.rd("rd-edge").args("apply -y").ok();
    world.prove();
    world.rd("rd-edge").args("wait").ok();
    world.rd("rd-edge").args("apply -y").ok();
    let old = served_certificate(&world);

    world.settings(&world.edge("host = \"shop\""));
    let pending = world.rd("rd-edge").args("apply -y").ok();
    assert!(
        pending
            .stderr
            .contains(&format!("until then api.{} is served", world.domain())),
        "{}",
        pending.stderr
    );
    assert_eq!(
        (served_certificate(&world), certificates(&world).len()),
        (old.clone(), 2)
    );
    has_no_changes(&world);
    let served = format!("https://api.{}", world.domain());
    assert_eq!(pending.output("url"), served);
    // Another change can be applied in the meantime.
    world.settings(&world.edge("host = \"shop\"\nhttp2 = false"));
    let other = world.rd("rd-edge").args("apply -y").ok();
    assert_eq!(other.actions(), [format!("update {BALANCER}")]);

    world.prove();
    world.rd("rd-edge").args("wait").ok();
    world.rd("rd-edge").args("apply -y").ok();
    assert_ne!(served_certificate(&world), old);
    assert_eq!(certificates(&world).len(), 1);
    has_no_changes(&world);
}

/// Changes the application's port in the outputs of rd-net.
fn set_app_port(world: &World, port: u16) {
    let file = world.state_file("shop/test", "net");
    let text = std::fs::read_to_string(&file).unwrap();
    let mut document: Value = serde_json::from_str(&text).unwrap();
    document["outputs"]["app_port"] = json!(port);
    std::fs::write(file, document.to_string()).unwrap();
}

#[test]
fn a_target_group_is_replaced_by_one_with_another_name() {
    let (world, proxy) = applied("");
    let old = world.id(GROUP);
    set_app_port(&world, 8080);
    let apply = world.rd("rd-edge").args("apply -y").ok();
    assert_eq!(
        apply.actions(),
        [
            format!("replace {GROUP}"),
            "update edge.listener.https".to_owned()
        ]
    );
    assert_order(
        &proxy,
        &["CreateTargetGroup", "ModifyListener", "DeleteTargetGroup"],
    );
    let new = world.id(GROUP);
    assert_eq!(apply.output("target_group_arn"), new);
    assert!(new != old && groups(&world) == 1);
    has_no_changes(&world);
}

#[test]
fn a_load_balancer_with_another_name_is_in_use_before_the_old_one_is_deleted() {
    let (world, proxy) = applied("");
    let old = world.output("edge", "alb_dns_name");
    world.settings(&world.edge("name = \"front\""));
    let risks = world.rd("rd-edge").args("plan").ok().risks();
    let mut new_name = risks
        .iter()
        .filter(|risk| risk.contains("another DNS name"));
    assert!(new_name.next().is_some(), "{risks:?}");
    world.rd("rd-edge").args("apply -y").ok();
    let done = changes(&proxy);
    let place = |operation: &str| done.iter().position(|one| one.contains(operation));
    assert!(
        place("CreateListener") < place("rrset")
            && place("rrset") < place("DeleteListener")
            && place("DeleteListener") < place("DeleteLoadBalancer"),
        "{done:?}"
    );
    assert_ne!(world.output("edge", "alb_dns_name"), old);
    let all = world.query(ELB, "DescribeLoadBalancers", &[]);
    assert_eq!(all.body.matches("<LoadBalancerName>").count(), 1);
    assert_eq!(
        (all.tag("LoadBalancerName"), groups(&world)),
        (Some("front"), 1)
    );
    has_no_changes(&world);
}

#[test]
fn removing_the_domain_disables_https_and_adding_it_enables_it() {
    let (world, _) = applied("");
    world.settings(SETTINGS);
    let apply = world.rd("rd-edge").args("apply -y").ok();
    assert_eq!(apply.output("https"), false);
    assert_eq!(apply.output("target_group_arn"), world.id(GROUP));
    assert_eq!(certificates(&world), [json!(null); 0]);
    has_no_changes(&world);
    world.settings(&world.edge(""));
    let again = world.rd("rd-edge").args("apply -y").ok();
    assert_eq!(again.output("https"), true);
    has_no_changes(&world);
}

#[test]
fn a_plan_without_changes_takes_at_most_ten_calls() {
    let count = |world: &World| {
        let plan = world.rd("rd-edge").args("plan -v").ok();
        assert_eq!(plan.actions(), [""; 0]);
        let calls = plan.stderr.lines().filter(|line| line.ends_with(" 200"));
        let calls = calls.count();
        assert!((1..=10).contains(&calls), "{}", plan.stderr);
    };
    let (world, _) = applied("");
    count(&world);
    // With manually created records: before ACM has found them, and after.
    let bare = World::new(SETTINGS);
    bare.network();
    bare.settings(&bare.edge(""));
    bare.rd("rd-edge").args("apply -y").ok();
    count(&bare);
    bare.prove();
    bare.rd("rd-edge").args("wait").ok();
    bare.rd("rd-edge").args("apply -y").ok();
    count(&bare);
}

#[test]
fn an_existing_validation_record_is_imported() {
    let (world, _) = applied("");
    let zone = world.id(&format!(
        "edge.dns_record.api-{}",
        world.domain().replace('.', "-")
    ));
    let zone = zone.split('/').next().unwrap();
    let record = world.output("edge", "certificate_records")[0].clone();
    let destroy = world
        .rd("rd-edge")
        .args("destroy -y --delete-validation-records");
    destroy.ok();
    // As another tool may have left it.
    let set = format!(
        "<Name>{}</Name><Type>CNAME</Type><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>{}</Value>\
         </ResourceRecord></ResourceRecords>",
        record["name"].as_str().unwrap(),
        record["value"].as_str().unwrap()
    );
    world.change_record(zone, "CREATE", &set);
    world.rd("rd-edge").args("apply -y").ok();
    has_no_changes(&world);
}
