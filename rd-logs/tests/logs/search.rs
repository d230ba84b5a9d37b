//! `search` reads long ranges in parts; `insights` runs queries, `groups` lists log groups, `tail --live` uses Live Tail.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::faults::{Calls, Fault, Proxy, Rule};
use rd_testkit::log_events::{each_once, group, logs, messages, now, put, put_one, rule, stream};
use rd_testkit::{World, endpoint, finish};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n";
const HOUR: i64 = 3_600_000;

/// Two groups with events of two days: many within one hour, some at the same time, and few in the rest. Returns the groups
/// and the messages.
fn two_days(world: &World, many: usize) -> (Vec<String>, Vec<String>) {
    let groups = ["a", "b"].map(|name| group(world, name)).to_vec();
    let start = now() - 47 * HOUR;
    let mut all = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        stream(world, group, "few");
        stream(world, group, "many");
        for hour in 0..24 {
            let message = format!("few {number} {hour}");
            put_one(world, group, "few", start + hour * 2 * HOUR, &message);
            all.push(message);
        }
        let events: Vec<(i64, String)> = (0..many)
            .map(|index| {
                let within = index as i64 * HOUR / many as i64;
                (
                    start + 20 * HOUR + within / 100 * 100,
                    format!("many {number} {index}"),
                )
            })
            .collect();
        for batch in events.chunks(5000) {
            put(world, group, "many", batch);
        }
        all.extend(events.into_iter().map(|(_, message)| message));
    }
    (groups, all)
}

fn is_in_order(text: &str) -> bool {
    let keys = text.lines().map(|line| {
        let event: Value = serde_json::from_str(line).unwrap();
        ["timestamp", "ingestion_time", "id"].map(|name| event[name].as_str().unwrap().to_owned())
    });
    keys.collect::<Vec<_>>().is_sorted()
}

#[test]
fn a_long_range_is_printed_completely_and_in_order() {
    let world = World::new(SETTINGS);
    let (groups, all) = two_days(&world, 20_000);
    for (flags, of) in [
        ("", ""),
        ("--grep ^few", "few"),
        ("--filter few", "few"),
        ("--filter -many", "few"),
        ("--stream fe", "few"),
    ] {
        let line = format!("search {} --since 48h {flags}", groups.join(" "));
        let done = world.rd("rd-logs").args(&line).ok();
        assert!(is_in_order(&done.stdout), "{flags}");
        let expected = all
            .iter()
            .filter(|message| message.starts_with(of))
            .cloned();
        each_once(expected, messages(&done.stdout));
        assert_eq!(done.stderr, "");
    }
    // AWS applies the filter pattern, rd-logs the regular expression.
    let line = format!(
        "search {} --since 48h --filter few --grep 7$ -o raw",
        groups[0]
    );
    assert_eq!(
        world.rd("rd-logs").args(&line).ok().stdout,
        "few 0 7\nfew 0 17\n"
    );
}

#[test]
fn throttled_calls_and_lost_responses_are_retried() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    let (groups, all) = two_days(&world, 20_000);
    rule(&world, &groups[0], "", &json!({"empty_pages": true}));
    let calls = Calls::Of("FilterLogEvents");
    let mut rules: Vec<Rule> = (0..50)
        .map(|number| Rule::once(calls.clone(), number * 10 + 2, Fault::Throttle))
        .collect();
    rules.extend(
        (0..50).map(|number| Rule::once(calls.clone(), number * 10 + 6, Fault::LoseAnswer)),
    );
    proxy.rules(rules, None);
    let line = format!("search {} --since 48h", groups.join(" "));
    let done = world.rd("rd-logs").args(&line).ok();
    each_once(all, messages(&done.stdout));
    assert!(is_in_order(&done.stdout));
    assert!(proxy.happened() >= 2, "{}", proxy.happened());
}

#[test]
fn a_range_that_cannot_be_read_is_reported_as_a_gap() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    let (groups, all) = two_days(&world, 12_000);
    // After the first pages, every call fails. Retries end after five minutes, which are three seconds here.
    let rule = Rule {
        calls: Calls::Of("FilterLogEvents"),
        first: 4,
        times: usize::MAX / 2,
        fault: Fault::InternalError,
    };
    proxy.rules(vec![rule], None);
    let line = format!("search {} --since 48h", groups.join(" "));
    let done = world
        .rd("rd-logs")
        .args(&line)
        .env("RD_WAIT_SCALE", "0.01")
        .code(1);
    assert!(done.stderr.contains("error: gap: "), "{}", done.stderr);
    assert!(
        done.stderr.contains("search this range again"),
        "{}",
        done.stderr
    );
    let found = messages(&done.stdout);
    assert!(!found.is_empty() && found.len() < all.len());
    assert!(is_in_order(&done.stdout));
}

