//! What a plan warns of: docs/risks.md lists it as the kinds say it.

#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::World;
use std::collections::BTreeMap;
use std::path::Path;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The value of a text constant in a source file.
fn constant<'a>(code: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = code.split_once(&format!("const {name}"))?;
    let (_, rest) = rest.split_once('=')?;
    let rest = rest.trim_start().trim_start_matches("Some(");
    rest.trim_start().strip_prefix('"')?.split('"').next()
}

/// By kind, what is lost with it and what does not work while it is gone.
fn of_kinds(folder: &Path, all: &mut BTreeMap<String, Vec<String>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            of_kinds(&path, all);
            continue;
        }
        let code = std::fs::read_to_string(&path).unwrap();
        let Some((_, code)) = code.split_once("\nimpl Kind for ") else {
            continue;
        };
        let texts = ["DATA: Option", "WHILE_GONE: Option"];
        let texts = texts.iter().filter_map(|name| constant(code, name));
        let texts: Vec<String> = texts.map(str::to_owned).collect();
        if let (Some(kind), false) = (constant(code, "NAME: "), texts.is_empty()) {
            all.insert(kind.to_owned(), texts);
        }
    }
}

#[test]
fn the_page_lists_what_each_kind_says() {
    let mut all = BTreeMap::new();
    for folder in ["net", "data", "cache", "store", "edge", "ecs", "logs"] {
        of_kinds(
            &Path::new(ROOT).join(format!("rd-{folder}/src/kinds")),
            &mut all,
        );
    }
    of_kinds(&Path::new(ROOT).join("rd-common/kinds"), &mut all);
    assert!(all.len() > 15, "{all:?}");
    let page = std::fs::read_to_string(format!("{ROOT}/docs/risks.md")).unwrap();
    let rows: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    for (kind, texts) in &all {
        let row = rows
            .iter()
            .find(|row| row.starts_with(&format!("| `{kind}` |")));
        for text in texts {
            assert!(
                row.is_some_and(|row| row.contains(text)),
                "`{kind}`: {text}"
            );
        }
    }
}

#[test]
fn a_plan_says_what_does_not_work_and_a_destroy_only_what_is_lost() {
    let world = World::new("project = \"shop\"\nenvironment = \"test\"\n");
    let net = |line: &str| world.rd("rd-net").env("COLUMNS", "120").args(line);
    net("apply -y").ok();
    let plan = net("plan --set net.nat=none --format text").ok().stdout;
    let plan = plan.replace("\n  ", " ");
    for line in [
        "! downtime: net.nat_gateway.a (what routes to it does not reach the internet)",
        "net.route.private-a-internet (traffic to its destination goes nowhere)",
    ] {
        assert!(plan.contains(line), "{line}\n{plan}");
    }
    let destroy = net("destroy").on_terminal();
    destroy.wait_for("Type the stack's name");
    assert!(!destroy.shown().contains("downtime"), "{}", destroy.shown());
    let mut destroy = destroy;
    destroy.press("no\n");
    assert_eq!(destroy.end().code, 6);
}
