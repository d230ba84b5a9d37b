//! What people see, whole: exit code, stdout and stderr of the commands they look at most.

use insta::{assert_snapshot, with_settings};
use rd_testkit::{Done, World};

fn settings(net: &str) -> String {
    format!("project = \"shop\"\nenvironment = \"test\"\n[net]\nazs = 1\n{net}")
}

/// Everything it said, with what differs from run to run taken out.
fn said(done: &Done) -> String {
    format!(
        "exit code {}\n-- stdout\n{}-- stderr\n{}",
        done.code, done.stdout, done.stderr
    )
}

/// Ids, accounts, times and folders.
const FILTERS: [(&str, &str); 5] = [
    (r"_vpc-[0-9a-f]{17}", "_<id>"),
    (r"\b[a-z]+-[0-9a-f]{17}", "<id>"),
    (r"\b\d{12}\b", "<account>"),
    (r"in \d+\.\d s", "in <time>"),
    (r"/tmp/\.tmp\w+|/\S+/\.tmp\w+", "<folder>"),
];

macro_rules! snapshot {
    ($name:expr, $done:expr) => {
        with_settings!({filters => FILTERS.to_vec(), omit_expression => true}, {
            assert_snapshot!($name, said(&$done));
        });
    };
}

#[test]
fn a_plan() {
    let world = World::new(&settings("nat = \"none\"\n"));
    snapshot!(
        "plan_of_an_empty_account",
        world.rd("rd-net").args("plan --format text").ok()
    );
    snapshot!(
        "plan_in_full",
        world.rd("rd-net").args("plan --full --format text").ok()
    );
    world.rd("rd-net").args("apply -y").ok();
    snapshot!(
        "plan_without_changes",
        world.rd("rd-net").args("plan --format text").ok()
    );
    world.settings(&settings(
        "nat = \"single\"\napp_port = 8080\nendpoints = [\"logs\"]\n",
    ));
    let vpc = world.rd("rd-net").args("output vpc_id").ok().stdout;
    world.ec2(
        "ModifyVpcAttribute",
        &[("VpcId", vpc.trim()), ("EnableDnsHostnames.Value", "false")],
    );
    snapshot!(
        "plan_with_changes_and_drift",
        world.rd("rd-net").args("plan --format text").ok()
    );
    snapshot!(
        "status_with_drift",
        world.rd("rd-net").args("status --format text").ok()
    );
}

#[test]
fn the_bucket() {
    let world = World::new(&settings(""));
    snapshot!(
        "plan_of_the_bucket",
        world.rd("rd-store").args("plan --format text").ok()
    );
    snapshot!(
        "apply_of_the_bucket",
        world.rd("rd-store").args("apply -y --format text").ok()
    );
    snapshot!(
        "usage",
        world.rd("rd-store").args("usage --format text").ok()
    );
    snapshot!(
        "destroy_of_the_bucket",
        world.rd("rd-store").args("destroy -y --format text").ok()
    );
}

#[test]
fn a_check_and_a_graph() {
    let world = World::new(&settings("nat = \"none\"\n"));
    world.rd("rd-net").args("apply -y").ok();
    snapshot!(
        "check_open",
        world
            .rd("rd-net")
            .args("check api db 5432 --format text")
            .ok()
    );
    snapshot!(
        "check_blocked",
        world
            .rd("rd-net")
            .args("check internet db 5432 --format text")
            .code(1)
    );
    snapshot!(
        "graph",
        world.rd("rd-state").args("graph --format text").ok()
    );
}

#[test]
fn an_error() {
    let world = World::new(&settings("natt = \"none\"\n"));
    snapshot!(
        "error_in_the_settings",
        world.rd("rd-net").args("plan --format text").code(2)
    );
}
