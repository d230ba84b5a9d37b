//! Whose a name is. What AWS creates by itself, such as a log group, has no tags: its name must say it.

use crate::owned::OwnedResources;
use rd_common::Stack;

/// What AWS names log groups and snapshots after, as rd calls it. A name that only begins like the stack's may be that of
/// another environment: `shop-test-x-api` is not one of `shop-test`.
const THINGS: [&str; 3] = ["api", "cluster", "postgres"];
/// The most characters of the name of a cache.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html>
const LONGEST_OF_CACHE: usize = 40;
/// The kinds after which AWS names other things, whatever the settings call them.
const KINDS: [&str; 3] = ["cluster", "db_instance", "replication_group"];

/// The names that are this stack's alone.
pub struct OwnNames(Vec<String>);

impl OwnNames {
    /// The names that rd gives, and those that the states have.
    pub fn of(stack: &Stack, owned: &OwnedResources) -> Self {
        let mut names = THINGS.map(|thing| stack.name_of(thing)).to_vec();
        names.push(stack.name_within(LONGEST_OF_CACHE, "redis"));
        let states = KINDS.iter().flat_map(|kind| owned.of_kind(kind));
        let last = states.filter_map(|one| one.id.rsplit(['/', ':']).next());
        names.extend(last.filter(|name| !name.is_empty()).map(str::to_owned));
        names.push(stack.name());
        Self(names)
    }

    /// Whether a part of `name` is one of the names, as in `/ecs/shop-test-api`; also that of a node of the cache
    /// (`shop-test-redis-001`) and that of a restored database (`shop-test-postgres-r1a2b3c4d`).
    pub fn has(&self, name: &str) -> bool {
        let mut parts = name.split(['/', ':']);
        parts.any(|part| {
            let mut own = self.0.iter();
            own.any(|own| part.strip_prefix(own.as_str()).is_some_and(is_generated))
        })
    }
}

/// Whether this is nothing, or what ElastiCache adds for a shard and a node, or `rd-data restore` for another instance.
fn is_generated(rest: &str) -> bool {
    let Some(rest) = rest.strip_prefix('-') else {
        return rest.is_empty();
    };
    let is_number = |text: &str| {
        (3..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_hash = |text: &str| text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    rest.split('-').all(is_number) || rest.strip_prefix('r').is_some_and(is_hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::owned::Owned;

    #[test]
    fn names_of_another_environment_are_not_this_stacks() {
        let stack = Stack {
            project: "shop".to_owned(),
            environment: "test".to_owned(),
            ..Stack::default()
        };
        let adopted = Owned {
            address: "data.db_instance.postgres".to_owned(),
            slice: "data".to_owned(),
            kind: "db_instance".to_owned(),
            id: "legacy-db".to_owned(),
            spec: serde_json::Value::Null,
            since: jiff::Timestamp::UNIX_EPOCH,
        };
        let names = OwnNames::of(&stack, &OwnedResources::of(vec![adopted]));
        for own in [
            "/ecs/shop-test-api",
            "/vpc/shop-test",
            "/aws/rds/instance/shop-test-postgres/upgrade",
            "/aws/rds/instance/shop-test-postgres-r1a2b3c4d/postgresql",
            "/aws/rds/instance/legacy-db/postgresql",
            "/aws/ecs/containerinsights/shop-test-cluster/performance",
            "shop-test-redis-001",
            "shop-test-redis-0001-002",
        ] {
            assert!(names.has(own), "{own}");
        }
        for other in [
            "/ecs/shop-test-x-api",
            "/ecs/shop-test2-api",
            "/ecs/my-shop-test-api",
            "/vpc/shop-test-x",
            "/aws/rds/instance/shop-test-x-postgres/upgrade",
            "/aws/rds/instance/shop-test-postgres-x/upgrade",
            "/aws/rds/instance/legacy-db-2/upgrade",
            "shop-test-x-redis-001",
            "shop-test-anything",
            "",
        ] {
            assert!(!names.has(other), "{other}");
        }
    }
}
