//! The settings of a task definition, and a revision at AWS, with the same fields. Defaults that AWS fills in are equal on
//! both sides, so that they are not a difference.

use crate::names::{CONTAINER, Names};
use aws_sdk_ecs::types::{
    ContainerDefinition, HealthCheck as AwsHealthCheck, LinuxParameters, LogDriver,
    TaskDefinition as AwsDefinition, TaskDefinitionStatus,
};
use rd_common::Input;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The settings of the task definition.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The family, which is the id.
    pub family: String,
    /// The name of the cluster with the service that runs it.
    pub cluster: String,
    /// The name of the application's container.
    #[serde(default = "default_container")]
    pub container: String,
    /// CPU units, as AWS writes them; 1024 are one vCPU.
    pub cpu: String,
    /// Memory in MiB, as AWS writes it.
    pub memory: String,
    /// The architecture of the tasks: `ARM64` or `X86_64`.
    pub architecture: String,
    /// The ARN of the execution role, with which ECS starts tasks.
    pub execution_role_arn: Input,
    /// The ARN of the task role, which the application has.
    pub task_role_arn: Input,
    /// The reference of the image.
    pub image: String,
    /// The command, instead of the image's; empty for the image's.
    pub command: Vec<Input>,
    /// The entry point, instead of the image's; empty for the image's.
    pub entry_point: Vec<String>,
    /// The port that the container listens on.
    pub port: Input<i32>,
    /// The variables with plain values.
    pub environment: BTreeMap<String, Input>,
    /// By variable, the ARN of the secret or parameter that it comes from.
    pub secrets: BTreeMap<String, Input>,
    /// The destination of the container's output.
    pub log: Log,
    /// The container's health check; none where it has none.
    pub health_check: Option<HealthCheck>,
    /// The time for the container to exit after SIGTERM, in seconds.
    pub stop_timeout: i32,
    /// Whether the container's file system is read-only.
    pub read_only: bool,
    /// How many revisions are kept for a rollback.
    pub keep_revisions: usize,
}

/// The name in specs that do not have one: there was no other.
fn default_container() -> String {
    CONTAINER.to_owned()
}

/// The destination of a container's output in CloudWatch Logs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// The name of the log group.
    pub group: String,
    /// The region of the log group.
    pub region: String,
    /// The beginning of a stream's name; the container's name and the task's id follow.
    pub prefix: String,
    /// What happens while output cannot be sent: `blocking` or `non-blocking`; as the account says where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// How much output is kept in memory in the mode `non-blocking`, such as `25m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buffer: Option<String>,
}

impl Log {
    /// The log as far as `spec` says something about it: a mode and a buffer that it leaves to AWS are no difference.
    pub fn as_far_as(&self, spec: &Self) -> Self {
        Self {
            mode: self.mode.clone().filter(|_| spec.mode.is_some()),
            buffer: self.buffer.clone().filter(|_| spec.buffer.is_some()),
            ..self.clone()
        }
    }
}

/// The health check of a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// The command that is run in the container.
    pub command: Vec<String>,
    /// The time between two checks, in seconds.
    pub interval: i32,
    /// The time limit of a check, in seconds.
    pub timeout: i32,
    /// How many checks in a row may fail.
    pub retries: i32,
    /// The time after the start during which failures do not count, in seconds.
    pub start_period: i32,
}

