//! The commands that show states, and `init`, `view` and `slices`, which need none.

use rd_testkit::World;
use serde_json::Value;

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n[state]\nhistory_versions = 1000\n[net]\nazs = 1\n";

fn applied() -> World {
    let world = World::new(SETTINGS);
    world.rd("rd-net").args("apply -y").ok();
    world.rd("rd-store").args("apply -y").ok();
    world
}

#[test]
fn outputs_list_show_and_pull() {
    let world = applied();
    let outputs = world.rd("rd-state").args("outputs").ok();
    let outputs: Value = serde_json::from_str(&outputs.stdout).unwrap();
    assert!(
        outputs["net"]["vpc_id"]
            .as_str()
            .unwrap()
            .starts_with("vpc-")
    );
    assert!(
        outputs["store"]["bucket_name"]
            .as_str()
            .unwrap()
            .starts_with("shop-test-")
    );
    let text = world.rd("rd-state").args("outputs --format text").ok();
    assert!(text.stdout.contains("net.vpc_id = vpc-"), "{}", text.stdout);

    let list = world.rd("rd-state").args("list").ok();
    let rows: Vec<Value> = list
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(
        rows.iter()
            .all(|row| row["phase"] == "ready" && row["id"].is_string())
    );
    let subnets = world.rd("rd-state").args("list net.subnet").ok();
    assert_eq!(subnets.stdout.lines().count(), 2);

    let show = world.rd("rd-state").args("show net.vpc.main").ok();
    let vpc: Value = serde_json::from_str(&show.stdout).unwrap();
    assert_eq!(vpc["id"], outputs["net"]["vpc_id"]);
    assert_eq!(vpc["spec"]["cidr_block"], "10.0.0.0/16");
    let wrong = world.rd("rd-state").args("show net.vpc.other").code(2);
    assert!(wrong.stderr.contains("net.vpc.main"), "{}", wrong.stderr);

    let pull = world.rd("rd-state").args("pull net").ok();
    let stored = std::fs::read_to_string(world.state_file("shop/test", "net")).unwrap();
    assert_eq!(pull.stdout, stored);
    let wrong = world.rd("rd-state").args("pull data").code(2);
    assert!(wrong.stderr.contains("net, store"), "{}", wrong.stderr);
}

#[test]
fn history_lists_every_version_and_pull_prints_an_old_one() {
    let world = applied();
    let history = world.rd("rd-state").args("history net --all").ok();
    let versions: Vec<Value> = history
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let serials: Vec<u64> = versions
        .iter()
        .map(|v| v["serial"].as_u64().unwrap())
        .collect();
    let newest = *serials.iter().max().unwrap();
    assert_eq!(
        serials.len() as u64,
        newest,
        "no serial is missing: {serials:?}"
    );
    assert!(versions.iter().all(|version| version["command"] == "apply"));
    let runs = world.rd("rd-state").args("history net").ok();
    assert_eq!(runs.stdout.lines().count(), 1, "one apply is one line");
    // A later run that wrote more versions than are read at first.
    let current = world.state_file("shop/test", "net");
    let mut state: Value =
        serde_json::from_str(&std::fs::read_to_string(&current).unwrap()).unwrap();
    state["run"] = "a-long-run".into();
    for serial in newest + 1..newest + 250 {
        state["serial"] = serial.into();
        let name = format!("history/net.{serial}.json");
        std::fs::write(current.with_file_name(name), state.to_string()).unwrap();
    }
    std::fs::write(&current, state.to_string()).unwrap();
    let runs = world.rd("rd-state").args("history net").ok();
    let lines: Vec<&str> = runs.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("a-long-run"), "{lines:?}");
    assert!(
        lines[1].contains(&format!("\"serial\":{newest}")),
        "{lines:?}"
    );
    let newest_run = world.rd("rd-state").args("history net --limit 1").ok();
    assert_eq!(newest_run.stdout.lines().count(), 1);
    let three = world
        .rd("rd-state")
        .args("history net --all --limit 3")
        .ok();
    assert_eq!(three.stdout.lines().count(), 3);
    let none = world.rd("rd-state").args("history net --limit 0").code(2);
    assert!(none.stderr.contains("--limit"), "{}", none.stderr);
    let first = world.rd("rd-state").args("pull net --serial 1").ok();
    let first: Value = serde_json::from_str(&first.stdout).unwrap();
    assert_eq!(first["serial"], 1);
    let none = world.rd("rd-state").args("pull net --serial 9999").code(2);
    assert!(none.stderr.contains("no version 9999"), "{}", none.stderr);
}

