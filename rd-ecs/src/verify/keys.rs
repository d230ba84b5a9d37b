//! The keys that secrets are encrypted with: one of the account's own has to be named to the execution role.
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html>

use super::permissions::MAY_NOT_ASK;
use super::reference::{self, Reference, Secret, region};
use super::simulation::{Asked, simulate};
use super::{is_denied, not_checked};
use crate::site::Site;
use aws_sdk_ecs::types::TaskDefinition;
use futures_util::future::try_join_all;
use rd_common::aws::Explain;
use rd_common::check::Step;
use rd_common::{Result, Stack};
use std::collections::{BTreeMap, BTreeSet};

/// AWS's own key for secrets, which everybody in the account may use who may read the secret.
const AWS_OWN: &str = "alias/aws/secretsmanager";

/// A line for each key.
pub async fn check(site: &Site, definition: &TaskDefinition) -> Result<Vec<Step>> {
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
    let stack = &site.cx().stack;
    let what = format!("execution role: decrypt {variables}");
    let Some(arn) = arn(key, stack) else {
        return Ok(not_checked(what, &format!("{key} is no key's ARN")));
    };
    let via = format!("secretsmanager.{}.{}", stack.region, stack.dns_suffix());
    let asked = Asked {
        actions: &["kms:Decrypt"],
        resources: std::slice::from_ref(&arn),
        context: &[("kms:ViaService", via)],
    };
    let Some(verdicts) = simulate(site, role, &asked).await? else {
        return Ok(not_checked(what, MAY_NOT_ASK));
    };
    Ok(match verdicts.iter().find(|one| !one.allowed) {
        None => Step::new(what, true, "allowed"),
        Some(one) => {
            let advice = "add it to decrypt_keys in [ecs] and apply";
            Step::new(what, false, format!("{} on {arn}: {advice}", one.why()))
        }
    })
}

/// The key's ARN; none for an alias, which only KMS can tell the key of.
fn arn(key: &str, stack: &Stack) -> Option<String> {
    if key.contains("alias/") {
        return None;
    }
    if key.starts_with("arn:") {
        return Some(key.to_owned());
    }
    let (partition, account) = (stack.partition(), stack.account());
    let region = &stack.region;
    Some(format!("arn:{partition}:kms:{region}:{account}:key/{key}"))
}
