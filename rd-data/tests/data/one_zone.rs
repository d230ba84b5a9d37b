//! A network with one zone cannot carry a database.

use rd_testkit::World;
use rd_testkit::endpoint;
use rd_testkit::faults::Proxy;

#[test]
fn one_zone_is_refused_before_any_call() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(
        "project = \"shop\"\nenvironment = \"test\"\n[net]\nazs = 1\n",
        proxy.url(),
    );
    for args in ["plan", "apply -y", "plan --offline"] {
        let refused = world.rd("rd-data").args(args).code(2);
        for text in [
            "line 4",
            "net.azs",
            "cannot carry a database",
            "2 or 3 zones",
        ] {
            assert!(refused.stderr.contains(text), "{text}: {}", refused.stderr);
        }
    }
    let changes = proxy
        .calls()
        .into_iter()
        .filter(|call| call.operation != "GetCallerIdentity");
    assert_eq!(changes.count(), 0);
    let refused = world.rd("rd-edge").args("plan").code(2);
    assert!(
        refused.stderr.contains("cannot carry a load balancer"),
        "{}",
        refused.stderr
    );
    // A cache needs two zones only with a replica.
    world.settings(
        "project = \"shop\"\nenvironment = \"test\"\n[net]\nazs = 1\n[cache]\nnodes = 2\n",
    );
    let refused = world.rd("rd-cache").args("plan --offline").code(2);
    assert!(
        refused.stderr.contains("cache with a replica"),
        "{}",
        refused.stderr
    );
    world
        .rd("rd-cache")
        .args("plan --offline --set cache.nodes=1")
        .ok();
}
