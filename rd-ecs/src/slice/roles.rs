//! The service's two IAM roles and their inline policies.

use super::container_secrets::Secrets;
use super::discover::Discovered;
use super::kms_key::Key;
use super::role_documents::{self, Bucket};
use crate::clients::Clients;
use crate::config::Config;
use crate::names::managed_execution;
use rd_common::outputs::store;
use rd_common::{Input, Part, Parts, Stack};
use rd_iam::role::{self, Role};
use rd_iam::role_policy::{self, RolePolicy};

/// The two roles, and everything that must exist before a task starts.
pub struct Roles {
    /// The execution role: ECS uses it to start tasks.
    pub execution: Part,
    /// The task role: the application has its permissions.
    pub task: Part,
    /// Both roles and their inline policies.
    pub parts: Vec<Part>,
}

impl Roles {
    /// The ARNs of the execution role and of the task role.
    pub fn arns(&self) -> [Input; 2] {
        [&self.execution, &self.task].map(|role| role.attribute(Role::<Clients>::ARN))
    }
}

/// Adds the roles and their inline policies.
pub fn roles(
    parts: &mut Parts,
    stack: &Stack,
    config: &Config,
    discovered: &Discovered,
    secrets: &Secrets,
) -> Roles {
    let names = config.names(stack);
    let mut role = |part: &str, name: &str, description: &str, managed_policies: Vec<String>| {
        parts.add::<Role<Clients>>(
            part,
            role::Spec {
                name: name.to_owned(),
                description: description.to_owned(),
                trust: role_documents::trust(stack),
                managed_policies,
            },
        )
    };
    let execution = role(
        "execution",
        &names.execution_role,
        "Lets ECS pull the image, write the logs and read the secrets of the service",
        vec![managed_execution(stack)],
    );
    let task = role(
        "task",
        &names.task_role,
        "What the tasks of the service may do",
        config.task_policies.clone(),
    );
    let bucket = (!config.bucket_variable.is_empty()).then(|| Bucket {
        arn: store::BUCKET_ARN.input(),
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
            role_documents::execution(
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
            role_documents::task(stack, bucket, config.exec),
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
