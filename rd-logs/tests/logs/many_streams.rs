//! Groups with hundreds of streams: AWS returns many pages without events, and reads the streams of a task alone if it is
//! given their names.

use rd_testkit::faults::{Calls, Proxy};
use rd_testkit::log_events::{each_once, group, messages, now, put_one, rule, stream};
use rd_testkit::{World, endpoint};
use serde_json::json;

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n";
const STREAMS: usize = 200;
const TASK: &str = "00ff00ff00ff00ff00ff00ff00ff00ff";
/// The number of pages of each read of the whole group.
const PAGES: usize = STREAMS / 5;

/// A group with one event in each of many streams, two of which are of the task.
fn filled(world: &World) -> String {
    let group = group(world, "many");
    let start = now() - 40 * 60_000;
    for number in 0..STREAMS {
        let name = match number {
            70 => format!("api/api/{TASK}"),
            140 => format!("api/proxy/{TASK}"),
            _ => format!("api/api/{number:032x}"),
        };
        stream(world, &group, &name);
        let at = start + number as i64 * 10_000;
        put_one(world, &group, &name, at, &format!("event {number}"));
    }
    rule(world, &group, "", &json!({"streams_a_page": 5}));
    group
}

fn count(proxy: &Proxy, operation: &'static str) -> usize {
    Calls::Of(operation).count(&proxy.calls())
}

#[test]
fn aws_reads_the_streams_of_a_task_alone() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    let group = filled(&world);
    let expected = || ["event 70", "event 140"].map(str::to_owned);
    for (command, task) in [("tail", TASK), ("search", &TASK[..6])] {
        proxy.rules(Vec::new(), None);
        let line = format!("{command} {group} --since 1h --task {task}");
        let done = world.rd("rd-logs").args(&line).ok();
        each_once(expected(), messages(&done.stdout));
        assert_eq!(count(&proxy, "FilterLogEvents"), 1, "{command}");
        assert_eq!(count(&proxy, "DescribeLogStreams"), STREAMS / 50);
    }
    // A task without streams, such as one that has just started: the group is read, and nothing is found.
    let line = format!("tail {group} --since 1h --task ffffffff");
    assert_eq!(world.rd("rd-logs").args(&line).ok().stdout, "");
}

#[test]
fn pages_without_events_do_not_make_the_parts_of_a_search_short() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    let group = filled(&world);
    proxy.rules(Vec::new(), None);
    let line = format!("search {group} --since 3d");
    let done = world.rd("rd-logs").args(&line).ok();
    each_once(
        (0..STREAMS).map(|number| format!("event {number}")),
        messages(&done.stdout),
    );
    // Each part reads all streams, so there must be few parts.
    let calls = count(&proxy, "FilterLogEvents");
    assert!(calls <= 16 * PAGES, "{calls}");
}
