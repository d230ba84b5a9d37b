//! How the policy of the execution role names the stack's own parameters: each by its ARN, while all inline policies of a
//! role fit into IAM's quota; otherwise all below the stack's path. The quota is the sum over all inline policies of a role,
//! so that several of them would hold no more.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>

use super::container_secrets::ExistingSecret;
use super::role_documents;
use crate::config::Config;
use crate::names;
use rd_common::arn::Arn;
use rd_common::{Input, Note, Problem, Stack};

/// The most characters of all inline policies of a role, without white space.
pub const MAX_INLINE: usize = 10_240;

/// How the policy names the parameters of `[ecs.parameters]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterAccess {
    /// Each by its ARN.
    Named,
    /// All below the path of the stack, which has no others.
    Path,
}

impl ParameterAccess {
    /// What fits, by the settings alone, so that plan and apply decide alike.
    pub fn of(stack: &Stack, config: &Config) -> Self {
        match size(stack, config, ParameterAccess::Named) <= MAX_INLINE {
            true => ParameterAccess::Named,
            false => ParameterAccess::Path,
        }
    }
}

/// The ARN for all parameters below the path of the stack.
pub fn path_arn(stack: &Stack) -> String {
    let resource = format!("parameter{}/*", names::parameter_path(stack));
    Arn::regional(stack, "ssm", resource).to_string()
}

/// The problem of settings whose secrets alone are too many for the policy.
pub fn problem(stack: &Stack, config: &Config) -> Option<Problem> {
    let needed = size(stack, config, ParameterAccess::Path);
    (needed > MAX_INLINE).then(|| {
        Problem::new(
            "secrets",
            format!(
                "{} ARNs make the policy of the execution role {needed} characters long",
                config.secrets.len()
            ),
            format!(
                "IAM allows {MAX_INLINE}: put several values into one secret and name its members, as in `<ARN>:<member>`"
            ),
        )
    })
}

/// Says that the role may read the whole path, where it does.
pub fn note(stack: &Stack, config: &Config) -> Option<Note> {
    (ParameterAccess::of(stack, config) == ParameterAccess::Path).then(|| {
        let path = names::parameter_path(stack);
        Note {
            summary: format!(
                "the execution role may read every parameter below {path}/: the ARNs of {} parameters are more than IAM takes in a role",
                config.parameters.len()
            ),
            hint: "put what is confidential into secrets; keep other programs' parameters out of this path"
                .to_owned(),
        }
    })
}

/// The length of the policy, with ARNs of the form and length that AWS gives.
fn size(stack: &Stack, config: &Config, access: ParameterAccess) -> usize {
    let stack = stack.clone();
    // An account's id has twelve digits. Set once, and empty: it was not set before.
    let _ = stack.account.set("0".repeat(12));
    let known = |arn: Arn| Input::from(arn.to_string());
    let (project, environment) = (&stack.project, &stack.environment);
    let mut secrets = Vec::new();
    let mut parameters = Vec::new();
    for (variable, name) in [
        (&config.database_variable, "database"),
        (&config.cache_variable, "redis"),
    ] {
        if !variable.is_empty() {
            let secret = format!("secret:{project}/{environment}/{name}-AbCdEf");
            secrets.push(known(Arn::regional(&stack, "secretsmanager", secret)));
        }
    }
    for setting in config.secrets.values() {
        let existing = ExistingSecret::parse(setting);
        let all = match existing.is_parameter {
            true => &mut parameters,
            false => &mut secrets,
        };
        let arn = Input::from(existing.arn.as_str());
        if !all.contains(&arn) {
            all.push(arn);
        }
    }
    match access {
        ParameterAccess::Named => {
            let path = names::parameter_path(&stack);
            let own = config.parameters.keys();
            parameters.extend(own.map(|variable| {
                let resource = format!("parameter{path}/{variable}");
                known(Arn::regional(&stack, "ssm", resource))
            }));
        }
        ParameterAccess::Path if config.parameters.is_empty() => {}
        ParameterAccess::Path => parameters.push(path_arn(&stack).into()),
    }
    role_documents::execution(&stack, &secrets, &parameters, &config.decrypt_keys)
        .map_or(0, |document| document.to_string().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack() -> Stack {
        Stack {
            project: "shop".to_owned(),
            environment: "production".to_owned(),
            region: "eu-central-1".to_owned(),
            ..Stack::default()
        }
    }

    fn config(parameters: usize, secrets: usize) -> Config {
        let arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/mail";
        Config {
            parameters: (0..parameters)
                .map(|at| (format!("SOME_VARIABLE_{at:03}"), "x".to_owned()))
                .collect(),
            secrets: (0..secrets)
                .map(|at| (format!("SECRET_{at}"), format!("{arn}-{at:06}")))
                .collect(),
            ..Config::default()
        }
    }

    #[test]
    fn parameters_are_named_while_they_fit() {
        let access = |parameters| ParameterAccess::of(&stack(), &config(parameters, 0));
        assert_eq!(access(0), ParameterAccess::Named);
        assert_eq!(access(100), ParameterAccess::Named);
        assert_eq!(access(130), ParameterAccess::Path);
        assert!(note(&stack(), &config(100, 0)).is_none());
        let note = note(&stack(), &config(130, 0)).unwrap();
        assert!(note.summary.contains("below /shop/production/"), "{note:?}");
        // The number of parameters is no problem, that of secrets is.
        assert!(problem(&stack(), &config(500, 50)).is_none());
        let problem = problem(&stack(), &config(0, 150)).unwrap();
        assert_eq!(problem.key, "secrets");
        assert!(problem.what.contains("150 ARNs"), "{problem:?}");
    }

    #[test]
    fn the_account_changes_nothing() {
        let known = stack();
        known.account.set("123456789012".to_owned()).unwrap();
        for count in [110, 115, 120, 125] {
            let config = config(count, 0);
            let sizes = [&stack(), &known].map(|one| size(one, &config, ParameterAccess::Named));
            assert_eq!(sizes[0], sizes[1]);
        }
    }
}