#[test]
fn a_query_prints_its_rows() {
    let world = World::new(SETTINGS);
    let group = group(&world, "g");
    stream(&world, &group, "s");
    for number in 0..6i64 {
        let message =
            json!({"level": if number % 2 == 0 { "info" } else { "error" }, "ms": number * 10});
        put_one(
            &world,
            &group,
            "s",
            now() - 60_000 + number,
            &message.to_string(),
        );
    }
    let run = |query: &str, flags: &str| {
        let rd = world.rd("rd-logs").args("insights").arg(query);
        rd.args(&format!("{group} {flags}"))
    };
    let done = run(
        "stats count(*) as n, max(ms) as top by level | sort level asc",
        "",
    )
    .ok();
    assert_eq!(
        done.stdout,
        "{\"level\":\"error\",\"n\":\"3\",\"top\":\"50\"}\n{\"level\":\"info\",\"n\":\"3\",\"top\":\"40\"}\n"
    );
    assert!(
        done.stderr.starts_with("2 rows; 6 of 6 events matched; "),
        "{}",
        done.stderr
    );
    assert!(
        done.stderr.trim_end().ends_with("scanned"),
        "{}",
        done.stderr
    );
    let done = run(
        "fields ms, level | filter ms > 30 | sort ms desc",
        "--format text",
    )
    .ok();
    assert_eq!(done.stdout, "ms  level\n50  error\n40  info\n");
    let done = run("frobnicate", "").code(2);
    assert!(
        done.stderr.contains("MalformedQueryException"),
        "{}",
        done.stderr
    );
}

#[test]
fn a_query_has_all_its_rows_and_tells_its_limits() {
    let world = World::new(SETTINGS);
    let group = group(&world, "g");
    stream(&world, &group, "s");
    let start = now() - 60_000;
    let events: Vec<(i64, String)> = (0..10_500)
        .map(|number| (start + number, format!("event {number}")))
        .collect();
    for batch in events.chunks(5000) {
        put(&world, &group, "s", batch);
    }
    let run = |flags: &str| {
        let rd = world.rd("rd-logs").args("insights").arg("fields @message");
        rd.args(&format!("{group} {flags}"))
    };
    let done = run("").ok();
    assert_eq!(done.stdout.lines().count(), 10_000);
    assert!(
        done.stderr.contains("more than 10000 rows"),
        "{}",
        done.stderr
    );
    assert!(done.stderr.contains("--limit"), "{}", done.stderr);
    let done = run("--limit 100000").ok();
    let rows = done.stdout.lines().map(|line| {
        let row: Value = serde_json::from_str(line).unwrap();
        row["@message"].as_str().unwrap().to_owned()
    });
    each_once(events.into_iter().map(|(_, message)| message), rows);
    assert!(!done.stderr.contains("the limit"), "{}", done.stderr);
    // Before the retention, AWS refuses the range with the code of a wrong query.
    logs(
        &world,
        "PutRetentionPolicy",
        &json!({"logGroupName": group, "retentionInDays": 1}),
    );
    let done = run("--since 3d --until 2d").code(1);
    assert!(done.stderr.contains("retention"), "{}", done.stderr);
    assert!(!done.stderr.contains("CWL_QuerySyntax"), "{}", done.stderr);
}

#[test]
fn an_interrupted_query_is_stopped() {
    let world = World::new(SETTINGS);
    let group = group(&world, "g");
    rule(&world, &group, "", &json!({"query_seconds": 60}));
    let child = world.rd("rd-logs").args("insights limit_1").start();
    assert_eq!(finish(child).code, 1);
    let child = world
        .rd("rd-logs")
        .args("insights")
        .arg("limit 1")
        .args(&group)
        .start();
    let queries = || logs(&world, "DescribeQueries", &json!({"logGroupName": group}));
    let start = Instant::now();
    while queries()["queries"].as_array().unwrap().is_empty() {
        assert!(start.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(50));
    }
    let kill = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    let done = finish(child);
    assert_eq!((done.code, done.stderr.as_str()), (130, ""));
    assert_eq!(queries()["queries"][0]["status"], "Cancelled");
}

#[test]
fn the_stacks_own_groups_are_found() {
    let world = World::new(&format!("{SETTINGS}[net]\nflow_logs = true\n"));
    world.rd("rd-net").args("apply -y --no-stdin").ok();
    let done = world.rd("rd-logs").args("groups").ok();
    let found: Value = serde_json::from_str(done.stdout.trim()).unwrap();
    let name = found["name"].as_str().unwrap().to_owned();
    assert!(name.contains("shop-test"), "{name}");
    assert_eq!(
        (&found["exists"], &found["last_event"]),
        (&json!(true), &Value::Null)
    );
    assert!(found["retention_days"].as_i64().unwrap() > 0);
    stream(&world, &name, "eni-1");
    put_one(
        &world,
        &name,
        "eni-1",
        now() - 1000,
        "2 123 eni-1 ACCEPT OK",
    );
    // Without a group, the stack's own groups are read.
    let done = world.rd("rd-logs").args("tail -o raw").ok();
    assert_eq!(done.stdout, "2 123 eni-1 ACCEPT OK\n");
    let done = world
        .rd("rd-logs")
        .args("groups --format text --tz UTC")
        .ok();
    assert!(done.stdout.starts_with("GROUP "), "{}", done.stdout);
    assert!(done.stdout.contains(" days  "), "{}", done.stdout);
    // A group of the state is listed although it does not exist any more.
    logs(&world, "DeleteLogGroup", &json!({"logGroupName": name}));
    let done = world.rd("rd-logs").args("groups --format text").ok();
    assert!(done.stdout.contains("not found"), "{}", done.stdout);
}

