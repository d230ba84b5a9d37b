//! Every recipe of "Recovery" in docs/state.md, from the broken state to a plan without changes.

#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::faults::{Calls, Fault, Proxy, Rule};
use rd_testkit::{World, endpoint, finish};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n";

/// The recipes that the tests below follow, by their first words in docs/state.md. Those of the shared store are followed by
/// its own tests (`rd-common/src/state/shared`, and `stack/shared_state_verbs.rs` of the testkit).
const RECIPES: [&str; 13] = [
    "A run was killed, or the machine died.",
    "You want to know what is wrong.",
    "The state file is broken.",
    "The state file and its history are broken.",
    "`.rd` is gone.",
    "The states are in `.rd/<project>-<environment>/`.",
    "A resource was created manually, or by Terraform.",
    "Somebody changed the wrong thing.",
    "A resource must stay, but rd must forget it.",
    "A state in the bucket was deleted or overwritten.",
    "A run could not save its state.",
    "A move between stores was interrupted.",
    "The lock is held.",
];

#[test]
fn every_recipe_is_followed_here() {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/state.md");
    let text = fs::read_to_string(docs).unwrap();
    let (_, recovery) = text.split_once("## Recovery").unwrap();
    let leads: Vec<&str> = recovery
        .split("\n\n")
        .filter_map(|paragraph| Some(paragraph.strip_prefix("**")?.split_once("**")?.0))
        .collect();
    assert_eq!(leads, RECIPES);
}

fn applied() -> World {
    let world = World::new(SETTINGS);
    world.rd("rd-store").args("apply -y").ok();
    world
}

fn state(world: &World) -> Value {
    serde_json::from_str(&world.rd("rd-state").args("pull store").ok().stdout).unwrap()
}

fn serial(world: &World) -> u64 {
    state(world)["serial"].as_u64().unwrap()
}

fn up_to_date(world: &World) {
    let plan = world.rd("rd-store").args("plan").ok();
    assert_eq!(plan.actions(), [""; 0]);
}

/// The files of the history of the store's state.
fn history(world: &World) -> Vec<PathBuf> {
    let folder = world.state_file("shop/test", "store");
    let folder = folder.parent().unwrap().join("history");
    let files = fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().path()).collect()
}

/// "A run was killed, or the machine died."
#[test]
fn a_killed_run_is_repeated() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    proxy.rules(vec![Rule::once(Calls::Changes, 0, Fault::KillAfter)], None);
    let killed = world.rd("rd-store").args("apply -y").start();
    proxy.victim(killed.id());
    assert_eq!(finish(killed).code, -1);
    proxy.rules(Vec::new(), None);
    world.rd("rd-store").args("apply -y").ok();
    up_to_date(&world);
}

/// "You want to know what is wrong."
#[test]
fn the_doctor_says_what_is_wrong() {
    let world = applied();
    world.rd("rd-state").args("rm store.bucket.sessions").ok();
    let found = world.rd("rd-state").args("doctor store").code(1);
    assert!(
        found.stderr.contains("missing in the state") && found.stderr.contains("--fix"),
        "{}",
        found.stderr
    );
    world.rd("rd-state").args("doctor store --fix").ok();
    world.rd("rd-state").args("doctor store").ok();
    up_to_date(&world);
}

/// "The state file is broken." Each command that refuses names the next one, and that one works.
#[test]
fn a_broken_state_is_restored_from_its_history() {
    let world = applied();
    let newest = serial(&world);
    let file = world.state_file("shop/test", "store");
    // As `echo x > .rd/shop/test/store.json` does.
    fs::write(&file, "x\n").unwrap();
    let plan = world.rd("rd-store").args("plan").code(1);
    assert!(
        plan.stderr.contains("rd-state history") && plan.stderr.contains("rd-state restore"),
        "{}",
        plan.stderr
    );
    world.rd("rd-state").args("doctor store --local").code(1);
    let listed = world.rd("rd-state").args("history store --all").ok();
    assert_eq!(listed.stdout.lines().count() as u64, newest);
    world
        .rd("rd-state")
        .args(&format!("restore store {newest}"))
        .ok();
    assert_eq!(serial(&world), newest + 1);
    up_to_date(&world);
    let kept = fs::read_to_string(file.with_extension("json.broken")).unwrap();
    assert_eq!(kept, "x\n", "the broken state is kept");

    // A rebuild does the same without a serial.
    fs::write(&file, "x\n").unwrap();
    let rebuilt = world.rd("rd-state").args("rebuild store").ok();
    assert_eq!(rebuilt.actions(), [""; 0], "nothing was missing");
    assert_eq!(state(&world)["serial"], newest + 1);
    up_to_date(&world);
}

/// "The state file and its history are broken."
#[test]
fn a_state_without_a_history_is_rebuilt() {
    let world = applied();
    let file = world.state_file("shop/test", "store");
    for broken in history(&world).into_iter().chain([file.clone()]) {
        fs::write(broken, "x\n").unwrap();
    }
    let listed = world.rd("rd-state").args("history store").code(1);
    assert!(
        listed.stderr.contains("rd-state rebuild store"),
        "{}",
        listed.stderr
    );
    let rebuilt = world.rd("rd-state").args("rebuild store").ok();
    assert_eq!(rebuilt.actions(), ["adopt store.bucket.sessions"]);
    assert!(
        rebuilt.stderr.contains(".json.broken") || rebuilt.stdout.contains(".json.broken"),
        "{}",
        rebuilt.stdout
    );
    up_to_date(&world);
}

