//! An apply on a terminal: one region for all programs of the pipe, and nothing of it at the end.

#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::{Terminal, World, screen};
use serde_json::{Value, json};

const SETTINGS: &str =
    "project = \"shop\"\nenvironment = \"test\"\n[net]\nazs = 1\nnat = \"none\"\n";

fn progress(address: &str, state: &str, reason: &str) -> Value {
    json!({"type": "progress", "slice": "net", "address": address, "state": state, "reason": reason,
        "since": "2020-01-01T00:00:00Z"})
}

/// What a program upstream writes before something that takes long.
fn slow_upstream() -> Vec<Value> {
    vec![
        json!({"type": "begin", "slice": "net", "format": "rd/1", "command": "apply", "stack": "shop-test",
            "region": "us-east-1", "tool_version": "0", "run": "r"}),
        progress("net.vpc.main", "waiting", ""),
        progress("net.nat_gateway.a", "running", "AWS says pending"),
    ]
}

fn lines(records: &[Value]) -> String {
    records.iter().map(|record| format!("{record}\n")).collect()
}

/// `rd-store apply` on a terminal, behind a program that writes `first`, and `then` once the file `go` is there.
fn behind(world: &World, first: &[Value], then: &[Value]) -> Terminal {
    std::fs::write(world.path().join("first"), lines(first)).unwrap();
    std::fs::write(world.path().join("then"), lines(then)).unwrap();
    // Size and signals of a terminal belong to the pipe.
    let script = "stty rows 24 cols 80 < /dev/tty
        trap : INT
        (trap '' INT; cat first; until [ -e narrow ] || [ -e go ]; do sleep 0.1; done
         [ ! -e narrow ] || stty rows 24 cols 50 < /dev/tty
         until [ -e go ]; do sleep 0.1; done
         printf '\\r\\033[Jwarning: of another program\\n' >&2; cat then) | rd-store apply -y";
    let pipe = world.rd("rd-store").shell(script);
    pipe.on_terminal()
}

