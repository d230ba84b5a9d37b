//! The password: in RDS and in Secrets Manager, and nowhere else.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::faults::{Calls, Fault, Proxy, Rule};
use rd_testkit::network::SETTINGS;
use rd_testkit::{Done, Rd, World, carriers, endpoint};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;

/// The password of `examples/rd-data-planted.rs`.
const PASSWORD: &str = "PlantedPassword0123456789abcdefgh";

/// A folder for the PATH whose programs record their arguments and environment before they run.
fn watched(world: &World) -> String {
    let folder = world.path().join("watched");
    std::fs::create_dir_all(&folder).unwrap();
    let built = std::env::current_exe().unwrap();
    let built = built.parent().unwrap().parent().unwrap();
    for program in ["rd-net", "rd-data"] {
        let file = folder.join(program);
        let script = format!(
            "#!/bin/sh\n{{ echo \"$@\"; env; }} >> {0}/$$.seen\nexec {1}/{program} \"$@\"\n",
            folder.display(),
            built.display()
        );
        std::fs::write(&file, script).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    format!("{}:/usr/bin:/bin", folder.display())
}

fn planted(world: &World) -> Rd {
    let scratch = world.path().join("scratch");
    std::fs::create_dir_all(&scratch).unwrap();
    world
        .rd("examples/rd-data-planted")
        .env("PATH", &watched(world))
        .env("TMPDIR", &scratch.display().to_string())
}

#[test]
fn the_password_is_in_no_state_record_log_error_argument_or_file() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    world.network();
    proxy.rules(Vec::new(), None);
    let mut wrote: Vec<Done> = Vec::new();
    let mut run = |line: &str| {
        let done = planted(&world).args(line).run();
        // The network of these tests has no rules, so that the check fails.
        let expected = i32::from(line.starts_with("check"));
        assert_eq!(done.code, expected, "{line}: {}", done.stderr);
        wrote.push(done);
    };
    for line in [
        "plan -vv",
        "apply -y -vv",
        "plan",
        "plan --format text",
        "status -vv",
        "output",
        "rotate -vv",
        "check -vv",
        "snapshot known --wait -vv",
        "restore --snapshot known --switch -vv",
        "restore --delete-old -y -vv",
        "rebuild",
        "doctor",
        "destroy -y -vv",
        // The name stays in use for days: the secret is restored with a new value.
        "apply -y -vv",
    ] {
        run(line);
    }
    let calls = proxy.calls();
    assert_eq!(
        carriers(&calls, PASSWORD),
        [
            "CreateDBInstance",
            "CreateSecret",
            "ModifyDBInstance",
            "PutSecretValue"
        ]
    );
    let seen = std::fs::read_dir(world.path().join("watched")).unwrap();
    let seen = seen.filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().ends_with(".seen")
    });
    assert!(seen.count() > 0, "no started program was recorded");
    world.keeps(PASSWORD, &wrote);
    // Also where nothing changes, a plan has the whole spec of the database and of the secret.
    let unchanged = wrote[2].of_type("change");
    for (kind, arn) in [
        ("db_instance", "secret_arn"),
        ("secret_version", "secret_arn"),
    ] {
        let of_kind = unchanged
            .iter()
            .find(|change| change["kind"] == kind)
            .unwrap();
        assert_eq!(of_kind["action"], "none");
        let arn = of_kind["spec"][arn].as_str().unwrap();
        assert!(arn.starts_with("arn:aws:secretsmanager:"), "{arn}");
    }

    let secret = json!({"SecretId": "shop/test/database"});
    let value = world.json("secretsmanager.GetSecretValue", &secret);
    let value: serde_json::Value =
        serde_json::from_str(value["SecretString"].as_str().unwrap()).unwrap();
    assert_eq!(value["password"], PASSWORD);
    let host = value["host"].as_str().unwrap();
    assert_eq!(
        value["url"],
        format!("postgresql://app:{PASSWORD}@{host}:5432/shop?sslmode=require")
    );
}

#[test]
fn the_password_is_nowhere_after_runs_that_fail() {
    let refusals = ["CreateSecret", "CreateDBInstance", "PutSecretValue"];
    for operation in refusals {
        let proxy = Proxy::start(endpoint());
        let world = World::at(SETTINGS, proxy.url());
        world.network();
        let refuse = Fault::Refuse {
            status: 400,
            code: "InvalidParameterValue",
        };
        proxy.rules(vec![Rule::at_first(Calls::Of(operation), 99, refuse)], None);
        let failed = planted(&world).args("apply -y -vv").run();
        assert_eq!(failed.code, 1, "{operation}: {}", failed.stderr);
        world.keeps(PASSWORD, &[failed]);
    }
}
