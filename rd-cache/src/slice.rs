//! The cache, part by part.

use crate::clients::Clients;
use crate::config::Config;
use crate::kinds::cache_parameter_group::{self, CacheParameterGroup};
use crate::kinds::cache_subnet_group::{self, CacheSubnetGroup};
use crate::kinds::replication_group::{ReplicationGroup, model};
use crate::kinds::{CacheSecret, CacheSecretVersion};
use rd_common::aws::Aws;
use rd_common::{Document, Input, Kinds, NoArgs, Parts, Problem, Result, Slice, Stack, output};
use rd_secret::{secret, version};
use std::collections::BTreeMap;

/// The slice.
pub struct Cache;

/// Where the replication group is in the state.
pub const GROUP: &str = "cache.replication_group.redis";
/// Where the secret is.
pub const SECRET: &str = "cache.secret.redis";

/// The port: rd-net's rules let it through.
pub const PORT: u16 = 6379;

impl Slice for Cache {
    const NAME: &'static str = "cache";
    type Config = Config;
    type Clients = Clients;
    type Discovered = ();
    type DestroyArgs = NoArgs;

    fn check(config: &Config, stack: &Stack) -> Vec<Problem> {
        config.problems(stack)
    }

    fn clients(aws: &Aws) -> Clients {
        Clients::new(aws)
    }

    fn kinds() -> Kinds<Clients> {
        Kinds::new()
            .with::<CacheSubnetGroup>()
            .with::<CacheParameterGroup>()
            .with::<CacheSecret>()
            .with::<ReplicationGroup>()
            .with::<CacheSecretVersion>()
    }

    async fn discover(_: Option<&Clients>, _: &Stack, _: &Config, _: &Document) -> Result<()> {
        Ok(())
    }

    fn parts(stack: &Stack, config: &Config, (): &()) -> Parts {
        let mut parts = Parts::new(Self::NAME);
        let name = config.name(stack);
        let subnets = parts.add::<CacheSubnetGroup>(
            "main",
            cache_subnet_group::Spec {
                name: name.clone(),
                description: format!("Private subnets of {}", stack.name()),
                subnet_ids: output("net", "private_subnet_ids"),
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
        let parameter_group = parameter_group(&mut parts, stack, config);
        let group = parts.add::<ReplicationGroup>(
            "redis",
            model::Spec {
                id: name,
                description: format!("Cache of {}", stack.name()),
                engine: config.engine.word().to_owned(),
                engine_version: config.engine_version().to_owned(),
                node_type: config.node_type.clone(),
                nodes: config.nodes,
                secret_arn: secret.id(),
                secret_generation: secret.attribute("generation"),
                subnet_group: subnets.id(),
                security_group_ids: vec![output("net", "redis_security_group_id")],
                parameter_group,
                kms_key: config.kms_key.clone(),
                snapshot_retention_days: config.snapshot_retention_days(stack),
                snapshot_window: config.snapshot_window.clone(),
                maintenance_window: config.maintenance_window.clone(),
                auto_minor_version_upgrade: config.auto_minor_version_upgrade,
                apply_immediately: config.apply_immediately(stack),
                final_snapshot: config.final_snapshot(stack),
            },
        );
        let version = parts.add::<CacheSecretVersion>(
            "redis",
            version::Spec {
                secret_arn: secret.id(),
                fields: BTreeMap::from([
                    ("host".to_owned(), group.attribute("host")),
                    ("port".to_owned(), group.attribute("port")),
                ]),
            },
        );
        parts.output("replication_group_id", group.id());
        parts.output("nodes", config.nodes);
        for number in 1..=usize::try_from(config.nodes).unwrap_or(0) {
            let id = model::node_id(number);
            parts.output(&id, group.attribute::<String>(&id));
        }
        parts.output("host", group.attribute::<String>("host"));
        parts.output("port", group.attribute::<u16>("port"));
        // Known only when its value is whole: a task that starts then can connect.
        parts.output("secret_arn", version.attribute::<String>("arn"));
        parts
    }
}

/// A group of our own only where parameters are set.
fn parameter_group(parts: &mut Parts, stack: &Stack, config: &Config) -> Input {
    let family = config.engine.family(config.engine_version());
    let parameters = config.parameters();
    if parameters.is_empty() {
        return Input::Known(format!("default.{family}"));
    }
    let group = parts.add::<CacheParameterGroup>(
        "main",
        cache_parameter_group::Spec {
            name: stack.name_of(&family.replace('.', "-")),
            description: format!("Parameters of the cache of {}", stack.name()),
            family,
            parameters,
        },
    );
    group.id()
}
