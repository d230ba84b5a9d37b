//! The slice `data`: its resource list, its outputs, and the check before a destroy.

use crate::clients::Clients;
use crate::config::Config;
use crate::engine_version::Version;
use crate::kinds::database_secret::{DatabaseSecret, DatabaseSecretVersion};
use crate::kinds::db_instance::DbInstance;
use crate::kinds::db_instance::delete::protected;
use crate::kinds::db_instance::model::{self, REPLACED_TAG};
use crate::kinds::db_instance::read::{describe, describe_one, find_by_address, name};
use crate::kinds::db_parameter_group::DbParameterGroup;
use crate::kinds::db_subnet_group::DbSubnetGroup;
use crate::log_groups::log_groups;
use crate::monitoring_role::monitoring_role;
use crate::permissions;
use crate::scan;
use rd_common::aws::Aws;
use rd_common::outputs::{data, net};
use rd_common::permissions::{Call, OF_EVERY_PROGRAM, Resources};
use rd_common::resource::wait::backoff;
use rd_common::resource::{parameter_group, subnet_group};
use rd_common::stack::ADOPTED_TAG;
use rd_common::{
    Ctx, DeleteTarget, Document, Error, Input, Kind, Kinds, NoArgs, Part, Parts, Problem, Result,
    ScanRequest, Slice, Stack, TerraformResources, tags_from_sdk,
};
use rd_iam::role::Role;
use rd_log_group::LogGroup;
use rd_secret::{secret, version};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The PostgreSQL database of a stack.
pub struct Data;

/// The address of the instance.
pub const INSTANCE: &str = "data.db_instance.postgres";
/// The address of the secret.
pub const SECRET: &str = "data.secret.database";

/// The address of the parameter group.
const PARAMETER_GROUP: &str = "data.db_parameter_group.main";

/// The address of the secret's value.
pub const SECRET_VERSION: &str = "data.secret_version.database";

/// The port of PostgreSQL, which the security groups of rd-net allow.
pub const PORT: u16 = 5432;

/// What the resource list needs beyond the settings.
#[derive(Clone)]
pub struct Discovered {
    /// The name of the current instance, which a restore changes; the log groups are named after it.
    instance: String,
    /// Whether the adopted instance has the parameter group of AWS, and no settings that need another one.
    has_default_parameters: bool,
    /// The ARN of the secret of the adopted instance, where RDS manages its password; none otherwise.
    managed_secret: Option<String>,
}

impl Slice for Data {
    const NAME: &'static str = "data";
    type Config = Config;
    type Clients = Clients;
    type Discovered = Discovered;
    type DestroyArgs = NoArgs;

