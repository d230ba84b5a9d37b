//! `rd-state adopt --backend`: the state is read from Terraform's bucket, and Terraform's lock is held meanwhile.

use crate::adopt::SETTINGS;
use rd_testkit::faults::Scenario;
use rd_testkit::{Done, Rd, World};
use serde_json::{Value, json};

const KEY: &str = "env:/live/shop.tfstate";

/// A lock as Terraform writes it.
const THEIRS: &str = "{\"ID\":\"6b1f-77\",\"Operation\":\"OperationTypeApply\",\"Info\":\"\",\"Who\":\"ann@mill\",\
                      \"Version\":\"1.11.4\",\"Created\":\"2026-11-27T22:00:00.123456789Z\",\"Path\":\"x\"}";

/// The places of a state and its locks.
struct Terraform<'a> {
    world: &'a World,
    states: String,
    sessions: String,
}

impl<'a> Terraform<'a> {
    /// The places in this world.
    fn of(world: &'a World) -> Self {
        Self {
            world,
            states: format!("states-{}", world.account),
            sessions: format!("web-sessions-{}", world.account),
        }
    }

    /// Makes a bucket of sessions as Terraform does, a bucket with its state, and a table with the state's digest.
    fn new(world: &'a World, digest: Option<&str>) -> Self {
        let this = Self::of(world);
        let (states, sessions) = (&this.states, &this.sessions);
        for bucket in [states, sessions] {
            assert!(world.s3("PUT", &format!("/{bucket}"), "").status < 300);
        }
        let versioning =
            "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
        world.s3("PUT", &format!("/{states}?versioning"), versioning);
        let state = json!({"version": 4, "serial": 1, "lineage": "x", "resources": [{
            "mode": "managed", "type": "aws_s3_bucket", "name": "this", "provider": "p",
            "instances": [{"attributes": {"id": sessions, "bucket": sessions}}],
        }]});
        world.s3("PUT", &format!("/{states}/{KEY}"), &state.to_string());
        let key = json!([{"AttributeName": "LockID", "KeyType": "HASH"}]);
        let names = json!([{"AttributeName": "LockID", "AttributeType": "S"}]);
        world.json(
            "DynamoDB_20120810.CreateTable",
            &json!({"TableName": "locks", "KeySchema": key, "AttributeDefinitions": names, "BillingMode": "PAY_PER_REQUEST"}),
        );
        if let Some(digest) = digest {
            this.put(&format!("{}-md5", this.lock_id()), "Digest", digest);
        }
        this
    }

    fn lock_id(&self) -> String {
        format!("{}/{KEY}", self.states)
    }

    fn put(&self, id: &str, attribute: &str, value: &str) {
        let item = json!({"LockID": {"S": id}, attribute: {"S": value}});
        self.world.json(
            "DynamoDB_20120810.PutItem",
            &json!({"TableName": "locks", "Item": item}),
        );
    }

    fn item(&self) -> Value {
        let key = json!({"LockID": {"S": self.lock_id()}});
        let get = json!({"TableName": "locks", "Key": key});
        self.world.json("DynamoDB_20120810.GetItem", &get)["Item"].clone()
    }

    fn file(&self) -> u16 {
        self.world
            .s3("GET", &format!("/{}/{KEY}.tflock", self.states), "")
            .status
    }

    fn command(&self, flags: &str) -> Rd {
        let adopt = self
            .world
            .rd("rd-state")
            .args("adopt --lock-table locks --backend");
        adopt
            .arg(&format!("s3://{}/{KEY}", self.states))
            .args(flags)
    }

    fn adopt(&self, flags: &str) -> Done {
        self.command(flags).run()
    }

    fn is_free(&self) -> bool {
        self.file() == 404 && self.item().is_null()
    }
}

#[test]
fn the_lock_is_taken_and_given_back_and_the_state_is_read_from_the_bucket() {
    let world = World::new(SETTINGS);
    let terraform = Terraform::new(&world, None);
    let dry = terraform.adopt("--dry-run");
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    let versions = || {
        world
            .s3("GET", &format!("/{}?versions", terraform.states), "")
            .body
    };
    assert!(!versions().contains(".tflock"), "a dry run takes no lock");

    let unconfirmed = terraform.adopt("");
    assert_eq!(unconfirmed.code, 6, "{}", unconfirmed.stderr);
    assert!(terraform.is_free(), "after an error, too");

    let done = terraform.adopt("-y");
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(terraform.is_free());
    assert!(versions().contains(".tflock"), "{}", versions());
    assert_eq!(world.id("store.bucket.sessions"), terraform.sessions);
    let undone = world.rd("rd-state").args("adopt --undo -y").ok();
    assert!(
        undone.stderr.contains("nothing locks Terraform's state"),
        "{}",
        undone.stderr
    );
}

