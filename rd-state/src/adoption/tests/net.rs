//! The network, in configurations of different styles.

use super::{map_with, settings, stays, table};
use crate::adoption::removal;
use crate::terraform::tests::{one, resource};
use serde_json::{Value, json};

fn vpc(cidr: &str) -> Value {
    one(
        "aws_vpc",
        "main",
        json!({"id": "vpc-1", "cidr_block": cidr,
        "arn": "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1"}),
    )
}

fn subnet(id: &str, zone: &str, block: &str) -> Value {
    json!({"id": id, "vpc_id": "vpc-1", "availability_zone": format!("us-east-1{zone}"), "cidr_block": block})
}

/// A configuration of one's own: `for_each`, routes and rules as resources.
pub(super) fn own_style() -> Vec<Value> {
    let keyed = |kind: &str, name: &str, all: &[(&str, Value)]| {
        let all: Vec<(Value, Value)> = all
            .iter()
            .map(|(key, one)| (json!(key), one.clone()))
            .collect();
        resource("", kind, name, &all)
    };
    let association = |subnet: &str, table: &str| json!({"id": format!("rtbassoc-{subnet}"), "subnet_id": subnet, "route_table_id": table});
    let group = |id: &str, name: &str| json!({"id": id, "name": name, "vpc_id": "vpc-1", "ingress": [], "egress": []});
    let rule = |id: &str, group: &str, port: i64, peer: &str| {
        let (cidr, other) = if peer.starts_with("sg-") {
            (None, Some(peer))
        } else {
            (Some(peer), None)
        };
        json!({"id": id, "security_group_id": group, "ip_protocol": "tcp", "from_port": port, "to_port": port,
               "cidr_ipv4": cidr, "referenced_security_group_id": other})
    };
    vec![
        vpc("10.0.0.0/16"),
        keyed(
            "aws_subnet",
            "public",
            &[
                ("a", subnet("subnet-pua", "a", "10.0.48.0/24")),
                ("b", subnet("subnet-pub", "b", "10.0.49.0/24")),
            ],
        ),
        keyed(
            "aws_subnet",
            "private",
            &[
                ("a", subnet("subnet-pra", "a", "10.0.0.0/20")),
                ("b", subnet("subnet-prb", "b", "10.0.16.0/20")),
            ],
        ),
        one(
            "aws_internet_gateway",
            "main",
            json!({"id": "igw-1", "vpc_id": "vpc-1"}),
        ),
        one("aws_eip", "nat", json!({"id": "eipalloc-1"})),
        one(
            "aws_nat_gateway",
            "main",
            json!({"id": "nat-1", "allocation_id": "eipalloc-1", "subnet_id": "subnet-pua"}),
        ),
        one(
            "aws_route_table",
            "public",
            json!({"id": "rtb-pu", "vpc_id": "vpc-1"}),
        ),
        one(
            "aws_route_table",
            "private",
            json!({"id": "rtb-pr", "vpc_id": "vpc-1"}),
        ),
        one(
            "aws_route",
            "public",
            json!({"id": "r-1", "route_table_id": "rtb-pu",
            "destination_cidr_block": "0.0.0.0/0", "gateway_id": "igw-1"}),
        ),
        one(
            "aws_route",
            "private",
            json!({"id": "r-2", "route_table_id": "rtb-pr",
            "destination_cidr_block": "0.0.0.0/0", "gateway_id": "", "nat_gateway_id": "nat-1"}),
        ),
        one(
            "aws_route",
            "peering",
            json!({"id": "r-3", "route_table_id": "rtb-pr",
            "destination_cidr_block": "10.9.0.0/16", "gateway_id": ""}),
        ),
        keyed(
            "aws_route_table_association",
            "public",
            &[
                ("a", association("subnet-pua", "rtb-pu")),
                ("b", association("subnet-pub", "rtb-pu")),
            ],
        ),
        keyed(
            "aws_route_table_association",
            "private",
            &[
                ("a", association("subnet-pra", "rtb-pr")),
                ("b", association("subnet-prb", "rtb-pr")),
            ],
        ),
        keyed(
            "aws_vpc_endpoint",
            "gateway",
            &[(
                "s3",
                json!({"id": "vpce-1", "vpc_id": "vpc-1",
            "service_name": "com.amazonaws.us-east-1.s3", "vpc_endpoint_type": "Gateway"}),
            )],
        ),
        keyed(
            "aws_security_group",
            "main",
            &[
                ("alb", group("sg-1", "x")),
                ("api", group("sg-2", "y")),
                ("db", group("sg-3", "z")),
                ("ops", group("sg-9", "ops")),
            ],
        ),
        keyed(
            "aws_vpc_security_group_ingress_rule",
            "main",
            &[
                ("http", rule("sgr-1", "sg-1", 80, "0.0.0.0/0")),
                ("https", rule("sgr-2", "sg-1", 443, "0.0.0.0/0")),
                ("api", rule("sgr-3", "sg-2", 8080, "sg-1")),
                ("db", rule("sgr-4", "sg-3", 5432, "sg-2")),
                ("ssh", rule("sgr-5", "sg-2", 22, "10.0.0.0/8")),
            ],
        ),
        keyed(
            "aws_vpc_security_group_egress_rule",
            "main",
            &[
                ("alb", rule("sgr-6", "sg-1", 8080, "sg-2")),
                ("https", rule("sgr-7", "sg-2", 443, "0.0.0.0/0")),
            ],
        ),
    ]
}

