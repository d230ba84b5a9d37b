//! Pushes on a bad day: cut off in the middle of a layer, answers lost, killed, registries that do not go on.
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
/// How large the layers are, in bytes.
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

/// Whether the image is there whole: a manifest is taken only when its layers are, and a layer only with its digest.
fn is_there(world: &World) -> bool {
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
fn what_is_cut_off_goes_on_where_it_was() {
    let wire = Wire::start(endpoint());
    let world = world(wire.url());
    // Not at the end of a request, and more often than one layer may fail without getting further.
    wire.cut(400_000, 9);
    let told = push(&world);
    assert_eq!(wire.cuts(), 9);
    assert!(is_there(&world));
    assert_eq!(told["layers"]["pushed"], 3);
    assert!(told["resumed"].as_u64().unwrap() >= 3, "{told}");
    // What was sent again is less than a layer.
    let sent = told["bytes"].as_u64().unwrap();
    assert!(
        wire.carried() < sent + LAYER as u64,
        "{} carried: {told}",
        wire.carried()
    );
}

#[test]
fn where_the_registry_does_not_tell_how_far_it_is_a_layer_begins_anew() {
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
    let told = push(&world);
    assert_eq!(told["restarted"], 2);
    assert_eq!(told["resumed"], 0);
    assert!(is_there(&world));
}

#[test]
fn no_lost_answer_of_the_registry_loses_the_push() {
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
            // An image of its own: what was pushed before would be there.
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
fn the_run_after_a_kill_skips_what_is_there() {
    let wire = Wire::start(endpoint());
    let world = world(wire.url());
    wire.cut(u64::MAX, 0);
    // One layer after the other is slow enough to be caught in between.
    let mut child = world.rd("rd-ecs").args("push app.tar").start();
    drop(child.stdin.take());
    let start = Instant::now();
    while wire.carried() < 2 * LAYER as u64 {
        assert!(start.elapsed() < Duration::from_secs(60), "nothing is sent");
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!is_there(&world), "it was pushed before it was killed");
    let before = wire.carried();
    let told = push(&world);
    let again = wire.carried() - before;
    assert!(is_there(&world));
    let layers = &told["layers"];
    assert_eq!(
        layers["pushed"].as_u64().unwrap() + layers["skipped"].as_u64().unwrap(),
        3
    );
    assert!(
        again < told["bytes"].as_u64().unwrap() + 100_000,
        "{again}: {told}"
    );
}

#[test]
fn a_push_that_is_interrupted_says_so() {
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
fn a_network_that_is_gone_ends_the_push() {
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
        done.stderr.contains("what is there is not sent again"),
        "{}",
        done.stderr
    );
    assert!(!is_there(&world));
}

/// A registry that takes what is continued and loses it, as ECR was seen to do: the layer is begun anew.
#[test]
fn a_registry_that_loses_what_was_continued_gets_the_layer_whole() {
    let proxy = Proxy::start(endpoint());
    let world = world(proxy.url());
    // The layers are in the real registry already, so that it takes the image in the end.
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
    let told: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(
        (&told["resumed"], &told["restarted"]),
        (&json!(1), &json!(1)),
        "{told}"
    );
    let asked = runtime.block_on(registry.received_requests()).unwrap();
    let begun = asked
        .iter()
        .filter(|one| one.method.as_str() == "POST")
        .count();
    // The configuration, the layer, and the layer anew.
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
    let on = |verb: &str| Mock::given(method(verb));
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
    // The configuration goes through, then the layer's first PATCH fails.
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

/// The configuration's end is the first to be asked for, that of the continued layer comes next.
fn refusing_the_second(error: Value) -> impl wiremock::Respond {
    let seen = AtomicUsize::new(0);
    move |_: &wiremock::Request| match seen.fetch_add(1, Ordering::SeqCst) {
        1 => ResponseTemplate::new(400).set_body_json(&error),
        _ => ResponseTemplate::new(201),
    }
}
