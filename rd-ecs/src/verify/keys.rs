//! The keys that secrets and the bucket are encrypted with: one of the account's own has to be named to the execution
//! role, and the bucket's to the task role.
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html>

use super::permissions::MAY_NOT_ASK;
use super::reference::{self, Reference, Secret, region};
use super::simulation::{Asked, simulate};
use super::{is_denied, not_checked};
use crate::facts::BUCKET_KEY;
use crate::kms::Key;
use crate::policies::{KEY_ACTIONS, via};
use crate::site::Site;
use aws_sdk_ecs::types::TaskDefinition;
use futures_util::future::try_join_all;
use rd_common::Result;
use rd_common::aws::Explain;
use rd_common::check::Step;
use rd_common::cli::Program;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// AWS's own key for secrets, which everybody in the account may use who may read the secret.
const AWS_OWN: &str = "alias/aws/secretsmanager";

/// A line for each key.
pub async fn check(
    program: &Program,
    site: &Site,
    definition: &TaskDefinition,
) -> Result<Vec<Step>> {
    let (mut steps, bucket) = tokio::try_join!(
        of_secrets(site, definition),
        of_bucket(program, site, definition)
    )?;
    steps.extend(bucket);
    Ok(steps)
}

async fn of_secrets(site: &Site, definition: &TaskDefinition) -> Result<Vec<Step>> {
    let Some(role) = definition.execution_role_arn() else {
        return Ok(Vec::new());
    };
    let stack = &site.cx().stack;
    let mut secrets: BTreeMap<Secret, BTreeSet<String>> = BTreeMap::new();
    for one in reference::all(definition, stack) {
        if let Reference::Secret(secret, _) = one.reference
            && region(&secret.arn) == stack.region
        {
            secrets.entry(secret).or_default().insert(one.name);
        }
    }
    let reads = secrets.into_iter().map(async |(secret, variables)| {
        let key = of(site, &secret).await?;
        Ok(key.map(|key| (key, variables)))
    });
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (key, variables) in try_join_all(reads).await?.into_iter().flatten() {
        keys.entry(key).or_default().extend(variables);
    }
    let lines = keys.iter().map(async |(key, variables)| {
        let names: Vec<&str> = variables.iter().map(String::as_str).collect();
        line(site, role, key, &names.join(", ")).await
    });
    try_join_all(lines).await
}

/// The key of a secret; none where it is AWS's own, or cannot be known.
async fn of(site: &Site, secret: &Secret) -> Result<Option<String>> {
    let call = site.cx().clients.secrets.describe_secret();
    let call = call.secret_id(&secret.arn).send();
    match call.await.doing("read about the secret") {
        // That it is gone has a line of its own.
        Err(error) if is_denied(&error) || error.is(&["ResourceNotFoundException"]) => Ok(None),
        other => Ok(other?.kms_key_id.filter(|key| !key.ends_with(AWS_OWN))),
    }
}

async fn line(site: &Site, role: &str, key: &str, variables: &str) -> Result<Step> {
    let what = format!("execution role: decrypt {variables}");
    let advice = "add it to decrypt_keys in [ecs] and apply";
    may(
        site,
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
    program: &Program,
    site: &Site,
    definition: &TaskDefinition,
) -> Result<Option<Step>> {
    let Some(role) = definition.task_role_arn() else {
        return Ok(None);
    };
    if site.desk.config.bucket_variable.is_empty() {
        return Ok(None);
    }
    let store = program.store.load(&program.key("store")).await?;
    let key = store.and_then(|mut store| store.outputs.remove(BUCKET_KEY));
    let key = key.as_ref().and_then(Value::as_str).unwrap_or_default();
    if key.is_empty() {
        return Ok(None);
    }
    let what = "task role: use the bucket's key".to_owned();
    let step = may(
        site,
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
    site: &Site,
    role: &str,
    key: &str,
    actions: &[&str],
    service: &str,
    what: String,
    advice: &str,
) -> Result<Step> {
    let stack = &site.cx().stack;
    let Key { arn, alias } = Key::parse(key, stack);
    if alias.is_some() {
        return Ok(not_checked(what, &format!("{key} is no key's ARN")));
    }
    let asked = Asked {
        actions,
        resources: std::slice::from_ref(&arn),
        context: &[("kms:ViaService", via(stack, service))],
    };
    let Some(verdicts) = simulate(site, role, &asked).await? else {
        return Ok(not_checked(what, MAY_NOT_ASK));
    };
    Ok(match verdicts.iter().find(|one| !one.allowed) {
        None => Step::new(what, true, "allowed"),
        Some(one) => Step::new(what, false, format!("{} on {arn}: {advice}", one.why())),
    })
}
