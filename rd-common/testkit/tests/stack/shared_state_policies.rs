//! The policies in docs/team.md, from IAM's simulator: what each needs, and nothing else. And the page of what AWS does.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::{Api, World};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const IAM: Api = ("iam", "2010-05-08");
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The policies of the guide, with the names of this world.
fn policies(world: &World) -> Vec<String> {
    let guide = std::fs::read_to_string(root().join("docs/team.md")).unwrap();
    let blocks = guide.split("```json\n").skip(1);
    let names = [
        ("BUCKET", "team-state"),
        ("TABLE", "locks"),
        ("REGION", "us-east-1"),
        ("ACCOUNT", world.account.as_str()),
    ];
    blocks
        .map(|block| {
            let policy = block.split("```").next().unwrap().to_owned();
            names
                .iter()
                .fold(policy, |text, (from, to)| text.replace(from, to))
        })
        .collect()
}

/// A stack whose states are in the bucket of the tests.
const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\nregion = \"us-east-1\"\n[state]\n\
    backend = \"s3\"\nbucket = \"team-state\"\ntable = \"locks\"\nregion = \"us-east-1\"\n";

/// What `rd-state policy` prints.
fn printed(world: &World, what: &str) -> Value {
    let line = format!("policy --for {what} --account {}", world.account);
    serde_json::from_str(&world.rd("rd-state").args(&line).ok().stdout).unwrap()
}

#[test]
fn rd_state_prints_the_policies_of_the_guide() {
    let world = World::new(SETTINGS);
    let [plan, apply]: [Value; 2] = policies(&world)
        .iter()
        .map(|text| serde_json::from_str(text).unwrap())
        .collect::<Vec<Value>>()
        .try_into()
        .unwrap();
    for what in ["plan", "history", "locks"] {
        assert_eq!(printed(&world, what), plan, "{what}");
    }
    for what in ["apply", "migrate", "unlock", "doctor"] {
        assert_eq!(printed(&world, what), apply, "{what}");
    }
    let unknown = world.rd("rd-state").args("policy --for nothing").code(2);
    assert!(
        unknown
            .stderr
            .contains("--for accepts: adopt, all, apply, bootstrap"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn a_key_of_the_states_is_in_the_policy_and_local_states_need_none() {
    let keyed = World::new(&format!("{SETTINGS}kms_key = \"alias/states\"\n"));
    let statement = |actions: &[&str]| {
        json!({
            "Effect": "Allow",
            "Action": actions,
            "Resource": [format!("arn:aws:kms:us-east-1:{}:key/*", keyed.account)],
            "Condition": {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}},
        })
    };
    for (what, actions) in [
        ("plan", &["kms:Decrypt"][..]),
        ("apply", &["kms:Decrypt", "kms:GenerateDataKey"]),
    ] {
        let policy = printed(&keyed, what);
        let statements = policy["Statement"].as_array().unwrap();
        assert!(statements.contains(&statement(actions)), "{what}: {policy}");
    }
    let local = World::new("project = \"shop\"\nenvironment = \"test\"\n");
    let refused = local.rd("rd-state").args("policy --for apply").code(2);
    assert!(
        refused.stderr.contains("--for bootstrap"),
        "{}",
        refused.stderr
    );
}

/// With the printed policies alone, one creates the store and another works with it.
#[test]
fn the_printed_policies_are_enough() {
    let world = World::new("project = \"shop\"\nenvironment = \"test\"\nregion = \"us-east-1\"\n");
    let policy = printed(&world, "bootstrap").to_string();
    let bootstrap = || world.with_policy("rd-state", "bootstrap", &policy);
    bootstrap().args("bootstrap -y").ok();
    bootstrap().args("bootstrap -y").ok();
    let [plan, apply] = ["plan", "apply"].map(|what| (what, printed(&world, what).to_string()));
    let role = |(what, policy): &(&str, String)| world.with_policy("rd-state", what, policy);
    world.rd("rd-logs").args("apply -y").ok();
    for command in ["history logs", "list", "outputs", "locks", "pull logs"] {
        role(&plan).args(command).ok();
        role(&apply).args(command).ok();
    }
    let remove = "rm logs.topic.alarms";
    let refused = role(&plan).args(remove).code(1);
    assert!(
        refused.stderr.contains("dynamodb:PutItem"),
        "{}",
        refused.stderr
    );
    role(&apply).args(remove).ok();
}

fn may(world: &World, role: &str, action: &str, resource: &str, key: Option<&str>) -> bool {
    let source = format!("arn:aws:iam::{}:role/{role}", world.account);
    let mut parameters = vec![
        ("PolicySourceArn", source.as_str()),
        ("ActionNames.member.1", action),
        ("ResourceArns.member.1", resource),
    ];
    if let Some(key) = key {
        parameters.extend([
            (
                "ContextEntries.member.1.ContextKeyName",
                "dynamodb:LeadingKeys",
            ),
            ("ContextEntries.member.1.ContextKeyType", "stringList"),
            ("ContextEntries.member.1.ContextKeyValues.member.1", key),
        ]);
    }
    let answer = world.query(IAM, "SimulatePrincipalPolicy", &parameters);
    answer.tag("EvalDecision").unwrap() == "allowed"
}

#[test]
fn the_policies_of_the_guide_allow_what_each_needs() {
    let world = World::new("");
    let policies = policies(&world);
    assert_eq!(policies.len(), 2);
    for (role, policy) in ["plan", "apply"].iter().zip(&policies) {
        let create = [("RoleName", *role), ("AssumeRolePolicyDocument", TRUST)];
        world.query(IAM, "CreateRole", &create);
        let put = [
            ("RoleName", *role),
            ("PolicyName", "state"),
            ("PolicyDocument", policy.as_str()),
        ];
        world.query(IAM, "PutRolePolicy", &put);
    }
    let bucket = "arn:aws:s3:::team-state";
    let state = format!("{bucket}/rd/state/shop/test/net.json");
    let table = format!("arn:aws:dynamodb:us-east-1:{}:table/locks", world.account);
    let ours = Some("rd/team-state/rd/shop/test/net");
    // Action, resource, key; whether a plan and an apply may.
    for (action, resource, key, plan, apply) in [
        ("s3:GetObject", state.as_str(), None, true, true),
        ("s3:GetObjectVersion", &state, None, true, true),
        ("s3:ListBucket", bucket, None, true, true),
        ("s3:ListBucketVersions", bucket, None, true, true),
        ("s3:GetBucketVersioning", bucket, None, true, true),
        ("dynamodb:GetItem", &table, ours, true, true),
        ("s3:PutObject", &state, None, false, true),
        ("dynamodb:PutItem", &table, ours, false, true),
        (
            "dynamodb:PutItem",
            &table,
            Some("other/terraform.tfstate"),
            false,
            false,
        ),
        (
            "dynamodb:GetItem",
            &table,
            Some("other/terraform.tfstate"),
            false,
            false,
        ),
        ("dynamodb:DeleteItem", &table, ours, false, false),
        ("s3:DeleteObject", &state, None, false, false),
        ("s3:DeleteObjectVersion", &state, None, false, false),
        (
            "s3:PutObject",
            "arn:aws:s3:::team-state/other",
            None,
            false,
            false,
        ),
        ("s3:PutBucketPolicy", bucket, None, false, false),
        (
            "s3:GetObject",
            "arn:aws:s3:::another/rd/state",
            None,
            false,
            false,
        ),
    ] {
        let allowed = ["plan", "apply"].map(|role| may(&world, role, action, resource, key));
        assert_eq!(allowed, [plan, apply], "{action} {resource} {key:?}");
    }
}