#[test]
fn the_graph_is_a_tree_mermaid_or_dot() {
    let world = applied();
    let tree = world.rd("rd-state").args("graph --format text").ok();
    assert!(
        tree.stdout.contains("├─ subnet.private-a") || tree.stdout.contains("└─ vpc.main"),
        "{}",
        tree.stdout
    );
    let graph = world.rd("rd-state").args("graph --format json").ok();
    let graph: Value = serde_json::from_str(&graph.stdout).unwrap();
    let resources = graph["resources"].as_array().unwrap();
    let subnet = resources
        .iter()
        .find(|one| one["address"] == "net.subnet.private-a")
        .unwrap();
    assert_eq!(subnet["depends_on"], serde_json::json!(["net.vpc.main"]));
    assert!(subnet["id"].as_str().unwrap().starts_with("subnet-"));
    let mermaid = world.rd("rd-state").args("graph --format mermaid").ok();
    assert!(
        mermaid.stdout.starts_with("graph ") || mermaid.stdout.starts_with("flowchart "),
        "{}",
        mermaid.stdout
    );
    assert!(mermaid.stdout.contains("-->"));
    let dot = world.rd("rd-state").args("graph --format dot").ok();
    assert!(
        dot.stdout.starts_with("digraph")
            && dot.stdout.contains("->")
            && dot.stdout.trim_end().ends_with('}')
    );
    assert_eq!(
        dot.stdout.matches('{').count(),
        dot.stdout.matches('}').count()
    );
}

#[test]
fn a_saved_plan_is_shown_in_readable_form() {
    let world = World::new(SETTINGS);
    let plan = world.rd("rd-net").args("plan").ok();
    let from_stdin = world
        .rd("rd-state")
        .args("view")
        .stdin(plan.stdout.clone())
        .ok();
    assert!(
        from_stdin.stdout.contains("+ net.vpc.main"),
        "{}",
        from_stdin.stdout
    );
    std::fs::write(world.path().join("plan.jsonl"), plan.stdout).unwrap();
    let from_file = world.rd("rd-state").args("view plan.jsonl").ok();
    assert_eq!(from_file.stdout, from_stdin.stdout);
    world.rd("rd-state").args("view nothing.jsonl").code(2);
    world.rd("rd-state").args("view rd.toml").code(2);
}

#[test]
fn init_writes_settings_that_can_be_planned() {
    let world = World::new("");
    let exists = world.rd("rd-state").args("init --project shop").code(6);
    assert!(exists.stderr.contains("--force"), "{}", exists.stderr);
    std::fs::remove_file(world.path().join("rd.toml")).unwrap();
    world
        .rd("rd-state")
        .args("init --project shop --environment test --region eu-west-1")
        .ok();
    let plan = world.rd("rd-net").args("plan --offline").ok();
    assert_eq!(plan.of_type("begin")[0]["stack"], "shop-test");
    assert_eq!(plan.of_type("begin")[0]["region"], "eu-west-1");
    world.rd("rd-store").args("plan --offline").ok();
    world
        .rd("rd-state")
        .args("init --force")
        .arg("--project")
        .arg("No Good")
        .code(2);

    let text = std::fs::read_to_string(world.path().join("rd.toml")).unwrap();
    assert!(text.lines().count() <= 40, "{text}");

    // Every key of the example is known, and every default is valid when it is uncommented.
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../rd.example.toml");
    let text = std::fs::read_to_string(example).unwrap();
    let uncommented: String = text
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest)
                if rest
                    .split_once(" = ")
                    .is_some_and(|(key, _)| !key.contains(' ')) =>
            {
                format!("{rest}\n")
            }
            _ => format!("{line}\n"),
        })
        .filter(|line| !line.starts_with("region = \"us-east-1\""))
        .collect();
    world.settings(&uncommented);
    for program in ["rd-net", "rd-store"] {
        world.rd(program).args("plan --offline").ok();
    }
}

