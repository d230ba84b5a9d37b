//! Imports go one way: a room of a crate imports only rooms below it.
//!
//! A room is a folder of `src`, or a file beside it. Each crate's rooms are listed here from top to bottom; a room that
//! is not listed fails the test, so that a new one gets its place.

#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Each crate with its rooms, from top to bottom.
const CRATES: &[(&str, &[&str])] = &[
    (
        "rd-common",
        &[
            "cli",
            "commands",
            "apply",
            "plan",
            "pipe",
            "connect",
            "other_program",
            "context",
            "flags",
            "completion",
            "output",
            "records",
            "resource",
            "terraform_resources",
            "state",
            "settings",
            "aws",
            "permissions",
            "arn",
            "stack",
            "outputs",
            "slices",
            "error",
            "exit",
            "suggestion",
            "version",
            "wait_scale",
            "child_process",
        ],
    ),
    (
        "rd-net",
        &[
            "commands",
            "recorded",
            "reachability",
            "slice",
            "scan",
            "discover",
            "endpoint_services",
            "permissions",
            "availability_zones",
            "kinds",
            "config",
            "ec2",
            "clients",
            "rule_peer",
            "subnet_blocks",
            "describe",
        ],
    ),
    (
        "rd-data",
        &[
            "commands",
            "slice",
            "scan",
            "permissions",
            "log_groups",
            "monitoring_role",
            "config",
            "kinds",
            "engine_version",
            "rds",
            "clients",
            "recorded",
        ],
    ),
    (
        "rd-cache",
        &[
            "commands",
            "slice",
            "scan",
            "permissions",
            "log_groups",
            "config",
            "kinds",
            "elasticache",
            "engine",
            "clients",
            "recorded",
        ],
    ),
    (
        "rd-store",
        &[
            "commands",
            "slice",
            "scan",
            "permissions",
            "kinds",
            "bucket_contents",
            "clients",
            "config",
            "s3_errors",
            "expected_owner",
        ],
    ),
    (
        "rd-edge",
        &[
            "commands",
            "slice",
            "scan",
            "permissions",
            "manual_records",
            "discover",
            "addresses",
            "config",
            "kinds",
            "domain_names",
            "elb",
            "clients",
            "read",
            "redirect",
            "aws_errors",
            "recorded",
        ],
    ),
    (
        "rd-ecs",
        &[
            "commands",
            "completion",
            "session",
            "rollout",
            "diagnose",
            "verify",
            "preflight",
            "images",
            "service_context",
            "slice",
            "scan",
            "permissions",
            "config",
            "tasks",
            "recorded",
            "kinds",
            "clients",
            "names",
            "time",
            "read",
            "simulation",
        ],
    ),
    (
        "rd-logs",
        &[
            "commands",
            "events",
            "slice",
            "scan",
            "permissions",
            "alarm_rules",
            "chat",
            "time",
            "kinds",
            "cloudwatch_tags",
            "dashboard",
            "clients",
            "config",
            "metric",
            "alarm_state",
            "discover",
            "names",
        ],
    ),
    (
        "rd-state",
        &[
            "commands",
            "permissions",
            "bootstrap",
            "adoption",
            "scan",
            "terraform",
            "export",
            "formats",
            "graph",
            "escape",
            "settings_file",
            "slice_programs",
            "stack_states",
            "trust",
        ],
    ),
    (
        "rd-common/kinds/iam",
        &[
            "scan",
            "permissions",
            "propagation",
            "role",
            "role_policy",
            "service_linked_role",
            "document",
        ],
    ),
    (
        "rd-common/kinds/log-group",
        &["permissions", "settings", "scan", "kind", "read", "errors"],
    ),
    ("rd-common/kinds/topic", &["permissions", "policy", "kind"]),
    (
        "rd-common/kinds/secret",
        &[
            "scan",
            "permissions",
            "check",
            "secret",
            "version",
            "rotation",
            "description",
            "value",
            "form",
            "generate",
        ],
    ),
    (
        "rd-cost",
        &[
            "commands",
            "permissions",
            "observing_calls",
            "tag_problems",
            "compare",
            "savings",
            "waste",
            "anomalies",
            "budget",
            "price_list",
            "cost_explorer",
            "report",
            "estimate",
            "pricing",
            "observed",
            "prices",
            "clients",
            "owned",
            "inventory",
            "config",
            "usage",
            "usage_types",
            "line",
            "money",
        ],
    ),
    (
        "rd-common/testkit",
        &[
            "archive",
            "bad_day",
            "domain",
            "drift",
            "inventory",
            "restricted",
            "log_events",
            "metric",
            "secrecy",
            "service",
            "stand_ins",
            "terminal",
            "watched",
            "rounds",
            "faults",
            "network",
            "world",
            "http",
            "run",
            "schema",
            "screen",
            "kinds",
            "server",
            "canned",
        ],
    ),
];

