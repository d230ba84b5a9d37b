//! The service, part by part.

use crate::clients::Clients;
use crate::config::{Bootstrap, Config};
use crate::discover::{self, Discovered};
use crate::images;
use crate::kinds::cluster::{self, Cluster, PROVIDERS};
use crate::kinds::parameter::Parameter;
use crate::kinds::repository::{self, Repository, lifecycle};
use crate::kinds::scalable_target::{self, ScalableTarget};
use crate::kinds::scaling_policy::{self, ScalingPolicy};
use crate::kinds::scheduled_action::{self, ScheduledAction};
use crate::kinds::service::Service;
use crate::kinds::service::model::{Capacity, Spec as ServiceSpec};
use crate::kinds::task_definition::TaskDefinition;
use crate::kms::Key;
use crate::names::{self, REPOSITORY};
use crate::policies::Bucket;
use crate::secrets::{Secrets, secrets};
use crate::task::task;
use crate::{policies, stop_tasks};
use rd_common::aws::Aws;
use rd_common::{
    Ctx, DeleteTarget, Document, Error, ExternalOutputs, Input, Kinds, Note, Part, Parts, Problem,
    Result, Slice, Stack, output,
};
use rd_iam::role::{self, Role};
use rd_iam::role_policy::{self, RolePolicy};
use rd_log_group::LogGroup;

/// The slice.
pub struct Ecs;

/// Flags that only this destroy has.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct DestroyArgs {
    /// Delete every image in the repository first
    #[arg(long)]
    delete_images: bool,
}

impl Slice for Ecs {
    const NAME: &'static str = "ecs";
    type Config = Config;
    type Clients = Clients;
    type Discovered = Discovered;
    type DestroyArgs = DestroyArgs;

    const REQUIRED_INPUTS: &'static [(&'static str, &'static [&'static str])] =
        &discover::REQUIRED_INPUTS;

    fn check(config: &Config, stack: &Stack) -> Vec<Problem> {
        config.problems(stack)
    }

    fn clients(aws: &Aws) -> Clients {
        Clients::new(aws)
    }

    fn kinds() -> Kinds<Clients> {
        Kinds::new()
            .with::<Repository>()
            .with::<LogGroup<Clients>>()
            .with::<Role<Clients>>()
            .with::<RolePolicy<Clients>>()
            .with::<Parameter>()
            .with::<Cluster>()
            .with::<TaskDefinition>()
            .with::<Service>()
            .with::<ScalableTarget>()
            .with::<ScalingPolicy>()
            .with::<ScheduledAction>()
    }

    async fn discover(
        clients: Option<&Clients>,
        stack: &Stack,
        _: &Config,
        state: &Document,
    ) -> Result<Discovered> {
        discover::find(clients, stack, state).await
    }

    fn use_outputs(discovered: &mut Discovered, others: &ExternalOutputs) {
        discovered.look(others);
    }

    fn parts(stack: &Stack, config: &Config, discovered: &Discovered) -> Parts {
        let mut parts = Parts::new(Self::NAME);
        let repository = parts.add::<Repository>(
            "api",
            repository::Spec {
                name: names::api(stack),
                scan_on_push: config.scan_on_push,
                immutable_tags: config.immutable_tags,
                kms_key: config.kms_key.clone(),
                lifecycle: lifecycle(config.untagged_days, config.keep_images),
            },
        );
        let logs = parts.add::<LogGroup<Clients>>(
            "api",
            rd_log_group::Spec {
                name: names::log_group(stack),
                retention_days: config.retention_days,
                kms_key: config.log_kms_key.clone(),
            },
        );
        let secrets = secrets(&mut parts, stack, config);
        let roles = roles(&mut parts, stack, config, discovered, &secrets);
        let cluster = parts.add::<Cluster>(
            "main",
            cluster::Spec {
                name: names::cluster(stack),
                container_insights: config.container_insights(stack),
                capacity_providers: PROVIDERS.map(str::to_owned).to_vec(),
                default_capacity_provider: config.capacity(stack).to_owned(),
            },
        );
        let definition = parts.add::<TaskDefinition>(
            "api",
            task(stack, config, discovered, &secrets, roles.arns()),
        );
        parts.after(&definition, &logs);
        let service = parts.add::<Service>(
            "api",
            service(stack, config, discovered, &cluster, &definition),
        );
        // Tasks start with all that they need, and the roles go when no task needs them: a service whose role is gone
        // never ends.
        for first in &roles.parts {
            parts.after(&service, first);
        }
        autoscaling(&mut parts, stack, config, &service);
        outputs(
            &mut parts,
            stack,
            config,
            &Made {
                repository,
                logs,
                cluster,
                service,
                roles,
            },
        );
        parts
    }

    fn notes(stack: &Stack, _: &Config, discovered: &Discovered, _: &Document) -> Vec<Note> {
        if discovered.image.is_some() {
            return Vec::new();
        }
        vec![Note {
            summary: "no image was deployed yet: a placeholder runs, or nothing".to_owned(),
            hint: format!(
                "push one to {} (rd-ecs push IMAGE.tar, or docker push after rd-ecs login), then rd-ecs deploy --tag TAG",
                names::repository_url(stack)
            ),
        }]
    }

    async fn check_destroy(
        ctx: &Ctx<Clients>,
        targets: &[DeleteTarget],
        args: &DestroyArgs,
    ) -> Result<()> {
        for DeleteTarget { id, .. } in targets.iter().filter(|one| one.address == REPOSITORY) {
            let images = images::list(ctx, id).await?.len();
            if images > 0 && !args.delete_images {
                return Err(Error::refused(format!(
                    "the repository {id} has {images} images"
                ))
                .hint("rd-ecs images lists them; destroy --delete-images deletes all of them, for good"));
            }
        }
        Ok(())
    }

    async fn before_destroy(
        ctx: &Ctx<Clients>,
        targets: &[DeleteTarget],
        args: &DestroyArgs,
    ) -> Result<()> {
        for one in targets {
            match one.kind.as_str() {
                "repository" if args.delete_images => images::delete_all(ctx, &one.id).await?,
                "cluster" => stop_tasks::stop_tasks(ctx, &one.id).await?,
                _ => {}
            }
        }
        Ok(())
    }
}

