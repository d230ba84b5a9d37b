//! Reads that lag behind writes when a run was killed, or when everything is destroyed: nothing is created twice, and
//! nothing is forgotten.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::faults::{Calls, Fault, LAGS, Lag, Proxy, Rule};
use rd_testkit::{World, endpoint};
use serde_json::{Value, json};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n[net]\nazs = 1\n";

/// A kind whose resources a test hides: the call that reads it, the list in its answer, the calls that create and delete
/// one, and the code of one that does not exist.
struct Hidden {
    describe: &'static str,
    list: &'static str,
    create: &'static str,
    delete: &'static str,
    not_found: &'static str,
}

const HIDDEN: [Hidden; 4] = [
    Hidden {
        describe: "DescribeVpcs",
        list: "vpcSet",
        create: "CreateVpc",
        delete: "DeleteVpc",
        not_found: "InvalidVpcID.NotFound",
    },
    Hidden {
        describe: "DescribeAddresses",
        list: "addressesSet",
        create: "AllocateAddress",
        delete: "ReleaseAddress",
        not_found: "InvalidAllocationID.NotFound",
    },
    Hidden {
        describe: "DescribeNatGateways",
        list: "natGatewaySet",
        create: "CreateNatGateway",
        delete: "DeleteNatGateway",
        not_found: "NatGatewayNotFound",
    },
    Hidden {
        describe: "DescribeSubnets",
        list: "subnetSet",
        create: "CreateSubnet",
        delete: "DeleteSubnet",
        not_found: "InvalidSubnetID.NotFound",
    },
];

impl Hidden {
    /// Its first `times` reads show none.
    fn reads(&self, times: usize) -> Rule {
        let hide = Fault::Rewrite {
            from: self.list,
            to: "hidden",
        };
        Rule::at_first(Calls::Of(self.describe), times, hide)
    }
}

fn world() -> (World, Proxy) {
    let proxy = Proxy::start(endpoint());
    (World::at(SETTINGS, proxy.url()), proxy)
}

/// Runs a command that the rules can kill.
fn run(world: &World, proxy: &Proxy, args: &str) -> i32 {
    let mut child = world.rd("rd-net").args(args).start();
    drop(child.stdin.take());
    proxy.victim(child.id());
    rd_testkit::finish(child).code
}

fn once_each(world: &World) {
    let existing = world.inventory();
    let mut distinct = existing.clone();
    distinct.dedup();
    assert_eq!(existing, distinct, "a resource exists twice");
    let plan = world.rd("rd-net").args("plan").ok();
    assert_eq!(plan.actions(), [""; 0]);
}

fn nothing_left(world: &World) {
    assert_eq!(world.inventory(), [""; 0]);
    assert!(world.rd("rd-state").args("list").ok().stdout.is_empty());
}

fn pull(world: &World) -> Value {
    serde_json::from_str(&world.rd("rd-state").args("pull net").ok().stdout).unwrap()
}

/// Changes the state with `rd-state pull` and `push`.
fn edit(world: &World, change: impl FnOnce(&mut Value)) {
    let mut state = pull(world);
    change(&mut state);
    let serial = state["serial"].as_u64().unwrap();
    state["serial"] = json!(serial + 1);
    let push = world.rd("rd-state").args("push net");
    push.stdin(state.to_string()).ok();
}

/// An address that this stack's state has as a predecessor of the NAT gateway's one.
fn predecessor(world: &World) -> String {
    let extra = world.ec2("AllocateAddress", &[("Domain", "vpc")]);
    extra.tag("allocationId").unwrap().to_owned()
}

fn exists(world: &World, allocation: &str) -> bool {
    let all = world.ec2("DescribeAddresses", &[]).body;
    all.contains(allocation)
}

fn deposed(world: &World) -> Value {
    pull(world)["resources"]["net.elastic_ip.nat-a"]["deposed"].clone()
}

#[test]
fn what_a_killed_run_has_recorded_and_reads_do_not_show_is_not_created_again() {
    for (hidden, lag) in HIDDEN.iter().zip(LAGS) {
        let (world, proxy) = world();
        // Its id is on disk when the program reads it for the third time.
        let killed = Rule::once(Calls::Of(hidden.describe), 2, Fault::KillAfter);
        proxy.rules(vec![killed], Some(Lag::of(30)));
        assert_eq!(run(&world, &proxy, "apply -y"), -1, "{}", hidden.create);
        proxy.rules(vec![hidden.reads(4)], Some(lag()));
        assert_eq!(run(&world, &proxy, "apply -y"), 0, "{}", hidden.create);
        proxy.rules(Vec::new(), None);
        once_each(&world);
        world.rd("rd-net").args("destroy -y").ok();
        nothing_left(&world);
    }
}

