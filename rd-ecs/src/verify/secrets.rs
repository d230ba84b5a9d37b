//! The secrets and parameters of the containers: they exist, and a secret has the member that is named. Values stay in
//! memory; nothing prints or stores them.

use super::not_checked;
use super::reference::{self, Injected, Reference, Secret, region};
use crate::service_context::ServiceContext;
use crate::simulation::is_denied;
use aws_sdk_ecs::types::TaskDefinition;
use aws_sdk_ssm::types::ParameterType;
use futures_util::future::{join_all, try_join_all};
use rd_common::Result;
use rd_common::aws::Explain;
use rd_common::output::check_report::CheckStep;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The most parameters that one call reads.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html>
const AT_ONCE: usize = 10;

/// What is known about a secret's value, without the value itself.
enum Content {
    /// A JSON object that has these members.
    Members(BTreeSet<String>),
    /// Text that is not a JSON object.
    Text,
    /// Binary data, which ECS cannot pass to a container.
    Binary,
    /// A task could not read it; the reason.
    Unusable(String),
    /// It could not be checked; the reason.
    Unknown(String),
}

/// A step for each variable that comes from a secret or parameter.
pub async fn check(
    service: &ServiceContext,
    definition: &TaskDefinition,
) -> Result<Vec<CheckStep>> {
    let injected = reference::references(definition, &service.ctx().stack);
    let secrets: BTreeSet<&Secret> = injected
        .iter()
        .filter_map(|one| match &one.reference {
            Reference::Secret(secret, _) => Some(secret),
            Reference::Parameter(_) => None,
        })
        .collect();
    let reads = secrets.into_iter().map(async |secret| {
        let content = read(service, secret).await?;
        Ok((secret.clone(), content))
    });
    let parameters: BTreeSet<&str> = injected
        .iter()
        .filter(|one| matches!(one.reference, Reference::Parameter(_)))
        .map(|one| one.reference.arn())
        .collect();
    let (contents, parameters) = tokio::try_join!(
        try_join_all(reads),
        existing_parameters(service, &parameters)
    )?;
    let contents: BTreeMap<Secret, Content> = contents.into_iter().collect();
    Ok(injected
        .iter()
        .map(|one| match &one.reference {
            Reference::Secret(secret, member) => {
                secret_step(one, &contents[secret], member.as_deref())
            }
            Reference::Parameter(arn) => parameter_step(one, arn, parameters.as_ref()),
        })
        .collect())
}

async fn read(service: &ServiceContext, secret: &Secret) -> Result<Content> {
    let ctx = service.ctx();
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
            return missing_secret(service, secret).await;
        }
        Err(error) if error.is(&["InvalidRequestException"]) => {
            return Ok(Content::Unusable(format!(
                "{error}: rd-data apply or rd-cache apply restores its own secret, aws secretsmanager restore-secret any other"
            )));
        }
        Err(error) if error.is(&["DecryptionFailure"]) => {
            return Ok(Content::Unusable(error.summary.clone()));
        }
        Err(error) if is_denied(&error) => return described(service, secret).await,
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

/// The secret values that the containers of these revisions receive, to redact them from output. Of a JSON object these are
/// all texts in it. Values that these credentials may not read are left out.
pub async fn values(service: &ServiceContext, definitions: &[&TaskDefinition]) -> Vec<String> {
    let ctx = service.ctx();
    let injected = definitions.iter();
    let injected: Vec<Injected> = injected
        .flat_map(|one| reference::references(one, &ctx.stack))
        .collect();
    let mut secrets: BTreeMap<&Secret, BTreeSet<&str>> = BTreeMap::new();
    for one in &injected {
        if let Reference::Secret(secret, member) = &one.reference {
            let members = secrets.entry(secret).or_default();
            members.extend(member.as_deref());
        }
    }
    let reads = secrets.into_iter().map(async |(secret, members)| {
        let call = ctx.clients.secrets.get_secret_value();
        let call = call
            .secret_id(&secret.arn)
            .set_version_stage(secret.stage.clone())
            .set_version_id(secret.version.clone());
        let answer = call.send().await;
        let text = answer.ok().and_then(|answer| answer.secret_string);
        secret_texts(text.as_deref().unwrap_or_default(), &members)
    });
    let (secrets, parameters) =
        tokio::join!(join_all(reads), secure_parameters(service, &injected));
    [secrets.concat(), parameters].concat()
}

