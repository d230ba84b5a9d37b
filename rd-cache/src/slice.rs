//! The slice `cache`: its resource list and its outputs.

use crate::clients::Clients;
use crate::config::Config;
use crate::kinds::cache_parameter_group::CacheParameterGroup;
use crate::kinds::cache_secret::{CacheSecret, CacheSecretVersion};
use crate::kinds::cache_subnet_group::CacheSubnetGroup;
use crate::kinds::replication_group::{ReplicationGroup, model};
use crate::log_groups::log_groups;
use crate::permissions;
use crate::scan;
use rd_common::aws::Aws;
use rd_common::outputs::{cache, net};
use rd_common::permissions::{Call, OF_EVERY_PROGRAM, Resources};
use rd_common::resource::{parameter_group, subnet_group};
use rd_common::{
    Ctx, Document, Input, Kinds, NoArgs, Parts, Problem, Result, ScanRequest, Slice, Stack,
    TerraformResources,
};
use rd_log_group::LogGroup;
use rd_secret::{secret, version};
use rd_topic::{Topic, Topics};
use serde_json::Value;
use std::collections::BTreeMap;

/// The Redis or Valkey cache of a stack.
pub struct Cache;

/// The address of the replication group.
pub const GROUP: &str = "cache.replication_group.redis";
/// The address of the secret.
pub const SECRET: &str = "cache.secret.redis";

/// The address of the secret's value.
pub const SECRET_VERSION: &str = "cache.secret_version.redis";

/// The port of Redis and Valkey, which the security groups of rd-net allow.
pub const PORT: u16 = 6379;

impl Slice for Cache {
    const NAME: &'static str = "cache";
    type Config = Config;
    type Clients = Clients;
    type Discovered = ();
    type DestroyArgs = NoArgs;

