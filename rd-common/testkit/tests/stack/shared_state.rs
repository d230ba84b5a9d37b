//! Two checkouts of one stack whose states are in a bucket: the lock of one reaches the other.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_common::slices::SLICES;
use rd_testkit::faults::{Calls, Fault, Proxy, Rule, Scenario, chosen, soak};
use rd_testkit::{World, endpoint, finish};
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command};
use std::time::{Duration, Instant};

const SETTINGS: &str =
    "project = \"shop\"\nenvironment = \"test\"\nregion = \"us-east-1\"\n[net]\nazs = 1\n";

/// A checkout with a shared store. With `table`, locks are in DynamoDB.
fn team(table: bool) -> World {
    team_at(table, endpoint())
}

fn team_at(table: bool, url: &str) -> World {
    let world = World::at(SETTINGS, url);
    let flag = if table { "" } else { "--no-table" };
    world.rd("rd-state").args("bootstrap -y").args(flag).ok();
    world
}

fn signal(process: u32, name: &str) {
    let sent = Command::new("kill")
        .args(["-s", name, &process.to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

/// An apply at full length, and the lines on its stdout, of which the first `applied` was read.
fn an_apply_at_work(world: &World) -> (Child, Lines<BufReader<ChildStdout>>) {
    let run = world.rd("rd-net").args("apply -y");
    let mut run = run.env("RD_WAIT_SCALE", "1").start();
    drop(run.stdin.take());
    let mut lines = BufReader::new(run.stdout.take().unwrap()).lines();
    while !lines.next().unwrap().unwrap().contains("\"applied\"") {}
    (run, lines)
}

/// Everything exists once, and neither checkout has anything to do.
fn one_of_everything(checkouts: [&World; 2]) {
    let there = checkouts[0].inventory();
    let mut once = there.clone();
    once.dedup();
    assert_eq!(there, once);
    for world in checkouts {
        world.rd("rd-net").args("plan --exit-code").ok();
        assert!(!world.state_file("shop/test", "net").exists());
    }
}

#[test]
fn two_applies_at_once_one_is_told_who_holds_the_lock_or_waits_for_it() {
    for table in [true, false] {
        let one = team(table);
        let other = one.checkout();
        let (first, lines) = an_apply_at_work(&one);
        for command in ["apply -y", "destroy -y"] {
            let locked = other.rd("rd-net").args(command).code(4);
            for text in [
                "the state is locked by",
                &format!("rd-net apply, process {}", first.id()),
                "--lock-timeout",
            ] {
                assert!(locked.stderr.contains(text), "{text}: {}", locked.stderr);
            }
        }
        let locks = other.rd("rd-state").args("locks --format json").ok().stdout;
        assert!(locks.contains("rd-net apply"), "{locks}");
        // Looking is free.
        other.rd("rd-net").args("plan").ok();
        let waiting = other
            .rd("rd-net")
            .args("apply -y --lock-timeout 60s")
            .start();
        assert!(lines.last().unwrap().unwrap().contains("\"end\""));
        assert_eq!(finish(first).code, 0);
        let waited = finish(waiting);
        assert_eq!(waited.code, 0, "{}", waited.stderr);
        assert!(waited.actions().is_empty(), "there was nothing left to do");
        assert!(
            waited.stderr.contains("waiting for it for up to 60 s"),
            "{}",
            waited.stderr
        );
        one_of_everything([&one, &other]);
        assert_eq!(
            other.rd("rd-state").args("locks --format text").ok().stdout,
            "no locks held\n"
        );
    }
}

#[test]
fn a_killed_apply_is_completed_from_another_checkout() {
    for table in [true, false] {
        let one = team(table);
        let other = one.checkout();
        let (mut run, _lines) = an_apply_at_work(&one);
        run.kill().unwrap();
        run.wait().unwrap();
        // The process is known to be dead on this machine, so that nobody waits.
        let start = Instant::now();
        other.rd("rd-net").args("apply -y").ok();
        assert!(start.elapsed() < Duration::from_secs(60));
        one_of_everything([&one, &other]);
    }
}

#[test]
fn an_apply_that_was_paused_changes_nothing_after_its_lock_was_taken() {
    for table in [true, false] {
        let proxy = Proxy::start(endpoint());
        let one = team_at(table, proxy.url());
        let other = one.checkout();
        let (run, _lines) = an_apply_at_work(&one);
        signal(run.id(), "STOP");
        let refused = other.rd("rd-state").args("unlock net").code(6);
        assert!(
            refused.stderr.contains("still active"),
            "{}",
            refused.stderr
        );
        other.rd("rd-state").args("unlock net --force").ok();
        other.rd("rd-net").args("apply -y").ok();
        let before = Calls::Changes.count(&proxy.calls());
        let made = one.inventory();
        signal(run.id(), "CONT");
        let done = finish(run);
        assert_eq!(done.code, 4, "{}", done.stderr);
        assert_eq!(one.inventory(), made);
        let changes = proxy
            .calls()
            .into_iter()
            .filter(|call| call.mutates)
            .skip(before);
        let of_ec2: Vec<String> = changes
            .filter(|call| call.service == "ec2")
            .map(|call| call.operation)
            .collect();
        assert!(of_ec2.is_empty(), "{of_ec2:?}");
        one_of_everything([&one, &other]);
    }
}

/// Updates have no save of the state before them that would be refused.
#[test]
fn a_paused_apply_asks_for_its_lock_before_its_next_update() {
    for (table, forced) in [(true, false), (false, true)] {
        let proxy = Proxy::start(endpoint());
        let world = team_at(table, proxy.url());
        world.rd("rd-net").args("apply -y").ok();
        world.settings(&format!("{SETTINGS}[tags]\nTeam = \"video\"\n"));
        let delay = Fault::Delay(Duration::from_secs(1));
        let tags = Calls::Of("CreateTags");
        proxy.rules(vec![Rule::at_first(tags.clone(), 1, delay)], None);
        let run = world.rd("rd-net").args("apply -y --parallelism 1");
        let mut run = run.env("RD_WAIT_SCALE", "1").start();
        drop(run.stdin.take());
        while tags.count(&proxy.calls()) == 0 {
            std::thread::sleep(Duration::from_millis(50));
        }
        // Its first update is under way, and ends while it stands still.
        signal(run.id(), "STOP");
        let start = Instant::now();
        if forced {
            world.rd("rd-state").args("unlock net --force").ok();
        }
        std::thread::sleep(Duration::from_secs(4).saturating_sub(start.elapsed()));
        signal(run.id(), "CONT");
        let done = finish(run);
        if forced {
            assert_eq!(done.code, 4, "{}", done.stderr);
            assert_eq!(tags.count(&proxy.calls()), 1);
            world.rd("rd-net").args("apply -y").ok();
        } else {
            assert_eq!(done.code, 0, "{}", done.stderr);
        }
        world.rd("rd-net").args("plan --exit-code").ok();
    }
}

/// In another process namespace, as in another container of this machine, nobody can know whether the holder is alive.
#[test]
fn the_lock_of_a_dead_container_is_taken_over_after_one_lease() {
    let allowed = Command::new("unshare").args(["-rpf", "true"]).status();
    if !allowed.is_ok_and(|status| status.success()) {
        return;
    }
    let one = team(true);
    let other = one.checkout();
    let (mut run, _lines) = an_apply_at_work(&one);
    run.kill().unwrap();
    run.wait().unwrap();
    let start = Instant::now();
    // The dead run has a lease of two minutes, since it ran at full length: it is only waited for here.
    let line = "timeout -s KILL 8 unshare -rpf rd-net apply -y </dev/null";
    let waiting = other.rd("rd-net").shell(line).run();
    assert!(
        start.elapsed() >= Duration::from_secs(8),
        "{}",
        waiting.stderr
    );
    assert!(
        waiting.stderr.contains("waiting for a sign of life"),
        "{}",
        waiting.stderr
    );
    let unlock = other
        .rd("rd-state")
        .shell("unshare -rpf rd-state unlock net");
    let unlock = unlock.code(6);
    assert!(
        unlock.stderr.contains("no longer renews its lock"),
        "{}",
        unlock.stderr
    );
    other.rd("rd-net").args("apply -y").ok();
    // A run of a short lease dies in its container.
    let dies = "timeout -s KILL 3 unshare -rpf --kill-child rd-net destroy -y </dev/null";
    let proxied = Proxy::start(endpoint());
    proxied.rules(
        vec![Rule::at_first(
            Calls::Of("DeleteSubnet"),
            usize::MAX,
            Fault::Delay(Duration::from_secs(60)),
        )],
        None,
    );
    let url = proxied.url().to_owned();
    one.rd("rd-net")
        .env("AWS_ENDPOINT_URL", &url)
        .shell(dies)
        .run();
    let start = Instant::now();
    other.rd("rd-net").args("apply -y").ok();
    assert!(start.elapsed() < Duration::from_secs(100));
    one_of_everything([&one, &other]);
}

/// The pipe is killed at any time, and the next run is in the other checkout. In a soak, all programs are in the pipe.
#[test]
fn a_pipe_that_is_killed_again_and_again_from_two_checkouts_ends_well() {
    let (slices, step): (&[&str], f64) = match soak() {
        true => (&SLICES, 0.3),
        false => (&["net", "data", "store"], 0.1),
    };
    let pipe = |slices: &mut dyn Iterator<Item = &&str>, verb: &str| -> String {
        let line: Vec<String> = slices
            .map(|slice| format!("rd-{slice} {verb} -y --lock-timeout 60s"))
            .collect();
        let line = line.join(" | ").replacen(" | ", " </dev/null | ", 1);
        format!("{line} >/dev/null")
    };
    let line = pipe(&mut slices.iter(), "apply");
    let places = chosen(30, 3);
    Scenario::walk(&places, |place| {
        let one = team(place % 2 == 0);
        // The database needs two zones.
        let settings = one.path().join("rd.toml");
        let text = std::fs::read_to_string(&settings).unwrap();
        let text = text.replace("azs = 1", "azs = 2");
        one.settings(&format!(
            "{text}\n[logs]\nalert_email = \"ops@example.com\"\n"
        ));
        let other = one.checkout();
        for (turn, world) in [&one, &other, &one].into_iter().enumerate() {
            let seconds = 0.3 + step * place as f64 + 7.0 * step * turn as f64;
            // The shell that runs the pipe, and each program in it.
            let all = format!(
                "({line}) & sleep {seconds}; kill -9 $(jobs -p) $(pgrep -P $(jobs -p)) 2>/dev/null; wait; true"
            );
            world.rd("rd-net").shell(&all).run();
        }
        other
            .rd("rd-net")
            .shell(&format!("set -o pipefail; {line}"))
            .ok();
        one_of_everything([&one, &other]);
        for slice in &slices[1..] {
            let program = format!("rd-{slice}");
            one.rd(&program).args("plan --exit-code").ok();
        }
        // Every version is in the history, one after the other.
        for slice in slices {
            let history = one
                .rd("rd-state")
                .args("history --all --limit 500 --format json")
                .arg(slice);
            let serials: Vec<u64> = history
                .ok()
                .records()
                .iter()
                .map(|version| version["serial"].as_u64().unwrap())
                .collect();
            let last = serials[0];
            let expected: Vec<u64> = (1..=last).rev().collect();
            assert_eq!(serials, expected, "{slice}");
        }
        let line = pipe(&mut slices.iter().rev(), "destroy");
        other
            .rd("rd-net")
            .shell(&format!("set -o pipefail; {line}"))
            .ok();
        assert_eq!(one.inventory(), [""; 0]);
    });
}
