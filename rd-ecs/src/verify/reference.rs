//! The secrets and parameters that containers receive: what a `valueFrom` of a task definition refers to.
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html>
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html>

use crate::slice::container_secrets::SECRET_PARTS;
use aws_sdk_ecs::types::TaskDefinition;
use rd_common::Stack;
use rd_common::arn::Arn;

/// One version of a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Secret {
    /// The ARN of the secret.
    pub arn: String,
    /// The staging label of the version; none means `AWSCURRENT`.
    pub stage: Option<String>,
    /// The id of the version, if one is named.
    pub version: Option<String>,
}

/// The source of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// A secret, or one member of its JSON object.
    Secret(Secret, Option<String>),
    /// A parameter of Systems Manager, by its ARN.
    Parameter(String),
}

/// A value that a container receives from a secret or parameter: a variable, or the credentials of a private registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Injected {
    /// The name of the variable, or `the registry of <container>`.
    pub name: String,
    /// Where the value comes from.
    pub reference: Reference,
}

impl Reference {
    /// Parses a `valueFrom`: the ARN of a secret with optional parts, or a parameter's ARN or name.
    pub fn parse(text: &str, stack: &Stack) -> Self {
        match Arn::parse(text) {
            Some(arn) if arn.service == "secretsmanager" => {
                let (arn, rest) = arn.split_after(SECRET_PARTS);
                let part = |index: usize| rest.get(index).filter(|part| !part.is_empty()).cloned();
                let secret = Secret {
                    arn: arn.to_string(),
                    stage: part(1),
                    version: part(2),
                };
                Reference::Secret(secret, part(0))
            }
            Some(_) => Reference::Parameter(text.to_owned()),
            None => {
                let resource = format!("parameter/{}", text.trim_start_matches('/'));
                Reference::Parameter(Arn::regional(stack, "ssm", resource).to_string())
            }
        }
    }

    /// The ARN of the secret or parameter, as a policy names it.
    pub fn arn(&self) -> &str {
        match self {
            Reference::Secret(secret, _) => &secret.arn,
            Reference::Parameter(arn) => arn,
        }
    }
}

/// The region in an ARN; empty where it has none.
pub fn region(arn: &str) -> String {
    Arn::parse(arn).map_or(String::new(), |arn| arn.region)
}

/// Every secret and parameter that the containers of a task receive.
pub fn references(definition: &TaskDefinition, stack: &Stack) -> Vec<Injected> {
    let injected = |name: &str, value_from: &str| Injected {
        name: name.to_owned(),
        reference: Reference::parse(value_from, stack),
    };
    let mut all = Vec::new();
    for container in definition.container_definitions() {
        let log = container.log_configuration();
        let log = log.map(aws_sdk_ecs::types::LogConfiguration::secret_options);
        let secrets = container.secrets().iter().chain(log.unwrap_or_default());
        all.extend(secrets.map(|secret| injected(secret.name(), secret.value_from())));
        if let Some(registry) = container.repository_credentials() {
            let what = format!("the registry of {}", container.name().unwrap_or_default());
            all.push(injected(&what, registry.credentials_parameter()));
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
