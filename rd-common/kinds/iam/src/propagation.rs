//! A new role takes some seconds to propagate: until then, other services refuse it as if it did not exist. Calls that
//! are refused so are retried; a refusal that lasts is reported.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html#troubleshoot_general_eventual-consistency>

use crate::service_linked_role;
use rd_common::resource::wait::backoff;
use rd_common::{Ctx, Error, Result};
use std::future::Future;
use std::time::Duration;

/// How long refusals are retried before the role itself is considered wrong.
pub const TIMEOUT: Duration = Duration::from_secs(120);

/// Texts, in lower case, with which services refuse a role that they cannot use yet. Their codes are general ones, such
/// as `ClientException` and `InvalidParameterException`, so the text decides.
/// <https://github.com/hashicorp/terraform/issues/2869>, <https://github.com/pulumi/pulumi-awsx/issues/927>,
/// <https://github.com/bradford-hamilton/terraform-ecs-fargate/issues/8>, <https://github.com/apex/up/issues/189>,
/// <https://github.com/terraform-aws-modules/terraform-aws-ecs/issues/414> (passed in the second in which it was created)
const REFUSALS: [&str; 7] = [
    "unable to assume",
    "role is not valid",
    "role arn is invalid",
    "invalid principal",
    "cannot be assumed",
    "not authorized to perform: sts:assumerole",
    "not authorized to perform: iam:passrole",
];

/// Whether the text of an error says that a service cannot use a role.
pub fn is_refusal(text: &str) -> bool {
    // The engine waits for a service-linked role: no setting of the stack names it.
    if service_linked_role::is_refusal(text) {
        return false;
    }
    let text = text.to_ascii_lowercase();
    REFUSALS.iter().any(|refusal| text.contains(refusal))
}

/// Retries a call as long as a service refuses a role in it. A refused call has changed nothing, so that a create may
/// be retried, too.
pub async fn retry_while_refused<C, T, F>(ctx: &Ctx<C>, call: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let deadline = ctx.clock.deadline(TIMEOUT);
    for attempt in 0.. {
        match call().await {
            Err(error) if is_refusal(&error.summary) => {
                if deadline.is_over() {
                    return Err(error.hint(format!(
                        "the role was refused for {} s: check that it exists and that its trust policy names the service",
                        TIMEOUT.as_secs()
                    )));
                }
                ctx.pause(backoff(attempt)).await?;
            }
            done => return done,
        }
    }
    Err(Error::interrupted())
}

#[cfg(test)]
mod tests {
    use super::is_refusal;

    #[test]
    fn refusals_of_roles_are_recognized() {
        assert!(is_refusal(
            "ECS was unable to assume the role 'arn:aws:iam::1:role/x' that was provided for this task."
        ));
        assert!(is_refusal("ClientException: Role is not valid"));
        assert!(!is_refusal("TaskDefinition not found."));
        assert!(!is_refusal("Unable to assume the service linked role."));
    }
}
