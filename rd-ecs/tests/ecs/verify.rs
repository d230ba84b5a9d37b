//! `verify`: one step for each thing that a task needs to start.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::faults::{Calls, Fault, Proxy, Rule};
use rd_testkit::network::SETTINGS;
use rd_testkit::{Api, Done, ELB, World, endpoint};
use serde_json::{Value, json};

const IAM: Api = ("iam", "2010-05-08");
const ROLE: &str = "shop-test-execution-us-east-1";

/// A service after an apply with these keys of `[ecs]`.
fn applied(keys: &str) -> World {
    let world = World::new(SETTINGS);
    world.service(keys);
    world.rd("rd-ecs").args("apply -y").ok();
    world
}

fn verify(world: &World) -> Done {
    world.rd("rd-ecs").args("verify").run()
}

fn steps(done: &Done) -> Vec<Value> {
    let document: Value = serde_json::from_str(done.stdout.trim())
        .unwrap_or_else(|e| panic!("{e}: {}{}", done.stdout, done.stderr));
    document["steps"].as_array().unwrap().clone()
}

/// The steps that failed, and why.
fn failed(done: &Done) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = steps(done);
    let failed = all.iter().filter(|step| step["ok"] == false);
    failed
        .map(|step| (text(&step["step"]), text(&step["reason"])))
        .collect()
}

/// Fails the test unless only this step failed, with these words in its reason.
fn only_failure(world: &World, step: &str, words: &[&str]) {
    let done = verify(world);
    assert_eq!(done.code, 1, "{}", done.stderr);
    let found = failed(&done);
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, [step], "{found:?}");
    for word in words {
        assert!(found[0].1.contains(word), "{found:?} lacks {word}");
    }
}

fn reason(done: &Done, name: &str) -> String {
    let all = steps(done);
    let found = all.iter().find(|step| step["step"] == name);
    let found = found.unwrap_or_else(|| panic!("no {name}: {}", done.stdout));
    found["reason"].as_str().unwrap().to_owned()
}

#[test]
fn after_an_apply_every_step_passes() {
    let world = applied("[ecs.parameters]\nLEVEL = \"info\"");
    let digest = world.image("v1", "arm64");
    world.rd("rd-ecs").args("deploy --tag v1").ok();
    let done = verify(&world);
    assert_eq!(failed(&done), [], "{}", done.stderr);
    assert_eq!(done.code, 0);
    assert!(reason(&done, "image").ends_with(&digest));
    assert_eq!(reason(&done, "architecture"), "ARM64");
    let unchecked: Vec<Value> = steps(&done)
        .into_iter()
        .filter(|step| step["reason"].as_str().unwrap().starts_with("not checked"))
        .collect();
    // rd-net does not manage the network of this test.
    assert_eq!(unchecked.len(), 1, "{unchecked:?}");
    let text = world.rd("rd-ecs").args("verify --format text").ok();
    assert!(text.stdout.contains("✓ secret for DATABASE_URL: has `url`"));
    assert!(
        text.stdout.trim_end().ends_with("can run"),
        "{}",
        text.stdout
    );
    for done in [done, text] {
        assert!(!format!("{}{}", done.stdout, done.stderr).contains("planted-"));
    }
}

#[test]
fn a_missing_permission_is_named() {
    let world = applied("[ecs.parameters]\nLEVEL = \"info\"");
    let role = ("RoleName", ROLE);
    let policy = ("PolicyName", "read-secrets");
    world.query(IAM, "DeleteRolePolicy", &[role, policy]);
    let done = verify(&world);
    let names: Vec<String> = failed(&done).into_iter().map(|(name, _)| name).collect();
    let expected = ["DATABASE_URL", "LEVEL", "REDIS_URL"];
    assert_eq!(
        names,
        expected.map(|name| format!("execution role: read {name}"))
    );
    world.rd("rd-ecs").args("apply -y").ok();

    let denied = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "ssm:*", "Resource": "*"}]});
    let document = ("PolicyDocument", &*denied.to_string());
    world.query(
        IAM,
        "PutRolePolicy",
        &[role, ("PolicyName", "deny"), document],
    );
    only_failure(
        &world,
        "execution role: read LEVEL",
        &["a policy denies ssm:GetParameters"],
    );
    world.query(IAM, "DeleteRolePolicy", &[role, ("PolicyName", "deny")]);

    let managed = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";
    world.query(IAM, "DetachRolePolicy", &[role, ("PolicyArn", managed)]);
    only_failure(
        &world,
        "execution role: write the logs",
        &["logs:CreateLogStream", "rd-ecs apply"],
    );
    world.rd("rd-ecs").args("apply -y").ok();

    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    let document = ("PolicyDocument", &*trust.to_string());
    world.query(IAM, "UpdateAssumeRolePolicy", &[role, document]);
    only_failure(
        &world,
        "execution role",
        &["does not trust ecs-tasks.amazonaws.com"],
    );
}

