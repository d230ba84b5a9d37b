//! What the calls of a running program need, by which a rejected one says what is missing.

use super::call::{Call, Condition, Grant};
use super::resources::Resources;
use std::fmt;
use std::sync::Arc;

/// The use of a program that one of its commands is: `plan` for all that every slice has and that only reads, `apply` for
/// what changes AWS, otherwise the command itself.
pub fn use_of(command: &str) -> &str {
    match command {
        "plan" | "status" | "output" | "rebuild" | "import" | "doctor" => "plan",
        "apply" | "destroy" | "adopt" => "apply",
        other => other,
    }
}

/// The table of a program, for one of its commands. Clones share it.
#[derive(Clone, Default)]
pub struct Permissions(Option<Arc<Inner>>);

struct Inner {
    program: &'static str,
    command: String,
    tables: &'static [&'static [Call]],
    /// The ARNs behind each name in the table; empty where the settings cannot be read.
    arns: Vec<(&'static str, Vec<String>)>,
}

impl Permissions {
    /// Those of a program, for one of its commands.
    pub fn new(
        program: &'static str,
        command: &str,
        tables: &'static [&'static [Call]],
        resources: Option<&Resources>,
    ) -> Self {
        let arns = resources.map(|all| {
            let all = all.values.iter();
            all.map(|(name, arns)| (*name, arns.clone())).collect()
        });
        Self(Some(Arc::new(Inner {
            program,
            command: command.to_owned(),
            tables,
            arns: arns.unwrap_or_default(),
        })))
    }

    /// Whether the program may make this call by its own table. Without a table it may make any.
    pub(crate) fn allows(&self, service: &str, operation: &str) -> bool {
        self.0.as_deref().is_none_or(|inner| {
            let mut calls = inner.calls(service, operation);
            calls.any(|call| call.is_made_by(use_of(&inner.command)))
        })
    }

    /// What a call needs, in words, and the command that prints all of it; none for a call without a row.
    pub(crate) fn hint(&self, service: &str, operation: &str, message: &str) -> Option<String> {
        let inner = self.0.as_deref()?;
        let grants: Vec<&Grant> = inner
            .calls(service, operation)
            .flat_map(|call| call.grants)
            .collect();
        if grants.is_empty() {
            return None;
        }
        let what = use_of(&inner.command);
        let policy = format!(
            "{} policy --for {what} prints all that it needs",
            inner.program
        );
        let (action, resource) = (
            word_after(message, "not authorized to perform: "),
            word_after(message, "on resource: "),
        );
        if let (Some(action), Some(resource)) = (action, resource) {
            let grant = grants.iter().find(|grant| has(grant, action));
            let to = grant.map_or_else(String::new, |grant| passed_to(grant));
            return Some(format!("allow {action} on {resource}{to}; {policy}"));
        }
        let all = grants.into_iter().flat_map(|grant| {
            let resources = inner.resources(grant.resources);
            let actions = grant.actions.split(' ');
            let to = passed_to(grant);
            actions.map(move |one| (one, format!("{one} on {resources}{to}")))
        });
        let needs: Vec<String> = all
            .filter(|(one, _)| action.is_none_or(|refused| refused == *one))
            .map(|(_, text)| text)
            .collect();
        match needs.is_empty() {
            true => Some(format!("allow what AWS names above; {policy}")),
            false => Some(format!("allow {}; {policy}", needs.join(" and "))),
        }
    }
}

fn has(grant: &Grant, action: &str) -> bool {
    grant.actions.split(' ').any(|one| one == action)
}

/// The service that a role is passed to, in words; empty for other grants. AWS's text names the role alone.
fn passed_to(grant: &Grant) -> String {
    match grant.condition {
        Condition::Is(_, "iam:PassedToService", service) => format!(" to {service}"),
        _ => String::new(),
    }
}

/// The word after `start` in AWS's message, without a full stop.
fn word_after<'a>(message: &'a str, start: &str) -> Option<&'a str> {
    let (_, rest) = message.split_once(start)?;
    let word = rest.split_whitespace().next()?;
    Some(word.trim_end_matches(['.', ',']))
}