    const CALLS: &'static [&'static [Call]] = &[
        permissions::CALLS,
        rd_secret::permissions::CALLS,
        rd_log_group::permissions::CALLS,
        rd_metric::CALLS,
        rd_topic::permissions::CALLS,
        rd_iam::permissions::SERVICE_LINKED_ROLES,
        OF_EVERY_PROGRAM,
    ];

    fn resources(stack: &Stack, config: &Config) -> Resources {
        permissions::resources(stack, config)
    }

    fn check(config: &Config, stack: &Stack) -> Vec<Problem> {
        config.problems(stack)
    }

    fn needs_two_zones(config: &Self::Config) -> Option<&'static str> {
        (config.nodes > 1).then_some(
            "one zone cannot carry a cache with a replica: ElastiCache puts them in different zones",
        )
    }

    fn clients(aws: &Aws, _: &Stack, config: &Config) -> Clients {
        Clients::new(aws, config.secret_member.as_deref())
    }

    fn kinds() -> Kinds<Clients> {
        Kinds::new()
            .with::<CacheSubnetGroup>()
            .with::<CacheParameterGroup>()
            .with::<CacheSecret>()
            .with::<LogGroup<Clients>>()
            .with::<Topic<Clients>>()
            .with::<ReplicationGroup>()
            .with::<CacheSecretVersion>()
    }

    async fn discover(
        _: Option<&Clients>,
        _: &Stack,
        _: &Config,
        _: &Document,
        _: &dyn Fn(&str) -> Option<Value>,
    ) -> Result<()> {
        Ok(())
    }

    fn parts(stack: &Stack, config: &Config, (): &()) -> Parts {
        let mut parts = Parts::new(Self::NAME);
        let name = config.name(stack);
        let subnets = parts.add::<CacheSubnetGroup>(
            "main",
            subnet_group::Spec {
                name: name.clone(),
                description: format!("Private subnets of {}", stack.name()),
                subnet_ids: net::PRIVATE_SUBNET_IDS.input(),
            },
        );
        let secret = parts.add::<CacheSecret>(
            "redis",
            secret::Spec {
                name: format!("{}/{}/redis", stack.project, stack.environment),
                description: format!("How to connect to the cache of {}", stack.name()),
                kms_key: None,
                fields: BTreeMap::new(),
            },
        );
        let parameter_group = add_parameter_group(&mut parts, stack, config);
        let logs = log_groups(&mut parts, config, &name);
        let events = events_topic(&mut parts, stack, config);
        let group = parts.add::<ReplicationGroup>(
            "redis",
            model::Spec {
                id: name,
                description: format!("Cache of {}", stack.name()),
                engine: config.engine.name().to_owned(),
                engine_version: config.engine_version().to_owned(),
                node_type: config.node_type.clone(),
                nodes: config.nodes,
                secret_arn: secret.id(),
                secret_generation: secret.attribute(CacheSecret::GENERATION),
                subnet_group: subnets.id(),
                security_group_ids: vec![net::REDIS_SECURITY_GROUP_ID.input()],
                parameter_group,
                kms_key: config.kms_key.clone(),
                snapshot_retention_days: config.snapshot_retention_days(stack),
                snapshot_window: config.snapshot_window.clone(),
                maintenance_window: config.maintenance_window.clone(),
                auto_minor_version_upgrade: config.auto_minor_version_upgrade,
                apply_immediately: config.apply_immediately(stack),
                final_snapshot: config.final_snapshot(stack),
                logs,
                events_topic: events.clone(),
            },
        );
        let version = parts.add::<CacheSecretVersion>(
            "redis",
            version::Spec {
                secret_arn: secret.id(),
                fields: BTreeMap::from([
                    (
                        "host".to_owned(),
                        group.attribute(ReplicationGroup::HOST).into_value(),
                    ),
                    (
                        "port".to_owned(),
                        group.attribute(ReplicationGroup::PORT).into_value(),
                    ),
                ]),
                form: None,
            },
        );
        let has_topic = config.events == Some(true);
        let topic = events.filter(|_| has_topic);
        parts.output(cache::EVENTS, has_topic);
        parts.output(
            cache::EVENTS_TOPIC_ARN,
            topic.unwrap_or_else(|| Input::Known(String::new())),
        );
        parts.output(cache::REPLICATION_GROUP_ID, group.id());
        parts.output(cache::NODES, config.nodes);
        for number in 1..=usize::try_from(config.nodes).unwrap_or(0) {
            parts.output(
                cache::NODE_ID.of(number),
                group.attribute(ReplicationGroup::node_id(number)),
            );
        }
        parts.output(cache::HOST, group.attribute(ReplicationGroup::HOST));
        parts.output(cache::PORT, group.attribute(ReplicationGroup::PORT));
        // From the version, so that it is known only once the value is complete: a task that starts then can connect.
        parts.output(
            cache::SECRET_ARN,
            version.attribute(CacheSecretVersion::ARN),
        );
        parts
    }

    async fn scan(ctx: &Ctx<Clients>, request: &ScanRequest) -> Result<TerraformResources> {
        scan::scan(ctx, request).await
    }
}

/// The topic for what ElastiCache reports, if it is wanted; an empty ARN if it is not, and none if it stays as it is. It has no
/// KMS key, since ElastiCache does not publish to an encrypted topic.
fn events_topic(parts: &mut Parts, stack: &Stack, config: &Config) -> Option<Input> {
    if !config.events? {
        return Some(Input::Known(String::new()));
    }
    let name = stack.name_of(Clients::TOPIC_NAME);
    let topic = parts.add::<Topic<Clients>>(
        "events",
        rd_topic::Spec {
            policy: rd_topic::policy(&[rd_topic::of_account(stack, &name, "EventsOfThisAccount")]),
            name,
            display_name: stack.name(),
            kms_key: None,
        },
    );
    Some(topic.id())
}

/// The name of the parameter group: a group of the stack's own if parameters are set, otherwise the family's default
/// group, which AWS owns.
fn add_parameter_group(parts: &mut Parts, stack: &Stack, config: &Config) -> Input {
    let family = config.engine.family(config.engine_version());
    let parameters = config.parameters();
    if parameters.is_empty() {
        return Input::Known(format!("default.{family}"));
    }
    let group = parts.add::<CacheParameterGroup>(
        "main",
        parameter_group::Spec {
            name: stack.name_of(&family.replace('.', "-")),
            description: format!("Parameters of the cache of {}", stack.name()),
            family,
            parameters,
        },
    );
    group.id()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_kinds_are_in_the_schema() {
        rd_testkit::kinds::assert_listed(Cache::NAME, Cache::kinds().all().map(|(name, _)| name));
    }
}
