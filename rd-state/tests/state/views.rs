//! `rd-state view`: what people see of records, in every format, at every width.

use insta::{assert_snapshot, with_settings};
use rd_testkit::{Rd, World, assert_fits};

const RECORDS: &str = include_str!("views/records.jsonl");

/// A view of the records of a production stack in which much changes at once.
fn view(world: &World, line: &str) -> Rd {
    let view = world.rd("rd-state").args("view").args(line);
    view.stdin(RECORDS)
}

macro_rules! snapshot {
    ($name:expr, $text:expr) => {
        // The styles are files of their own.
        with_settings!({
            omit_expression => true,
            prepend_module_to_snapshot => false,
            snapshot_path => "views",
            filters => vec![(r"(?s)<style>.*?</style>", "<style>…</style>")],
        }, {
            assert_snapshot!($name, $text);
        });
    };
}

#[test]
fn a_plan_is_shown_at_every_width() {
    let world = World::new("");
    for width in ["60", "80", "120"] {
        let plain = view(&world, "").env("COLUMNS", width).ok().stdout;
        let colored = view(&world, "")
            .env("COLUMNS", width)
            .env("CLICOLOR_FORCE", "1")
            .ok()
            .stdout;
        assert!(colored.contains("\u{1b}["));
        snapshot!(format!("plan_{width}"), plain);
        snapshot!(
            format!("plan_{width}_colored"),
            colored.replace('\u{1b}', "␛")
        );
    }
    for width in 40..=200 {
        if width % 8 != 0 {
            continue;
        }
        let text = view(&world, "--full").env("COLUMNS", &width.to_string());
        for line in text.ok().stdout.lines() {
            let fits = line.chars().count() <= width;
            // A word that is longer has a line of its own.
            assert!(
                fits || line.split_whitespace().count() <= 1,
                "{width}: {line}"
            );
        }
    }
}

const STATUS: &str = include_str!("views/status.jsonl");
const APPLIED: &str = include_str!("views/applied.jsonl");

#[test]
fn applies_statuses_and_full_plans_are_shown_at_every_width() {
    let world = World::new("");
    let view = |records: &str, line: &str, width: &str| {
        let view = world.rd("rd-state").args("view").args(line);
        view.stdin(records).env("COLUMNS", width)
    };
    for (name, records, line) in [
        ("applied", APPLIED, ""),
        ("status", STATUS, ""),
        ("status_in_full", STATUS, "--full"),
        ("plan_in_full", RECORDS, "--full"),
    ] {
        for width in ["40", "60", "80", "120"] {
            let plain = view(records, line, width).ok().stdout;
            let colored = view(records, line, width).env("CLICOLOR_FORCE", "1");
            let colored = colored.ok().stdout.replace('\u{1b}', "␛");
            snapshot!(format!("{name}_{width}"), plain);
            snapshot!(format!("{name}_{width}_colored"), colored);
        }
    }
    let full = view(STATUS, "--full", "80").ok().stdout;
    assert!(full.contains("net.vpc.main"), "{full}");
}

#[test]
fn a_narrow_status_says_what_a_wide_one_says_and_parts_no_number_from_its_unit() {
    let world = World::new("");
    let view = |width: usize| {
        let view = world.rd("rd-state").args("view").stdin(STATUS);
        view.env("COLUMNS", &width.to_string()).ok().stdout
    };
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let wide = words(&view(120));
    assert!(wide.contains("greater than the threshold (10.0)"), "{wide}");
    for width in (40..120).step_by(4) {
        let text = view(width);
        assert_eq!(words(&text), wide, "{width}");
        for (above, below) in text.lines().zip(text.lines().skip(1)) {
            let number = above.split(' ').next_back().unwrap_or_default();
            let begins = below.trim_start();
            let is_unit = ["GB", "GiB", "USD", "h ", "%"].map(|unit| begins.starts_with(unit));
            assert!(
                number.parse::<f64>().is_err() || !is_unit.contains(&true),
                "{width}: {above}\n{below}"
            );
        }
    }
}