#[test]
fn a_configuration_of_ones_own() {
    let mapping = map_with(&own_style(), &[]);
    assert_eq!(mapping.questions, [], "{mapping:?}");
    assert_eq!(
        table(&mapping),
        [
            "aws_eip.nat -> elastic_ip.nat-a (eipalloc-1)",
            "aws_internet_gateway.main -> internet_gateway.main (igw-1)",
            "aws_nat_gateway.main -> nat_gateway.a (nat-1)",
            "aws_route.private -> route.private-a-internet (rtb-pr_0.0.0.0/0)",
            "aws_route.public -> route.public-internet (rtb-pu_0.0.0.0/0)",
            "aws_route_table.private -> route_table.private-a (rtb-pr)",
            "aws_route_table.public -> route_table.public (rtb-pu)",
            "aws_route_table_association.private[\"a\"] -> route_table_association.private-a (subnet-pra)",
            "aws_route_table_association.private[\"b\"] -> route_table_association.private-b (subnet-prb)",
            "aws_route_table_association.public[\"a\"] -> route_table_association.public-a (subnet-pua)",
            "aws_route_table_association.public[\"b\"] -> route_table_association.public-b (subnet-pub)",
            "aws_security_group.main[\"alb\"] -> security_group.alb (sg-1)",
            "aws_security_group.main[\"api\"] -> security_group.api (sg-2)",
            "aws_security_group.main[\"db\"] -> security_group.db (sg-3)",
            "aws_subnet.private[\"a\"] -> subnet.private-a (subnet-pra)",
            "aws_subnet.private[\"b\"] -> subnet.private-b (subnet-prb)",
            "aws_subnet.public[\"a\"] -> subnet.public-a (subnet-pua)",
            "aws_subnet.public[\"b\"] -> subnet.public-b (subnet-pub)",
            "aws_vpc.main -> vpc.main (vpc-1)",
            "aws_vpc_endpoint.gateway[\"s3\"] -> vpc_endpoint.s3 (vpce-1)",
            "aws_vpc_security_group_egress_rule.main[\"alb\"] -> security_group_rule.alb-out-api (sgr-6)",
            "aws_vpc_security_group_egress_rule.main[\"https\"] -> security_group_rule.api-out-https (sgr-7)",
            "aws_vpc_security_group_ingress_rule.main[\"api\"] -> security_group_rule.api-in-alb (sgr-3)",
            "aws_vpc_security_group_ingress_rule.main[\"db\"] -> security_group_rule.db-in-api (sgr-4)",
            "aws_vpc_security_group_ingress_rule.main[\"http\"] -> security_group_rule.alb-in-http (sgr-1)",
            "aws_vpc_security_group_ingress_rule.main[\"https\"] -> security_group_rule.alb-in-https (sgr-2)",
            "aws_vpc_security_group_ingress_rule.main[\"ssh\"] -> security_group.api ()",
        ]
    );
    let stays = stays(&mapping);
    assert_eq!(
        stays,
        ["aws_route.peering", "aws_security_group.main[\"ops\"]"]
    );
    assert_eq!(settings(&mapping), ["net.app_port = 8080"]);
    let removal = removal(&mapping);
    assert!(
        removal.contains("  from = aws_subnet.private\n"),
        "{removal}"
    );
    assert!(
        !removal.contains("from = aws_security_group.main"),
        "{removal}"
    );
    assert!(
        removal.contains("# terraform state rm 'aws_security_group.main[\"alb\"]'"),
        "{removal}"
    );
}

