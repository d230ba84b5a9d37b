//! Pages that are not in order: `search` and `tail` print each event once all the same.
//! <https://github.com/aws/aws-sdk-js/issues/3994>

use rd_testkit::World;
use rd_testkit::faults::{Call, Calls, Fault, Proxy, Rule, soak};
use rd_testkit::log_events::{each_once, group, messages, now, put, rule, stream};
use rd_testkit::{endpoint, finish};
use serde_json::json;
use std::time::Duration;

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n";
const STREAMS: usize = 500;
/// The length of the time that the events cover, in milliseconds.
const LENGTH: i64 = 3 * 3_600_000;

/// A group with this many events in 500 streams, whose pages have 2,000 events or more, and come stream by stream. Returns
/// the group and the messages.
fn filled(world: &World, events: usize) -> (String, Vec<String>) {
    let group = group(world, "unordered");
    let start = now() - LENGTH - 60_000;
    let mut all = Vec::new();
    for number in 0..STREAMS {
        let name = format!("stream-{number}");
        stream(world, &group, &name);
        let batch: Vec<(i64, String)> = (number..events)
            .step_by(STREAMS)
            .map(|event| {
                let at = start + LENGTH / events as i64 * event as i64;
                (at, format!("event {event}"))
            })
            .collect();
        put(world, &group, &name, &batch);
        all.extend(batch.into_iter().map(|(_, message)| message));
    }
    let page = (events / 200).clamp(2000, 10_000);
    rule(world, &group, "", &json!({"unordered_pages": page}));
    (group, all)
}

#[test]
fn each_event_of_500_streams_is_read_once() {
    let world = World::new(SETTINGS);
    let (group, all) = filled(&world, if soak() { 2_000_000 } else { 50_000 });
    for command in ["search", "tail"] {
        let line = format!("{command} {group} --since 4h");
        let done = world.rd("rd-logs").args(&line).ok();
        each_once(all.clone(), messages(&done.stdout));
        // In a soak, a search lasts long enough to tell its progress.
        let told = done.stderr.lines();
        let told: Vec<&str> = told.filter(|line| !line.starts_with("search: ")).collect();
        assert_eq!(told, [""; 0], "{command}");
    }
}

#[test]
fn a_tail_that_was_interrupted_in_a_pass_loses_nothing() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    let (group, all) = filled(&world, 5000);
    // After two pages, the third is refused until the tail is interrupted.
    let failing = Rule {
        calls: Calls::Of("FilterLogEvents"),
        first: 2,
        times: usize::MAX / 2,
        fault: Fault::InternalError,
    };
    proxy.rules(vec![failing], None);
    let line = format!("tail {group} --since 4h --checkpoint position");
    let child = world.rd("rd-logs").args(&line).start();
    std::thread::sleep(Duration::from_secs(3));
    let kill = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.is_ok_and(|status| status.success()));
    let first = finish(child);
    assert_eq!(first.code, 130, "{}", first.stderr);
    let mut found = messages(&first.stdout);
    assert!(!found.is_empty() && found.len() < all.len());
    proxy.rules(Vec::new(), None);
    let rest = world.rd("rd-logs").args(&line).ok();
    found.extend(messages(&rest.stdout));
    each_once(all, found);
}

#[test]
fn a_read_begins_again_when_its_token_is_no_longer_valid() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    let (group, all) = filled(&world, 5000);
    let has_token = |call: &Call| {
        let body = String::from_utf8_lossy(&call.body);
        call.operation == "FilterLogEvents" && body.contains("nextToken")
    };
    for command in ["search", "tail --checkpoint at"] {
        let expired = Fault::RefuseSaying {
            status: 400,
            code: "InvalidParameterException",
            message: "The specified nextToken is invalid.",
        };
        proxy.rules(
            vec![Rule::once(Calls::Matching(has_token), 1, expired)],
            None,
        );
        let line = format!("{command} {group} --since 4h");
        let done = world.rd("rd-logs").args(&line).ok();
        assert_eq!(proxy.happened(), 1, "{command}");
        each_once(all.clone(), messages(&done.stdout));
        assert_eq!(done.stderr, "", "{command}");
    }
}
