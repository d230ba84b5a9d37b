//! stdout that cannot be written to: a full disk, and a reader that stands still.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::{Rd, World, finish};
use std::io::{PipeReader, Write, pipe};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n";

#[test]
fn a_full_disk_is_a_failure_of_every_command() {
    let world = World::new(SETTINGS);
    let fails = |program: &str, line: &str| {
        let done = world
            .rd(program)
            .shell(&format!("{program} {line} > /dev/full"))
            .run();
        assert_eq!(done.code, 1, "{program} {line}: {}", done.stderr);
        let reason = "cannot write to stdout: No space left on device";
        assert_eq!(
            done.stderr.matches(reason).count(),
            1,
            "{program} {line}: {}",
            done.stderr
        );
    };
    for format in ["json", "text"] {
        fails(
            "rd-net",
            &format!("plan --offline --no-stdin --format {format}"),
        );
        fails(
            "rd-store",
            &format!("plan --exit-code --no-stdin --format {format}"),
        );
    }
    // It stops before it creates more, and records what it did.
    fails("rd-store", "apply -y --no-stdin");
    world.rd("rd-store").args("apply -y").ok();
    for line in [
        "status --no-stdin",
        "output",
        "usage",
        "doctor --no-stdin",
        "--help",
        "--version",
        "completions bash",
    ] {
        fails("rd-store", line);
    }
    for line in [
        "list",
        "show store.bucket.sessions",
        "history store",
        "graph",
        "outputs",
        "--help",
    ] {
        fails("rd-state", line);
    }
    // A reader that has what it needs is no failure.
    let head = world
        .rd("rd-net")
        .shell("set -o pipefail; rd-net plan --offline --no-stdin | head -n 1");
    assert_eq!(head.ok().records().len(), 1);
}

/// A program whose stdout is a pipe that is full, and that nobody reads.
fn stands_still(program: Rd) -> (Child, PipeReader) {
    let (reader, mut writer) = pipe().unwrap();
    let child = program.start_into(writer.try_clone().unwrap());
    // More than a pipe holds: the thread waits for a reader, too.
    std::thread::spawn(move || writer.write_all(&vec![b'\n'; 1 << 22]));
    (child, reader)
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args(["-s", name, &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// An apply that hears a hang-up also where the tests themselves are run by `nohup`. No shell can do that.
const HEARS_HANG_UPS: &str = "exec python3 -c 'import os, signal; signal.signal(signal.SIGHUP, signal.SIG_DFL); \
    os.execvp(\"rd-store\", [\"rd-store\", \"apply\", \"-y\", \"--no-stdin\"])'";

#[test]
fn a_signal_counts_while_the_reader_of_stdout_stands_still() {
    for name in ["INT", "TERM", "HUP"] {
        let world = World::new(SETTINGS);
        let (child, _reader) = stands_still(world.rd("rd-store").shell(HEARS_HANG_UPS));
        let state = world.state_file("shop/test", "store");
        let ready = || std::fs::read_to_string(&state).is_ok_and(|text| text.contains("\"ready\""));
        wait_until(ready);
        signal(&child, name);
        let done = finish(child);
        assert_eq!(done.code, 130, "{name}: {}", done.stderr);
        let locks = world.rd("rd-state").args("locks").ok();
        assert_eq!(locks.stdout, "", "{name}: a lock is held");
        assert_eq!(world.rd("rd-store").args("plan").ok().actions(), [""; 0]);
    }
}

#[test]
fn a_hang_up_that_was_ignored_at_the_start_stays_ignored() {
    let world = World::new(SETTINGS);
    let line = "trap '' HUP; exec rd-store apply -y --no-stdin";
    let (child, _reader) = stands_still(world.rd("rd-store").shell(line));
    let state = world.state_file("shop/test", "store");
    wait_until(|| state.exists());
    signal(&child, "HUP");
    std::thread::sleep(Duration::from_millis(200));
    signal(&child, "TERM");
    // If it had counted the hang-up, this would be the second signal: it would have ended at once.
    let start = Instant::now();
    assert_eq!(finish(child).code, 130);
    assert!(
        start.elapsed() > Duration::from_millis(1500),
        "it had ended: {:?}",
        start.elapsed()
    );
}

fn wait_until(check: impl Fn() -> bool) {
    let start = Instant::now();
    while !check() {
        assert!(start.elapsed() < Duration::from_secs(60), "it never comes");
        std::thread::sleep(Duration::from_millis(10));
    }
}
