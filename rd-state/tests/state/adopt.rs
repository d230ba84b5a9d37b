//! `rd-state adopt` of a network that Terraform has made: nothing but tags changes in AWS, the next plan is empty, and an
//! undo gives everything back.

#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::faults::Scenario;
use rd_testkit::{Done, World};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Settings of the stack that adopts. Terraform's network has other blocks, zones and names.
pub const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\nregion = \"us-east-1\"\n";

/// A password in Terraform's state.
const PLANTED: &str = "planted-6b1f0c";

/// The tags that rd sets.
pub const OURS: [&str; 6] = [
    "Name",
    "Project",
    "Environment",
    "ManagedBy",
    "rd:slice",
    "rd:address",
];

/// The describe calls whose answers are compared.
const LISTS: [&str; 9] = [
    "DescribeVpcs",
    "DescribeSubnets",
    "DescribeInternetGateways",
    "DescribeAddresses",
    "DescribeNatGateways",
    "DescribeRouteTables",
    "DescribeSecurityGroups",
    "DescribeSecurityGroupRules",
    "DescribeVpcEndpoints",
];

/// Makes a network with other names and blocks than rd's, tagged as by Terraform, with a rule that rd does not know.
/// Returns Terraform's state of it.
pub fn terraform_network(world: &World, more: &str) -> Value {
    world.settings(&format!(
        "project = \"old\"\nenvironment = \"live\"\n[net]\ncidr = \"10.7.0.0/16\"\nazs = [\"us-east-1b\"]\n\
         public_cidrs = [\"10.7.1.0/24\"]\nprivate_cidrs = [\"10.7.128.0/24\"]\n{more}"
    ));
    world.rd("rd-net").args("apply -y").ok();
    let file = world.state_file("old/live", "net");
    let state: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let resources = state["resources"].as_object().unwrap().clone();
    std::fs::remove_dir_all(world.path().join(".rd")).unwrap();
    world.settings(SETTINGS);
    let group = resources["net.security_group.api"]["id"].as_str().unwrap();
    let rule = [
        ("GroupId", group),
        ("IpPermissions.1.IpProtocol", "tcp"),
        ("IpPermissions.1.FromPort", "22"),
        ("IpPermissions.1.ToPort", "22"),
        ("IpPermissions.1.IpRanges.1.CidrIp", "192.0.2.0/24"),
    ];
    world.ec2("AuthorizeSecurityGroupIngress", &rule);
    hand_over(world, &resources);
    terraform_state(&world.account, &resources)
}

/// Gives the resources of a network tags as Terraform sets them instead of rd's.
pub fn hand_over(world: &World, resources: &Map<String, Value>) {
    let tagged = resources
        .values()
        .filter(|one| one["kind"] != "route_table_association");
    let ids: Vec<&str> = tagged
        .filter_map(|one| one["id"].as_str())
        .filter(|id| !id.contains('_'))
        .collect();
    let numbered: Vec<String> = (1..=ids.len())
        .map(|number| format!("ResourceId.{number}"))
        .collect();
    let ids: Vec<(&str, &str)> = numbered.iter().map(String::as_str).zip(ids).collect();
    let keys: Vec<String> = (1..=OURS.len())
        .map(|number| format!("Tag.{number}.Key"))
        .collect();
    let keys = keys.iter().map(String::as_str).zip(OURS);
    world.ec2(
        "DeleteTags",
        &ids.iter().copied().chain(keys).collect::<Vec<_>>(),
    );
    let theirs = [
        ("Tag.1.Key", "ManagedBy"),
        ("Tag.1.Value", "terraform"),
        ("Tag.2.Key", "Team"),
        ("Tag.2.Value", "web"),
    ];
    world.ec2(
        "CreateTags",
        &ids.iter().copied().chain(theirs).collect::<Vec<_>>(),
    );
}