/// The two roles, and what must be there before a task starts.
struct Roles {
    execution: Part,
    task: Part,
    parts: Vec<Part>,
}

impl Roles {
    /// The ARNs of the role that tasks are started with, and of the one that they have.
    fn arns(&self) -> [Input; 2] {
        [&self.execution, &self.task].map(|role| role.attribute("arn"))
    }
}

fn roles(
    parts: &mut Parts,
    stack: &Stack,
    config: &Config,
    discovered: &Discovered,
    secrets: &Secrets,
) -> Roles {
    let mut role = |name: &str, description: &str, managed_policies: Vec<String>| {
        parts.add::<Role<Clients>>(
            name,
            role::Spec {
                // Roles are the account's: another region may have the same stack.
                name: stack.name_of(&format!("{name}-{}", stack.region)),
                description: description.to_owned(),
                trust: policies::trust(stack),
                managed_policies,
            },
        )
    };
    let execution = role(
        "execution",
        "Lets ECS pull the image, write the logs and read the secrets of the service",
        vec![policies::managed_execution(stack)],
    );
    let task = role(
        "task",
        "What the tasks of the service may do",
        config.task_policies.clone(),
    );
    let bucket = (!config.bucket_variable.is_empty()).then(|| Bucket {
        arn: output("store", "bucket_arn"),
        key: discovered
            .bucket_key
            .as_ref()
            .map(|key| Key::parse(key, stack)),
    });
    let documents = [
        (
            &execution,
            "execution",
            "read-secrets",
            policies::execution(
                stack,
                &secrets.secrets,
                &secrets.parameters,
                &config.decrypt_keys,
            ),
        ),
        (
            &task,
            "task",
            "work",
            policies::task(stack, bucket, config.exec),
        ),
    ];
    let mut needed = vec![execution.clone(), task.clone()];
    for (role, part, name, document) in documents {
        if let Some(document) = document {
            needed.push(parts.add::<RolePolicy<Clients>>(
                part,
                role_policy::Spec {
                    role: role.id(),
                    name: name.to_owned(),
                    document,
                },
            ));
        }
    }
    Roles {
        execution,
        task,
        parts: needed,
    }
}

