//! Every command has a schema for its JSON, and what the commands print fits. The testkit checks each document that a test
//! makes a program print; here are the records, and what no other test prints.

use rd_testkit::{World, assert_fits, fits, schema_of};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

const PROGRAMS: [&str; 9] = [
    "rd-net", "rd-data", "rd-cache", "rd-store", "rd-edge", "rd-ecs", "rd-logs", "rd-state",
    "rd-cost",
];

/// The commands that a help lists.
fn commands(world: &World, program: &str, path: &str) -> Vec<String> {
    let help = world.rd(program).args(path).args("--help").ok().stdout;
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    lines
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|command| *command != "help")
        .map(|command| format!("{path} {command}").trim_start().to_owned())
        .collect()
}

#[test]
fn every_command_has_a_schema() {
    let world = World::new("");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema");
    let mut used = BTreeSet::from(["record".to_owned(), "state".to_owned()]);
    for program in PROGRAMS {
        let mut all = commands(&world, program, "");
        for command in all.clone() {
            all.extend(commands(&world, program, &command));
        }
        assert!(all.len() > 3, "{program}: {all:?}");
        let schemas = all.iter().filter_map(|command| schema_of(program, command));
        used.extend(schemas);
    }
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.strip_suffix(".schema.json").map(str::to_owned)
        })
        .collect();
    assert_eq!(used, files);
}

#[test]
fn records_and_states_fit() {
    let world = World::new("project = \"shop\"\nenvironment = \"test\"\n[net]\nazs = 1\n");
    let net = |line: &str| world.rd("rd-net").args(line);
    let state = |line: &str| world.rd("rd-state").args(line).ok().stdout;
    let mut lines = String::new();
    for command in [
        "plan",
        "apply -y",
        "plan --set net.azs=2",
        "status",
        "doctor",
        "rebuild",
    ] {
        lines.push_str(&net(command).ok().stdout);
    }
    lines.push_str(&net("plan --region eu-west-1").code(6).stdout);
    assert_fits("record", &lines);
    let stored = serde_json::from_str(&state("pull net")).unwrap();
    fits("state", &stored).unwrap();
    for kind in [
        "begin",
        "change",
        "output",
        "applied",
        "status",
        "diagnostic",
        "end",
    ] {
        assert!(
            lines.contains(&format!("{{\"type\":\"{kind}\"")),
            "no {kind}"
        );
    }
    // How many versions an apply writes differs, and only so many of them are kept.
    let history = state("history net --all");
    let serial = |line: Option<&str>| -> Value {
        let version: Value = serde_json::from_str(line.unwrap()).unwrap();
        version["serial"].clone()
    };
    let (oldest, last) = (
        serial(history.lines().last()),
        serial(history.lines().nth(1)),
    );
    // The testkit checks these.
    for command in [
        "outputs",
        "list",
        "show net.vpc.main",
        &format!("diff net {oldest}"),
        "graph",
        "mv net.subnet.private-a net.subnet.private-z",
        &format!("restore net {last}"),
        "unlock net",
        "rm net.vpc.main",
    ] {
        assert!(!state(command).is_empty(), "{command}");
    }
    let pulled = state("pull net");
    let push = world.rd("rd-state").args("push net --force").stdin(pulled);
    push.ok();
    assert!(net("check api db 5432").run().stdout.contains("reachable"));
}

#[test]
fn an_output_is_quoted_where_json_is_asked_for() {
    let world = World::new("project = \"shop\"\nenvironment = \"test\"\n");
    world.rd("rd-store").args("apply -y").ok();
    let output = |line: &str| world.rd("rd-store").args("output").args(line).ok().stdout;
    let plain = output("bucket_arn");
    assert!(
        plain.starts_with("arn:aws:s3:::shop-test-sessions-"),
        "{plain}"
    );
    let json = output("bucket_arn --format json");
    assert_eq!(json, format!("\"{}\"\n", plain.trim_end()));
    let all: serde_json::Value = serde_json::from_str(&output("--format json")).unwrap();
    assert_eq!(all["bucket_arn"], plain.trim_end());
}