/// The modules `vpc` and `security-group`: `count`, a NAT gateway and a private table in each zone, further subnets for
/// databases, and rules as `aws_security_group_rule`.
#[test]
fn the_community_modules() {
    let module = |kind: &str, name: &str, all: Vec<Value>| {
        let all = all.into_iter().enumerate();
        let all: Vec<(Value, Value)> = all.map(|(index, one)| (json!(index), one)).collect();
        resource("module.vpc", kind, name, &all)
    };
    let zones = ["b", "c"];
    let of_zones =
        |one: &dyn Fn(&str) -> Value| zones.iter().map(|zone| one(zone)).collect::<Vec<_>>();
    let block = |start: usize, zone: &str| {
        let third = start + usize::from(zone == "c");
        format!("10.2.{third}.0/24")
    };
    let association = |subnet: String, table: String| json!({"id": "x", "subnet_id": subnet, "route_table_id": table});
    let rule = |port: i64, cidrs: Value, source: Value| {
        json!({"id": "sgrule-1", "security_group_id": "sg-1",
        "type": "ingress", "protocol": "tcp", "from_port": port, "to_port": port, "cidr_blocks": cidrs,
        "source_security_group_id": source})
    };
    let resources = vec![
        module(
            "aws_vpc",
            "this",
            vec![json!({"id": "vpc-1", "cidr_block": "10.2.0.0/16"})],
        ),
        module(
            "aws_subnet",
            "public",
            of_zones(&|zone| subnet(&format!("subnet-pu{zone}"), zone, &block(101, zone))),
        ),
        module(
            "aws_subnet",
            "private",
            of_zones(&|zone| subnet(&format!("subnet-pr{zone}"), zone, &block(1, zone))),
        ),
        module(
            "aws_subnet",
            "database",
            of_zones(&|zone| subnet(&format!("subnet-db{zone}"), zone, &block(201, zone))),
        ),
        module(
            "aws_internet_gateway",
            "this",
            vec![json!({"id": "igw-1", "vpc_id": "vpc-1"})],
        ),
        module(
            "aws_eip",
            "nat",
            of_zones(&|zone| json!({"id": format!("eipalloc-{zone}")})),
        ),
        module(
            "aws_nat_gateway",
            "this",
            of_zones(&|zone| {
                json!({"id": format!("nat-{zone}"),
            "allocation_id": format!("eipalloc-{zone}"), "subnet_id": format!("subnet-pu{zone}")})
            }),
        ),
        module(
            "aws_route_table",
            "public",
            vec![json!({"id": "rtb-pu", "vpc_id": "vpc-1", "route": [
            {"cidr_block": "0.0.0.0/0", "gateway_id": "igw-1", "nat_gateway_id": ""}]})],
        ),
        module(
            "aws_route_table",
            "private",
            of_zones(&|zone| json!({"id": format!("rtb-{zone}"), "vpc_id": "vpc-1"})),
        ),
        module(
            "aws_route",
            "private_nat_gateway",
            of_zones(&|zone| {
                json!({"id": "r", "route_table_id": format!("rtb-{zone}"),
            "destination_cidr_block": "0.0.0.0/0", "nat_gateway_id": format!("nat-{zone}")})
            }),
        ),
        module(
            "aws_route_table_association",
            "public",
            of_zones(&|zone| association(format!("subnet-pu{zone}"), "rtb-pu".into())),
        ),
        module(
            "aws_route_table_association",
            "private",
            of_zones(&|zone| association(format!("subnet-pr{zone}"), format!("rtb-{zone}"))),
        ),
        resource(
            "module.alb_sg",
            "aws_security_group",
            "this_name_prefix",
            &[(
                json!(0),
                json!({"id": "sg-1",
            "name": "alb-2024", "vpc_id": "vpc-1", "ingress": [], "egress": []}),
            )],
        ),
        resource(
            "module.alb_sg",
            "aws_security_group_rule",
            "ingress_with_cidr_blocks",
            &[
                (json!(0), rule(443, json!(["0.0.0.0/0"]), Value::Null)),
                (
                    json!(1),
                    rule(443, json!(["192.0.2.0/24", "198.51.100.0/24"]), Value::Null),
                ),
            ],
        ),
    ];
    let mapping = map_with(&resources, &[]);
    assert_eq!(mapping.questions, [], "{mapping:?}");
    let table = table(&mapping);
    for line in [
        "module.vpc.aws_vpc.this[0] -> vpc.main (vpc-1)",
        "module.vpc.aws_subnet.private[1] -> subnet.private-c (subnet-prc)",
        "module.vpc.aws_subnet.public[0] -> subnet.public-b (subnet-pub)",
        "module.vpc.aws_nat_gateway.this[1] -> nat_gateway.c (nat-c)",
        "module.vpc.aws_eip.nat[0] -> elastic_ip.nat-b (eipalloc-b)",
        "module.vpc.aws_route_table.private[0] -> route_table.private-b (rtb-b)",
        "module.vpc.aws_route.private_nat_gateway[1] -> route.private-c-internet (rtb-c_0.0.0.0/0)",
        "module.alb_sg.aws_security_group.this_name_prefix[0] -> security_group.alb (sg-1)",
        "module.alb_sg.aws_security_group_rule.ingress_with_cidr_blocks[0] -> security_group_rule.alb-in-https ()",
        "module.alb_sg.aws_security_group_rule.ingress_with_cidr_blocks[1] -> security_group_rule.alb-in-https-192-0-2-0-24 ()",
    ] {
        assert!(
            table.iter().any(|one| one == line),
            "{line} is not in {table:#?}"
        );
    }
    let stays = stays(&mapping);
    assert_eq!(
        stays,
        [
            "module.vpc.aws_subnet.database[0]",
            "module.vpc.aws_subnet.database[1]"
        ]
    );
    assert_eq!(
        settings(&mapping),
        [
            "net.cidr = \"10.2.0.0/16\"",
            "net.azs = [\"us-east-1b\", \"us-east-1c\"]",
            "net.public_cidrs = [\"10.2.101.0/24\", \"10.2.102.0/24\"]",
            "net.private_cidrs = [\"10.2.1.0/24\", \"10.2.2.0/24\"]",
            "net.nat = \"per-az\"",
            "net.ingress = [\"0.0.0.0/0\", \"192.0.2.0/24\", \"198.51.100.0/24\"]",
        ]
    );
    let removal = removal(&mapping);
    assert!(removal.contains("from = module.alb_sg\n"), "{removal}");
    assert!(
        !removal.contains("from = module.vpc"),
        "a part of it stays: {removal}"
    );
    assert!(
        removal.contains("# terraform state rm 'module.vpc.aws_vpc.this[0]'"),
        "{removal}"
    );
}

