//! `rd-state adopt --backend`: the state is read from Terraform's bucket, and Terraform's lock is held meanwhile.

use crate::adopt::SETTINGS;
use rd_testkit::{Done, World};
use serde_json::{Value, json};

const KEY: &str = "env:/live/shop.tfstate";

/// A lock as Terraform writes it.
const THEIRS: &str = "{\"ID\":\"6b1f-77\",\"Operation\":\"OperationTypeApply\",\"Info\":\"\",\"Who\":\"ann@mill\",\
                      \"Version\":\"1.11.4\",\"Created\":\"2026-11-27T22:00:00.123456789Z\",\"Path\":\"x\"}";

/// The places of a state and its locks.
struct Terraform {
    world: World,
    states: String,
    sessions: String,
}

impl Terraform {
    /// A bucket of sessions that Terraform has made, a bucket with its state, and a table with the state's digest.
    fn new(digest: Option<&str>) -> Self {
        let world = World::new(SETTINGS);
        let states = format!("states-{}", world.account);
        let sessions = format!("web-sessions-{}", world.account);
        for bucket in [&states, &sessions] {
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
        let this = Self {
            world,
            states,
            sessions,
        };
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

    fn adopt(&self, flags: &str) -> Done {
        let adopt = self
            .world
            .rd("rd-state")
            .args("adopt --lock-table locks --backend");
        adopt
            .arg(&format!("s3://{}/{KEY}", self.states))
            .args(flags)
            .run()
    }

    fn is_free(&self) -> bool {
        self.file() == 404 && self.item().is_null()
    }
}

#[test]
fn the_lock_is_taken_and_given_back_and_the_state_is_read_from_the_bucket() {
    let terraform = Terraform::new(None);
    let dry = terraform.adopt("--dry-run");
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    let versions = || {
        terraform
            .world
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
    assert_eq!(
        terraform.world.id("store.bucket.sessions"),
        terraform.sessions
    );
    let undone = terraform.world.rd("rd-state").args("adopt --undo -y").ok();
    assert!(
        undone.stderr.contains("nothing locks Terraform's state"),
        "{}",
        undone.stderr
    );
}

#[test]
fn a_lock_that_terraform_holds_is_refused_with_its_holder() {
    let terraform = Terraform::new(None);
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
    terraform
        .world
        .json("DynamoDB_20120810.DeleteItem", &delete);
    terraform.world.s3(
        "PUT",
        &format!("/{}/{KEY}.tflock", terraform.states),
        THEIRS,
    );
    is_refused(&terraform.adopt("-y"));
    assert!(terraform.item().is_null());
    assert_eq!(terraform.world.rd("rd-state").args("list").ok().stdout, "");
}

#[test]
fn a_state_that_is_missing_or_not_the_last_one_is_refused() {
    // The digest of another state.
    let terraform = Terraform::new(Some("99914b932bd37a50b983c5e7c90ae93b"));
    let stale = terraform.adopt("-y");
    assert_eq!(stale.code, 6, "{}", stale.stderr);
    assert!(stale.stderr.contains("digest"), "{}", stale.stderr);
    assert!(terraform.is_free());
    let missing = terraform.world.rd("rd-state").args("adopt -y --backend");
    let missing = missing
        .arg(&format!("s3://{}/other", terraform.states))
        .run();
    assert_eq!(missing.code, 6, "{}", missing.stderr);
    assert!(
        missing.stderr.contains("has no state at"),
        "{}",
        missing.stderr
    );
    let wrong = terraform
        .world
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