#[test]
fn init_keeps_the_states_out_of_git() {
    let world = World::new("");
    let ignored = || std::fs::read_to_string(world.path().join(".gitignore")).unwrap();
    let init = || {
        world
            .rd("rd-state")
            .args("init --force --project shop")
            .ok()
    };
    let wrote = init().stdout;
    assert!(
        wrote.starts_with("wrote rd.toml and .gitignore: "),
        "{wrote}"
    );
    assert!(ignored().ends_with("\n.rd/\n"), "{}", ignored());
    let before = ignored();
    assert!(init().stdout.starts_with("wrote rd.toml: "));
    assert_eq!(ignored(), before);
    std::fs::write(world.path().join(".gitignore"), "/target").unwrap();
    init();
    assert!(ignored().starts_with("/target\n# "), "{}", ignored());
    std::fs::write(world.path().join(".gitignore"), "/.rd\n").unwrap();
    init();
    assert_eq!(ignored(), "/.rd\n");
}

#[test]
fn init_asks_for_region_and_domain_on_a_terminal() {
    let world = World::new("");
    std::fs::remove_file(world.path().join("rd.toml")).unwrap();
    let mut terminal = world
        .rd("rd-state")
        .args("init --project shop")
        .env("AWS_REGION", "eu-west-1")
        .on_terminal();
    terminal.wait_for("AWS region [eu-west-1]:");
    terminal.press("nowhere\n");
    terminal.wait_for("`nowhere` is not an AWS region");
    terminal.press("\n");
    terminal.wait_for("domain for HTTPS [empty for none]:");
    terminal.press("https://shop.example\n");
    terminal.wait_for("is not a domain");
    terminal.press("shop.example\n");
    let done = terminal.end();
    assert_eq!(done.code, 0, "{}", done.stdout);
    let text = std::fs::read_to_string(world.path().join("rd.toml")).unwrap();
    assert!(text.contains("\nregion = \"eu-west-1\"\n"), "{text}");
    assert!(text.contains("\ndomain = \"shop.example\"\n"), "{text}");

    // What was passed is not asked for; without a terminal nothing is.
    std::fs::remove_file(world.path().join("rd.toml")).unwrap();
    let init = world
        .rd("rd-state")
        .args("init --region eu-west-1 --domain shop.example");
    assert_eq!(init.on_terminal().end().code, 0);
    let bad = world
        .rd("rd-state")
        .args("init --force --domain shop")
        .code(2);
    assert!(bad.stderr.contains("is not a domain"), "{}", bad.stderr);
    let bad = world
        .rd("rd-state")
        .args("init --force --region moon")
        .code(2);
    assert!(
        bad.stderr.contains("is not an AWS region"),
        "{}",
        bad.stderr
    );
}

#[test]
fn an_environment_that_reads_like_production_is_told_once_in_a_pipe() {
    let world = World::new("project = \"shop\"\nenvironment = \"prod\"\n");
    let told = |line: &str| {
        let done = world.rd("rd-net").shell(line).ok();
        let warnings = done.of_type("diagnostic");
        warnings
            .iter()
            .filter(|one| {
                one["summary"]
                    .as_str()
                    .unwrap()
                    .contains("`prod` has the defaults of a test environment")
            })
            .count()
    };
    assert_eq!(
        told("rd-net plan --offline --no-stdin | rd-store plan --offline"),
        1
    );
    assert_eq!(told("rd-store plan --offline --no-stdin"), 1);
    assert_eq!(
        told("rd-net plan --offline --no-stdin --set protect=false"),
        0
    );
    assert_eq!(
        told("rd-net plan --offline --no-stdin -e production --new-environment"),
        0
    );
    let init = world.rd("rd-state").args("init --force -e prod").ok();
    assert!(
        init.stderr.contains("only `production` has"),
        "{}",
        init.stderr
    );
}

#[test]
fn slices_are_printed_in_pipe_order_without_settings() {
    let world = World::new("");
    std::fs::remove_file(world.path().join("rd.toml")).unwrap();
    let slices = world.rd("rd-state").args("slices").ok();
    assert_eq!(slices.stdout, "net\ndata\ncache\nstore\nedge\necs\nlogs\n");
    let help = world.rd("rd-state").args("--help").ok();
    assert!(!help.stdout.contains("\n  slices"), "{}", help.stdout);
}

#[test]
fn without_a_run_no_lock_is_held() {
    let world = applied();
    let locks = world.rd("rd-state").args("locks --format text").ok();
    assert_eq!(locks.stdout, "no locks held\n");
    let unlock = world.rd("rd-state").args("unlock net --format text").ok();
    assert_eq!(unlock.stdout, "net is not locked\n");
}
