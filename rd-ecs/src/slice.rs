//! The service, part by part.

use crate::clients::Clients;
use crate::config::{Bootstrap, Config};
use crate::facts::{self, Facts, NO_IMAGE_TAG, PLACEHOLDER};
use crate::images;
use crate::kinds::cluster::{self, Cluster, PROVIDERS};
use crate::kinds::parameter::{self, Parameter};
use crate::kinds::repository::{self, Repository, lifecycle};
use crate::kinds::scalable_target::{self, ScalableTarget};
use crate::kinds::scaling_policy::{self, ScalingPolicy};
use crate::kinds::scheduled_action::{self, ScheduledAction};
use crate::kinds::service::Service;
use crate::kinds::service::model::{Capacity, Spec as ServiceSpec};
use crate::kinds::task_definition::TaskDefinition;
use crate::kinds::task_definition::model::{Log, Spec as TaskSpec};
use crate::names::{self, CONTAINER, REPOSITORY};
use crate::{leftovers, policies};
use rd_common::aws::Aws;
use rd_common::{
    Cx, Document, Doomed, Error, Input, Kinds, Note, Part, Parts, Problem, Result, Slice, Stack,
    output,
};
use rd_iam::role::{self, Role};
use rd_iam::role_policy::{self, RolePolicy};
use rd_log_group::LogGroup;
use std::collections::BTreeMap;

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
    type Facts = Facts;
    type DestroyArgs = DestroyArgs;

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

    async fn facts(
        clients: Option<&Clients>,
        stack: &Stack,
        _: &Config,
        state: &Document,
    ) -> Result<Facts> {
        facts::find(clients, stack, state).await
    }

    fn parts(stack: &Stack, config: &Config, facts: &Facts) -> Parts {
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
        let roles = roles(&mut parts, stack, config, &secrets);
        let cluster = parts.add::<Cluster>(
            "main",
            cluster::Spec {
                name: names::cluster(stack),
                container_insights: config.container_insights(stack),
                capacity_providers: PROVIDERS.map(str::to_owned).to_vec(),
                default_capacity_provider: config.capacity(stack).to_owned(),
            },
        );
        let definition =
            parts.add::<TaskDefinition>("api", task(stack, config, facts, &secrets, &roles));
        parts.after(&definition, &logs);
        let service =
            parts.add::<Service>("api", service(stack, config, facts, &cluster, &definition));
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

    fn notes(stack: &Stack, _: &Config, facts: &Facts, _: &Document) -> Vec<Note> {
        if facts.image.is_some() {
            return Vec::new();
        }
        vec![Note {
            summary: "no image was deployed yet: a placeholder runs, or nothing".to_owned(),
            hint: format!(
                "push one to {} (rd-ecs push IMAGE.tar, or docker push after rd-ecs login), then rd-ecs deploy",
                names::repository_url(stack)
            ),
        }]
    }

    async fn may_destroy(cx: &Cx<Clients>, doomed: &[Doomed], args: &DestroyArgs) -> Result<()> {
        for Doomed { id, .. } in doomed.iter().filter(|one| one.address == REPOSITORY) {
            let images = images::list(cx, id).await?.len();
            if images > 0 && !args.delete_images {
                return Err(Error::refused(format!(
                    "the repository {id} has {images} images"
                ))
                .hint("rd-ecs images lists them; destroy --delete-images deletes all of them, for good"));
            }
        }
        Ok(())
    }

    async fn before_destroy(cx: &Cx<Clients>, doomed: &[Doomed], args: &DestroyArgs) -> Result<()> {
        for one in doomed {
            match one.kind.as_str() {
                "repository" if args.delete_images => images::delete_all(cx, &one.id).await?,
                "cluster" => leftovers::stop_tasks(cx, &one.id).await?,
                _ => {}
            }
        }
        Ok(())
    }
}

/// What the container gets from secrets and parameters: for the task definition, and for the role that reads them.
struct Secrets {
    /// By variable: the ARN, with a member's name where it is one.
    variables: BTreeMap<String, Input>,
    /// The secrets' ARNs.
    secrets: Vec<Input>,
    /// The parameters' ARNs.
    parameters: Vec<Input>,
}

fn secrets(parts: &mut Parts, stack: &Stack, config: &Config) -> Secrets {
    let mut all = Secrets {
        variables: BTreeMap::new(),
        secrets: Vec::new(),
        parameters: Vec::new(),
    };
    for (variable, slice) in [
        (&config.database_variable, "data"),
        (&config.cache_variable, "cache"),
    ] {
        if !variable.is_empty() {
            let arn: Input = output(slice, "secret_arn");
            all.variables
                .insert(variable.clone(), arn.clone().then(":url::"));
            all.secrets.push(arn);
        }
    }
    for (variable, given) in &config.secrets {
        let given = Given::parse(given);
        all.variables
            .insert(variable.clone(), given.value_from.as_str().into());
        let arn = given.arn.as_str().into();
        if given.is_parameter {
            all.parameters.push(arn);
        } else if !all.secrets.contains(&arn) {
            all.secrets.push(arn);
        }
    }
    for (variable, value) in &config.parameters {
        let part = parts.add::<Parameter>(
            &variable.to_lowercase(),
            parameter::Spec {
                name: format!("{}/{variable}", names::parameter_path(stack)),
                value: value.clone(),
            },
        );
        let arn: Input = part.attribute("arn");
        all.variables.insert(variable.clone(), arn.clone());
        all.parameters.push(arn);
    }
    all
}

