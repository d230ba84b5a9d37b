//! The slice `edge` from the first apply to the destroy: with Route 53, without it, with a certificate of the settings,
//! and without a domain.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::network::SETTINGS;
use rd_testkit::{Done, ELB, World};
use serde_json::{Value, json};

fn world() -> World {
    let world = World::new(SETTINGS);
    world.network();
    world
}

fn listeners(world: &World) -> String {
    let balancer = world.id("edge.load_balancer.main");
    let answer = world.query(ELB, "DescribeListeners", &[("LoadBalancerArn", &balancer)]);
    answer.body
}

fn certificates(world: &World) -> Vec<Value> {
    let all = world.json("CertificateManager.ListCertificates", &json!({}));
    all["CertificateSummaryList"].as_array().unwrap().clone()
}

fn warnings(done: &Done) -> Vec<String> {
    let all = done.of_type("diagnostic");
    let text = |one: &Value| one["summary"].as_str().unwrap().to_owned();
    all.iter().map(text).collect()
}

/// Destroys the stack, with the validation records.
fn destroy(world: &World) {
    let destroy = world
        .rd("rd-edge")
        .args("destroy -y --delete-validation-records");
    destroy.ok();
}

/// Fails the test if AWS or the state has a resource of the stack.
fn nothing_is_left(world: &World, zones: &[&str]) {
    for list in ["DescribeLoadBalancers", "DescribeTargetGroups"] {
        let left = world.query(ELB, list, &[]).body;
        assert!(!left.contains("shop-test"), "{left}");
    }
    assert_eq!(certificates(world), [json!(null); 0]);
    for zone in zones {
        assert_eq!(world.records(zone), [""; 0]);
    }
    let state = world.rd("rd-state").args("list edge").ok();
    assert_eq!(state.stdout, "");
}

#[test]
fn with_route_53_one_apply_creates_everything() {
    let world = world();
    let domain = world.domain();
    let zone = world.zone(&domain);
    world.settings(&world.edge(&format!("names = [\"*.api.{domain}\", \"www.{domain}\"]")));
    let apply = world.rd("rd-edge").args("apply -y").ok();
    let dashed = domain.replace('.', "-");
    let made = apply.actions();
    let kinds = |kind: &str| {
        let kind = format!("create edge.{kind}.");
        made.iter().filter(|one| one.starts_with(&kind)).count()
    };
    assert_eq!(
        [
            kinds("certificate"),
            kinds("certificate_validation"),
            kinds("load_balancer"),
            kinds("target_group"),
            kinds("listener"),
        ],
        [1, 1, 1, 1, 2],
        "{made:?}"
    );
    // Two names share a validation record; the third name has its own.
    for record in [
        format!("validation-api-{dashed}"),
        format!("validation-www-{dashed}"),
        format!("api-{dashed}"),
        format!("star-api-{dashed}"),
        format!("www-{dashed}"),
    ] {
        assert!(
            made.contains(&format!("create edge.dns_record.{record}")),
            "{record}: {made:?}"
        );
    }
    assert_eq!((kinds("dns_record"), world.records(&zone).len()), (5, 5));
    assert_eq!(warnings(&apply), [""; 0]);

    assert_eq!(apply.output("https"), true);
    assert_eq!(apply.output("url"), format!("https://api.{domain}"));
    assert_eq!(
        apply.output("target_group_arn"),
        world.id("edge.target_group.api")
    );
    assert_eq!(apply.output("alb_arn"), world.id("edge.load_balancer.main"));
    let all_listeners = listeners(&world);
    for wanted in [
        "<Port>443</Port>",
        "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
        "HTTP_301",
    ] {
        assert!(
            all_listeners.contains(wanted),
            "no {wanted} in {all_listeners}"
        );
    }
    assert_eq!(certificates(&world)[0]["Status"], "ISSUED");
    assert_eq!(certificates(&world)[0]["InUse"], true);

    assert_eq!(world.rd("rd-edge").args("plan").ok().actions(), [""; 0]);
    let status = world.rd("rd-edge").args("status").ok().of_type("status");
    assert_eq!(status.len(), made.len());
    assert!(
        status.iter().all(|one| one["health"] == "ready"),
        "{status:?}"
    );
    let by_hand = world.edge_records();
    assert_eq!(by_hand["records"], json!([]));

    destroy(&world);
    nothing_is_left(&world, &[&zone]);
}

