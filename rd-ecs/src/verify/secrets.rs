//! What containers are given: secrets with the members that are named, parameters. A value is looked at in memory and
//! goes nowhere.

use super::reference::{self, Given, Reference, Secret, region};
use super::{is_denied, not_checked};
use crate::service_context::ServiceContext;
use aws_sdk_ecs::types::TaskDefinition;
use aws_sdk_ssm::types::ParameterType;
use futures_util::future::{join_all, try_join_all};
use rd_common::Result;
use rd_common::aws::Explain;
use rd_common::output::check_report::CheckStep;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How many parameters one call reads.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html>
const AT_ONCE: usize = 10;

/// What is known of a secret's value without telling it.
enum Content {
    /// A JSON object with these members.
    Members(BTreeSet<String>),
    /// Other text.
    Text,
    /// Bytes: tasks are given text alone.
    Binary,
    /// It cannot be had: why.
    Unusable(String),
    /// These credentials may not look: why.
    Unknown(String),
}

/// A line for each variable.
pub async fn check(
    service_context: &ServiceContext,
    definition: &TaskDefinition,
) -> Result<Vec<CheckStep>> {
    let given = reference::all(definition, &service_context.ctx().stack);
    let secrets: BTreeSet<&Secret> = given
        .iter()
        .filter_map(|one| match &one.reference {
            Reference::Secret(secret, _) => Some(secret),
            Reference::Parameter(_) => None,
        })
        .collect();
    let reads = secrets.into_iter().map(async |secret| {
        let content = read(service_context, secret).await?;
        Ok((secret.clone(), content))
    });
    let parameters: BTreeSet<&str> = given
        .iter()
        .filter(|one| matches!(one.reference, Reference::Parameter(_)))
        .map(|one| one.reference.arn())
        .collect();
    let (contents, parameters) =
        tokio::try_join!(try_join_all(reads), there(service_context, &parameters))?;
    let contents: BTreeMap<Secret, Content> = contents.into_iter().collect();
    Ok(given
        .iter()
        .map(|one| match &one.reference {
            Reference::Secret(secret, member) => {
                secret_line(one, &contents[secret], member.as_deref())
            }
            Reference::Parameter(arn) => parameter_line(one, arn, parameters.as_ref()),
        })
        .collect())
}

async fn read(service_context: &ServiceContext, secret: &Secret) -> Result<Content> {
    let ctx = service_context.ctx();
    if region(&secret.arn) != ctx.stack.region {
        let why = format!("it is in {}", region(&secret.arn));
        return Ok(Content::Unknown(why));
    }
    let call = ctx.clients.secrets.get_secret_value();
    let call = call
        .secret_id(&secret.arn)
        .set_version_stage(secret.stage.clone())
        .set_version_id(secret.version.clone());
    let answer = match call.send().await.doing("read the secret") {
        Err(error) if error.is(&["ResourceNotFoundException"]) => {
            return absent(service_context, secret).await;
        }
        Err(error) if error.is(&["InvalidRequestException"]) => {
            return Ok(Content::Unusable(format!(
                "{error}: rd-data apply and rd-cache apply restore theirs, others aws secretsmanager restore-secret"
            )));
        }
        Err(error) if error.is(&["DecryptionFailure"]) => {
            return Ok(Content::Unusable(error.summary.clone()));
        }
        Err(error) if is_denied(&error) => return described(service_context, secret).await,
        other => other?,
    };
    let Some(text) = answer.secret_string() else {
        return Ok(Content::Binary);
    };
    Ok(match serde_json::from_str(text) {
        Ok(Value::Object(members)) => {
            Content::Members(members.into_iter().map(|(name, _)| name).collect())
        }
        _ => Content::Text,
    })
}