/// Terraform's state of these resources: rules and the public route are blocks of their group and table.
pub fn terraform_state(account: &str, resources: &Map<String, Value>) -> Value {
    let mut instances: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    let of_kind = |kind: &'static str| resources.values().filter(move |one| one["kind"] == kind);
    let vpc = of_kind("vpc").next().unwrap()["id"].clone();
    for (address, one) in resources {
        let (id, live) = (&one["id"], &one["attributes"]);
        let (kind, attributes) = match one["kind"].as_str().unwrap() {
            "vpc" => (
                "aws_vpc",
                json!({"cidr_block": live["cidr_block"],
                "arn": format!("arn:aws:ec2:us-east-1:{account}:vpc/{}", id.as_str().unwrap())}),
            ),
            "subnet" => ("aws_subnet", live.clone()),
            "internet_gateway" => ("aws_internet_gateway", json!({"vpc_id": vpc})),
            "elastic_ip" => ("aws_eip", json!({})),
            "nat_gateway" => ("aws_nat_gateway", live.clone()),
            "route_table" => {
                let routes =
                    of_kind("route").filter(|route| route["attributes"]["route_table_id"] == *id);
                let routes: Vec<Value> = routes
                    .map(|route| {
                        let live = &route["attributes"];
                        json!({"cidr_block": live["destination"], "gateway_id": live["gateway_id"],
                               "nat_gateway_id": live["nat_gateway_id"]})
                    })
                    .collect();
                ("aws_route_table", json!({"vpc_id": vpc, "route": routes}))
            }
            "route_table_association" => ("aws_route_table_association", live.clone()),
            "vpc_endpoint" => (
                "aws_vpc_endpoint",
                json!({"vpc_id": vpc, "service_name": live["service_name"],
                "vpc_endpoint_type": live["endpoint_type"]}),
            ),
            "security_group" => {
                let rules = |egress: bool| -> Vec<Value> {
                    let own = of_kind("security_group_rule").map(|rule| &rule["attributes"]);
                    let own =
                        own.filter(|rule| rule["group_id"] == *id && rule["egress"] == egress);
                    own.map(|rule| {
                        let list = |name: &str| rule.get(name).into_iter().cloned().collect::<Vec<_>>();
                        json!({"protocol": "tcp", "from_port": rule["from_port"], "to_port": rule["to_port"],
                               "cidr_blocks": list("cidr"), "security_groups": list("peer_group_id")})
                    })
                    .collect()
                };
                (
                    "aws_security_group",
                    json!({"vpc_id": vpc, "name": live["group_name"],
                    "ingress": rules(false), "egress": rules(true)}),
                )
            }
            _ => continue,
        };
        let mut attributes = attributes;
        attributes["id"] = id.clone();
        let instance = json!({"index_key": address, "attributes": attributes});
        instances.entry(kind).or_default().push(instance);
    }
    let provider = "provider[\"registry.terraform.io/hashicorp/aws\"]";
    let mut list: Vec<Value> = instances
        .into_iter()
        .map(|(kind, instances)| {
            json!({"mode": "managed", "type": kind, "name": "main", "provider": provider, "instances": instances})
        })
        .collect();
    list.push(
        json!({"mode": "managed", "type": "random_password", "name": "db", "provider": "random",
        "instances": [{"attributes": {"id": "none", "result": PLANTED}}]}),
    );
    json!({"version": 4, "serial": 3, "lineage": "x", "resources": list,
           "outputs": {"password": {"value": PLANTED, "sensitive": true}}})
}

/// What the API says of the network. Without `tags`, the tags are left out.
pub fn seen(world: &World, tags: bool) -> Vec<String> {
    let without = |mut text: String, element: &str| {
        while let Some(start) = text.find(&format!("<{element}>")) {
            let end = format!("</{element}>");
            let Some(length) = text[start..].find(&end) else {
                break;
            };
            text.replace_range(start..start + length + end.len(), "");
        }
        text
    };
    let lists = LISTS.iter().map(|call| {
        let text = without(world.ec2(call, &[]).body, "requestId");
        // A set that is empty has another form than none.
        let text = without(text, if tags { "none" } else { "tagSet" });
        text.replace("<tagSet/>", "")
            .replace("<tagSet></tagSet>", "")
    });
    // The order of tags has no meaning.
    lists
        .map(|text| {
            let mut lines: Vec<&str> = text.split("<item>").map(str::trim).collect();
            lines.sort_unstable();
            lines.join("\n")
        })
        .collect()
}

