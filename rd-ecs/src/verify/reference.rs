//! What a `valueFrom` refers to.
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html>
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html>

use aws_sdk_ecs::types::TaskDefinition;
use rd_common::Stack;

/// How many parts the ARN of a secret has; a member, a stage and a version may follow.
const SECRET_PARTS: usize = 7;

/// A secret's version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Secret {
    /// Its ARN.
    pub arn: String,
    /// The version's label; `AWSCURRENT` without one.
    pub stage: Option<String>,
    /// The version's id.
    pub version: Option<String>,
}

/// What a variable is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// A secret, or one member of its JSON.
    Secret(Secret, Option<String>),
    /// A parameter, by its ARN.
    Parameter(String),
}

/// A variable of a container and what it is given; for a registry's password the name of the image's container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The variable.
    pub name: String,
    /// What it is given.
    pub reference: Reference,
}

impl Reference {
    /// Reads a `valueFrom`.
    pub fn parse(text: &str, stack: &Stack) -> Self {
        let parts: Vec<&str> = text.split(':').collect();
        if parts.first() == Some(&"arn") && parts.get(2) == Some(&"secretsmanager") {
            let part = |index: usize| {
                let part = parts.get(SECRET_PARTS + index)?;
                (!part.is_empty()).then(|| (*part).to_owned())
            };
            let secret = Secret {
                arn: parts[..parts.len().min(SECRET_PARTS)].join(":"),
                stage: part(1),
                version: part(2),
            };
            return Reference::Secret(secret, part(0));
        }
        Reference::Parameter(match parts.first() {
            Some(&"arn") => text.to_owned(),
            _ => format!(
                "arn:{}:ssm:{}:{}:parameter/{}",
                stack.partition(),
                stack.region,
                stack.account(),
                text.trim_start_matches('/')
            ),
        })
    }

    /// Its ARN, as a policy names it.
    pub fn arn(&self) -> &str {
        match self {
            Reference::Secret(secret, _) => &secret.arn,
            Reference::Parameter(arn) => arn,
        }
    }
}

/// The region that an ARN names.
pub fn region(arn: &str) -> &str {
    arn.split(':').nth(3).unwrap_or_default()
}

/// All that the containers of a task are given.
pub fn all(definition: &TaskDefinition, stack: &Stack) -> Vec<Given> {
    let given = |name: &str, value_from: &str| Given {
        name: name.to_owned(),
        reference: Reference::parse(value_from, stack),
    };
    let mut all = Vec::new();
    for container in definition.container_definitions() {
        let log = container.log_configuration();
        let log = log.map(aws_sdk_ecs::types::LogConfiguration::secret_options);
        let secrets = container.secrets().iter().chain(log.unwrap_or_default());
        all.extend(secrets.map(|secret| given(secret.name(), secret.value_from())));
        if let Some(registry) = container.repository_credentials() {
            let what = format!("the registry of {}", container.name().unwrap_or_default());
            all.push(given(&what, registry.credentials_parameter()));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack() -> Stack {
        let stack = Stack {
            region: "eu-west-1".to_owned(),
            ..Stack::default()
        };
        let _ = stack.account.set("123456789012".to_owned());
        stack
    }

    #[test]
    fn a_secret_has_a_member_a_stage_and_a_version() {
        let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf";
        let secret = |stage: Option<&str>, version: Option<&str>| Secret {
            arn: arn.to_owned(),
            stage: stage.map(str::to_owned),
            version: version.map(str::to_owned),
        };
        let parse = |rest: &str| Reference::parse(&format!("{arn}{rest}"), &stack());
        let url = || Some("url".to_owned());
        assert_eq!(parse(""), Reference::Secret(secret(None, None), None));
        assert_eq!(
            parse(":url::"),
            Reference::Secret(secret(None, None), url())
        );
        assert_eq!(
            parse(":url:AWSPREVIOUS:"),
            Reference::Secret(secret(Some("AWSPREVIOUS"), None), url())
        );
        assert_eq!(
            parse(":::v1"),
            Reference::Secret(secret(None, Some("v1")), None)
        );
    }

    #[test]
    fn a_parameter_is_named_or_has_an_arn() {
        let arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/shop/LEVEL";
        for text in [arn, "/shop/LEVEL", "shop/LEVEL"] {
            let reference = Reference::parse(text, &stack());
            assert_eq!(reference, Reference::Parameter(arn.to_owned()), "{text}");
        }
    }
}
