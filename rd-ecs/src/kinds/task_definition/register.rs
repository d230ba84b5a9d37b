//! Registers a revision: from the settings, or as a copy of another one with a new image.

use super::changed::changed;
use super::model::{HealthCheck, LOG_BUFFER, LOG_MODE, Live, Spec};
use crate::clients::Clients;
use crate::names::COMMIT_TAG;
use crate::read::TaggedRevision;
use aws_sdk_ecs::types::{
    Compatibility, ContainerDefinition, CpuArchitecture, HealthCheck as AwsHealthCheck,
    KeyValuePair, LinuxParameters, LogConfiguration, LogDriver, NetworkMode, OsFamily, PortMapping,
    RuntimePlatform, Secret, Tag, TaskDefinition, TransportProtocol,
};
use aws_smithy_runtime_api::client::result::SdkError;
use rd_common::aws::Explain;
use rd_common::{Change, Ctx, Error, Input, Result, Tags, sdk_tags};
use rd_iam::propagation;

fn incomplete(e: impl std::fmt::Display) -> Error {
    Error::failed(format!("the task definition is incomplete: {e}"))
}

fn health_check(check: &HealthCheck) -> Result<AwsHealthCheck> {
    AwsHealthCheck::builder()
        .set_command(Some(check.command.clone()))
        .interval(check.interval)
        .timeout(check.timeout)
        .retries(check.retries)
        .start_period(check.start_period)
        .build()
        .map_err(incomplete)
}

/// The application's container, from the settings.
pub fn container(spec: &Spec) -> Result<ContainerDefinition> {
    let secrets = spec.secrets.iter().map(|(name, from)| {
        let secret = Secret::builder().name(name).value_from(from.text());
        secret.build().map_err(incomplete)
    });
    let environment = spec.environment.iter().map(|(name, value)| {
        KeyValuePair::builder()
            .name(name)
            .value(value.text())
            .build()
    });
    let log = LogConfiguration::builder()
        .log_driver(LogDriver::Awslogs)
        .options("awslogs-group", &spec.log.group)
        .options("awslogs-region", &spec.log.region)
        .options("awslogs-stream-prefix", &spec.log.prefix);
    let more = [(LOG_MODE, &spec.log.mode), (LOG_BUFFER, &spec.log.buffer)];
    let more = more
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_ref()?)));
    let log = more.fold(log, |log, (name, value)| log.options(name, value));
    let log = log.build().map_err(incomplete)?;
    let port = spec.port.known().copied().unwrap_or_default();
    let port = PortMapping::builder()
        .container_port(port)
        .protocol(TransportProtocol::Tcp);
    let command: Vec<String> = spec.command.iter().map(|w| w.text().to_owned()).collect();
    let list = |items: &Vec<String>| (!items.is_empty()).then(|| items.clone());
    Ok(ContainerDefinition::builder()
        .name(&spec.container)
        .image(&spec.image)
        .essential(true)
        .set_command(list(&command))
        .set_entry_point(list(&spec.entry_point))
        .port_mappings(port.build())
        .set_environment(Some(environment.collect()))
        .set_secrets(Some(secrets.collect::<Result<_>>()?))
        .log_configuration(log)
        .set_health_check(spec.health_check.as_ref().map(health_check).transpose()?)
        .stop_timeout(spec.stop_timeout)
        .readonly_root_filesystem(spec.read_only)
        .linux_parameters(
            LinuxParameters::builder()
                .init_process_enabled(true)
                .build(),
        )
        .build())
}

/// What the tasks run on.
pub fn platform(spec: &Spec) -> RuntimePlatform {
    RuntimePlatform::builder()
        .cpu_architecture(CpuArchitecture::from(spec.architecture.as_str()))
        .operating_system_family(OsFamily::Linux)
        .build()
}

/// A role's ARN; none where the tasks have no such role.
pub fn role(input: &Input) -> Option<String> {
    input.known().filter(|text| !text.is_empty()).cloned()
}

/// Registers a revision from the settings, and returns its ARN.
pub async fn register(ctx: &Ctx<Clients>, spec: &Spec, tags: &Tags) -> Result<String> {
    let platform = platform(spec);
    let container = container(spec)?;
    propagation::retry_while_refused(ctx, async || {
        let call = ctx
            .clients
            .ecs
            .register_task_definition()
            .family(&spec.family)
            .cpu(&spec.cpu)
            .memory(&spec.memory)
            .runtime_platform(platform.clone())
            .network_mode(NetworkMode::Awsvpc)
            .requires_compatibilities(Compatibility::Fargate)
            .set_execution_role_arn(role(&spec.execution_role_arn))
            .set_task_role_arn(role(&spec.task_role_arn))
            .container_definitions(container.clone())
            .set_tags(Some(sdk_tags!(Tag, tags)));
        arn(call.send().await)
    })
    .await
}