fn service(
    stack: &Stack,
    config: &Config,
    discovered: &Discovered,
    cluster: &Part,
    definition: &Part,
) -> ServiceSpec {
    let spot = config.capacity(stack) == "FARGATE_SPOT";
    let one = |provider: &str, base: i32, weight: i32| Capacity {
        provider: provider.to_owned(),
        base,
        weight,
    };
    let empty = discovered.image.is_none() && config.bootstrap == Bootstrap::None;
    ServiceSpec {
        name: names::api(stack),
        cluster: cluster.id(),
        task_definition: definition.attribute("arn"),
        desired_count: if empty { 0 } else { config.desired(stack) },
        capacity: match spot {
            // One task survives when AWS takes Spot capacity back.
            true => vec![one("FARGATE", 1, 0), one("FARGATE_SPOT", 0, 1)],
            false => vec![one("FARGATE", 0, 1)],
        },
        subnet_ids: output("net", "private_subnet_ids"),
        security_group_ids: vec![output("net", "api_security_group_id")],
        target_group_arn: output("edge", "target_group_arn"),
        container_port: output("net", "app_port"),
        minimum_healthy_percent: config.minimum_healthy_percent,
        maximum_percent: config.maximum_percent,
        circuit_breaker: config.circuit_breaker,
        grace_seconds: config.grace_seconds,
        exec: config.exec,
    }
}

fn autoscaling(parts: &mut Parts, stack: &Stack, config: &Config, service: &Part) {
    if !config.autoscaling {
        return;
    }
    let target = parts.add::<ScalableTarget>(
        "api",
        scalable_target::Spec {
            resource_id: names::scalable(stack),
            service_arn: service.id(),
            min: config.min_tasks,
            max: config.max_tasks,
            scheduled: !config.schedules.is_empty(),
        },
    );
    for (name, metric, percent) in [
        ("cpu", "ECSServiceAverageCPUUtilization", config.cpu_target),
        (
            "memory",
            "ECSServiceAverageMemoryUtilization",
            config.memory_target,
        ),
    ] {
        parts.add::<ScalingPolicy>(
            name,
            scaling_policy::Spec {
                resource_id: target.id(),
                name: stack.name_of(&format!("api-{name}")),
                metric: metric.to_owned(),
                target: percent,
                scale_in_cooldown: config.scale_in_cooldown_seconds,
                scale_out_cooldown: config.scale_out_cooldown_seconds,
            },
        );
    }
    for (name, schedule) in &config.schedules {
        parts.add::<ScheduledAction>(
            name,
            scheduled_action::Spec {
                resource_id: target.id(),
                name: stack.name_of(&format!("api-{name}")),
                schedule: schedule.at.clone(),
                timezone: schedule.timezone.clone(),
                min: schedule.min,
                max: schedule.max,
            },
        );
    }
}

/// The parts that outputs tell of.
struct Made {
    repository: Part,
    logs: Part,
    cluster: Part,
    service: Part,
    roles: Roles,
}

fn outputs(parts: &mut Parts, stack: &Stack, config: &Config, made: &Made) {
    parts.output("repository_name", made.repository.id());
    parts.output("repository_url", made.repository.attribute::<String>("url"));
    parts.output("log_group_name", made.logs.id());
    parts.output("cluster_name", made.cluster.id());
    parts.output("cluster_arn", made.cluster.attribute::<String>("arn"));
    parts.output("service_name", made.service.attribute::<String>("name"));
    parts.output("service_arn", made.service.id());
    parts.output(
        "execution_role_arn",
        made.roles.execution.attribute::<String>("arn"),
    );
    parts.output("task_role_arn", made.roles.task.attribute::<String>("arn"));
    parts.output("container_insights", config.container_insights(stack));
    // At any time: a schedule may leave fewer.
    let times = config.schedules.values().map(|schedule| schedule.min);
    let min = match config.autoscaling {
        true => times.fold(config.min_tasks, i32::min),
        false => config.desired(stack),
    };
    parts.output("min_tasks", min);
}