#[test]
fn live_tail_warns_when_it_is_sampled_and_started_again() {
    let world = World::new(SETTINGS);
    let group = group(&world, "g");
    stream(&world, &group, "s");
    put_one(&world, &group, "s", now() - 1000, "before");
    rule(&world, &group, "", &json!({"live_seconds": 4}));
    let line = format!("tail {group} --live -o raw --grep even[t]");
    let mut child = world.rd("rd-logs").args(&line).start();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    // A session has only events that arrive while it runs. Its start is not visible, so put the event until it is printed.
    let put_until_printed = |message: &str| {
        let start = Instant::now();
        loop {
            put_one(&world, &group, "s", now(), message);
            let mut printed =
                std::iter::from_fn(|| receiver.recv_timeout(Duration::from_millis(1200)).ok());
            if printed.any(|line| line == message) {
                return;
            }
            assert!(start.elapsed() < Duration::from_secs(30), "{message}");
        }
    };
    put_until_printed("event of the first session");
    put_one(&world, &group, "s", now(), "other");
    let many: Vec<(i64, String)> = (0..1200)
        .map(|number| (now(), format!("event {number}")))
        .collect();
    let mut count = 0;
    let start = Instant::now();
    while count == 0 && start.elapsed() < Duration::from_secs(30) {
        put(&world, &group, "s", &many);
        while receiver.recv_timeout(Duration::from_secs(2)).is_ok() {
            count += 1;
        }
    }
    assert!((1..=500).contains(&count), "{count}");
    std::thread::sleep(Duration::from_secs(4));
    put_until_printed("event of a later session");
    let kill = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    let done = finish(child);
    assert_eq!(done.code, 130);
    assert!(done.stderr.contains("AWS sent a sample"), "{}", done.stderr);
    assert!(
        done.stderr
            .contains("the Live Tail session ended and is started again"),
        "{}",
        done.stderr
    );
}

#[test]
fn a_live_tail_says_that_its_reader_is_too_slow() {
    let world = World::new(SETTINGS);
    let group = group(&world, "g");
    stream(&world, &group, "s");
    let child = world
        .rd("rd-logs")
        .args(&format!("tail {group} --live -o raw"))
        .start();
    // Nobody reads stdout. More arrives than the pipe and rd-logs hold: about 20 MB.
    let large: Vec<(i64, String)> = (0..4)
        .map(|number| (now(), format!("{number} {}", "x".repeat(250_000))))
        .collect();
    for round in 0..20 {
        put(&world, &group, "s", &large);
        std::thread::sleep(Duration::from_millis(if round == 0 { 1500 } else { 100 }));
    }
    std::thread::sleep(Duration::from_secs(2));
    let kill = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    let done = finish(child);
    assert_eq!(done.code, 130, "{}", done.stderr);
    assert!(
        done.stderr
            .contains("the reader of stdout is too slow: the oldest "),
        "{}",
        done.stderr
    );
}

#[test]
fn a_missing_group_is_an_error_only_if_it_was_named() {
    let world = World::new(&format!("{SETTINGS}[net]\nflow_logs = true\n"));
    world.rd("rd-net").args("apply -y --no-stdin").ok();
    let found = world.rd("rd-logs").args("groups").ok().stdout;
    let found: Value = serde_json::from_str(found.trim()).unwrap();
    let name = found["name"].as_str().unwrap();
    logs(&world, "DeleteLogGroup", &json!({"logGroupName": name}));
    for flags in ["", "--checkpoint c", "--idle-exit 10s"] {
        let done = world.rd("rd-logs").args(&format!("tail {flags}")).ok();
        assert_eq!(
            (done.stdout.as_str(), done.stderr.as_str()),
            ("", ""),
            "{flags}"
        );
    }
    for flags in ["", "--checkpoint d"] {
        let line = format!("tail {flags} {name}");
        let done = world.rd("rd-logs").args(&line).code(1);
        assert!(
            done.stderr.contains("ResourceNotFoundException"),
            "{}",
            done.stderr
        );
    }
}

#[test]
fn the_error_for_a_missing_group_has_a_hint() {
    let world = World::new(SETTINGS);
    for command in ["tail", "search"] {
        let missing = world
            .rd("rd-logs")
            .args(&format!("{command} /no/such"))
            .code(1);
        let stderr = &missing.stderr;
        assert!(
            stderr.contains("/no/such") && stderr.contains("rd-logs groups"),
            "{stderr}"
        );
    }
}