/// "`.rd` is gone.": the whole folder with its history.
#[test]
fn a_lost_folder_is_rebuilt() {
    let world = applied();
    fs::remove_dir_all(world.path().join(".rd")).unwrap();
    world.rd("rd-state").args("rebuild store").ok();
    up_to_date(&world);
}

/// "A resource was created manually, or by Terraform."
#[test]
fn a_foreign_bucket_is_imported() {
    let world = World::new(SETTINGS);
    let name = format!("shop-test-sessions-{}", world.account);
    assert_eq!(world.s3("PUT", &format!("/{name}"), "").status, 200);
    let imported = world
        .rd("rd-state")
        .args("import store.bucket.sessions")
        .arg(&name)
        .ok();
    assert_eq!(imported.actions(), ["adopt store.bucket.sessions"]);
    let plan = world.rd("rd-store").args("plan").ok();
    assert_eq!(plan.actions(), ["update store.bucket.sessions"]);
    world.rd("rd-store").args("apply -y").ok();
    up_to_date(&world);
}

/// "Somebody changed the wrong thing."
#[test]
fn a_wrong_change_is_found_and_taken_back() {
    let world = applied();
    let before = serial(&world);
    world.settings(&format!("{SETTINGS}[store]\nmultipart_days = 3\n"));
    world.rd("rd-store").args("apply -y").ok();
    let after = serial(&world);
    let diff = world
        .rd("rd-state")
        .args(&format!("diff store {before} {after}"));
    assert!(diff.ok().stdout.contains("lifecycle"));
    world.settings(SETTINGS);
    world.rd("rd-store").args("apply -y").ok();
    up_to_date(&world);
}

/// "A resource must stay, but rd must forget it."
#[test]
fn a_forgotten_resource_stays() {
    let net = format!("{SETTINGS}[net]\nazs = 1\n");
    let world = World::new(&format!("{net}endpoints = [\"logs\"]\n"));
    world.rd("rd-net").args("apply -y").ok();
    world.settings(&net);
    let plan = world.rd("rd-net").args("plan").ok();
    let actions = plan.actions();
    let deleted = actions.iter().filter_map(|one| one.strip_prefix("delete "));
    let forget: Vec<&str> = deleted.collect();
    assert!(forget.contains(&"net.vpc_endpoint.logs"), "{forget:?}");
    let forget = forget.join(" ");
    world.rd("rd-state").args(&format!("rm {forget}")).ok();
    let plan = world.rd("rd-net").args("plan").ok();
    assert_eq!(plan.actions(), [""; 0], "nothing is to be deleted");
    let endpoints = world.ec2("DescribeVpcEndpoints", &[]);
    assert!(endpoints.body.contains(".logs</serviceName>"));
}

/// "The lock is held." Also that of a first apply, which has no state yet, by a user whose name no variable has.
#[test]
fn a_held_lock_names_its_holder() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    let slow = Fault::Delay(Duration::from_secs(60));
    proxy.rules(vec![Rule::at_first(Calls::All, usize::MAX, slow)], None);
    let mut first = world
        .rd("rd-store")
        .args("apply -y")
        .without("USER")
        .without("LOGNAME")
        .start();
    let locks = loop {
        let locks = world.rd("rd-state").args("locks").ok().stdout;
        if !locks.is_empty() || first.try_wait().unwrap().is_some() {
            break locks;
        }
    };
    assert!(!world.state_file("shop/test", "store").exists());
    let lock: Value = serde_json::from_str(&locks).unwrap();
    assert_eq!(lock["slice"], "store");
    let user = std::process::Command::new("id")
        .arg("-un")
        .output()
        .unwrap();
    let user = String::from_utf8(user.stdout).unwrap();
    let who = lock["who"].as_str().unwrap();
    assert!(who.starts_with(&format!("{}@", user.trim())), "{who}");
    let other = world
        .rd("rd-store")
        .args("apply -y --lock-timeout 0s")
        .code(4);
    assert!(other.stderr.contains(who), "{}", other.stderr);
    let doctor = world.rd("rd-state").args("doctor --local").run();
    assert!(doctor.stderr.contains(who), "{}", doctor.stderr);
    first.kill().unwrap();
    finish(first);
    proxy.rules(Vec::new(), None);
    world.rd("rd-store").args("apply -y").ok();
    up_to_date(&world);
}

/// "The states are in `.rd/<project>-<environment>/`." As an earlier version left them.
#[test]
fn states_of_the_old_layout_are_moved() {
    let world = applied();
    let new = world.path().join(".rd/shop/test");
    let old = world.path().join(".rd/shop-test");
    fs::rename(&new, &old).unwrap();
    let mut before = state(&world);
    for key in ["project", "environment"] {
        before.as_object_mut().unwrap().remove(key).unwrap();
    }
    fs::write(old.join("store.json"), before.to_string()).unwrap();
    up_to_date(&world);
    assert!(old.join("store.json").exists());
    world
        .rd("rd-store")
        .args("apply -y --set tags.Owner=me")
        .ok();
    assert!(new.join("store.json").exists() && !old.exists());
    assert!(!history(&world).is_empty());
}
