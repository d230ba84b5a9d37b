//! `check` and `targets`: what clients see, and the tasks behind the load balancer. All servers are on loopback.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use crate::servers::{Answer, Authority, closed, plain};
use rd_testkit::network::SETTINGS;
use rd_testkit::{Done, ELB, World};
use rustls::version::{TLS12, TLS13};
use serde_json::{Value, json};

const OK: Answer = "200 OK";

/// A load balancer without a domain: `--url` names what is checked.
fn world() -> World {
    let world = World::new(SETTINGS);
    world.network();
    world.rd("rd-edge").args("apply -y").ok();
    world
}

fn document(done: &Done) -> Value {
    serde_json::from_str(done.stdout.trim()).unwrap()
}

/// Checks this URL, trusting only that certificate authority.
fn check(world: &World, authority: &Authority, url: &str) -> Done {
    let trusted = world.path().join("authority.pem");
    std::fs::write(&trusted, authority.pem()).unwrap();
    world
        .rd("rd-edge")
        .args("check --url")
        .arg(url)
        .env("SSL_CERT_FILE", trusted.to_str().unwrap())
        .run()
}

/// Whether a step passed, and the reason.
fn step(done: &Done, name: &str) -> (bool, String) {
    let document = document(done);
    let steps = document["steps"].as_array().unwrap();
    let found = steps.iter().find(|one| one["step"] == name);
    let found = found.unwrap_or_else(|| panic!("no {name}: {}", done.stdout));
    let reason = found["reason"].as_str().unwrap().to_owned();
    (found["ok"] == true, reason)
}

/// Fails the test unless the step has this result and its reason contains these words.
fn assert_step(done: &Done, name: &str, ok: bool, words: &[&str]) {
    let (was, reason) = step(done, name);
    assert_eq!(was, ok, "{name}: {reason}");
    for word in words {
        assert!(reason.contains(word), "{name}: {reason}");
    }
}

/// An address in the network's subnets that the tests of other worlds do not use: the local API has one list of the
/// targets' health for all accounts.
fn address(world: &World, last: u8) -> String {
    let account: u64 = world.account.parse().unwrap();
    format!(
        "10.0.{}.{}",
        16 + account % 32,
        8 + (account / 32 % 30) * 8 + u64::from(last)
    )
}

fn register(world: &World, address: &str) {
    let group = world.id("edge.target_group.api");
    let target = [
        ("TargetGroupArn", group.as_str()),
        ("Targets.member.1.Id", address),
    ];
    world.query(ELB, "RegisterTargets", &target);
}

fn health(world: &World, address: &str, state: &str, reason: &str, description: &str) {
    let told = json!({
        "target": address, "state": state, "reason": reason, "description": description,
    });
    world.aws_local("/aws-local/target-health", &told);
}

#[test]
fn a_check_passes_when_every_step_is_right() {
    let (world, authority) = (world(), Authority::new("rd test authority"));
    register(&world, &address(&world, 1));
    health(&world, &address(&world, 1), "healthy", "", "");
    let port = authority.serve("localhost", 90, &TLS13, OK);
    let url = format!("https://localhost:{port}/health");
    let passed = check(&world, &authority, &url);
    assert_eq!(passed.code, 0, "{}", passed.stdout);
    assert_eq!(document(&passed)["url"], url.as_str());
    assert_eq!(document(&passed)["ok"], true);
    assert_step(&passed, "DNS of localhost", true, &["127.0.0.1"]);
    assert_step(&passed, "TLS", true, &["TLSv1.3"]);
    assert_step(
        &passed,
        "served certificate",
        true,
        &["CN=rd test authority", "89 days left"],
    );
    assert_step(&passed, "GET /health", true, &["200"]);
    let target = format!("target {}:3001", address(&world, 1));
    assert_step(&passed, &target, true, &["healthy"]);

    // A URL without a path gets that of the health check; the text format has a line for each step.
    let text = world
        .rd("rd-edge")
        .args("check --format text --url")
        .arg(&format!("https://localhost:{port}"))
        .env(
            "SSL_CERT_FILE",
            world.path().join("authority.pem").to_str().unwrap(),
        )
        .ok();
    assert!(
        text.stdout.contains("✓ GET /health: 200")
            && text
                .stdout
                .ends_with(&format!("https://localhost:{port}/health: check passed\n")),
        "{}",
        text.stdout
    );
}

