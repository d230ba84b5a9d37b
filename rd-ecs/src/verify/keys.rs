//! The KMS keys of secrets and of the bucket: the execution role must be allowed to use a customer managed key of a secret,
//! and the task role the key of the bucket.
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html>

use super::not_checked;
use super::permissions::CANNOT_SIMULATE;
use super::reference::{self, Reference, Secret, region};
use crate::service_context::ServiceContext;
use crate::simulation::{Query, is_denied, simulate};
use crate::slice::kms_key::Key;
use crate::slice::role_documents::{KEY_ACTIONS, via_service};
use aws_sdk_ecs::types::TaskDefinition;
use futures_util::future::try_join_all;
use rd_common::Result;
use rd_common::aws::Explain;
use rd_common::context::Context;
use rd_common::output::check_report::CheckStep;
use rd_common::outputs;
use std::collections::{BTreeMap, BTreeSet};

/// The AWS managed key for secrets: whoever may read a secret may use it.
const AWS_MANAGED_KEY: &str = "alias/aws/secretsmanager";

/// A step for each customer managed key.
pub async fn check(
    context: &Context,
    service: &ServiceContext,
    definition: &TaskDefinition,
) -> Result<Vec<CheckStep>> {
    let (mut steps, bucket) = tokio::try_join!(
        secret_keys(service, definition),
        bucket_key(context, service, definition)
    )?;
    steps.extend(bucket);
    Ok(steps)
}

async fn secret_keys(
    service: &ServiceContext,
    definition: &TaskDefinition,
) -> Result<Vec<CheckStep>> {
    let Some(role) = definition.execution_role_arn() else {
        return Ok(Vec::new());
    };
    let stack = &service.ctx().stack;
    let mut secrets: BTreeMap<Secret, BTreeSet<String>> = BTreeMap::new();
    for one in reference::references(definition, stack) {
        if let Reference::Secret(secret, _) = one.reference
            && region(&secret.arn) == stack.region
        {
            secrets.entry(secret).or_default().insert(one.name);
        }
    }
    let reads = secrets.into_iter().map(async |(secret, variables)| {
        let key = key_of(service, &secret).await?;
        Ok(key.map(|key| (key, variables)))
    });
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (key, variables) in try_join_all(reads).await?.into_iter().flatten() {
        keys.entry(key).or_default().extend(variables);
    }
    let lines = keys.iter().map(async |(key, variables)| {
        let names: Vec<&str> = variables.iter().map(String::as_str).collect();
        line(service, role, key, &names.join(", ")).await
    });
    try_join_all(lines).await
}

/// The customer managed key of a secret; none where it has the AWS managed key, or where it cannot be read.
async fn key_of(service: &ServiceContext, secret: &Secret) -> Result<Option<String>> {
    let call = service.ctx().clients.secrets.describe_secret();
    let call = call.secret_id(&secret.arn).send();
    match call.await.doing("describe the secret") {
        // A missing secret has a step of its own.
        Err(error) if is_denied(&error) || error.is(&["ResourceNotFoundException"]) => Ok(None),
        other => Ok(other?
            .kms_key_id
            .filter(|key| !key.ends_with(AWS_MANAGED_KEY))),
    }
}

async fn line(
    service: &ServiceContext,
    role: &str,
    key: &str,
    variables: &str,
) -> Result<CheckStep> {
    let what = format!("execution role: decrypt {variables}");
    let advice = "add it to decrypt_keys in [ecs], then run rd-ecs apply";
    may_use(
        service,
        role,
        key,
        &["kms:Decrypt"],
        "secretsmanager",
        what,
        advice,
    )
    .await
}

/// A step for the bucket's key; none where the tasks use no bucket, or S3 uses a key of its own.
async fn bucket_key(
    context: &Context,
    service: &ServiceContext,
    definition: &TaskDefinition,
) -> Result<Option<CheckStep>> {
    let Some(role) = definition.task_role_arn() else {
        return Ok(None);
    };
    if service.slice.config.bucket_variable.is_empty() {
        return Ok(None);
    }
    let store = context.load_state("store").await?;
    let key = store.and_then(|store| store.output(&outputs::store::KMS_KEY));
    let key = key.unwrap_or_default();
    if key.is_empty() {
        return Ok(None);
    }
    let what = "task role: use the bucket's key".to_owned();
    let step = may_use(
        service,
        role,
        &key,
        &KEY_ACTIONS,
        "s3",
        what,
        "run rd-ecs apply",
    )
    .await?;
    Ok(Some(step))
}

/// Whether a role may use a key through the AWS service `via`, such as `s3`.
async fn may_use(
    service: &ServiceContext,
    role: &str,
    key: &str,
    actions: &[&str],
    via: &str,
    what: String,
    advice: &str,
) -> Result<CheckStep> {
    let stack = &service.ctx().stack;
    let Key { arn, alias } = Key::parse(key, stack);
    if alias.is_some() {
        return Ok(not_checked(
            what,
            &format!("{key} is an alias, and only the ARN of a key can be checked"),
        ));
    }
    let query = Query {
        actions,
        resources: std::slice::from_ref(&arn),
        context: &[("kms:ViaService", vec![via_service(stack, via)])],
    };
    let Some(verdicts) = simulate(&service.ctx().clients.iam, role, &query).await? else {
        return Ok(not_checked(what, CANNOT_SIMULATE));
    };
    Ok(match verdicts.iter().find(|one| !one.is_allowed()) {
        None => CheckStep::new(what, true, "allowed"),
        Some(one) => CheckStep::new(what, false, format!("{} on {arn}: {advice}", one.why())),
    })
}