#[test]
fn rules_within_a_group_say_which_group_it_is() {
    let block = |port: i64, cidrs: Value, groups: Value| {
        json!([{"protocol": "tcp", "from_port": port, "to_port": port,
        "cidr_blocks": cidrs, "security_groups": groups}])
    };
    let mut resources = own_style();
    resources.retain(|one| {
        !one["type"]
            .as_str()
            .unwrap_or_default()
            .contains("security_group")
    });
    let group = |id: &str, ingress: Value| {
        one(
            "aws_security_group",
            &id.replace('-', "_"),
            json!({"id": id, "vpc_id": "vpc-1", "ingress": ingress, "egress": []}),
        )
    };
    resources.extend([
        group("sg-1", block(443, json!(["0.0.0.0/0"]), json!([]))),
        group("sg-2", block(3001, json!([]), json!(["sg-1"]))),
        group("sg-3", block(6379, json!([]), json!(["sg-2"]))),
    ]);
    let mapping = map_with(&resources, &[]);
    let table = table(&mapping);
    for line in [
        "aws_security_group.sg_1 -> security_group.alb (sg-1)",
        "aws_security_group.sg_2 -> security_group.api (sg-2)",
        "aws_security_group.sg_3 -> security_group.redis (sg-3)",
    ] {
        assert!(
            table.iter().any(|one| one == line),
            "{line} is not in {table:#?}"
        );
    }
}