pub fn adopt(world: &World, state: &Value, flags: &str) -> Done {
    let adopt = world.rd("rd-state").args("adopt -").args(flags);
    adopt.stdin(state.to_string()).run()
}

fn plan(world: &World) -> Done {
    world.rd("rd-net").args("plan --exit-code").run()
}

#[test]
fn a_network_is_adopted_and_given_back() {
    let world = World::new(SETTINGS);
    let state = terraform_network(&world, "");
    let (before, with_tags) = (seen(&world, false), seen(&world, true));
    let settings = || std::fs::read_to_string(world.path().join("rd.toml")).unwrap();

    let dry = adopt(&world, &state, "--dry-run");
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    let changes = dry.of_type("change");
    assert!(changes.len() > 25, "{}", dry.stdout);
    for change in &changes {
        let fields = change["fields"].as_array().unwrap();
        let only_tags = fields
            .iter()
            .all(|field| field["path"].as_str().unwrap().starts_with("tags."));
        assert!(only_tags && change["action"] != "create", "{change}");
    }
    assert_eq!(settings(), SETTINGS);
    assert!(!world.state_file("shop/test", "net").exists());
    assert_eq!(seen(&world, true), with_tags);

    let unconfirmed = adopt(&world, &state, "");
    assert_eq!(unconfirmed.code, 6, "{}", unconfirmed.stderr);
    let done = adopt(&world, &state, "-y");
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(done.stderr.contains("not managed"), "{}", done.stderr);
    assert!(
        done.stderr.contains("in tcp 22 from 192.0.2.0/24"),
        "{}",
        done.stderr
    );
    assert_eq!(seen(&world, false), before, "only tags change");
    let planned = plan(&world);
    assert_eq!(planned.code, 0, "{}{}", planned.stdout, planned.stderr);
    assert!(
        settings().contains("cidr = \"10.7.0.0/16\""),
        "{}",
        settings()
    );
    let again = adopt(&world, &state, "-y");
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert_eq!(again.of_type("applied").len(), 0);

    let undone = world.rd("rd-state").args("adopt --undo -y").ok();
    assert_eq!(
        seen(&world, true),
        with_tags,
        "the tags are those of before"
    );
    assert_eq!(world.rd("rd-state").args("list").ok().stdout, "");
    world.keeps(PLANTED, &[dry, unconfirmed, done, planned, again, undone]);
}

#[test]
fn what_was_adopted_stays_as_it_is_in_later_applies_and_after_a_rebuild() {
    let world = World::new(SETTINGS);
    let state = terraform_network(&world, "");
    let done = adopt(&world, &state, "-y");
    assert_eq!(done.code, 0, "{}", done.stderr);
    let rule = "net.rules.ops={group=\"api\",port=9000,from=\"10.0.0.0/8\"}";
    world.rd("rd-net").args("apply -y --set").arg(rule).ok();
    world.rd("rd-net").args("apply -y").ok();
    let rules = world.ec2("DescribeSecurityGroupRules", &[]).body;
    assert!(
        rules.contains("192.0.2.0/24"),
        "the rule that rd does not manage is there: {rules}"
    );
    let before = seen(&world, false);

    std::fs::remove_dir_all(world.path().join(".rd")).unwrap();
    world.rd("rd-state").args("rebuild net").ok();
    let planned = plan(&world);
    assert_eq!(planned.code, 0, "{}{}", planned.stdout, planned.stderr);
    assert_eq!(seen(&world, false), before);

    // A rule that came later is drift, and the one that was there is not revoked with it.
    let group = world.id("net.security_group.api");
    let later = [
        ("GroupId", group.as_str()),
        ("IpPermissions.1.IpProtocol", "tcp"),
        ("IpPermissions.1.FromPort", "23"),
        ("IpPermissions.1.ToPort", "23"),
        ("IpPermissions.1.IpRanges.1.CidrIp", "198.51.100.0/24"),
    ];
    world.ec2("AuthorizeSecurityGroupIngress", &later);
    assert_eq!(plan(&world).actions(), ["update net.security_group.api"]);
    world.rd("rd-net").args("apply -y").ok();
    assert_eq!(seen(&world, false), before);
}

