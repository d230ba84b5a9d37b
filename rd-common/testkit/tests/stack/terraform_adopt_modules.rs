//! `rd-state adopt` of a public entry that Terraform itself has made with modules in the style of the registry's, for the load
//! balancer and the certificates, where Terraform is installed.

#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use crate::terraform::Terraform;
use rd_testkit::World;
use serde_json::{Value, json};
use std::path::Path;

const SETTINGS: &str =
    "project = \"shop\"\nenvironment = \"test\"\nedition = 2\nregion = \"us-east-1\"\n";

/// The files of the configuration, the modules in folders of their own.
const FILES: [&str; 3] = ["main.tf", "certificate/main.tf", "entry/main.tf"];

/// Makes the entry in the network of the stack. The error says why it cannot.
fn applied(world: &World) -> Result<Terraform, &'static str> {
    let terraform = Terraform::new(world)?;
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stack/terraform_modules");
    for file in FILES {
        let to = terraform.path().join(file);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(from.join(file), to).unwrap();
    }
    let output = |name: &str| world.output("net", name);
    let variables = json!({
        "vpc": output("vpc_id"), "subnets": output("public_subnet_ids"), "group": output("alb_security_group_id"),
    });
    let path = terraform.path().join("terraform.tfvars.json");
    std::fs::write(path, variables.to_string()).unwrap();
    terraform.apply();
    Ok(terraform)
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
    let terraform = match applied(&world) {
        Ok(terraform) => terraform,
        Err(reason) => return eprintln!("skipped: {reason}"),
    };
    terraform.assert_up_to_date();

    let dry = terraform.adopt(&world, "--dry-run");
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    for change in dry.of_type("change") {
        let fields = change["fields"].as_array().unwrap();
        let is_tag = |field: &Value| field["path"].as_str().unwrap().starts_with("tags.");
        assert!(fields.iter().all(is_tag), "{change}");
    }
    let done = terraform.adopt(&world, "-y");
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

    let again = terraform.adopt(&world, "-y");
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