/// README has the plan of a whole stack with its cost as the programs print it, without some lines.
#[test]
fn the_plan_in_readme_is_as_it_is() {
    let settings = "project = \"shop\"\nenvironment = \"production\"\nregion = \"eu-central-1\"\n\
        domain = \"shop.example.com\"\n[edge]\nhosted_zone = \"none\"\n[logs]\nalert_email = \"ops@example.com\"\n";
    let world = World::new(settings).in_region("eu-central-1");
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let line = format!("{root}/scripts/plan --format text");
    let shown = world.rd("rd-net").env("COLUMNS", "80").shell(&line).ok();
    let shown = shown.stdout.replace(&world.account, "123456789012");
    let lines: Vec<&str> = shown.lines().collect();
    let summary = lines[1];
    assert!(
        summary.starts_with("79 to create; ") && summary.contains(" USD a month"),
        "{shown}"
    );
    let readme = std::fs::read_to_string(format!("{root}/README.md")).unwrap();
    let begin = format!("```text\n{}\n{summary}\n", lines[0]);
    let block = readme.split_once(&begin);
    let (_, block) = block.unwrap_or_else(|| panic!("README lacks:\n{begin}"));
    let block = block.split_once("```").unwrap().0;
    // What stands between two `…` is there without a gap, and in this order.
    let mut rest = &lines[2..];
    for part in block.split("…\n") {
        let part: Vec<&str> = part.lines().collect();
        let found = rest.windows(part.len()).position(|lines| lines == part);
        let found = found.unwrap_or_else(|| panic!("not printed: {part:#?}\n{shown}"));
        rest = &rest[found + part.len()..];
    }
    assert_eq!(rest, [""; 0], "README leaves out the end");
    // The three screens are of one stack.
    let price = summary.split(['+', '(']).nth(1).unwrap().trim();
    assert!(readme.contains(&format!("  cost: {price} · ")), "{price}");
}

/// README has the end of an apply and a status as they are.
#[test]
fn the_screens_in_readme_are_as_they_are() {
    let world = World::new("");
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    for (records, skipped) in [
        (APPLIED, "shop-production done"),
        (STATUS, "shop-production"),
    ] {
        let view = world.rd("rd-state").args("view").stdin(records);
        let screen = view.env("COLUMNS", "80").ok().stdout;
        let begin = screen.find(skipped).unwrap();
        let block = format!("```text\n{}```\n", &screen[begin..]);
        assert!(
            readme.contains(&block),
            "README lacks this screen:\n{block}"
        );
    }
}

#[test]
fn alarms_with_the_same_reason_share_an_entry_and_a_screen_reader_gets_words_for_marks() {
    let world = World::new("");
    let alarms: String = (0..13)
        .map(|number| {
            format!(
                "{{\"type\": \"status\", \"slice\": \"logs\", \"address\": \"logs.alarm.new-{number}\", \"kind\": \"alarm\", \
                 \"id\": \"shop-new-{number}\", \"health\": \"pending\", \"reason\": \"INSUFFICIENT_DATA: Unchecked\"}}\n"
            )
        })
        .collect();
    let view = |line: &str, status: &str| {
        let view = world.rd("rd-state").args(line);
        let view = view.stdin(status.to_owned() + &alarms);
        view.env("COLUMNS", "80").ok().stdout
    };
    let without_the_longest = STATUS
        .lines()
        .filter(|line| !line.contains("Threshold Crossed"));
    let without_the_longest: String = without_the_longest
        .map(|line| format!("{line}\n"))
        .collect();
    let text = view("view", &without_the_longest);
    let together = "~ logs.alarm × 13  pending: INSUFFICIENT_DATA: Unchecked\n    \
                    new-0, new-1, new-2, new-3, new-4, new-5, and 7 more\n";
    assert!(text.contains(together), "{text}");
    // Where there is no room for the reason, which ones they are is still there.
    let text = view("view", STATUS);
    let in_short = "~ logs.alarm × 13  pending: status --full shows why\n";
    assert!(text.ends_with(in_short), "{text}");
    assert_eq!(text.lines().count(), 23, "{text}");
    let words = view("view --plain", STATUS);
    let begins_with_a_sign =
        |line: &&str| !line.starts_with(|c: char| c.is_alphanumeric() || c == ' ');
    let signs: Vec<&str> = words.lines().filter(begins_with_a_sign).collect();
    assert!(signs.is_empty(), "{words}");
    for line in [
        "ok: cache: cache.t4g.micro",
        "attention: logs.alarm.errors",
        "cost: 118.42 USD",
        "note: drift: 1 drifted",
    ] {
        assert!(words.contains(&format!("\n{line}")), "`{line}`: {words}");
    }
}