/// Registers a copy of a revision with another image for the application's container, and returns its ARN. `commit` is what
/// the image was built from, where it is known.
pub async fn register_like(
    ctx: &Ctx<Clients>,
    like: &TaggedRevision,
    image: &str,
    commit: Option<&str>,
) -> Result<String> {
    let mut copy = like.definition.clone();
    let containers = copy.container_definitions.iter_mut().flatten();
    let name = ctx.clients.names.container.as_str();
    for one in containers.filter(|one| one.name() == Some(name)) {
        one.image = Some(image.to_owned());
    }
    let mut tags = own_tags(&like.tags);
    tags.remove(COMMIT_TAG);
    tags.extend(commit.map(|commit| (COMMIT_TAG.to_owned(), commit.to_owned())));
    register_definition(ctx, &copy, &tags).await
}

/// Registers a copy of a revision with these changes, and returns its ARN. What rd does not manage stays as it is, such as
/// further variables, containers and volumes of a revision that was adopted: `seen` is the revision without them.
pub async fn register_changed(
    ctx: &Ctx<Clients>,
    base: &TaggedRevision,
    seen: &Live,
    spec: &Spec,
    changes: &[Change],
    tags: &Tags,
) -> Result<String> {
    let definition = changed(&base.definition, seen, spec, changes)?;
    let mut all = own_tags(&base.tags);
    if spec.image != seen.image {
        all.remove(COMMIT_TAG);
    }
    all.extend(tags.clone());
    register_definition(ctx, &definition, &all).await
}

async fn register_definition(
    ctx: &Ctx<Clients>,
    one: &TaskDefinition,
    tags: &Tags,
) -> Result<String> {
    propagation::retry_while_refused(ctx, async || {
        let call = ctx
            .clients
            .ecs
            .register_task_definition()
            .set_family(one.family.clone())
            .set_cpu(one.cpu.clone())
            .set_memory(one.memory.clone())
            .set_runtime_platform(one.runtime_platform.clone())
            .set_network_mode(one.network_mode.clone())
            .set_requires_compatibilities(one.requires_compatibilities.clone())
            .set_execution_role_arn(one.execution_role_arn.clone())
            .set_task_role_arn(one.task_role_arn.clone())
            .set_container_definitions(one.container_definitions.clone())
            .set_volumes(one.volumes.clone())
            .set_placement_constraints(one.placement_constraints.clone())
            .set_pid_mode(one.pid_mode.clone())
            .set_ipc_mode(one.ipc_mode.clone())
            .set_proxy_configuration(one.proxy_configuration.clone())
            .set_ephemeral_storage(one.ephemeral_storage.clone())
            .set_enable_fault_injection(one.enable_fault_injection)
            .set_tags(Some(sdk_tags!(Tag, tags.clone())));
        arn(call.send().await)
    })
    .await
}

/// The tags that a request may have. AWS's own, such as those of a stack of CloudFormation, come back in reads and are refused
/// in requests. <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Tag.html>
fn own_tags(tags: &Tags) -> Tags {
    let own = tags.iter();
    let own = own.filter(|(key, _)| !key.to_ascii_lowercase().starts_with("aws:"));
    own.map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

type Answer = std::result::Result<
    aws_sdk_ecs::operation::register_task_definition::RegisterTaskDefinitionOutput,
    SdkError<
        aws_sdk_ecs::operation::register_task_definition::RegisterTaskDefinitionError,
        aws_smithy_runtime_api::client::orchestrator::HttpResponse,
    >,
>;

fn arn(answer: Answer) -> Result<String> {
    let answer = answer.doing("register the task definition")?;
    answer
        .task_definition
        .and_then(|definition| definition.task_definition_arn)
        .ok_or_else(|| {
            Error::failed("AWS registered a task definition, but did not return its ARN")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_aws_are_not_copied_to_a_new_revision() {
        let tags = [
            ("Project", "shop"),
            ("aws:cloudformation:stack-name", "x"),
            ("AWS:x", "y"),
            ("awsome", "z"),
        ];
        let tags: Tags = tags
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into();
        let own = own_tags(&tags);
        let keys: Vec<&str> = own.keys().map(String::as_str).collect();
        assert_eq!(keys, ["Project", "awsome"]);
    }
}
