//! The policies in docs/team.md, from IAM's simulator: what each needs, and nothing else. And the page of what AWS does.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::{Api, World};
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
