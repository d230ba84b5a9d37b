//! The rules of the settings: from where clients reach the load balancer, and what else the groups allow.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::World;

fn settings(net: &str) -> String {
    format!("project = \"shop\"\nenvironment = \"test\"\n[net]\nnat = \"none\"\n{net}\n")
}

fn prefix_list(world: &World) -> String {
    let list = [
        ("PrefixListName", "edges"),
        ("AddressFamily", "IPv4"),
        ("MaxEntries", "55"),
    ];
    let created = world.ec2("CreateManagedPrefixList", &list);
    created.tag("prefixListId").unwrap().to_owned()
}

fn has_no_changes(world: &World) {
    assert_eq!(world.rd("rd-net").args("plan").ok().actions(), [""; 0]);
}

#[test]
fn clients_reach_the_load_balancer_only_from_where_the_settings_say() {
    let world = World::new(&settings(""));
    world.rd("rd-net").args("apply -y").ok();
    let list = prefix_list(&world);
    world.settings(&settings(&format!(
        "ingress = [\"203.0.113.0/24\", \"{list}\"]"
    )));
    let apply = world.rd("rd-net").args("apply -y").ok();
    let rule = |end: &str| format!("net.security_group_rule.alb-in-{end}");
    let mut expected = [
        format!("create {}", rule("http-203-0-113-0-24")),
        format!("create {}", rule("https-203-0-113-0-24")),
        format!("create {}", rule(&format!("https-{list}"))),
        format!("delete {}", rule("http")),
        format!("delete {}", rule("https")),
    ];
    expected.sort();
    let mut actions = apply.actions();
    actions.sort();
    assert_eq!(actions, expected);
    has_no_changes(&world);
    world.settings(&settings(""));
    world.rd("rd-net").args("apply -y").ok();
    has_no_changes(&world);
    world.rd("rd-net").args("destroy -y").ok();
}

#[test]
fn more_rules_come_change_and_go() {
    let world = World::new(&settings(
        "[net.rules.vpn]\ngroup = \"db\"\nport = 5432\nfrom = \"10.8.0.0/16\"\n\
         [net.rules.mail]\ngroup = \"api\"\nport = 587\nto = \"0.0.0.0/0\"\n\
         [net.rules.metrics]\ngroup = \"redis\"\nport = 9121\nfrom = \"api\"\n",
    ));
    world.rd("rd-net").args("apply -y").ok();
    has_no_changes(&world);
    world.settings(&settings(
        "[net.rules.vpn]\ngroup = \"db\"\nport = 5432\nfrom = \"10.9.0.0/16\"\n",
    ));
    let reason = "traffic that no other rule allows is dropped";
    let gone = ["mail", "metrics"];
    let gone = gone.map(|name| format!("net.security_group_rule.more-{name}: {reason}"));
    assert_eq!(world.rd("rd-net").args("plan").ok().risks(), gone);
    let apply = world.rd("rd-net").args("apply -y").ok();
    let mut actions = apply.actions();
    actions.sort();
    assert_eq!(
        actions,
        [
            "delete net.security_group_rule.more-mail",
            "delete net.security_group_rule.more-metrics",
            "replace net.security_group_rule.more-vpn",
        ]
    );
    has_no_changes(&world);
}

#[test]
fn wrong_rules_are_refused_before_any_call() {
    let world = World::new(&settings(""));
    for (wrong, part) in [
        ("ingress = [\"203.0.113.1/24\"]", "net.ingress"),
        ("ingress = [\"sg-0abc\"]", "net.ingress"),
        (
            "rules = { x = { group = \"web\", port = 1, from = \"api\" } }",
            "net.rules.x.group",
        ),
        (
            "rules = { x = { group = \"db\", port = 1 } }",
            "net.rules.x",
        ),
        (
            "rules = { x = { group = \"db\", port = 1, from = \"everywhere\" } }",
            "net.rules.x.from",
        ),
    ] {
        world.settings(&settings(wrong));
        let plan = world.rd("rd-net").args("plan --offline").code(2);
        assert!(plan.stderr.contains(part), "{wrong}: {}", plan.stderr);
    }
}

#[test]
fn a_prefix_list_that_does_not_exist_fails_the_apply() {
    let world = World::new(&settings("ingress = [\"pl-0123456789\"]"));
    let apply = world.rd("rd-net").args("apply -y").code(1);
    assert!(
        apply.stderr.contains("InvalidPrefixListID.NotFound"),
        "{}",
        apply.stderr
    );
}