#[test]
fn what_takes_long_is_shown_and_nothing_stale_stays() {
    let world = World::new(SETTINGS);
    let error = json!({"type": "diagnostic", "slice": "net", "severity": "error", "summary": "no such thing",
        "address": "net.vpc.main"});
    let applied = json!({"type": "applied", "slice": "net", "address": "net.nat_gateway.a", "kind": "nat_gateway",
        "action": "create", "id": "nat-1", "seconds": 100.0});
    let end = json!({"type": "end", "slice": "net", "status": "failed", "counts": {"create": 1}, "serial": 1});
    let then = [
        progress("net.nat_gateway.a", "ended", ""),
        applied,
        progress("net.vpc.main", "ended", ""),
        error,
        end,
    ];
    let apply = behind(&world, &slow_upstream(), &then);
    apply.wait_for("AWS says pending");
    apply.wait_for("1 running · 1 waiting");
    std::fs::write(world.path().join("narrow"), "").unwrap();
    // The lines of a narrower terminal are shorter.
    let narrow = |shown: &str| {
        let mut frames = shown.rsplit('\r');
        frames.any(|frame| {
            let frame = frame.lines().map(|line| line.trim_end_matches("\u{1b}[K"));
            let mut widths = frame.map(|line| screen(line, 1000).concat().chars().count());
            widths.any(|width| width == 49)
        })
    };
    for _ in 0..600 {
        if narrow(&apply.shown()) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert!(narrow(&apply.shown()), "{}", apply.shown());
    std::fs::write(world.path().join("go"), "").unwrap();
    let done = apply.end();
    assert_eq!(done.code, 5, "{}", done.stdout);
    let lines = screen(&done.stdout, 80);
    let all = lines.join("\n");
    for gone in ["applying", "running", "AWS says"] {
        assert!(!all.contains(gone), "{gone} is still there:\n{all}");
    }
    for once in [
        "warning: of another program",
        "net.nat_gateway.a nat-1",
        "store.bucket.sessions",
    ] {
        assert_eq!(all.matches(once).count(), 1, "{once}:\n{all}");
    }
    let headline = "shop-test failed in";
    assert!(all.contains(headline), "{all}");
}

#[test]
fn ctrl_c_says_what_is_finished_and_the_last_program_waits_for_it() {
    let world = World::new(SETTINGS);
    let end =
        json!({"type": "end", "slice": "net", "status": "cancelled", "counts": {}, "serial": 1});
    let then = [progress("net.nat_gateway.a", "ended", ""), end];
    let mut apply = behind(&world, &slow_upstream(), &then);
    apply.wait_for("AWS says pending");
    apply.wait_for("1 created");
    apply.press("\x03");
    apply.wait_for("finishing what was asked of AWS for net.nat_gateway.a");
    std::fs::write(world.path().join("go"), "").unwrap();
    let done = apply.end();
    let all = screen(&done.stdout, 80).join("\n");
    assert!(all.contains("shop-test stopped"), "{all}");
    assert!(!all.contains("AWS says"), "{all}");
}

#[test]
fn the_programs_of_a_pipe_share_the_terminal() {
    let world = World::new(SETTINGS);
    let pipe = world
        .rd("rd-store")
        .shell("rd-net apply -y | rd-store apply -y");
    let done = pipe.on_terminal().end();
    assert_eq!(done.code, 0, "{}", done.stdout);
    let lines = screen(&done.stdout, 80);
    let all = lines.join("\n");
    assert_eq!(all.matches("net.vpc.main ").count(), 1, "{all}");
    assert!(!all.contains("applying"), "{all}");
    let last = lines.last().unwrap();
    assert!(
        last.contains("shop-test done in") && last.contains("created"),
        "{all}"
    );
}

#[test]
fn records_of_an_apply_say_what_takes_long() {
    let world = World::new(SETTINGS);
    let done = world.rd("rd-store").args("apply -y").ok();
    let progress = done.of_type("progress");
    let of_bucket: Vec<&Value> = progress
        .iter()
        .filter(|one| one["address"] == "store.bucket.sessions")
        .collect();
    assert_eq!(of_bucket[0]["state"], "waiting", "{progress:?}");
    assert_eq!(of_bucket[1]["state"], "running", "{progress:?}");
    assert_eq!(of_bucket.last().unwrap()["state"], "ended", "{progress:?}");
}

#[test]
fn a_second_ctrl_c_ends_at_once_and_the_region_is_gone() {
    let world = World::new(SETTINGS);
    std::fs::write(world.path().join("first"), lines(&slow_upstream())).unwrap();
    let script = "stty rows 24 cols 80 < /dev/tty
        trap : INT
        (trap '' INT; cat first; until [ -e go ]; do sleep 0.1; done) | { rd-store apply -y; echo \"code $?\"; }";
    let mut apply = world.rd("rd-store").shell(script).on_terminal();
    apply.wait_for("AWS says pending");
    apply.wait_for("1 created");
    apply.press("\x03");
    apply.wait_for("Ctrl-C again ends at once");
    apply.press("\x03");
    // Although upstream has not ended.
    apply.wait_for("code 130");
    std::fs::write(world.path().join("go"), "").unwrap();
    let all = screen(&apply.end().stdout, 80).join("\n");
    for gone in ["AWS says", "applying shop-test", "stopping shop-test"] {
        assert!(!all.contains(gone), "{gone} is still there:\n{all}");
    }
}

/// What a screen reader gets is never taken back.
#[test]
fn with_plain_nothing_is_drawn() {
    let world = World::new(SETTINGS);
    for line in [
        "rd-net apply -y --plain | rd-store apply -y --plain",
        "rd-net plan --plain",
        "rd-store status --plain",
    ] {
        let done = world.rd("rd-store").shell(line).on_terminal().end();
        assert_eq!(done.code, 0, "{}", done.stdout);
        assert!(!done.stdout.contains('\u{1b}'), "{line}: {:?}", done.stdout);
        let without_ends = done.stdout.replace("\r\n", "");
        assert!(!without_ends.contains('\r'), "{line}: {:?}", done.stdout);
        assert!(done.stdout.is_ascii(), "{line}: {}", done.stdout);
    }
}