/// A stack in which nothing is well still has one screen.
#[test]
fn a_status_has_at_most_24_lines() {
    let world = World::new("");
    let spoilt = STATUS.replace("\"ready\", \"fields\"", "\"failed\", \"fields\"");
    let more: String = (0..40)
        .map(|number| {
            format!(
                "{{\"type\": \"status\", \"slice\": \"net\", \"address\": \"net.route.r{number}\", \"kind\": \"route\", \
                 \"health\": \"gone\", \"reason\": \"deleted outside of rd\"}}\n"
            )
        })
        .collect();
    for records in [STATUS.to_owned(), spoilt + &more] {
        let view = world.rd("rd-state").args("view").stdin(records.clone());
        let text = view.env("COLUMNS", "80").ok().stdout;
        assert!(text.lines().count() <= 24, "{text}");
    }
}

#[test]
fn a_terminal_that_cannot_show_signs_or_colors_gets_none() {
    let world = World::new("");
    let of = |name: &str, value: &str| {
        let view = view(&world, "").env("CLICOLOR_FORCE", "");
        view.env("COLUMNS", "80").env(name, value).ok().stdout
    };
    let ascii = of("LANG", "C");
    assert!(ascii.is_ascii(), "{ascii}");
    snapshot!("plan_ascii", ascii);
    assert!(!of("LANG", "C.UTF-8").is_ascii());
    let words = view(&world, "--plain").env("COLUMNS", "80").ok().stdout;
    assert!(words.is_ascii(), "{words}");
    snapshot!("plan_words", words);
    std::fs::write(world.path().join("records"), RECORDS).unwrap();
    let on_terminal = || world.rd("rd-state").args("view records");
    assert!(on_terminal().on_terminal().end().stdout.contains('\u{1b}'));
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb"), ("RD_PLAIN", "1")] {
        let shown = on_terminal().env(name, value).on_terminal().end();
        assert!(!shown.stdout.contains('\u{1b}'), "{name}: {}", shown.stdout);
    }
}

