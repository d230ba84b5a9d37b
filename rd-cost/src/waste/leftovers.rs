//! What is tagged for this stack and in no state: a run that was killed, or another checkout, has left it.

use super::finding::{Candidate, Finding};
use super::look::Look;
use rd_common::Result;
use rd_common::aws::tagged::tagged;

pub(super) async fn candidates(look: &Look<'_>) -> Result<Vec<Candidate>> {
    let found = tagged(look.clients.aws(), look.stack).await?;
    let unknown = found.into_iter().filter(|one| {
        let known = |id: &str| {
            one.arn == id
                || one.arn.ends_with(&format!("/{id}"))
                || one.arn.ends_with(&format!(":{id}"))
        };
        !look.owned.ids().any(known)
    });
    let all = unknown.map(|one| {
        let why = format!("tagged as {} of this stack, and in no state", one.address);
        let command = format!("rd-state rebuild, then rd-{} plan", one.slice);
        Candidate::known(Finding::wasted(&one.arn, None, why, command))
    });
    Ok(all.collect())
}