impl Inner {
    /// The rows of an operation: one, or several where it is called for different resources.
    fn calls(&self, service: &str, operation: &str) -> impl Iterator<Item = &'static Call> {
        let calls = self.tables.iter().copied().flatten();
        calls.filter(move |call| call.service == service && call.operation == operation)
    }

    fn resources(&self, names: &str) -> String {
        let arns: Vec<&str> = names
            .split(' ')
            .filter_map(|name| self.arns.iter().find(|(known, _)| *known == name))
            .flat_map(|(_, arns)| arns.iter().map(String::as_str))
            .collect();
        match arns.is_empty() {
            true => names.to_owned(),
            false => arns.join(", "),
        }
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permissions").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::call::needs;
    use super::*;
    use crate::stack::Stack;

    const CALLS: &[Call] = &[needs(
        "S3",
        "PutBucketEncryption",
        "apply",
        &[
            Grant::on("s3:PutEncryptionConfiguration", "bucket"),
            Grant::on("kms:DescribeKey", "*"),
        ],
    )];

    #[test]
    fn a_refusal_names_action_and_resource_even_where_aws_does_not() {
        let resources = Resources::of(&Stack::default()).without_account("bucket", "s3", ["shop"]);
        let permissions = Permissions::new("rd-store", "destroy", &[CALLS], Some(&resources));
        let hint = |message: &str| permissions.hint("S3", "PutBucketEncryption", message);
        let policy = "rd-store policy --for apply prints all that it needs";
        assert_eq!(
            hint("Access Denied"),
            Some(format!(
                "allow s3:PutEncryptionConfiguration on arn:aws:s3:::shop and kms:DescribeKey on *; {policy}"
            ))
        );
        let user = "User: arn:aws:iam::1:user/me is not authorized to perform: kms:DescribeKey";
        assert_eq!(
            hint(&format!(
                "{user} because no identity-based policy allows it"
            )),
            Some(format!("allow kms:DescribeKey on *; {policy}"))
        );
        assert_eq!(
            hint(&format!(
                "{user} on resource: arn:aws:kms:x:1:key/2 because of a policy"
            )),
            Some(format!(
                "allow kms:DescribeKey on arn:aws:kms:x:1:key/2; {policy}"
            ))
        );
        assert_eq!(permissions.hint("S3", "DeleteBucket", ""), None);
        assert!(permissions.allows("S3", "PutBucketEncryption"));
        assert!(!permissions.allows("S3", "DeleteBucket"));
    }

    #[test]
    fn a_role_that_may_not_be_passed_is_named_with_its_service() {
        const CREATE: &[Call] = &[needs(
            "EC2",
            "CreateFlowLogs",
            "apply",
            &[
                Grant::on("ec2:CreateFlowLogs", "*"),
                Grant::on("iam:PassRole", "role").when(Condition::Is(
                    "StringEquals",
                    "iam:PassedToService",
                    "vpc-flow-logs.amazonaws.com",
                )),
            ],
        )];
        let permissions = Permissions::new("rd-net", "apply", &[CREATE], None);
        let hint = |message: &str| permissions.hint("EC2", "CreateFlowLogs", message).unwrap();
        let denied = "User: arn:aws:iam::1:user/me is not authorized to perform: iam:PassRole";
        let role = "arn:aws:iam::1:role/logs";
        assert!(
            hint(&format!("{denied} on resource: {role}")).starts_with(&format!(
                "allow iam:PassRole on {role} to vpc-flow-logs.amazonaws.com;"
            ))
        );
        let unnamed = hint("You are not authorized to perform this operation.");
        assert!(
            unnamed.contains(
                "ec2:CreateFlowLogs on * and iam:PassRole on role to vpc-flow-logs.amazonaws.com;"
            ),
            "{unnamed}"
        );
    }

    #[test]
    fn a_plan_may_not_call_what_an_apply_calls() {
        let permissions = Permissions::new("rd-store", "status", &[CALLS], None);
        assert!(!permissions.allows("S3", "PutBucketEncryption"));
        assert!(Permissions::default().allows("S3", "PutBucketEncryption"));
    }
}