#[test]
fn without_route_53_the_apply_after_the_records_enables_https() {
    let world = world();
    let domain = world.domain();
    // The name of a zone itself, which cannot be a CNAME.
    let top = format!("t{}.com", world.account);
    world.settings(&world.edge(&format!("names = [\"{top}\"]")));
    let plan = world.rd("rd-edge").args("plan").ok();
    assert!(
        warnings(&plan)[0].contains("Route 53 has no zone"),
        "{}",
        plan.stderr
    );
    let first = world.rd("rd-edge").args("apply -y").ok();
    let said = warnings(&first).join("\n");
    for wanted in [
        "apply again to enable HTTPS",
        "acm-validations.aws",
        "not seen yet",
        "elb.amazonaws.com",
        "ALIAS",
    ] {
        assert!(said.contains(wanted), "no {wanted} in {said}");
    }
    assert!(first.stderr.contains("rd-edge wait"), "{}", first.stderr);
    let outputs = ["https", "url"].map(|name| first.output(name));
    assert_eq!(outputs, [json!(false), Value::Null]);
    assert!(first.output("target_group_arn").is_string());
    let all_listeners = listeners(&world);
    assert!(
        all_listeners.contains("<Port>80</Port>") && !all_listeners.contains("<Port>443</Port>"),
        "{all_listeners}"
    );
    assert_eq!(certificates(&world)[0]["Status"], "PENDING_VALIDATION");
    // The certificate is up to date, and pending, which is no tick.
    let status = world.rd("rd-edge").args("status").ok().of_type("status");
    let certificate = status.iter().find(|one| one["kind"] == "certificate");
    assert_eq!(certificate.unwrap()["health"], "pending");
    let plan = world.rd("rd-edge").args("plan --exit-code").ok();
    let is_pending = |one: &Value| {
        one["waits"]
            .as_str()
            .is_some_and(|text| text.starts_with("until ACM finds"))
    };
    assert_eq!(
        plan.of_type("change")
            .into_iter()
            .filter(is_pending)
            .count(),
        1
    );

    records_in_each_format(&world, &top);

    let timed_out = world.rd("rd-edge").args("wait --timeout 2s").code(1);
    assert!(
        timed_out.stderr.contains("ACM has not found")
            && timed_out.stderr.contains("rd-edge records"),
        "{}",
        timed_out.stderr
    );
    let waiting = world.rd("rd-edge").args("wait").start();
    world.prove();
    let issued = rd_testkit::finish(waiting);
    assert_eq!(issued.code, 0, "{}", issued.stderr);
    let issued: Value = serde_json::from_str(issued.stdout.trim()).unwrap();
    assert_eq!(issued["status"], "ISSUED");
    world.rd("rd-edge").args("wait --timeout 2s").ok();

    let second = world.rd("rd-edge").args("apply -y").ok();
    assert_eq!(
        second.actions(),
        ["create edge.listener.https", "update edge.listener.http"]
    );
    assert_eq!(warnings(&second), [""; 0]);
    assert_eq!(second.output("https"), true);
    assert_eq!(second.output("url"), format!("https://api.{domain}"));
    assert!(listeners(&world).contains("HTTP_301"));
    assert_eq!(world.rd("rd-edge").args("plan").ok().actions(), [""; 0]);
    let records = world.edge_records();
    assert_eq!(records["certificate_status"], "ISSUED");
    assert_eq!(records["records"][0]["seen"], true);

    world.rd("rd-edge").args("destroy -y").ok();
    nothing_is_left(&world, &[]);
}

fn records_in_each_format(world: &World, top: &str) {
    let domain = world.domain();
    let document = world.edge_records();
    assert_eq!(document["certificate_status"], "PENDING_VALIDATION");
    let kinds: Vec<(&str, &str)> = document["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["type"].as_str().unwrap(),
                one["purpose"].as_str().unwrap(),
            )
        })
        .collect();
    let routes = "routes clients to the load balancer";
    assert_eq!(
        kinds,
        [
            ("CNAME", format!("validates api.{domain}").as_str()),
            ("CNAME", format!("validates {top}").as_str()),
            ("CNAME", routes),
            ("ALIAS", routes),
        ]
    );
    let records = |format: &str| {
        world
            .rd("rd-edge")
            .args("records --format")
            .arg(format)
            .ok()
    };
    let zone_file = records("bind").stdout;
    assert!(
        zone_file.contains(&format!("\napi.{domain}. 300 IN CNAME shop-test-alb-")),
        "{zone_file}"
    );
    assert!(
        zone_file.contains(&format!("\n; {top}. 300 IN ALIAS ")),
        "{zone_file}"
    );
    let table = records("table").stdout;
    assert!(
        table.contains("NAME") && table.contains("not seen yet"),
        "{table}"
    );
}

