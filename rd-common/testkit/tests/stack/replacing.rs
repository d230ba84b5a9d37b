//! What a plan of the whole pipe shows when a slice replaces what the slices after it use.

use rd_testkit::{Rd, World};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n";

#[test]
fn a_plan_shows_what_slices_downstream_would_have_to_replace() {
    let world = World::new(SETTINGS);
    let line = "set -o pipefail; rd-net apply -y | rd-data apply -y | rd-edge apply -y";
    world.rd("rd-net").shell(line).ok();
    let plan = |set: &str| {
        let program = |name: &str| world.rd(name).args("plan");
        let line = vec![
            program("rd-net").args(set),
            program("rd-data"),
            program("rd-edge"),
        ];
        Rd::pipe(line)
    };
    let [net, data, edge] = &plan("--set net.cidr=10.9.0.0/16")[..] else {
        unreachable!()
    };
    assert!(net.stderr.contains("apply will refuse"), "{}", net.stderr);
    assert!(
        net.stderr.contains("edge.load_balancer.main"),
        "{}",
        net.stderr
    );
    let actions = edge.actions();
    for address in [
        "data.db_subnet_group.main",
        "data.db_instance.postgres",
        "edge.load_balancer.main",
        "edge.target_group.api",
        "edge.listener.http",
    ] {
        let action = format!("replace {address}");
        assert!(actions.contains(&action), "{action}: {actions:?}");
    }
    // Which the database's program refuses.
    assert_eq!(data.code, 6, "{}", data.stderr);
    assert!(
        data.stderr.contains("a new, empty database"),
        "{}",
        data.stderr
    );

    // A target group is created first, so nothing else is replaced.
    let port = plan("--set net.app_port=8080").pop().unwrap();
    assert_eq!(port.code, 0, "{}", port.stderr);
    let replaced: Vec<String> = port
        .actions()
        .into_iter()
        .filter(|one| !one.contains("net."))
        .collect();
    assert_eq!(
        replaced,
        ["replace edge.target_group.api", "update edge.listener.http"]
    );
}
