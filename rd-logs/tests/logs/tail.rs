//! A tail prints every event once, and in order within its window: with late events, new streams, equal times, throttling,
//! lost responses and kills.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a helper fails the test that calls it, and prints how far it was from failing"
)]

use rd_testkit::faults::{Calls, Fault, Proxy, Rule};
use rd_testkit::log_events::{each_once, group, messages, now, put, put_one, rule, stream};
use rd_testkit::{World, endpoint, finish};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n";
/// The length of a second of the tail, in seconds.
const SCALE: f64 = 0.2;
/// The overlap window of two minutes, scaled, in milliseconds.
const WINDOW: i64 = (120_000.0 * SCALE) as i64;
/// The oldest event that is written, in milliseconds, so that none is beyond the window where the machine is busy.
const OLDEST: i64 = WINDOW / 2;
/// The longest delay of an event: 30 seconds, scaled, in seconds.
const LATEST: f64 = 30.0 * SCALE;

/// Events in several streams, written over some time.
struct Load {
    groups: Vec<String>,
    events: usize,
    streams: usize,
    seconds: f64,
}

impl Load {
    /// A message that is unique.
    fn message(&self, number: usize) -> String {
        format!("event {number} of {}", number % self.streams)
    }

    /// Writes the events in real time. A fifth of the streams is late by up to 30 scaled seconds, and a third of the streams
    /// starts after a third of the time.
    fn write(&self, world: &World) {
        let start = Instant::now();
        let first = now();
        let mut known = BTreeSet::new();
        let batch = 100;
        let mut next: Vec<usize> = (0..self.streams).collect();
        loop {
            let due = (start.elapsed().as_secs_f64() / self.seconds * self.events as f64) as usize;
            let due = due.min(self.events);
            let mut wrote = false;
            for (index, next) in next.iter_mut().enumerate() {
                let late_start = index % 3 == 2 && due < self.events / 3;
                let waiting = (*next..due).step_by(self.streams).len();
                let all_due = due == self.events;
                if late_start || waiting == 0 || (waiting < batch && !all_due) {
                    continue;
                }
                let group = &self.groups[index % self.groups.len()];
                let late = if index % 5 == 4 { "late" } else { "stream" };
                let name = format!("{late}-{index}");
                if known.insert(index) {
                    stream(world, group, &name);
                    if late == "late" {
                        let seconds = LATEST * (index + 1) as f64 / self.streams as f64;
                        rule(world, group, &name, &json!({"late_seconds": seconds}));
                    }
                }
                let mut all = Vec::new();
                while *next < due && all.len() < 2000 {
                    let number = *next;
                    let share = number as f64 / self.events as f64;
                    // Many events share a time; those of a stream are in order.
                    let at = first + (share * self.seconds * 1000.0) as i64;
                    let at = at.max(now() - OLDEST);
                    all.push((at / 5 * 5, self.message(number)));
                    *next += self.streams;
                }
                put(world, group, &name, &all);
                wrote = true;
            }
            if !wrote && due == self.events {
                return;
            }
            if !wrote {
                sleep(Duration::from_millis(20));
            }
        }
    }

    fn messages(&self) -> impl Iterator<Item = String> {
        (0..self.events).map(|number| self.message(number))
    }
}

/// A running tail, whose lines a thread collects.
struct Tail {
    child: Child,
    count: Arc<AtomicUsize>,
    lines: JoinHandle<Vec<String>>,
}

impl Tail {
    fn start(world: &World, groups: &[String], flags: &str) -> Self {
        let mut child = world
            .rd("rd-logs")
            .args(&format!("tail {} --follow {flags}", groups.join(" ")))
            .env("RD_WAIT_SCALE", &SCALE.to_string())
            .start();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let count = Arc::new(AtomicUsize::new(0));
        let counted = count.clone();
        let lines = spawn(move || {
            let mut lines = Vec::new();
            for line in stdout.lines() {
                lines.push(line.unwrap());
                counted.fetch_add(1, Ordering::Relaxed);
            }
            lines
        });
        Self {
            child,
            count,
            lines,
        }
    }

    /// Waits until there are `count` lines, and some time more for lines that would be too many. Then interrupts the tail, and
    /// returns its lines and its stderr.
    fn stop_after(self, count: usize, timeout: Duration) -> (Vec<String>, String) {
        let start = Instant::now();
        while self.count.load(Ordering::Relaxed) < count && start.elapsed() < timeout {
            sleep(Duration::from_millis(50));
        }
        sleep(Duration::from_secs_f64(10.0 * SCALE));
        interrupt(&self.child);
        let done = finish(self.child);
        assert_eq!(done.code, 130, "{}", done.stderr);
        (self.lines.join().unwrap(), done.stderr)
    }
}

fn interrupt(child: &Child) {
    let pid = child.id().to_string();
    let sent = std::process::Command::new("kill")
        .args(["-INT", &pid])
        .status();
    assert!(sent.unwrap().success());
}

