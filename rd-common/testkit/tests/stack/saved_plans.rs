//! A saved plan is applied as it was reviewed, or refused: whatever line of it was changed, and whatever setting.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::{Rd, World};
use serde_json::{Value, json};

const SETTINGS: &str =
    "project = \"shop\"\nenvironment = \"test\"\n[tags]\nOwner = \"alice\"\n[net]\nazs = 1\n";

/// Applies a plan, which must be refused before anything is changed.
fn refused(world: &World, program: &str, plan: &str, wanted: &str) {
    let before = world.inventory();
    let done = world.rd(program).args("apply").stdin(plan).code(6);
    assert!(done.stderr.contains(wanted), "{wanted}: {}", done.stderr);
    assert!(done.actions().is_empty());
    assert_eq!(world.inventory(), before);
}

/// The plan with its `change` record at `place` changed.
fn changed(plan: &str, place: usize, change: impl Fn(&mut Value)) -> String {
    let mut seen = 0;
    let lines = plan.lines().map(|line| {
        let mut record: Value = serde_json::from_str(line).unwrap();
        if record["type"] == "change" {
            if seen == place {
                change(&mut record);
            }
            seen += 1;
        }
        format!("{record}\n")
    });
    lines.collect()
}

#[test]
fn tags_of_creates_are_shown_and_compared() {
    let world = World::new(SETTINGS);
    let plan = world.rd("rd-store").args("plan").ok();
    assert_eq!(plan.of_type("change")[0]["tags"]["Owner"], "alice");
    let view = world
        .rd("rd-state")
        .args("view --full")
        .stdin(plan.stdout.clone())
        .ok();
    let shown = view.stdout.lines().find(|line| line.contains("tags."));
    let words: Vec<&str> = shown.unwrap().split_whitespace().collect();
    assert_eq!(words, ["tags.Owner", "alice"]);

    let mallory = ["--set", "tags.Owner=mallory"];
    let apply = |set: &[&str]| {
        let rd = world
            .rd("rd-store")
            .args("apply")
            .stdin(plan.stdout.clone());
        set.iter().fold(rd, |rd, argument| rd.arg(argument)).run()
    };
    let done = apply(&mallory);
    assert_eq!(done.code, 6, "{}", done.stderr);
    let wanted = "create this resource with other tags";
    assert!(done.stderr.contains(wanted), "{}", done.stderr);
    assert_eq!(apply(&[]).code, 0);
}

#[test]
fn a_plan_with_a_changed_line_is_refused() {
    let world = World::new(SETTINGS);
    world.rd("rd-net").args("apply -y").ok();
    // Every action: what is up to date, an update, a create.
    let plan = world
        .rd("rd-net")
        .args("plan --set net.app_port=8080 --set net.azs=2")
        .ok();
    let changes = plan.of_type("change");
    let actions: std::collections::BTreeSet<&str> = changes
        .iter()
        .map(|change| change["action"].as_str().unwrap())
        .collect();
    assert!(
        actions.contains("none") && actions.contains("create"),
        "{actions:?}"
    );
    let text = plan.stdout.as_str();
    let apply = |plan: String, what: &str| {
        let done = world
            .rd("rd-net")
            .args("apply --set net.app_port=8080 --set net.azs=2")
            .stdin(plan)
            .code(6);
        assert!(done.actions().is_empty(), "{what}");
    };
    let of = |action: &str| changes.iter().position(|one| one["action"] == action);
    for action in actions {
        let place = of(action).unwrap();
        let address = changes[place]["address"].as_str().unwrap();
        let one = |what: &str, change: &dyn Fn(&mut Value)| {
            apply(
                changed(text, place, change),
                &format!("{what} of {address}"),
            );
        };
        one("kind", &|record| record["kind"] = json!("bucket"));
        one("id", &|record| record["id"] = json!("vpc-0"));
        one("address", &|record| record["address"] = json!("net.vpc.x"));
        one("action", &|record| record["action"] = json!("delete"));
        one("tags", &|record| record["tags"]["Owner"] = json!("mallory"));
    }
    let whole: Vec<&str> = text.lines().collect();
    let line = whole
        .iter()
        .position(|line| line.contains("\"change\""))
        .unwrap();
    let without = [&whole[..line], &whole[line + 1..]].concat();
    apply(without.join("\n"), "a line is missing");
    let twice = [&whole[..=line], &whole[line..]].concat();
    apply(twice.join("\n"), "a line is there twice");
}

#[test]
fn predecessors_that_are_still_to_be_deleted_are_compared() {
    let world = World::new(SETTINGS);
    world.rd("rd-store").args("apply -y").ok();
    let file = world.state_file("shop/test", "store");
    let mut state: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let bucket = &mut state["resources"]["store.bucket.sessions"];
    // Two buckets that were replaced, as a run leaves them that was stopped before it deleted them.
    let old = ["shop-test-old-1", "shop-test-old-2"];
    for name in old {
        assert_eq!(world.s3("PUT", &format!("/{name}"), "").status, 200);
    }
    bucket["deposed"] = old.iter().map(|name| json!({"id": name})).collect();
    std::fs::write(&file, state.to_string()).unwrap();
    let plan = world.rd("rd-store").args("plan").ok();
    let changes = plan.of_type("change");
    let deletes: Vec<usize> = (0..changes.len())
        .filter(|place| changes[*place]["action"] == "delete")
        .collect();
    assert_eq!(deletes.len(), 2, "{changes:?}");
    for place in deletes {
        let other = changed(&plan.stdout, place, |record| record["id"] = json!("other"));
        refused(
            &world,
            "rd-store",
            &other,
            "delete this resource with another id",
        );
        let none = changed(&plan.stdout, place, |record| {
            record["action"] = json!("none");
        });
        refused(&world, "rd-store", &none, "store.bucket.sessions");
    }
    world.rd("rd-store").args("apply").stdin(plan.stdout).ok();
}

#[test]
fn two_plans_of_a_slice_are_not_one() {
    let world = World::new(SETTINGS);
    let plan = world.rd("rd-store").args("plan").ok().stdout;
    let done = world
        .rd("rd-store")
        .args("apply")
        .stdin(plan.repeat(2))
        .code(2);
    let wanted = "a second saved plan of store";
    assert!(done.stderr.contains(wanted), "{}", done.stderr);
    let pipe = Rd::pipe(vec![
        world.rd("rd-store").args("apply -y"),
        world.rd("rd-store").args("apply -y"),
    ]);
    assert_eq!(pipe[1].code, 2, "{}", pipe[1].stderr);
}
