//! `scripts/status` and its `--watch`, and what an apply without a terminal says from time to time.

use rd_testkit::{Rd, World, screen};
use std::time::Duration;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const SETTINGS: &str =
    "project = \"shop\"\nenvironment = \"test\"\n[net]\nazs = 1\nnat = \"none\"\n";

fn script(world: &World, line: &str) -> Rd {
    world.rd("rd-net").shell(&line.replace("ROOT", ROOT))
}

#[test]
fn a_status_is_one_screen_from_the_script_and_from_make() {
    let world = World::new(SETTINGS);
    world.rd("rd-store").args("apply -y").ok();
    let shown = |line: &str| {
        let shown = script(&world, line).env("COLUMNS", "80").ok().stdout;
        assert!(shown.lines().count() <= 24, "{shown}");
        // Ages and times of backups differ.
        shown.lines().next().unwrap_or_default().to_owned()
            + shown
                .lines()
                .find(|line| line.contains("bucket"))
                .unwrap_or_default()
    };
    let by_script = shown("ROOT/scripts/status --format text </dev/null");
    assert!(by_script.contains("shop-test-sessions-"), "{by_script}");
    let make =
        "make -s -C ROOT -o build status ARGS=\"--config $PWD/rd.toml --format text\" </dev/null";
    assert_eq!(shown(make), by_script);
    let full = script(
        &world,
        "ROOT/scripts/status --full --format text </dev/null",
    )
    .ok();
    assert!(
        full.stdout.contains("store.bucket.sessions"),
        "{}",
        full.stdout
    );
}

#[test]
fn a_watch_redraws_at_another_width_and_ends_with_ctrl_c() {
    let world = World::new(SETTINGS);
    world.rd("rd-store").args("apply -y").ok();
    let line = "stty rows 30 cols 100 </dev/tty
        (until [ -e narrow ]; do sleep 0.1; done; stty cols 44 </dev/tty) &
        exec ROOT/scripts/status --watch";
    let watch = script(&world, line).env("RD_WATCH_SECONDS", "600");
    let mut watch = watch.on_terminal();
    watch.wait_for("Ctrl-C ends");
    assert!(
        !watch.shown().contains("\u{1b}[3J"),
        "the scrollback is the user's"
    );
    std::fs::write(world.path().join("narrow"), "").unwrap();
    let frames = |shown: &str| shown.matches("Ctrl-C ends").count();
    // Long before it asks again.
    for _ in 0..600 {
        if frames(&watch.shown()) == 2 {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let shown = watch.shown();
    let last = shown.rsplit("\u{1b}[H\u{1b}[2J").next().unwrap_or_default();
    let lines = screen(last, 1000);
    let widest = lines.iter().map(|line| line.chars().count()).max();
    // The id of the bucket is a word that is not broken.
    assert!(widest <= Some(60), "{lines:#?}");
    let wide = shown.split("\u{1b}[H\u{1b}[2J").nth(1).unwrap_or_default();
    let wide = screen(wide, 1000);
    assert!(wide.len() < lines.len(), "{wide:#?}\n{lines:#?}");
    watch.press("\x03");
    let done = watch.end();
    assert_eq!(done.code, 0, "{}", done.stdout);
}

#[test]
fn ctrl_c_ends_a_watch_also_while_it_asks_and_a_mistake_ends_it_at_once() {
    let world = World::new(SETTINGS);
    let watch = script(&world, "ROOT/scripts/status --watch").env("RD_WATCH_SECONDS", "0");
    let mut watch = watch.on_terminal();
    watch.wait_for("Ctrl-C ends");
    watch.press("\x03");
    assert_eq!(watch.end().code, 0);
    let wrong = script(
        &world,
        "ROOT/scripts/status --watch --config none.toml </dev/null",
    );
    let wrong = wrong.code(2);
    assert_eq!(
        wrong.stderr.matches("error:").count(),
        1,
        "{}",
        wrong.stderr
    );
    let folder = std::fs::read_dir(world.path()).unwrap();
    assert!(folder.count() < 10, "nothing is left behind");
}

/// It takes half a minute, and waits nearly all of it.
#[test]
fn without_a_terminal_the_last_program_writes_a_line_every_30_s() {
    let world = World::new(SETTINGS);
    let records = [
        r#"{"type": "begin", "slice": "net", "format": "rd/1", "command": "apply", "stack": "shop-test", "region": "us-east-1", "tool_version": "0", "run": "r"}"#,
        r#"{"type": "progress", "slice": "net", "address": "net.vpc.main", "state": "waiting", "since": "2020-01-01T00:00:00Z"}"#,
        r#"{"type": "progress", "slice": "net", "address": "net.nat_gateway.a", "state": "running", "reason": "AWS says pending", "since": "2020-01-01T00:00:00Z"}"#,
    ];
    let end = r#"{"type": "end", "slice": "net", "status": "ok", "counts": {}, "serial": 1}"#;
    std::fs::write(world.path().join("first"), records.join("\n") + "\n").unwrap();
    std::fs::write(world.path().join("end"), end.to_owned() + "\n").unwrap();
    let line = "upstream() { cat first; sleep 33; cat end; }
        upstream | rd-store apply -y > last.jsonl 2> last.err &
        upstream | rd-store apply -y --state-dir other 2> middle.err | cat > middle.jsonl
        wait";
    script(&world, line).ok();
    let read = |name: &str| std::fs::read_to_string(world.path().join(name)).unwrap();
    let last = read("last.err");
    let lines: Vec<&str> = last
        .lines()
        .filter(|line| line.contains("AWS says pending"))
        .collect();
    assert_eq!(lines.len(), 1, "{last}");
    let line = lines.first().copied().unwrap_or_default();
    assert!(line.contains("1 running, 1 waiting (3"), "{last}");
    assert!(
        line.contains("net.nat_gateway.a AWS says pending ("),
        "{last}"
    );
    assert!(!last.contains('\u{1b}'), "{last:?}");
    // Where another program reads the records, that one says it.
    let middle = read("middle.err");
    assert!(!middle.contains("AWS says"), "{middle}");
}