#[test]
fn the_create_of_another_run_is_searched_for_whatever_the_clock_says() {
    for since in ["2020-01-01T00:00:00Z", "2090-01-01T00:00:00Z"] {
        let (world, proxy) = world();
        let killed = Rule::once(Calls::Of("CreateVpc"), 0, Fault::KillAfter);
        proxy.rules(vec![killed], None);
        assert_eq!(run(&world, &proxy, "apply -y"), -1);
        edit(&world, |state| {
            state["resources"]["net.vpc.main"]["since"] = json!(since);
        });
        proxy.rules(vec![HIDDEN[0].reads(5)], None);
        assert_eq!(run(&world, &proxy, "apply -y"), 0);
        proxy.rules(Vec::new(), None);
        once_each(&world);
    }
}

#[test]
fn a_destroy_deletes_what_reads_never_show() {
    for hidden in &HIDDEN {
        let (world, proxy) = world();
        world.rd("rd-net").args("apply -y").ok();
        let refused = Fault::Refuse {
            status: 400,
            code: hidden.not_found,
        };
        // Created a moment ago, so that the first deletes do not find it either.
        let refused = Rule::at_first(Calls::Of(hidden.delete), 3, refused);
        proxy.rules(vec![hidden.reads(1000), refused], None);
        assert_eq!(run(&world, &proxy, "destroy -y"), 0, "{}", hidden.delete);
        proxy.rules(Vec::new(), None);
        nothing_left(&world);
    }
}

#[test]
fn a_destroy_finds_what_an_interrupted_create_has_created() {
    // With 4, the search finds it; with 9, the last look at the end of the run.
    for (hidden, reads) in [(0, 4), (0, 9), (1, 4), (1, 9)] {
        let hidden = &HIDDEN[hidden];
        let (world, proxy) = world();
        let killed = Rule::once(Calls::Of(hidden.create), 0, Fault::KillAfter);
        proxy.rules(vec![killed], None);
        assert_eq!(run(&world, &proxy, "apply -y"), -1);
        proxy.rules(vec![hidden.reads(reads)], None);
        assert_eq!(run(&world, &proxy, "destroy -y"), 0, "{}", hidden.create);
        proxy.rules(Vec::new(), None);
        nothing_left(&world);
    }
}

#[test]
fn an_address_is_released_when_a_network_interface_is_not_found() {
    let (world, proxy) = world();
    world.rd("rd-net").args("apply -y").ok();
    let interface = Fault::Refuse {
        status: 400,
        code: "InvalidNetworkInterfaceID.NotFound",
    };
    let rule = Rule::at_first(Calls::Of("ReleaseAddress"), 2, interface);
    proxy.rules(vec![rule], None);
    assert_eq!(run(&world, &proxy, "destroy -y"), 0);
    nothing_left(&world);
}

#[test]
fn a_resource_that_was_believed_lost_is_found_again_and_its_twin_deleted() {
    let (world, proxy) = world();
    world.rd("rd-net").args("apply -y").ok();
    let vpc = pull(&world)["resources"]["net.vpc.main"]["id"].clone();
    // So long that the run gives up, and creates another one. It is killed before it has the answer.
    let killed = Rule::once(Calls::Of("CreateVpc"), 0, Fault::KillAfter);
    proxy.rules(vec![HIDDEN[0].reads(1000), killed], None);
    assert_eq!(run(&world, &proxy, "apply -y"), -1);
    proxy.rules(Vec::new(), None);
    assert_eq!(
        world
            .inventory()
            .iter()
            .filter(|a| *a == "net.vpc.main")
            .count(),
        2
    );
    world.rd("rd-net").args("apply -y").ok();
    assert_eq!(pull(&world)["resources"]["net.vpc.main"]["id"], vpc);
    once_each(&world);
    world.rd("rd-net").args("destroy -y").ok();
    nothing_left(&world);
}

