//! What is wanted of a task, and what a revision says, in the same words. What AWS fills in is left out or put in on both
//! sides, so that it is no difference.

use crate::names::CONTAINER;
use aws_sdk_ecs::types::{
    ContainerDefinition, HealthCheck as AwsHealthCheck, LinuxParameters, LogDriver,
    TaskDefinition as AwsDefinition, TaskDefinitionStatus,
};
use rd_common::Input;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What we want.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// Its name, which is its id.
    pub family: String,
    /// The cluster in which a service of the same name runs it.
    pub cluster: String,
    /// CPU units, as AWS writes them.
    pub cpu: String,
    /// Memory in MiB, as AWS writes it.
    pub memory: String,
    /// `ARM64` or `X86_64`.
    pub architecture: String,
    /// The role with which it is started.
    pub execution_role_arn: Input,
    /// The role that it has.
    pub task_role_arn: Input,
    /// The image.
    pub image: String,
    /// What runs instead of the image's command.
    pub command: Vec<Input>,
    /// What runs instead of the image's entry point.
    pub entry_point: Vec<String>,
    /// The port that it listens on.
    pub port: Input<i32>,
    /// Variables.
    pub environment: BTreeMap<String, Input>,
    /// Variables from secrets and parameters: their ARNs.
    pub secrets: BTreeMap<String, Input>,
    /// Where its output goes.
    pub log: Log,
    /// How it says that it is well.
    pub health_check: Option<HealthCheck>,
    /// How long it may take to end, in seconds.
    pub stop_timeout: i32,
    /// Whether its file system can only be read.
    pub read_only: bool,
    /// How many revisions stay.
    pub keep_revisions: usize,
}

/// Where a container's output goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// The log group.
    pub group: String,
    /// Its region.
    pub region: String,
    /// What a stream's name begins with; the container's name and the task's id follow.
    pub prefix: String,
}

/// How a container says that it is well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// What is run in it.
    pub command: Vec<String>,
    /// How often, in seconds.
    pub interval: i32,
    /// How long it may take, in seconds.
    pub timeout: i32,
    /// How often in a row it may fail.
    pub retries: i32,
    /// For how long a failure does not count, in seconds.
    pub start_period: i32,
}

/// What there is: a revision.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// Its ARN.
    pub arn: String,
    /// The family.
    pub family: String,
    /// Its number.
    pub revision: i32,
    /// Whether tasks may be started from it.
    pub active: bool,
    /// When it was registered, in ISO 8601.
    pub registered_at: Option<String>,
    /// Who registered it.
    pub registered_by: Option<String>,
    /// CPU units.
    pub cpu: String,
    /// Memory in MiB.
    pub memory: String,
    /// `ARM64` or `X86_64`.
    pub architecture: String,
    /// The role with which it is started.
    pub execution_role_arn: String,
    /// The role that it has.
    pub task_role_arn: String,
    /// The image.
    pub image: String,
    /// What runs instead of the image's command.
    pub command: Vec<String>,
    /// What runs instead of the image's entry point.
    pub entry_point: Vec<String>,
    /// The port that it listens on.
    pub port: i32,
    /// Variables.
    pub environment: BTreeMap<String, String>,
    /// Variables from secrets and parameters.
    pub secrets: BTreeMap<String, String>,
    /// Where its output goes.
    pub log: Log,
    /// How it says that it is well.
    pub health_check: Option<HealthCheck>,
    /// How long it may take to end, in seconds; 30 where nothing is said.
    pub stop_timeout: i32,
    /// Whether its file system can only be read.
    pub read_only: bool,
    /// Whether a process of its own reaps others.
    pub init: bool,
    /// Containers that are not ours.
    pub others: Vec<String>,
}

/// Fargate's own time limit for a container that is to end.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html>
const STOP_TIMEOUT: i32 = 30;

fn health_check(check: &AwsHealthCheck) -> HealthCheck {
    HealthCheck {
        command: check.command().to_vec(),
        interval: check.interval().unwrap_or(30),
        timeout: check.timeout().unwrap_or(5),
        retries: check.retries().unwrap_or(3),
        start_period: check.start_period().unwrap_or(0),
    }
}

fn log(container: &ContainerDefinition) -> Log {
    let Some(log) = container.log_configuration() else {
        return Log::default();
    };
    if *log.log_driver() != LogDriver::Awslogs {
        return Log::default();
    }
    let option = |name: &str| {
        let options = log.options();
        let value = options.and_then(|options| options.get(name));
        value.cloned().unwrap_or_default()
    };
    Log {
        group: option("awslogs-group"),
        region: option("awslogs-region"),
        prefix: option("awslogs-stream-prefix"),
    }
}

/// A revision in our words.
pub fn live(definition: &AwsDefinition) -> Live {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let containers = definition.container_definitions();
    let empty = ContainerDefinition::builder().build();
    let ours = containers
        .iter()
        .find(|one| one.name() == Some(CONTAINER))
        .unwrap_or(&empty);
    let pairs = ours.environment().iter().filter_map(|pair| {
        Some((
            pair.name()?.to_owned(),
            pair.value().unwrap_or_default().to_owned(),
        ))
    });
    let secrets = ours.secrets().iter();
    Live {
        arn: text(definition.task_definition_arn()),
        family: text(definition.family()),
        revision: definition.revision(),
        active: definition.status() == Some(&TaskDefinitionStatus::Active),
        registered_at: definition.registered_at().map(ToString::to_string),
        registered_by: definition.registered_by().map(str::to_owned),
        cpu: text(definition.cpu()),
        memory: text(definition.memory()),
        architecture: definition
            .runtime_platform()
            .and_then(|platform| platform.cpu_architecture())
            .map_or("X86_64", |architecture| architecture.as_str())
            .to_owned(),
        execution_role_arn: text(definition.execution_role_arn()),
        task_role_arn: text(definition.task_role_arn()),
        image: text(ours.image()),
        command: ours.command().to_vec(),
        entry_point: ours.entry_point().to_vec(),
        port: ours
            .port_mappings()
            .first()
            .and_then(aws_sdk_ecs::types::PortMapping::container_port)
            .unwrap_or(0),
        environment: pairs.collect(),
        secrets: secrets
            .map(|secret| (secret.name().to_owned(), secret.value_from().to_owned()))
            .collect(),
        log: log(ours),
        health_check: ours.health_check().map(health_check),
        stop_timeout: ours.stop_timeout().unwrap_or(STOP_TIMEOUT),
        read_only: ours.readonly_root_filesystem().unwrap_or(false),
        init: ours
            .linux_parameters()
            .and_then(LinuxParameters::init_process_enabled)
            .unwrap_or(false),
        others: containers
            .iter()
            .filter_map(|one| one.name())
            .filter(|name| *name != CONTAINER)
            .map(str::to_owned)
            .collect(),
    }
}
