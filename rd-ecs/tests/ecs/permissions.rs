//! The permissions of the two roles, from IAM's simulator: everything that the service needs, and nothing else.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::network::SETTINGS;
use rd_testkit::{Api, World};

const IAM: Api = ("iam", "2010-05-08");
const EXECUTION: &str = "shop-test-execution-us-east-1";
const TASK: &str = "shop-test-task-us-east-1";

fn may(world: &World, role: &str, action: &str, resource: &str) -> bool {
    let via = [(
        "kms:ViaService",
        "string",
        "secretsmanager.us-east-1.amazonaws.com",
    )];
    may_where(world, role, action, resource, &via)
}

/// Whether a role may do it with these condition keys, their types and values.
fn may_where(
    world: &World,
    role: &str,
    action: &str,
    resource: &str,
    context: &[(&str, &str, &str)],
) -> bool {
    let source = format!("arn:aws:iam::{}:role/{role}", world.account);
    let mut parameters = vec![
        ("PolicySourceArn", source.as_str()),
        ("ActionNames.member.1", action),
        ("ResourceArns.member.1", resource),
    ];
    let entry = |index: usize, rest: &str| format!("ContextEntries.member.{}.{rest}", index + 1);
    let context: Vec<(String, &str)> = context
        .iter()
        .enumerate()
        .flat_map(|(index, (key, kind, value))| {
            [
                (entry(index, "ContextKeyName"), *key),
                (entry(index, "ContextKeyType"), *kind),
                (entry(index, "ContextKeyValues.member.1"), *value),
            ]
        })
        .collect();
    parameters.extend(context.iter().map(|(name, value)| (name.as_str(), *value)));
    let answer = world.query(IAM, "SimulatePrincipalPolicy", &parameters);
    match answer.tag("EvalDecision").unwrap() {
        "allowed" => true,
        "implicitDeny" | "explicitDeny" => false,
        other => panic!("{other}"),
    }
}