#[test]
fn records_of_names_without_a_zone_are_created_manually() {
    let world = world();
    let (domain, other) = (world.domain(), format!("other.{}", world.domain()));
    let zone = world.zone(&format!("api.{domain}"));
    world.settings(&world.edge(&format!("names = [\"{other}\"]")));
    let first = world.rd("rd-edge").args("apply -y").ok();
    assert_eq!(first.output("https"), false);
    assert_eq!(first.output("url"), format!("http://api.{domain}"));
    let records = world.edge_records()["records"].clone();
    let names: Vec<&str> = records
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert!(
        names.len() == 2 && names.iter().all(|name| name.ends_with(&other)),
        "{names:?}"
    );
    assert_eq!(world.records(&zone).len(), 2);
    world.prove();
    world.rd("rd-edge").args("wait").ok();
    let second = world.rd("rd-edge").args("apply -y").ok();
    assert_eq!(second.output("url"), format!("https://api.{domain}"));
    assert_eq!(world.rd("rd-edge").args("plan").ok().actions(), [""; 0]);
    destroy(&world);
    nothing_is_left(&world, &[&zone]);
}

#[test]
fn a_given_certificate_is_served_and_never_changed() {
    let world = world();
    let domain = world.domain();
    let zone = world.zone(&domain);
    let arn = world.certificate_of_others("api");
    let given = format!("certificate_arn = \"{arn}\"");
    // Without a domain there is no record to create.
    world.settings(&format!("{SETTINGS}[edge]\n{given}\n"));
    let bare = world.rd("rd-edge").args("apply -y").ok();
    assert_eq!(bare.output("https"), true);
    assert_eq!(bare.output("url"), Value::Null);
    assert!(listeners(&world).contains(&arn));
    assert_eq!(world.records(&zone), [""; 0]);

    world.settings(&world.edge(&given));
    let named = world.rd("rd-edge").args("apply -y").ok();
    let alias = format!("create edge.dns_record.api-{}", domain.replace('.', "-"));
    assert_eq!(named.actions(), [alias]);
    assert_eq!(named.output("url"), format!("https://api.{domain}"));
    assert_eq!(world.rd("rd-edge").args("plan").ok().actions(), [""; 0]);
    let none = world.rd("rd-edge").args("wait").code(2);
    assert!(
        none.stderr.contains("no certificate to wait for"),
        "{}",
        none.stderr
    );

    world.rd("rd-edge").args("destroy -y").ok();
    assert_eq!(world.records(&zone), [""; 0]);
    assert_eq!(certificates(&world)[0]["CertificateArn"], arn);
}

#[test]
fn without_a_domain_there_is_plain_http_and_a_warning() {
    let world = world();
    let apply = world.rd("rd-edge").args("apply -y").ok();
    assert_eq!(
        apply.actions(),
        [
            "create edge.listener.http",
            "create edge.load_balancer.main",
            "create edge.target_group.api"
        ]
    );
    assert!(
        warnings(&apply)[0].contains("there is no HTTPS"),
        "{}",
        apply.stderr
    );
    assert_eq!(apply.output("https"), false);
    assert_eq!(apply.output("url"), Value::Null);
    assert_eq!(
        apply.output("target_group_arn"),
        world.id("edge.target_group.api")
    );
    world.rd("rd-edge").args("wait").code(2);
    let none = world.rd("rd-edge").args("records --format text").ok();
    assert_eq!(none.stdout, "no records to create manually\n");
    assert_eq!(world.rd("rd-edge").args("plan").ok().actions(), [""; 0]);
    world.rd("rd-edge").args("destroy -y").ok();
    nothing_is_left(&world, &[]);
}