#[test]
fn what_is_not_clear_is_asked_and_answered() {
    let mut resources = own_style();
    resources.push(one(
        "aws_subnet",
        "second",
        subnet("subnet-x", "a", "10.0.64.0/20"),
    ));
    resources.push(one(
        "aws_route_table_association",
        "second",
        json!({"id": "x", "subnet_id": "subnet-x", "route_table_id": "rtb-pr"}),
    ));
    let asked = map_with(&resources, &[]);
    assert_eq!(asked.questions.len(), 1, "{:?}", asked.questions);
    assert_eq!(asked.questions[0].address, "net.subnet.private-a");
    assert_eq!(
        asked.questions[0].candidates,
        ["aws_subnet.private[\"a\"]", "aws_subnet.second"]
    );
    for answers in [
        [("aws_subnet.private[\"a\"]", "net.subnet.private-a")],
        [("aws_subnet.second", "terraform")],
    ] {
        let answered = map_with(&resources, &answers);
        assert_eq!(answered.questions, []);
        let line = "aws_subnet.private[\"a\"] -> subnet.private-a (subnet-pra)";
        assert!(table(&answered).iter().any(|one| one == line));
        assert!(
            answered
                .stays
                .iter()
                .any(|one| one.terraform == "aws_subnet.second")
        );
    }
}

#[test]
fn two_networks_are_a_question_of_one_line() {
    let mut resources = own_style();
    resources.push(one(
        "aws_vpc",
        "other",
        json!({"id": "vpc-2", "cidr_block": "10.5.0.0/16"}),
    ));
    let asked = map_with(&resources, &[]);
    assert_eq!(asked.questions.len(), 1);
    assert_eq!(asked.questions[0].address, "net.vpc.main");
    let answered = map_with(&resources, &[("aws_vpc.main", "net.vpc.main")]);
    assert_eq!(answered.questions, []);
    assert_eq!(answered.decisions.len(), 27);
}

/// Two stacks in one state, in random sizes and styles: each adopted id is of the stack that was named.
#[test]
fn no_resource_of_another_stack_is_adopted() {
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap_or(0)
    };
    for round in 0..1000 {
        let mut resources = Vec::new();
        let mut expected = Vec::new();
        for stack in ["s1", "s2"] {
            let (some, count) = generated(stack, &mut next);
            resources.extend(some);
            expected.push(count);
        }
        let chosen = next(2);
        let stack = ["s1", "s2"][chosen];
        let mapping = map_with(&resources, &[(&format!("aws_vpc.{stack}"), "net.vpc.main")]);
        assert_eq!(mapping.questions, [], "round {round}");
        for one in &mapping.decisions {
            assert!(one.terraform.contains(stack), "round {round}: {one:?}");
            assert!(
                one.id.is_empty() || one.id.contains(stack),
                "round {round}: {one:?}"
            );
        }
        let count = |start: &str| {
            let all = mapping.decisions.iter();
            all.filter(|one| one.address.starts_with(start)).count()
        };
        assert_eq!(count("net.subnet."), 2 * expected[chosen], "round {round}");
        let has_entry = resources
            .iter()
            .any(|one| one["type"] == "aws_lb" && one["name"] == format!("main_{stack}"));
        let entry = if has_entry { [1, 2, 1, 1] } else { [0; 4] };
        let parts = ["load_balancer", "listener", "target_group", "dns_record"];
        assert_eq!(
            parts.map(|part| count(&format!("edge.{part}."))),
            entry,
            "round {round}"
        );
        for address in [
            "data.secret.database",
            "data.log_group.postgresql",
            "cache.secret.redis",
        ] {
            let mut all = mapping.decisions.iter();
            assert!(
                all.any(|one| one.address == address),
                "round {round}: {address}"
            );
        }
    }
}

