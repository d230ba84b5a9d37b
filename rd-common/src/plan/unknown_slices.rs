//! Finds what other slices have in AWS that no state in this store knows. The lock of a local store works on one machine:
//! another checkout can have created them, and AWS is the only one who can tell.

use crate::aws::tagged::tagged;
use crate::error::{Error, Result};
use crate::pipe::slice_session::SliceSession;
use crate::resource::slice::{Slice, Usage};
use crate::slices::{SLICES, program_of};
use crate::state::store::{Key, Stored};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// How long AWS may show what a destroyed slice used: a load balancer's network interfaces outlive it by minutes.
const LEFT_BEHIND: SignedDuration = SignedDuration::from_mins(30);

/// Refuses where AWS has resources of a later slice of the pipe, which may use this one, that neither the store nor the
/// pipe knows. Makes no call where they know every later slice.
pub async fn refuse_unknown_slices<S: Slice>(session: &SliceSession<S>) -> Result<()> {
    let known = session.store.slices(&session.stack.id()).await?;
    let later = SLICES.iter().skip_while(|slice| **slice != S::NAME).skip(1);
    let unknown: Vec<&str> = later
        .copied()
        .filter(|slice| !known.iter().any(|known| known == slice) && !session.upstream.has(slice))
        .collect();
    let (false, Some(aws)) = (unknown.is_empty(), &session.aws) else {
        return Ok(());
    };
    let mut by_slice: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for one in tagged(aws, &session.stack).await? {
        if unknown.contains(&one.slice.as_str()) {
            let text = format!("{} ({})", one.address, one.arn);
            by_slice.entry(one.slice).or_default().push(text);
        }
    }
    if !by_slice.is_empty() {
        // Another program of the pipe may have created them since. It writes its state before it creates anything, so that
        // the store has the state of whatever AWS has.
        let known = session.store.slices(&session.stack.id()).await?;
        by_slice.retain(|slice, _| !known.contains(slice));
    }
    refuse(session, &by_slice)
}

/// Refuses where another slice uses resources of this one, as AWS shows, but neither the store nor the pipe knows that.
/// A slice that was destroyed from here can still leave something behind for some minutes.
pub async fn refuse_unknown_usage<S: Slice>(
    session: &SliceSession<S>,
    usage: Vec<Usage>,
) -> Result<()> {
    let mut by_slice: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for one in usage {
        let key = Key {
            stack: session.stack.id(),
            slice: one.slice.to_owned(),
        };
        let is_known = session.upstream.has(one.slice)
            || session
                .store
                .load(&key)
                .await?
                .is_some_and(|stored| uses_or_used(&stored));
        if !is_known {
            by_slice.entry(key.slice).or_default().push(one.what);
        }
    }
    refuse(session, &by_slice)
}

/// Whether the slice has resources, or had some until a few minutes ago.
fn uses_or_used(stored: &Stored) -> bool {
    let document = &stored.document;
    !document.resources.is_empty()
        || Timestamp::now().duration_since(document.written) < LEFT_BEHIND
}

fn refuse<S: Slice>(
    session: &SliceSession<S>,
    by_slice: &BTreeMap<String, Vec<String>>,
) -> Result<()> {
    if by_slice.is_empty() {
        return Ok(());
    }
    let text = |(slice, things): (&String, &Vec<String>)| {
        format!("{} has {}", program_of(slice), things.join(", "))
    };
    let all: Vec<String> = by_slice.iter().map(text).collect();
    let slices: Vec<&str> = by_slice.keys().map(String::as_str).collect();
    Err(Error::refused(format!(
        "AWS has resources of the stack {} that no state here knows: {}",
        session.stack.id(),
        all.join("; ")
    ))
    .hint(format!(
        "nothing was changed; they were created from another checkout: run the command there, or import them here first \
         with rd-state rebuild {}; what was deleted a moment ago can be listed for some minutes",
        slices.join(" ")
    )))
}
