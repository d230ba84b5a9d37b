//! The keys that secrets and the bucket are encrypted with: one of the account's own has to be named to the execution
//! role, and the bucket's to the task role.
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html>

use super::permissions::MAY_NOT_ASK;
use super::reference::{self, Reference, Secret, region};
use super::simulation::{Asked, simulate};
use super::{is_denied, not_checked};
use crate::service_context::ServiceContext;
use crate::slice::discover::BUCKET_KEY;
use crate::slice::kms_key::Key;
use crate::slice::role_documents::{KEY_ACTIONS, via_service};
use aws_sdk_ecs::types::TaskDefinition;
use futures_util::future::try_join_all;
use rd_common::Result;
use rd_common::aws::Explain;
use rd_common::context::Context;
use rd_common::output::check_report::CheckStep;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// AWS's own key for secrets, which everybody in the account may use who may read the secret.
const AWS_OWN: &str = "alias/aws/secretsmanager";

/// A line for each key.
pub async fn check(
    context: &Context,
    service_context: &ServiceContext,
    definition: &TaskDefinition,
) -> Result<Vec<CheckStep>> {
    let (mut steps, bucket) = tokio::try_join!(
        of_secrets(service_context, definition),
        of_bucket(context, service_context, definition)
    )?;
    steps.extend(bucket);
    Ok(steps)
}

async fn of_secrets(
    service_context: &ServiceContext,
    definition: &TaskDefinition,
) -> Result<Vec<CheckStep>> {
    let Some(role) = definition.execution_role_arn() else {
        return Ok(Vec::new());
    };
    let stack = &service_context.ctx().stack;
    let mut secrets: BTreeMap<Secret, BTreeSet<String>> = BTreeMap::new();
    for one in reference::all(definition, stack) {
        if let Reference::Secret(secret, _) = one.reference
            && region(&secret.arn) == stack.region
        {
            secrets.entry(secret).or_default().insert(one.name);
        }
    }
    let reads = secrets.into_iter().map(async |(secret, variables)| {
        let key = of(service_context, &secret).await?;
        Ok(key.map(|key| (key, variables)))
    });
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (key, variables) in try_join_all(reads).await?.into_iter().flatten() {
        keys.entry(key).or_default().extend(variables);
    }
    let lines = keys.iter().map(async |(key, variables)| {
        let names: Vec<&str> = variables.iter().map(String::as_str).collect();
        line(service_context, role, key, &names.join(", ")).await
    });
    try_join_all(lines).await
}

/// The key of a secret; none where it is AWS's own, or cannot be known.
async fn of(service_context: &ServiceContext, secret: &Secret) -> Result<Option<String>> {
    let call = service_context.ctx().clients.secrets.describe_secret();
    let call = call.secret_id(&secret.arn).send();
    match call.await.doing("read about the secret") {
        // That it is gone has a line of its own.
        Err(error) if is_denied(&error) || error.is(&["ResourceNotFoundException"]) => Ok(None),
        other => Ok(other?.kms_key_id.filter(|key| !key.ends_with(AWS_OWN))),
    }
}

async fn line(
    service_context: &ServiceContext,
    role: &str,
    key: &str,
    variables: &str,
) -> Result<CheckStep> {
    let what = format!("execution role: decrypt {variables}");
    let advice = "add it to decrypt_keys in [ecs] and apply";
    may(
        service_context,
        role,
        key,
        &["kms:Decrypt"],
        "secretsmanager",
        what,
        advice,
    )
    .await
}

/// The bucket's key, where tasks have a bucket with one.
async fn of_bucket(
    context: &Context,
    service_context: &ServiceContext,
    definition: &TaskDefinition,
) -> Result<Option<CheckStep>> {
    let Some(role) = definition.task_role_arn() else {
        return Ok(None);
    };
    if service_context
        .slice_context
        .config
        .bucket_variable
        .is_empty()
    {
        return Ok(None);
    }
    let store = context.load_state("store").await?;
    let key = store.and_then(|mut store| store.outputs.remove(BUCKET_KEY));
    let key = key.as_ref().and_then(Value::as_str).unwrap_or_default();
    if key.is_empty() {
        return Ok(None);
    }
    let what = "task role: use the bucket's key".to_owned();
    let step = may(
        service_context,
        role,
        key,
        &KEY_ACTIONS,
        "s3",
        what,
        "run rd-ecs apply",
    )
    .await?;
    Ok(Some(step))
}

/// Whether a role may do this with a key through a service.
async fn may(
    service_context: &ServiceContext,
    role: &str,
    key: &str,
    actions: &[&str],
    service: &str,
    what: String,
    advice: &str,
) -> Result<CheckStep> {
    let stack = &service_context.ctx().stack;
    let Key { arn, alias } = Key::parse(key, stack);
    if alias.is_some() {
        return Ok(not_checked(what, &format!("{key} is no key's ARN")));
    }
    let asked = Asked {
        actions,
        resources: std::slice::from_ref(&arn),
        context: &[("kms:ViaService", via_service(stack, service))],
    };
    let Some(verdicts) = simulate(service_context, role, &asked).await? else {
        return Ok(not_checked(what, MAY_NOT_ASK));
    };
    Ok(match verdicts.iter().find(|one| !one.allowed) {
        None => CheckStep::new(what, true, "allowed"),
        Some(one) => CheckStep::new(what, false, format!("{} on {arn}: {advice}", one.why())),
    })
}