#[test]
fn old_tls_soon_expiring_and_untrusted_certificates_are_reported() {
    let (world, authority) = (world(), Authority::new("ours"));
    let of = |port: u16| format!("https://localhost:{port}/health");

    let older = authority.serve("localhost", 90, &TLS12, OK);
    let older = check(&world, &authority, &of(older));
    assert_step(&older, "TLS", true, &["TLSv1.2"]);

    let soon = authority.serve("localhost", 10, &TLS13, OK);
    let soon = check(&world, &authority, &of(soon));
    assert_eq!(soon.code, 1);
    assert_step(&soon, "TLS", true, &[]);
    assert_step(
        &soon,
        "served certificate",
        false,
        &["9 days left", "ACM renews it 60 days before"],
    );

    let over = authority.serve("localhost", -1, &TLS13, OK);
    let over = check(&world, &authority, &of(over));
    assert_step(&over, "TLS", false, &["handshake failed", "expired"]);
    assert_step(&over, "GET /health", false, &["expired"]);

    let theirs = Authority::new("theirs").serve("localhost", 90, &TLS13, OK);
    let theirs = check(&world, &authority, &of(theirs));
    assert_step(
        &theirs,
        "TLS",
        false,
        &["handshake failed", "UnknownIssuer"],
    );

    let other = authority.serve("other.example.com", 90, &TLS13, OK);
    let other = check(&world, &authority, &of(other));
    assert_step(
        &other,
        "TLS",
        false,
        &["handshake failed", "not valid for name"],
    );

    let plain = plain("127.0.0.1:0", OK).unwrap();
    let plain = check(&world, &authority, &of(plain));
    assert_step(&plain, "TLS", false, &["handshake failed"]);
}

#[test]
fn a_failing_response_says_what_it_means() {
    let (world, authority) = (world(), Authority::new("ours"));
    let cases: [(Answer, &str); 4] = [
        ("503 Service Unavailable", "503: no task is registered"),
        ("502 Bad Gateway", "502: the tasks close the connection"),
        (
            "504 Gateway Timeout",
            "504: the tasks do not respond in time",
        ),
        ("404 Not Found", "404"),
    ];
    for (answer, words) in cases {
        let port = plain("127.0.0.1:0", answer).unwrap();
        let url = format!("http://localhost:{port}/ready?deep=1");
        let done = check(&world, &authority, &url);
        assert_eq!(done.code, 1, "{}", done.stdout);
        assert_step(&done, "TLS", true, &["plain HTTP"]);
        // It passes, without a tick.
        let json = document(&done);
        let steps = json["steps"].as_array().unwrap();
        let warned: Vec<&Value> = steps.iter().filter(|one| one["warning"] == true).collect();
        assert!(warned.len() == 1 && warned[0]["step"] == "TLS", "{json}");
        assert_step(&done, "GET /ready?deep=1", false, &[words]);
    }
    // Over TLS as well.
    let port = authority.serve("localhost", 90, &TLS13, "503 Service Unavailable");
    let done = check(
        &world,
        &authority,
        &format!("https://localhost:{port}/health"),
    );
    assert_step(&done, "GET /health", false, &["503"]);
    // No server at all.
    let port = closed();
    let done = check(
        &world,
        &authority,
        &format!("https://localhost:{port}/health"),
    );
    assert_step(&done, "TLS", false, &["cannot be reached", "refused"]);
    assert_step(&done, "GET /health", false, &["cannot be reached"]);
    assert_step(&done, "DNS of localhost", true, &[]);
    // No URL.
    for wrong in ["ftp://localhost/", "localhost"] {
        assert_eq!(check(&world, &authority, wrong).code, 2, "{wrong}");
    }
}

#[test]
fn targets_are_shown_with_their_reasons() {
    let (world, authority) = (world(), Authority::new("ours"));
    let port = plain("127.0.0.1:0", OK).unwrap();
    let url = format!("http://localhost:{port}/health");
    let none = check(&world, &authority, &url);
    assert_eq!(none.code, 1);
    assert_step(&none, "targets", false, &["no task is running"]);
    let listed = world.rd("rd-edge").args("targets --format text").ok();
    assert!(listed.stdout.starts_with("no targets"), "{}", listed.stdout);

    let [healthy, unhealthy] = [1, 2].map(|last| address(&world, last));
    register(&world, &healthy);
    register(&world, &unhealthy);
    health(&world, &healthy, "healthy", "", "");
    let (code, words) = (
        "Target.ResponseCodeMismatch",
        "Health checks failed with these codes: [500]",
    );
    health(&world, &unhealthy, "unhealthy", code, words);
    let done = check(&world, &authority, &url);
    assert_eq!(done.code, 1);
    assert_step(&done, &format!("target {healthy}:3001"), true, &["healthy"]);
    assert_step(
        &done,
        &format!("target {unhealthy}:3001"),
        false,
        &["unhealthy", code, words],
    );

    let listed = document(&world.rd("rd-edge").args("targets").ok());
    assert_eq!(
        listed["target_group_arn"],
        world.id("edge.target_group.api")
    );
    let found = listed["targets"].as_array().unwrap();
    let found = found
        .iter()
        .find(|one| one["id"] == unhealthy.as_str())
        .unwrap();
    assert_eq!(
        (&found["state"], &found["reason"], &found["description"]),
        (&json!("unhealthy"), &json!(code), &json!(words))
    );
    let table = world
        .rd("rd-edge")
        .args("targets --format text")
        .ok()
        .stdout;
    assert!(
        table.contains("WHY") && table.contains(&format!("{code}: {words}")),
        "{table}"
    );
    // A draining target is no failure.
    health(
        &world,
        &unhealthy,
        "draining",
        "Target.DeregistrationInProgress",
        "",
    );
    let done = check(&world, &authority, &url);
    assert_eq!(done.code, 0, "{}", done.stdout);
}

