//! `rd-state import` of resources that rd did not create: every kind, with its tags, but none of another stack.

use rd_testkit::network::SETTINGS;
use rd_testkit::{Done, RDS, World};
use serde_json::{Value, json};

const FLOW_LOGS: &str =
    "project = \"shop\"\nenvironment = \"test\"\n[net]\nazs = 1\nflow_logs = true\n";
const GROUP: &str = "net.log_group.flow-logs";

fn import(world: &World, address: &str, id: &str) -> Done {
    let import = world.rd("rd-state").args("import");
    import.arg(address).arg(id).run()
}

fn plan(world: &World, program: &str) -> Done {
    world.rd(program).args("plan --exit-code").run()
}

/// Gives the stack's resources in RDS and Secrets Manager the tags that Terraform would have set.
fn tag_as_terraform(world: &World) {
    let account = &world.account;
    let arn = |kind: &str, address: &str| {
        format!(
            "arn:aws:rds:us-east-1:{account}:{kind}:{}",
            world.id(address)
        )
    };
    for arn in [
        arn("db", "data.db_instance.postgres"),
        arn("subgrp", "data.db_subnet_group.main"),
        arn("pg", "data.db_parameter_group.main"),
    ] {
        let add = [
            ("ResourceName", arn.as_str()),
            ("Tags.Tag.1.Key", "ManagedBy"),
            ("Tags.Tag.1.Value", "terraform"),
        ];
        world.query(RDS, "AddTagsToResource", &add);
        let remove = [
            ("ResourceName", arn.as_str()),
            ("TagKeys.member.1", "rd:slice"),
        ];
        world.query(RDS, "RemoveTagsFromResource", &remove);
    }
    let secret = world.id("data.secret.database");
    let add = json!({"SecretId": secret, "Tags": [{"Key": "ManagedBy", "Value": "terraform"}]});
    world.json("secretsmanager.TagResource", &add);
    let remove = json!({"SecretId": secret, "TagKeys": ["rd:slice"]});
    world.json("secretsmanager.UntagResource", &remove);
}

#[test]
fn the_resources_of_a_slice_are_imported_one_by_one() {
    let world = World::new(SETTINGS);
    world.network();
    world.rd("rd-data").args("apply -y").ok();
    let listed = world.rd("rd-state").args("list data").ok();
    let resources: Vec<(String, String)> = listed
        .records()
        .iter()
        .map(|one| {
            ["address", "id"]
                .map(|key| one[key].as_str().unwrap().to_owned())
                .into()
        })
        .collect();
    assert!(resources.len() >= 5, "{}", listed.stdout);
    tag_as_terraform(&world);
    for (address, _) in &resources {
        world.rd("rd-state").args("rm").arg(address).ok();
    }

    let refused = plan(&world, "rd-data");
    assert_eq!(refused.code, 6, "{}", refused.stderr);
    for name in [
        "db_instance",
        "db_subnet_group",
        "db_parameter_group",
        "secret",
    ] {
        assert!(
            refused
                .stderr
                .contains(&format!("rd-state import data.{name}.")),
            "the error names every resource that rd does not manage: {}",
            refused.stderr
        );
    }

    // In the order of their names, which is not the order of their dependencies.
    for (address, id) in &resources {
        let done = import(&world, address, id);
        assert_eq!(done.code, 0, "{address}: {}", done.stderr);
    }
    let tagged = plan(&world, "rd-data");
    assert_eq!(tagged.code, 3, "{}", tagged.stderr);
    let fields: Vec<String> = tagged
        .of_type("change")
        .iter()
        .flat_map(|change| change["fields"].as_array().cloned().unwrap_or_default())
        .map(|field| field["path"].as_str().unwrap().to_owned())
        .collect();
    assert!(
        fields.iter().all(|path| path.starts_with("tags.")),
        "{fields:?}"
    );
    world.rd("rd-data").args("apply -y").ok();
    assert_eq!(plan(&world, "rd-data").code, 0);
}

fn tags(world: &World, group: &str) -> Value {
    let arn = format!("arn:aws:logs:us-east-1:{}:log-group:{group}", world.account);
    let answer = world.json(
        "Logs_20140328.ListTagsForResource",
        &json!({"resourceArn": arn}),
    );
    answer["tags"].clone()
}

#[test]
fn an_imported_resource_gets_its_tags_even_if_plans_do_not_read_them() {
    let world = World::new(FLOW_LOGS);
    world.rd("rd-net").args("apply -y").ok();
    let all = tags(&world, "/vpc/shop-test");
    assert_eq!(all["ManagedBy"], "rd");
    let arn = format!(
        "arn:aws:logs:us-east-1:{}:log-group:/vpc/shop-test",
        world.account
    );
    let keys: Vec<&String> = all.as_object().unwrap().keys().collect();
    let untag = json!({"resourceArn": arn, "tagKeys": keys});
    world.json("Logs_20140328.UntagResource", &untag);
    world.rd("rd-state").args("rm").arg(GROUP).ok();

    assert_eq!(import(&world, GROUP, "/vpc/shop-test").code, 0);
    assert_eq!(
        plan(&world, "rd-net").actions(),
        [format!("update {GROUP}")]
    );
    world.rd("rd-net").args("apply -y").ok();
    assert_eq!(tags(&world, "/vpc/shop-test"), all);
    assert_eq!(plan(&world, "rd-net").code, 0);
}

#[test]
fn a_resource_of_another_stack_is_not_imported_even_if_plans_do_not_read_its_tags() {
    let world = World::new(&FLOW_LOGS.replace("test", "other"));
    world.rd("rd-net").args("apply -y").ok();
    world.settings(FLOW_LOGS);
    let refused = import(&world, GROUP, "/vpc/shop-other");
    assert_eq!(refused.code, 6, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("belongs to another stack"),
        "{}",
        refused.stderr
    );
}

#[test]
fn what_the_plan_would_replace_is_told_before_it_is_imported() {
    let world = World::new(SETTINGS);
    let old = SETTINGS.replace("test", "old");
    world.settings(&format!("{old}[net]\ncidr = \"10.9.0.0/16\"\n"));
    world.rd("rd-net").args("apply -y").ok();
    let shown = world.rd("rd-state").args("list net.vpc.main").ok();
    let vpc = shown.records().swap_remove(0);
    let id = vpc["id"].as_str().unwrap().to_owned();
    let tags = [
        "Project",
        "Environment",
        "ManagedBy",
        "rd:slice",
        "rd:address",
    ];
    let mut untag = vec![("ResourceId.1".to_owned(), id.clone())];
    for (number, tag) in tags.iter().enumerate() {
        untag.push((format!("Tag.{}.Key", number + 1), (*tag).to_owned()));
    }
    let untag: Vec<(&str, &str)> = untag
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    world.ec2("DeleteTags", &untag);

    world.settings(SETTINGS);
    let refused = import(&world, "net.vpc.main", &id);
    assert_eq!(refused.code, 6, "{}", refused.stderr);
    for part in [
        "would replace",
        "cidr_block",
        "10.9.0.0/16",
        "10.0.0.0/16",
        "--allow-replace",
    ] {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
    world.rd("rd-state").args("show net.vpc.main").code(2);
    let import = world
        .rd("rd-state")
        .args("import --allow-replace net.vpc.main");
    import.arg(&id).ok();
    let planned = plan(&world, "rd-net").actions();
    assert!(
        planned.contains(&"replace net.vpc.main".to_owned()),
        "{planned:?}"
    );
}
