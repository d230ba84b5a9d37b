//! What runs until there is an image is somebody else's: it is given no secrets, and the first image all of them.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::World;
use rd_testkit::network::SETTINGS;
use serde_json::{Value, json};

const NAME: &str = "shop-test-api";

fn applied(keys: &str) -> World {
    let world = World::new(SETTINGS);
    world.service(keys);
    world.rd("rd-ecs").args("apply -y").ok();
    world
}

fn nothing_to_do(world: &World) {
    assert_eq!(world.rd("rd-ecs").args("plan").ok().actions(), [""; 0]);
}

fn definition(world: &World) -> Value {
    let input =
        json!({"taskDefinition": world.live_service()["taskDefinition"], "include": ["TAGS"]});
    world.ecs("DescribeTaskDefinition", &input)
}

/// The secrets of the tasks: variable and `valueFrom`.
fn secrets(world: &World) -> Vec<(String, String)> {
    let definition = definition(world);
    let container = &definition["taskDefinition"]["containerDefinitions"][0];
    let given = container["secrets"].as_array().cloned();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let given = given.unwrap_or_default();
    let given = given.iter();
    given
        .map(|one| (text(&one["name"]), text(&one["valueFrom"])))
        .collect()
}

/// The secrets that the first image must get, with a parameter `LEVEL`.
fn expected_secrets(world: &World) -> Vec<(String, String)> {
    let url = |slice: &str| {
        let arn = world.output(slice, "secret_arn");
        format!("{}:url::", arn.as_str().unwrap())
    };
    let account = &world.account;
    let level = format!("arn:aws:ssm:us-east-1:{account}:parameter/shop/test/LEVEL");
    let given = [
        ("DATABASE_URL", url("data")),
        ("LEVEL", level),
        ("REDIS_URL", url("cache")),
    ];
    given.map(|(name, from)| (name.to_owned(), from)).to_vec()
}

fn field(plan: &rd_testkit::Done, path: &str) -> Value {
    let changes = plan.of_type("change");
    let change = changes
        .iter()
        .find(|change| change["address"] == "ecs.task_definition.api");
    let fields = change.unwrap()["fields"].as_array().unwrap();
    let field = fields.iter().find(|field| field["path"] == path);
    field.cloned().unwrap_or_default()
}

#[test]
fn the_placeholder_has_no_secrets_and_the_first_image_has_all() {
    let world = World::new(SETTINGS);
    world.service("");
    let plan = world.rd("rd-ecs").args("plan").ok();
    assert_eq!(field(&plan, "secrets")["after"], json!({}));
    world.rd("rd-ecs").args("apply -y").ok();
    assert_eq!(secrets(&world), []);
    nothing_to_do(&world);

    // The parameter of the first image is created; the placeholder does not change.
    world.ecs_settings("[ecs.parameters]\nLEVEL = \"info\"");
    let changed = world.rd("rd-ecs").args("apply -y").ok().actions();
    let expected = [
        "create ecs.parameter.level",
        "update ecs.role_policy.execution",
    ];
    assert_eq!(changed, expected);
    nothing_to_do(&world);

    world.image("v1", "arm64");
    let deployed = world.rd("rd-ecs").args("deploy --tag v1").ok();
    let checks = deployed.of_type("check");
    for step in ["secret for DATABASE_URL", "parameter for LEVEL"] {
        assert!(checks.iter().any(|one| one["step"] == step), "{checks:?}");
    }
    assert_eq!(secrets(&world), expected_secrets(&world));
    nothing_to_do(&world);
    world.rd("rd-ecs").args("apply -y").ok();
    assert_eq!(secrets(&world), expected_secrets(&world));

    // Roll back, then deploy again.
    world.rd("rd-ecs").args("rollback --to 1").ok();
    assert!(world.live_image().contains("nginx"));
    assert_eq!(secrets(&world), []);
    nothing_to_do(&world);
    world.image("v2", "arm64");
    world.rd("rd-ecs").args("deploy --tag v2").ok();
    assert_eq!(secrets(&world), expected_secrets(&world));
    nothing_to_do(&world);
}