#[test]
fn the_roles_have_the_needed_permissions_and_no_others() {
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
        (false, TASK, "s3:GetObject", "arn:aws:s3:::another-stacks/1"),
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

/// IAM takes the ARNs of about 120 parameters in a role.
#[test]
fn many_parameters_are_read_by_their_path() {
    let world = World::new(SETTINGS);
    let settings = |count: usize| -> String {
        let all = (0..count).map(|at| format!("SOME_VARIABLE_OF_THE_SERVICE_{at:03} = \"x\"\n"));
        format!(
            "desired = 0\nautoscaling = false\n[ecs.parameters]\n{}",
            all.collect::<String>()
        )
    };
    world.service(&settings(130));
    let note = "may read every parameter below /shop/test/";
    let applied = world.rd("rd-ecs").args("apply -y").ok();
    assert!(applied.stderr.contains(note), "{}", applied.stderr);
    let role = [("RoleName", EXECUTION), ("PolicyName", "read-secrets")];
    let policy = || {
        let document = world.query(IAM, "GetRolePolicy", &role).body;
        document.replace("%2F", "/").replace("%2A", "*")
    };
    assert!(policy().contains("parameter/shop/test/*"), "{}", policy());
    let account = &world.account;
    let reads = |path: &str| {
        let arn = format!("arn:aws:ssm:us-east-1:{account}:parameter/{path}");
        may(&world, EXECUTION, "ssm:GetParameters", &arn)
    };
    assert!(reads("shop/test/SOME_VARIABLE_OF_THE_SERVICE_129"));
    assert!(!reads("shop/test2/KEY") && !reads("shop/production/KEY"));
    assert_eq!(world.rd("rd-ecs").args("plan").ok().actions(), [""; 0]);

    world.ecs_settings(&settings(2));
    let applied = world.rd("rd-ecs").args("apply -y").ok();
    assert!(!applied.stderr.contains(note), "{}", applied.stderr);
    assert!(
        !policy().contains("test/*") && policy().contains("SERVICE_001"),
        "{}",
        policy()
    );
}

/// A role is deleted with all that is attached to it, but not with inline policies that rd does not know.
#[test]
fn a_role_with_policies_of_others_is_kept_with_a_hint() {
    let world = World::new(SETTINGS);
    world.service("desired = 0\nautoscaling = false");
    world.rd("rd-ecs").args("apply -y").ok();
    let role = [("RoleName", TASK), ("PolicyName", "theirs")];
    let document = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}"#;
    let with_document = [role[0], role[1], ("PolicyDocument", document)];
    world.query(IAM, "PutRolePolicy", &with_document);
    let attached = [
        role[0],
        ("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
    ];
    world.query(IAM, "AttachRolePolicy", &attached);
    let destroy = || world.rd("rd-ecs").args("destroy -y --delete-images");
    // How long the refusal is repeated.
    let done = destroy().env("RD_WAIT_SCALE", "0.005").code(1);
    for words in [
        "must delete policies first",
        "others have added inline policies",
    ] {
        assert!(done.stderr.contains(words), "{}", done.stderr);
    }
    world.query(IAM, "DeleteRolePolicy", &role);
    destroy().ok();
}

/// The tasks may use the bucket's key for their objects, and for nothing else.
#[test]
fn tasks_may_use_the_key_of_their_bucket() {
    let world = World::new(SETTINGS);
    world.service("");
    let account = world.account.clone();
    let key = format!("arn:aws:kms:us-east-1:{account}:key/11111111-2222-3333-4444-555555555555");
    let other = format!("arn:aws:kms:us-east-1:{account}:key/66666666-2222-3333-4444-555555555555");
    let bucket = format!("shop-test-encrypted-{account}");
    let settings = |key: &str| {
        let settings = format!("{SETTINGS}[store]\nbucket = \"{bucket}\"\n{key}[ecs]\n");
        world.settings(&settings);
        world.rd("rd-store").args("apply -y").ok();
        world.rd("rd-ecs").args("apply -y").ok();
        assert_eq!(world.rd("rd-ecs").args("plan").ok().actions(), [""; 0]);
    };
    let with = |name: &str| settings(&format!("kms_key = \"{name}\"\n"));
    let via_s3 = ("kms:ViaService", "string", "s3.us-east-1.amazonaws.com");
    let alias = |name: &'static str| [via_s3, ("kms:ResourceAliases", "stringList", name)];
    let may_use = |resource: &str, context: &[(&str, &str, &str)]| {
        let both = ["kms:GenerateDataKey", "kms:Decrypt"]
            .map(|action| may_where(&world, TASK, action, resource, context));
        assert_eq!(both[0], both[1], "{resource}");
        both[0]
    };

    settings("");
    assert!(!may_use(&key, &[via_s3]));
    for name in [key.as_str(), "11111111-2222-3333-4444-555555555555"] {
        with(name);
        assert!(may_use(&key, &[via_s3]), "{name}");
        assert!(!may_use(&other, &[via_s3]), "{name}");
        assert!(!may_use(&key, &[]), "{name}: without S3");
        assert!(!may(&world, TASK, "kms:Decrypt", &key), "{name}: not S3");
        assert!(!may_where(&world, TASK, "kms:Encrypt", &key, &[via_s3]));
    }
    for name in [
        "alias/shop",
        &format!("arn:aws:kms:us-east-1:{account}:alias/shop"),
    ] {
        with(name);
        assert!(may_use(&key, &alias("alias/shop")), "{name}");
        assert!(!may_use(&key, &alias("alias/other")), "{name}");
        assert!(!may_use(&key, &[via_s3]), "{name}: without an alias");
        let elsewhere = key.replace("us-east-1", "eu-west-1");
        assert!(!may_use(&elsewhere, &alias("alias/shop")), "{name}");
    }
    settings("");
    assert!(!may_use(&key, &alias("alias/shop")));
}

/// Only ECS tasks of this account and region may assume the roles.
#[test]
fn only_tasks_of_this_account_may_assume_the_roles() {
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
    // Without a bucket and ECS Exec, the task role needs no permissions.
    let policies = world
        .query(IAM, "ListRolePolicies", &[("RoleName", TASK)])
        .body;
    assert!(!policies.contains("<member>"), "{policies}");
    assert!(!may(&world, TASK, "ssmmessages:OpenDataChannel", "*"));
}
