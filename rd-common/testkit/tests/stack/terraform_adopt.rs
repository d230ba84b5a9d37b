//! `rd-state adopt` of what Terraform itself has made of the files of `make bench`: the plans change nothing, rd changes what
//! it has adopted, and after an undo Terraform has nothing to do. Only where Terraform is installed, and
//! `BENCH_TF_PLUGINS` names the folder with its provider.

#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use crate::terraform::Terraform;
use rd_testkit::{Done, World};
use serde_json::Value;
use std::path::Path;

/// The slices that are adopted, each with its file in `scripts/bench.d`.
const SLICES: [(&str, &str); 4] = [
    ("net", "network.tf"),
    ("data", "data.tf"),
    ("cache", "cache.tf"),
    ("store", "store.tf"),
];

/// The stack of rd has another name than that of Terraform, so that every name is a given one.
const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\nregion = \"us-east-1\"\n";

/// The passwords in Terraform's state, which rd must write nowhere.
const PLANTED: [(&str, &str); 2] = [
    ("database_password", "planted0db6b1f0c7a"),
    ("cache_token", "planted0cache9c1f0d2e"),
];

/// Makes the stack. The error says why it cannot.
fn applied(world: &World) -> Result<Terraform, &'static str> {
    let mut terraform = Terraform::new(world)?;
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/bench.d");
    for (_, file) in SLICES {
        std::fs::copy(files.join(file), terraform.path().join(file)).unwrap();
    }
    for (name, value) in PLANTED {
        terraform.variable(name, value);
    }
    // Which Terraform's provider expects of the account.
    for service in ["rds", "elasticache"] {
        let service = format!("{service}.amazonaws.com");
        let service = [("AWSServiceName", service.as_str())];
        world.query(("iam", "2010-05-08"), "CreateServiceLinkedRole", &service);
    }
    terraform.apply();
    Ok(terraform)
}

/// What rd's plans of the adopted slices would do, but for the creation of what Terraform never made.
fn changes(world: &World) -> Vec<String> {
    let plans = SLICES.map(|(slice, _)| world.rd(&format!("rd-{slice}")).args("plan").ok());
    let actions = plans.iter().flat_map(Done::actions);
    actions.filter(|one| !one.starts_with("create ")).collect()
}

fn adopt(world: &World, state: &str, flags: &str) -> Done {
    let adopt = world.rd("rd-state").args("adopt -").args(flags);
    adopt.stdin(state).ok()
}

#[test]
fn a_stack_of_terraform_is_adopted_changed_and_given_back() {
    let world = World::new(SETTINGS);
    let terraform = match applied(&world) {
        Ok(terraform) => terraform,
        Err(reason) => return eprintln!("skipped: {reason}"),
    };
    let state = terraform.succeeds(&["state", "pull"]);
    for (_, planted) in PLANTED {
        assert!(state.contains(planted));
    }
    let dry = adopt(&world, &state, "--dry-run");
    for change in dry.of_type("change") {
        let fields = change["fields"].as_array().unwrap();
        let is_tag = |field: &Value| field["path"].as_str().unwrap().starts_with("tags.");
        let only_tags = change["action"] != "delete" && fields.iter().all(is_tag);
        assert!(only_tags || change["action"] == "create", "{change}");
    }

    let first = adopt(&world, &state, "-y");
    assert_eq!(changes(&world), [""; 0]);
    let undone = world.rd("rd-state").args("adopt --undo -y").ok();
    let plan = terraform.plan();
    assert!(plan.contains("No changes."), "{plan}");

    let second = adopt(&world, &state, "-y");
    assert!(
        second.stderr.contains("rd-data rotate, rd-cache rotate"),
        "{}",
        second.stderr
    );
    for (program, retention, address) in [
        (
            "rd-data",
            "--set data.backup_retention_days=3",
            "update data.db_instance.postgres",
        ),
        (
            "rd-cache",
            "--set cache.snapshot_retention_days=2",
            "update cache.replication_group.redis",
        ),
    ] {
        let plan = || {
            world
                .rd(program)
                .args("plan")
                .args(retention)
                .ok()
                .actions()
        };
        let mut changed = plan();
        changed.retain(|one| !one.starts_with("create "));
        assert_eq!(changed, [address]);
        world.rd(program).args("apply -y").args(retention).ok();
        world.rd(program).args("rotate").ok();
        assert_eq!(plan(), [""; 0]);
    }
    for (_, planted) in PLANTED {
        world.keeps(planted, &[]);
        for done in [&dry, &first, &undone, &second] {
            assert!(!done.stdout.contains(planted) && !done.stderr.contains(planted));
        }
    }
}
