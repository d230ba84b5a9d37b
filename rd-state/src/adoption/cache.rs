//! The cache: the replication group, and what it names.

use crate::adoption::mapper::Mapper;
use crate::adoption::secrets;
use crate::terraform::Resource;

const GROUP: &str = "cache.replication_group.redis";

/// What `[cache]` has by default, by key: the attribute of Terraform that is the same, and the value as in TOML. A key whose
/// default depends on the environment or the edition has none, and is always written.
const SETTINGS: &[(&str, &str, Option<&str>)] = &[
    ("name", "replication_group_id", None),
    ("engine", "engine", None),
    ("node_type", "node_type", Some("\"cache.t4g.micro\"")),
    ("nodes", "num_cache_clusters", Some("1")),
    ("snapshot_retention_days", "snapshot_retention_limit", None),
    (
        "maintenance_window",
        "maintenance_window",
        Some("\"sun:06:30-sun:07:30\""),
    ),
];

const DEFAULT_SNAPSHOT_WINDOW: &str = "05:00-06:00";

/// The first major version that `engine_version` in `[cache]` can name.
const FIRST_MAJOR: u32 = 6;

/// Decides what is a part of the cache.
pub fn map(mapper: &mut Mapper<'_>) {
    for one in mapper.of("aws_elasticache_cluster") {
        if one.text("replication_group_id").is_empty() {
            mapper.leave(
                one,
                "rd has replication groups alone: make one of it with Terraform first",
            );
        }
    }
    let mut groups = mapper.of("aws_elasticache_replication_group");
    groups.retain(|one| {
        let has_shards = one.number("num_node_groups").is_some_and(|count| count > 1);
        if has_shards {
            mapper.leave(one, "rd has no cache with several shards");
        }
        !has_shards
    });
    groups.retain(|one| mapper.may_be_in_vpc(subnet_group(mapper, one)));
    let id = |one: &Resource| replication_group_id(one).to_owned();
    let Some(group) = mapper.pick_as(GROUP, &groups, "the cache", id) else {
        return;
    };
    if let Some(subnets) = subnet_group(mapper, group) {
        let address = "cache.cache_subnet_group.main";
        mapper.claim(
            subnets,
            address,
            subnets.text("name"),
            "the subnet group of the cache",
        );
    }
    settings(mapper, group);
    parameters(mapper, group);
    // The nodes of a group can be resources of their own.
    for node in mapper.of("aws_elasticache_cluster") {
        if node.text("replication_group_id") == replication_group_id(group) {
            mapper.claim(node, GROUP, "", "a node of that group");
        }
    }
    let secret = secrets::pick(mapper, &secrets::CACHE, group);
    if secret.is_none() && mapper.mapping.questions.is_empty() {
        mapper.mapping.notes.push(
            "no secret has the cache's token: the next apply creates one, whose token the cache gets only with rd-cache \
             rotate; run that once the service reads the secret"
                .to_owned(),
        );
    }
}

/// The name of a group, which is its id, too.
fn replication_group_id(group: &Resource) -> &str {
    match group.text("replication_group_id") {
        "" => group.id(),
        name => name,
    }
}

fn subnet_group<'a>(mapper: &Mapper<'a>, group: &Resource) -> Option<&'a Resource> {
    let name = group.text("subnet_group_name");
    let groups = mapper.of("aws_elasticache_subnet_group");
    groups.into_iter().find(|one| one.text("name") == name)
}

fn settings(mapper: &mut Mapper<'_>, group: &Resource) {
    let mapping = &mut mapper.mapping;
    for (key, attribute, default) in SETTINGS {
        if let Some(value) = group.toml(attribute)
            && Some(value.as_str()) != *default
        {
            mapping.set("cache", key, value);
        }
    }
    // The configured version can be `7.x`; the actual one is full.
    let version = [
        group.text("engine_version_actual"),
        group.text("engine_version"),
    ];
    let version = version.into_iter().find_map(major_minor);
    if let Some((major, minor)) = version.filter(|(major, _)| *major >= FIRST_MAJOR) {
        mapping.set_text("cache", "engine_version", &format!("{major}.{minor}"));
    }
    let window = group.text("snapshot_window");
    let has_snapshots = group
        .number("snapshot_retention_limit")
        .is_some_and(|days| days > 0);
    if has_snapshots && !window.is_empty() && window != DEFAULT_SNAPSHOT_WINDOW {
        mapping.set_text("cache", "snapshot_window", window);
    }
    // The provider has it as a text.
    let upgrades = "auto_minor_version_upgrade";
    if group.text(upgrades) == "false" || group.flag(upgrades) == Some(false) {
        mapping.set("cache", upgrades, "false".to_owned());
    }
}

fn major_minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// The parameter group. One of AWS's own, `default.redis7`, is no resource of Terraform, and one without parameters is
/// none of rd: the cache keeps both.
fn parameters(mapper: &mut Mapper<'_>, group: &Resource) {
    let name = group.text("parameter_group_name");
    let groups = mapper.of("aws_elasticache_parameter_group");
    let Some(group) = groups.into_iter().find(|one| one.text("name") == name) else {
        return;
    };
    let all = group.blocks("parameter").into_iter();
    let all: Vec<(&str, &str)> = all
        .map(|one| (one.text("name"), one.text("value")))
        .collect();
    if all.is_empty() {
        mapper.leave(
            group,
            "rd has no parameter group without parameters; the cache keeps it",
        );
        return;
    }
    let address = "cache.cache_parameter_group.main";
    mapper.claim(group, address, name, "the parameter group of the cache");
    mapper.mapping.set_texts("cache", "parameters", &all);
}