#[test]
fn the_zone_is_the_closest_public_one_or_that_of_the_settings() {
    let world = world();
    let domain = world.domain();
    let far = world.zone(&domain);
    let near = world.zone(&format!("api.{domain}"));
    let vpc = world.output("net", "vpc_id");
    let private = format!(
        "<HostedZoneConfig><PrivateZone>true</PrivateZone></HostedZoneConfig>\
         <VPC><VPCRegion>us-east-1</VPCRegion><VPCId>{}</VPCId></VPC>",
        vpc.as_str().unwrap()
    );
    world.zone_with(&format!("api.{domain}"), "private", &private);
    world.settings(&world.edge(""));
    world.rd("rd-edge").args("apply -y").ok();
    assert_eq!([&near, &far].map(|zone| world.records(zone).len()), [2, 0]);
    destroy(&world);

    // Of two zones with the same name, the settings must name the one that the registrar uses.
    let twin = world.zone_with(&format!("api.{domain}"), "twin", "");
    let unclear = world.rd("rd-edge").args("apply -y").code(2);
    assert!(
        unclear.stderr.contains(&twin) && unclear.stderr.contains("hosted_zone"),
        "{}",
        unclear.stderr
    );
    world.settings(&world.edge(&format!("hosted_zone = \"{far}\"")));
    world.rd("rd-edge").args("apply -y").ok();
    assert_eq!([&near, &far].map(|zone| world.records(zone).len()), [0, 2]);
    destroy(&world);

    world.settings(&world.edge("hosted_zone = \"none\""));
    let by_hand = world.rd("rd-edge").args("apply -y").ok();
    assert_eq!(by_hand.output("https"), false);
    destroy(&world);
    nothing_is_left(&world, &[&near, &far, &twin]);
}

#[test]
fn a_record_of_another_owner_is_kept_unless_overwriting_is_allowed() {
    let world = world();
    let zone = world.zone(&world.domain());
    let name = format!("api.{}", world.domain());
    let set = format!(
        "<Name>{name}</Name><Type>A</Type><TTL>60</TTL>\
         <ResourceRecords><ResourceRecord><Value>192.0.2.1</Value></ResourceRecord></ResourceRecords>"
    );
    world.change_record(&zone, "CREATE", &set);
    world.settings(&world.edge(""));
    let refused = world.rd("rd-edge").args("apply -y").code(6);
    assert!(
        refused.stderr.contains("192.0.2.1") && refused.stderr.contains("overwrite_dns"),
        "{}",
        refused.stderr
    );
    assert_eq!(certificates(&world), [json!(null); 0]);
    world.settings(&world.edge("overwrite_dns = true"));
    world.rd("rd-edge").args("apply -y").ok();
    let path = format!("/2013-04-01/hostedzone/{zone}/rrset");
    let now = world.route53("GET", &path, "").body;
    assert!(!now.contains("192.0.2.1"), "{now}");
    assert_eq!(world.rd("rd-edge").args("plan").ok().actions(), [""; 0]);
}

#[test]
fn an_existing_cname_of_the_name_is_reported() {
    let world = world();
    let zone = world.zone(&world.domain());
    let set = format!(
        "<Name>api.{}</Name><Type>CNAME</Type><TTL>60</TTL><ResourceRecords><ResourceRecord>\
         <Value>elsewhere.example.com</Value></ResourceRecord></ResourceRecords>",
        world.domain()
    );
    world.change_record(&zone, "CREATE", &set);
    world.settings(&world.edge(""));
    let refused = world.rd("rd-edge").args("apply -y").code(1);
    assert!(
        refused.stderr.contains("(CNAME)") && refused.stderr.contains(&zone),
        "{}",
        refused.stderr
    );
    world.change_record(&zone, "DELETE", &set);
    world.rd("rd-edge").args("apply -y").ok();
    assert_eq!(world.rd("rd-edge").args("plan").ok().actions(), [""; 0]);
}

#[test]
fn a_lost_state_is_rebuilt_from_existing_resources() {
    let world = world();
    world.zone(&world.domain());
    world.settings(&world.edge("key_algorithm = \"EC_prime256v1\""));
    world.rd("rd-edge").args("apply -y").ok();
    let addresses = world.rd("rd-state").args("list edge").ok().stdout;
    std::fs::remove_file(world.state_file("shop/test", "edge")).unwrap();
    std::fs::remove_dir_all(world.path().join(".rd/shop/test/history")).unwrap();
    world.rd("rd-edge").args("rebuild").ok();
    assert_eq!(
        world.rd("rd-state").args("list edge").ok().stdout,
        addresses
    );
    assert_eq!(world.rd("rd-edge").args("plan").ok().actions(), [""; 0]);
}