#[test]
fn resources_of_another_stack_or_vpc_are_refused() {
    let world = World::new(SETTINGS);
    let state = terraform_network(&world, "nat = \"none\"\n");
    let id = |kind: &str| {
        let list = state["resources"].as_array().unwrap();
        let found = list.iter().find(|one| one["type"] == kind).unwrap();
        found["instances"][0]["attributes"]["id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (vpc, group) = (id("aws_vpc"), id("aws_security_group"));
    let try_adopt = |pairs: &[String]| {
        let mut adopt = world.rd("rd-net").args("adopt");
        for pair in pairs {
            adopt = adopt.arg(pair);
        }
        adopt.run()
    };
    let missing = try_adopt(&["net.vpc.main=vpc-0000".to_owned()]);
    assert_eq!(missing.code, 6);
    assert!(
        missing.stderr.contains("AWS has no vpc vpc-0000"),
        "{}",
        missing.stderr
    );
    let other = world.ec2("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]).body;
    let other = other
        .split("<vpcId>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap();
    let elsewhere = try_adopt(&[
        format!("net.vpc.main={other}"),
        format!("net.security_group.alb={group}"),
    ]);
    assert_eq!(elsewhere.code, 6);
    assert!(
        elsewhere.stderr.contains("is in another VPC"),
        "{}",
        elsewhere.stderr
    );
    let theirs = ["ManagedBy", "rd", "Project", "pay", "Environment", "live"];
    let mut tags = vec![("ResourceId.1".to_owned(), vpc.clone())];
    for (index, pair) in theirs.chunks(2).enumerate() {
        tags.push((format!("Tag.{}.Key", index + 1), pair[0].to_owned()));
        tags.push((format!("Tag.{}.Value", index + 1), pair[1].to_owned()));
    }
    let tags: Vec<(&str, &str)> = tags
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    world.ec2("CreateTags", &tags);
    let owned = try_adopt(&[format!("net.vpc.main={vpc}")]);
    assert_eq!(owned.code, 6);
    assert!(
        owned.stderr.contains("belongs to the stack pay/live"),
        "{}",
        owned.stderr
    );
    // What the stack has in another network would be replaced by the next apply.
    let tags: Vec<(&str, &str)> = vec![
        ("ResourceId.1", &vpc),
        ("Tag.1.Key", "ManagedBy"),
        ("Tag.1.Value", "terraform"),
    ];
    world.ec2("CreateTags", &tags);
    let ours = [
        "Project",
        "shop",
        "Environment",
        "test",
        "ManagedBy",
        "rd",
        "rd:slice",
        "net",
    ];
    let ours = [&ours[..], &["rd:address", "net.security_group.db"]].concat();
    let mut tags = vec![("ResourceId.1".to_owned(), group.clone())];
    for (index, pair) in ours.chunks(2).enumerate() {
        tags.push((format!("Tag.{}.Key", index + 1), pair[0].to_owned()));
        tags.push((format!("Tag.{}.Value", index + 1), pair[1].to_owned()));
    }
    let tags: Vec<(&str, &str)> = tags
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    world.ec2("CreateTags", &tags);
    let double = try_adopt(&[format!("net.vpc.main={other}")]);
    assert_eq!(double.code, 6);
    assert!(
        double
            .stderr
            .contains("the next apply would change net.security_group.db"),
        "{}",
        double.stderr
    );
    let account = world
        .rd("rd-net")
        .args("adopt --account 999999999999")
        .run();
    assert_eq!(account.code, 6);
    assert!(
        account.stderr.contains("999999999999"),
        "{}",
        account.stderr
    );
    assert!(!world.state_file("shop/test", "net").exists());
}

#[test]
fn a_bucket_keeps_its_name_and_its_settings() {
    let world = World::new(SETTINGS);
    let name = format!("web-sessions-{}", world.account);
    let done = world.s3("PUT", &format!("/{name}"), "");
    assert!(done.status < 300, "{}", done.body);
    let rule = "<LifecycleConfiguration><Rule><ID>old</ID><Status>Enabled</Status><Filter><Prefix></Prefix></Filter>\
                <Expiration><Days>400</Days></Expiration></Rule></LifecycleConfiguration>";
    world.s3("PUT", &format!("/{name}?lifecycle"), rule);
    let seen = || {
        let parts = [
            "lifecycle",
            "versioning",
            "policy",
            "encryption",
            "ownershipControls",
            "publicAccessBlock",
            "cors",
        ];
        parts.map(|part| {
            let answer = world.s3("GET", &format!("/{name}?{part}"), "");
            // An error has an id of its own.
            (
                answer.status,
                if answer.status < 300 {
                    answer.body
                } else {
                    String::new()
                },
            )
        })
    };
    let before = seen();
    let state = json!({"version": 4, "serial": 1, "lineage": "x", "resources": [{
        "mode": "managed", "type": "aws_s3_bucket", "name": "this", "module": "module.bucket", "provider": "p",
        "instances": [{"index_key": 0, "attributes": {"id": name, "bucket": name}}],
    }]});
    let done = adopt(&world, &state, "-y");
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_eq!(seen(), before);
    let planned = world.rd("rd-store").args("plan --exit-code").run();
    assert_eq!(planned.code, 0, "{}{}", planned.stdout, planned.stderr);
    // A setting that changes counts, and nothing else changes with it.
    world
        .rd("rd-store")
        .args("apply -y --set store.noncurrent_days=11")
        .ok();
    let after = seen();
    assert_ne!(after[0], before[0]);
    assert_eq!(after[1..], before[1..]);
}

/// The resources to adopt are in a file of the world.
fn prepare(world: &World) {
    let state = terraform_network(world, "nat = \"none\"\n");
    let table = adopt(world, &state, "--dry-run");
    let mapping: Value = serde_json::from_str(table.stdout.lines().next().unwrap()).unwrap();
    rd_testkit::assert_fits("rd-state.adopt", &mapping.to_string());
    let pairs = mapping["decisions"].as_array().unwrap().iter();
    let pairs: Vec<String> = pairs
        .filter(|one| one["id"] != "")
        .map(|one| {
            format!(
                "{}={}",
                one["address"].as_str().unwrap(),
                one["id"].as_str().unwrap()
            )
        })
        .collect();
    std::fs::write(world.path().join("pairs"), pairs.join(" ")).unwrap();
    world.settings(&format!(
        "{SETTINGS}[net]\ncidr = \"10.7.0.0/16\"\nazs = [\"us-east-1b\"]\npublic_cidrs = [\"10.7.1.0/24\"]\n\
         private_cidrs = [\"10.7.128.0/24\"]\nnat = \"none\"\n"
    ));
}

#[test]
fn an_adoption_that_was_killed_is_continued() {
    let scenario = Scenario {
        settings: SETTINGS,
        prepare,
        command: |world| {
            let pairs = std::fs::read_to_string(world.path().join("pairs")).unwrap();
            world.rd("rd-net").args("adopt --no-stdin").args(&pairs)
        },
        check: |world| {
            let planned = plan(world);
            assert_eq!(planned.code, 0, "{}{}", planned.stdout, planned.stderr);
            world.rd("rd-net").args("adopt --undo").ok();
            assert_eq!(world.count_managed_by("rd"), 0);
            assert!(world.count_managed_by("terraform") > 10);
        },
    };
    let calls = scenario.record();
    scenario.killed(&calls, 1);
    scenario.answers_lost(&calls, 1);
}
