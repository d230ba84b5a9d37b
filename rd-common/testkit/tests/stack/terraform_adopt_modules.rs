//! `rd-state adopt` of a public entry that Terraform itself has made with modules in the style of the registry's, for the load
//! balancer and the certificates, where Terraform is installed.

#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::{Done, World};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

const SETTINGS: &str =
    "project = \"shop\"\nenvironment = \"test\"\nedition = 2\nregion = \"us-east-1\"\n";

/// The files of the configuration, the modules in folders of their own.
const FILES: [&str; 3] = ["main.tf", "certificate/main.tf", "entry/main.tf"];

/// Terraform in a folder that is not the world's.
struct Terraform<'a> {
    world: &'a World,
    folder: tempfile::TempDir,
}

impl<'a> Terraform<'a> {
    /// Makes the entry in the network of the stack; none where Terraform is not installed.
    fn applied(world: &'a World) -> Option<Self> {
        let plugins = std::env::var("BENCH_TF_PLUGINS").ok()?;
        let folder = tempfile::tempdir().unwrap();
        let from: PathBuf =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stack/terraform_modules");
        for file in FILES {
            let to = folder.path().join(file);
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(from.join(file), to).unwrap();
        }
        let output = |name: &str| world.output("net", name);
        let variables = json!({
            "vpc": output("vpc_id"), "subnets": output("public_subnet_ids"), "group": output("alb_security_group_id"),
        });
        let path = folder.path().join("terraform.tfvars.json");
        std::fs::write(path, variables.to_string()).unwrap();
        let new = Self { world, folder };
        new.run(&format!(
            "init -input=false -no-color -plugin-dir={plugins}"
        ))?;
        new.run("apply -input=false -no-color -auto-approve")
            .unwrap();
        Some(new)
    }

    fn run(&self, arguments: &str) -> Option<String> {
        let mut command = Command::new("terraform");
        command
            .current_dir(self.folder.path())
            .args(arguments.split(' '));
        command
            .envs(self.world.environment())
            .env_remove("TF_CLI_CONFIG_FILE");
        let done = command.output().ok()?;
        let text = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(
            done.status.success(),
            "terraform {arguments}: {text}{}",
            String::from_utf8_lossy(&done.stderr)
        );
        Some(text)
    }

    /// Fails the test where Terraform would change anything.
    fn assert_up_to_date(&self) {
        let plan = self.run("plan -input=false -no-color").unwrap();
        assert!(plan.contains("No changes."), "{plan}");
    }

    fn adopt(&self, flags: &str) -> Done {
        let state = self.folder.path().join("terraform.tfstate");
        let adopt = self.world.rd("rd-state").args("adopt -").args(flags);
        adopt.stdin(std::fs::read_to_string(state).unwrap()).run()
    }
}

fn assert_nothing_planned(world: &World, settings: &str) {
    let plan = world.rd("rd-edge").args("plan --exit-code").args(settings);
    let planned = plan.run();
    assert_eq!(planned.code, 0, "{}{}", planned.stdout, planned.stderr);
}

#[test]
fn an_entry_of_modules_is_adopted_changed_and_given_back() {
    let world = World::new(SETTINGS);
    world.network();
    let Some(terraform) = Terraform::applied(&world) else {
        eprintln!("skipped: Terraform is not installed, or BENCH_TF_PLUGINS is not set");
        return;
    };
    terraform.assert_up_to_date();

    let dry = terraform.adopt("--dry-run");
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    for change in dry.of_type("change") {
        let fields = change["fields"].as_array().unwrap();
        let is_tag = |field: &Value| field["path"].as_str().unwrap().starts_with("tags.");
        assert!(fields.iter().all(is_tag), "{change}");
    }
    let done = terraform.adopt("-y");
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_nothing_planned(&world, "");
    for address in [
        "edge.load_balancer.main",
        "edge.target_group.api",
        "edge.listener.http",
        "edge.listener.https",
        "edge.certificate.app-modules-example-com",
        "edge.dns_record.www-modules-example-com",
        "edge.dns_record.validation-www-modules-example-com",
    ] {
        assert!(!world.id(address).is_empty(), "{address}");
    }
    world.rd("rd-state").args("adopt --undo -y").ok();
    terraform.assert_up_to_date();

    let again = terraform.adopt("-y");
    assert_eq!(again.code, 0, "{}", again.stderr);
    let change = "--set edge.idle_timeout_seconds=90";
    let changed = world.rd("rd-edge").args("plan").args(change).ok().actions();
    assert_eq!(changed, ["update edge.load_balancer.main"]);
    world.rd("rd-edge").args("apply -y").args(change).ok();
    assert_nothing_planned(&world, change);
    let back = world.rd("rd-edge").args("apply -y").ok();
    assert_nothing_planned(&world, "");
    assert_eq!(back.code, 0);
    world.rd("rd-state").args("adopt --undo -y").ok();
    terraform.assert_up_to_date();
}