#[test]
fn no_command_forgets_a_predecessor() {
    for command in [
        "rd-net rebuild",
        "rd-net doctor --fix",
        "rd-net import net.elastic_ip.nat-a ID",
    ] {
        let world = World::new(SETTINGS);
        world.rd("rd-net").args("apply -y").ok();
        let extra = predecessor(&world);
        let mut id = String::new();
        edit(&world, |state| {
            let entry = &mut state["resources"]["net.elastic_ip.nat-a"];
            id = entry["id"].as_str().unwrap().to_owned();
            entry.as_object_mut().unwrap().remove("id");
            entry["deposed"] = json!([{"id": extra}]);
        });
        let (program, args) = command.split_once(' ').unwrap();
        world.rd(program).args(&args.replace("ID", &id)).run();
        assert_eq!(deposed(&world), json!([{"id": extra}]), "{command}");
        let plan = world.rd("rd-net").args("plan").ok();
        assert_eq!(plan.actions(), ["delete net.elastic_ip.nat-a"], "{command}");
        world.rd("rd-net").args("apply -y").ok();
        assert!(!exists(&world, &extra), "{command}");
        once_each(&world);
    }
}

#[test]
fn the_doctor_forgets_a_missing_resource_and_not_its_predecessor() {
    let world = World::new(SETTINGS);
    world.rd("rd-net").args("apply -y").ok();
    let extra = predecessor(&world);
    let state = pull(&world);
    let id = |address: &str| {
        state["resources"][address]["id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    world.ec2(
        "DeleteNatGateway",
        &[("NatGatewayId", &id("net.nat_gateway.a"))],
    );
    let gateways = || world.ec2("DescribeNatGateways", &[]).body;
    while !gateways().contains("<state>deleted</state>") {}
    // The first attempt after that does not find the network interface.
    world.try_query(
        ("ec2", "2016-11-15"),
        "ReleaseAddress",
        &[("AllocationId", &id("net.elastic_ip.nat-a"))],
    );
    world.ec2(
        "ReleaseAddress",
        &[("AllocationId", &id("net.elastic_ip.nat-a"))],
    );
    edit(&world, |state| {
        state["resources"]["net.elastic_ip.nat-a"]["deposed"] = json!([{"id": extra}]);
    });
    world.rd("rd-net").args("doctor --fix").run();
    assert!(deposed(&world).to_string().contains(&extra));
    world.rd("rd-net").args("apply -y").ok();
    assert!(!exists(&world, &extra));
    once_each(&world);
    world.rd("rd-net").args("destroy -y").ok();
    nothing_left(&world);
}

#[test]
fn no_entry_stays_after_a_destroy_whichever_address_goes_last() {
    for slow in [0, 1] {
        let (world, proxy) = world();
        world.rd("rd-net").args("apply -y").ok();
        let extra = predecessor(&world);
        edit(&world, |state| {
            state["resources"]["net.elastic_ip.nat-a"]["deposed"] = json!([{"id": extra}]);
        });
        let throttled = Rule {
            calls: Calls::Of("ReleaseAddress"),
            first: slow,
            times: 1 + slow,
            fault: Fault::Refuse {
                status: 400,
                code: "InvalidIPAddress.InUse",
            },
        };
        proxy.rules(vec![throttled], None);
        assert_eq!(run(&world, &proxy, "destroy -y"), 0);
        assert!(!exists(&world, &extra));
        nothing_left(&world);
    }
}

/// The first reads of the rules of security groups show none.
fn rules_unseen(times: usize) -> Rule {
    let hide = Fault::Rewrite {
        from: "securityGroupRuleSet",
        to: "hidden",
    };
    Rule::at_first(Calls::Of("DescribeSecurityGroupRules"), times, hide)
}

#[test]
fn the_rules_that_aws_adds_are_revoked_although_reads_do_not_show_them_yet() {
    let (world, proxy) = world();
    proxy.rules(vec![rules_unseen(6)], None);
    assert_eq!(run(&world, &proxy, "apply -y"), 0);
    proxy.rules(Vec::new(), None);
    once_each(&world);
}

#[test]
fn a_group_whose_rules_a_killed_run_did_not_revoke_is_completed_by_the_next_one() {
    let revoke = || Calls::Of("RevokeSecurityGroupEgress");
    let faults = [Fault::KillBefore, Fault::InternalError];
    for fault in faults {
        let killed = matches!(fault, Fault::KillBefore);
        let (world, proxy) = world();
        proxy.rules(vec![Rule::once(revoke(), 1, fault), rules_unseen(6)], None);
        let code = run(&world, &proxy, "apply -y");
        assert_eq!(code, if killed { -1 } else { 0 });
        if killed {
            proxy.rules(vec![rules_unseen(6)], None);
            assert_eq!(run(&world, &proxy, "apply -y"), 0);
        }
        proxy.rules(Vec::new(), None);
        once_each(&world);
    }
}
