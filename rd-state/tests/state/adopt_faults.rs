//! `rd-state adopt` and its undo, killed and disturbed at any call: run again, they end the same.

#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use crate::adopt::{SETTINGS, seen, terraform_network};
use crate::adopt_database::{Legacy, NAME, PLANTED, assert_only_rotated, foreign};
use crate::adopt_edge::{seen_entry, terraform_entry};
use rd_testkit::faults::{Calls, Fault, Lag, Proxy, Rule, Scenario};
use rd_testkit::{Api, ELASTICACHE, RDS, Rd, World, endpoint, finish};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command};
use std::time::Duration;

/// What Terraform has made, and what the API says of it, tags included.
struct Stack {
    /// The programs whose slices it has.
    programs: &'static [&'static str],
    everything: fn(&World) -> Vec<String>,
}

impl Stack {
    /// Writes Terraform's state into a file, and beside it what the API says.
    fn keep(&self, world: &World, state: &str) {
        std::fs::write(world.path().join("terraform.tfstate"), state).unwrap();
        let before = json!((self.everything)(world));
        std::fs::write(world.path().join("before.json"), before.to_string()).unwrap();
    }

    /// Nothing is doubled, plans are empty, and an undo finds the tags of before.
    fn is_adopted(&self, world: &World) {
        for program in self.programs {
            let planned = world.rd(program).args("plan --exit-code").run();
            assert_eq!(planned.code, 0, "{}{}", planned.stdout, planned.stderr);
            let slice = program.trim_start_matches("rd-");
            let state = std::fs::read(world.state_file("shop/test", slice)).unwrap();
            let state: Value = serde_json::from_slice(&state).unwrap();
            let mut all = state["resources"].as_object().unwrap().values();
            assert!(
                all.all(|one| one["adopted"].is_object()),
                "all was adopted, and nothing created: {state}"
            );
        }
        undo(world).ok();
        self.is_given_back(world);
    }

    fn is_given_back(&self, world: &World) {
        let before = std::fs::read(world.path().join("before.json")).unwrap();
        let before: Vec<String> = serde_json::from_slice(&before).unwrap();
        assert_eq!((self.everything)(world), before, "with the tags of before");
        let list = world.rd("rd-state").args("list").ok().stdout;
        for program in self.programs {
            let slice = program.trim_start_matches("rd-");
            assert!(!list.contains(&format!("{slice}.")), "{list}");
        }
    }
}

fn adopt(world: &World) -> Rd {
    world.rd("rd-state").args("adopt terraform.tfstate -y")
}

fn undo(world: &World) -> Rd {
    world.rd("rd-state").args("adopt --undo -y")
}

fn ends_the_same(scenario: &Scenario) {
    let calls = scenario.record();
    assert!(scenario.killed(&calls, 1) > 3);
    scenario.answers_lost(&calls, 1);
    scenario.throttled(&calls, 1);
}

/// A network and a bucket.
const NETWORK: Stack = Stack {
    programs: &["rd-net", "rd-store"],
    everything: |world| {
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
    },
};

fn network(world: &World) {
    let mut state = terraform_network(world, "nat = \"none\"\n");
    let bucket = format!("web-sessions-{}", world.account);
    assert!(world.s3("PUT", &format!("/{bucket}"), "").status < 300);
    let instance = json!({"attributes": {"id": bucket, "bucket": bucket}});
    state["resources"].as_array_mut().unwrap().push(json!({
        "mode": "managed", "type": "aws_s3_bucket", "name": "sessions", "instances": [instance],
        "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
    }));
    NETWORK.keep(world, &state.to_string());
}

const NETWORK_ADOPTED: Scenario = Scenario {
    settings: SETTINGS,
    prepare: network,
    command: adopt,
    check: |world| {
        let text = std::fs::read_to_string(world.path().join("rd.toml")).unwrap();
        assert_eq!(text.matches("cidr = \"10.7.0.0/16\"").count(), 1, "{text}");
        NETWORK.is_adopted(world);
        assert_eq!(world.count_managed_by("rd"), 0);
    },
};

const NETWORK_GIVEN_BACK: Scenario = Scenario {
    settings: SETTINGS,
    prepare: |world| {
        network(world);
        adopt(world).ok();
    },
    command: undo,
    check: |world| NETWORK.is_given_back(world),
};

