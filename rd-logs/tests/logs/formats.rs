//! The output of each format, with 80 and 120 columns, with colors and without.

use insta::{assert_snapshot, with_settings};
use rd_testkit::World;
use rd_testkit::log_events::{group, logs, now, put_one, stream};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n";

/// Messages of applications, a database and flow logs, and one with control sequences.
const MESSAGES: [(&str, &str); 9] = [
    (
        "api/api/3f2a91bc0d7e4a55b1c2d3e4f5a6b7c8",
        r#"{"level":30,"time":1763900000123,"pid":7,"msg":"listening","port":3001}"#,
    ),
    (
        "api/api/3f2a91bc0d7e4a55b1c2d3e4f5a6b7c8",
        r#"{"level":"warn","ts":"2026-11-23T14:00:00Z","message":"slow query","ms":1532.5,"sql":"select 1","ok":true,"user":null}"#,
    ),
    (
        "api/api/9d8c7b6a0d7e4a55b1c2d3e4f5a6b7c8",
        r#"{"severity":"ERROR","msg":"request failed","req":{"id":"r-1","path":"/v1/sessions"},"stack":"Error: no\n    at a (/app/a.js:1:2)\n    at b (/app/b.js:3:4)"}"#,
    ),
    (
        "api/api/9d8c7b6a0d7e4a55b1c2d3e4f5a6b7c8",
        "2026-11-23 14:00:00 [DEBUG] plain text of a logger",
    ),
    (
        "api/migrate/1a2b3c4d0d7e4a55b1c2d3e4f5a6b7c8",
        "panic: it broke\n\tgoroutine 1 [running]:\n\tmain.main()\n",
    ),
    (
        "api/migrate/1a2b3c4d0d7e4a55b1c2d3e4f5a6b7c8",
        "FATAL out of memory",
    ),
    (
        "shop-test-postgres.0",
        "2026-11-23 14:00:00 UTC:10.0.1.7(4242):app@app:[77]:LOG:  duration: 1234.5 ms",
    ),
    (
        "an-eni-0123456789abcdef0-with-a-long-name-all",
        "2 123456789012 eni-0 10.0.1.7 10.0.2.9 44832 5432 6 20 4249 ACCEPT OK",
    ),
    (
        "evil",
        "\u{1b}]0;owned\u{7}\u{1b}[2Jhello \u{1b}[32mgreen\u{1b}[0m",
    ),
];

/// Puts the messages into groups, and returns what a tail prints.
fn printed(flags: &str, columns: &str, color: bool, groups: usize) -> String {
    let world = World::new(SETTINGS);
    let all: Vec<String> = ["service", "other"][..groups]
        .iter()
        .map(|name| group(&world, name))
        .collect();
    let start = now() - 60_000;
    for (number, (name, message)) in MESSAGES.iter().enumerate() {
        let group = &all[number % all.len()];
        if !MESSAGES[..number].iter().any(|(other, _)| other == name) || groups > 1 {
            // The stream may exist already.
            let input = serde_json::json!({"logGroupName": group, "logStreamName": name});
            let listed = logs(
                &world,
                "DescribeLogStreams",
                &serde_json::json!({"logGroupName": group}),
            );
            if !listed.to_string().contains(name) {
                logs(&world, "CreateLogStream", &input);
            }
        }
        put_one(&world, group, name, start + number as i64, message);
    }
    let rd = world
        .rd("rd-logs")
        .args(&format!("tail {} --tz UTC {flags}", all.join(" ")))
        .env("COLUMNS", columns);
    let rd = if color {
        rd.env("CLICOLOR_FORCE", "1")
    } else {
        rd
    };
    let done = rd.ok();
    assert_eq!(done.stderr, "");
    done.stdout
        .replace(&world.account, "ACCOUNT")
        .replace('\u{1b}', "␛")
}

fn check(name: &str, text: &str) {
    with_settings!({filters => vec![
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "YYYY-MM-DDTHH:MM:SS.mmmZ"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}", "YYYY-MM-DD HH:MM:SS.mmm"),
        (r"\d\d:\d\d:\d\d\.\d{3}", "HH:MM:SS.mmm"),
        (r#""id":"\d{56}""#, r#""id":"ID""#),
    ]}, {
        assert_snapshot!(name, text);
    });
}

#[test]
fn text_in_columns() {
    for (columns, color) in [("80", false), ("80", true), ("120", false), ("120", true)] {
        let name = format!("text-{columns}-{}", if color { "color" } else { "plain" });
        check(&name, &printed("-o text", columns, color, 1));
    }
}

#[test]
fn text_of_two_groups() {
    for columns in ["80", "120"] {
        let text = printed("-o text", columns, false, 2);
        check(&format!("groups-{columns}"), &text);
    }
}

#[test]
fn json_lines_raw_and_short() {
    check("json", &printed("", "80", false, 1));
    check("raw", &printed("-o raw", "80", false, 1));
    check("short", &printed("-o short", "120", true, 1));
}

#[test]
fn a_pipe_gets_json_unless_flags_select_another_format() {
    let world = World::new(SETTINGS);
    let group = group(&world, "g");
    stream(&world, &group, "s");
    put_one(&world, &group, "s", now() - 1000, "hello");
    let run = |flags: &str| {
        let rd = world.rd("rd-logs").args(&format!("tail {group} {flags}"));
        rd.ok().stdout
    };
    assert!(run("").starts_with("{\"timestamp\":"));
    assert!(run("--format json").starts_with("{\"timestamp\":"));
    let columns = format!(" s{}hello\n", " ".repeat(34));
    assert!(run("--format text").ends_with(&columns));
    // A pipe gets no colors. Times are in the zone of --tz.
    assert!(!run("-o text").contains('\u{1b}'));
    let hour = |zone: &str| run(&format!("-o short --tz {zone}"))[11..16].to_owned();
    assert_ne!(hour("+00:00"), hour("+05:45"));
}