#[test]
fn a_lock_that_terraform_holds_is_refused_with_its_holder() {
    let world = World::new(SETTINGS);
    let terraform = Terraform::new(&world, None);
    let is_refused = |done: &Done| {
        assert_eq!(done.code, 4, "{}", done.stderr);
        assert!(
            done.stderr
                .contains("held by ann@mill since 2026-11-27T22:00"),
            "{}",
            done.stderr
        );
        assert!(
            done.stderr.contains("terraform force-unlock 6b1f-77"),
            "{}",
            done.stderr
        );
    };
    terraform.put(&terraform.lock_id(), "Info", THEIRS);
    is_refused(&terraform.adopt("-y"));
    assert_eq!(
        terraform.file(),
        404,
        "the part that was taken is given back"
    );
    assert_eq!(terraform.item()["Info"]["S"], THEIRS);
    let key = json!({"LockID": {"S": terraform.lock_id()}});
    let delete = json!({"TableName": "locks", "Key": key});
    world.json("DynamoDB_20120810.DeleteItem", &delete);
    world.s3(
        "PUT",
        &format!("/{}/{KEY}.tflock", terraform.states),
        THEIRS,
    );
    is_refused(&terraform.adopt("-y"));
    assert!(terraform.item().is_null());
    assert_eq!(world.rd("rd-state").args("list").ok().stdout, "");
}

/// An adoption with Terraform's lock. A kill leaves that lock, which the next run on this machine takes over.
const LOCKED: Scenario = Scenario {
    settings: SETTINGS,
    prepare: |world| {
        Terraform::new(world, None);
    },
    command: |world| Terraform::of(world).command("-y"),
    check: |world| {
        let terraform = Terraform::of(world);
        assert!(terraform.is_free());
        assert_eq!(world.id("store.bucket.sessions"), terraform.sessions);
        let planned = world.rd("rd-store").args("plan --exit-code").run();
        assert_eq!(planned.code, 0, "{}{}", planned.stdout, planned.stderr);
    },
};

#[test]
fn a_killed_run_keeps_nobody_of_this_machine_out() {
    let calls = LOCKED.record();
    assert!(LOCKED.killed(&calls, 6) > 3);
    LOCKED.answers_lost(&calls, 3);
}

#[test]
fn the_lock_of_a_killed_run_elsewhere_stays() {
    let world = World::new(SETTINGS);
    let terraform = Terraform::new(&world, None);
    let process = json!({"host": "mill", "boot": "b", "namespace": "n", "id": 1, "started": 1});
    let mut lock: Value = serde_json::from_str(THEIRS).unwrap();
    lock["Process"] = process;
    terraform.put(&terraform.lock_id(), "Info", &lock.to_string());
    let refused = terraform.adopt("-y");
    assert_eq!(refused.code, 4, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("terraform force-unlock 6b1f-77"),
        "{}",
        refused.stderr
    );
    assert_eq!(terraform.item()["Info"]["S"], lock.to_string());
}

#[test]
fn a_state_that_is_missing_or_not_the_last_one_is_refused() {
    // The digest of another state.
    let world = World::new(SETTINGS);
    let terraform = Terraform::new(&world, Some("99914b932bd37a50b983c5e7c90ae93b"));
    let stale = terraform.adopt("-y");
    assert_eq!(stale.code, 6, "{}", stale.stderr);
    assert!(stale.stderr.contains("digest"), "{}", stale.stderr);
    assert!(terraform.is_free());
    let missing = world.rd("rd-state").args("adopt -y --backend");
    let missing = missing
        .arg(&format!("s3://{}/other", terraform.states))
        .run();
    assert_eq!(missing.code, 6, "{}", missing.stderr);
    assert!(
        missing.stderr.contains("has no state at"),
        "{}",
        missing.stderr
    );
    let wrong = world
        .rd("rd-state")
        .args("adopt -y --backend states/other")
        .run();
    assert_eq!(wrong.code, 2, "{}", wrong.stderr);
}

#[test]
fn the_policy_of_an_adoption_names_the_state_and_its_locks_alone() {
    let world = World::new(SETTINGS);
    let policy = "policy --for adopt --account 123456789012 --backend s3://states/shop.tfstate --lock-table locks";
    let policy = world.rd("rd-state").args(policy).ok().stdout;
    for arn in [
        "arn:aws:s3:::states",
        "arn:aws:s3:::states/shop.tfstate",
        "arn:aws:s3:::states/shop.tfstate.tflock",
        "arn:aws:dynamodb:us-east-1:123456789012:table/locks",
        "states/shop.tfstate-md5",
    ] {
        assert!(policy.contains(&format!("\"{arn}\"")), "{arn}: {policy}");
    }
    let policy = "policy --for adopt --account 123456789012 --backend s3://states/shop.tfstate";
    let policy = world.rd("rd-state").args(policy).ok().stdout;
    assert!(!policy.contains("dynamodb"), "{policy}");
}
