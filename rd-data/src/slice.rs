//! The database, part by part.

use crate::clients::Clients;
use crate::config::Config;
use crate::kinds::db_instance::model::{self, REPLACED_TAG};
use crate::kinds::db_instance::{self, DbInstance};
use crate::kinds::db_parameter_group::{self, DbParameterGroup};
use crate::kinds::db_subnet_group::{self, DbSubnetGroup};
use crate::kinds::{DatabaseSecret, DatabaseSecretVersion};
use crate::log_groups::log_groups;
use crate::rds;
use crate::version::Version;
use rd_common::aws::Aws;
use rd_common::{
    Ctx, DeleteTarget, Document, Error, Input, Kind, Kinds, NoArgs, Parts, Problem, Result, Slice,
    Stack, output,
};
use rd_log_group::LogGroup;
use rd_secret::{secret, version};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The slice.
pub struct Data;

/// Where the instance is in the state.
pub const INSTANCE: &str = "data.db_instance.postgres";
/// Where the secret is.
pub const SECRET: &str = "data.secret.database";

/// The port: rd-net's rules let it through.
pub const PORT: u16 = 5432;

/// What the settings leave open.
#[derive(Clone)]
pub struct Discovered {
    /// The name of the instance: a restored one has one of its own.
    instance: String,
}

impl Slice for Data {
    const NAME: &'static str = "data";
    type Config = Config;
    type Clients = Clients;
    type Discovered = Discovered;
    type DestroyArgs = NoArgs;

    fn check(config: &Config, stack: &Stack) -> Vec<Problem> {
        config.problems(stack)
    }

    fn clients(aws: &Aws) -> Clients {
        Clients::new(aws)
    }

    fn kinds() -> Kinds<Clients> {
        Kinds::new()
            .with::<DbSubnetGroup>()
            .with::<DbParameterGroup>()
            .with::<DatabaseSecret>()
            .with::<LogGroup<Clients>>()
            .with::<DbInstance>()
            .with::<DatabaseSecretVersion>()
    }

    async fn discover(
        clients: Option<&Clients>,
        stack: &Stack,
        _: &Config,
        state: &Document,
    ) -> Result<Discovered> {
        let known = state.resources.get(INSTANCE);
        let known = known.and_then(|instance| instance.id.clone());
        let there = match (&known, clients) {
            (None, Some(clients)) => db_instance::bearing(clients, stack, INSTANCE).await?,
            _ => known,
        };
        Ok(Discovered {
            instance: there.unwrap_or_else(|| stack.name_of("postgres")),
        })
    }

    fn parts(stack: &Stack, config: &Config, discovered: &Discovered) -> Parts {
        let mut parts = Parts::new(Self::NAME);
        let db_name = config.db_name(stack);
        let subnets = parts.add::<DbSubnetGroup>(
            "main",
            db_subnet_group::Spec {
                name: stack.name_of("postgres"),
                description: format!("Private subnets of {}", stack.name()),
                subnet_ids: output("net", "private_subnet_ids"),
            },
        );
        let family = format!("postgres{}", major(config));
        let parameters = parts.add::<DbParameterGroup>(
            "main",
            db_parameter_group::Spec {
                name: stack.name_of(&family),
                description: format!("Parameters of {}", stack.name_of("postgres")),
                family,
                parameters: config.parameters(),
            },
        );
        let known = BTreeMap::from([
            ("dbname".to_owned(), json!(db_name)),
            ("username".to_owned(), json!(config.username)),
        ]);
        let secret = parts.add::<DatabaseSecret>(
            "database",
            secret::Spec {
                name: format!("{}/{}/database", stack.project, stack.environment),
                description: format!("How to connect to the database of {}", stack.name()),
                kms_key: None,
                fields: known.clone(),
            },
        );
        let logs = log_groups(&mut parts, config, &discovered.instance);
        let instance = parts.add::<DbInstance>(
            "postgres",
            model::Spec {
                identifier: stack.name_of("postgres"),
                engine_version: config.engine_version.clone(),
                instance_class: config.instance_class.clone(),
                allocated_storage: config.allocated_storage,
                max_allocated_storage: config.max_allocated_storage,
                storage_type: "gp3".to_owned(),
                kms_key: config.kms_key.clone(),
                multi_az: config.multi_az,
                db_name,
                username: config.username.clone(),
                secret_arn: secret.id(),
                secret_generation: secret.attribute("generation"),
                db_subnet_group: subnets.id(),
                security_group_ids: vec![output("net", "db_security_group_id")],
                db_parameter_group: parameters.id(),
                backup_retention_days: config.backup_retention_days(stack),
                backup_window: config.backup_window.clone(),
                maintenance_window: config.maintenance_window.clone(),
                auto_minor_version_upgrade: config.auto_minor_version_upgrade,
                allow_major_upgrade: config.allow_major_upgrade,
                apply_immediately: config.apply_immediately(stack),
                log_exports: config.log_exports.clone(),
                performance_insights: config.performance_insights,
                performance_insights_days: config.performance_insights_days,
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
        let mut fields: BTreeMap<String, Input<Value>> = known
            .into_iter()
            .map(|(name, value)| (name, Input::Known(value)))
            .collect();
        fields.insert("host".to_owned(), instance.attribute("host"));
        fields.insert("port".to_owned(), instance.attribute("port"));
        let version = parts.add::<DatabaseSecretVersion>(
            "database",
            version::Spec {
                secret_arn: secret.id(),
                fields,
            },
        );
        parts.output("instance_id", instance.id());
        parts.output("host", instance.attribute::<String>("host"));
        parts.output("port", instance.attribute::<u16>("port"));
        parts.output("database_name", config.db_name(stack));
        // Known only when its value is whole: a task that starts then can connect.
        parts.output("secret_arn", version.attribute::<String>("arn"));
        parts
    }

    async fn check_destroy(ctx: &Ctx<Clients>, targets: &[DeleteTarget], _: &NoArgs) -> Result<()> {
        for instance in db_instance::describe(&ctx.clients, None).await? {
            let id = instance.db_instance_identifier().unwrap_or_default();
            let ours = |one: &&DeleteTarget| one.kind == DbInstance::NAME && one.id == id;
            if let Some(one) = targets.iter().find(ours) {
                if instance.deletion_protection() == Some(true) {
                    return Err(db_instance::protected(id).at(&one.address));
                }
                continue;
            }
            let tags = rds::map(instance.tag_list());
            let deleting = instance.db_instance_status() == Some("deleting");
            if ctx.stack.owns(ctx.slice, &tags) && !deleting {
                let kept = if tags.contains_key(REPLACED_TAG) {
                    "was replaced by a restored one and kept"
                } else {
                    "was restored and not switched to"
                };
                return Err(Error::refused(format!("the instance {id} {kept}")).hint(
                    "it stands in the same subnet group: rd-data restore --delete-old deletes it, with a final snapshot \
                     where [data] has one",
                ));
            }
        }
        Ok(())
    }
}

fn major(config: &Config) -> u32 {
    Version::parse(&config.engine_version).map_or(0, |version| version.major)
}