/// The resources of a stack of random size and style, and the number of its zones.
fn generated(stack: &str, next: &mut impl FnMut(usize) -> usize) -> (Vec<Value>, usize) {
    let zones = &["a", "b", "c"][..=next(3)];
    let nats = [0, 1, zones.len()][next(3)];
    let inline = next(2) == 0;
    let port = 3000 + next(5);
    let id = |what: &str| format!("{what}-{stack}");
    let named = |kind: &str, what: &str, attributes: Value| {
        one(kind, &format!("{what}_{stack}"), attributes)
    };
    let vpc = id("vpc");
    let mut all = vec![
        one(
            "aws_vpc",
            stack,
            json!({"id": vpc, "cidr_block": "10.0.0.0/16"}),
        ),
        named(
            "aws_internet_gateway",
            "main",
            json!({"id": id("igw"), "vpc_id": vpc}),
        ),
    ];
    let mut table = |name: &str, gateway: Option<String>, nat: Option<String>| {
        let table = id(&format!("rtb-{name}"));
        let route = json!({"cidr_block": "0.0.0.0/0", "destination_cidr_block": "0.0.0.0/0", "id": id("r"),
            "route_table_id": table, "gateway_id": gateway, "nat_gateway_id": nat});
        let has_route = gateway.is_some() || nat.is_some();
        let blocks = if inline && has_route {
            json!([route])
        } else {
            json!([])
        };
        all.push(named(
            "aws_route_table",
            name,
            json!({"id": table, "vpc_id": vpc, "route": blocks}),
        ));
        if !inline && has_route {
            all.push(named("aws_route", name, route));
        }
    };
    table("public", Some(id("igw")), None);
    for (index, zone) in zones.iter().enumerate() {
        let own = if nats == 1 { 0 } else { index };
        let nat = (nats > 0).then(|| id(&format!("nat-{}", zones[own])));
        table(&format!("private_{zone}"), None, nat);
    }
    for (index, zone) in zones.iter().enumerate() {
        for (tier, start) in [("public", 48), ("private", 0)] {
            let subnet = id(&format!("subnet-{tier}-{zone}"));
            let name = if tier == "public" {
                "public".to_owned()
            } else {
                format!("private_{zone}")
            };
            all.push(named("aws_subnet", &format!("{tier}_{zone}"), json!({"id": subnet, "vpc_id": vpc,
                "availability_zone": format!("us-east-1{zone}"), "cidr_block": format!("10.0.{}.0/24", start + index)})));
            all.push(named("aws_route_table_association", &format!("{tier}_{zone}"),
                json!({"id": id("assoc"), "subnet_id": subnet, "route_table_id": id(&format!("rtb-{name}"))})));
        }
        if index < nats {
            all.push(named(
                "aws_eip",
                zone,
                json!({"id": id(&format!("eipalloc-{zone}"))}),
            ));
            all.push(named("aws_nat_gateway", zone, json!({"id": id(&format!("nat-{zone}")),
                "subnet_id": id(&format!("subnet-public-{zone}")), "allocation_id": id(&format!("eipalloc-{zone}"))})));
        }
    }
    let peers = [
        ("alb", 443, None),
        ("api", port, Some("alb")),
        ("db", 5432, Some("api")),
    ];
    for (name, port, peer) in peers {
        let group = id(&format!("sg-{name}"));
        let cidrs = if peer.is_none() {
            json!(["0.0.0.0/0"])
        } else {
            json!([])
        };
        let other = peer.map(|peer| id(&format!("sg-{peer}")));
        let blocks = if inline {
            json!([{"protocol": "tcp", "from_port": port, "to_port": port, "cidr_blocks": cidrs,
                    "security_groups": other.iter().collect::<Vec<_>>()}])
        } else {
            json!([])
        };
        all.push(named(
            "aws_security_group",
            name,
            json!({"id": group, "vpc_id": vpc, "ingress": blocks, "egress": []}),
        ));
        if !inline {
            all.push(named("aws_security_group_rule", name, json!({"id": id("rule"), "type": "ingress", "protocol": "tcp",
                "security_group_id": group, "from_port": port, "to_port": port, "cidr_blocks": cidrs,
                "source_security_group_id": other, "security_group_rule_id": id(&format!("sgr-{name}"))})));
        }
    }
    all.extend(database_and_cache(stack, &vpc));
    if next(3) > 0 {
        let (balancer, group, host) = (id("lb"), id("tg"), format!("{stack}.example.com"));
        let name = format!("{stack}.elb.amazonaws.com");
        all.push(named(
            "aws_lb",
            "main",
            json!({"id": balancer, "vpc_id": vpc, "name": id("web"), "dns_name": name}),
        ));
        all.push(named(
            "aws_lb_target_group",
            "main",
            json!({"id": group, "vpc_id": vpc, "target_type": "ip"}),
        ));
        for (port, protocol) in [(80, "HTTP"), (443, "HTTPS")] {
            all.push(named(
                "aws_lb_listener",
                protocol,
                json!({"id": id(protocol), "load_balancer_arn": balancer,
                "port": port, "protocol": protocol, "certificate_arn": id("certificate"),
                "default_action": [{"type": "forward", "target_group_arn": group}]}),
            ));
        }
        all.push(named(
            "aws_route53_record",
            "main",
            json!({"id": id("record"), "zone_id": id("Z"), "fqdn": host,
            "name": host, "type": "A", "alias": [{"name": name}]}),
        ));
    }
    (all, zones.len())
}