#[test]
fn secrets_and_parameters_must_exist_with_their_members() {
    let world = World::new(SETTINGS);
    let put = |name: &str, value: &str| {
        let secret = json!({"Name": name, "SecretString": value});
        let made = world.json("secretsmanager.CreateSecret", &secret);
        made["ARN"].as_str().unwrap().to_owned()
    };
    let mail = put("mail", r#"{"key": "planted-mail"}"#);
    let plain = put("plain", "planted-plain");
    let keys = format!(
        "[ecs.parameters]\nLEVEL = \"info\"\n[ecs.secrets]\nMAIL = \"{mail}:key\"\nPLAIN = \"{plain}\""
    );
    world.service(&keys);
    world.rd("rd-ecs").args("apply -y").ok();
    assert_eq!(failed(&verify(&world)), []);

    let change = |id: &str, value: &str| {
        let input = json!({"SecretId": id, "SecretString": value});
        world.json("secretsmanager.PutSecretValue", &input);
    };
    change("mail", r#"{"kez": "planted-mail"}"#);
    only_failure(&world, "secret for MAIL", &["no member `key`"]);
    change("mail", "planted-text");
    only_failure(&world, "secret for MAIL", &["not a JSON object"]);
    world.json("secretsmanager.DeleteSecret", &json!({"SecretId": "mail"}));
    only_failure(&world, "secret for MAIL", &["deletion"]);
    let gone = json!({"SecretId": "mail", "ForceDeleteWithoutRecovery": true});
    world.json("secretsmanager.DeleteSecret", &gone);
    only_failure(&world, "secret for MAIL", &["does not exist"]);
    put("mail", r#"{"key": "planted-mail"}"#);

    let gone = json!({"SecretId": "plain", "ForceDeleteWithoutRecovery": true});
    world.json("secretsmanager.DeleteSecret", &gone);
    world.json(
        "AmazonSSM.DeleteParameter",
        &json!({"Name": "/shop/test/LEVEL"}),
    );
    let done = verify(&world);
    let names: Vec<String> = failed(&done).into_iter().map(|(name, _)| name).collect();
    // The new secret of the same name has another ARN.
    assert_eq!(
        names,
        ["parameter for LEVEL", "secret for MAIL", "secret for PLAIN"]
    );
    assert!(!format!("{}{}", done.stdout, done.stderr).contains("planted-"));
}

#[test]
fn a_customer_managed_key_needs_a_permission() {
    let world = World::new(SETTINGS);
    let key = format!(
        "arn:aws:kms:us-east-1:{}:key/11111111-2222-3333-4444-555555555555",
        world.account
    );
    let secret = json!({"Name": "mail", "SecretString": "planted-mail", "KmsKeyId": key});
    let made = world.json("secretsmanager.CreateSecret", &secret);
    let keys = |more: &str| format!("{more}[ecs.secrets]\nMAIL = {}", made["ARN"]);
    world.service(&keys(""));
    world.rd("rd-ecs").args("apply -y").ok();
    only_failure(
        &world,
        "execution role: decrypt MAIL",
        &["kms:Decrypt", &key, "decrypt_keys"],
    );
    world.ecs_settings(&keys(&format!("decrypt_keys = [\"{key}\"]\n")));
    world.rd("rd-ecs").args("apply -y").ok();
    let done = verify(&world);
    assert_eq!(failed(&done), []);
    assert_eq!(reason(&done, "execution role: decrypt MAIL"), "allowed");
}

#[test]
fn the_task_role_may_use_the_key_of_the_bucket() {
    let world = World::new(SETTINGS);
    world.service("");
    let line = "task role: use the bucket's key";
    let key = "11111111-2222-3333-4444-555555555555";
    let give = |key: &str| {
        let output = |name: &str| world.output("store", name);
        let outputs = json!({
            "bucket_name": output("bucket_name"), "bucket_arn": output("bucket_arn"), "kms_key": key,
        });
        world.give("store", &outputs);
    };
    give(key);
    world.rd("rd-ecs").args("apply -y").ok();
    assert_eq!(reason(&verify(&world), line), "allowed");
    // A key that the last apply of the service did not know.
    give("66666666-2222-3333-4444-555555555555");
    let words = ["kms:GenerateDataKey", "key/66666666", "rd-ecs apply"];
    only_failure(&world, line, &words);
    give("alias/shop");
    assert!(reason(&verify(&world), line).starts_with("not checked"));
    give("");
    assert!(
        !steps(&verify(&world))
            .iter()
            .any(|step| step["step"] == line)
    );
}

#[test]
fn an_image_must_exist_for_the_tasks_architecture() {
    let world = applied("");
    let digest = world.image("arm", "arm64");
    world.image("intel", "amd64");
    let url = world.output("ecs", "repository_url");
    let url = url.as_str().unwrap();
    let with = |tag: &str| {
        let command = world.rd("rd-ecs").args("verify --image");
        command.arg(&format!("{url}:{tag}")).run()
    };
    assert_eq!(failed(&with("arm")), []);
    let found = failed(&with("intel"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "architecture");
    assert!(
        found[0]
            .1
            .contains("for X86_64, but the tasks run on ARM64"),
        "{found:?}"
    );
    for named in ["--tag arm", &format!("--image {digest}")] {
        let done = world.rd("rd-ecs").args(&format!("verify {named}")).run();
        assert_eq!(failed(&done), [], "{named}");
        assert_eq!(reason(&done, "architecture"), "ARM64");
    }
    let found = failed(&with("none"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].1.contains("has no tag `none`: similar tags: arm"),
        "{found:?}"
    );
    let other = url.replace(&world.account, "210987654321");
    let done = world
        .rd("rd-ecs")
        .args(&format!("verify --image {other}:v1"))
        .run();
    let found = failed(&done);
    assert!(
        found
            .iter()
            .any(|(step, reason)| step == "image" && reason.contains("has no repository")),
        "{found:?}"
    );
    let placeholder = verify(&world);
    assert!(reason(&placeholder, "image").contains("the placeholder"));
}

#[test]
fn an_image_that_may_not_be_read_is_not_checked() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    world.service("");
    world.rd("rd-ecs").args("apply -y").ok();
    world.image("arm", "arm64");
    let refuse = |operation| {
        let denied = Fault::Refuse {
            status: 400,
            code: "AccessDeniedException",
        };
        proxy.rules(
            vec![Rule::at_first(Calls::Of(operation), usize::MAX, denied)],
            None,
        );
    };
    refuse("BatchGetImage");
    let done = world.rd("rd-ecs").args("verify --tag arm").run();
    assert_eq!(failed(&done), []);
    assert!(reason(&done, "image").starts_with("not checked: these credentials may not read"));
    // What other accounts rarely allow is not needed.
    refuse("DescribeImages");
    let done = world.rd("rd-ecs").args("verify --tag arm").ok();
    assert_eq!(reason(&done, "architecture"), "ARM64");
}

#[test]
fn without_an_image_the_image_step_fails() {
    let world = applied("bootstrap = \"none\"");
    only_failure(&world, "image", &["rd-ecs push", "rd-ecs deploy"]);
}

#[test]
fn the_log_group_and_the_listener_must_exist() {
    let world = applied("");
    let group = json!({"logGroupName": "/ecs/shop-test-api"});
    world.json("Logs_20140328.DeleteLogGroup", &group);
    only_failure(&world, "log group", &["rd-ecs apply"]);
    world.rd("rd-ecs").args("apply -y").ok();
    let balancer = world.output("edge", "alb_arn");
    let of = [("LoadBalancerArn", balancer.as_str().unwrap())];
    let listener = world.query(ELB, "DescribeListeners", &of);
    let listener = listener.tag("ListenerArn").unwrap().to_owned();
    world.query(ELB, "DeleteListener", &[("ListenerArn", &listener)]);
    only_failure(
        &world,
        "listener",
        &["no listener forwards to", "rd-edge apply"],
    );
}

#[test]
fn the_network_path_is_checked() {
    let none = "database_variable = \"\"\ncache_variable = \"\"\nbucket_variable = \"\"\n";
    let settings = |net: &str| format!("{SETTINGS}[net]\n{net}[ecs]\n{none}");
    let world = World::new(&settings(""));
    for program in ["rd-net", "rd-edge", "rd-ecs"] {
        world.rd(program).args("apply -y").ok();
    }
    let done = verify(&world);
    assert_eq!(failed(&done), [], "{}", done.stderr);
    assert_eq!(reason(&done, "network path to AWS services"), "open");

    let rule = world.id("net.security_group_rule.api-in-alb");
    let group = world.id("net.security_group.api");
    let parameters = [("GroupId", &*group), ("SecurityGroupRuleId.1", &*rule)];
    world.ec2("RevokeSecurityGroupIngress", &parameters);
    only_failure(
        &world,
        "network path from the load balancer to port 3001: inbound rule of api from alb:3001",
        &["no inbound rule allows it"],
    );

    // Without a NAT gateway, only services with an endpoint can be reached.
    world.settings(&settings("nat = \"none\"\n"));
    world.rd("rd-net").args("apply -y").ok();
    let found = failed(&verify(&world));
    assert!(
        found
            .iter()
            .any(|(step, _)| step.contains("service ecr.api")),
        "{found:?}"
    );
    assert!(
        !found.iter().any(|(step, _)| step.contains("service s3")),
        "{found:?}"
    );
    // No secret or parameter needs these.
    assert!(
        !found.iter().any(|(step, _)| step.contains("ssm")),
        "{found:?}"
    );
    world.settings(&settings("nat = \"none\"\nendpoints = \"private\"\n"));
    world.rd("rd-net").args("apply -y").ok();
    assert_eq!(failed(&verify(&world)), []);
}

#[test]
fn checks_that_the_credentials_do_not_permit_are_not_failures() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    world.service("[ecs.parameters]\nLEVEL = \"info\"");
    world.rd("rd-ecs").args("apply -y").ok();
    let denied = [
        "SimulatePrincipalPolicy",
        "GetSecretValue",
        "GetParameters",
        "GetRole",
        "DescribeTargetGroups",
        "DescribeLogGroups",
    ];
    let refuse = Fault::Refuse {
        status: 400,
        code: "AccessDeniedException",
    };
    let rules = denied.map(|one| Rule::at_first(Calls::Of(one), usize::MAX, refuse.clone()));
    proxy.rules(rules.to_vec(), None);
    let done = verify(&world);
    assert_eq!(failed(&done), [], "{}", done.stderr);
    for (step, permission) in [
        ("execution role", "iam:GetRole"),
        ("execution role: read LEVEL", "iam:SimulatePrincipalPolicy"),
        (
            "execution role: write the logs",
            "iam:SimulatePrincipalPolicy",
        ),
        ("secret for DATABASE_URL", "secretsmanager:GetSecretValue"),
        ("parameter for LEVEL", "ssm:GetParameters"),
        ("log group", "logs:DescribeLogGroups"),
        ("target group", "elasticloadbalancing:DescribeTargetGroups"),
    ] {
        let reason = reason(&done, step);
        assert!(reason.starts_with("not checked: "), "{step}: {reason}");
        assert!(reason.contains(permission), "{step}: {reason}");
    }
}

#[test]
fn deploy_verifies_before_it_changes_anything() {
    let world = applied("");
    world.image("v1", "arm64");
    let before = world.live_service();
    let group = json!({"logGroupName": "/ecs/shop-test-api"});
    world.json("Logs_20140328.DeleteLogGroup", &group);
    let done = world.rd("rd-ecs").args("deploy --tag v1").code(1);
    assert!(
        done.stderr.contains("tasks could not start: log group"),
        "{}",
        done.stderr
    );
    let record = done.of_type("check");
    assert!(
        record
            .iter()
            .any(|one| one["step"] == "log group" && one["ok"] == false)
    );
    assert_eq!(
        world.live_service()["taskDefinition"],
        before["taskDefinition"]
    );
}
