//! Pushes with faults: interrupted in the middle of a layer, lost answers, killed, registries that do not continue an
//! upload.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::archive::{docker_saved, layer, write};
use rd_testkit::faults::{Call, Calls, Fault, Proxy, Rule, Wire};
use rd_testkit::{World, endpoint};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use wiremock::matchers::{header_exists, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const NAME: &str = "shop-test-api";
/// The size of the layers, in bytes.
const LAYER: usize = 1_500_000;

/// A service behind `url`, and an archive of three layers.
fn world(url: &str) -> World {
    let world = World::at("", url);
    world.service("");
    world.rd("rd-ecs").args("apply -y").ok();
    let layers = [layer(1, LAYER), layer(2, LAYER), layer(3, LAYER)];
    let image = docker_saved(&["shop:v1"], "arm64", &layers);
    write(&world.path().join("app.tar"), &image);
    world
}

fn push(world: &World) -> Value {
    let done = world.rd("rd-ecs").args("push app.tar").ok();
    serde_json::from_str(&done.stdout).unwrap()
}

/// Whether the image is complete: the registry accepts a manifest only with its layers, and a layer only with its digest.
fn is_complete(world: &World) -> bool {
    let path = format!("/v2/{NAME}/manifests/v1");
    world.registry("GET", &path, "", b"").status == 200
}

fn is_upload(call: &Call) -> bool {
    call.path.contains("/blobs/uploads/")
}

fn is_registry(call: &Call) -> bool {
    call.path.starts_with("/v2/") || call.operation == "PutImage"
}

#[test]
fn an_interrupted_upload_continues_where_it_stopped() {
    let wire = Wire::start(endpoint());
    let world = world(wire.url());
    // In the middle of requests, and more often than a layer may fail without progress.
    wire.cut(400_000, 9);
    let result = push(&world);
    assert_eq!(wire.cuts(), 9);
    assert!(is_complete(&world));
    assert_eq!(result["layers"]["pushed"], 3);
    assert!(result["resumed"].as_u64().unwrap() >= 3, "{result}");
    // Less than one layer was sent twice.
    let sent = result["bytes"].as_u64().unwrap();
    assert!(
        wire.carried() < sent + LAYER as u64,
        "{} carried: {result}",
        wire.carried()
    );
}

#[test]
fn without_a_reported_position_the_layer_starts_again() {
    let proxy = Proxy::start(endpoint());
    let world = world(proxy.url());
    let appends = |call: &Call| call.operation.starts_with("PATCH");
    let asks = |call: &Call| is_upload(call) && call.operation.starts_with("GET");
    proxy.rules(
        vec![
            Rule::at_first(Calls::Matching(appends), 2, Fault::LoseRequest),
            Rule::at_first(
                Calls::Matching(asks),
                9,
                Fault::Refuse {
                    status: 405,
                    code: "UNSUPPORTED",
                },
            ),
        ],
        None,
    );
    let result = push(&world);
    assert_eq!(result["restarted"], 2);
    assert_eq!(result["resumed"], 0);
    assert!(is_complete(&world));
}

#[test]
fn a_push_survives_every_lost_answer_of_the_registry() {
    let proxy = Proxy::start(endpoint());
    let walked = world(proxy.url());
    proxy.rules(Vec::new(), None);
    push(&walked);
    let calls = proxy
        .calls()
        .iter()
        .filter(|call| is_registry(call))
        .count();
    assert!(calls > 12, "{calls}");
    for (fault, places) in [
        (Fault::LoseAnswer, (0..calls).collect::<Vec<_>>()),
        (Fault::LoseRequest, vec![0, calls / 2, calls - 1]),
        (Fault::Unavailable, vec![0, calls / 2, calls - 1]),
        (Fault::InternalError, vec![1, calls / 2 + 1]),
    ] {
        for place in places {
            // A new image for each fault: the repository would have the layers of an earlier one.
            let layers = [
                layer(100 + place as u64, 3000),
                layer(200 + place as u64, 2000),
            ];
            let image = docker_saved(&[&format!("shop:f{place}")], "arm64", &layers);
            write(&walked.path().join("other.tar"), &image);
            proxy.rules(
                vec![Rule::once(
                    Calls::Matching(is_registry),
                    place,
                    fault.clone(),
                )],
                None,
            );
            let done = walked.rd("rd-ecs").args("push other.tar").run();
            assert_eq!(done.code, 0, "{fault:?} at {place}: {}", done.stderr);
            let path = format!("/v2/{NAME}/manifests/f{place}");
            assert_eq!(
                walked.registry("GET", &path, "", b"").status,
                200,
                "{fault:?} at {place}"
            );
        }
    }
}

#[test]
fn the_run_after_a_kill_skips_what_is_complete() {
    let wire = Wire::start(endpoint());
    let world = world(wire.url());
    wire.cut(u64::MAX, 0);
    // One layer after the other is slow enough for a kill in between.
    let mut child = world.rd("rd-ecs").args("push app.tar").start();
    drop(child.stdin.take());
    let start = Instant::now();
    while wire.carried() < 2 * LAYER as u64 {
        assert!(start.elapsed() < Duration::from_secs(60), "nothing is sent");
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!is_complete(&world), "it was pushed before it was killed");
    let before = wire.carried();
    let result = push(&world);
    let again = wire.carried() - before;
    assert!(is_complete(&world));
    let layers = &result["layers"];
    assert_eq!(
        layers["pushed"].as_u64().unwrap() + layers["skipped"].as_u64().unwrap(),
        3
    );
    assert!(
        again < result["bytes"].as_u64().unwrap() + 100_000,
        "{again}: {result}"
    );
}

#[test]
fn an_interrupted_push_exits_with_130() {
    let wire = Wire::start(endpoint());
    let world = world(wire.url());
    wire.cut(u64::MAX, 0);
    let mut child = world.rd("rd-ecs").args("push app.tar").start();
    drop(child.stdin.take());
    while wire.carried() < LAYER as u64 {
        std::thread::sleep(Duration::from_millis(1));
    }
    let process = child.id().to_string();
    std::process::Command::new("kill")
        .args(["-INT", &process])
        .status()
        .unwrap();
    let done = rd_testkit::finish(child);
    assert_eq!(done.code, 130, "{}", done.stderr);
    assert_eq!(done.stdout, "");
}

#[test]
fn a_lost_network_fails_the_push() {
    let proxy = Proxy::start(endpoint());
    let world = world(proxy.url());
    let appends = |call: &Call| call.operation.starts_with("PATCH");
    proxy.rules(
        vec![Rule::at_first(
            Calls::Matching(appends),
            usize::MAX,
            Fault::LoseRequest,
        )],
        None,
    );
    let done = world.rd("rd-ecs").args("push app.tar").code(1);
    assert!(
        done.stderr.contains("complete layers are not sent again"),
        "{}",
        done.stderr
    );
    assert!(!is_complete(&world));
}

/// A registry that accepts a continued upload and loses it, as ECR did: the layer starts again.
#[test]
fn a_registry_that_loses_a_continued_upload_gets_the_whole_layer() {
    let proxy = Proxy::start(endpoint());
    let world = world(proxy.url());
    // The real registry already has the layers, so that it accepts the image in the end.
    push(&world);
    let layers = [layer(1, LAYER), layer(2, LAYER), layer(3, LAYER)];
    let mut other = docker_saved(&["shop:v2"], "arm64", &layers[..1]);
    other.sort();
    write(&world.path().join("other.tar"), &other);
    world.rd("rd-ecs").args("push other.tar").ok();
    let gone = json!({"repositoryName": NAME, "imageIds": [{"imageTag": "v2"}]});
    world.json(
        "AmazonEC2ContainerRegistry_V20150921.BatchDeleteImage",
        &gone,
    );

    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    let registry = runtime.block_on(losing_registry());
    let to: &'static str = Box::leak(registry.uri().into_boxed_str());
    let from: &'static str = Box::leak(proxy.url().to_owned().into_boxed_str());
    let asks = Calls::Of("GetAuthorizationToken");
    proxy.rules(
        vec![Rule::at_first(asks, 1, Fault::Rewrite { from, to })],
        None,
    );
    let done = world.rd("rd-ecs").args("push other.tar").ok();
    let result: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(
        (&result["resumed"], &result["restarted"]),
        (&json!(1), &json!(1)),
        "{result}"
    );
    let asked = runtime.block_on(registry.received_requests()).unwrap();
    let begun = asked
        .iter()
        .filter(|one| one.method.as_str() == "POST")
        .count();
    // The configuration, the layer, and the layer again.
    assert_eq!(begun, 3);
    let continued: Vec<_> = asked
        .iter()
        .filter(|one| one.headers.contains_key("content-range"))
        .collect();
    assert_eq!(continued.len(), 1);
    assert!(
        continued[0].headers["content-range"]
            .to_str()
            .unwrap()
            .starts_with("1000-")
    );
}

async fn losing_registry() -> MockServer {
    let server = MockServer::start().await;
    let on = |command: &str| Mock::given(method(command));
    let answer = ResponseTemplate::new;
    on("HEAD").respond_with(answer(404)).mount(&server).await;
    let session = answer(202).insert_header("location", "/v2/session");
    on("POST").respond_with(session).mount(&server).await;
    let progress = answer(204)
        .insert_header("range", "0-999")
        .insert_header("location", "/v2/session");
    on("GET")
        .and(path("/v2/session"))
        .respond_with(progress)
        .mount(&server)
        .await;
    // The configuration succeeds, then the layer's first PATCH fails.
    let lost = |request: &wiremock::Request| request.body.len() > 10_000;
    on("PATCH")
        .and(lost)
        .respond_with(answer(500))
        .up_to_n_times(1)
        .with_priority(1)
        .mount(&server)
        .await;
    on("PATCH")
        .and(header_exists("content-range"))
        .respond_with(answer(201))
        .with_priority(2)
        .mount(&server)
        .await;
    on("PATCH").respond_with(answer(201)).mount(&server).await;
    let error = json!({"errors": [{"code": "BLOB_UPLOAD_INVALID", "message": "None of the provided layer digests match"}]});
    on("PUT")
        .respond_with(refusing_the_second(error))
        .mount(&server)
        .await;
    server
}

/// Accepts the first completed upload, of the configuration, and refuses the second, of the continued layer.
fn refusing_the_second(error: Value) -> impl wiremock::Respond {
    let seen = AtomicUsize::new(0);
    move |_: &wiremock::Request| match seen.fetch_add(1, Ordering::SeqCst) {
        1 => ResponseTemplate::new(400).set_body_json(&error),
        _ => ResponseTemplate::new(201),
    }
}