#[test]
fn a_signal_to_rd_state_alone_stops_the_program_of_the_slice() {
    for signal in ["TERM", "INT"] {
        let proxy = Proxy::start(endpoint());
        let world = World::at(SETTINGS, proxy.url());
        network(&world);
        let slow = Fault::Delay(Duration::from_secs(1));
        let rules = (0..100).map(|at| Rule::once(Calls::Of("CreateTags"), at, slow.clone()));
        proxy.rules(rules.collect(), None);
        let mut running = adopt(&world).start();
        drop(running.stdin.take());
        let lines = BufReader::new(running.stdout.take().unwrap()).lines();
        while proxy.happened() == 0 {
            std::thread::sleep(Duration::from_millis(10));
        }
        // A terminal sends SIGINT to both of them.
        let ids = match signal {
            "INT" => processes_of(&running),
            _ => vec![running.id()],
        };
        for id in ids {
            let sent = Command::new("kill")
                .args(["-s", signal, &id.to_string()])
                .status();
            assert!(sent.unwrap().success());
        }
        let rest: Vec<String> = lines.map(Result::unwrap).collect();
        let done = finish(running);
        assert_eq!(done.code, 130, "{signal}: {}", done.stderr);
        let end = rest.iter().rfind(|line| line.contains("\"end\"")).unwrap();
        assert!(end.contains("\"cancelled\""), "{signal}: {end}");
        assert!(!rest.iter().any(|line| line.contains("\"slice\":\"store\"")));
        proxy.rules(Vec::new(), None);
        adopt(&world).ok();
        NETWORK.is_adopted(&world);
    }
}

/// A program and those that it has started.
fn processes_of(parent: &Child) -> Vec<u32> {
    let id = parent.id();
    let path = format!("/proc/{id}/task/{id}/children");
    let children = std::fs::read_to_string(path).unwrap();
    let children = children.split_whitespace().map(|id| id.parse().unwrap());
    [id].into_iter().chain(children).collect()
}

#[test]
fn an_adopted_network_ends_the_same_whatever_happens() {
    ends_the_same(&NETWORK_ADOPTED);
}

#[test]
fn a_network_that_is_given_back_ends_the_same_whatever_happens() {
    ends_the_same(&NETWORK_GIVEN_BACK);
}

#[test]
fn reads_that_lag_give_the_same_tags_back() {
    let first = NETWORK_GIVEN_BACK.survives(Vec::new(), Some(Lag::of(1)));
    assert_eq!(first.code, 0, "{}", first.stderr);
}

/// A database and a cache with their secrets, in a network that rd has.
const DATA: Stack = Stack {
    programs: &["rd-data", "rd-cache"],
    everything: |world| {
        let account = &world.account;
        // A backup of the database can end meanwhile.
        let instance = answer(world, RDS, "DescribeDBInstances", &[]);
        let elements = instance.split_inclusive('>');
        let elements = elements.filter(|one| !one.ends_with("</LatestRestorableTime>"));
        let mut all = vec![elements.collect()];
        for (api, parameter, arn) in [
            (
                RDS,
                "ResourceName",
                format!("rds:us-east-1:{account}:subgrp:{NAME}"),
            ),
            (
                ELASTICACHE,
                "ResourceName",
                format!("elasticache:us-east-1:{account}:replicationgroup:{NAME}"),
            ),
            (
                ELASTICACHE,
                "ResourceName",
                format!("elasticache:us-east-1:{account}:subnetgroup:{NAME}"),
            ),
        ] {
            let arn = format!("arn:aws:{arn}");
            all.push(answer(
                world,
                api,
                "ListTagsForResource",
                &[(parameter, &arn)],
            ));
        }
        for name in ["legacy/database", "legacy/redis"] {
            let secret = json!({"SecretId": name});
            let described = world.json("secretsmanager.DescribeSecret", &secret);
            all.push(format!(
                "{}{}",
                described["Tags"], described["VersionIdsToStages"]
            ));
            let value = world.json("secretsmanager.GetSecretValue", &secret);
            assert!(value["SecretString"].as_str().unwrap().contains(PLANTED));
        }
        let group = format!(
            "arn:aws:logs:us-east-1:{account}:log-group:/aws/rds/instance/{NAME}/postgresql"
        );
        let group = json!({"resourceArn": group});
        all.push(
            world
                .json("Logs_20140328.ListTagsForResource", &group)
                .to_string(),
        );
        all
    },
};