/// Rust source without comments and without its unit tests, which may look anywhere.
fn without_comments_and_tests(text: &str) -> String {
    let code = text
        .split("#[cfg(test)]\nmod tests")
        .next()
        .unwrap_or_default();
    let lines = code
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// The rooms that a file names behind `crate::`, also in a list of imports.
fn imported(code: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for (at, marker) in code.match_indices("crate::") {
        // `$crate::` in a macro, or the end of another word.
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$')) {
            continue;
        }
        let rest = &code[at + marker.len()..];
        if let Some(list) = rest.strip_prefix('{') {
            rooms.extend(heads(list));
        } else {
            rooms.extend(head(rest));
        }
    }
    rooms
}

/// The first name of a path; none of a type or constant of the crate itself.
fn head(path: &str) -> Option<String> {
    let name: String = path
        .trim_start()
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    name.starts_with(|c: char| c.is_ascii_lowercase())
        .then_some(name)
}

/// The first names of the paths in a braced list, whose opening brace is gone.
fn heads(list: &str) -> Vec<String> {
    let mut names = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            ',' if depth == 0 => {
                names.extend(head(&list[start..at]));
                start = at + 1;
            }
            '}' if depth == 0 => {
                names.extend(head(&list[start..at]));
                break;
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    names
}

/// Every Rust file under a folder.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found
}

/// The room of a file, relative to `src`; none of `lib.rs` and `main.rs`, which name all rooms.
fn room(file: &Path) -> Option<String> {
    let first = file.components().next()?.as_os_str().to_str()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    (!matches!(name, "lib" | "main")).then(|| name.to_owned())
}

#[test]
fn a_list_of_imports_is_taken_apart() {
    let code =
        "use crate::{aws::{self, Access}, error, Slice};\nlet x = crate::stack::short_hash(a);";
    let found: Vec<String> = imported(code).into_iter().collect();
    assert_eq!(found, ["aws", "error", "stack"]);
    assert!(imported("$crate::client!(); mycrate::x::y();").is_empty());
}

#[test]
fn imports_go_one_way() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut problems = Vec::new();
    for (name, rooms) in CRATES {
        let place = |room: &str| rooms.iter().position(|one| *one == room);
        let source = root.join(name).join("src");
        let all = files(&source);
        assert!(all.len() > 3, "{name} has no source");
        for file in all {
            let relative = file.strip_prefix(&source).unwrap();
            let Some(own) = room(relative) else {
                continue;
            };
            let Some(own_place) = place(&own) else {
                problems.push(format!("{name}: the room `{own}` has no place in the list"));
                continue;
            };
            let code = without_comments_and_tests(&std::fs::read_to_string(&file).unwrap());
            for target in imported(&code) {
                match place(&target) {
                    Some(place) if place >= own_place => {}
                    Some(_) => problems.push(format!(
                        "{name}/src/{}: `{own}` imports `{target}`, which is above it",
                        relative.display()
                    )),
                    None => problems.push(format!(
                        "{name}/src/{}: imports `{target}`, which has no place in the list",
                        relative.display()
                    )),
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// No slice's crate knows another: they speak in records and outputs.
#[test]
fn no_slice_depends_on_another() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let programs: Vec<String> = std::fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("src/main.rs").is_file())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert!(programs.len() >= 8, "{programs:?}");
    for program in &programs {
        let manifest = std::fs::read_to_string(root.join(program).join("Cargo.toml")).unwrap();
        let manifest: Vec<&str> = manifest
            .lines()
            .filter_map(|line| line.split(['.', ' ', '=']).next())
            .collect();
        for other in programs.iter().filter(|other| *other != program) {
            assert!(
                !manifest.contains(&other.as_str()),
                "{program} depends on {other}"
            );
        }
    }
}
