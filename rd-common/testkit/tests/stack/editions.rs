//! The defaults that depend on `edition`: each line of their table holds, and nothing else changes with the edition.

#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_common::settings::editions::{CHANGED, Changed, LATEST};
use rd_testkit::World;
use serde_json::Value;

const BASE: &str = "project = \"shop\"\nregion = \"us-east-1\"\ndomain = \"example.com\"\n";

/// The text of a `rd.toml` of this edition; `keys` are those of the slice's table.
fn file(edition: u32, table: &str, keys: &str) -> String {
    format!("{BASE}edition = {edition}\n[{table}]\n{keys}\n")
}

/// The key that a line needs to be set, as in `rd.toml`.
fn given(line: &Changed) -> String {
    let given = line
        .given
        .map(|(key, value)| format!("{key} = \"{value}\"\n"));
    given.unwrap_or_default()
}

/// What `settings` shows of the key of a line: its value and its source.
fn shown(world: &World, line: &Changed) -> (Value, String) {
    let program = format!("rd-{}", line.table);
    let call = world
        .rd(&program)
        .args("settings")
        .arg(&format!("{}.{}", line.table, line.key));
    let setting: Value = serde_json::from_str(&call.ok().stdout).unwrap();
    let source = setting["source"].as_str().unwrap().to_owned();
    (setting["value"].clone(), source)
}

#[test]
fn a_default_is_that_of_the_edition() {
    let world = World::new("");
    for line in &CHANGED {
        let (keys, key) = (given(line), line.key);
        world.settings(&format!("{BASE}[{}]\n{keys}", line.table));
        let json = |text: &str| match line.is_toml {
            true => serde_json::from_str(text).unwrap(),
            false => Value::from(text),
        };
        let before = line.before.map_or(Value::Null, json);
        assert_eq!(
            shown(&world, line),
            (before.clone(), "default".to_owned()),
            "{line:?}"
        );
        world.settings(&file(line.since - 1, line.table, &keys));
        assert_eq!(shown(&world, line).0, before, "{line:?}");
        world.settings(&file(line.since, line.table, &keys));
        let source = format!("default of edition {}", line.since);
        assert_eq!(shown(&world, line), (json(line.value), source), "{line:?}");
        // Another value of the same type, if there is one.
        let other = match line.value {
            "true" => "false",
            _ if line.is_toml => "7",
            text => text,
        };
        let own = line.before.unwrap_or(other);
        let set = match line.is_toml {
            true => format!("{keys}{key} = {own}"),
            false => format!("{keys}{key} = \"{own}\""),
        };
        world.settings(&file(LATEST, line.table, &set));
        let (value, source) = shown(&world, line);
        assert_eq!(value, json(own));
        assert!(source.contains("rd.toml, line "), "{source}");
    }
}

/// The changes and outputs of a plan for an empty account.
fn plan(world: &World, slice: &str, settings: &str) -> Vec<Value> {
    world.settings(settings);
    let plan = world.rd(&format!("rd-{slice}")).args("plan --offline").ok();
    let mut records = plan.of_type("change");
    records.extend(plan.of_type("output"));
    records
}

#[test]
fn an_edition_changes_what_its_table_says_and_nothing_else() {
    let world = World::new("");
    for slice in ["net", "data", "cache", "store", "edge", "ecs"] {
        let lines = CHANGED.iter().filter(|line| line.table == slice);
        let keys: String = lines
            .map(|line| match line.is_toml {
                true => format!("{} = {}\n", line.key, line.value),
                false => format!("{} = \"{}\"\n", line.key, line.value),
            })
            .collect();
        // Without a certificate that is issued, there is no listener for HTTPS yet.
        let base = match slice {
            "edge" => "certificate_arn = \"arn:aws:acm:us-east-1:123456789012:certificate/1\"\n",
            _ => "",
        };
        let today = plan(&world, slice, &format!("{BASE}[{slice}]\n{base}"));
        assert_eq!(today, plan(&world, slice, &file(1, slice, base)), "{slice}");
        let latest = plan(&world, slice, &file(LATEST, slice, base));
        let set = file(1, slice, &format!("{base}{keys}"));
        assert_eq!(latest, plan(&world, slice, &set), "{slice}");
        assert_eq!(latest == today, keys.is_empty(), "{slice}");
    }
}

#[test]
fn an_unknown_edition_is_refused_by_every_program() {
    let world = World::new(&format!("{BASE}edition = 9\n"));
    for program in ["rd-net", "rd-logs", "rd-state"] {
        let failed = world.rd(program).args("settings").code(2);
        let says = ["line 4", "knows no edition 9", "1 to 2"];
        assert!(
            says.iter().all(|text| failed.stderr.contains(text)),
            "{}",
            failed.stderr
        );
        assert_eq!(
            failed.stderr.matches("error").count(),
            1,
            "{}",
            failed.stderr
        );
    }
    world.settings(BASE);
    let failed = world.rd("rd-state").args("settings --edition 9").code(2);
    assert!(
        failed
            .stderr
            .contains("--edition: `edition`: this version of rd knows no edition 9"),
        "{}",
        failed.stderr
    );
}