/// The part of an answer that is not the id of the request.
fn answer(world: &World, api: Api, action: &str, parameters: &[(&str, &str)]) -> String {
    let body = world.query(api, action, parameters).body;
    let body = body.split("<ResponseMetadata>").next();
    body.unwrap_or_default().to_owned()
}

fn data(world: &World) {
    let mut legacy = Legacy::new(world);
    legacy.database(&[("MasterUserPassword", PLANTED)]);
    let url = format!(
        "postgres://postgres:{PLANTED}@{}:5432/legacy",
        legacy.host()
    );
    legacy.secret("legacy/database", &url);
    legacy.cache();
    legacy.secret("legacy/redis", PLANTED);
    DATA.keep(world, &legacy.state());
}

const DATA_ADOPTED: Scenario = Scenario {
    settings: SETTINGS,
    prepare: data,
    command: adopt,
    check: |world| DATA.is_adopted(world),
};

const DATA_GIVEN_BACK: Scenario = Scenario {
    settings: SETTINGS,
    prepare: |world| {
        data(world);
        adopt(world).ok();
    },
    command: undo,
    check: |world| DATA.is_given_back(world),
};

#[test]
fn an_adopted_database_and_cache_end_the_same_whatever_happens() {
    ends_the_same(&DATA_ADOPTED);
}

#[test]
fn a_database_and_a_cache_that_are_given_back_end_the_same_whatever_happens() {
    ends_the_same(&DATA_GIVEN_BACK);
}

/// A rotation of an adopted database whose password is in a member of another name.
const ROTATED: Scenario = Scenario {
    settings: SETTINGS,
    prepare: |world| {
        let mut legacy = Legacy::new(world);
        legacy.database(&[("MasterUserPassword", PLANTED)]);
        legacy.secret("legacy/database", &foreign("DB_PASS", PLANTED).to_string());
        std::fs::write(world.path().join("terraform.tfstate"), legacy.state()).unwrap();
        adopt(world).ok();
    },
    command: |world| world.rd("rd-data").args("rotate"),
    check: |world| {
        let secret = json!({"SecretId": "legacy/database"});
        let now = world.json("secretsmanager.GetSecretValue", &secret);
        assert_only_rotated(now["SecretString"].as_str().unwrap(), "DB_PASS");
        let described = world.json("secretsmanager.DescribeSecret", &secret);
        let stages = described["VersionIdsToStages"].to_string();
        assert!(!stages.contains("AWSPENDING"), "{stages}");
        let planned = world.rd("rd-data").args("plan --exit-code").run();
        assert_eq!(planned.code, 0, "{}{}", planned.stdout, planned.stderr);
    },
};

#[test]
fn a_rotation_of_a_member_of_another_name_ends_the_same_whatever_happens() {
    let calls = ROTATED.record();
    assert!(ROTATED.killed(&calls, 4) > 3);
    ROTATED.answers_lost(&calls, 4);
}

/// A network and a public entry.
const ENTRY: Stack = Stack {
    programs: &["rd-net", "rd-edge"],
    everything: |world| {
        let state = std::fs::read(world.path().join("terraform.tfstate")).unwrap();
        let state = serde_json::from_slice(&state).unwrap();
        [seen(world, true), seen_entry(world, &state, true)].concat()
    },
};

fn entry(world: &World) {
    let state = terraform_entry(world).to_string();
    std::fs::write(world.path().join("terraform.tfstate"), &state).unwrap();
    ENTRY.keep(world, &state);
}

const ENTRY_ADOPTED: Scenario = Scenario {
    settings: SETTINGS,
    prepare: entry,
    command: adopt,
    check: |world| ENTRY.is_adopted(world),
};

const ENTRY_GIVEN_BACK: Scenario = Scenario {
    settings: SETTINGS,
    prepare: |world| {
        entry(world);
        adopt(world).ok();
    },
    command: undo,
    check: |world| ENTRY.is_given_back(world),
};

#[test]
fn an_adopted_entry_ends_the_same_whatever_happens() {
    ends_the_same(&ENTRY_ADOPTED);
}

#[test]
fn an_entry_that_is_given_back_ends_the_same_whatever_happens() {
    ends_the_same(&ENTRY_GIVEN_BACK);
}