    const CALLS: &'static [&'static [Call]] = &[
        permissions::CALLS,
        rd_secret::permissions::CALLS,
        rd_log_group::permissions::CALLS,
        rd_metric::CALLS,
        rd_iam::permissions::ROLES,
        rd_iam::permissions::SCANNED_ROLES,
        rd_iam::permissions::SERVICE_LINKED_ROLES,
        OF_EVERY_PROGRAM,
    ];

    const COMMANDS_THAT_APPLY: &'static [&'static str] = &["restore"];

    fn resources(stack: &Stack, config: &Config) -> Resources {
        permissions::resources(stack, config)
    }

    fn resources_by_states(resources: Resources, states: &BTreeMap<&str, Document>) -> Resources {
        permissions::with_managed_secret(resources, states.get(Self::NAME))
    }

    fn check(config: &Config, stack: &Stack) -> Vec<Problem> {
        config.problems(stack)
    }

    fn needs_two_zones(_: &Self::Config) -> Option<&'static str> {
        Some(
            "one zone cannot carry a database: RDS refuses a subnet group with subnets in fewer than two",
        )
    }

    fn clients(aws: &Aws, _: &Stack, config: &Config) -> Clients {
        Clients::new(aws, config.secret_member.as_deref())
    }

    fn kinds() -> Kinds<Clients> {
        Kinds::new()
            .with::<DbSubnetGroup>()
            .with::<Role<Clients>>()
            .with::<DbParameterGroup>()
            .with::<DatabaseSecret>()
            .with::<LogGroup<Clients>>()
            .with::<DbInstance>()
            .with::<DatabaseSecretVersion>()
    }

    async fn discover(
        clients: Option<&Clients>,
        stack: &Stack,
        config: &Config,
        state: &Document,
        _: &dyn Fn(&str) -> Option<Value>,
    ) -> Result<Discovered> {
        let stored = state.resources.get(INSTANCE);
        let known = stored.and_then(|instance| instance.id.clone());
        let found = match (&known, clients) {
            (None, Some(clients)) => find_by_address(clients, stack, Self::NAME, INSTANCE).await?,
            _ => None,
        };
        let adopted = match (stored, &found) {
            (Some(stored), _) if stored.adopted.is_some() => {
                model::Live::deserialize(&stored.attributes).ok()
            }
            (_, Some(instance))
                if tags_from_sdk!(instance.tag_list()).contains_key(ADOPTED_TAG) =>
            {
                Some(model::live(instance))
            }
            _ => None,
        };
        let has_own_group = state.resources.contains_key(PARAMETER_GROUP);
        let has_default = |live: &model::Live| live.db_parameter_group.starts_with("default.");
        let instance = known.or_else(|| found.as_ref().map(|one| name(one).to_owned()));
        Ok(Discovered {
            instance: instance.unwrap_or_else(|| stack.name_of("postgres")),
            has_default_parameters: !has_own_group
                && config.parameters.is_empty()
                && adopted.as_ref().is_some_and(has_default),
            managed_secret: adopted.and_then(|live| live.managed_secret),
        })
    }

    fn parts(stack: &Stack, config: &Config, discovered: &Discovered) -> Parts {
        let mut parts = Parts::new(Self::NAME);
        let db_name = config.db_name(stack);
        let subnets = parts.add::<DbSubnetGroup>(
            "main",
            subnet_group::Spec {
                name: stack.name_of("postgres"),
                description: format!("Private subnets of {}", stack.name()),
                subnet_ids: net::PRIVATE_SUBNET_IDS.input(),
            },
        );
        let family = format!("postgres{}", major(config));
        let parameters = if discovered.has_default_parameters {
            Input::Known(format!("default.{family}"))
        } else {
            let group = parts.add::<DbParameterGroup>(
                "main",
                parameter_group::Spec {
                    name: stack.name_of(&family),
                    description: format!("Parameters of {}", stack.name_of("postgres")),
                    family,
                    parameters: config.parameters(),
                },
            );
            group.id()
        };
        let known = BTreeMap::from([
            ("dbname".to_owned(), json!(db_name)),
            ("username".to_owned(), json!(config.username)),
        ]);
        let add_secret = || {
            parts.add::<DatabaseSecret>(
                "database",
                secret::Spec {
                    name: format!("{}/{}/database", stack.project, stack.environment),
                    description: format!("How to connect to the database of {}", stack.name()),
                    kms_key: config.secret_kms_key.clone(),
                    fields: known.clone(),
                },
            )
        };
        let secret = discovered.managed_secret.is_none().then(add_secret);
        let (secret_arn, secret_generation) = match &secret {
            Some(secret) => (secret.id(), secret.attribute(DatabaseSecret::GENERATION)),
            None => {
                let arn = discovered.managed_secret.clone().unwrap_or_default();
                (Input::Known(arn), Input::Known(String::new()))
            }
        };
        let logs = log_groups(&mut parts, config, &discovered.instance);
        let monitoring = monitoring_role(&mut parts, stack, config);
        let instance = parts.add::<DbInstance>(
            "postgres",
            model::Spec {
                identifier: stack.name_of("postgres"),
                engine_version: config.engine_version.clone(),
                instance_class: config.instance_class.clone(),
                allocated_storage: config.allocated_storage,
                max_allocated_storage: config.max_allocated_storage,
                storage_type: config.storage_type.clone(),
                iops: config.iops,
                storage_throughput: config.storage_throughput,
                kms_key: config.kms_key.clone(),
                multi_az: config.multi_az,
                db_name,
                username: config.username.clone(),
                secret_arn,
                secret_generation,
                db_subnet_group: subnets.id(),
                security_group_ids: vec![net::DB_SECURITY_GROUP_ID.input()],
                db_parameter_group: parameters,
                backup_retention_days: config.backup_retention_days(stack),
                backup_window: config.backup_window.clone(),
                maintenance_window: config.maintenance_window.clone(),
                auto_minor_version_upgrade: config.auto_minor_version_upgrade,
                allow_major_upgrade: config.allow_major_upgrade,
                apply_immediately: config.apply_immediately(stack),
                log_exports: config.log_exports.clone(),
                database_insights: config.database_insights.clone(),
                extended_support: config.extended_support,
                performance_insights: config.performance_insights,
                performance_insights_days: config.performance_insights_days,
                monitoring_seconds: config.monitoring_seconds,
                monitoring_role_arn: monitoring.map(|role| role.attribute(Role::<Clients>::ARN)),
                iam_authentication: config.iam_authentication,
                deletion_protection: config.deletion_protection(stack),
                final_snapshot: config.final_snapshot(stack),
                publicly_accessible: false,
                copy_tags_to_snapshot: true,
                ca_certificate: config.ca_certificate.clone(),
            },
        );
        for group in &logs {
            parts.after(&instance, group);
        }
        let arn = match secret {
            Some(secret) => add_version(&mut parts, &secret, &instance, known),
            None => Input::Known(discovered.managed_secret.clone().unwrap_or_default()),
        };
        parts.output(data::INSTANCE_ID, instance.id());
        parts.output(data::HOST, instance.attribute(DbInstance::HOST));
        parts.output(data::PORT, instance.attribute(DbInstance::PORT));
        parts.output(data::DATABASE_NAME, config.db_name(stack));
        parts.output(data::SECRET_ARN, arn);
        parts
    }

    async fn scan(ctx: &Ctx<Clients>, request: &ScanRequest) -> Result<TerraformResources> {
        scan::scan(ctx, request).await
    }

    async fn check_destroy(ctx: &Ctx<Clients>, targets: &[DeleteTarget], _: &NoArgs) -> Result<()> {
        for instance in describe(&ctx.clients, None).await? {
            let id = instance.db_instance_identifier().unwrap_or_default();
            let is_target = |one: &&DeleteTarget| one.kind == DbInstance::NAME && one.id == id;
            if let Some(target) = targets.iter().find(is_target) {
                if instance.deletion_protection() == Some(true) {
                    return Err(protected(id).at(&target.address));
                }
                continue;
            }
            let tags = tags_from_sdk!(instance.tag_list());
            let deleting = instance.db_instance_status() == Some("deleting");
            if ctx.stack.owns(ctx.slice, &tags) && !deleting && exists(ctx, id).await? {
                let kept = if tags.contains_key(REPLACED_TAG) {
                    "was replaced by a restored one, but not deleted"
                } else {
                    "was restored, but never switched to"
                };
                return Err(Error::refused(format!("the instance {id} {kept}")).hint(
                    "it uses the same subnet group; delete it first with rd-data restore --delete-old, which takes a final \
                     snapshot if its tag rd:final-snapshot is true",
                ));
            }
        }
        Ok(())
    }
}