#[test]
fn protection_is_turned_off_first() {
    let world = world();
    let protected = format!("protect = true\n{SETTINGS}");
    world.settings(&protected);
    world.rd("rd-edge").args("apply -y").ok();
    let refused = world.rd("rd-edge").args("destroy -y").code(6);
    assert!(
        refused.stderr.contains("protect = false"),
        "{}",
        refused.stderr
    );
    world.settings(SETTINGS);
    let refused = world.rd("rd-edge").args("destroy -y").code(6);
    assert!(refused.stderr.contains("apply"), "{}", refused.stderr);
    let apply = world.rd("rd-edge").args("apply -y").ok();
    assert_eq!(apply.actions(), ["update edge.load_balancer.main"]);

    // Another user turns protection on.
    let balancer = world.id("edge.load_balancer.main");
    let protect = [
        ("LoadBalancerArn", balancer.as_str()),
        ("Attributes.member.1.Key", "deletion_protection.enabled"),
        ("Attributes.member.1.Value", "true"),
    ];
    world.query(ELB, "ModifyLoadBalancerAttributes", &protect);
    let refused = world.rd("rd-edge").args("destroy -y").code(6);
    assert!(
        refused.stderr.contains("protected against deletion")
            && refused.stderr.contains("rd-edge apply"),
        "{}",
        refused.stderr
    );
    // Nothing was deleted before the refusal.
    let apply = world.rd("rd-edge").args("apply -y").ok();
    assert_eq!(apply.actions(), ["update edge.load_balancer.main"]);
    world.rd("rd-edge").args("destroy -y").ok();
    nothing_is_left(&world, &[]);
}

#[test]
fn a_network_in_use_is_not_destroyed() {
    let world = world();
    world.rd("rd-edge").args("apply -y").ok();
    let refused = world.rd("rd-net").args("destroy -y").code(6);
    assert!(refused.stderr.contains("rd-edge"), "{}", refused.stderr);
}

#[test]
fn a_stuck_delete_names_what_uses_the_resource_and_continues_afterwards() {
    let world = world();
    world.zone(&world.domain());
    world.settings(&world.edge(""));
    world.rd("rd-edge").args("apply -y").ok();
    let name = format!("edge.certificate.api-{}", world.domain().replace('.', "-"));
    let certificate = world.id(&name);
    // Another load balancer serves the stack's certificate.
    let subnets = world.output("net", "public_subnet_ids");
    let other = [
        ("Name", "theirs"),
        ("Subnets.member.1", subnets[0].as_str().unwrap()),
        ("Subnets.member.2", subnets[1].as_str().unwrap()),
    ];
    let made = world.query(ELB, "CreateLoadBalancer", &other);
    let theirs = made.tag("LoadBalancerArn").unwrap();
    let listener = [
        ("LoadBalancerArn", theirs),
        ("Protocol", "HTTPS"),
        ("Port", "443"),
        ("Certificates.member.1.CertificateArn", &certificate),
        ("DefaultActions.member.1.Type", "fixed-response"),
        (
            "DefaultActions.member.1.FixedResponseConfig.StatusCode",
            "200",
        ),
    ];
    world.query(ELB, "CreateListener", &listener);
    // Twenty minutes of retries take two seconds; on a terminal, each wait is shown at once.
    let stuck = world
        .rd("rd-edge")
        .shell("script -qec 'rd-edge destroy -y' /dev/null")
        .env("RD_WAIT_SCALE", "0.0015")
        .env("TERM", "xterm")
        .code(1);
    let shown: String = stuck.stdout.split_whitespace().collect();
    assert!(
        shown.contains(&format!("inuseby{theirs}")) && shown.contains("ResourceInUseException"),
        "{}",
        stuck.stdout
    );
    world.query(ELB, "DeleteLoadBalancer", &[("LoadBalancerArn", theirs)]);
    world.rd("rd-edge").args("destroy -y").ok();
    assert_eq!(certificates(&world), [json!(null); 0]);
}
