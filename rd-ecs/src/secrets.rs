//! Where the container's variables come from that do not stand in the task definition: secrets and parameters.

use crate::config::Config;
use crate::kinds::parameter::{self, Parameter};
use crate::names;
use crate::service_context::ServiceContext;
use crate::slice::Ecs;
use rd_common::context::Context;
use rd_common::resource::input::{Reference, references, resolve};
use rd_common::{Error, Input, Parts, Result, Slice, Stack, output};
use serde_json::Value;
use std::collections::BTreeMap;

/// What the container gets from secrets and parameters: for the task definition, and for the role that reads them.
pub struct Secrets {
    /// By variable: the ARN, with a member's name where it is one.
    pub variables: BTreeMap<String, Input>,
    /// The secrets' ARNs.
    pub secrets: Vec<Input>,
    /// The parameters' ARNs.
    pub parameters: Vec<Input>,
}

/// Adds the parameters, and says where each variable comes from.
pub fn secrets(parts: &mut Parts, stack: &Stack, config: &Config) -> Secrets {
    let mut all = Secrets {
        variables: BTreeMap::new(),
        secrets: Vec::new(),
        parameters: Vec::new(),
    };
    for (variable, slice) in [
        (&config.database_variable, "data"),
        (&config.cache_variable, "cache"),
    ] {
        if !variable.is_empty() {
            let arn: Input = output(slice, "secret_arn");
            all.variables
                .insert(variable.clone(), arn.clone().then(":url::"));
            all.secrets.push(arn);
        }
    }
    for (variable, given) in &config.secrets {
        let given = Given::parse(given);
        all.variables
            .insert(variable.clone(), given.value_from.as_str().into());
        let arn = given.arn.as_str().into();
        if given.is_parameter {
            all.parameters.push(arn);
        } else if !all.secrets.contains(&arn) {
            all.secrets.push(arn);
        }
    }
    for (variable, value) in &config.parameters {
        let part = parts.add::<Parameter>(
            &variable.to_lowercase(),
            parameter::Spec {
                name: format!("{}/{variable}", names::parameter_path(stack)),
                value: value.clone(),
            },
        );
        let arn: Input = part.attribute("arn");
        all.variables.insert(variable.clone(), arn.clone());
        all.parameters.push(arn);
    }
    all
}

/// Where each variable comes from, of what was applied.
pub async fn applied(
    context: &Context,
    service_context: &ServiceContext,
) -> Result<BTreeMap<String, Input>> {
    let stack = &service_context.ctx().stack;
    let all = secrets(
        &mut Parts::new(Ecs::NAME),
        stack,
        &service_context.slice_context.config,
    );
    let mut variables = BTreeMap::new();
    for (variable, from) in all.variables {
        let form = serde_json::to_value(&from).unwrap_or_default();
        let mut known = BTreeMap::new();
        for reference in references(&form) {
            let value = value(context, service_context, &reference).await?;
            let value = value.ok_or_else(|| {
                Error::failed(format!(
                    "{variable} comes from {reference}, which is not there"
                ))
                .hint("run rd-ecs apply first")
            })?;
            known.insert(reference, value);
        }
        let filled = resolve(&form, &|reference| known.get(reference).cloned());
        let text = filled.as_str().unwrap_or_default();
        variables.insert(variable, text.into());
    }
    Ok(variables)
}

async fn value(
    context: &Context,
    service_context: &ServiceContext,
    reference: &Reference,
) -> Result<Option<Value>> {
    Ok(match reference {
        Reference::Attribute(address, name) => {
            let resource = service_context.slice_context.state.resources.get(address);
            resource.and_then(|resource| resource.attributes.get(name).cloned())
        }
        Reference::Output(slice, name) => {
            let document = context.load_state(slice).await?;
            document.and_then(|mut document| document.outputs.remove(name))
        }
    })
}

/// A secret or parameter that was there before: `arn:aws:secretsmanager:…:secret:name-abcdef[:member]`.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html>
struct Given {
    arn: String,
    value_from: String,
    is_parameter: bool,
}

/// How many parts the ARN of a secret has.
const SECRET_PARTS: usize = 7;

impl Given {
    fn parse(text: &str) -> Self {
        let parts: Vec<&str> = text.split(':').collect();
        let is_parameter = parts.get(2) == Some(&"ssm");
        let arn = match is_parameter {
            true => text.to_owned(),
            false => parts[..parts.len().min(SECRET_PARTS)].join(":"),
        };
        let value_from = match parts.get(SECRET_PARTS) {
            Some(member) if !is_parameter => format!("{arn}:{member}::"),
            _ => arn.clone(),
        };
        Self {
            arn,
            value_from,
            is_parameter,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Given;

    #[test]
    fn a_secret_is_read_whole_or_by_one_member() {
        let arn = "arn:aws:secretsmanager:us-east-1:1:secret:mail-AbCdEf";
        let whole = Given::parse(arn);
        assert_eq!((whole.arn.as_str(), whole.value_from.as_str()), (arn, arn));
        let member = Given::parse(&format!("{arn}:key"));
        assert_eq!(member.arn, arn);
        assert_eq!(member.value_from, format!("{arn}:key::"));
        let parameter = Given::parse("arn:aws:ssm:us-east-1:1:parameter/mail");
        assert!(parameter.is_parameter);
        assert_eq!(parameter.value_from, parameter.arn);
    }
}
