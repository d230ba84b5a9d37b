//! What the two roles may do, asked of IAM's own simulator: all that the service needs, and nothing beyond.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::network::SETTINGS;
use rd_testkit::{Api, World};

const IAM: Api = ("iam", "2010-05-08");
const EXECUTION: &str = "shop-test-execution-us-east-1";
const TASK: &str = "shop-test-task-us-east-1";

fn may(world: &World, role: &str, action: &str, resource: &str) -> bool {
    let source = format!("arn:aws:iam::{}:role/{role}", world.account);
    let mut parameters = vec![
        ("PolicySourceArn", source.as_str()),
        ("ActionNames.member.1", action),
        ("ResourceArns.member.1", resource),
    ];
    let via = [
        ("ContextEntries.member.1.ContextKeyName", "kms:ViaService"),
        ("ContextEntries.member.1.ContextKeyType", "string"),
        (
            "ContextEntries.member.1.ContextKeyValues.member.1",
            "secretsmanager.us-east-1.amazonaws.com",
        ),
    ];
    parameters.extend(via);
    let answer = world.query(IAM, "SimulatePrincipalPolicy", &parameters);
    match answer.tag("EvalDecision").unwrap() {
        "allowed" => true,
        "implicitDeny" | "explicitDeny" => false,
        other => panic!("{other}"),
    }
}

#[test]
fn the_roles_may_do_what_is_needed_and_no_more() {
    let world = World::new(SETTINGS);
    let key = "arn:aws:kms:us-east-1:111122223333:key/1b2c";
    world.service(&format!(
        "decrypt_keys = [\"{key}\"]\n[ecs.parameters]\nLOG_LEVEL = \"info\""
    ));
    world.rd("rd-ecs").args("apply -y").ok();
    let output = |slice: &str, name: &str| world.output(slice, name).as_str().unwrap().to_owned();
    let account = &world.account;
    let (database, cache) = (output("data", "secret_arn"), output("cache", "secret_arn"));
    let bucket = output("store", "bucket_arn");
    let object = format!("{bucket}/sessions/1");
    let parameter = format!("arn:aws:ssm:us-east-1:{account}:parameter/shop/test/LOG_LEVEL");
    let repository = format!("arn:aws:ecr:us-east-1:{account}:repository/shop-test-api");
    let stream = format!(
        "arn:aws:logs:us-east-1:{account}:log-group:/ecs/shop-test-api:log-stream:api/api/1"
    );
    let other_secret = format!("arn:aws:secretsmanager:us-east-1:{account}:secret:other-AbCdEf");
    let other_parameter = format!("arn:aws:ssm:us-east-1:{account}:parameter/shop/production/KEY");
    let role = format!("arn:aws:iam::{account}:role/admin");
    let function = format!("arn:aws:lambda:us-east-1:{account}:function:any");
    let cases: [(bool, &str, &str, &str); 26] = [
        (true, EXECUTION, "ecr:GetAuthorizationToken", "*"),
        (true, EXECUTION, "ecr:BatchGetImage", &repository),
        (true, EXECUTION, "ecr:GetDownloadUrlForLayer", &repository),
        (true, EXECUTION, "logs:CreateLogStream", &stream),
        (true, EXECUTION, "logs:PutLogEvents", &stream),
        (true, EXECUTION, "secretsmanager:GetSecretValue", &database),
        (true, EXECUTION, "secretsmanager:GetSecretValue", &cache),
        (true, EXECUTION, "ssm:GetParameters", &parameter),
        (true, EXECUTION, "kms:Decrypt", key),
        (true, TASK, "s3:GetObject", &object),
        (true, TASK, "s3:PutObject", &object),
        (true, TASK, "s3:DeleteObject", &object),
        (true, TASK, "s3:ListBucket", &bucket),
        (true, TASK, "ssmmessages:OpenDataChannel", "*"),
        (
            false,
            EXECUTION,
            "secretsmanager:GetSecretValue",
            &other_secret,
        ),
        (false, EXECUTION, "secretsmanager:PutSecretValue", &database),
        (false, EXECUTION, "ssm:GetParameters", &other_parameter),
        (false, EXECUTION, "s3:GetObject", &object),
        (false, EXECUTION, "iam:PassRole", &role),
        (false, EXECUTION, "ecr:PutImage", &repository),
        (false, TASK, "secretsmanager:GetSecretValue", &database),
        (false, TASK, "s3:GetObject", "arn:aws:s3:::somebody-elses/1"),
        (false, TASK, "s3:DeleteBucket", &bucket),
        (false, TASK, "s3:PutBucketPolicy", &bucket),
        (false, TASK, "sts:AssumeRole", &role),
        (false, TASK, "lambda:InvokeFunction", &function),
    ];
    for (allowed, role, action, resource) in cases {
        assert_eq!(
            may(&world, role, action, resource),
            allowed,
            "{role}: {action} on {resource}"
        );
    }
}

/// Nobody but ECS's tasks of this account and region can be either role.
#[test]
fn the_roles_are_for_tasks_of_this_account_alone() {
    let world = World::new(SETTINGS);
    world.service("exec = false\nbucket_variable = \"\"");
    world.rd("rd-ecs").args("apply -y").ok();
    for role in [EXECUTION, TASK] {
        let answer = world.query(IAM, "GetRole", &[("RoleName", role)]);
        let encoded = answer.tag("AssumeRolePolicyDocument").unwrap();
        for needed in [
            "ecs-tasks.amazonaws.com",
            "aws%3ASourceAccount",
            world.account.as_str(),
            "ArnLike",
        ] {
            let plain = needed.replace("%3A", ":");
            assert!(
                encoded.contains(needed) || encoded.contains(&plain),
                "{role}: {encoded}"
            );
        }
    }
    // Without a bucket and without a shell the tasks have nothing to do at AWS.
    let policies = world
        .query(IAM, "ListRolePolicies", &[("RoleName", TASK)])
        .body;
    assert!(!policies.contains("<member>"), "{policies}");
    assert!(!may(&world, TASK, "ssmmessages:OpenDataChannel", "*"));
}