fn check(load: &Load, lines: &[String]) {
    let events: Vec<Value> = lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let text = |event: &Value, name: &str| event[name].as_str().unwrap().to_owned();
    each_once(
        load.messages(),
        events.iter().map(|event| text(event, "message")),
    );
    let ids: BTreeSet<String> = events.iter().map(|event| text(event, "id")).collect();
    assert_eq!(ids.len(), lines.len());
    let times: Vec<i64> = events
        .iter()
        .map(|event| {
            let time: jiff::Timestamp = text(event, "timestamp").parse().unwrap();
            time.as_millisecond()
        })
        .collect();
    let mut latest = i64::MIN;
    let mut back = 0;
    for time in &times {
        latest = latest.max(*time);
        back = back.max(latest - time);
    }
    assert!(
        back <= WINDOW,
        "an event was printed after one that is {back} ms later"
    );
    println!("{} events; at most {back} ms out of order", times.len());
}

fn load(world: &World, events: usize, seconds: f64) -> Load {
    Load {
        groups: ["a", "b", "c"].map(|name| group(world, name)).to_vec(),
        events,
        streams: 20,
        seconds,
    }
}

#[test]
fn two_hundred_thousand_events_are_printed_once_each() {
    let world = World::new(SETTINGS);
    let load = load(&world, 200_000, 25.0);
    let tail = Tail::start(&world, &load.groups, "--since 1m");
    load.write(&world);
    let (lines, stderr) = tail.stop_after(load.events, Duration::from_secs(120));
    check(&load, &lines);
    assert_eq!(stderr, "");
}

#[test]
fn late_events_of_a_long_window_are_found_although_reads_are_slow() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    let group = group(&world, "g");
    for name in ["much", "late"] {
        stream(&world, &group, name);
    }
    let much: Vec<(i64, String)> = (0..25_000)
        .map(|number| (now() - 2_000, format!("filler {number}")))
        .collect();
    for batch in much.chunks(5_000) {
        put(&world, &group, "much", batch);
    }
    let slow = Fault::Delay(Duration::from_millis(700));
    let rules = (0..1_000).map(|at| Rule::once(Calls::Of("FilterLogEvents"), at, slow.clone()));
    proxy.rules(rules.collect(), None);
    let tail = Tail::start(&world, std::slice::from_ref(&group), "--since 1m");
    // Once the window was read, there are more events in it than a page has for some 20 seconds.
    while tail.count.load(Ordering::Relaxed) < much.len() {
        sleep(Duration::from_millis(50));
    }
    let mut late = Vec::new();
    for number in 0..15 {
        let message = format!("late {number}");
        put_one(&world, &group, "late", now() - (WINDOW - 4_000), &message);
        late.push(message);
        sleep(Duration::from_secs(1));
    }
    let count = much.len() + late.len();
    let (lines, stderr) = tail.stop_after(count, Duration::from_secs(15));
    let wanted = much.into_iter().map(|(_, message)| message).chain(late);
    each_once(wanted, messages(&lines.join("\n")));
    assert_eq!(stderr, "");
}

/// A fault at every tenth call of FilterLogEvents.
fn every_tenth(fault: &Fault, offset: usize) -> Vec<Rule> {
    (0..2000)
        .map(|number| {
            Rule::once(
                Calls::Of("FilterLogEvents"),
                number * 10 + offset,
                fault.clone(),
            )
        })
        .collect()
}

#[test]
fn no_event_is_lost_by_throttling_and_lost_responses() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    let mut rules = every_tenth(&Fault::Throttle, 3);
    rules.extend(every_tenth(&Fault::LoseAnswer, 7));
    proxy.rules(rules, None);
    let load = load(&world, 20_000, 10.0);
    let tail = Tail::start(&world, &load.groups, "--since 1m");
    load.write(&world);
    let (lines, stderr) = tail.stop_after(load.events, Duration::from_secs(120));
    check(&load, &lines);
    assert!(proxy.happened() > 10, "{}", proxy.happened());
    assert_eq!(stderr, "");
}

#[test]
fn failures_are_retried_with_a_warning() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    let group = group(&world, "g");
    stream(&world, &group, "s");
    let calls = Calls::Of("FilterLogEvents");
    proxy.rules(vec![Rule::at_first(calls, 6, Fault::InternalError)], None);
    put_one(&world, &group, "s", now(), "visible");
    let tail = Tail::start(&world, &[group], "");
    let (lines, stderr) = tail.stop_after(1, Duration::from_secs(30));
    assert_eq!(lines.len(), 1);
    assert!(
        stderr.contains("warning: cannot read the log group"),
        "{stderr}"
    );
    assert!(
        stderr.contains("rd-logs keeps retrying; no events are lost"),
        "{stderr}"
    );
}

