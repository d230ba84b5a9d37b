//! `scripts/first-run`: the life of a stack in an environment of its own, with a report.

#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::faults::{Calls, Fault, Proxy, Rule};
use rd_testkit::{Done, World};
use serde_json::{Value, json};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n";

fn first_run(world: &World, flags: &str) -> Done {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/first-run");
    let line = format!("{script} {flags} </dev/null");
    world.rd("rd-net").shell(&line).run()
}

fn file(world: &World, name: &str) -> String {
    std::fs::read_to_string(world.path().join("first-run").join(name)).unwrap()
}

/// The attempts so far: step, number, and whether it ended well.
fn attempts(world: &World) -> Vec<(String, u64, bool)> {
    let journal = file(world, "steps.jsonl");
    let entries = journal
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    entries
        .map(|one| {
            (
                one["step"].as_str().unwrap().to_owned(),
                one["attempt"].as_u64().unwrap(),
                one["ok"].as_bool().unwrap(),
            )
        })
        .collect()
}

fn names(attempts: &[(String, u64, bool)]) -> Vec<&str> {
    attempts.iter().map(|(name, _, _)| name.as_str()).collect()
}

#[test]
fn a_first_run_goes_through_the_life_of_a_stack_and_reports_it() {
    let world = World::new(SETTINGS);
    let kept = first_run(&world, "--slices net,data,store -y --keep");
    assert_eq!(kept.code, 0, "{}{}", kept.stdout, kept.stderr);
    let how = "To take it down: scripts/first-run --take-down --slices net,data,store";
    assert!(kept.stdout.contains(how), "{}", kept.stdout);
    // It is a stack of its own.
    assert!(file(&world, "rd.toml").contains("environment = \"firstrun\""));
    assert!(!world.state_file("shop/test", "net").exists());

    let secret = json!({"SecretId": "shop/firstrun/database"});
    let secret = world.json("secretsmanager.GetSecretValue", &secret);
    let secret: Value = serde_json::from_str(secret["SecretString"].as_str().unwrap()).unwrap();
    let password = secret["password"].as_str().unwrap();

    let done = first_run(&world, "--slices net,data,store -y");
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    let all = attempts(&world);
    assert_eq!(
        names(&all),
        [
            "preflight",
            "plan",
            "apply",
            "no-changes",
            "status",
            "rd-net-check-database",
            "rd-net-check-aws",
            "rd-data-check",
            "rd-store-usage",
            "change-net",
            "change-data",
            "change-store",
            "no-changes-after",
            "destroy",
            "nothing-left"
        ],
        "each step once, in two runs"
    );
    assert!(all.iter().all(|(_, number, ok)| *number == 1 && *ok));
    let report = file(&world, "report.md");
    for name in names(&all) {
        let records = file(&world, &format!("{name}.jsonl"));
        for line in records.lines() {
            serde_json::from_str::<Value>(line).unwrap();
        }
        assert!(report.contains(&format!("\n## {name}\n")), "{name}");
    }
    for part in [
        "# First run of shop-firstrun",
        "| [apply](#apply) | ok |",
        "    $ rd-net destroy",
        "- net: 35 create",
        "Look at: ",
    ] {
        let part = part.replace("    $ rd-net destroy", "| rd-net destroy -y");
        assert!(report.contains(&part), "{part}: {report}");
    }
    for entry in std::fs::read_dir(world.path().join("first-run")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = path.is_file().then(|| std::fs::read(&path).unwrap());
        let text = String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned();
        assert!(!text.contains(password), "{path:?}");
    }
    let over = first_run(&world, "--slices net,data,store -y");
    assert_eq!((over.code, attempts(&world)), (0, all), "{}", over.stdout);
}

#[test]
fn a_first_run_continues_where_it_failed_and_a_failed_check_does_not_stop_it() {
    let proxy = Proxy::start(rd_testkit::endpoint());
    let world = World::at(SETTINGS, proxy.url());
    let refused = Rule {
        calls: Calls::Of("CreateNatGateway"),
        first: 0,
        times: usize::MAX,
        fault: Fault::Refuse {
            status: 403,
            code: "UnauthorizedOperation",
        },
    };
    proxy.rules(vec![refused], None);
    let failed = first_run(&world, "--slices net,edge -y");
    assert_eq!(failed.code, 1, "{}", failed.stdout);
    assert_eq!(names(&attempts(&world)), ["preflight", "plan", "apply"]);
    assert!(failed.stdout.contains("is up and costs money"));
    assert!(file(&world, "report.md").contains("| [apply](#apply) | **failed** |"));

    // The load balancer has no name in DNS here, so that its check fails.
    proxy.rules(Vec::new(), None);
    let done = first_run(&world, "--slices net,edge -y");
    assert_eq!(done.code, 1, "{}{}", done.stdout, done.stderr);
    assert!(done.stdout.contains("== plan: done before"));
    let all = attempts(&world);
    let bad = all.iter().filter(|(_, _, ok)| !ok);
    let bad: Vec<_> = bad
        .map(|(name, number, _)| (name.as_str(), *number))
        .collect();
    assert_eq!(bad, [("apply", 1), ("rd-edge-check", 1)], "{}", done.stdout);
    assert!(all.contains(&("apply".to_owned(), 2, true)));
    assert!(all.contains(&("nothing-left".to_owned(), 1, true)));
    assert!(file(&world, "report.md").contains("**not well**: DNS of "));
}

#[test]
fn what_is_left_after_the_take_down_is_a_failure() {
    let world = World::new(SETTINGS);
    let done = first_run(&world, "--slices store -y");
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    // In the state of another checkout, so that the run knows it by its tags alone.
    let elsewhere = "apply -y -e firstrun --new-environment";
    world.rd("rd-store").args(elsewhere).ok();
    let left = first_run(&world, "--slices store -y --again nothing-left");
    assert_eq!(left.code, 1, "{}", left.stdout);
    let said = "resources of store are still there: take it down again (--again destroy)";
    assert!(left.stdout.contains(said), "{}", left.stdout);
    let gone = first_run(&world, "--slices store -y --again destroy");
    assert_eq!(gone.code, 0, "{}{}", gone.stdout, gone.stderr);
    assert_eq!(world.inventory(), [""; 0]);
}

#[test]
fn a_first_run_asks_before_it_creates_anything() {
    let world = World::new(SETTINGS);
    let unasked = first_run(&world, "--slices store");
    assert_eq!(unasked.code, 6, "{}", unasked.stderr);
    assert_eq!(names(&attempts(&world)), ["preflight", "plan"]);
    for (flags, said) in [
        ("--again nothing", "--again accepts: preflight, plan, apply"),
        ("--slices moon", "--slices accepts: net"),
        ("--moon", "not recognized"),
        ("moon", "is no option"),
    ] {
        let refused = first_run(&world, flags);
        assert_eq!(refused.code, 2, "{flags}: {}", refused.stderr);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
    let help = first_run(&world, "--help");
    assert!(help.code == 0 && help.stdout.contains("examples:"));
    let steps = first_run(&world, "--list --slices store").stdout;
    assert!(steps.contains("destroy: rd-store destroy -y --delete-objects"));
}