/// One revision of the task definition, as ECS describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The ARN of the revision.
    pub arn: String,
    /// The family of the task definition.
    pub family: String,
    /// The number of the revision.
    pub revision: i32,
    /// Whether it is ACTIVE, so that tasks may be started from it.
    pub active: bool,
    /// When it was registered, in ISO 8601.
    pub registered_at: Option<String>,
    /// The ARN of the identity that registered it.
    pub registered_by: Option<String>,
    /// CPU units; 1024 are one vCPU.
    pub cpu: String,
    /// Memory in MiB, as AWS writes it.
    pub memory: String,
    /// The architecture of the tasks: `ARM64` or `X86_64`.
    pub architecture: String,
    /// The ARN of the execution role, with which ECS starts tasks.
    pub execution_role_arn: String,
    /// The ARN of the task role, which the application has.
    pub task_role_arn: String,
    /// The reference of the image.
    pub image: String,
    /// The commit that the image was built from; none where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The command, instead of the image's; empty for the image's.
    pub command: Vec<String>,
    /// The entry point, instead of the image's; empty for the image's.
    pub entry_point: Vec<String>,
    /// The port that the container listens on.
    pub port: i32,
    /// The variables with plain values.
    pub environment: BTreeMap<String, String>,
    /// By variable, the ARN of the secret or parameter that it comes from.
    pub secrets: BTreeMap<String, String>,
    /// The destination of the container's output.
    pub log: Log,
    /// The container's health check; none where it has none.
    pub health_check: Option<HealthCheck>,
    /// The time for the container to exit after SIGTERM, in seconds; 30 by default.
    pub stop_timeout: i32,
    /// Whether the container's file system is read-only.
    pub read_only: bool,
    /// Whether an init process reaps zombie processes in the container.
    pub init: bool,
    /// The names of containers that rd-ecs does not manage.
    pub others: Vec<String>,
}

/// Fargate's default time for a container to exit after SIGTERM, in seconds.
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

/// The option of the log driver for the mode.
pub const LOG_MODE: &str = "mode";
/// The option of the log driver for the size of the buffer.
pub const LOG_BUFFER: &str = "max-buffer-size";

fn log(container: &ContainerDefinition) -> Log {
    let Some(log) = container.log_configuration() else {
        return Log::default();
    };
    if *log.log_driver() != LogDriver::Awslogs {
        return Log::default();
    }
    let option = |name: &str| {
        let options = log.options();
        options.and_then(|options| options.get(name)).cloned()
    };
    let text = |name: &str| option(name).unwrap_or_default();
    Log {
        group: text("awslogs-group"),
        region: text("awslogs-region"),
        prefix: text("awslogs-stream-prefix"),
        mode: option(LOG_MODE),
        buffer: option(LOG_BUFFER),
    }
}

