//! The container's variables whose values come from Secrets Manager and Parameter Store.

use super::parameter_access::{ParameterAccess, path_arn};
use crate::config::Config;
use crate::kinds::parameter::{self, Parameter};
use crate::names;
use rd_common::arn::Arn;
use rd_common::outputs::{cache, data};
use rd_common::{Input, Parts, Stack};
use std::collections::BTreeMap;

/// The secrets and parameters of the container, for the task definition and for the policy of the execution role.
pub struct Secrets {
    /// By variable: the ARN of the secret or parameter, with the name of one member of the secret where it has one.
    pub variables: BTreeMap<String, Input>,
    /// The ARNs of the secrets.
    pub secrets: Vec<Input>,
    /// The ARNs of the parameters, or of all below the stack's path.
    pub parameters: Vec<Input>,
}

/// Adds the parameters of `[ecs.parameters]` to the resource list, and returns where each variable comes from.
pub fn secrets(parts: &mut Parts, stack: &Stack, config: &Config) -> Secrets {
    let mut all = Secrets {
        variables: BTreeMap::new(),
        secrets: Vec::new(),
        parameters: Vec::new(),
    };
    for (variable, secret_arn) in [
        (&config.database_variable, data::SECRET_ARN),
        (&config.cache_variable, cache::SECRET_ARN),
    ] {
        if !variable.is_empty() {
            let arn = secret_arn.input();
            all.variables
                .insert(variable.clone(), arn.clone().then(":url::"));
            all.secrets.push(arn);
        }
    }
    for (variable, setting) in &config.secrets {
        let existing = ExistingSecret::parse(setting);
        all.variables
            .insert(variable.clone(), existing.value_from.as_str().into());
        let arn = existing.arn.as_str().into();
        let same_kind = match existing.is_parameter {
            true => &mut all.parameters,
            false => &mut all.secrets,
        };
        if !same_kind.contains(&arn) {
            same_kind.push(arn);
        }
    }
    let access = ParameterAccess::of(stack, config);
    if access == ParameterAccess::Path {
        all.parameters.push(path_arn(stack).into());
    }
    for (variable, value) in &config.parameters {
        let part = parts.add::<Parameter>(
            &variable.to_lowercase(),
            parameter::Spec {
                name: format!("{}/{variable}", names::parameter_path(stack)),
                value: value.clone(),
            },
        );
        let arn = part.attribute(Parameter::ARN);
        all.variables.insert(variable.clone(), arn.clone());
        if access == ParameterAccess::Named {
            all.parameters.push(arn);
        }
    }
    all
}

/// An existing secret or parameter from `[ecs.secrets]`: `arn:aws:secretsmanager:…:secret:name-abcdef[:member]`.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html>
pub struct ExistingSecret {
    /// The ARN of the secret or parameter.
    pub arn: String,
    /// The value of `valueFrom`: the ARN, with the name of the member where there is one.
    value_from: String,
    /// Whether it is a parameter, otherwise a secret.
    pub is_parameter: bool,
}

/// The number of parts of `secret:<name>`, the resource in a secret's ARN. A member, a stage and a version may follow.
pub const SECRET_PARTS: usize = 2;

impl ExistingSecret {
    /// Takes a setting apart.
    pub fn parse(text: &str) -> Self {
        let parsed = Arn::parse(text);
        let is_parameter = parsed.as_ref().is_some_and(|arn| arn.service == "ssm");
        let (arn, member) = match parsed {
            Some(arn) if !is_parameter => {
                let (arn, rest) = arn.split_after(SECRET_PARTS);
                (arn.to_string(), rest.into_iter().next())
            }
            _ => (text.to_owned(), None),
        };
        Self {
            value_from: match member {
                Some(member) => format!("{arn}:{member}::"),
                None => arn.clone(),
            },
            arn,
            is_parameter,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ExistingSecret;

    #[test]
    fn a_secret_is_read_whole_or_by_one_member() {
        let arn = "arn:aws:secretsmanager:us-east-1:1:secret:mail-AbCdEf";
        let whole = ExistingSecret::parse(arn);
        assert_eq!((whole.arn.as_str(), whole.value_from.as_str()), (arn, arn));
        let member = ExistingSecret::parse(&format!("{arn}:key"));
        assert_eq!(member.arn, arn);
        assert_eq!(member.value_from, format!("{arn}:key::"));
        let parameter = ExistingSecret::parse("arn:aws:ssm:us-east-1:1:parameter/mail");
        assert!(parameter.is_parameter);
        assert_eq!(parameter.value_from, parameter.arn);
    }
}