/// The database and the cache of a stack, with secrets whose names do not say whose they are.
fn database_and_cache(stack: &str, vpc: &str) -> Vec<Value> {
    let id = |what: &str| format!("{what}-{stack}");
    let named = |kind: &str, what: &str, attributes: Value| {
        one(kind, &format!("{what}_{stack}"), attributes)
    };
    let group = |kind: &str| {
        named(
            kind,
            "db",
            json!({"id": id("group"), "name": id("group"), "vpc_id": vpc}),
        )
    };
    let mut all = vec![
        group("aws_db_subnet_group"),
        group("aws_elasticache_subnet_group"),
        named(
            "aws_db_instance",
            "db",
            json!({"id": "db-1", "identifier": id("db"), "engine": "postgres", "db_subnet_group_name": id("group"),
                   "parameter_group_name": id("pg"), "enabled_cloudwatch_logs_exports": ["postgresql"]}),
        ),
        named(
            "aws_db_parameter_group",
            "db",
            json!({"id": id("pg"), "name": id("pg"), "parameter": []}),
        ),
        named(
            "aws_cloudwatch_log_group",
            "db",
            json!({"name": format!("/aws/rds/instance/{}/postgresql", id("db"))}),
        ),
        named(
            "aws_elasticache_replication_group",
            "redis",
            json!({"id": id("redis"), "replication_group_id": id("redis"), "subnet_group_name": id("group")}),
        ),
    ];
    for owner in [
        "aws_db_instance.db",
        "aws_elasticache_replication_group.redis",
    ] {
        let name = owner.rsplit('.').next().unwrap_or_default();
        let arn = id(&format!("secret-{name}"));
        all.push(named(
            "aws_secretsmanager_secret",
            name,
            json!({"id": arn, "name": "app"}),
        ));
        let mut version = named(
            "aws_secretsmanager_secret_version",
            name,
            json!({"secret_id": arn}),
        );
        version["instances"][0]["dependencies"] = json!([format!("{owner}_{stack}")]);
        all.push(version);
    }
    all
}