/// The values that containers are given, so that they can be kept out of what is shown; those that these credentials
/// may not read are left out. Of JSON, its longer texts: a URL, a password.
pub async fn values(service_context: &ServiceContext, definition: &TaskDefinition) -> Vec<String> {
    let ctx = service_context.ctx();
    let given = reference::all(definition, &ctx.stack);
    let secrets: BTreeSet<(&Secret, Option<&str>)> = given
        .iter()
        .filter_map(|one| match &one.reference {
            Reference::Secret(secret, member) => Some((secret, member.as_deref())),
            Reference::Parameter(_) => None,
        })
        .collect();
    let reads = secrets.into_iter().map(async |(secret, member)| {
        let call = ctx.clients.secrets.get_secret_value();
        let call = call
            .secret_id(&secret.arn)
            .set_version_stage(secret.stage.clone())
            .set_version_id(secret.version.clone());
        let answer = call.send().await;
        let text = answer.ok().and_then(|answer| answer.secret_string);
        secret_texts(text.as_deref().unwrap_or_default(), member)
    });
    let (secrets, parameters) = tokio::join!(join_all(reads), secure(service_context, &given));
    [secrets.concat(), parameters].concat()
}

/// The values of parameters that are secret.
async fn secure(service_context: &ServiceContext, given: &[Given]) -> Vec<String> {
    let ctx = service_context.ctx();
    let names: BTreeSet<String> = given
        .iter()
        .filter(|one| matches!(one.reference, Reference::Parameter(_)))
        .filter(|one| region(one.reference.arn()) == ctx.stack.region)
        .flat_map(|one| names(one.reference.arn()))
        .collect();
    let names: Vec<String> = names.into_iter().collect();
    let mut values = Vec::new();
    for some in names.chunks(AT_ONCE) {
        let call = ctx.clients.ssm.get_parameters().with_decryption(true);
        let answer = call.set_names(Some(some.to_vec())).send().await;
        let found = answer.ok().and_then(|answer| answer.parameters);
        let secure = found.unwrap_or_default().into_iter();
        let secure = secure.filter(|one| one.r#type == Some(ParameterType::SecureString));
        values.extend(secure.filter_map(|one| one.value));
    }
    values
}

/// Members that are a secret by their name, and the one that is given.
fn secret_texts(value: &str, given: Option<&str>) -> Vec<String> {
    let Ok(Value::Object(members)) = serde_json::from_str(value) else {
        return vec![value.to_owned()];
    };
    let is_secret = |name: &str| {
        let name = name.to_lowercase();
        let words = ["password", "token", "secret", "key", "url"];
        given.is_none_or(|given| given == name) || words.iter().any(|word| name.contains(word))
    };
    let secret = members.into_iter().filter(|(name, _)| is_secret(name));
    secret
        .filter_map(|(_, value)| value.as_str().map(str::to_owned))
        .collect()
}

/// There is no such secret, or no such version of it.
async fn absent(service_context: &ServiceContext, secret: &Secret) -> Result<Content> {
    let call = service_context.ctx().clients.secrets.describe_secret();
    let call = call.secret_id(&secret.arn).send();
    Ok(match call.await.doing("read about the secret") {
        Ok(_) => Content::Unusable(match (&secret.version, &secret.stage) {
            (Some(version), _) => format!("it has no version {version}"),
            (None, Some(stage)) => format!("it has no version with the label {stage}"),
            (None, None) => "it has no value".to_owned(),
        }),
        Err(error) if error.is(&["ResourceNotFoundException"]) || is_denied(&error) => {
            Content::Unusable(format!("{} is not there", secret.arn))
        }
        Err(error) => return Err(error),
    })
}

/// What can be known of a secret whose value these credentials may not read.
async fn described(service_context: &ServiceContext, secret: &Secret) -> Result<Content> {
    let call = service_context.ctx().clients.secrets.describe_secret();
    let call = call.secret_id(&secret.arn).send();
    Ok(match call.await.doing("read about the secret") {
        Ok(about) if about.deleted_date().is_some() => {
            Content::Unusable("it is scheduled for deletion".to_owned())
        }
        Ok(_) => Content::Unknown(
            "it is there, and these credentials may not read its value (secretsmanager:GetSecretValue)"
                .to_owned(),
        ),
        Err(error) if error.is(&["ResourceNotFoundException"]) => {
            Content::Unusable(format!("{} is not there", secret.arn))
        }
        Err(error) if is_denied(&error) => Content::Unknown(
            "these credentials may not read it (secretsmanager:GetSecretValue)".to_owned(),
        ),
        Err(error) => return Err(error),
    })
}

fn secret_line(given: &Given, content: &Content, member: Option<&str>) -> CheckStep {
    let what = format!("secret for {}", given.name);
    match (content, member) {
        (Content::Unknown(why), _) => not_checked(what, why),
        (Content::Unusable(why), _) => CheckStep::new(what, false, why),
        (Content::Binary, _) => {
            CheckStep::new(what, false, "its value is binary: tasks are given text")
        }
        (Content::Members(_) | Content::Text, None) => CheckStep::new(what, true, "it has a value"),
        (Content::Text, Some(member)) => {
            let reason = format!("its value is no JSON object, and `{member}` of it is asked for");
            CheckStep::new(what, false, reason)
        }
        (Content::Members(members), Some(member)) => match members.contains(member) {
            true => CheckStep::new(what, true, format!("it has `{member}`")),
            false => CheckStep::new(what, false, format!("its JSON has no member `{member}`")),
        },
    }
}

/// The names that a parameter with this ARN may have: that of `/a` and of `a` is the same.
fn names(arn: &str) -> Vec<String> {
    let rest = arn.split_once(":parameter/").map_or(arn, |(_, rest)| rest);
    match rest.contains('/') {
        true => vec![format!("/{rest}")],
        false => vec![format!("/{rest}"), rest.to_owned()],
    }
}

/// The parameters that are there; none where these credentials may not look.
async fn there(
    service_context: &ServiceContext,
    arns: &BTreeSet<&str>,
) -> Result<Option<BTreeSet<String>>> {
    let ctx = service_context.ctx();
    let here = arns.iter().filter(|arn| region(arn) == ctx.stack.region);
    let names: Vec<String> = here.flat_map(|arn| names(arn)).collect();
    let mut found = BTreeSet::new();
    for some in names.chunks(AT_ONCE) {
        let call = ctx.clients.ssm.get_parameters();
        let call = call.set_names(Some(some.to_vec())).send();
        let answer = match call.await.doing("read the parameters") {
            Err(error) if is_denied(&error) => return Ok(None),
            other => other?,
        };
        found.extend(
            answer
                .parameters()
                .iter()
                .filter_map(|one| one.name.clone()),
        );
    }
    Ok(Some(found))
}

fn parameter_line(given: &Given, arn: &str, there: Option<&BTreeSet<String>>) -> CheckStep {
    let what = format!("parameter for {}", given.name);
    let names = names(arn);
    match there {
        None => not_checked(
            what,
            "these credentials may not read parameters (ssm:GetParameters)",
        ),
        Some(there) => match names.iter().find(|name| there.contains(*name)) {
            Some(name) => CheckStep::new(what, true, format!("{name} is there")),
            None => CheckStep::new(
                what,
                false,
                format!("{} is not there: run rd-ecs apply", names[0]),
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given() -> Given {
        Given {
            name: "DATABASE_URL".to_owned(),
            reference: Reference::Parameter("arn".to_owned()),
        }
    }

    #[test]
    fn a_member_must_be_there() {
        let members = Content::Members(["url".to_owned()].into());
        assert!(secret_line(&given(), &members, Some("url")).ok);
        assert!(!secret_line(&given(), &members, Some("uri")).ok);
        assert!(secret_line(&given(), &members, None).ok);
        assert!(!secret_line(&given(), &Content::Text, Some("url")).ok);
        assert!(secret_line(&given(), &Content::Text, None).ok);
        assert!(!secret_line(&given(), &Content::Binary, None).ok);
    }

    #[test]
    fn a_name_without_a_slash_has_two_forms() {
        assert_eq!(names("arn:aws:ssm:r:1:parameter/a/b"), ["/a/b"]);
        assert_eq!(names("arn:aws:ssm:r:1:parameter/a"), ["/a", "a"]);
    }
}
