//! The user or role whose policies IAM is asked about.

use crate::simulation::is_denied;
use aws_sdk_iam::Client;
use rd_common::aws::Explain;
use rd_common::{Error, Result};

/// The user or role that credentials with this ARN have the permissions of. A session's ARN lacks the path of its role, so
/// IAM is asked for it, as roles of IAM Identity Center have one.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
pub async fn principal(iam: &Client, caller: &str) -> Result<String> {
    let parts: Vec<&str> = caller.splitn(6, ':').collect();
    let [_, partition, _, _, account, name] = parts[..] else {
        return Err(unknown(caller));
    };
    if name == "root" {
        return Err(
            Error::refused("these are the credentials of the account's root user")
                .hint("it may do everything, and nobody should work with it: use a role or a user"),
        );
    }
    if name.starts_with("user/") || name.starts_with("role/") {
        return Ok(caller.to_owned());
    }
    let Some(session) = name.strip_prefix("assumed-role/") else {
        return Err(unknown(caller));
    };
    let role = session.split('/').next().unwrap_or_default();
    let answer = iam.get_role().role_name(role).send().await;
    match answer.doing("read the role of the credentials") {
        Err(error) if is_denied(&error) => {
            Ok(format!("arn:{partition}:iam::{account}:role/{role}"))
        }
        Err(error) => Err(error),
        Ok(answer) => Ok(answer.role.map(|role| role.arn).unwrap_or_default()),
    }
}

fn unknown(caller: &str) -> Error {
    Error::refused(format!("IAM cannot be asked what {caller} may do"))
        .hint("it knows the policies of users and roles only: pass one with --principal")
}