#[test]
fn records_are_markdown_a_page_json_and_a_drawing() {
    let world =
        World::new("project = \"shop\"\nenvironment = \"production\"\nregion = \"eu-central-1\"\n");
    let markdown = view(&world, "--format markdown").ok().stdout;
    // Nothing of the records is markup: what looks like it stands in code.
    for line in markdown.lines().filter(|line| line.contains("@octocat")) {
        assert!(line.starts_with("    containers"), "{line}");
    }
    snapshot!("plan_markdown", markdown);
    let json = view(&world, "--format json").ok().stdout;
    assert_fits("rd-state.view", &json);
    let page = view(&world, "--format html").ok().stdout;
    for evil in ["<script", "<b>see", "<i>deep", "http:", "https:"] {
        assert!(!page.contains(evil), "{evil}: {page}");
    }
    snapshot!("plan_html", page);
    std::fs::write(world.path().join("records"), RECORDS).unwrap();
    for (format, begin) in [
        ("svg", "<svg xmlns="),
        ("mermaid", "flowchart LR\n"),
        ("dot", "digraph stack {"),
        ("text", "net\n"),
    ] {
        let line = format!("graph --records records --format {format}");
        let graph = world.rd("rd-state").args(&line).ok().stdout;
        assert!(graph.starts_with(begin), "{graph}");
        snapshot!(format!("graph_{format}"), graph);
    }
    let json = world.rd("rd-state").args("graph --records records").ok();
    assert!(
        json.stdout.contains(r#""action":"replace""#),
        "{}",
        json.stdout
    );
    let other = ["--set", "project=other"];
    let refused = world
        .rd("rd-state")
        .args("graph --records records")
        .args(&other.join(" "));
    assert!(
        refused
            .code(2)
            .stderr
            .contains("the records are of shop-production")
    );
    world
        .rd("rd-state")
        .args("view records --format svg")
        .code(2);
}

#[test]
fn the_records_of_a_run_go_into_a_file_while_its_text_is_shown() {
    let world = World::new("project = \"shop\"\nenvironment = \"test\"\nregion = \"us-east-1\"\n");
    let pipe = "rd-net plan --offline </dev/null | rd-store plan --offline --format";
    let run = |line: String| {
        world
            .rd("rd-net")
            .shell(&format!("set -o pipefail; {line}"))
    };
    let shown = run(format!("{pipe} text --json-into plan.jsonl"))
        .ok()
        .stdout;
    assert!(shown.contains("store: 1 to create"), "{shown}");
    let records = std::fs::read_to_string(world.path().join("plan.jsonl")).unwrap();
    assert_fits("record", &records);
    for slice in ["net", "store"] {
        assert!(records.contains(&format!(r#"{{"type":"end","slice":"{slice}""#)));
    }
    let later = world.rd("rd-state").args("view plan.jsonl").ok().stdout;
    assert_eq!(later, shown);
    let both = run(format!("{pipe} json --json-into same.jsonl"))
        .ok()
        .stdout;
    let same = std::fs::read_to_string(world.path().join("same.jsonl")).unwrap();
    assert_eq!(both, same);
    // A program without records has none for a file, and what cannot be written is a failure.
    run("rd-net settings --json-into x".to_owned()).code(2);
    run("rd-net plan --offline --no-stdin --json-into none/x".to_owned()).code(2);
    run("rd-net plan --offline --no-stdin --json-into /dev/full".to_owned()).code(1);
}

/// The whole stack of a first run: at most 90 lines for about 79 creations, whatever program shows it.
#[test]
fn a_first_plan_fits_a_few_screens() {
    let world = World::new("project = \"shop\"\nenvironment = \"test\"\nregion = \"us-east-1\"\n");
    let slices = ["net", "data", "cache", "store", "edge", "ecs", "logs"];
    let pipe = slices.map(|slice| format!("rd-{slice} plan --offline"));
    let pipe = pipe.join(" | ");
    let shown = |end: &str| {
        let line = format!("set -o pipefail; {pipe} {end}");
        let rd = world.rd("rd-net").env("COLUMNS", "80");
        rd.shell(&line).ok().stdout
    };
    let by_the_last_program = shown("--format text");
    let by_view = shown("| rd-state view");
    assert_eq!(by_the_last_program, by_view);
    let lines = by_view.lines().count();
    let created = by_view
        .lines()
        .filter(|line| line.starts_with("+ "))
        .count();
    assert!(created > 70, "{by_view}");
    assert!(lines <= created + 11, "{lines} lines:\n{by_view}");
    let long: Vec<&str> = by_view
        .lines()
        .filter(|line| line.chars().count() > 80)
        .collect();
    assert!(long.is_empty(), "{long:?}");
    let headings = slices.map(|slice| by_view.find(&format!("\n{slice}: ")).unwrap_or(0));
    assert!(headings.is_sorted(), "{by_view}");
    let with_cost = shown("| rd-cost estimate --format text");
    let summary = with_cost.lines().nth(1).unwrap_or_default();
    assert!(summary.contains("USD a month"), "{with_cost}");
}

/// What differs from run to run, at the same width.
const FILTERS: [(&str, &str); 5] = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "2026-11-28T06:00:00Z"),
    (r"(?m)\b[0-9a-f]{8}$", "01234567"),
    (r"(?m)^\d\d  ", "35  "),
    (
        r"\b(vpc|subnet|rtb|rtbassoc|igw|sg|sgr|eipalloc|nat|vpce)-[0-9a-f]{17}",
        "$1-0123456789abcdef0",
    ),
    (r"\b\d{12}\b", "123456789012"),
];

#[test]
fn the_history_and_a_diff_of_a_state_are_shown_at_every_width() {
    let world = World::new(
        "project = \"shop\"\nenvironment = \"production\"\nregion = \"us-east-1\"\nprotect = false\n\
        [net]\nazs = 1\nnat = \"none\"\n",
    );
    world.rd("rd-net").args("apply -y").ok();
    world.rd("rd-store").args("apply -y").ok();
    let history = world.rd("rd-state").args("history net").ok().records();
    let serial = history[0]["serial"].to_string();
    let more = "--set net.app_port=8080 --set net.azs=2";
    world.rd("rd-net").args("apply -y").args(more).ok();
    let days = "--set store.retention_days=400";
    let first = world.rd("rd-state").args("history store").ok().records()[0]["serial"].to_string();
    world.rd("rd-store").args("apply -y").args(days).ok();
    for (name, line) in [
        ("history", "history net --format text".to_owned()),
        ("diff", format!("diff net {serial} --format text")),
        (
            "diff_of_the_bucket",
            format!("diff store {first} --format text"),
        ),
    ] {
        for width in ["60", "80", "120"] {
            let seen = |color: &str| {
                let rd = world.rd("rd-state").args(&line).env("COLUMNS", width);
                rd.env("CLICOLOR_FORCE", color)
                    .ok()
                    .stdout
                    .replace('\u{1b}', "␛")
            };
            with_settings!({
                filters => FILTERS.to_vec(),
                omit_expression => true,
                prepend_module_to_snapshot => false,
                snapshot_path => "views",
            }, {
                assert_snapshot!(format!("{name}_{width}"), seen(""));
                assert_snapshot!(format!("{name}_{width}_colored"), seen("1"));
            });
        }
    }
}

#[test]
fn the_doctor_is_shown_at_every_width() {
    let world = World::new("project = \"shop\"\nenvironment = \"test\"\nregion = \"us-east-1\"\n");
    world.rd("rd-store").args("apply -y").ok();
    let bucket = world.id("store.bucket.sessions");
    assert!(world.s3("DELETE", &format!("/{bucket}"), "").status < 300);
    for width in ["60", "80", "120"] {
        let doctor = || {
            let doctor = world.rd("rd-state").args("doctor store net --format text");
            doctor.env("COLUMNS", width)
        };
        let seen = |doctor: Rd| {
            let done = doctor.code(1);
            let text = format!("{}---\n{}", done.stdout, done.stderr);
            text.replace(&world.account, "123456789012")
                .replace('\u{1b}', "␛")
        };
        snapshot!(format!("doctor_{width}"), seen(doctor()));
        snapshot!(
            format!("doctor_{width}_colored"),
            seen(doctor().env("CLICOLOR_FORCE", "1"))
        );
    }
}

#[test]
fn a_run_that_failed_before_it_knew_its_stack_has_no_header() {
    let world = World::new("");
    std::fs::remove_file(world.path().join("rd.toml")).unwrap();
    let planned = world.rd("rd-net").args("plan").run();
    assert_eq!(planned.code, 2, "{}", planned.stdout);
    let view = world
        .rd("rd-state")
        .args("view")
        .stdin(planned.stdout.as_str());
    let shown = view.run();
    assert!(shown.stderr.contains("no rd.toml"), "{}", shown.stderr);
    assert!(shown.stdout.starts_with("net: "), "{}", shown.stdout);
}
