//! The pipelines of `scripts/`, which `make plan`, `apply`, `status` and `destroy` run.

use rd_testkit::{Done, World};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n\n";

fn script(world: &World, line: &str) -> Done {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts");
    world
        .rd("rd-net")
        .shell(&format!("{root}/{line} </dev/null"))
        .run()
}

#[test]
fn the_whole_stack_is_planned_applied_shown_and_destroyed() {
    let world = World::new(SETTINGS);
    let plan = script(&world, "plan --exit-code");
    assert_eq!(plan.code, 3, "{}", plan.stderr);
    let unasked = script(&world, "apply");
    assert_eq!(unasked.code, 6, "{}", unasked.stderr);
    assert!(
        unasked.stdout.contains("+ net.vpc.main"),
        "the plan is shown all the same: {}",
        unasked.stdout
    );
    assert!(unasked.stderr.contains("pass -y"), "{}", unasked.stderr);
    let apply = script(&world, "apply -y");
    assert_eq!(
        (apply.code, apply.actions()),
        (0, plan.actions()),
        "{}",
        apply.stderr
    );
    let again = script(&world, "apply");
    assert_eq!(
        again.code, 0,
        "nothing to do needs no confirmation: {}",
        again.stderr
    );
    let status = script(&world, "status");
    assert_eq!(status.code, 0, "{}", status.stderr);
    assert!(
        status
            .of_type("status")
            .iter()
            .all(|one| one["health"] == "ready")
    );

    assert_eq!(script(&world, "destroy").code, 6);
    assert_eq!(script(&world, "destroy --confirm shop-other").code, 6);
    let destroy = script(&world, "destroy --confirm shop-test");
    assert_eq!(destroy.code, 0, "{}", destroy.stderr);
    assert_eq!(destroy.actions().len(), plan.actions().len());
}

#[test]
fn a_program_that_fails_fails_the_script() {
    let world = World::new("project = \"shop\"\n[net]\nnat = \"two\"\n");
    assert_ne!(script(&world, "plan").code, 0);
    assert_ne!(script(&world, "apply -y").code, 0);
    assert_ne!(script(&world, "status").code, 0);
}