/// Adds the value of the secret, with where the instance is. Returns the secret's ARN from it, so that it is known only once
/// the value is complete: a task that starts then can connect.
fn add_version(
    parts: &mut Parts,
    secret: &Part,
    instance: &Part,
    known: BTreeMap<String, Value>,
) -> Input {
    let mut fields: BTreeMap<String, Input<Value>> = known
        .into_iter()
        .map(|(name, value)| (name, Input::Known(value)))
        .collect();
    let host = instance.attribute(DbInstance::HOST).into_value();
    let port = instance.attribute(DbInstance::PORT).into_value();
    fields.extend([("host".to_owned(), host), ("port".to_owned(), port)]);
    let version = parts.add::<DatabaseSecretVersion>(
        "database",
        version::Spec {
            secret_arn: secret.id(),
            fields,
            form: None,
        },
    );
    version.attribute(DatabaseSecretVersion::ARN)
}

/// Whether an instance that a list shows is there, and not being deleted: reads can lag behind, or go back in time.
async fn exists(ctx: &Ctx<Clients>, id: &str) -> Result<bool> {
    for attempt in 0..3 {
        ctx.pause(backoff(attempt)).await?;
        let instance = describe_one(ctx, id).await?;
        if instance.is_none_or(|one| one.db_instance_status() == Some("deleting")) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn major(config: &Config) -> u32 {
    Version::parse(&config.engine_version).map_or(0, |version| version.major)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_kinds_are_in_the_schema() {
        rd_testkit::kinds::assert_listed(Data::NAME, Data::kinds().all().map(|(name, _)| name));
    }
}