/// A secret or parameter that was there before: `arn:aws:secretsmanager:…:secret:name-abcdef[:member]`.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html>
struct Given {
    arn: String,
    value_from: String,
    is_parameter: bool,
}

/// How many parts the ARN of a secret has.
const SECRET_PARTS: usize = 7;

impl Given {
    fn parse(text: &str) -> Self {
        let parts: Vec<&str> = text.split(':').collect();
        let is_parameter = parts.get(2) == Some(&"ssm");
        let arn = match is_parameter {
            true => text.to_owned(),
            false => parts[..parts.len().min(SECRET_PARTS)].join(":"),
        };
        let value_from = match parts.get(SECRET_PARTS) {
            Some(member) if !is_parameter => format!("{arn}:{member}::"),
            _ => arn.clone(),
        };
        Self {
            arn,
            value_from,
            is_parameter,
        }
    }
}

/// The two roles, and what must be there before a task starts.
struct Roles {
    execution: Part,
    task: Part,
    parts: Vec<Part>,
}

fn roles(parts: &mut Parts, stack: &Stack, config: &Config, secrets: &Secrets) -> Roles {
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
    let bucket = (!config.bucket_variable.is_empty()).then(|| output("store", "bucket_arn"));
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
        (&task, "task", "work", policies::task(bucket, config.exec)),
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

/// What the placeholder runs: it answers everything on the application's port.
fn placeholder_command(port: &Input) -> Vec<Input> {
    let line = Input::Join(vec![
        "printf 'server { listen %s; location / { return 200; } }' ".into(),
        port.clone(),
        " > /etc/nginx/conf.d/default.conf && exec nginx -g 'daemon off;'".into(),
    ]);
    vec!["sh".into(), "-c".into(), line]
}

fn task(
    stack: &Stack,
    config: &Config,
    facts: &Facts,
    secrets: &Secrets,
    roles: &Roles,
) -> TaskSpec {
    let placeholder = facts.image.is_none() && config.bootstrap == Bootstrap::Placeholder;
    let image = match &facts.image {
        Some(image) => image.clone(),
        None if placeholder => PLACEHOLDER.to_owned(),
        None => format!("{}{NO_IMAGE_TAG}", names::repository_url(stack)),
    };
    let mut environment: BTreeMap<String, Input> = config
        .environment
        .iter()
        .map(|(name, value)| (name.clone(), Input::Known(value.clone())))
        .collect();
    if !config.port_variable.is_empty() {
        let port = Input::Join(vec![output("net", "app_port")]);
        environment.insert(config.port_variable.clone(), port);
    }
    if !config.bucket_variable.is_empty() {
        environment.insert(
            config.bucket_variable.clone(),
            output("store", "bucket_name"),
        );
    }
    TaskSpec {
        family: names::api(stack),
        cluster: names::cluster(stack),
        cpu: config.cpu.to_string(),
        memory: config.memory.to_string(),
        architecture: config.architecture.clone(),
        execution_role_arn: roles.execution.attribute("arn"),
        task_role_arn: roles.task.attribute("arn"),
        image,
        command: match placeholder {
            true => placeholder_command(&output("net", "app_port")),
            false => config
                .command
                .iter()
                .map(|word| word.as_str().into())
                .collect(),
        },
        entry_point: match placeholder {
            true => Vec::new(),
            false => config.entry_point.clone(),
        },
        port: output("net", "app_port"),
        environment,
        secrets: secrets.variables.clone(),
        log: Log {
            group: names::log_group(stack),
            region: stack.region.clone(),
            prefix: CONTAINER.to_owned(),
        },
        health_check: config.health_check().filter(|_| !placeholder),
        stop_timeout: config.stop_timeout_seconds,
        // The placeholder writes its settings.
        read_only: config.read_only && !placeholder,
        keep_revisions: config.keep_revisions,
    }
}

fn service(
    stack: &Stack,
    config: &Config,
    facts: &Facts,
    cluster: &Part,
    definition: &Part,
) -> ServiceSpec {
    let spot = config.capacity(stack) == "FARGATE_SPOT";
    let one = |provider: &str, base: i32, weight: i32| Capacity {
        provider: provider.to_owned(),
        base,
        weight,
    };
    let empty = facts.image.is_none() && config.bootstrap == Bootstrap::None;
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

#[cfg(test)]
mod tests {
    use super::Given;

    #[test]
    fn a_secret_is_read_whole_or_by_one_member() {
        let arn = "arn:aws:secretsmanager:us-east-1:1:secret:mail-AbCdEf";
        let whole = Given::parse(arn);
        assert_eq!((whole.arn.as_str(), whole.value_from.as_str()), (arn, arn));
        let member = Given::parse(&format!("{arn}:key"));
        assert_eq!(member.arn, arn);
        assert_eq!(member.value_from, format!("{arn}:key::"));
        let parameter = Given::parse("arn:aws:ssm:us-east-1:1:parameter/mail");
        assert!(parameter.is_parameter);
        assert_eq!(parameter.value_from, parameter.arn);
    }
}
