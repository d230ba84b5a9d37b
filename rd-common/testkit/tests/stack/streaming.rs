//! Slices start as the outputs that they need come down the pipe, not when the program before them ends.

use rd_testkit::faults::{Proxy, Slow};
use rd_testkit::{World, endpoint};
use std::time::{Duration, Instant};

/// A NAT gateway that is never ready, as far as these tests go.
const NAT: Slow = Slow {
    create: "CreateNatGateway",
    describe: "DescribeNatGateways",
    ready: "<state>available</state>",
    before: "<state>pending</state>",
    seconds: 3600,
};

fn is_whole(world: &World, slice: &str, secret: &str) -> bool {
    let text = std::fs::read_to_string(world.state_file("shop/test", slice)).unwrap_or_default();
    let state: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    state["resources"][secret]["phase"] == "ready"
}

#[test]
fn database_cache_and_front_door_are_up_while_the_nat_gateway_is_still_pending() {
    let proxy = Proxy::start(endpoint());
    let world = World::at("project = \"shop\"\nenvironment = \"test\"\n", proxy.url());
    proxy.slow(&[NAT], Duration::from_secs(1));
    let line = "exec rd-net apply -y | rd-data apply -y | rd-cache apply -y | rd-edge apply -y";
    let mut child = world.rd("rd-net").shell(line).start();
    let last = [
        ("data", "data.secret_version.database"),
        ("cache", "cache.secret_version.redis"),
        ("edge", "edge.listener.http"),
    ];
    let start = Instant::now();
    let whole = || {
        last.iter()
            .all(|(slice, address)| is_whole(&world, slice, address))
    };
    while !whole() && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(50));
    }
    let up = whole();
    let net = std::fs::read_to_string(world.state_file("shop/test", "net")).unwrap();
    let net: serde_json::Value = serde_json::from_str(&net).unwrap();
    // It is ready when we say so: then the pipe ends by itself.
    proxy.slow(&[], Duration::ZERO);
    drop(child.stdin.take());
    let done = rd_testkit::finish(child);
    assert!(up, "they waited for rd-net: {}", done.stderr);
    assert_ne!(net["resources"]["net.nat_gateway.a"]["phase"], "ready");
    assert_eq!(done.code, 0, "{}", done.stderr);
}