/// Kills the tail repeatedly while events are written. Returns what it printed to its file, in a format, in the end.
fn killed(format: &str) -> (Load, String) {
    let world = World::new(SETTINGS);
    let load = load(&world, 20_000, 8.0);
    let line = format!(
        "exec rd-logs tail {} --follow --since 1m -o {format} --checkpoint position >> out 2>> err",
        load.groups.join(" ")
    );
    let start = || {
        let rd = world.rd("rd-logs").shell(&line);
        rd.env("RD_WAIT_SCALE", &SCALE.to_string()).start()
    };
    let file = world.path().join("out");
    let written = || std::fs::read_to_string(&file).unwrap_or_default();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| load.write(&world));
        let mut kills = 0;
        while !writer.is_finished() || kills < 5 {
            let mut child = start();
            // After another time in each round, before and after checkpoints.
            sleep(Duration::from_millis(700 + 430 * (kills % 5)));
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
        }
        writer.join().unwrap();
    });
    let child = start();
    let begun = Instant::now();
    while written().lines().count() < load.events && begun.elapsed() < Duration::from_secs(40) {
        sleep(Duration::from_millis(100));
    }
    sleep(Duration::from_secs_f64(10.0 * SCALE));
    interrupt(&child);
    assert_eq!(finish(child).code, 130);
    let errors = std::fs::read_to_string(world.path().join("err")).unwrap();
    assert!(!errors.contains("error"), "{errors}");
    // Another run prints nothing more.
    let before = written();
    let child = start();
    sleep(Duration::from_secs(2));
    interrupt(&child);
    assert_eq!(finish(child).code, 130);
    assert_eq!(written(), before);
    (load, before)
}

#[test]
fn kills_neither_lose_nor_repeat_json_lines() {
    let (load, text) = killed("json");
    each_once(load.messages(), messages(&text));
}

#[test]
fn kills_neither_lose_nor_repeat_lines_of_another_format() {
    let (load, text) = killed("raw");
    each_once(load.messages(), text.lines().map(str::to_owned));
}

#[test]
fn runs_without_follow_continue_at_the_checkpoint() {
    let world = World::new(SETTINGS);
    let group = group(&world, "g");
    stream(&world, &group, "s");
    let run = |flags: &str| {
        let rd = world.rd("rd-logs");
        rd.args(&format!("tail {group} -o raw --checkpoint c {flags}"))
            .ok()
            .stdout
    };
    put_one(&world, &group, "s", now() - 500, "one");
    assert_eq!(run(""), "one\n");
    assert_eq!(run(""), "");
    put_one(&world, &group, "s", now() - 400, "two");
    // A late event, of a time that was read before.
    put_one(&world, &group, "s", now() - 700, "three");
    let text = run("");
    each_once(
        ["two", "three"].map(str::to_owned),
        text.lines().map(str::to_owned),
    );
    assert_eq!(run(""), "");
    let refused = world
        .rd("rd-logs")
        .args(&format!("tail {group} --grep x --checkpoint c"));
    let refused = refused.code(2);
    assert!(
        refused
            .stderr
            .contains("c is the checkpoint of a tail with no filters"),
        "{}",
        refused.stderr
    );
}

#[test]
fn empty_pages_and_a_group_that_is_created_later() {
    let world = World::new(SETTINGS);
    let existing = group(&world, "existing");
    stream(&world, &existing, "s");
    rule(&world, &existing, "", &json!({"empty_pages": true}));
    let later = format!("/test/{}/later", world.account);
    for number in 0..50 {
        put_one(
            &world,
            &existing,
            "s",
            now() - 1000 + number,
            &format!("event {number}"),
        );
    }
    let tail = Tail::start(&world, &[existing.clone(), later.clone()], "");
    sleep(Duration::from_secs(1));
    group(&world, "later");
    stream(&world, &later, "s");
    put_one(&world, &later, "s", now(), "event 50");
    let (lines, stderr) = tail.stop_after(51, Duration::from_secs(20));
    let expected = (0..51).map(|number| format!("event {number}"));
    each_once(expected, messages(&lines.join("\n")));
    assert!(
        stderr.contains(&format!("the log group {later} does not exist")),
        "{stderr}"
    );
}

#[test]
fn lines_of_other_programs_stay_in_the_file_of_a_tail() {
    let world = World::new(SETTINGS);
    let group = group(&world, "g");
    stream(&world, &group, "s");
    let file = world.path().join("out");
    let read = || std::fs::read_to_string(&file).unwrap();
    let run = |format: &str| {
        let line = format!("rd-logs tail {group} -o {format} --checkpoint c-{format} >> out");
        world.rd("rd-logs").shell(&line).ok();
    };
    for format in ["raw", "json"] {
        std::fs::write(&file, "").unwrap();
        put_one(&world, &group, "s", now() - 500, &format!("{format} one"));
        run(format);
        // After the checkpoint.
        let before = read();
        put_one(&world, &group, "s", now() - 400, &format!("{format} two"));
        let other = "a line of another program\n";
        std::fs::write(&file, format!("{before}{other}")).unwrap();
        run(format);
        let text = read();
        assert!(text.starts_with(&format!("{before}{other}")), "{text}");
        assert_eq!(text.matches(&format!("{format} two")).count(), 1, "{text}");
        run(format);
        assert_eq!(read(), text);
    }
}