#[test]
fn the_certificate_is_checked_if_rd_requests_one() {
    let world = World::new(SETTINGS);
    world.network();
    world.settings(&world.edge(""));
    let authority = Authority::new("ours");
    let port = plain("127.0.0.1:0", OK).unwrap();
    let url = format!("http://localhost:{port}/health");
    let early = check(&world, &authority, &url);
    assert_eq!(early.code, 1);
    assert!(early.stderr.contains("never applied"), "{}", early.stderr);

    world.rd("rd-edge").args("apply -y").ok();
    let pending = check(&world, &authority, &url);
    assert_step(
        &pending,
        "certificate",
        false,
        &["PENDING_VALIDATION", "rd-edge records"],
    );
    world.prove();
    world.rd("rd-edge").args("wait").ok();
    let issued = check(&world, &authority, &url);
    assert_step(&issued, "certificate", true, &["ISSUED", "394 days left"]);

    world.settings(&world.edge("host = \"shop\""));
    let another = check(&world, &authority, &url);
    assert_step(&another, "certificate", false, &["run rd-edge apply"]);
}

#[test]
fn a_given_certificate_without_a_domain_needs_a_url() {
    let world = World::new(SETTINGS);
    world.network();
    let arn = world.certificate_of_others("api");
    world.settings(&format!("{SETTINGS}[edge]\ncertificate_arn = \"{arn}\"\n"));
    world.rd("rd-edge").args("apply -y").ok();
    let nameless = world.rd("rd-edge").args("check").code(2);
    assert!(nameless.stderr.contains("--url"), "{}", nameless.stderr);
}

/// Changes the URL and the load balancer's name in the state to names that need no DNS.
fn set_url_and_load_balancer(world: &World, url: &str, balancer: &str) {
    let file = world.state_file("shop/test", "edge");
    let text = std::fs::read_to_string(&file).unwrap();
    let mut document: Value = serde_json::from_str(&text).unwrap();
    document["outputs"]["url"] = json!(url);
    document["resources"]["edge.load_balancer.main"]["attributes"]["dns_name"] = json!(balancer);
    std::fs::write(file, document.to_string()).unwrap();
}

#[test]
fn the_stack_s_own_name_must_point_to_the_load_balancer_and_redirect() {
    let (world, authority) = (world(), Authority::new("ours"));
    let trusted = world.path().join("authority.pem");
    std::fs::write(&trusted, authority.pem()).unwrap();
    let port = authority.serve("localhost", 90, &TLS13, OK);
    let url = format!("https://localhost:{port}");
    let own = || {
        let check = world.rd("rd-edge").args("check");
        check.env("SSL_CERT_FILE", trusted.to_str().unwrap()).run()
    };
    set_url_and_load_balancer(&world, &url, "127.0.0.1");
    let passed = own();
    assert_step(
        &passed,
        "DNS of localhost",
        true,
        &["127.0.0.1: the load balancer"],
    );
    assert_step(&passed, "GET /health", true, &["200"]);
    set_url_and_load_balancer(&world, &url, "127.0.0.2");
    assert_step(
        &own(),
        "DNS of localhost",
        false,
        &["not the load balancer 127.0.0.2"],
    );

    // Not every machine allows a test to listen on port 80.
    let redirect = "301 Moved Permanently\r\nLocation: https://localhost:443/health";
    if plain("127.0.0.1:80", redirect).is_some() {
        assert_step(
            &own(),
            "redirect",
            true,
            &["301 https://localhost:443/health"],
        );
    } else {
        println!("port 80 is not available: the redirect is not checked");
    }
}