#[test]
fn what_another_edition_would_change_is_shown_for_these_settings() {
    let world = World::new(&format!(
        "{BASE}[edge]\nssl_policy = \"ELBSecurityPolicy-TLS13-1-3-2021-06\"\n"
    ));
    let shown = world
        .rd("rd-state")
        .args("settings --edition 2")
        .env("RD_DATA_DATABASE_INSIGHTS", "standard")
        .ok();
    let lines: Vec<Value> = shown
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let text: Vec<String> = lines
        .iter()
        .map(|line| format!("{} {} {}", line["key"], line["value"], line["value_there"]))
        .collect();
    let changed = [
        "\"cache.engine\" \"redis\" \"valkey\"",
        "\"cache.engine_version\" null \"8.2\"",
        "\"cache.events\" null true",
        "\"ecs.log_mode\" null \"blocking\"",
        "\"ecs.zone_rebalancing\" null true",
        "\"logs.database_events\" false true",
        "\"logs.latency_min_requests\" null 20",
        "\"logs.running_tasks_missing_data\" \"breaching\" \"missing\"",
    ];
    assert_eq!(text, changed);
    let table = world
        .rd("rd-cache")
        .args("settings --edition 2 --format text")
        .ok()
        .stdout;
    assert!(
        table.starts_with("SETTING               VALUE    EDITION 2\ncache.engine "),
        "{table}"
    );
}

#[test]
fn settings_say_where_they_were_set() {
    let text = format!(
        "{BASE}[data]\nmulti_az = true\n[data.parameters]\n\"rds.force_ssl\" = 0\n[environments.production.data]\nusername = \"shop\"\n"
    );
    let world = World::new(&text);
    let all = world
        .rd("rd-data")
        .args("settings --set data.instance_class=db.t4g.large")
        .env("RD_DATA_ALLOCATED_STORAGE", "30")
        .ok();
    let source = |key: &str| {
        let lines = all
            .stdout
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        let setting = lines.into_iter().find(|one| one["key"] == key).unwrap();
        let source = setting["source"].as_str().unwrap();
        let source = source.rsplit('/').next().unwrap().to_owned();
        format!("{} {} {source}", setting["value"], setting["default"])
    };
    assert_eq!(source("data.multi_az"), "true false rd.toml, line 5");
    assert_eq!(
        source("data.parameters.\"rds.force_ssl\""),
        "0 null rd.toml, line 7"
    );
    assert_eq!(source("data.username"), "\"shop\" \"app\" rd.toml, line 9");
    assert_eq!(
        source("data.instance_class"),
        "\"db.t4g.large\" \"db.t4g.medium\" --set data.instance_class"
    );
    assert_eq!(
        source("data.allocated_storage"),
        "30 20 RD_DATA_ALLOCATED_STORAGE"
    );
    assert_eq!(source("data.kms_key"), "null null default");
    let one = world
        .rd("rd-state")
        .args("settings project --format text")
        .ok()
        .stdout;
    assert!(
        one.starts_with("project = \"shop\"  (")
            && one.contains("rd.toml, line 1)\n  The name of the project;"),
        "{one}"
    );
    assert!(!one.contains("environment"), "{one}");
    let explained = |program: &str, key: &str| {
        let shown = world
            .rd(program)
            .args("settings --format text")
            .arg(key)
            .ok();
        shown.stdout
    };
    assert_eq!(
        explained("rd-state", "data.multi_az")
            .split_once('(')
            .unwrap()
            .0,
        "data.multi_az = true  "
    );
    let multi_az = explained("rd-data", "data.multi_az");
    assert!(
        multi_az.ends_with(
            "\n  Whether there is a standby instance in another zone.\n  allowed: true or false\n  default: false\n"
        ),
        "{multi_az}"
    );
    let storage = explained("rd-data", "data.allocated_storage");
    assert!(storage.contains("\n  allowed: 20 to "), "{storage}");
    let nat = explained("rd-net", "net.nat");
    assert!(
        nat.contains("\n  allowed: \"single\", \"per-az\", \"none\"\n")
            && !nat.contains("default:"),
        "{nat}"
    );
    let table = explained("rd-cost", "cost.usage");
    assert!(
        table.contains("cost.usage.nat_gb") && table.contains("\n\n"),
        "{table}"
    );
    let wrong = world.rd("rd-state").args("settings data.multi_as").code(2);
    assert!(
        wrong.stderr.contains("did you mean `data.multi_az`"),
        "{}",
        wrong.stderr
    );
}

/// The page on editions has a line for each.
#[test]
fn the_page_on_editions_lists_every_changed_default() {
    let page = std::fs::read_to_string(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/editions.md"),
    )
    .unwrap();
    for line in CHANGED {
        let row = page
            .lines()
            .find(|row| row.starts_with(&format!("| `{}.{}` |", line.table, line.key)));
        let row = row.unwrap_or_else(|| panic!("{line:?}"));
        assert!(row.contains(&format!("`{}`", line.value)), "{row}");
        assert!(row.contains(line.before.unwrap_or("not set")), "{row}");
    }
}