/// The values of the parameters of type SecureString.
async fn secure_parameters(service: &ServiceContext, injected: &[Injected]) -> Vec<String> {
    let ctx = service.ctx();
    let names: BTreeSet<String> = injected
        .iter()
        .filter(|one| matches!(one.reference, Reference::Parameter(_)))
        .filter(|one| region(one.reference.arn()) == ctx.stack.region)
        .flat_map(|one| names(one.reference.arn()))
        .collect();
    let names: Vec<String> = names.into_iter().collect();
    let reads = names.chunks(AT_ONCE).map(async |some| {
        let call = ctx.clients.ssm.get_parameters().with_decryption(true);
        let answer = call.set_names(Some(some.to_vec())).send().await;
        let found = answer.ok().and_then(|answer| answer.parameters);
        let secure = found.unwrap_or_default().into_iter();
        let secure = secure.filter(|one| one.r#type == Some(ParameterType::SecureString));
        secure.filter_map(|one| one.value).collect::<Vec<String>>()
    });
    join_all(reads).await.concat()
}

/// The members of a database's secret that say where it is, and are no secret. Without them a log line would not say what
/// it could not reach.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html>
const PLACES: [&str; 6] = [
    "engine",
    "host",
    "port",
    "dbname",
    "username",
    "dbInstanceIdentifier",
];

/// The texts in a secret's value to redact: all, but for where a database is, unless a container receives just that. A
/// value that is not a JSON object counts as a whole.
fn secret_texts(value: &str, received: &BTreeSet<&str>) -> Vec<String> {
    let Ok(Value::Object(members)) = serde_json::from_str(value) else {
        return vec![value.to_owned()];
    };
    let is_place = |name: &str| PLACES.contains(&name) && !received.contains(name);
    let secret = members.iter().filter(|(name, _)| !is_place(name));
    secret.flat_map(|(_, value)| texts(value)).collect()
}

/// The texts in a JSON value, at all levels.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// Distinguishes a missing secret from a missing version, which AWS reports with the same code.
async fn missing_secret(service: &ServiceContext, secret: &Secret) -> Result<Content> {
    let call = service.ctx().clients.secrets.describe_secret();
    let call = call.secret_id(&secret.arn).send();
    Ok(match call.await.doing("describe the secret") {
        Ok(_) => Content::Unusable(match (&secret.version, &secret.stage) {
            (Some(version), _) => format!("it has no version {version}"),
            (None, Some(stage)) => format!("it has no version with the label {stage}"),
            (None, None) => "it has no value".to_owned(),
        }),
        Err(error) if error.is(&["ResourceNotFoundException"]) || is_denied(&error) => {
            Content::Unusable(format!("{} does not exist", secret.arn))
        }
        Err(error) => return Err(error),
    })
}

/// What is known about a secret whose value these credentials may not read.
async fn described(service: &ServiceContext, secret: &Secret) -> Result<Content> {
    let call = service.ctx().clients.secrets.describe_secret();
    let call = call.secret_id(&secret.arn).send();
    Ok(match call.await.doing("describe the secret") {
        Ok(about) if about.deleted_date().is_some() => {
            Content::Unusable("it is scheduled for deletion".to_owned())
        }
        Ok(_) => Content::Unknown(
            "it exists, but these credentials may not read its value (secretsmanager:GetSecretValue)"
                .to_owned(),
        ),
        Err(error) if error.is(&["ResourceNotFoundException"]) => {
            Content::Unusable(format!("{} does not exist", secret.arn))
        }
        Err(error) if is_denied(&error) => Content::Unknown(
            "these credentials may not read it (secretsmanager:GetSecretValue)".to_owned(),
        ),
        Err(error) => return Err(error),
    })
}

fn secret_step(injected: &Injected, content: &Content, member: Option<&str>) -> CheckStep {
    let what = format!("secret for {}", injected.name);
    match (content, member) {
        (Content::Unknown(why), _) => not_checked(what, why),
        (Content::Unusable(why), _) => CheckStep::new(what, false, why),
        (Content::Binary, _) => CheckStep::new(
            what,
            false,
            "its value is binary, and ECS passes only text to a container",
        ),
        (Content::Members(_) | Content::Text, None) => CheckStep::new(what, true, "has a value"),
        (Content::Text, Some(member)) => {
            let reason = format!("its value is not a JSON object, so it has no member `{member}`");
            CheckStep::new(what, false, reason)
        }
        (Content::Members(members), Some(member)) => match members.contains(member) {
            true => CheckStep::new(what, true, format!("has `{member}`")),
            false => CheckStep::new(what, false, format!("has no member `{member}`")),
        },
    }
}

/// The names that a parameter with this ARN may have: the parameters `/a` and `a` have the same ARN.
fn names(arn: &str) -> Vec<String> {
    let rest = arn.split_once(":parameter/").map_or(arn, |(_, rest)| rest);
    match rest.contains('/') {
        true => vec![format!("/{rest}")],
        false => vec![format!("/{rest}"), rest.to_owned()],
    }
}

/// The names of those parameters that exist; none where these credentials may not read parameters.
async fn existing_parameters(
    service: &ServiceContext,
    arns: &BTreeSet<&str>,
) -> Result<Option<BTreeSet<String>>> {
    let ctx = service.ctx();
    let in_region = arns.iter().filter(|arn| region(arn) == ctx.stack.region);
    let names: Vec<String> = in_region.flat_map(|arn| names(arn)).collect();
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

fn parameter_step(
    injected: &Injected,
    arn: &str,
    existing: Option<&BTreeSet<String>>,
) -> CheckStep {
    let what = format!("parameter for {}", injected.name);
    let names = names(arn);
    match existing {
        None => not_checked(what, "these credentials lack ssm:GetParameters"),
        Some(existing) => match names.iter().find(|name| existing.contains(*name)) {
            Some(name) => CheckStep::new(what, true, format!("{name} exists")),
            None => CheckStep::new(
                what,
                false,
                format!("{} does not exist: run rd-ecs apply", names[0]),
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn injected() -> Injected {
        Injected {
            name: "DATABASE_URL".to_owned(),
            reference: Reference::Parameter("arn".to_owned()),
        }
    }

    #[test]
    fn every_text_of_a_secret_is_secret_but_where_a_database_is() {
        let value = r#"{"DbPwd": "hunter2", "host": "db.internal", "more": {"pins": ["1234"]}, "port": 5432}"#;
        assert_eq!(secret_texts(value, &BTreeSet::new()), ["hunter2", "1234"]);
        let received = BTreeSet::from(["host"]);
        assert!(secret_texts(value, &received).contains(&"db.internal".to_owned()));
        assert_eq!(secret_texts("no JSON", &received), ["no JSON"]);
    }

    #[test]
    fn a_member_must_exist() {
        let members = Content::Members(["url".to_owned()].into());
        assert!(secret_step(&injected(), &members, Some("url")).ok);
        assert!(!secret_step(&injected(), &members, Some("uri")).ok);
        assert!(secret_step(&injected(), &members, None).ok);
        assert!(!secret_step(&injected(), &Content::Text, Some("url")).ok);
        assert!(secret_step(&injected(), &Content::Text, None).ok);
        assert!(!secret_step(&injected(), &Content::Binary, None).ok);
    }

    #[test]
    fn a_name_without_a_slash_has_two_forms() {
        assert_eq!(names("arn:aws:ssm:r:1:parameter/a/b"), ["/a/b"]);
        assert_eq!(names("arn:aws:ssm:r:1:parameter/a"), ["/a", "a"]);
    }
}
