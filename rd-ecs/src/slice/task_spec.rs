//! The settings of the task definition: the container with its image, variables and health check, and the placeholder
//! that runs before the first image.

use super::container_secrets::Secrets;
use super::discover::Discovered;
use crate::config::{Bootstrap, Config};
use crate::kinds::task_definition::model::{Log, Spec as TaskSpec};
use crate::names::{NO_IMAGE_TAG, Names, PLACEHOLDER};
use rd_common::outputs::{net, store};
use rd_common::{Input, Stack};
use std::collections::BTreeMap;

/// The placeholder's command: nginx that answers every request on the application's port with 200.
fn placeholder_command(port: Input) -> Vec<Input> {
    let line = Input::join([
        "printf 'server { listen %s; location / { return 200; } }' ".into(),
        port,
        " > /etc/nginx/conf.d/default.conf && exec nginx -g 'daemon off;'".into(),
    ]);
    vec!["sh".into(), "-c".into(), line]
}

/// The task definition from the settings, with the image that was last deployed. The roles are the ARNs of the execution
/// role and of the task role.
pub fn task_spec(
    stack: &Stack,
    names: &Names,
    config: &Config,
    discovered: &Discovered,
    secrets: &Secrets,
    [execution_role_arn, task_role_arn]: [Input; 2],
) -> TaskSpec {
    let placeholder = discovered.image.is_none() && config.bootstrap == Bootstrap::Placeholder;
    let image = match &discovered.image {
        Some(image) => image.clone(),
        None if placeholder => PLACEHOLDER.to_owned(),
        None => format!("{}{NO_IMAGE_TAG}", names.repository_url(stack)),
    };
    let mut environment: BTreeMap<String, Input> = config
        .environment
        .iter()
        .map(|(name, value)| (name.clone(), Input::Known(value.clone())))
        .collect();
    if !config.port_variable.is_empty() {
        let port = net::APP_PORT.input().into_text();
        environment.insert(config.port_variable.clone(), port);
    }
    if !config.bucket_variable.is_empty() {
        environment.insert(config.bucket_variable.clone(), store::BUCKET_NAME.input());
    }
    TaskSpec {
        family: names.family.clone(),
        cluster: names.cluster.clone(),
        container: names.container.clone(),
        cpu: config.cpu.to_string(),
        memory: config.memory.to_string(),
        architecture: config.architecture.clone(),
        execution_role_arn,
        task_role_arn,
        image,
        command: match placeholder {
            true => placeholder_command(net::APP_PORT.input().into_text()),
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
        port: net::APP_PORT.input(),
        environment,
        // The placeholder is a public image: it must not receive secrets.
        secrets: match placeholder {
            true => BTreeMap::new(),
            false => secrets.variables.clone(),
        },
        log: Log {
            group: names.log_group.clone(),
            region: stack.region.clone(),
            prefix: names.container.clone(),
            mode: config.log_mode.map(|mode| mode.as_str().to_owned()),
            buffer: config.log_buffer.clone(),
        },
        health_check: config.health_check().filter(|_| !placeholder),
        stop_timeout: config.stop_timeout_seconds,
        // The placeholder writes its nginx configuration at startup.
        read_only: config.read_only && !placeholder,
        keep_revisions: config.keep_revisions,
    }
}
