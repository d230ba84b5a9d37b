//! The task definition that a service runs, with the roles, log groups and repositories that it names.

use super::image;
use crate::clients::Clients;
use aws_sdk_ecs::types::{
    ContainerDefinition, CpuArchitecture, LogDriver, NetworkMode, Service, TaskDefinition,
};
use rd_common::{Ctx, Result, TerraformResources};
use serde_json::{Value, json};

/// The option of the log driver that names the log group.
const LOG_GROUP: &str = "awslogs-group";

/// Adds the revision that the service runs, once for all services that run it.
pub async fn add(
    ctx: &Ctx<Clients>,
    service: &Service,
    all: &mut TerraformResources,
) -> Result<()> {
    let arn = service.task_definition().unwrap_or_default();
    let is_known = all.texts("aws_ecs_task_definition", "arn").contains(&arn);
    if is_known || arn.is_empty() {
        return Ok(());
    }
    let Some(revision) = ctx.clients.reads.definition(arn).await? else {
        return Ok(());
    };
    let definition = &revision.definition;
    let family = definition.family().unwrap_or_default();
    all.add("aws_ecs_task_definition", family, values(definition));
    let roles = [definition.execution_role_arn(), definition.task_role_arn()];
    for role in roles.into_iter().flatten() {
        rd_iam::scan::add_role(&ctx.clients.iam, role, all).await?;
    }
    for container in definition.container_definitions() {
        if let Some(group) = log_group(container) {
            let is_known = all.texts("aws_cloudwatch_log_group", "id").contains(&group);
            if !is_known {
                rd_log_group::scan::add(&ctx.clients.logs, group, all).await?;
            }
        }
        image::add_repository(ctx, container.image().unwrap_or_default(), all).await?;
    }
    Ok(())
}

/// The attributes of the revision. Pure.
fn values(definition: &TaskDefinition) -> Value {
    let platform = definition.runtime_platform().into_iter();
    let platform = platform.map(
        |one| json!({"cpu_architecture": one.cpu_architecture().map(CpuArchitecture::as_str)}),
    );
    let containers = definition.container_definitions().iter();
    let containers: Vec<Value> = containers.map(container).collect();
    json!({
        "arn": definition.task_definition_arn(),
        "family": definition.family(),
        "cpu": definition.cpu(),
        "memory": definition.memory(),
        "network_mode": definition.network_mode().map(NetworkMode::as_str),
        "runtime_platform": platform.collect::<Vec<_>>(),
        "execution_role_arn": definition.execution_role_arn(),
        "task_role_arn": definition.task_role_arn(),
        "container_definitions": Value::from(containers).to_string(),
    })
}

/// A container without what may be secret: of variables only the names, and no command.
fn container(one: &ContainerDefinition) -> Value {
    let environment = one.environment().iter();
    let environment = environment.map(|pair| json!({"name": pair.name()}));
    let secrets = one.secrets().iter();
    let secrets =
        secrets.map(|secret| json!({"name": secret.name(), "valueFrom": secret.value_from()}));
    let mut block = json!({
        "name": one.name(),
        "image": one.image(),
        "environment": environment.collect::<Vec<_>>(),
        "secrets": secrets.collect::<Vec<_>>(),
    });
    if let Some(group) = log_group(one) {
        block["logConfiguration"] = json!({"logDriver": "awslogs", "options": {LOG_GROUP: group}});
    }
    block
}

fn log_group(container: &ContainerDefinition) -> Option<&str> {
    let logs = container.log_configuration()?;
    let group = logs.options()?.get(LOG_GROUP)?;
    (logs.log_driver() == &LogDriver::Awslogs).then_some(group)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ecs::types::{KeyValuePair, Secret};

    #[test]
    fn values_of_variables_and_commands_are_left_out() {
        let variable = KeyValuePair::builder().name("PORT").value("planted");
        let secret = Secret::builder()
            .name("KEY")
            .value_from("arn:aws:secretsmanager:us-east-1:1:secret:web-a");
        let web = ContainerDefinition::builder()
            .name("web")
            .image("i:1")
            .command("--token=planted")
            .environment(variable.build())
            .secrets(secret.build().unwrap());
        let definition = TaskDefinition::builder().family("web");
        let values = values(&definition.container_definitions(web.build()).build());
        let text = values["container_definitions"].as_str().unwrap();
        assert!(!values.to_string().contains("planted"), "{values}");
        assert!(
            text.contains("\"PORT\"") && text.contains(":secret:web-a"),
            "{text}"
        );
    }
}
