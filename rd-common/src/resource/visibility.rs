//! How long AWS's reads may lag behind what it has created.

use crate::error::Result;
use crate::resource::ctx::Ctx;
use crate::state::document::{Phase, Resource};
use jiff::{SignedDuration, Timestamp};
use std::future::Future;
use std::time::Duration;

/// The age at which reads show every resource that exists. Terraform's AWS provider waits as long for EC2.
/// <https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/wait.go>
const VISIBLE_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// The pauses between the reads of a resource that may not be visible yet, in milliseconds: 30 s in all.
const PAUSES: [u64; 7] = [500, 1000, 2000, 4000, 7500, 7500, 7500];

/// Whether reads may not show yet what has existed since this time. A time in the future, by another machine's clock,
/// counts as recent.
pub fn is_recent(since: Timestamp) -> bool {
    Timestamp::now().duration_since(since) < VISIBLE_AFTER
}

/// Whether a resource in the state that is not read may exist nevertheless.
pub fn may_be_invisible(resource: &Resource) -> bool {
    match resource.phase {
        // Its create was interrupted. How long ago that was, only the clock of another machine may know.
        Phase::Creating | Phase::Created => true,
        Phase::Ready | Phase::Failed | Phase::Deleting => is_recent(resource.id_since()),
    }
}

/// Reads with pauses, 30 s in all, until there is a result.
pub async fn look_again<C, T, F>(ctx: &Ctx<C>, mut read: impl FnMut() -> F) -> Result<Option<T>>
where
    F: Future<Output = Result<Option<T>>>,
{
    for pause in PAUSES {
        ctx.pause(Duration::from_millis(pause)).await?;
        let found = read().await?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}