/// Converts a task definition of the SDK, in which the application's container has its name.
pub fn live(definition: &AwsDefinition, names: &Names) -> Live {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let containers = definition.container_definitions();
    let empty = ContainerDefinition::builder().build();
    let application = names.application(containers).unwrap_or(&empty);
    let pairs = application.environment().iter().filter_map(|pair| {
        Some((
            pair.name()?.to_owned(),
            pair.value().unwrap_or_default().to_owned(),
        ))
    });
    let secrets = application.secrets().iter();
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
        image: text(application.image()),
        commit: None,
        command: application.command().to_vec(),
        entry_point: application.entry_point().to_vec(),
        port: application
            .port_mappings()
            .first()
            .and_then(aws_sdk_ecs::types::PortMapping::container_port)
            .unwrap_or(0),
        environment: pairs.collect(),
        secrets: secrets
            .map(|secret| (secret.name().to_owned(), secret.value_from().to_owned()))
            .collect(),
        log: log(application),
        health_check: application.health_check().map(health_check),
        stop_timeout: application.stop_timeout().unwrap_or(STOP_TIMEOUT),
        read_only: application.readonly_root_filesystem().unwrap_or(false),
        init: application
            .linux_parameters()
            .and_then(LinuxParameters::init_process_enabled)
            .unwrap_or(false),
        others: containers
            .iter()
            .filter_map(|one| one.name())
            .filter(|name| *name != names.container)
            .map(str::to_owned)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rd_testkit::canned::{answering, sdk_config};
    use serde_json::{Value, json};

    async fn read(definition: &Value) -> Live {
        let body = json!({"taskDefinition": definition, "tags": []}).to_string();
        let client = aws_sdk_ecs::Client::new(&sdk_config(answering(&body)));
        let answer = client.describe_task_definition().task_definition("api");
        live(
            &answer.send().await.unwrap().task_definition.unwrap(),
            &Names::test(),
        )
    }

    fn recorded() -> Value {
        json!({
            "taskDefinitionArn": "arn:aws:ecs:us-east-2:123456789012:task-definition/shop-test-api:75",
            "containerDefinitions": [{
                "name": CONTAINER, "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop:v1", "cpu": 0, "links": [],
                "portMappings": [{"containerPort": 5000, "hostPort": 5000, "protocol": "tcp"}], "essential": true,
                "entryPoint": [], "command": ["server"],
                "environment": [{"name": "WORKERS", "value": "2"}, {"name": "EMPTY", "value": ""}],
                "mountPoints": [], "volumesFrom": [], "linuxParameters": {"capabilities": {}, "devices": []},
                "secrets": [{"name": "KEY", "valueFrom": "arn:aws:ssm:us-east-2:123456789012:parameter/shop/key"}],
                "privileged": false, "readonlyRootFilesystem": true, "dnsServers": [], "systemControls": [],
                "logConfiguration": {"logDriver": "awslogs", "options": {
                    "awslogs-create-group": "true", "awslogs-group": "/ecs/shop", "awslogs-region": "us-east-2",
                    "awslogs-stream-prefix": "ecs", "mode": "non-blocking", "max-buffer-size": "25m",
                }},
                "healthCheck": {"command": ["CMD-SHELL", "true"], "interval": 30, "timeout": 5, "retries": 3},
            }],
            "family": "shop-test-api", "taskRoleArn": "arn:aws:iam::123456789012:role/task",
            "executionRoleArn": "arn:aws:iam::123456789012:role/execution", "networkMode": "awsvpc", "revision": 75,
            "volumes": [], "status": "ACTIVE", "requiresAttributes": [{"name": "ecs.capability.task-eni"}],
            "placementConstraints": [], "compatibilities": ["EC2", "FARGATE"],
            "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
            "requiresCompatibilities": ["FARGATE"], "cpu": "1024", "memory": "3072",
            "registeredAt": 1_679_931_009.622, "registeredBy": "arn:aws:iam::123456789012:user/someone",
        })
    }

    #[tokio::test]
    async fn task_definitions_as_aws_describes_them() {
        let mut definition = recorded();
        let whole = read(&definition).await;
        assert_eq!(
            (whole.family.as_str(), whole.revision, whole.active),
            ("shop-test-api", 75, true)
        );
        assert_eq!(
            (
                whole.cpu.as_str(),
                whole.memory.as_str(),
                whole.architecture.as_str()
            ),
            ("1024", "3072", "ARM64")
        );
        assert_eq!(
            (whole.command, whole.entry_point, whole.port),
            (vec!["server".to_owned()], Vec::new(), 5000)
        );
        assert_eq!(whole.environment["EMPTY"], "");
        assert_eq!(
            whole.secrets["KEY"],
            "arn:aws:ssm:us-east-2:123456789012:parameter/shop/key"
        );
        assert_eq!(
            (whole.log.group.as_str(), whole.log.mode.as_deref()),
            ("/ecs/shop", Some("non-blocking"))
        );
        assert_eq!(whole.log.buffer.as_deref(), Some("25m"));
        let check = whole.health_check.unwrap();
        assert_eq!(
            (
                check.interval,
                check.timeout,
                check.retries,
                check.start_period
            ),
            (30, 5, 3, 0)
        );
        assert!(whole.read_only && !whole.init && whole.others.is_empty());

        definition["status"] = json!("INACTIVE");
        definition["containerDefinitions"][0] =
            json!({"name": "sidecar", "image": "debian", "essential": true});
        for member in [
            "runtimePlatform",
            "taskRoleArn",
            "executionRoleArn",
            "registeredAt",
            "registeredBy",
        ] {
            definition.as_object_mut().unwrap().remove(member);
        }
        let other = read(&definition).await;
        assert_eq!(
            (
                other.active,
                other.architecture.as_str(),
                other.stop_timeout
            ),
            (false, "X86_64", STOP_TIMEOUT)
        );
        assert_eq!(
            (other.image.as_str(), other.others),
            ("", vec!["sidecar".to_owned()])
        );
        assert_eq!(
            (other.task_role_arn.as_str(), other.log, other.port),
            ("", Log::default(), 0)
        );
    }

    #[test]
    fn what_a_spec_leaves_to_aws_is_no_difference() {
        let live = Log {
            group: "g".to_owned(),
            mode: Some("blocking".to_owned()),
            buffer: Some("10m".to_owned()),
            ..Log::default()
        };
        let silent = Log {
            mode: None,
            buffer: None,
            ..live.clone()
        };
        assert_eq!(live.as_far_as(&silent), silent);
        assert_eq!(live.as_far_as(&live), live);
    }
}