#[test]
fn a_command_with_the_first_image_has_all_secrets() {
    let world = applied("[ecs.parameters]\nLEVEL = \"info\"");
    world.image("v1", "arm64");
    world.rd("rd-ecs").args("run --tag v1 -- true").ok();
    let newest = world.ecs("DescribeTaskDefinition", &json!({"taskDefinition": NAME}));
    let given = newest["taskDefinition"]["containerDefinitions"][0]["secrets"].clone();
    assert_eq!(given.as_array().unwrap().len(), 3, "{given}");
    assert_eq!(secrets(&world), []);
}

#[test]
fn the_secrets_of_the_first_image_are_verified_before() {
    let world = applied("");
    world.image("v1", "arm64");
    let input = json!({"SecretId": "shop/test/data", "SecretString": "{\"uri\": \"planted-uri\"}"});
    world.json("secretsmanager.PutSecretValue", &input);
    let before = world.live_service()["taskDefinition"].clone();
    for command in ["verify", "deploy --tag v1"] {
        let done = world.rd("rd-ecs").args(command).code(1);
        let output = format!("{}{}", done.stdout, done.stderr);
        assert!(
            output.contains("secret for DATABASE_URL"),
            "{command}: {output}"
        );
        assert!(output.contains("no member `url`"), "{command}: {output}");
    }
    assert_eq!(world.live_service()["taskDefinition"], before);
}

#[test]
fn settings_that_were_not_applied_are_not_deployed() {
    let world = applied("");
    world.image("v1", "arm64");
    world.ecs_settings("[ecs.parameters]\nLEVEL = \"info\"");
    for command in ["verify", "deploy --no-verify --tag v1"] {
        let done = world.rd("rd-ecs").args(command).code(1);
        for word in ["LEVEL", "rd-ecs apply"] {
            assert!(done.stderr.contains(word), "{command}: {}", done.stderr);
        }
    }
    world.rd("rd-ecs").args("apply -y").ok();
    world.rd("rd-ecs").args("deploy --tag v1").ok();
    assert_eq!(secrets(&world), expected_secrets(&world));
}

/// A placeholder with secrets, from an earlier version or changed outside of rd.
#[test]
fn an_apply_removes_secrets_from_the_placeholder() {
    let world = applied("[ecs.parameters]\nLEVEL = \"info\"");
    let described = definition(&world);
    let old = &described["taskDefinition"];
    let mut containers = old["containerDefinitions"].clone();
    let given = expected_secrets(&world).into_iter();
    containers[0]["secrets"] = given
        .map(|(name, from)| json!({"name": name, "valueFrom": from}))
        .collect();
    let with_secrets = json!({
        "family": NAME, "cpu": old["cpu"], "memory": old["memory"], "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"], "runtimePlatform": old["runtimePlatform"],
        "executionRoleArn": old["executionRoleArn"], "taskRoleArn": old["taskRoleArn"],
        "containerDefinitions": containers, "tags": described["tags"],
    });
    world.ecs("RegisterTaskDefinition", &with_secrets);
    let change = json!({
        "cluster": "shop-test-cluster", "service": NAME, "taskDefinition": format!("{NAME}:2"),
    });
    world.ecs("UpdateService", &change);
    assert_eq!(secrets(&world), expected_secrets(&world));
    let plan = world.rd("rd-ecs").args("plan").ok();
    let expected = ["update ecs.service.api", "update ecs.task_definition.api"];
    assert_eq!(plan.actions(), expected);
    assert_eq!(field(&plan, "secrets")["after"], json!({}));
    world.rd("rd-ecs").args("apply -y").ok();
    assert_eq!(secrets(&world), []);
    nothing_to_do(&world);
}
