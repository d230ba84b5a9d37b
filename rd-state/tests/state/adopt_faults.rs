//! `rd-state adopt` and its undo, killed and disturbed at any call: run again, they end the same.

#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use crate::adopt::{SETTINGS, seen, terraform_network};
use rd_testkit::faults::{Lag, Scenario};
use rd_testkit::{Rd, World};
use serde_json::{Value, json};

/// What the API says of the network and of the bucket, with the tags.
fn everything(world: &World) -> Vec<String> {
    let mut all = seen(world, true);
    let bucket = format!("/web-sessions-{}", world.account);
    for part in ["tagging", "lifecycle", "versioning", "policy", "encryption"] {
        let answer = world.s3("GET", &format!("{bucket}?{part}"), "");
        // An error has an id of its own.
        all.push(if answer.status < 300 {
            answer.body
        } else {
            answer.status.to_string()
        });
    }
    all
}

/// A network and a bucket that Terraform has made, its state in a file, and beside it what the API says of them.
fn prepare(world: &World) {
    let mut state = terraform_network(world, "nat = \"none\"\n");
    let bucket = format!("web-sessions-{}", world.account);
    assert!(world.s3("PUT", &format!("/{bucket}"), "").status < 300);
    let instance = json!({"attributes": {"id": bucket, "bucket": bucket}});
    state["resources"].as_array_mut().unwrap().push(json!({
        "mode": "managed", "type": "aws_s3_bucket", "name": "sessions", "instances": [instance],
        "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
    }));
    std::fs::write(world.path().join("terraform.tfstate"), state.to_string()).unwrap();
    std::fs::write(
        world.path().join("before.json"),
        json!(everything(world)).to_string(),
    )
    .unwrap();
}

fn before(world: &World) -> Vec<String> {
    let text = std::fs::read(world.path().join("before.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

fn adopt(world: &World) -> Rd {
    world.rd("rd-state").args("adopt terraform.tfstate -y")
}

fn undo(world: &World) -> Rd {
    world.rd("rd-state").args("adopt --undo -y")
}

/// Nothing is doubled, plans are empty, and an undo finds the tags of before.
fn is_adopted(world: &World) {
    for program in ["rd-net", "rd-store"] {
        let planned = world.rd(program).args("plan --exit-code").run();
        assert_eq!(planned.code, 0, "{}{}", planned.stdout, planned.stderr);
    }
    let text = std::fs::read_to_string(world.path().join("rd.toml")).unwrap();
    assert_eq!(text.matches("cidr = \"10.7.0.0/16\"").count(), 1, "{text}");
    let state: Value =
        serde_json::from_slice(&std::fs::read(world.state_file("shop/test", "net")).unwrap())
            .unwrap();
    let all = state["resources"].as_object().unwrap();
    let adopted = all
        .values()
        .filter(|one| one["adopted"].is_object())
        .count();
    assert_eq!(adopted, all.len(), "all was adopted, and nothing created");
    undo(world).ok();
    is_given_back(world);
}

fn is_given_back(world: &World) {
    assert_eq!(everything(world), before(world), "as before, with the tags");
    assert_eq!(world.rd("rd-state").args("list").ok().stdout, "");
    assert_eq!(world.count_managed_by("rd"), 0);
}

const ADOPTION: Scenario = Scenario {
    settings: SETTINGS,
    prepare,
    command: adopt,
    check: is_adopted,
};

const UNDO: Scenario = Scenario {
    settings: SETTINGS,
    prepare: |world| {
        prepare(world);
        adopt(world).ok();
    },
    command: undo,
    check: is_given_back,
};

#[test]
fn an_adoption_ends_the_same_whatever_happens_to_it() {
    let calls = ADOPTION.record();
    assert!(ADOPTION.killed(&calls, 1) > 3);
    ADOPTION.answers_lost(&calls, 1);
    ADOPTION.throttled(&calls, 1);
}

#[test]
fn an_undo_ends_the_same_whatever_happens_to_it() {
    let calls = UNDO.record();
    assert!(UNDO.killed(&calls, 1) > 3);
    UNDO.answers_lost(&calls, 1);
    UNDO.throttled(&calls, 1);
}

#[test]
fn reads_that_lag_give_the_same_tags_back() {
    let first = UNDO.survives(Vec::new(), Some(Lag::of(1)));
    assert_eq!(first.code, 0, "{}", first.stderr);
}
