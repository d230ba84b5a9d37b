//! IAM is slow to spread: for some seconds after a role was made, other services refuse it as if it were not there or
//! might not be used. Those refusals are waited out; one that stays is told.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html#troubleshoot_general_eventual-consistency>

use rd_common::resource::wait::backoff;
use rd_common::{Ctx, Error, Result};
use std::future::Future;
use std::time::Duration;

/// How long a role may be refused before it is taken to be wrong.
pub const LIMIT: Duration = Duration::from_secs(120);

/// What services say of a role that they cannot use (yet); in lower case.
const REFUSALS: [&str; 6] = [
    "unable to assume",
    "role is not valid",
    "role arn is invalid",
    "invalid principal",
    "cannot be assumed",
    "not authorized to perform: sts:assumerole",
];

/// Whether an error says that a role cannot be used.
pub fn is_refusal(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    REFUSALS.iter().any(|refusal| text.contains(refusal))
}

/// Repeats a call that a role was refused for. A refused call has done nothing.
pub async fn waited_out<C, T, F>(ctx: &Ctx<C>, call: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let deadline = ctx.clock.deadline(LIMIT);
    for attempt in 0.. {
        match call().await {
            Err(error) if is_refusal(&error.summary) => {
                if deadline.is_over() {
                    return Err(error.hint(format!(
                        "the role was refused for {} s: see that it is there and that its trust policy names the service",
                        LIMIT.as_secs()
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
    fn refusals_of_roles_are_told_from_others() {
        assert!(is_refusal(
            "ECS was unable to assume the role 'arn:aws:iam::1:role/x' that was provided for this task."
        ));
        assert!(is_refusal("ClientException: Role is not valid"));
        assert!(!is_refusal("TaskDefinition not found."));
    }
}
